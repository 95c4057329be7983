//! What is seen on people with a condition, through the models that a draw runs on.

use proband_core::Stream;
use proband_physiology::{HoleSpec, LeakInput, LeakModel, MotionInput, MotionModel, VenousInput, VenousModel};
use proband_tissue::{Medium, NeedleEventKind, NeedleInput, NeedleModel, NeedlePath, NeedleSpec};
use serde::{Deserialize, Serialize};

use super::{Expect, Pack, Statistic, twin_with};
use crate::{Population, Truth, Twin, TwinError};

/// What is measured on one patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The drawn value of a parameter [its unit].
    Parameter(String),
    /// Force at which the skin gives way to a 21G needle at 3 mm/s [N], by the needle model.
    PunctureForceN,
    /// Root mean square speed of the resting arm over 10 s [m/s], by the motion model.
    ArmSpeedRmsMS,
    /// Blood in the tissue twenty minutes after a 21G needle: ten minutes of firm compression, then none [m³], by the leak
    /// model at the patient's venous pressure. A shorter compression would show nothing: whoever is let go before the hole
    /// has closed bleeds until the tissue holds against it.
    HaematomaM3,
    /// Height of the reference vein after a minute under a cuff of 60 mmHg [m], by the venous model.
    VeinHeightCuffedM,
    /// Arms that must not be used.
    ForbiddenArms,
    /// 1 when the draw would be on an arm that must not be used.
    UsesForbiddenArm,
    /// 1 when the first stick of the robot succeeds: needs a whole draw, and is therefore not measured here.
    FirstStick,
}

/// What was found of one expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// Of people with the condition.
    pub with: Vec<f64>,
    /// Of the same people without it.
    pub without: Vec<f64>,
    /// The statistic of the expectation.
    pub value: f64,
    /// Whether it lies where it must.
    pub pass: bool,
}

const TICK_S: f64 = 1e-3;

impl Measure {
    /// Measure a patient; NaN for what needs a whole draw.
    ///
    /// # Errors
    /// [`TwinError`] when a model refuses the patient.
    pub fn of(&self, twin: &Twin, truth: &Truth, stream: &mut Stream) -> Result<f64, TwinError> {
        let person = &twin.person;
        match self {
            Self::Parameter(name) => {
                truth.value(name).ok_or_else(|| TwinError::Parameter { name: name.clone(), what: "is missing".into() })
            }
            Self::PunctureForceN => puncture_n(truth),
            Self::ArmSpeedRmsMS => arm_speed(truth, stream),
            Self::HaematomaM3 => haematoma(truth),
            Self::VeinHeightCuffedM => vein_height(truth),
            Self::ForbiddenArms => Ok(person.conditions.forbidden_arms.len() as f64),
            Self::UsesForbiddenArm => Ok(f64::from(u8::from(person.conditions.forbidden_arms.contains(&person.side)))),
            Self::FirstStick => Ok(f64::NAN),
        }
    }
}

fn refused(what: &dyn std::fmt::Display) -> TwinError {
    TwinError::Text { field: "behaviour".into(), what: what.to_string() }
}

fn puncture_n(truth: &Truth) -> Result<f64, TwinError> {
    const SPEED_M_S: f64 = 3e-3;
    let model = NeedleModel::new(NeedleSpec::gauge_21(38e-3), truth.needle.clone()).map_err(|e| refused(&e))?;
    let mut path = NeedlePath::new(1, 0.0);
    path.push_layer(Medium::Fat, 4e-3);
    let mut state = model.state(0.0);
    for tick in 1..=12_000_u32 {
        let input = NeedleInput { tip_m: f64::from(tick) * SPEED_M_S * TICK_S, lateral_m: [0.0; 2], traction: false, path: &path };
        let output = model.step(&mut state, &input, TICK_S);
        if let Some(event) = output.events.as_slice().iter().find(|e| e.kind == NeedleEventKind::SkinPuncture) {
            return Ok(event.force_n);
        }
    }
    Err(refused(&"the skin does not give way within 36 mm"))
}

