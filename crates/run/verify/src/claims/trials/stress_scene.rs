//! Stress tests of a whole draw: what they promise about their own numbers.

use std::sync::atomic::AtomicBool;

use proband_core::Distribution;
use proband_procedure::Phase;
use proband_run::RehearsalSpec;
use proband_run::stress::{
    FaultPart, FaultPlan, Goal, Method, Problem, Requirement, Runner, SearchPlan, SearchReport, Space, Target, Vary, search, trace,
};
use proband_scene::FaultKind;
use proband_twin::Twin;

use super::text;
use crate::Obtained;

/// A force that a bias of the sensor and a tough skin together hide from the guard.
fn problem() -> Result<Problem, String> {
    let base = RehearsalSpec::new(Twin::built_in(), proband_robot::builtin_arm().map_err(text)?, 9);
    let kind = FaultKind::from_name("patient:motion").ok_or("no such fault")?;
    let part = |what, name: &str, law| Vary { name: name.into(), target: Target::Fault(0, what), law, unit: String::new() };
    let stiffness = base.twin.parameter("needle.stiffness_factor").map_err(text)?.value.distribution.clone();
    Ok(Problem {
        base,
        population: None,
        faults: vec![FaultPlan { kinds: vec![kind], phases: vec![Phase::Insert], delay_s: 0.5, duration_s: None, size: None }],
        space: Space {
            varied: vec![
                part(FaultPart::Size, "size", Distribution::Normal { mean: 0.0, sd: 4e-3 }),
                Vary {
                    name: "stiffness".into(),
                    target: Target::Parameter("needle.stiffness_factor".into()),
                    law: stiffness,
                    unit: "1".into(),
                },
            ],
        },
        // Not a rule of safety: one that a shifted arm is sure to break.
        requirements: vec![Requirement::new("arm rests", "always (arm_displacement_m <= 0.006)", "").map_err(text)?],
    })
}

fn searched(problem: &Problem, method: Method, threads: usize) -> Result<SearchReport, String> {
    let plan = SearchPlan { method, goal: Goal::Likeliest, budget: 12, reach: 3.0, seed: 1 };
    let stop = AtomicBool::new(false);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(text)?;
    pool.install(|| search(&Runner::new(problem, &|_| {}, &stop), &plan).map_err(text))
}

pub(super) fn scene() -> Result<Vec<Obtained>, String> {
    let problem = problem()?;
    let alone = searched(&problem, Method::CmaEs, 1)?;
    let together = searched(&problem, Method::CmaEs, 4)?;
    let minimal = alone.minimal.clone().ok_or("no failure was found")?;
    let spec = problem.rehearsal(&problem.space.values(&minimal.u)).map_err(text)?;
    let (first, again) = (trace(&problem, &spec).map_err(text)?, trace(&problem, &spec).map_err(text)?);
    // The last bit of the search's margin, found again in a run of its own.
    let replayed = first.margins[0].to_bits() == minimal.case.margin.to_bits();
    let likeliest = alone.likeliest().ok_or("no failure was found")?;
    let flag = |yes: bool| f64::from(u8::from(yes));
    Ok(vec![
        Obtained::new("the same report on 1 and 4 threads", flag(alone == together)),
        Obtained::new("a replay has the margin of the search to the bit", flag(replayed)),
        Obtained::new("two replays end in the same state", flag(first.digest == again.digest)),
        Obtained::new("inputs needed of 2", f64::from(minimal.active)),
        Obtained::new("the minimised case is at least as likely", flag(minimal.case.ln_probability >= likeliest.ln_probability)),
        Obtained::new("the minimised case breaks the rule", flag(first.margins[0] < 0.0)),
    ])
}
