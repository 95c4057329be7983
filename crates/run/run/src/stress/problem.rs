//! A base rehearsal with what may vary and what must hold.

use proband_scene::{Fault, Trigger};
use proband_twin::Population;

use super::space::{FaultPart, FaultPlan, Space, Target};
use super::{Requirement, signals};
use crate::{RehearsalSpec, RunError};

/// Everything that decides a stress test but for the method.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where nothing varies.
    pub base: RehearsalSpec,
    /// Whom patients are taken from when their number varies.
    pub population: Option<Population>,
    /// Faults of which parts vary.
    pub faults: Vec<FaultPlan>,
    /// What may vary.
    pub space: Space,
    /// What must hold.
    pub requirements: Vec<Requirement>,
}

impl Problem {
    /// The rehearsal at given values of the space's coordinates, in SI units; the base as it is, without faults, for no values.
    ///
    /// A fault with a coordinate that is NaN is left out.
    ///
    /// # Errors
    /// [`RunError::Twin`] when a patient cannot be drawn.
    pub fn rehearsal(&self, values: &[f64]) -> Result<RehearsalSpec, RunError> {
        let mut spec = self.base.clone();
        for (vary, value) in self.space.varied.iter().zip(values) {
            match &vary.target {
                Target::Parameter(name) => spec.values.push((name.clone(), *value)),
                Target::Patient => spec.patient = *value as u32,
                Target::Seed => spec.seed = *value as u64,
                Target::Fault(..) => {}
            }
        }
        if let Some(population) = &self.population {
            spec.twin = population.patient(spec.seed, spec.patient)?.twin;
            spec.member = true;
        }
        if !values.is_empty() {
            spec.faults.extend((0..self.faults.len()).filter_map(|place| self.fault(place, values)));
        }
        Ok(spec)
    }

    /// The fault at a place; none when it is left out.
    pub(crate) fn fault(&self, place: usize, values: &[f64]) -> Option<Fault> {
        let plan = &self.faults[place];
        let part = |part: FaultPart| {
            let target = Target::Fault(place as u32, part);
            self.space.varied.iter().position(|v| v.target == target).and_then(|at| values.get(at)).copied()
        };
        let own = [FaultPart::Kind, FaultPart::Phase, FaultPart::Delay, FaultPart::Duration, FaultPart::Size];
        if own.into_iter().any(|p| part(p).is_some_and(f64::is_nan)) {
            return None;
        }
        let one_of = |p: FaultPart, count: usize| (part(p).unwrap_or(0.0).max(0.0) as usize).min(count.saturating_sub(1));
        let kind = *plan.kinds.get(one_of(FaultPart::Kind, plan.kinds.len()))?;
        let phase = *plan.phases.get(one_of(FaultPart::Phase, plan.phases.len()))?;
        let delay_s = part(FaultPart::Delay).unwrap_or(plan.delay_s).max(0.0);
        let mut fault = Fault::new(kind, Trigger::Phase { phase, delay_s });
        if let Some(s) = part(FaultPart::Duration).or(plan.duration_s) {
            fault.duration_s = s.max(0.0);
        }
        let (low, high) = kind.magnitude_range();
        if let Some(size) = part(FaultPart::Size).or(plan.size) {
            fault.magnitude = if plan.kinds.len() > 1 { low + (high - low) * size } else { size }.clamp(low, high);
        }
        Some(fault)
    }

    /// Places of all signals that any rule speaks of, each once.
    pub(crate) fn places(&self) -> Vec<usize> {
        (0..signals::COUNT).filter(|place| self.requirements.iter().any(|r| r.places().contains(place))).collect()
    }

    /// Places of the coordinates of a fault.
    pub(crate) fn coordinates_of(&self, fault: usize) -> Vec<usize> {
        let own = |v: &super::Vary| matches!(v.target, Target::Fault(of, _) if of as usize == fault);
        self.space.varied.iter().enumerate().filter(|(_, v)| own(v)).map(|(at, _)| at).collect()
    }

    /// A value as it is read: the name of a kind or a phase, or the number with its unit.
    #[must_use]
    pub fn words(&self, coordinate: usize, value: f64) -> String {
        let vary = &self.space.varied[coordinate];
        if value.is_nan() {
            return "left out".into();
        }
        match vary.target {
            Target::Fault(fault, part @ (FaultPart::Kind | FaultPart::Phase)) => {
                let plan = &self.faults[fault as usize];
                let place = value.max(0.0) as usize;
                match part {
                    FaultPart::Kind => plan.kinds.get(place).map_or(String::new(), |k| k.name()),
                    _ => plan.phases.get(place).map_or("", |p| p.name()).to_owned(),
                }
            }
            Target::Patient | Target::Seed => format!("{value:.0}"),
            _ => format!("{value:.5} {}", if vary.unit == "1" { "" } else { &vary.unit }).trim_end().to_owned(),
        }
    }
}
