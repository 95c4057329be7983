//! Electrical impedance at the needle's tip: blood conducts better than muscle, muscle far better than fat.

use proband_anatomy::Tissue;
use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use crate::delay::{DELAY_TICKS_MAX, Delayed};
use crate::error::{Check, SensorError};

/// Frequency for which [`conductivity_s_m`] and [`relative_permittivity`] hold [Hz].
pub const IMPEDANCE_FREQUENCY_HZ: f64 = 100e3;
/// Permittivity of vacuum [F/m]. CODATA 2018.
const VACUUM_F_M: f64 = 8.854_187_812_8e-12;

/// Conductivity at 100 kHz [S/m].
///
/// # Source
/// Gabriel, Lau, Gabriel 1996, Phys Med Biol 41:2271, parametric model: epidermis as dry skin, dermis as wet skin, fat,
/// muscle (across the fibres), cortical bone as tabulated in BioMed Eng OnLine 2018 17, s12938-018-0473-9, table 3.
/// Blood, vessel wall and nerve by the same model: prior, value not checked against the print.
#[must_use]
pub fn conductivity_s_m(tissue: Tissue) -> f64 {
    match tissue {
        Tissue::Air => 0.0,
        Tissue::Epidermis => 0.00045,
        Tissue::Dermis => 0.0658,
        Tissue::Fat => 0.0244,
        Tissue::Muscle => 0.3619,
        Tissue::VeinLumen | Tissue::ArteryLumen => 0.703,
        Tissue::VeinWall | Tissue::ArteryWall => 0.319,
        Tissue::Nerve => 0.0808,
        Tissue::Bone => 0.0208,
    }
}

/// Relative permittivity at 100 kHz [1]. Sources as for [`conductivity_s_m`].
#[must_use]
pub fn relative_permittivity(tissue: Tissue) -> f64 {
    match tissue {
        Tissue::Air => 1.0,
        Tissue::Epidermis => 1119.2,
        Tissue::Dermis => 15357.0,
        Tissue::Fat => 92.885,
        Tissue::Muscle => 8089.2,
        Tissue::VeinLumen | Tissue::ArteryLumen => 5120.0,
        Tissue::VeinWall | Tissue::ArteryWall => 930.0,
        Tissue::Nerve => 5130.0,
        Tissue::Bone => 227.64,
    }
}

/// Figures of an impedance sensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImpedanceSpec {
    /// Radius of a ball with the same spreading resistance as the bare tip [m].
    pub tip_radius_m: f64,
    /// Resistance of the way back and of the tip's surface, in series [Ω].
    pub series_ohm: f64,
    /// Spread between persons and needles, standard deviation of the logarithm [1]; one draw per run.
    pub person_sd: f64,
    /// Noise of a reading, standard deviation of the logarithm [1].
    pub noise_sd: f64,
    /// Corner frequency of the demodulator [Hz], first order.
    pub bandwidth_hz: f64,
    /// Impedance above which the circuit counts as open [Ω].
    pub open_ohm: f64,
    /// Time until the reading arrives [s].
    pub delay_s: f64,
}

impl ImpedanceSpec {
    /// A standard needle, insulated but for its bevel, at 100 kHz against a pad on the skin.
    ///
    /// # Source
    /// That a standard needle tells blood from other tissue by its impedance: bench study, Sensors 2022 22:665. The
    /// figures: prior, unverified, engineering judgement.
    #[must_use]
    pub fn bevel() -> Self {
        Self {
            tip_radius_m: 0.3e-3,
            series_ohm: 120.0,
            person_sd: 0.1,
            noise_sd: 0.02,
            bandwidth_hz: 100.0,
            open_ohm: 200e3,
            delay_s: 5e-3,
        }
    }
}

/// What the tip is in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImpedanceInput {
    /// Tissue around the tip; `Air` when there is no contact.
    pub tissue: Tissue,
    /// Part of the bare tip that lies in blood [1]: 0 before the wall opens, 1 with the whole bevel inside.
    pub blood_fraction: f64,
}

/// Reading.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImpedanceOutput {
    /// Magnitude [Ω]; none when the circuit is open.
    pub magnitude_ohm: Option<f64>,
    /// Phase [rad]; 0 when the circuit is open.
    pub phase_rad: f64,
}

