//! Photographs in, pictures out: JPEG and PNG.
//!
//! Bytes in, planes out, and back; the caller opens the files. Every input is hostile: any bytes give a
//! picture or an error that names the place, in bounded time and memory.

mod error;
mod picture;
mod read;
mod write;

pub use error::ImageError;
pub use picture::{Colour, Picture};
pub use read::{FILE_BYTES_MAX, PIXEL_COUNT_MAX, SIDE_MAX_PX, read_colour, read_grey};
pub use write::{write_png_colour, write_png_grey, write_png_grey8};
