//! Photographs in, pictures out: JPEG and PNG.
