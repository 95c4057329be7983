//! Claims about the controller in `proband-procedure`: its stop at a pop and its phases.

use proband_core::Stream;
use proband_procedure::{Phase, PopState, VenipunctureSpec};
use proband_robot::{DriverCommand, DriverInput, DriverModel, DriverSpec};
use proband_sensor::{ForceInput, ForceSensor, ForceSensorSpec, ForceState};
use proband_tissue::{Medium, NeedleEventKind, NeedleInput, NeedleModel, NeedlePath, NeedleSpec, NeedleTissueSpec, Span, SpanKind};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[claim!("procedure-transitions", transitions), claim!("procedure-stop", stop)];

const TICK_S: f64 = 1e-3;
const SEED: u64 = 2026;
/// Along the needle at 15° to the mean vein of Park 2023 [m]: skin to front wall, lumen.
const FRONT_M: f64 = 18.6e-3;
const LUMEN_M: f64 = 11.6e-3;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn path() -> NeedlePath {
    let mut path = NeedlePath::new(1, 0.0);
    path.push_layer(Medium::Fat, 6e-3);
    path.push_span(Span {
        kind: SpanKind::Vein,
        structure: 0,
        enter_m: FRONT_M,
        exit_m: FRONT_M + LUMEN_M,
        offset_m: 0.0,
        half_width_m: 2e-3,
    });
    path
}

/// A force sensor with its noise.
struct Sensor {
    sensor: ForceSensor,
    state: ForceState,
    stream: Stream,
}

impl Sensor {
    fn new(index: u32) -> Result<Self, String> {
        let sensor = ForceSensor::new(&ForceSensorSpec::needle_hub(), TICK_S).map_err(text)?;
        let mut stream = Stream::new(SEED, index, "verify.procedure.force");
        let state = sensor.start(&mut stream).map_err(text)?;
        Ok(Self { sensor, state, stream })
    }

    fn read(&mut self, axial_n: f64) -> f64 {
        self.sensor.step(&mut self.state, &ForceInput { axial_n, lateral_n: [0.0; 2] }, &mut self.stream).axial_n
    }
}

/// The detector as the built-in controller uses it.
struct Detector {
    spec: VenipunctureSpec,
    state: PopState,
    skin_found: bool,
}

impl Detector {
    fn new() -> Self {
        Self { spec: VenipunctureSpec::standard(1.0, Vec::new(), 640.0, [200.0, 6e4]), state: PopState::new(), skin_found: false }
    }

    /// Whether a pop was found in this tick.
    fn step(&mut self, force_n: f64) -> bool {
        let threshold_n = if self.skin_found { self.spec.pop.threshold_n } else { self.spec.pop.skin_threshold_n };
        let found = self.state.step(&self.spec.pop, threshold_n, force_n, true, TICK_S).is_some();
        self.skin_found |= found;
        found
    }
}

/// From the wall's puncture to the needle's standstill: detector, one tick of the controller, driver [m, s].
fn overrun(speed_m_s: f64, index: u32) -> Result<Option<(f64, f64)>, String> {
    let tissue = NeedleTissueSpec { speed_exponent: 0.0, ..NeedleTissueSpec::reference_adult() };
    let model = NeedleModel::new(NeedleSpec::gauge_21(32e-3), tissue).map_err(text)?;
    let driver = DriverModel::new(&DriverSpec::venipuncture()).map_err(text)?;
    let mut driver_state = driver.start(0.0).map_err(text)?;
    // The tip starts 4 mm before the skin.
    let at = |position_m: f64| position_m - 4e-3;
    let mut state = model.state(at(0.0));
    let mut sensor = Sensor::new(index)?;
    let mut detector = Detector::new();
    let path = path();
    let (mut load_n, mut stopping) = (0.0, false);
    let mut wall: Option<(f64, f64)> = None;
    for tick in 0..20_000 {
        let time_s = f64::from(tick) * TICK_S;
        let command = if stopping { DriverCommand::Hold } else { DriverCommand::Velocity(speed_m_s) };
        let moved = driver.step(&mut driver_state, &DriverInput { command, load_force_n: load_n }, TICK_S);
        let tip_m = at(moved.position_m);
        let out = model.step(&mut state, &NeedleInput { tip_m, lateral_m: [0.0; 2], traction: true, path: &path }, TICK_S);
        load_n = out.force_axial_n;
        if out.events.contains(NeedleEventKind::VeinPuncture) {
            wall.get_or_insert((moved.position_m, time_s));
        }
        let found = detector.step(sensor.read(out.force_axial_n));
        if let Some((position_m, wall_s)) = wall {
            stopping |= found;
            if stopping && moved.velocity_m_s.abs() < 1e-4 {
                return Ok(Some((moved.position_m - position_m, time_s - wall_s)));
            }
            if time_s > wall_s + 1.0 {
                return Ok(None);
            }
        }
    }
    Ok(None)
}

