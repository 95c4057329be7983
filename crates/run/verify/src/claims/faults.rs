//! Claims about faults and safety requirements: a fault does what its name says, no fault breaks the simulation, and an undisturbed
//! draw keeps every requirement.

use std::sync::{Arc, Mutex, PoisonError};

use proband_core::{Quantity, Unit};
use proband_procedure::{Command, Controller, Note, Observation, Phase, ProcedureError, Venipuncture};
use proband_robot::builtin_arm;
use proband_run::RehearsalSpec;
use proband_run::safety::{Requirement, SafetyMonitor, SafetySpec};
use proband_scene::{Fault, FaultKind, NoStopwatch, Scene, Trigger};
use proband_twin::Twin;
use serde::Deserialize;

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[claim!("fault-exact", exact), claim!("fault-bits", bits), claim!("fault-smoke", smoke), claim!("safety-nominal", nominal)];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// What a controller was shown in a tick, as bare numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shown {
    force_n: f64,
    displacement_m: [f64; 3],
    impedance_ohm: Option<f64>,
    driver_m: f64,
    picture: bool,
}

type Seen = Arc<Mutex<Vec<Shown>>>;

/// A controller that goes its own way whatever it is shown, and keeps what it was shown: its commands hang on the clock alone, so that
/// a scene with a fault and one without differ by the fault and nothing else.
struct Deaf {
    seen: Seen,
    speed_m_s: f64,
}

impl Controller for Deaf {
    fn step(&mut self, o: &Observation<'_>) -> Command {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(Shown {
            force_n: o.force_axial_n,
            displacement_m: o.arm_displacement_m.0.into(),
            impedance_ohm: o.impedance_ohm,
            driver_m: o.driver_position_m,
            picture: o.ultrasound.is_some(),
        });
        // Forth and back, half a second each.
        let forth = o.tick % 1000 < 500;
        self.speed_m_s = if forth { 0.01 } else { -0.01 };
        Command { driver_velocity_m_s: self.speed_m_s, image_ultrasound: true, ..Command::idle() }
    }
    fn phase(&self) -> Phase {
        Phase::Prepare
    }
    fn attempt(&self) -> u32 {
        0
    }
    fn take_notes(&mut self, _: &mut Vec<Note>) {}
    fn save(&self) -> Result<Vec<u8>, ProcedureError> {
        Ok(Vec::new())
    }
    fn restore(&mut self, _: &[u8]) -> Result<(), ProcedureError> {
        Ok(())
    }
}

/// Two seconds of the room with the deaf controller: what it was shown, and the true driver position after each tick [m].
fn two_seconds(fault: Option<&str>) -> Result<(Vec<Shown>, Vec<f64>), String> {
    let mut spec = RehearsalSpec::new(Twin::built_in(), builtin_arm().map_err(text)?, 5);
    spec.faults = fault.map(Fault::parse).transpose().map_err(text)?.into_iter().collect();
    let seen: Seen = Arc::default();
    let controller = Deaf { seen: Arc::clone(&seen), speed_m_s: 0.0 };
    let mut scene = spec.scene(spec.truth().map_err(text)?, Box::new(controller)).map_err(text)?;
    let mut speeds = Vec::new();
    for _ in 0..2000 {
        speeds.push(scene.step(&mut NoStopwatch).insertion_speed_m_s);
    }
    let shown = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok((shown, speeds))
}

/// Ticks of the faults below: 1 s to 1.5 s after the start.
const FIRST: usize = 999;
const LAST: usize = 1498;