fn arm_speed(truth: &Truth, stream: &mut Stream) -> Result<f64, TwinError> {
    const TICKS: u32 = 2_000;
    let model = MotionModel::new(truth.motion.clone()).map_err(|e| refused(&e))?;
    let mut state = model.state(stream);
    let mut square = 0.0;
    for _ in 0..TICKS {
        let output = model.step(&mut state, &MotionInput { startle: false, pain: 0.0 }, 5.0 * TICK_S, stream);
        square += output.velocity.0.norm_squared();
    }
    Ok((square / f64::from(TICKS)).sqrt())
}

fn haematoma(truth: &Truth) -> Result<f64, TwinError> {
    /// Outer diameter of a 21G needle [m]; pressure of the compression [Pa]: above that of any vein at rest.
    const NEEDLE_M: f64 = 0.82e-3;
    const COMPRESSION_PA: f64 = 6_000.0;
    let model = LeakModel::new(truth.leak.clone()).map_err(|e| refused(&e))?;
    let mut state = model.state();
    model.add_hole(&mut state, HoleSpec { needle_diameter_m: NEEDLE_M, plugged: false });
    let pressure_pa = truth.venous.resting_pressure_pa - truth.venous.tissue_pressure_pa;
    let mut volume_m3 = 0.0;
    for tick in 0..12_000_u32 {
        let compression_pa = if tick < 6_000 { COMPRESSION_PA } else { 0.0 };
        volume_m3 = model.step(&mut state, &LeakInput { pressure_pa, compression_pa }, 0.1).volume_m3;
    }
    Ok(volume_m3)
}

fn vein_height(truth: &Truth) -> Result<f64, TwinError> {
    const CUFF_PA: f64 = 8_000.0;
    let model = VenousModel::new(truth.venous.clone()).map_err(|e| refused(&e))?;
    let mut state = model.state();
    let input =
        VenousInput { tourniquet_pa: CUFF_PA, probe_pressure_pa: 0.0, draw_m3_s: 0.0, draw_site_pressure_pa: 0.0, below_heart_m: 0.0 };
    let mut scale = 1.0;
    for _ in 0..1_200 {
        scale = model.step(&mut state, &input, 0.05).scale_v;
    }
    let kind = truth.reference_vein();
    let vein = truth.arm.veins.iter().find(|v| v.kind == kind).unwrap_or(&truth.arm.veins[0]);
    Ok(vein.diameter_v_m * scale)
}

/// Median; NaN of nothing.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

impl Expect {
    /// Compare what was measured on people with and without the condition.
    #[must_use]
    pub fn judge(&self, with: Vec<f64>, without: Vec<f64>) -> Behaviour {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let value = match self.statistic {
            Statistic::RatioOfMedians => median(&with) / median(&without),
            Statistic::Median => median(&with),
            Statistic::DifferenceOfMeans => mean(&with) - mean(&without),
        };
        let pass = value >= self.min.unwrap_or(f64::MIN) && value <= self.max.unwrap_or(f64::MAX);
        Behaviour { with, without, value, pass }
    }
}

impl Pack {
    /// Every expectation on `count` sampled adults, each with and without the condition; `None` for what needs a whole draw.
    ///
    /// # Errors
    /// [`TwinError`] when a person cannot be built.
    pub fn behaviour(&self, seed: u64, count: u32) -> Result<Vec<Option<Behaviour>>, TwinError> {
        let mut seen = vec![(Vec::new(), Vec::new()); self.expect.len()];
        for index in 0..count {
            let person = Population::adult().person(seed, index);
            for has in [true, false] {
                let packs: &[&Self] = if has { &[self] } else { &[] };
                let twin = twin_with(person.clone(), packs, &Stream::new(seed, index, "pack.person"))?;
                let truth = Truth::draw(&twin, &mut Stream::new(seed, index, "population.truth"))?;
                for (expect, (with, without)) in self.expect.iter().zip(&mut seen) {
                    let value = expect.measure.of(&twin, &truth, &mut Stream::new(seed, index, "pack.behaviour"))?;
                    if has { with.push(value) } else { without.push(value) }
                }
            }
        }
        let judged = self
            .expect
            .iter()
            .zip(seen)
            .map(|(expect, (with, without))| (expect.measure != Measure::FirstStick).then(|| expect.judge(with, without)));
        Ok(judged.collect())
    }
}