fn stop() -> Result<Vec<Obtained>, String> {
    let mut out = Vec::new();
    for speed_mm_s in [3.0, 10.0, 20.0] {
        let (mut missed, mut longest_m, mut longest_s) = (0.0, 0.0_f64, 0.0_f64);
        for index in 0..100 {
            match overrun(speed_mm_s * 1e-3, index)? {
                Some((way_m, time_s)) => (longest_m, longest_s) = (longest_m.max(way_m), longest_s.max(time_s)),
                None => missed += 1.0,
            }
        }
        out.push(Obtained::new(format!("stops of 100 not made at {speed_mm_s} mm/s"), missed));
        out.push(Obtained::new(format!("longest overrun at {speed_mm_s} mm/s"), 1e3 * longest_m));
        out.push(Obtained::new(format!("longest time to standstill at {speed_mm_s} mm/s"), 1e3 * longest_s));
    }
    Ok(out)
}

/// The graph of phases, walked.
fn transitions() -> Result<Vec<Obtained>, String> {
    let leads = |from: Phase| Phase::ALL.into_iter().filter(move |to| from.may_lead_to(*to));
    // Ways out of the patient that do not pass through the withdrawal.
    let mut past_withdrawal = 0.0;
    for phase in Phase::ALL.into_iter().filter(|p| p.needle_in() && *p != Phase::Withdraw) {
        past_withdrawal += leads(phase).filter(|next| !next.needle_in()).count() as f64;
    }
    let out_of_withdrawal = leads(Phase::Withdraw).filter(|next| *next != Phase::Compress).count() as f64;
    let into_draw = Phase::ALL.into_iter().filter(|p| p.may_lead_to(Phase::Draw) && *p != Phase::ConfirmLumen).count() as f64;
    let after_end = Phase::ALL.into_iter().filter(|p| p.is_final()).flat_map(leads).count() as f64;
    let mut dead_ends = 0.0;
    for phase in Phase::ALL {
        let mut reached = vec![phase];
        let mut next = 0;
        while next < reached.len() {
            for to in leads(reached[next]) {
                if !reached.contains(&to) {
                    reached.push(to);
                }
            }
            next += 1;
        }
        dead_ends += f64::from(u8::from(!reached.iter().any(|p| p.is_final())));
    }
    let limits = VenipunctureSpec::standard(1.0, Vec::new(), 640.0, [200.0, 6e4]).limits;
    Ok(vec![
        Obtained::new("ways out of the patient past the withdrawal", past_withdrawal),
        Obtained::new("ways out of the withdrawal but to compression", out_of_withdrawal),
        Obtained::new("ways into the draw but from the confirmed lumen", into_draw),
        Obtained::new("ways on after the end", after_end),
        Obtained::new("phases that lead to no end", dead_ends),
        Obtained::new("attempts per patient", f64::from(limits.attempts_max)),
        Obtained::new("axial force at which the needle is withdrawn", limits.force_axial_max_n),
        Obtained::new(
            "speed of a tremor of 0.5 mm at 12 Hz over the limit",
            std::f64::consts::TAU * 12.0 * 0.5e-3 / limits.arm_speed_max_m_s,
        ),
    ])
}