fn exact() -> Result<Vec<Obtained>, String> {
    let (plain, plain_speed) = two_seconds(None)?;
    let differ = |a: &Shown, b: &Shown| f64::from(u8::from(a != b));
    let mut out = Vec::new();

    let (bias, _) = two_seconds(Some("force:bias=0.5N@1~0.5"))?;
    let off = |i: usize| (bias[i].force_n - plain[i].force_n - 0.5).abs();
    out.push(Obtained::new(
        "largest |measured − (measured without fault + 0.5 N)| under a bias of 0.5 N",
        (FIRST..=LAST).map(off).fold(0.0, f64::max),
    ));
    let outside = (0..2000).filter(|i| !(FIRST..=LAST).contains(i));
    out.push(Obtained::new("ticks outside the fault in which anything differs", outside.map(|i| differ(&bias[i], &plain[i])).sum()));

    let (ramp, _) = two_seconds(Some("force:bias=0.5N@1~0.5^0.4"))?;
    let middle = FIRST + 200;
    out.push(Obtained::new("bias of 0.5 N halfway up its ramp of 0.4 s", ramp[middle].force_n - plain[middle].force_n));

    let (drift, _) = two_seconds(Some("tracker:drift=1mm/s@1~0.5"))?;
    let end = drift[LAST].displacement_m[0] - plain[LAST].displacement_m[0];
    out.push(Obtained::new("drift of 1 mm/s after 499 ms", 1e3 * end));

    let (late, _) = two_seconds(Some("encoder:latency=37ms@1~0.5"))?;
    let wrong = (FIRST + 37..=LAST).filter(|i| late[*i].driver_m != plain[*i - 37].driver_m).count();
    out.push(Obtained::new("readings that are not those of 37 ticks ago under a latency of 37 ms", wrong as f64));

    let (stuck, _) = two_seconds(Some("encoder:stuck@1~0.5"))?;
    let moved = (FIRST..=LAST).filter(|i| stuck[*i].driver_m != plain[FIRST].driver_m).count();
    out.push(Obtained::new("ticks in which a stuck reading moves", moved as f64));

    let (coarse, _) = two_seconds(Some("encoder:quantisation=1mm@1~0.5"))?;
    let between = (FIRST..=LAST).filter(|i| (coarse[*i].driver_m * 1e3 - (coarse[*i].driver_m * 1e3).round()).abs() > 1e-9).count();
    out.push(Obtained::new("readings between the steps of a quantisation", between as f64));

    let (lost, _) = two_seconds(Some("ultrasound:dropout@1~0.5"))?;
    let (with, without) = (FIRST..=LAST).fold((0, 0), |n, i| (n.0 + usize::from(plain[i].picture), n.1 + usize::from(lost[i].picture)));
    out.push(Obtained::new("pictures in half a second without fault", with as f64));
    out.push(Obtained::new("pictures while they are lost", without as f64));

    let (_, delayed) = two_seconds(Some("command:delay=25ms@0~3"))?;
    let first = |speeds: &[f64]| speeds.iter().position(|v| v.abs() > 1e-6).map_or(f64::NAN, |i| i as f64);
    out.push(Obtained::new("ticks by which the driver starts later under a delay of 25 ms", first(&delayed) - first(&plain_speed)));

    let (_, refused) = two_seconds(Some("controller:nan@1~0.3"))?;
    out.push(Obtained::new("ticks with a speed that is no number", refused.iter().filter(|v| !v.is_finite()).count() as f64));
    let fastest = refused[FIRST + 150..FIRST + 300].iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    out.push(Obtained::new("fastest true motion of the needle 150 ms after commands became no numbers", 1e3 * fastest));
    Ok(out)
}

/// A draw with little waiting.
fn scene(seed: u64, faults: Vec<Fault>) -> Result<Scene, String> {
    let spec = RehearsalSpec { faults, duration_max_s: 300.0, ..RehearsalSpec::new(Twin::built_in(), builtin_arm().map_err(text)?, seed) };
    let mut controller = spec.controller().map_err(text)?;
    (controller.pace.prepare_s, controller.pace.compress_s) = (0.5, 2.0);
    spec.scene(spec.truth().map_err(text)?, Box::new(Venipuncture::new(controller))).map_err(text)
}

/// Faults with a memory of every sort: delay lines, held readings, kept pictures, a broken needle, random numbers.
const WITH_MEMORY: [&str; 8] = [
    "force:latency=0.2s@insert+0.1~3",
    "tracker:noise=0.2mm@scan_ultrasound",
    "ultrasound:latency=0.2s@scan_ultrasound",
    "nir:stuck@scan_nir~1",
    "command:jitter=10ms@insert",
    "observation:delay=10ms@align",
    "needle:broken@draw+2",
    "patient:bleed@draw~2",
];

fn bits() -> Result<Vec<Obtained>, String> {
    let faults = || WITH_MEMORY.iter().map(|t| Fault::parse(t)).collect::<Result<Vec<_>, _>>().map_err(text);
    let mut whole = scene(3, faults()?)?;
    let (mut saved, mut stops) = (Vec::new(), 0);
    while !whole.finished() && whole.tick_count() < 40_000 {
        if whole.tick_count() % 4_000 == 1_234 {
            saved.push(whole.save().map_err(text)?);
            stops += 1;
        }
        whole.step(&mut NoStopwatch);
    }
    let end = whole.save().map_err(text)?;
    let mut differ = 0;
    // Every third stop is gone on from: each costs what is left of the draw.
    for bytes in saved.iter().skip(1).step_by(3) {
        let mut other = scene(3, faults()?)?;
        other.restore(bytes).map_err(text)?;
        while other.tick_count() < whole.tick_count() {
            other.step(&mut NoStopwatch);
        }
        differ += usize::from(other.save().map_err(text)? != end);
    }
    let mut with_one_fault_less = 0.0;
    let run = |list: &[&str]| -> Result<Vec<f64>, String> {
        let list = list.iter().map(|t| Fault::parse(t)).collect::<Result<Vec<_>, _>>().map_err(text)?;
        let mut scene = scene(4, list)?;
        Ok((0..3000).map(|_| scene.step(&mut NoStopwatch).force_measured_n).collect())
    };
    let (both, alone) = (run(&["impedance:noise@0", "force:noise@0"])?, run(&["force:noise@0"])?);
    for (a, b) in both.iter().zip(&alone) {
        with_one_fault_less += f64::from(u8::from(a.to_bits() != b.to_bits()));
    }
    Ok(vec![
        Obtained::new("states saved under way", f64::from(stops)),
        Obtained::new("restored runs that end in other bits", differ as f64),
        Obtained::new("force readings that change when another fault is left out", with_one_fault_less),
    ])
}

