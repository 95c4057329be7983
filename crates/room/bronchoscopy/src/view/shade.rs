//! Light at the eye on a moist wall.

use proband_core::ops;

use super::march::ViewSpec;
use super::tubes::Tube;

/// Distance at which the light has fallen to half [m]; rings of cartilage: distance [m], depth as a tilt of the wall [1], last generation.
/// Prior: unverified, chosen by eye.
const HALF_LIGHT_M: f32 = 0.011;
const RING_M: f32 = 4.5e-3;
const RING_TILT: f32 = 0.35;
const RING_GENERATION: u32 = 2;
/// Colour of the wall, of blood, linear light. Prior: unverified, chosen by eye.
const WALL: [f32; 3] = [0.82, 0.38, 0.30];
const BLOOD: [f32; 3] = [0.25, 0.012, 0.01];
const LEVELS: usize = 1024;

/// Colours.
pub(super) struct Shader {
    levels: Vec<u8>,
    wetness: f32,
    blood: f32,
}

impl Shader {
    pub(super) fn new(spec: &ViewSpec) -> Self {
        // sRGB (IEC 61966-2-1) from linear light.
        let level = |i: usize| {
            let v = i as f64 / (LEVELS - 1) as f64;
            let s = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * ops::powf(v, 1.0 / 2.4) - 0.055 };
            (255.0 * s + 0.5) as u8
        };
        Self {
            levels: (0..LEVELS).map(level).collect(),
            wetness: spec.wetness.clamp(0.0, 1.0) as f32,
            blood: spec.blood.clamp(0.0, 1.0) as f32,
        }
    }

    /// Colour of the wall of a cone that a ray meets.
    pub(super) fn colour(&self, tube: &Tube, ray: [f32; 3], t: f32) -> [u8; 3] {
        let p = [ray[0] * t - tube.a[0], ray[1] * t - tube.a[1], ray[2] * t - tube.a[2]];
        let along = ((p[0] * tube.d[0] + p[1] * tube.d[1] + p[2] * tube.d[2]) * tube.inverse).clamp(0.0, 1.0);
        let out = [p[0] - along * tube.d[0], p[1] - along * tube.d[1], p[2] - along * tube.d[2]];
        let size = (out[0] * out[0] + out[1] * out[1] + out[2] * out[2]).sqrt().max(1e-9);
        // Towards the axis; rings tilt the wall along it.
        let mut n = [-out[0] / size, -out[1] / size, -out[2] / size];
        if tube.generation <= RING_GENERATION {
            let place = (tube.s + along * tube.length) / RING_M;
            let saw = place - place.floor();
            let tilt = RING_TILT * 8.0 * saw * (1.0 - saw) * (0.5 - saw);
            let m: [f32; 3] = std::array::from_fn(|k| n[k] + tilt * tube.d[k] / tube.length.max(1e-6));
            let size = (m[0] * m[0] + m[1] * m[1] + m[2] * m[2]).sqrt().max(1e-9);
            n = m.map(|v| v / size);
        }
        let facing = -(n[0] * ray[0] + n[1] * ray[1] + n[2] * ray[2]);
        let facing = facing.clamp(0.0, 1.0);
        let fall = 1.0 / (1.0 + (t / HALF_LIGHT_M) * (t / HALF_LIGHT_M));
        let light = fall * (0.06 + 0.94 * facing);
        let square = facing * facing;
        let shine = self.wetness * fall * 0.5 * (square * square * square * square);
        let mix = |k: usize| {
            let wall = WALL[k] * (1.0 - self.blood) + BLOOD[k] * self.blood;
            (wall * light * 1.5 + shine * (1.0 - self.blood)).clamp(0.0, 1.0)
        };
        std::array::from_fn(|k| self.levels[(mix(k) * (LEVELS - 1) as f32) as usize])
    }
}
