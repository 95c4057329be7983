//! Small convolutional networks in plain Rust: one shape (two halvings and back), inference, gradients, Adam, a file of weights.
//!
//! Everything is `f32` in a fixed order of additions: the same bits for any number of threads. Knows no picture and no
//! medicine: numbers on a grid go in, one number per place comes out.

mod adam;
mod conv;
mod error;
mod file;
mod maps;
mod network;
mod train;

pub use adam::{Adam, AdamSpec};
pub use error::NetError;
pub use file::{FILE_BYTES_MAX, FILE_HEADER_MAX, NetworkFile};
pub use maps::{MAP_SIDE_MAX, Maps};
pub use network::{CHANNELS_MAX, Network, NetworkSpec, Scratch};
pub use train::{Epoch, Example, TrainSpec, loss_of, train};
