//! A picture: a regular two-dimensional grid of samples.

use serde::{Deserialize, Serialize};

use crate::VolumeError;

/// Most samples that a plane may hold.
pub const PLANE_SAMPLE_COUNT_MAX: u64 = 1 << 27;

/// Regular grid, row by row: x runs along the columns, y down the rows, pixel centres on whole numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts<T>", into = "Parts<T>", bound(serialize = "T: Clone + Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Plane<T> {
    width: u32,
    height: u32,
    data: Vec<T>,
}

/// What is written of a plane; read back through the size check.
#[derive(Serialize, Deserialize)]
struct Parts<T> {
    width: u32,
    height: u32,
    data: Vec<T>,
}

impl<T> TryFrom<Parts<T>> for Plane<T> {
    type Error = VolumeError;
    fn try_from(parts: Parts<T>) -> Result<Self, VolumeError> {
        Self::new(parts.width, parts.height, parts.data)
    }
}

impl<T> From<Plane<T>> for Parts<T> {
    fn from(plane: Plane<T>) -> Self {
        Self { width: plane.width, height: plane.height, data: plane.data }
    }
}

fn check_size(width: u32, height: u32, sample_count: u64) -> Result<(), VolumeError> {
    let bad = |what| Err(VolumeError::BadSize { width, height, sample_count, what });
    let wanted = u64::from(width) * u64::from(height);
    if wanted == 0 {
        return bad("a plane has at least one pixel");
    }
    if wanted > PLANE_SAMPLE_COUNT_MAX {
        return bad("more pixels than a plane may hold");
    }
    if wanted != sample_count {
        return bad("width times height is not the number of samples");
    }
    Ok(())
}

impl<T> Plane<T> {
    /// From samples row by row.
    ///
    /// # Errors
    /// [`VolumeError::BadSize`] when the sizes do not fit or are zero or above [`PLANE_SAMPLE_COUNT_MAX`].
    pub fn new(width: u32, height: u32, data: Vec<T>) -> Result<Self, VolumeError> {
        check_size(width, height, data.len() as u64)?;
        Ok(Self { width, height, data })
    }

    /// From a function of column and row.
    ///
    /// # Errors
    /// [`VolumeError::BadSize`] for a zero or too large size; nothing is computed then.
    pub fn from_fn(width: u32, height: u32, mut sample: impl FnMut(u32, u32) -> T) -> Result<Self, VolumeError> {
        check_size(width, height, u64::from(width) * u64::from(height))?;
        let mut data = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            for x in 0..width {
                data.push(sample(x, y));
            }
        }
        Ok(Self { width, height, data })
    }

    /// Number of columns.
    #[inline]
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Number of rows.
    #[inline]
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All samples, row by row, shape [height, width].
    #[inline]
    #[must_use]
    pub fn samples(&self) -> &[T] {
        &self.data
    }

    /// All samples, row by row, shape [height, width].
    #[inline]
    pub fn samples_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// One row, shape [width]. Panics below the last row.
    #[inline]
    #[must_use]
    pub fn row(&self, y: u32) -> &[T] {
        let width = self.width as usize;
        &self.data[y as usize * width..][..width]
    }

    /// One row, shape [width]. Panics below the last row.
    #[inline]
    pub fn row_mut(&mut self, y: u32) -> &mut [T] {
        let width = self.width as usize;
        &mut self.data[y as usize * width..][..width]
    }

    /// The sample at a column and row, or none outside.
    #[inline]
    #[must_use]
    pub fn get(&self, x: u32, y: u32) -> Option<&T> {
        if x < self.width && y < self.height { self.data.get(y as usize * self.width as usize + x as usize) } else { None }
    }

    /// The sample at a signed column and row, or none outside.
    #[inline]
    #[must_use]
    pub fn at(&self, x: i64, y: i64) -> Option<&T> {
        if x >= 0 && y >= 0 && x < i64::from(self.width) && y < i64::from(self.height) {
            self.data.get(y as usize * self.width as usize + x as usize)
        } else {
            None
        }
    }

    /// Change the sample at a column and row; nothing happens outside.
    #[inline]
    pub fn set(&mut self, x: u32, y: u32, value: T) {
        if x < self.width && y < self.height {
            let index = y as usize * self.width as usize + x as usize;
            self.data[index] = value;
        }
    }

    /// A plane of the same size with each sample mapped.
    #[must_use]
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Plane<U> {
        Plane { width: self.width, height: self.height, data: self.data.iter().map(f).collect() }
    }

    /// Whether another plane has the same width and height.
    #[must_use]
    pub fn same_size<U>(&self, other: &Plane<U>) -> bool {
        self.width == other.width && self.height == other.height
    }
}

