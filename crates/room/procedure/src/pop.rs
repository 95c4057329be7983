//! Pop detection: a cumulative-sum test on the drop of the axial force.

use proband_core::ops;
use serde::{Deserialize, Serialize};

/// Page's cumulative sum on force increments.
///
/// S ← max(0, S − ΔF − leak·dt − slowing·|Δv|) with ΔF the increment of the low-pass filtered force and Δv the loss of the
/// commanded speed; a pop is reported when S exceeds the threshold, and S starts again. The threshold is the one of the
/// layer, or [`PopSpec::margin`] times what S ordinarily reaches in this patient without a pop, if that is more: a tremor
/// drags the tissue to and fro on the needle.
///
/// # Source
/// Page 1954, Biometrika 41:100–115. The filtered derivative peak of Saito & Togawa finds 30 of 33
/// punctures in rabbit ear veins; thresholds here are priors, their false-alarm rate and delay are measured by a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PopSpec {
    /// Time constant of the low-pass filter on the force [s].
    pub filter_s: f64,
    /// Drop that is forgiven per second [N/s].
    pub leak_n_per_s: f64,
    /// Drop that is forgiven per loss of commanded speed [N s/m]: friction and cutting fall when the needle slows.
    pub slowing_n_s_per_m: f64,
    /// Time that the drive takes to follow its command [s].
    pub drive_s: f64,
    /// Accumulated drop that counts as a vein wall's pop, where the wall is expected [N]: above twenty standard
    /// deviations of the filtered noise of the force sensor.
    pub threshold_n: f64,
    /// Accumulated drop that counts as one far from the wall [N]: where the needle leaves the dermis, for one.
    pub far_threshold_n: f64,
    /// Accumulated drop that counts as the skin giving way [N].
    pub skin_threshold_n: f64,
    /// Factor by which a pop must stand out of what S reaches without one [1].
    pub margin: f64,
    /// Time over which that is forgotten [s].
    pub memory_s: f64,
}

impl PopSpec {
    /// The built-in controller's detector.
    ///
    /// # Source
    /// Prior: unverified; chosen on simulated sticks other than those of the claim. Forgiven on slowing: friction of
    /// 0.2 N s/mm² over 20 mm and a tenth of 1 N per decade of speed at 4.5 mm/s.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            filter_s: 0.006,
            leak_n_per_s: 1.0,
            slowing_n_s_per_m: 15.0,
            drive_s: 0.02,
            threshold_n: 0.035,
            far_threshold_n: 0.08,
            skin_threshold_n: 0.15,
            margin: 1.5,
            memory_s: 0.7,
        }
    }
}

/// Where the needle is, as far as the detector must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PopLayer {
    /// At the skin.
    Skin,
    /// Past the skin, not yet where the wall may be.
    Tissue,
    /// Where the wall may be.
    Wall,
}

/// Detector state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PopState {
    filtered_n: f64,
    sum_n: f64,
    primed: bool,
    refractory_s: f64,
    /// Commanded speed as the drive follows it [m/s].
    speed_m_s: f64,
    /// Largest sum of the excursion under way [N].
    peak_n: f64,
    /// What the sum reached lately, forgotten with time [N].
    ordinary_n: f64,
}

