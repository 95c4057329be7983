//! Run one draw on the built-in patient, or on a sampled adult, and print what happened: phases, events, outcome.
//!
//! `cargo run --release -p proband-run --example timeline -- [SEED] [patient=NUMBER] [DISTURBANCE]`

#![allow(clippy::disallowed_methods, reason = "an example may look at the clock")]

use proband_robot::builtin_arm;
use proband_run::RehearsalSpec;
use proband_scene::{Fault, NoStopwatch};
use proband_twin::{Population, Twin};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let seed = arguments.next().map_or(Ok(1), |s| s.parse())?;
    let number = arguments.next_if(|a| a.starts_with("patient=")).map(|a| a["patient=".len()..].parse::<u32>()).transpose()?;
    let faults = arguments.map(|d| Fault::parse(&d)).collect::<Result<_, _>>()?;
    let mut spec = RehearsalSpec { faults, ..RehearsalSpec::new(Twin::built_in(), builtin_arm()?, seed) };
    let mut truth = spec.truth()?;
    if let Some(patient) = number {
        let member = Population::adult().patient(seed, patient)?;
        (spec.patient, spec.twin, truth) = (patient, member.twin, member.truth);
    }
    let start = std::time::Instant::now();
    let controller = Box::new(proband_procedure::Venipuncture::new(spec.controller()?));
    let mut scene = spec.scene(truth, controller)?;
    while !scene.finished() {
        let signals = scene.step(&mut NoStopwatch);
        for note in &scene.log().notes {
            match note {
                proband_procedure::Note::Belief { site, quantity, stage, mean, sd, z_m, x_m } => {
                    let truth = scene.truth_of(site, quantity, *x_m, *z_m, &signals);
                    let z = (mean - truth) / sd;
                    println!("  {stage:>10} {site:28} {quantity:14} {mean:9.5} ± {sd:.5}, truth {truth:9.5}, error {z:5.1} sd");
                }
                proband_procedure::Note::Sites(_) => {}
                note => println!("{:8.3} s  {note:?}", scene.time_s()),
            }
        }
        for event in &scene.log().events {
            println!("{:8.3} s  {} {:.3} {} at {:.2} mm", event.time_s, event.kind, event.value, event.unit, event.tip_depth_along_m * 1e3);
        }
    }
    println!("{:#?}", scene.outcome());
    let wall = start.elapsed().as_secs_f64();
    println!("{:.1} s of patient time in {wall:.2} s: {:.0} times real time", scene.time_s(), scene.time_s() / wall);
    Ok(())
}