fn smoke() -> Result<Vec<Obtained>, String> {
    let (mut came, mut quarantined, mut not_finite, mut unfinished, mut ended) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (place, kind) in FaultKind::ALL.iter().enumerate() {
        let when = ["scan_ultrasound+1", "insert+0.3", "draw+1"][place % 3];
        let mut fault = Fault::new(*kind, Trigger::read(when).map_err(text)?);
        // The far end of its range.
        fault.magnitude = kind.magnitude_range().1;
        let mut scene = scene(place as u64 % 7, vec![fault])?;
        while !scene.finished() {
            let s = scene.step(&mut NoStopwatch);
            let numbers = [s.force_axial_n, s.force_lateral_n, s.venous_pressure_pa, s.flow_m3_s, s.insertion_speed_m_s, s.tourniquet_pa];
            not_finite += f64::from(u8::from(!numbers.iter().chain(&s.tip_m).all(|x| x.is_finite())));
            came += scene.log().events.iter().filter(|e| e.kind.starts_with("fault:")).count() as f64;
            ended += scene.log().events.iter().filter(|e| e.kind.starts_with("fault_end:")).count() as f64;
        }
        quarantined += f64::from(u8::from(scene.outcome().quarantined.is_some()));
        unfinished += f64::from(u8::from(!scene.phase().is_final()));
    }
    let count = FaultKind::ALL.len() as f64;
    Ok(vec![
        Obtained::new("part of the catalogue that came", came / count),
        Obtained::new("ends over onsets of at most one each", if ended <= came { 1.0 } else { 0.0 }),
        Obtained::new("draws set apart", quarantined),
        Obtained::new("ticks with a number that is none", not_finite),
        Obtained::new("draws without an end", unfinished),
    ])
}

#[derive(Deserialize)]
struct Written {
    requirement: Vec<WrittenRequirement>,
}

#[derive(Deserialize)]
struct WrittenRequirement {
    id: String,
    rule: String,
    limit: String,
    scale: String,
    unit: String,
}

/// The requirements as they ship.
fn requirements() -> Result<SafetySpec, String> {
    let written: Written = toml::from_str(include_str!("../../../../../scenarios/safety/venipuncture.toml")).map_err(text)?;
    let read = |w: WrittenRequirement| -> Result<Requirement, String> {
        let dimension = Unit::parse(&w.unit).map_err(text)?.dimension();
        let amount = |t: &str| Quantity::parse_as(t, dimension).map_err(text);
        let (limit, scale) = (amount(&w.limit)?, amount(&w.scale)?);
        let nothing = String::new;
        Ok(Requirement { id: w.id, text: nothing(), rule: w.rule, limit, scale, unit: w.unit, rationale: nothing(), source: nothing() })
    };
    SafetySpec::new(written.requirement.into_iter().map(read).collect::<Result<_, _>>()?).map_err(text)
}

fn nominal() -> Result<Vec<Obtained>, String> {
    let safety = requirements()?;
    let (mut broken, mut least) = (0.0, f64::INFINITY);
    for seed in 100..120 {
        let mut scene = scene(seed, Vec::new())?;
        let mut monitor = SafetyMonitor::new(&safety);
        while !scene.finished() {
            monitor.see(&scene.step(&mut NoStopwatch));
        }
        for verdict in monitor.verdicts() {
            if verdict.robustness.is_nan() {
                return Err(format!("{} was not computed", verdict.id));
            }
            broken += f64::from(u8::from(!verdict.kept()));
            least = least.min(verdict.normalised);
        }
    }
    // That a broken rule is seen: the same rules over a draw whose needle runs away.
    let mut scene = scene(100, vec![Fault::parse("driver:runaway=30mm/s@insert+0.5~0.6").map_err(text)?])?;
    let mut monitor = SafetyMonitor::new(&safety);
    let (mut known_s, mut fastest_m_s) = (f64::NAN, f64::NEG_INFINITY);
    while !scene.finished() {
        let signals = scene.step(&mut NoStopwatch);
        if signals.tip_depth_along_m > 0.0 {
            fastest_m_s = f64::max(fastest_m_s, signals.insertion_speed_m_s);
        }
        if monitor.see(&signals) && known_s.is_nan() {
            known_s = signals.time_s;
        }
    }
    let speed = monitor.verdicts().into_iter().find(|v| v.id == "insertion-speed").ok_or("no such requirement")?;
    Ok(vec![
        Obtained::new("requirements watched", safety.requirements().count() as f64),
        Obtained::new("requirements broken in 20 undisturbed draws", broken),
        Obtained::new("fastest advance inside under a runaway of 30 mm/s", 1e3 * fastest_m_s),
        Obtained::new(
            "margin of insertion-speed less (20 mm/s less the fastest advance inside)",
            1e3 * (speed.robustness - (0.02 - fastest_m_s)),
        ),
        Obtained::new(
            "seconds from the first broken moment to the monitor's alarm",
            if known_s <= speed.worst_time_s { 0.0 } else { known_s - speed.worst_time_s },
        ),
    ])
}
