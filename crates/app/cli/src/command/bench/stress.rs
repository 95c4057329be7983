//! Stress tests: what an evaluation costs, what the machinery adds, and how many runs falsification takes.

use std::sync::atomic::AtomicBool;

use proband_core::{Distribution, Stream};
use proband_math::search::{Falsifier, Objective, SearchBox, falsify, himmelblau};
use proband_run::stress::{Problem, Requirement, Runner, Space, Target, Vary};
use proband_run::{Rehearsal, RehearsalSpec};
use proband_twin::Twin;

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case =
    Case { name: "stress", what: "stress tests: evaluations per CPU-second, machinery, runs until a failure", run };

/// Draws timed.
const DRAWS: u64 = 8;
/// Searches of each solver.
const SEARCHES: u64 = 200;
/// Runs of each search, and the share of searches in which psy-taliro 3.2.0 falsified Himmelblau's function in them: uniform
/// random 2 of 5, dual annealing 3 of 5, seed 1234, measured.
const RUNS: u64 = 300;
const TALIRO_RANDOM: f64 = 0.4;
const TALIRO_ANNEALING: f64 = 0.6;

fn run(_: &Interrupt) -> Result<Outcome, Failure> {
    let arm = proband_robot::builtin_arm().map_err(Failure::of)?;
    let base = RehearsalSpec::new(Twin::built_in(), arm, 9);
    let (_, plain) = timed(|| -> Result<(), Failure> {
        for seed in 0..DRAWS {
            let mut rehearsal = Rehearsal::new(&RehearsalSpec { seed, ..base.clone() }).map_err(Failure::of)?;
            while !rehearsal.advance(100_000) {}
        }
        Ok(())
    });
    let seeds = Vary {
        name: "seed".into(),
        target: Target::Seed,
        law: Distribution::Uniform { low: 0.0, high: DRAWS as f64 },
        unit: String::new(),
    };
    let rules = ["always (force_axial_n <= 3.5)", "always (back_wall_distance_m >= -0.001)", "always (haematoma_m3 <= 2e-6)"];
    let requirements = rules.iter().map(|r| Requirement::new(r, r, "")).collect::<Result<_, _>>().map_err(Failure::of)?;
    let problem = Problem { base, population: None, faults: Vec::new(), space: Space { varied: vec![seeds] }, requirements };
    let stop = AtomicBool::new(false);
    let runner = Runner::new(&problem, &|_| {}, &stop);
    // The middle of each seed's part of the law, one after the other.
    let points: Vec<Vec<f64>> = (0..DRAWS).map(|i| vec![proband_math::stats::normal_quantile((i as f64 + 0.5) / DRAWS as f64)]).collect();
    let (crashed, watched) = timed(|| points.iter().filter(|u| !runner.at(u).is_some_and(|e| e.ran())).count());
    let rate = DRAWS as f64 / watched.cpu_s;
    let mut rows = vec![Row {
        what: "draws evaluated against three rules".into(),
        value: rate,
        unit: "evaluations/CPU-s",
        against: Some(("a recorded draw without rules".into(), plain.cpu_s / watched.cpu_s)),
        error: format!("{crashed} of {DRAWS} could not be run"),
    }];
    let range = SearchBox::new(&[(-5.0, 5.0), (-5.0, 5.0)]).map_err(Failure::of)?;
    let solvers = [
        (Falsifier::Random, "uniform draws", ("psy-taliro 3.2.0, uniform, 2 of 5", TALIRO_RANDOM)),
        (Falsifier::DualAnnealing, "annealing", ("psy-taliro 3.2.0, dual annealing, 3 of 5", TALIRO_ANNEALING)),
        (Falsifier::CmaEs, "CMA-ES", ("psy-taliro 3.2.0, dual annealing, 3 of 5", TALIRO_ANNEALING)),
        (Falsifier::CrossEntropy, "cross-entropy", ("psy-taliro 3.2.0, dual annealing, 3 of 5", TALIRO_ANNEALING)),
    ];
    for (solver, name, (peer, share)) in solvers {
        let mut used = Vec::new();
        for seed in 0..SEARCHES {
            let mut rule = |x: &[f64]| himmelblau(x) - 0.5;
            let objective = Objective::new(&range, 0.0, RUNS, &mut rule).map_err(Failure::of)?;
            used.extend(falsify(objective, solver, &mut Stream::new(seed, 0, "bench.stress")).map_err(Failure::of)?.reached_at);
        }
        used.sort_unstable();
        let median = used.get(SEARCHES as usize / 2).map_or_else(|| format!("above {RUNS}"), ToString::to_string);
        let found = used.len() as f64 / SEARCHES as f64;
        rows.push(Row {
            what: format!("Himmelblau below 0.5 in {RUNS} runs, {name}"),
            value: found,
            unit: "of searches",
            against: Some((peer.into(), found / share)),
            error: format!("{SEARCHES} searches; median {median} runs"),
        });
    }
    Ok(Outcome { rows, note: "CPU time of one core. psy-taliro's figures: 5 searches each.\n".into() })
}