impl<T: Clone> Plane<T> {
    /// Every sample the same.
    ///
    /// # Errors
    /// [`VolumeError::BadSize`] for a zero or too large size.
    pub fn filled(width: u32, height: u32, value: T) -> Result<Self, VolumeError> {
        let wanted = u64::from(width) * u64::from(height);
        check_size(width, height, wanted)?;
        Ok(Self { width, height, data: vec![value; wanted as usize] })
    }

    /// A plane of the size of another, every sample the same.
    #[must_use]
    pub fn like<U>(other: &Plane<U>, value: T) -> Self {
        Self { width: other.width, height: other.height, data: vec![value; other.data.len()] }
    }
}

impl Plane<f32> {
    /// Bilinear value between pixel centres; outside, the nearest edge continues. NaN coordinates read the first pixel.
    #[inline]
    #[must_use]
    pub fn sample_bilinear(&self, x: f32, y: f32) -> f32 {
        let x = x.max(0.0).min((self.width - 1) as f32);
        let y = y.max(0.0).min((self.height - 1) as f32);
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width as usize - 1), (y0 + 1).min(self.height as usize - 1));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let width = self.width as usize;
        let top = self.data[y0 * width + x0] * (1.0 - fx) + self.data[y0 * width + x1] * fx;
        let bottom = self.data[y1 * width + x0] * (1.0 - fx) + self.data[y1 * width + x1] * fx;
        top * (1.0 - fy) + bottom * fy
    }

    /// Mean over blocks of `factor` × `factor` pixels, fewer at the right and lower edge: the anti-aliased way to a
    /// smaller picture.
    ///
    /// # Errors
    /// [`VolumeError::OutOfRange`] unless 1 ≤ `factor` ≤ the smaller side.
    pub fn shrink(&self, factor: u32) -> Result<Self, VolumeError> {
        let side = self.width.min(self.height);
        if factor == 0 || factor > side {
            return Err(VolumeError::OutOfRange { name: "factor", value: f64::from(factor), min: 1.0, max: f64::from(side) });
        }
        let (width, height) = (self.width.div_ceil(factor), self.height.div_ceil(factor));
        let mut out = Self::filled(width, height, 0.0)?;
        for y in 0..height {
            let target = out.row_mut(y);
            let rows = y * factor..((y + 1) * factor).min(self.height);
            let row_count = rows.len();
            for row in rows {
                for (t, block) in target.iter_mut().zip(self.row(row).chunks(factor as usize)) {
                    *t += block.iter().sum::<f32>() / (block.len() * row_count) as f32;
                }
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Refuse sizes that do not fit the samples.
    #[test]
    fn sizes_are_checked() {
        assert!(Plane::new(2, 2, vec![0_u8; 3]).is_err());
        assert!(Plane::<u8>::new(0, 2, vec![]).is_err());
        assert!(Plane::filled(u32::MAX, u32::MAX, 0_u8).is_err());
        assert!(Plane::new(2, 3, vec![0_u8; 6]).is_ok());
    }

    proptest! {
        /// Interpolate a plane that is linear in x and y without error, and stay inside the samples outside it.
        #[test]
        fn bilinear_is_exact_on_linear_pictures(a in -2.0_f32..2.0, b in -2.0_f32..2.0, x in -3.0_f32..12.0, y in -3.0_f32..9.0) {
            let plane = Plane::from_fn(10, 7, |i, j| a * i as f32 + b * j as f32).unwrap();
            let expected = a * x.clamp(0.0, 9.0) + b * y.clamp(0.0, 6.0);
            prop_assert!((plane.sample_bilinear(x, y) - expected).abs() < 1e-4);
        }

        /// Keep the mean when a picture of whole blocks is shrunk.
        #[test]
        fn shrinking_keeps_the_mean(factor in 1_u32..5, seed in 0_u32..100) {
            let plane = Plane::from_fn(4 * factor, 3 * factor, |x, y| ((x * 7 + y * 13 + seed) % 11) as f32).unwrap();
            let small = plane.shrink(factor).unwrap();
            let mean = |p: &Plane<f32>| p.samples().iter().sum::<f32>() / p.samples().len() as f32;
            prop_assert!((mean(&plane) - mean(&small)).abs() < 1e-4);
        }
    }
}
