//! How the lungs of a made chest lie on the table, against the CT at full inspiration.
//!
//! u(p, s) = s [A h^1.5(p) ẑ + ½ A_y h^1.5 ŷ + Σ aₖ exp(−|p − cₖ|²/2σ²)] + a_t w(p) (hilum − p)/|…|, with s how far the lung is let out
//! (0: CT at full inspiration, 1: full expiration), h how far down the lung a point lies, aₖ a smooth random field and the last
//! term atelectasis of the dependent back of the lower lobes.

use nalgebra::Vector3;
use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use super::lungs::LungShape;

/// Sizes of the motion.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LungMotionSpec {
    /// Rise of the lowest place from full inspiration to full expiration [m], mean over patients.
    pub rise_m: f64,
    /// Its spread over patients [1].
    pub rise_spread: f64,
    /// Movement towards the back at the lowest place [m].
    pub back_m: f64,
    /// Standard deviation of the random field along each axis [m] and its width [m].
    pub random_m: f64,
    /// See `random_m`.
    pub random_width_m: f64,
    /// Largest displacement by atelectasis [m] in those who have it, and the share who have it.
    pub atelectasis_m: f64,
    /// See `atelectasis_m`.
    pub atelectasis_share: f64,
}

impl LungMotionSpec {
    /// Nodules move 17.6 mm on average from inspiration to expiration (Chen et al., PMC6026261): `rise_m` is set so that the mean
    /// of |u| at full expiration over nodules as they are drawn is that. Spread, random field and atelectasis: prior, unverified.
    #[must_use]
    pub const fn published() -> Self {
        Self {
            rise_m: 0.05,
            rise_spread: 0.3,
            back_m: 0.012,
            random_m: 3.5e-3,
            random_width_m: 0.035,
            atelectasis_m: 8e-3,
            atelectasis_share: 0.3,
        }
    }
}

const BUMP_COUNT: usize = 24;

/// The motion of one chest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LungMotion {
    lungs: LungShape,
    rise_m: f64,
    back_m: f64,
    bumps: Vec<([f64; 3], [f64; 3])>,
    width_m: f64,
    atelectasis_m: f64,
}

impl LungMotion {
    /// Draw the motion of a chest.
    #[must_use]
    pub fn draw(spec: &LungMotionSpec, lungs: LungShape, stream: &mut Stream) -> Self {
        let spread = spec.rise_spread;
        let rise_m = spec.rise_m * ops::exp(spread * stream.normal().clamp(-2.5, 2.5) - 0.5 * spread * spread);
        let [low, high] = lungs.bounds_m();
        // With n bumps of width σ in a box of volume V a point sees about n (2π)^1.5 σ³ / V of them at full weight squared over 2^1.5.
        let volume: f64 = (0..3).map(|a| high[a] - low[a]).product();
        let seen = BUMP_COUNT as f64 * ops::powf(std::f64::consts::PI, 1.5) * spec.random_width_m.powi(3) / volume;
        let size = spec.random_m / seen.sqrt().max(0.1);
        let mut bumps = Vec::with_capacity(BUMP_COUNT);
        for _ in 0..BUMP_COUNT {
            let at = std::array::from_fn(|a| stream.uniform_in(low[a], high[a]));
            bumps.push((at, std::array::from_fn(|_| size * stream.normal().clamp(-3.0, 3.0))));
        }
        let has = stream.uniform() < spec.atelectasis_share;
        let size = stream.uniform_in(0.3, 1.0) * spec.atelectasis_m;
        Self { lungs, rise_m, back_m: spec.back_m, bumps, width_m: spec.random_width_m, atelectasis_m: if has { size } else { 0.0 } }
    }

    /// No motion at all.
    #[must_use]
    pub fn none(lungs: LungShape) -> Self {
        Self { lungs, rise_m: 0.0, back_m: 0.0, bumps: Vec::new(), width_m: 1.0, atelectasis_m: 0.0 }
    }

    /// Displacement of a point of the CT [m] when the lung is let out by `s` (0 to 1).
    #[must_use]
    pub fn displacement_m(&self, p: [f64; 3], s: f64) -> [f64; 3] {
        let h = self.lungs.down(p);
        let down = h * h.sqrt();
        let mut u = Vector3::new(0.0, 0.5 * self.back_m * down, self.rise_m * down) * s;
        let p = Vector3::from(p);
        let narrow = 0.5 / (self.width_m * self.width_m);
        for (at, a) in &self.bumps {
            let gap = (p - Vector3::from(*at)).norm_squared() * narrow;
            if gap < 12.0 {
                u += Vector3::from(*a) * (s * ops::exp(-gap));
            }
        }
        if self.atelectasis_m > 0.0 {
            let hilum = Vector3::new(if p.x < 0.0 { -0.03 } else { 0.03 }, 0.0, -0.02);
            let back = ((p.y - 0.01) / 0.06).clamp(0.0, 1.0) * ((h - 0.4) / 0.4).clamp(0.0, 1.0);
            let way = hilum - p;
            u += way * (self.atelectasis_m * back / way.norm().max(1e-3));
        }
        u.into()
    }

    /// Where a point of the CT lies now [m].
    #[must_use]
    pub fn moved_m(&self, p: [f64; 3], s: f64) -> [f64; 3] {
        let u = self.displacement_m(p, s);
        [p[0] + u[0], p[1] + u[1], p[2] + u[2]]
    }

    /// How a small vector at a point of the CT is turned and stretched now.
    #[must_use]
    pub fn carried(&self, p: [f64; 3], v: [f64; 3], s: f64) -> [f64; 3] {
        const STEP: f64 = 1e-3;
        let length = Vector3::from(v).norm();
        if length == 0.0 {
            return v;
        }
        let half: [f64; 3] = v.map(|x| x / length * 0.5 * STEP);
        let a = self.displacement_m(std::array::from_fn(|i| p[i] + half[i]), s);
        let b = self.displacement_m(std::array::from_fn(|i| p[i] - half[i]), s);
        std::array::from_fn(|i| v[i] + (a[i] - b[i]) / STEP * length)
    }

    /// The point of the CT that lies at `q` now [m], by fixed-point steps: the motion is smooth and gentle.
    #[must_use]
    pub fn unmoved_m(&self, q: [f64; 3], s: f64) -> [f64; 3] {
        let mut p = q;
        for _ in 0..60 {
            let u = self.displacement_m(p, s);
            let next: [f64; 3] = std::array::from_fn(|a| q[a] - u[a]);
            let change: f64 = (0..3).map(|a| (next[a] - p[a]).powi(2)).sum();
            p = next;
            if change < 1e-18 {
                break;
            }
        }
        p
    }
}
