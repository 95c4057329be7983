//! Yes-or-no pictures: hysteresis, components, thinning, distance.

use crate::Plane;

/// The eight neighbours in order around a pixel, starting above.
pub(crate) const AROUND: [(i64, i64); 8] = [(0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)];

/// Pixels above `low` that are connected (8 neighbours) with one above `high`.
#[must_use]
pub fn hysteresis(response: &Plane<f32>, low: f32, high: f32) -> Plane<bool> {
    let mut out = Plane::like(response, false);
    let mut open: Vec<(u32, u32)> = Vec::new();
    for y in 0..response.height() {
        for (x, value) in response.row(y).iter().enumerate() {
            let x = x as u32;
            if *value <= high || out.get(x, y) == Some(&true) {
                continue;
            }
            out.set(x, y, true);
            open.push((x, y));
            while let Some((px, py)) = open.pop() {
                for (dx, dy) in AROUND {
                    let (nx, ny) = (i64::from(px) + dx, i64::from(py) + dy);
                    if response.at(nx, ny).is_some_and(|v| *v > low) && out.at(nx, ny) == Some(&false) {
                        out.set(nx as u32, ny as u32, true);
                        open.push((nx as u32, ny as u32));
                    }
                }
            }
        }
    }
    out
}

/// A connected piece of a mask.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Pixels in it.
    pub pixel_count: u32,
    /// Smallest column and row.
    pub min_px: [u32; 2],
    /// Largest column and row.
    pub max_px: [u32; 2],
    /// Mean column and row [px].
    pub centre_px: [f64; 2],
}

/// Connected pieces (8 neighbours): label 0 is outside, label i + 1 belongs to the i-th piece, in the order of
/// their first pixel.
#[must_use]
pub fn components(mask: &Plane<bool>) -> (Plane<u32>, Vec<Component>) {
    let mut labels = Plane::like(mask, 0_u32);
    let mut pieces: Vec<Component> = Vec::new();
    let mut open: Vec<(u32, u32)> = Vec::new();
    for y in 0..mask.height() {
        for x in 0..mask.width() {
            if mask.get(x, y) != Some(&true) || labels.get(x, y) != Some(&0) {
                continue;
            }
            let label = pieces.len() as u32 + 1;
            let mut piece = Component { pixel_count: 0, min_px: [x, y], max_px: [x, y], centre_px: [0.0, 0.0] };
            labels.set(x, y, label);
            open.push((x, y));
            while let Some((px, py)) = open.pop() {
                piece.pixel_count += 1;
                piece.min_px = [piece.min_px[0].min(px), piece.min_px[1].min(py)];
                piece.max_px = [piece.max_px[0].max(px), piece.max_px[1].max(py)];
                piece.centre_px[0] += f64::from(px);
                piece.centre_px[1] += f64::from(py);
                for (dx, dy) in AROUND {
                    let (nx, ny) = (i64::from(px) + dx, i64::from(py) + dy);
                    if mask.at(nx, ny) == Some(&true) && labels.at(nx, ny) == Some(&0) {
                        labels.set(nx as u32, ny as u32, label);
                        open.push((nx as u32, ny as u32));
                    }
                }
            }
            piece.centre_px = piece.centre_px.map(|sum| sum / f64::from(piece.pixel_count));
            pieces.push(piece);
        }
    }
    (labels, pieces)
}

/// The mask without its pieces of fewer than `pixel_count_min` pixels.
#[must_use]
pub fn without_specks(mask: &Plane<bool>, pixel_count_min: u32) -> Plane<bool> {
    let (labels, pieces) = components(mask);
    labels.map(|label| *label > 0 && pieces[*label as usize - 1].pixel_count >= pixel_count_min)
}

/// Skeleton of a mask: lines one pixel wide with the same connections (Guo and Hall 1989, Commun ACM 32:359).
#[must_use]
pub fn thin(mask: &Plane<bool>) -> Plane<bool> {
    let mut out = mask.clone();
    let mut inside: Vec<(u32, u32)> = Vec::new();
    for y in 0..mask.height() {
        for x in 0..mask.width() {
            if mask.get(x, y) == Some(&true) {
                inside.push((x, y));
            }
        }
    }
    // Each pass removes a layer; a mask cannot have more layers than pixels along its smaller side.
    for _ in 0..=mask.width().min(mask.height()) {
        let before = inside.len();
        for odd in [false, true] {
            let gone: Vec<(u32, u32)> = inside.iter().copied().filter(|&(x, y)| removable(&out, x, y, odd)).collect();
            for &(x, y) in &gone {
                out.set(x, y, false);
            }
            inside.retain(|&(x, y)| out.get(x, y) == Some(&true));
        }
        if inside.len() == before {
            break;
        }
    }
    out
}

/// The condition of Guo and Hall for one of the two half passes.
fn removable(mask: &Plane<bool>, x: u32, y: u32, odd: bool) -> bool {
    let p = AROUND.map(|(dx, dy)| mask.at(i64::from(x) + dx, i64::from(y) + dy) == Some(&true));
    let [p2, p3, p4, p5, p6, p7, p8, p9] = p;
    let crossings = u8::from(!p2 && (p3 || p4)) + u8::from(!p4 && (p5 || p6)) + u8::from(!p6 && (p7 || p8)) + u8::from(!p8 && (p9 || p2));
    let first = u8::from(p9 || p2) + u8::from(p3 || p4) + u8::from(p5 || p6) + u8::from(p7 || p8);
    let second = u8::from(p2 || p3) + u8::from(p4 || p5) + u8::from(p6 || p7) + u8::from(p8 || p9);
    let neighbours = first.min(second);
    let side = if odd { (p6 || p7 || !p9) && p8 } else { (p2 || p3 || !p5) && p4 };
    crossings == 1 && (2..=3).contains(&neighbours) && !side
}