/// State: plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImpedanceState {
    /// This person's factor on all admittances [1].
    pub person_factor: f64,
    /// Filtered admittance of the tip, real and imaginary [S].
    pub admittance_s: [f64; 2],
    /// Readings on their way: magnitude [Ω], phase [rad].
    pub delay: Delayed<[f64; 2]>,
}

/// The immutable sensor.
///
/// Z = R_series + 1/(4π a (σ + iωε₀ε_r)): a ball of radius a in an even medium; blood and the other tissue side by side
/// add their admittances. Even medium is a simplification: layers nearer than a few a change Z by their own share.
#[derive(Clone, Debug, PartialEq)]
pub struct ImpedanceSensor {
    spec: ImpedanceSpec,
    follow: f64,
    delay_ticks: u32,
}

impl ImpedanceSensor {
    /// A sensor read once per `tick_s` [s].
    ///
    /// # Errors
    /// [`SensorError::Parameter`] that names the field.
    pub fn new(spec: &ImpedanceSpec, tick_s: f64) -> Result<Self, SensorError> {
        let check = Check("impedance sensor");
        check.positive("tip_radius_m", spec.tip_radius_m)?;
        check.not_negative("series_ohm", spec.series_ohm)?;
        check.not_negative("person_sd", spec.person_sd)?;
        check.not_negative("noise_sd", spec.noise_sd)?;
        check.positive("bandwidth_hz", spec.bandwidth_hz)?;
        check.positive("open_ohm", spec.open_ohm)?;
        let delay_ticks = check.ticks("delay_s", spec.delay_s, tick_s, DELAY_TICKS_MAX)?;
        let follow = 1.0 - ops::exp(-std::f64::consts::TAU * spec.bandwidth_hz * tick_s);
        Ok(Self { spec: spec.clone(), follow, delay_ticks })
    }

    /// The sensor's figures.
    #[must_use]
    pub fn spec(&self) -> &ImpedanceSpec {
        &self.spec
    }

    /// A sensor in air; the person's factor is drawn.
    ///
    /// # Errors
    /// None after `new`; kept for the delay line.
    pub fn start(&self, stream: &mut Stream) -> Result<ImpedanceState, SensorError> {
        let person_factor = ops::exp(self.spec.person_sd * stream.normal());
        Ok(ImpedanceState { person_factor, admittance_s: [0.0; 2], delay: Delayed::new(self.delay_ticks, [f64::INFINITY, 0.0])? })
    }

    /// Admittance of the tip without noise and without the series resistance, real and imaginary [S].
    #[must_use]
    pub fn tip_admittance_s(&self, input: &ImpedanceInput) -> [f64; 2] {
        let blood = if input.blood_fraction.is_finite() { input.blood_fraction.clamp(0.0, 1.0) } else { 0.0 };
        let shape = 4.0 * std::f64::consts::PI * self.spec.tip_radius_m;
        let omega = std::f64::consts::TAU * IMPEDANCE_FREQUENCY_HZ * VACUUM_F_M;
        let mix = |of: fn(Tissue) -> f64| (1.0 - blood) * of(input.tissue) + blood * of(Tissue::VeinLumen);
        [shape * mix(conductivity_s_m), shape * omega * mix(relative_permittivity)]
    }

    /// One tick. One normal is drawn; nothing is allocated.
    pub fn step(&self, state: &mut ImpedanceState, input: &ImpedanceInput, stream: &mut Stream) -> ImpedanceOutput {
        let now = self.tip_admittance_s(input);
        for (filtered, now) in state.admittance_s.iter_mut().zip(now) {
            *filtered += (now * state.person_factor - *filtered) * self.follow;
        }
        let [g, b] = state.admittance_s;
        let square = g * g + b * b;
        let noise = ops::exp(self.spec.noise_sd * stream.normal());
        // 1/(g + ib) = (g − ib)/|y|².
        let reading = if square > 0.0 {
            let (real, imaginary) = (self.spec.series_ohm + g / square, -b / square);
            [ops::hypot(real, imaginary) * noise, ops::atan2(imaginary, real)]
        } else {
            [f64::INFINITY, 0.0]
        };
        let [magnitude, phase] = state.delay.push(reading);
        if magnitude <= self.spec.open_ohm {
            ImpedanceOutput { magnitude_ohm: Some(magnitude), phase_rad: phase }
        } else {
            ImpedanceOutput { magnitude_ohm: None, phase_rad: 0.0 }
        }
    }
}
