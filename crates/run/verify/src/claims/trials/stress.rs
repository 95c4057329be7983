//! Falsification and adaptive stress testing.

use proband_core::Stream;
use proband_math::search::{
    Falsifier, Objective, SearchBox, StressSettings, Walk1d, event_bonus, falsify, himmelblau, stress_optimise, walk_failure_probability,
    walk_log_density,
};

use super::text;
use crate::Obtained;

pub(super) fn walk() -> Result<Vec<Obtained>, String> {
    let probability = |two_sided, steps| walk_failure_probability(10.0, two_sided, steps).map_err(text);
    let unfair = (1..=10).max_by(|a, b| walk_log_density(10.0, *a).total_cmp(&walk_log_density(10.0, *b))).unwrap_or(0);
    let settings = StressSettings { episodes: 5000, bonus: event_bonus(10), distance_weight: 10.0, disturbance_max: 5.0, kept: 10 };
    let mut stream = Stream::new(1, 0, "verify.stress");
    let report = stress_optimise(&mut Walk1d::new(10.0, false, 10), settings, Falsifier::CmaEs, &mut stream).map_err(text)?;
    let best = &report.failures.first().ok_or("no failure was found")?.episode;
    let mut obtained = vec![
        Obtained::new("T 10, one side", probability(false, 10)?),
        Obtained::new("T 10, two sides", probability(true, 10)?),
        Obtained::new("T 50, one side", probability(false, 50)?),
        Obtained::new("steps of the best path when the score is not relative to the mode", f64::from(unfair)),
        Obtained::new("score of ten equal steps, not relative", walk_log_density(10.0, 10)),
        Obtained::new("likeliest failure found, log-probability", best.log_probability),
        Obtained::new("steps of the likeliest failure", best.disturbances.len() as f64),
    ];
    let solvers = [(Falsifier::DualAnnealing, "annealing"), (Falsifier::CmaEs, "CMA-ES"), (Falsifier::CrossEntropy, "cross-entropy")];
    let range = SearchBox::new(&[(-5.0, 5.0), (-5.0, 5.0)]).map_err(text)?;
    for (solver, name) in solvers {
        let mut used = Vec::new();
        for seed in 0..200 {
            let mut rule = |x: &[f64]| himmelblau(x) - 0.5;
            let objective = Objective::new(&range, 0.0, 300, &mut rule).map_err(text)?;
            used.extend(falsify(objective, solver, &mut Stream::new(seed, 0, "verify.himmelblau")).map_err(text)?.reached_at);
        }
        used.sort_unstable();
        obtained.push(Obtained::new(format!("Himmelblau falsified in 300 runs, {name}"), used.len() as f64 / 200.0));
        if solver == Falsifier::DualAnnealing {
            let median = used.get(100).map_or(f64::NAN, |m| *m as f64);
            obtained.push(Obtained::new("Himmelblau, median runs, annealing", median));
        }
    }
    Ok(obtained)
}
