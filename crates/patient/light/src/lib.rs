//! Photons through tissue: layered Monte Carlo and the reflectance kernels built from it.
