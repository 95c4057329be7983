//! Claims about the controller in `proband-procedure`: its pop detector, its stop and its phases.

use proband_core::Stream;
use proband_procedure::{Phase, PopLayer, PopState, VenipunctureSpec};
use proband_robot::{DriverCommand, DriverInput, DriverModel, DriverSpec};
use proband_sensor::{ForceInput, ForceSensor, ForceSensorSpec, ForceState};
use proband_tissue::{Medium, NeedleEventKind, NeedleInput, NeedleModel, NeedlePath, NeedleSpec, NeedleTissueSpec, Span, SpanKind};
use proband_twin::{Truth, Twin};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[claim!("procedure-transitions", transitions), claim!("procedure-pop", pop), claim!("procedure-stop", stop)];

const TICK_S: f64 = 1e-3;
const SEED: u64 = 2026;
/// Sampled needle sites.
const STICKS: u32 = 400;
/// Along the needle at 15° to the mean vein of Park 2023 [m]: skin to front wall, lumen.
const FRONT_M: f64 = 18.6e-3;
const LUMEN_M: f64 = 11.6e-3;
/// Way before the wall on which the controller goes slowly, and from which a drop counts as the wall's [m].
const NEAR_M: f64 = 3e-3;
/// Time after the skin's puncture in which the force still falls from it [s].
const SKIN_DECAY_S: f64 = 0.1;
/// Time after the wall's puncture in which a detection belongs to it [s].
const WINDOW_S: f64 = 0.2;

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

    /// Whether a pop was found in this tick, with the needle `speed_m_s` fast by command and the tip at `tip_m`.
    fn step(&mut self, force_n: f64, speed_m_s: f64, tip_m: f64) -> bool {
        let layer = match (tip_m > FRONT_M - NEAR_M, self.skin_found) {
            (true, _) => PopLayer::Wall,
            (false, true) => PopLayer::Tissue,
            (false, false) => PopLayer::Skin,
        };
        let found = self.state.step(&self.spec.pop, layer, force_n, speed_m_s, TICK_S).is_some();
        self.skin_found |= found;
        found
    }
}

/// What came of one stick.
struct Stick {
    skin_s: Option<f64>,
    wall_s: Option<f64>,
    /// Drops found, with whether the tip was as near to the wall as the controller asks for.
    found: Vec<(f64, bool)>,
}

/// Through skin, fat and front wall at the controller's speeds, without stopping.
fn stick(tissue: NeedleTissueSpec, index: u32) -> Result<Stick, String> {
    let model = NeedleModel::new(NeedleSpec::gauge_21(32e-3), tissue).map_err(text)?;
    let mut state = model.state(-2e-3);
    let mut sensor = Sensor::new(index)?;
    let mut detector = Detector::new();
    let path = path();
    let (mut tip_m, mut time_s) = (-2e-3, 0.0);
    let mut stick = Stick { skin_s: None, wall_s: None, found: Vec::new() };
    while tip_m < FRONT_M + LUMEN_M && stick.wall_s.is_none_or(|wall_s| time_s < wall_s + WINDOW_S) {
        let pace = &detector.spec.pace;
        let speed = if tip_m > FRONT_M - NEAR_M {
            pace.wall_m_s
        } else if stick.skin_s.is_some() {
            pace.fat_m_s
        } else {
            pace.skin_m_s
        };
        tip_m += speed * TICK_S;
        time_s += TICK_S;
        let out = model.step(&mut state, &NeedleInput { tip_m, lateral_m: [0.0; 2], traction: true, path: &path }, TICK_S);
        if out.events.contains(NeedleEventKind::SkinPuncture) {
            stick.skin_s = Some(time_s);
        }
        if out.events.contains(NeedleEventKind::VeinPuncture) || out.events.contains(NeedleEventKind::Transfixion) {
            stick.wall_s.get_or_insert(time_s);
        }
        if detector.step(sensor.read(out.force_axial_n), speed, tip_m) {
            stick.found.push((time_s, tip_m > FRONT_M - NEAR_M));
        }
    }
    Ok(stick)
}

fn pop() -> Result<Vec<Obtained>, String> {
    let twin = Twin::built_in();
    let (mut walls, mut found, mut felt, mut felt_found, mut skins) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
    let (mut false_alarms, mut far) = (0_u32, 0_u32);
    let mut delays = Vec::new();
    for index in 0..STICKS {
        let truth = Truth::draw(&twin, &mut Stream::new(SEED, index, "verify.procedure.pop")).map_err(text)?;
        let can_be_felt = truth.needle.vein.pop_factor > 0.5;
        let stick = stick(truth.needle, index)?;
        let Some(skin_s) = stick.skin_s else { continue };
        skins += u32::from(stick.found.iter().any(|(t, _)| (skin_s..skin_s + SKIN_DECAY_S).contains(t)));
        let wall_s = stick.wall_s.unwrap_or(f64::INFINITY);
        let untimely = |t: f64| t < skin_s || (t > skin_s + SKIN_DECAY_S && t < wall_s);
        false_alarms += stick.found.iter().filter(|(t, near)| *near && untimely(*t)).count() as u32;
        far += stick.found.iter().filter(|(t, near)| !near && untimely(*t)).count() as u32;
        if !wall_s.is_finite() {
            continue;
        }
        walls += 1;
        felt += u32::from(can_be_felt);
        if let Some((at_s, _)) = stick.found.iter().find(|(t, near)| *near && (wall_s..wall_s + WINDOW_S).contains(t)) {
            found += 1;
            felt_found += u32::from(can_be_felt);
            delays.push(at_s - wall_s);
        }
    }
    delays.sort_by(f64::total_cmp);
    let late = delays.get((delays.len() * 95).div_ceil(100).saturating_sub(1)).copied().unwrap_or(f64::NAN);
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    Ok(vec![
        Obtained::new("sticks that reached the lumen", f64::from(walls)),
        Obtained::new("skin punctures found", share(skins, STICKS)),
        Obtained::new("false alarms per stick", share(false_alarms, STICKS)),
        Obtained::new("drops per stick far from the wall, after the skin", share(far, STICKS)),
        Obtained::new("draws whose wall pops at full force", share(felt, walls)),
        Obtained::new("wall punctures found", share(found, walls)),
        Obtained::new("wall punctures found of those at full force", share(felt_found, felt)),
        Obtained::new("delay of the detector, 95 % below", 1e3 * late),
    ])
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
        let asked_m_s = if stopping { 0.0 } else { speed_m_s };
        let found = detector.step(sensor.read(out.force_axial_n), asked_m_s, tip_m);
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