impl PopState {
    /// A detector that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { filtered_n: 0.0, sum_n: 0.0, primed: false, refractory_s: 0.0, speed_m_s: 0.0, peak_n: 0.0, ordinary_n: 0.0 }
    }

    /// Low-pass filtered axial force [N].
    #[must_use]
    pub fn filtered_n(&self) -> f64 {
        self.filtered_n
    }

    /// Forget what was accumulated (after a deliberate stop or reversal).
    pub fn rearm(&mut self) {
        self.sum_n = 0.0;
        self.peak_n = 0.0;
        self.refractory_s = 0.02;
    }

    /// Drop that counts now [N].
    #[must_use]
    pub fn threshold_n(&self, spec: &PopSpec, layer: PopLayer) -> f64 {
        match layer {
            PopLayer::Skin => spec.skin_threshold_n,
            PopLayer::Tissue => spec.far_threshold_n,
            PopLayer::Wall => spec.threshold_n.max(spec.margin * self.ordinary_n),
        }
    }

    /// One tick. `speed_m_s`: commanded speed of the needle, zero or less when it does not advance: only an advancing
    /// needle pops. Returns the drop [N] when a pop is found.
    pub fn step(&mut self, spec: &PopSpec, layer: PopLayer, force_n: f64, speed_m_s: f64, dt_s: f64) -> Option<f64> {
        if !force_n.is_finite() {
            return None;
        }
        if !self.primed {
            self.filtered_n = force_n;
            self.primed = true;
        }
        let follow = |time_s: f64| 1.0 - ops::exp(-dt_s / time_s);
        let before = self.filtered_n;
        self.filtered_n += follow(spec.filter_s) * (force_n - self.filtered_n);
        let change_m_s = follow(spec.drive_s) * (speed_m_s.max(0.0) - self.speed_m_s);
        self.speed_m_s += change_m_s;
        self.ordinary_n *= 1.0 - dt_s / spec.memory_s;
        if self.refractory_s > 0.0 {
            self.refractory_s -= dt_s;
            return None;
        }
        if speed_m_s.is_nan() || speed_m_s <= 0.0 {
            self.sum_n = 0.0;
            self.peak_n = 0.0;
            return None;
        }
        let forgiven_n = spec.leak_n_per_s * dt_s + spec.slowing_n_s_per_m * (-change_m_s).max(0.0);
        self.sum_n = (self.sum_n - (self.filtered_n - before) - forgiven_n).max(0.0);
        self.peak_n = self.peak_n.max(self.sum_n);
        if self.sum_n > self.threshold_n(spec, layer) {
            let drop_n = self.sum_n;
            // The skin's own drop says nothing about what comes behind it.
            if layer != PopLayer::Skin {
                self.ordinary_n = self.ordinary_n.max(drop_n);
            }
            self.rearm();
            return Some(drop_n);
        }
        if self.sum_n <= 0.0 {
            self.ordinary_n = self.ordinary_n.max(self.peak_n);
            self.peak_n = 0.0;
        }
        None
    }
}

impl Default for PopState {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::Stream;

    const SPEC: PopSpec = PopSpec::standard();

    /// Find a drop of 0.2 N within 50 ms, and none in a steady rise with noise.
    #[test]
    fn a_drop_is_found_and_noise_is_not() {
        let mut late = 0;
        let mut false_alarms = 0;
        for patient in 0..200 {
            let mut noise = Stream::new(5, patient, "pop");
            let mut state = PopState::new();
            let mut found = None;
            for tick in 0..1500 {
                let time = f64::from(tick) * 1e-3;
                let mut force = 0.4 * time;
                if time > 1.0 {
                    force -= 0.2;
                }
                if state.step(&SPEC, PopLayer::Wall, force + 0.0045 * noise.normal(), 3e-3, 1e-3).is_some() && found.is_none() {
                    found = Some(time);
                }
            }
            match found {
                Some(time) if time < 1.0 => false_alarms += 1,
                Some(time) if time <= 1.05 => {}
                _ => late += 1,
            }
        }
        assert!(false_alarms < 2 && late == 0, "{false_alarms} false alarms, {late} late");
    }

    /// Take neither a slowing needle nor a tremor for a pop, and still find one that stands out of the tremor.
    #[test]
    fn slowing_and_tremor_are_no_pops() {
        let mut state = PopState::new();
        let mut found = Vec::new();
        for tick in 0..4000 {
            let time = f64::from(tick) * 1e-3;
            let speed = if time < 1.0 { 6e-3 } else { 3e-3 };
            // Friction follows the speed; a tremor of 8 Hz drags by 25 mN to both sides.
            let lag = if time < 1.0 { 0.0 } else { 1.0 - ops::exp(-(time - 1.0) / 0.02) };
            let tremor = 0.025 * ops::sin(std::f64::consts::TAU * 8.0 * time);
            let pop = if time > 3.0 { -0.12 * (1.0 - ops::exp(-(time - 3.0) / 0.01)) } else { 0.0 };
            let force = 1.0 + 0.1 * time - 0.03 * lag + tremor + pop;
            // Before the wall is near, what S reaches is learnt.
            let layer = if time < 1.5 { PopLayer::Tissue } else { PopLayer::Wall };
            if state.step(&SPEC, layer, force, speed, 1e-3).is_some() {
                found.push(time);
            }
        }
        assert!(matches!(found[..], [at] if (3.0..3.1).contains(&at)), "{found:?}");
    }
}
