//! Many patients in lanes: the same arithmetic, the same bits.

use crate::whole::control::SetPoints;
use crate::whole::pack::Laned;
use crate::whole::parameters::Parameters;
use crate::whole::patient::{WholePatient, spread_all, tick};
use crate::whole::state::{Acts, LaneState};

/// `N` patients side by side on one clock. No arithmetic looks across lanes: each has the bits that it has alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Cohort<const N: usize> {
    parameters: Parameters<N>,
    set_points: SetPoints<N>,
    /// State of all lanes.
    pub state: LaneState<N>,
    /// What acts on each lane.
    pub acts: Acts<N>,
}

impl<const N: usize> Cohort<N> {
    /// Every lane a copy of `patient` at rest.
    #[must_use]
    pub fn new(patient: &WholePatient) -> Self {
        let (parameters, set_points, state) = spread_all(patient);
        Self { parameters, set_points, state, acts: Acts::spread(&Acts::rest()) }
    }

    /// Put a patient at rest into a lane, with what acts on him. He must have settled on the same clock as the others
    /// (all patients of [`WholePatient::new`] have); a lane beyond the last is left alone.
    pub fn put(&mut self, lane: usize, patient: &WholePatient, acts: &Acts<1>) {
        self.parameters.put(lane, &patient.parameters);
        self.set_points.put(lane, &patient.set_points);
        self.state.put(lane, &patient.state());
        self.acts.put(lane, acts);
    }

    /// State of one lane.
    #[must_use]
    pub fn take(&self, lane: usize, shape: &LaneState<1>) -> LaneState<1> {
        let mut one = shape.clone();
        self.state.take(lane, &mut one);
        (one.step, one.tick) = (self.state.step, self.state.tick);
        one
    }

    /// Advance every lane by one tick of 50 ms.
    ///
    /// Runs on the widest registers that the processor has. No operation is fused or reordered, so that the bits are
    /// those of the narrow ones.
    pub fn tick(&mut self) {
        let Self { parameters, set_points, state, acts } = self;
        pulp::Arch::new().dispatch(Tick { parameters, set_points, acts, state });
    }
}

/// A tick as something that can be compiled for each kind of processor.
struct Tick<'a, const N: usize> {
    parameters: &'a Parameters<N>,
    set_points: &'a SetPoints<N>,
    acts: &'a Acts<N>,
    state: &'a mut LaneState<N>,
}

impl<const N: usize> pulp::WithSimd for Tick<'_, N> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        tick(self.parameters, self.set_points, self.acts, self.state, |_| {});
    }
}