/// Distance from each pixel to the nearest one in the mask [px], exact; infinite where the mask is empty.
///
/// # Source
/// Felzenszwalb and Huttenlocher 2012, Theory of Computing 8:415.
#[must_use]
pub fn distance_to(mask: &Plane<bool>) -> Plane<f32> {
    let (width, height) = (mask.width() as usize, mask.height() as usize);
    let far = 1e12_f64;
    let mut squares: Vec<f64> = mask.samples().iter().map(|m| if *m { 0.0 } else { far }).collect();
    let longest = width.max(height);
    let mut work = Envelope { place: vec![0; longest], from: vec![0.0; longest + 1] };
    let mut line = vec![0.0; longest];
    let mut out = vec![0.0; longest];
    for x in 0..width {
        for y in 0..height {
            line[y] = squares[y * width + x];
        }
        work.transform(&line[..height], &mut out[..height]);
        for y in 0..height {
            squares[y * width + x] = out[y];
        }
    }
    for row in squares.chunks_mut(width) {
        line[..width].copy_from_slice(row);
        work.transform(&line[..width], row);
    }
    let mut out = Plane::like(mask, 0.0_f32);
    for (o, s) in out.samples_mut().iter_mut().zip(&squares) {
        *o = if *s >= far * 0.5 { f32::INFINITY } else { s.sqrt() as f32 };
    }
    out
}

/// Lower envelope of parabolas.
struct Envelope {
    place: Vec<usize>,
    from: Vec<f64>,
}

impl Envelope {
    fn transform(&mut self, values: &[f64], out: &mut [f64]) {
        let mut last = 0;
        self.place[0] = 0;
        self.from[0] = f64::NEG_INFINITY;
        self.from[1] = f64::INFINITY;
        let square = |i: usize| (i * i) as f64;
        for q in 1..values.len() {
            let mut meet;
            loop {
                let v = self.place[last];
                meet = ((values[q] + square(q)) - (values[v] + square(v))) / (2.0 * (q as f64 - v as f64));
                if meet > self.from[last] || last == 0 {
                    break;
                }
                last -= 1;
            }
            if meet > self.from[last] {
                last += 1;
            }
            self.place[last] = q;
            self.from[last] = if last == 0 { f64::NEG_INFINITY } else { meet };
            self.from[last + 1] = f64::INFINITY;
        }
        let mut k = 0;
        for (q, o) in out.iter_mut().enumerate() {
            while self.from[k + 1] < q as f64 {
                k += 1;
            }
            let v = self.place[k];
            let d = q as f64 - v as f64;
            *o = d * d + values[v];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keep the weak part of a line that touches a strong one, drop the weak part that stands alone.
    #[test]
    fn hysteresis_follows_connected_pixels() {
        let response = Plane::new(7, 1, vec![0.3, 0.9, 0.3, 0.0, 0.3, 0.3, 0.0]).unwrap();
        assert_eq!(hysteresis(&response, 0.2, 0.5).samples(), [true, true, true, false, false, false, false]);
    }

    /// Count pieces and drop the small one.
    #[test]
    fn pieces_are_counted() {
        let mask = Plane::from_fn(12, 6, |x, y| (x < 3 && y < 3) || (x == 10 && y == 4)).unwrap();
        let (_, pieces) = components(&mask);
        assert_eq!(pieces.iter().map(|p| p.pixel_count).collect::<Vec<_>>(), [9, 1]);
        assert_eq!(pieces[0].centre_px, [1.0, 1.0]);
        assert_eq!(without_specks(&mask, 2).samples().iter().filter(|m| **m).count(), 9);
    }

    proptest! {
        /// Thin any mask without changing the number of its pieces, and leave no 2 × 2 block of a solid one.
        #[test]
        fn thinning_keeps_connections(bits in proptest::collection::vec(any::<bool>(), 18 * 14)) {
            let mask = Plane::from_fn(20, 16, |x, y| (1..19).contains(&x) && (1..15).contains(&y) && bits[((y - 1) * 18 + x - 1) as usize]).unwrap();
            let skeleton = thin(&mask);
            prop_assert_eq!(components(&mask).1.len(), components(&skeleton).1.len());
            prop_assert!(skeleton.samples().iter().zip(mask.samples()).all(|(s, m)| !s || *m));
        }

        /// Give the distance that a search over all pixels gives.
        #[test]
        fn distances_are_exact(bits in proptest::collection::vec(0_u8..8, 15 * 11)) {
            let mask = Plane::new(15, 11, bits.iter().map(|b| *b == 0).collect()).unwrap();
            let distance = distance_to(&mask);
            for y in 0..11_i64 {
                for x in 0..15_i64 {
                    let mut best = f64::INFINITY;
                    for j in 0..11_i64 {
                        for i in 0..15_i64 {
                            if mask.at(i, j) == Some(&true) {
                                best = best.min((((i - x) * (i - x) + (j - y) * (j - y)) as f64).sqrt());
                            }
                        }
                    }
                    let found = f64::from(*distance.at(x, y).unwrap());
                    prop_assert!(found == best || (found - best).abs() < 1e-4, "{found} {best}");
                }
            }
        }
    }

    /// Thin a thick bar to its middle line.
    #[test]
    fn a_bar_becomes_a_line() {
        let bar = Plane::from_fn(40, 15, |x, y| (3..37).contains(&x) && (4..11).contains(&y)).unwrap();
        let skeleton = thin(&bar);
        for x in 10..30 {
            assert_eq!((0..15).filter(|y| skeleton.get(x, *y) == Some(&true)).collect::<Vec<_>>(), [7]);
        }
    }
}
