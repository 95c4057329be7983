//! Needles and body together, one tick at a time.

use proband_core::ops;

use super::linear::{LinearBody, LinearSpace};
use super::spec::NeedlingSpec;
use super::state::{NeedlingState, Shaft, ShaftOutput, ShaftPose};
use crate::fem::mat3::dot3;
use crate::io::NeedleEvents;
use crate::{NeedleEnergy, TissueError};

/// Sub-steps of one tick; a needle that moves further is lost.
const PART_COUNT_MAX: f64 = 64.0;
/// Way of the tip in a sub-step over the distance of points [1].
const PART_WAY: f64 = 0.5;
/// Speed above which friction and rupture grow no further, and below which a needle counts as paused [m/s].
const SPEED_RANGE_M_S: [f64; 2] = [1e-4, 0.5];

/// Needles in a linear body. Immutable.
#[derive(Clone, Debug)]
pub struct NeedlingModel {
    pub(crate) body: LinearBody,
    pub(crate) spec: NeedlingSpec,
    pub(crate) bending_n_m2: Vec<f64>,
}

impl NeedlingModel {
    /// Put needles and body together.
    ///
    /// # Errors
    /// [`TissueError`] names the field that does not fit.
    pub fn new(body: LinearBody, spec: NeedlingSpec) -> Result<Self, TissueError> {
        spec.check(body.model.parts.len())?;
        let bending_n_m2 = spec.needles.iter().map(crate::NeedleSpec::bending_stiffness_n_m2).collect();
        Ok(Self { body, spec, bending_n_m2 })
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &LinearBody {
        &self.body
    }

    /// The specification.
    #[must_use]
    pub fn spec(&self) -> &NeedlingSpec {
        &self.spec
    }

    /// All needles away from the body.
    #[must_use]
    pub fn state(&self) -> NeedlingState {
        let shaft = Shaft {
            pose: None,
            channel: Vec::new(),
            bottom_m: 0.0,
            tip_arc_m: -1.0,
            surface: None,
            tip_offset_m: [0.0; 2],
            slips: false,
            through: false,
            rolled: Vec::new(),
            back_open: Vec::new(),
            speed_factor: 1.0,
            under_surface: false,
            inside: None,
            tip_held: false,
            energy: NeedleEnergy::ZERO,
        };
        NeedlingState { points_m: Vec::new(), rows: Vec::new(), shafts: vec![shaft; self.spec.needles.len()], stored_j: 0.0 }
    }

    /// Displacement of every node of the body [m].
    #[must_use]
    pub fn field_m(&self, state: &NeedlingState, space: &mut LinearSpace) -> Vec<[f64; 3]> {
        space.know(&self.body, &state.points_m);
        space.field_m(&self.body, &state.rows)
    }

    /// Move the needles by one tick of `dt_s` [s] in (0, 1] to new poses. A pose that cannot be is replaced by the last one; missing ones
    /// stay. Returns what each needle feels.
    pub fn step(&self, state: &mut NeedlingState, poses: &[ShaftPose], dt_s: f64, space: &mut LinearSpace) -> Vec<ShaftOutput> {
        let time_is_sound = dt_s > 0.0 && dt_s <= 1.0;
        let dt_s = if time_is_sound { dt_s } else { 1e-3 };
        let mut run = Run { events: vec![NeedleEvents::none(); state.shafts.len()], unsettled: false, speed_m_s: Vec::new() };
        let mut held = vec![false; state.shafts.len()];
        let mut lost = vec![false; state.shafts.len()];
        let mut ways: Vec<Option<(ShaftPose, ShaftPose)>> = Vec::new();
        let mut parts = 1.0_f64;
        for (index, shaft) in state.shafts.iter_mut().enumerate() {
            let wanted = poses.get(index).filter(|p| p.is_sound() && time_is_sound).copied();
            held[index] = wanted.is_none() && index < poses.len();
            let to = wanted.or(shaft.pose);
            let from = shaft.pose.or(to);
            let mut speed = 0.0;
            if let (Some(from), Some(to)) = (from, to) {
                let way = distance(from.tip_m, to.tip_m);
                let turn = self.spec.needles[index].length_m * distance(from.axis, to.axis);
                let needed = ((way + turn) / (PART_WAY * self.spec.spacing_m)).ceil();
                speed = (way / dt_s).min(SPEED_RANGE_M_S[1]);
                if needed > PART_COUNT_MAX {
                    lost[index] = !shaft.channel.is_empty();
                    take_out(shaft);
                    shaft.pose = Some(to);
                    ways.push(Some((to, to)));
                    run.speed_m_s.push(0.0);
                    continue;
                }
                parts = parts.max(needed);
                if speed >= SPEED_RANGE_M_S[0] && self.spec.speed_exponent != 0.0 {
                    shaft.speed_factor = ops::powf(speed / self.spec.speed_reference_m_s, self.spec.speed_exponent);
                }
            }
            run.speed_m_s.push(speed);
            ways.push(from.zip(to));
            for vertex in &mut shaft.channel {
                vertex.slip_m = 0.0;
            }
        }
        for part in 1..=parts as u32 {
            let share = f64::from(part) / parts;
            let before: Vec<Option<ShaftPose>> = state.shafts.iter().map(|s| s.pose).collect();
            for (shaft, way) in state.shafts.iter_mut().zip(&ways) {
                if let Some((from, to)) = way {
                    shaft.pose = Some(from.between(to, share));
                }
            }
            self.go_in(state, &before, space, &mut run);
            self.settle(state, &before, space, &mut run);
            self.come_out(state, &mut run);
        }
        for shaft in &mut state.shafts {
            for vertex in &mut shaft.channel {
                if vertex.slip_m.abs() < 0.5 * self.spec.stick_band_m_s * dt_s || vertex.slip_m == 0.0 {
                    vertex.slide = 0;
                }
            }
        }
        self.tidy(state);
        space.know(&self.body, &state.points_m);
        (0..state.shafts.len())
            .map(|index| {
                let mut out = self.report(state, index, space, run.events[index]);
                (out.input_held, out.lost, out.unsettled) = (held[index], lost[index], run.unsettled);
                out
            })
            .collect()
    }

    /// Forget points that no channel uses.
    fn tidy(&self, state: &mut NeedlingState) {
        let used: usize = state.shafts.iter().map(|s| s.channel.len()).sum();
        if used == state.points_m.len() {
            return;
        }
        let mut new_m = Vec::with_capacity(used);
        let mut number = vec![u32::MAX; state.points_m.len()];
        // Old points keep their order, so that what is known of them stays.
        for (index, at) in state.points_m.iter().enumerate() {
            if state.shafts.iter().flat_map(|s| &s.channel).any(|v| v.point as usize == index) {
                number[index] = new_m.len() as u32;
                new_m.push(*at);
            }
        }
        for vertex in state.shafts.iter_mut().flat_map(|s| &mut s.channel) {
            vertex.point = number[vertex.point as usize];
        }
        state.rows.retain(|row| number[row.spot.a as usize] != u32::MAX && number[row.spot.b as usize] != u32::MAX);
        for row in &mut state.rows {
            (row.spot.a, row.spot.b) = (number[row.spot.a as usize], number[row.spot.b as usize]);
        }
        state.points_m = new_m;
    }
}

/// What one tick collects.
pub(crate) struct Run {
    pub(crate) events: Vec<NeedleEvents>,
    pub(crate) unsettled: bool,
    pub(crate) speed_m_s: Vec<f64>,
}

/// The channel closes without trace.
pub(crate) fn take_out(shaft: &mut Shaft) {
    shaft.channel.clear();
    shaft.surface = None;
    (shaft.bottom_m, shaft.tip_arc_m, shaft.tip_offset_m) = (0.0, -1.0, [0.0; 2]);
    (shaft.slips, shaft.through, shaft.under_surface, shaft.tip_held, shaft.inside) = (false, false, false, false, None);
    shaft.rolled.clear();
    shaft.back_open.clear();
}

pub(crate) fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let d: [f64; 3] = std::array::from_fn(|k| a[k] - b[k]);
    dot3(d, d).sqrt()
}
