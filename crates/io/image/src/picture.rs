//! A colour picture to draw on.

use proband_volume::Plane;

/// Red, green, blue, 0 to 255.
pub type Colour = [u8; 3];

/// A colour picture; whatever is drawn outside is cut off.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pixels: Plane<Colour>,
}

/// Most pixels that one line may have.
const LINE_PIXELS_MAX: f64 = 100_000.0;
/// Widest line [px].
const LINE_WIDTH_MAX_PX: f64 = 64.0;

impl Picture {
    /// From pixels.
    #[must_use]
    pub fn new(pixels: Plane<Colour>) -> Self {
        Self { pixels }
    }

    /// From grey values 0 to 1; others are clamped.
    #[must_use]
    pub fn from_grey(grey: &Plane<f32>) -> Self {
        Self { pixels: grey.map(|v| [(v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8; 3]) }
    }

    /// The pixels.
    #[must_use]
    pub fn pixels(&self) -> &Plane<Colour> {
        &self.pixels
    }

    /// Mix a colour into one pixel: `opacity` 0 leaves it, 1 replaces it.
    pub fn blend(&mut self, x: i64, y: i64, colour: Colour, opacity: f32) {
        let Some(old) = self.pixels.at(x, y).copied() else { return };
        let t = opacity.clamp(0.0, 1.0);
        let mixed = std::array::from_fn(|i| (f32::from(old[i]) * (1.0 - t) + f32::from(colour[i]) * t + 0.5) as u8);
        self.pixels.set(x as u32, y as u32, mixed);
    }

    /// Mix a colour into every pixel of a mask of the same size.
    pub fn tint(&mut self, mask: &Plane<bool>, colour: Colour, opacity: f32) {
        for y in 0..mask.height() {
            for (x, inside) in mask.row(y).iter().enumerate() {
                if *inside {
                    self.blend(x as i64, i64::from(y), colour, opacity);
                }
            }
        }
    }

    /// A disc.
    pub fn disc(&mut self, centre_px: [f64; 2], radius_px: f64, colour: Colour) {
        if !(centre_px.iter().all(|c| c.abs() < 1e6) && radius_px < 1e4) {
            return;
        }
        let reach = radius_px.max(0.0).ceil() as i64;
        let (cx, cy) = (centre_px[0].round() as i64, centre_px[1].round() as i64);
        for y in cy - reach..=cy + reach {
            for x in cx - reach..=cx + reach {
                let (dx, dy) = (x as f64 - centre_px[0], y as f64 - centre_px[1]);
                // Half a pixel more, so that a radius of zero is still a dot.
                if dx * dx + dy * dy <= (radius_px + 0.5) * (radius_px + 0.5) {
                    self.blend(x, y, colour, 1.0);
                }
            }
        }
    }

    /// Straight lines through points [px], `width_px` wide.
    pub fn polyline(&mut self, points_px: &[[f64; 2]], width_px: f64, colour: Colour) {
        for pair in points_px.windows(2) {
            let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
            let length = (dx * dx + dy * dy).sqrt();
            if !length.is_finite() || length > LINE_PIXELS_MAX {
                continue;
            }
            let steps = (length * 2.0).ceil().max(1.0) as u32;
            for i in 0..=steps {
                let t = f64::from(i) / f64::from(steps);
                self.disc([pair[0][0] + t * dx, pair[0][1] + t * dy], 0.5 * (width_px - 1.0).clamp(0.0, LINE_WIDTH_MAX_PX), colour);
            }
        }
    }

    /// An upright cross.
    pub fn cross(&mut self, centre_px: [f64; 2], half_px: f64, width_px: f64, colour: Colour) {
        let [x, y] = centre_px;
        self.polyline(&[[x - half_px, y], [x + half_px, y]], width_px, colour);
        self.polyline(&[[x, y - half_px], [x, y + half_px]], width_px, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Draw a line where it belongs and nowhere else.
    #[test]
    fn a_line_covers_its_pixels() {
        let mut picture = Picture::from_grey(&Plane::filled(20, 10, 0.0).unwrap());
        picture.polyline(&[[2.0, 5.0], [12.0, 5.0]], 1.0, [255, 0, 0]);
        let red = |x: u32, y: u32| picture.pixels().get(x, y) == Some(&[255, 0, 0]);
        assert!((2..=12).all(|x| red(x, 5)));
        assert!(!red(1, 5) && !red(13, 5) && !red(5, 4) && !red(5, 6));
    }

    proptest! {
        /// Draw anything anywhere without harm.
        #[test]
        fn drawing_outside_is_cut(x in any::<f64>(), y in any::<f64>(), r in any::<f64>()) {
            let mut picture = Picture::from_grey(&Plane::filled(8, 8, 0.5).unwrap());
            picture.disc([x, y], r.abs().min(50.0), [1, 2, 3]);
            picture.cross([x, y], r, 2.0, [1, 2, 3]);
            picture.polyline(&[[x, y], [y, r], [1.0, 2.0]], 1.0, [1, 2, 3]);
        }
    }
}
