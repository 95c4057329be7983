//! Channels of numbers on a grid, with a border of zeros for the convolutions.

use crate::NetError;
use crate::error::check;

/// Largest side of a map.
pub const MAP_SIDE_MAX: usize = 4096;

/// Channels on one grid, row by row. A border of one zero lies around each channel and is never written.
#[derive(Clone, Debug, PartialEq)]
pub struct Maps {
    channels: usize,
    height: usize,
    width: usize,
    data: Vec<f32>,
}

impl Maps {
    /// Zeros.
    ///
    /// # Errors
    /// [`NetError::OutOfRange`] for no channels, more than 64, or a side of 0 or above [`MAP_SIDE_MAX`].
    pub fn new(channels: usize, height: usize, width: usize) -> Result<Self, NetError> {
        check("channels", channels as f64, 1.0, 64.0)?;
        check("height", height as f64, 1.0, MAP_SIDE_MAX as f64)?;
        check("width", width as f64, 1.0, MAP_SIDE_MAX as f64)?;
        Ok(Self::zeros(channels, height, width))
    }

    pub(crate) fn zeros(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width, data: vec![0.0; channels * (height + 2) * (width + 2)] }
    }

    /// Channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    fn start(&self, channel: usize, padded_row: usize) -> usize {
        (channel * (self.height + 2) + padded_row) * (self.width + 2)
    }

    /// A row without its border.
    #[must_use]
    pub fn row(&self, channel: usize, y: usize) -> &[f32] {
        let start = self.start(channel, y + 1) + 1;
        &self.data[start..start + self.width]
    }

    /// A row without its border, to be written.
    pub fn row_mut(&mut self, channel: usize, y: usize) -> &mut [f32] {
        let start = self.start(channel, y + 1) + 1;
        &mut self.data[start..start + self.width]
    }

    /// The rows above, at and below `y`, borders included: each `width` + 2 long.
    pub(crate) fn three(&self, channel: usize, y: usize) -> [&[f32]; 3] {
        std::array::from_fn(|dy| {
            let start = self.start(channel, y + dy);
            &self.data[start..start + self.width + 2]
        })
    }

    /// Make it this size, all zero, keeping the memory.
    pub(crate) fn reset(&mut self, channels: usize, height: usize, width: usize) {
        (self.channels, self.height, self.width) = (channels, height, width);
        self.data.clear();
        self.data.resize(channels * (height + 2) * (width + 2), 0.0);
    }
}
