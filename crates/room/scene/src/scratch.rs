//! Working memory: nothing in here survives a tick in meaning, only in memory (pictures' caches, the startle flag apart).

use proband_anatomy::{Crossing, VesselDeform};
use proband_core::Direction;
use proband_sensor::{NirSkin, UltrasoundScratch, VesselFlow};

use crate::fault::Active;
use crate::model::SceneModel;

pub(crate) struct Scratch {
    pub crossings: Vec<Crossing>,
    /// Vessels as the needle's path sees them.
    pub deform_for_needle: Vec<VesselDeform>,
    /// Vessels as a picture sees them.
    pub deform: Vec<VesselDeform>,
    pub flow: Vec<VesselFlow>,
    pub ultrasound: UltrasoundScratch,
    /// Faults that act in this tick.
    pub active: Vec<Active>,
    /// For the record: see [`crate::TickSignals`].
    pub past_back_m: f64,
    /// The same.
    pub line_shift_m: f64,
    /// A planned startle that begins in this tick.
    pub startle: bool,
    skin: Option<(f64, f64, NirSkin)>,
}

/// Steps in which the veins' size enters the skin's reflectance [1]: a fixed grid, so that a restored scene sees the same skin.
const SKIN_STEP: f64 = 1.0 / 64.0;

impl Scratch {
    pub fn new(model: &SceneModel) -> Self {
        let count = model.arm_anatomy.vessels().len();
        let zero = Direction::new(0.0, 0.0, 0.0);
        let plain = VesselDeform { scale_h: 1.0, scale_v: 1.0, shift: zero, shift_arc_m: 0.0, shift_width_m: 8e-3 };
        Self {
            crossings: Vec::with_capacity(16),
            deform_for_needle: vec![plain; count],
            deform: vec![plain; count],
            flow: vec![VesselFlow { speed_mean_m_s: 0.0, pulsatility: 0.0 }; count],
            ultrasound: UltrasoundScratch::new(),
            active: Vec::new(),
            past_back_m: -crate::FAR_M,
            line_shift_m: 0.0,
            startle: false,
            skin: None,
        }
    }
}

impl Scratch {
    /// The skin's reflectance with the veins as full as they are now.
    pub fn nir_skin(&mut self, model: &SceneModel, scale_v: f64, scale_h: f64) -> &NirSkin {
        let grid = |scale: f64| (scale / SKIN_STEP).round() * SKIN_STEP;
        let (v, h) = (grid(scale_v), grid(scale_h));
        if self.skin.as_ref().is_none_or(|(known_v, known_h, _)| (*known_v, *known_h) != (v, h)) {
            let mut deform = self.deform_for_needle.clone();
            for (deform, vessel) in deform.iter_mut().zip(model.arm_anatomy.vessels()) {
                (deform.scale_v, deform.scale_h) = if vessel.is_artery { (1.0, 1.0) } else { (v, h) };
            }
            self.skin = None;
            let skin = model.skin.skin(&deform);
            return &self.skin.insert((v, h, skin)).2;
        }
        match &self.skin {
            Some((_, _, skin)) => skin,
            None => unreachable!("filled above"),
        }
    }
}
