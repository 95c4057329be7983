//! Every kind of fault in one draw each, and which safety requirements it breaks.
//!
//! `cargo run --release -p proband-run --example fault_sweep -- [WHEN] [SIZE] [SEED...]`: WHEN as in `insert+0.3`; SIZE: `usual`,
//! `low` or `high` end of the range. `none` as WHEN: draws without faults. A last word `only=TEXT` takes kinds with TEXT in the name.

use proband_core::{Quantity, Unit};
use proband_procedure::Venipuncture;
use proband_robot::builtin_arm;
use proband_run::RehearsalSpec;
use proband_run::safety::{Requirement, SafetyMonitor, SafetySpec};
use proband_scene::{Fault, FaultKind, NoStopwatch, Scene, Trigger};
use proband_twin::Twin;

type Failed = Box<dyn std::error::Error>;

fn requirements() -> Result<SafetySpec, Failed> {
    let file: toml::Table = include_str!("../../../../scenarios/safety/venipuncture.toml").parse()?;
    let mut list = Vec::new();
    for written in file["requirement"].as_array().ok_or("no requirements")? {
        let text = |key: &str| written[key].as_str().unwrap_or_default().to_owned();
        let unit = Unit::parse(&text("unit"))?;
        let amount = |key: &str| Quantity::parse_as(&text(key), unit.dimension());
        let (limit, scale) = (amount("limit")?, amount("scale")?);
        let (id, rule, unit) = (text("id"), text("rule"), text("unit"));
        list.push(Requirement { id, text: String::new(), rule, limit, scale, unit, rationale: String::new(), source: String::new() });
    }
    Ok(SafetySpec::new(list)?)
}

fn draw(seed: u64, faults: Vec<Fault>) -> Result<Scene, Failed> {
    let spec = RehearsalSpec { faults, duration_max_s: 300.0, ..RehearsalSpec::new(Twin::built_in(), builtin_arm()?, seed) };
    let mut controller = spec.controller()?;
    (controller.pace.prepare_s, controller.pace.compress_s) = (0.5, 2.0);
    let truth = spec.truth()?;
    Ok(spec.scene(truth, Box::new(Venipuncture::new(controller)))?)
}

fn main() -> Result<(), Failed> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = arguments.last().and_then(|last| last.strip_prefix("only=")).unwrap_or("").to_owned();
    arguments.retain(|word| !word.starts_with("only="));
    let when = arguments.first().map_or("insert+0.3", String::as_str);
    let size = arguments.get(1).map_or("usual", String::as_str);
    let seeds: Vec<u64> = arguments.iter().skip(2).map(|s| s.parse()).collect::<Result<_, _>>()?;
    let safety = requirements()?;
    let mut kinds: Vec<Option<FaultKind>> = FaultKind::ALL.iter().filter(|k| k.name().contains(&only)).map(|k| Some(*k)).collect();
    if when == "none" {
        kinds = vec![None];
    }
    for kind in kinds {
        for seed in if seeds.is_empty() { &[1][..] } else { &seeds[..] } {
            let mut faults = Vec::new();
            if let Some(kind) = kind {
                let mut fault = Fault::new(kind, Trigger::read(when)?);
                let (low, high) = kind.magnitude_range();
                fault.magnitude = match size {
                    "low" => low,
                    "high" => high,
                    _ => fault.magnitude,
                };
                faults.push(fault);
            }
            let mut scene = draw(*seed, faults)?;
            let mut monitor = SafetyMonitor::new(&safety);
            let mut came = false;
            while !scene.finished() {
                monitor.see(&scene.step(&mut NoStopwatch));
                came |= scene.log().events.iter().any(|e| e.kind.starts_with("fault:"));
            }
            let o = scene.outcome();
            let end = format!("{:?} {:.0} s, {} sticks, {:.1} mL", scene.phase(), scene.time_s(), o.attempts, o.volume_drawn_m3 * 1e6);
            let broken: Vec<String> = monitor
                .verdicts()
                .iter()
                .filter(|v| !v.kept())
                .map(|v| format!("{} {:.3} at {:.2} s", v.id, v.normalised, v.worst_time_s))
                .collect();
            let name = kind.map_or("none".into(), FaultKind::name);
            let note = o.quarantined.map_or(String::new(), |(tick, what)| format!(" QUARANTINED at {tick}: {what}"));
            println!("{name:28} {seed:4} {} {end:40} {}{note}", if came { "came" } else { "-   " }, broken.join("; "));
            if when == "none" {
                let margins: Vec<String> = monitor.verdicts().iter().map(|v| format!("{} {:.2}", v.id, v.normalised)).collect();
                println!("    {}", margins.join(", "));
            }
        }
    }
    Ok(())
}
