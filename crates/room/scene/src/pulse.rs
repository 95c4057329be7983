//! Arteries that beat: how wide they are and how fast their blood flows at a moment.
//!
//! Both are functions of the time alone, so that a scene with beating arteries has no more state than one without.

use proband_core::{Stream, ops};
use proband_sensor::{VesselFlow, artery_radius_ratio};
use proband_twin::Truth;

use crate::SceneError;
use crate::error::part;

/// Density of blood [kg/m³] (compilations: 1050–1060).
const BLOOD_KG_M3: f64 = 1_055.0;
/// Speed and pulsatility of blood in a resting brachial artery (prior: unverified; triphasic flow of 0.05–0.15 m/s mean).
pub(crate) const ARTERY_FLOW: VesselFlow = VesselFlow { speed_mean_m_s: 0.25, pulsatility: 2.5 };
/// The same for a superficial vein behind a tourniquet (prior: unverified).
pub(crate) const VEIN_FLOW: VesselFlow = VesselFlow { speed_mean_m_s: 0.04, pulsatility: 0.15 };
/// Part of a beat in which the heart drives the flow [1]; prior: unverified.
const SYSTOLE: f64 = 0.3;

/// How one patient's arteries beat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PulseSpec {
    /// Heart rate [Hz], 0.3 to 5.
    pub heart_rate_hz: f64,
    /// Radius of an artery at its widest over its narrowest, less one [1], 0 to 0.3.
    pub distension: f64,
    /// Part of a beat that is over when the clock starts [1].
    pub phase: f64,
}

impl PulseSpec {
    /// An adult at rest: heart rate and pulse-wave velocity are drawn, the pulse pressure is the patient's own.
    ///
    /// Distension by Bramwell and Hill: ΔA/A = ΔP/(ρ c²), so that the radius grows by √(1 + ΔP/(ρ c²)).
    ///
    /// # Source
    /// Bramwell & Hill 1922 (Proc R Soc B 93:298). Heart rate 70 ± 9 1/min and pulse-wave velocity of the arm 9 ± 1 m/s: prior: unverified;
    /// with a pulse pressure of 45 mmHg the area then grows by 0.16 % per mmHg. Liu 2013 (J Physiol Sci 63:195) found at least 0.1 % per mmHg in the arms
    /// of 40 healthy adults.
    #[must_use]
    pub fn resting(truth: &Truth, stream: &mut Stream) -> Self {
        let heart_rate_hz = (70.0 + 9.0 * stream.normal()).clamp(45.0, 110.0) / 60.0;
        let wave_m_s = (9.0 + stream.normal()).clamp(6.0, 14.0);
        let pulse_pa = (truth.venous.systolic_pa - truth.venous.diastolic_pa).max(0.0);
        let distension = (1.0 + pulse_pa / (BLOOD_KG_M3 * wave_m_s * wave_m_s)).sqrt() - 1.0;
        Self { heart_rate_hz, distension: distension.min(0.3), phase: stream.uniform() }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`SceneError::Part`] with the first wrong field.
    pub(crate) fn check(&self) -> Result<(), SceneError> {
        let rows =
            [("heart_rate_hz", self.heart_rate_hz, 0.3, 5.0), ("distension", self.distension, 0.0, 0.3), ("phase", self.phase, 0.0, 1.0)];
        match rows.into_iter().find(|(_, value, min, max)| !(min..=max).contains(&value)) {
            Some((field, value, min, max)) => Err(part("pulse")(format!("{field} = {value} is outside {min} to {max}"))),
            None => Ok(()),
        }
    }

    /// Part of the beat that is over [1], 0 at the upstroke.
    #[must_use]
    pub fn phase_at(&self, time_s: f64) -> f64 {
        let beats = self.phase + self.heart_rate_hz * time_s;
        beats - beats.floor()
    }

    /// Radius of an artery now over its smallest within a beat [1].
    #[must_use]
    pub fn radius_ratio(&self, time_s: f64) -> f64 {
        artery_radius_ratio(self.phase_at(time_s), self.distension)
    }

    /// Blood of an artery now: a half sine in systole over a steady flow, with the mean and the pulsatility of a resting brachial artery.
    ///
    /// The backward flow of early diastole is left out.
    #[must_use]
    pub fn artery_flow(&self, time_s: f64) -> VesselFlow {
        let VesselFlow { speed_mean_m_s, pulsatility } = ARTERY_FLOW;
        let phase = self.phase_at(time_s);
        // Mean 1, largest − smallest = the pulsatility.
        let steady = 1.0 - pulsatility * SYSTOLE * std::f64::consts::FRAC_2_PI;
        let driven = if phase < SYSTOLE { ops::sin(std::f64::consts::PI * phase / SYSTOLE) } else { 0.0 };
        VesselFlow { speed_mean_m_s: speed_mean_m_s * (steady + pulsatility * driven), pulsatility }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: PulseSpec = PulseSpec { heart_rate_hz: 1.25, distension: 0.03, phase: 0.2 };

    /// Keep mean, pulsatility and beat of the flow, and widen by the distension, once a beat.
    #[test]
    fn a_beat_is_whole() {
        let times: Vec<f64> = (0..8_000).map(|i| f64::from(i) * 1e-4).collect();
        let speeds: Vec<f64> = times.iter().map(|t| SPEC.artery_flow(*t).speed_mean_m_s).collect();
        let mean = speeds.iter().sum::<f64>() / speeds.len() as f64;
        let (low, high) = speeds.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
        assert!((mean / ARTERY_FLOW.speed_mean_m_s - 1.0).abs() < 1e-3, "{mean}");
        assert!(((high - low) / mean / ARTERY_FLOW.pulsatility - 1.0).abs() < 1e-3 && low > 0.0, "{low} {high}");
        let widest = times.iter().map(|t| SPEC.radius_ratio(*t)).fold(0.0, f64::max);
        assert!((widest - 1.03).abs() < 1e-4, "{widest}");
        assert!((SPEC.radius_ratio(0.37) - SPEC.radius_ratio(0.37 + 5.0 * 0.8)).abs() < 1e-9);
    }

    /// Name a wrong field.
    #[test]
    fn wrong_numbers_are_named() {
        for (spec, field) in [
            (PulseSpec { heart_rate_hz: f64::NAN, ..SPEC }, "heart_rate_hz"),
            (PulseSpec { heart_rate_hz: 0.0, ..SPEC }, "heart_rate_hz"),
            (PulseSpec { distension: 1.0, ..SPEC }, "distension"),
            (PulseSpec { phase: -0.1, ..SPEC }, "phase"),
        ] {
            assert!(spec.check().unwrap_err().to_string().contains(field));
        }
        assert!(SPEC.check().is_ok());
    }
}
