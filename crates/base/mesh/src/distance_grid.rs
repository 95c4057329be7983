//! Exact distances on a grid with a different step along each axis.

/// Squared distance [m²] of every voxel's centre to the nearest voxel that is `wanted`; large where there is none.
///
/// # Source
/// Felzenszwalb & Huttenlocher 2012, Theory of Computing 8:415–428 (lower envelope of parabolas).
pub(crate) fn squared_distance_to(mask: &[bool], wanted: bool, size: [u32; 3], spacing_m: [f64; 3]) -> Vec<f64> {
    let far = 1e12;
    let mut out: Vec<f64> = mask.iter().map(|&m| if m == wanted { 0.0 } else { far }).collect();
    let [nx, ny, _] = size.map(|n| n as usize);
    for axis in 0..3 {
        let n = size[axis] as usize;
        let stride = [1, nx, nx * ny][axis];
        let mut line = vec![0.0; n];
        let mut envelope = Envelope { places: vec![0; n], borders: vec![0.0; n + 1] };
        for start in line_starts(size, axis) {
            for (k, x) in line.iter_mut().enumerate() {
                *x = out[start + k * stride];
            }
            envelope.apply(&line, spacing_m[axis], |k, value| out[start + k * stride] = value);
        }
    }
    out
}

/// Index of the first voxel of every line along an axis.
pub(crate) fn line_starts(size: [u32; 3], axis: usize) -> impl Iterator<Item = usize> {
    let [nx, ny, nz] = size.map(|n| n as usize);
    let (outer, inner) = [(nz, ny), (nz, nx), (ny, nx)][axis];
    (0..outer * inner).map(move |i| match axis {
        0 => i * nx,
        1 => (i / nx) * nx * ny + i % nx,
        _ => i,
    })
}

struct Envelope {
    places: Vec<usize>,
    borders: Vec<f64>,
}

impl Envelope {
    fn apply(&mut self, line: &[f64], step_m: f64, mut set: impl FnMut(usize, f64)) {
        let x = |k: usize| k as f64 * step_m;
        let meet = |a: usize, b: usize| ((line[b] + x(b) * x(b)) - (line[a] + x(a) * x(a))) / (2.0 * (x(b) - x(a)));
        let mut last = 0;
        self.places[0] = 0;
        self.borders[0] = f64::NEG_INFINITY;
        self.borders[1] = f64::INFINITY;
        for k in 1..line.len() {
            let mut border = meet(self.places[last], k);
            while last > 0 && border <= self.borders[last] {
                last -= 1;
                border = meet(self.places[last], k);
            }
            last += 1;
            self.places[last] = k;
            self.borders[last] = border;
            self.borders[last + 1] = f64::INFINITY;
        }
        let mut piece = 0;
        for k in 0..line.len() {
            while self.borders[piece + 1] < x(k) {
                piece += 1;
            }
            let d = x(k) - x(self.places[piece]);
            set(k, line[self.places[piece]] + d * d);
        }
    }
}
