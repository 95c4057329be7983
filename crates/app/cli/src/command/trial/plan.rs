//! `proband trial plan`: sizes, power, boundaries and cost before anything runs.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use proband_math::stats::{
    Sides, Spending, crossing, drift_for_power, non_inferiority_power, size_mcnemar, size_non_inferiority, size_proportion_precision,
    size_t_paired, size_t_two_sample, size_two_proportions, spending_bounds, t_power_paired, t_power_two_sample, two_proportion_power,
};
use proband_run::trial::{Design, Endpoint, EndpointKind, Hypothesis, Study};
use serde::Serialize;

use crate::amount::{self, Kind};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::text_table::{Align, TextTable};
use crate::{progress, study_file, terminal};

const EXAMPLES: &str = "\
Examples:
  proband trial plan study.toml
  proband trial plan study.toml --rates 0.93,0.95 --power '90 %' --pilot 4";

/// Arguments of `proband trial plan`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Study file (TOML)
    #[arg(value_name = "STUDY.toml")]
    study: PathBuf,
    /// Rates of the primary endpoint that are taken for granted, first and second arm
    #[arg(long, value_name = "FIRST,SECOND", value_delimiter = ',', num_args = 1.., default_values_t = [0.95, 0.95])]
    rates: Vec<f64>,
    /// Difference of a primary endpoint that is a number, in its standard deviations (of the pairs' differences when paired)
    #[arg(long, value_name = "DEVIATIONS", default_value_t = 0.5)]
    effect: f64,
    /// Power wanted
    #[arg(long, value_name = "FRACTION", default_value = "90 %")]
    power: String,
    /// Patients that are simulated to measure the cost; 0: none
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100))]
    pilot: u32,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

/// One line of a plan.
#[derive(Serialize)]
struct Line {
    what: String,
    value: Option<f64>,
    unit: String,
}

/// Plan.
pub(super) fn run(arguments: &Arguments, _interrupt: &Interrupt) -> Result<(), Failure> {
    let study = study_file::read(&arguments.study)?.setup;
    let power = amount::read(&arguments.power, Kind::Fraction).map_err(|problem| Failure::Usage(format!("--power: {}", problem.what)))?;
    let [a, b] = arguments.rates[..] else { return Err(Failure::Usage("--rates wants two numbers: 0.93,0.95".into())) };
    if !(a > 0.0 && a < 1.0 && b > 0.0 && b < 1.0 && power > 0.0 && power < 1.0) {
        return Err(Failure::Usage("rates and power lie between 0 and 1".into()));
    }
    let s = &study.study;
    if !(arguments.effect.is_finite() && arguments.effect.abs() > 1e-6 && arguments.effect.abs() < 100.0) {
        return Err(Failure::Usage("the effect is a number of standard deviations, not 0".into()));
    }
    let comparisons = s.arms.len().saturating_sub(1).max(1) as f64;
    // Several arms against one control: each at its share, which Holm and Dunnett better.
    let alpha = (1.0 - s.analysis.confidence) / comparisons;
    let count = f64::from(s.recruitment.count);
    let per_arm = if s.design == Design::Parallel { count / s.arms.len() as f64 } else { count };
    let mut lines: Vec<Line> = Vec::new();
    let mut say =
        |what: String, value: f64, unit: &str| lines.push(Line { what, value: value.is_finite().then_some(value), unit: unit.into() });
    say("patients asked".into(), f64::from(study.enrolment.asked), "1");
    say("patients enrolled".into(), count, "1");
    say("draws".into(), count * f64::from(s.draws_per_patient()), "1");
    if comparisons > 1.0 {
        say(format!("comparisons with the control, each at {:.2} % two-sided", 100.0 * alpha), comparisons, "1");
    }
    let primary = s.endpoints.iter().find(|e| e.primary);
    let number = primary.and_then(|e| Endpoint::named(&e.name)).is_some_and(|e| e.kind == EndpointKind::Number);
    if let Some(hypothesis) = primary.map(|e| e.hypothesis) {
        let n = size(s, number, hypothesis, (a, b, arguments.effect), alpha, power);
        if let Some((words, n)) = n {
            say(format!("patients per arm for {:.0} % power, {words}", 100.0 * power), n.ceil(), "1");
        }
        // The curve: a quarter to four times the study.
        for factor in [0.25, 0.5, 1.0, 2.0, 4.0] {
            let n = (factor * per_arm).round();
            if let Some(reached) = power_at(s, number, hypothesis, (a, b, arguments.effect), alpha, n) {
                let this = if factor == 1.0 { ", this study" } else { "" };
                say(format!("power with {n} per arm{this}"), 100.0 * reached, "%");
            }
        }
    }
    if s.design != Design::Parallel && !number {
        // Independent failures in both arms: pairs disagree as often as they can without helping each other.
        let n = size_mcnemar(a * (1.0 - b), b * (1.0 - a), alpha, Sides::Two, power).unwrap_or(f64::NAN);
        say(format!("pairs for {:.0} % power of a difference, McNemar, failures independent of each other", 100.0 * power), n.ceil(), "1");
    }
    let n = size_proportion_precision(a, 0.01, s.analysis.confidence).unwrap_or(f64::NAN);
    say("patients per arm for the first rate to ± 1 point".into(), n.ceil(), "1");
    bounds(s, alpha, power, &mut lines);
    if arguments.pilot > 0 {
        cost(&study, arguments.pilot, &mut lines);
    }
    if arguments.json {
        return terminal::print_json(&lines);
    }
    let mut table = TextTable::new(&[("", Align::Left), ("value", Align::Right), ("unit", Align::Left)]);
    for line in &lines {
        let value =
            line.value.map_or_else(|| "none: equal rates".into(), |v| if v.fract() == 0.0 { format!("{v:.0}") } else { format!("{v:.3}") });
        table.row([line.what.clone(), value, line.unit.clone()]);
    }
    terminal::print(&format!("{}\n\n{table}", s.title))
}

/// Patients per arm for a power, with the words of how it was computed. Proportions as if the arms were independent.
fn size(s: &Study, number: bool, hypothesis: Hypothesis, (a, b, effect): (f64, f64, f64), alpha: f64, power: f64) -> Option<(String, f64)> {
    match hypothesis {
        _ if number && s.design == Design::Parallel => {
            Some((format!("t test, {effect} deviations"), size_t_two_sample(effect, alpha, Sides::Two, power).ok()?))
        }
        _ if number => {
            Some((format!("paired t test, {effect} deviations of the differences"), size_t_paired(effect, alpha, Sides::Two, power).ok()?))
        }
        Hypothesis::NonInferiority(margin) | Hypothesis::Equivalence(margin) => {
            let n = size_non_inferiority(0.5 * (a + b), margin, 0.5 * alpha, power).ok()?;
            Some((format!("non-inferiority, independent arms, margin {margin}"), n))
        }
        _ => Some(("difference, independent arms".into(), size_two_proportions(a, b, alpha, Sides::Two, power).unwrap_or(f64::NAN))),
    }
}

fn power_at(s: &Study, number: bool, hypothesis: Hypothesis, (a, b, effect): (f64, f64, f64), alpha: f64, n: f64) -> Option<f64> {
    match hypothesis {
        _ if number && s.design == Design::Parallel => t_power_two_sample(effect, n, alpha, Sides::Two).ok(),
        _ if number => t_power_paired(effect, n, alpha, Sides::Two).ok(),
        Hypothesis::NonInferiority(margin) => non_inferiority_power(a, b, margin, n, 0.5 * alpha).ok(),
        // Both sides must be shown.
        Hypothesis::Equivalence(margin) => {
            let side = |x, y| non_inferiority_power(x, y, margin, n, 0.5 * alpha).ok();
            Some((side(a, b)? + side(b, a)? - 1.0).max(0.0))
        }
        Hypothesis::Superiority | Hypothesis::Estimate => two_proportion_power(a, b, n, alpha, Sides::Two).ok(),
    }
}

/// Boundaries of the looks, and where a design stops without an effect and with the one that it is made for.
fn bounds(s: &Study, alpha: f64, power: f64, lines: &mut Vec<Line>) {
    let looks = &s.analysis.looks;
    if looks.len() < 2 {
        return;
    }
    let spending = if s.analysis.spending == "pocock" { Spending::Pocock } else { Spending::ObrienFleming };
    let Ok(bounds) = spending_bounds(spending, looks, alpha, Sides::Two) else { return };
    for (look, bound) in looks.iter().zip(&bounds) {
        lines.push(Line { what: format!("bound at {:.0} % of the patients", 100.0 * look), value: Some(*bound), unit: "z".into() });
    }
    let lower: Vec<f64> = bounds.iter().map(|b| -b).collect();
    if let Ok(found) = crossing(looks, &lower, &bounds, 0.0) {
        let what = "error of both sides together".to_owned();
        lines.push(Line { what, value: Some(100.0 * found.total()), unit: "%".into() });
    }
    let drift = drift_for_power(looks, &lower, &bounds, power).ok();
    for (words, drift) in [("without an effect", Some(0.0)), ("with the effect for that power", drift)] {
        let Some(found) = drift.and_then(|d| crossing(looks, &lower, &bounds, d).ok()) else { continue };
        for (look, stop) in looks.iter().zip(found.stop()) {
            lines.push(Line { what: format!("stops at {:.0} %, {words}", 100.0 * look), value: Some(100.0 * stop), unit: "%".into() });
        }
        let mean = found.expected_fraction * f64::from(s.recruitment.count);
        lines.push(Line { what: format!("average sample number, {words}"), value: Some(mean), unit: "1".into() });
    }
}

/// Time per patient, from a few of them on all cores.
fn cost(study: &proband_run::trial::TrialSetup, pilot: u32, lines: &mut Vec<Line>) {
    use rayon::prelude::*;
    let pilot = pilot.min(study.enrolment.enrolled.len() as u32);
    let bar = progress::spinner("simulating a few patients");
    let clock = terminal::clock();
    let stop = AtomicBool::new(false);
    let finished = (0..pilot).into_par_iter().filter(|i| study.patient(*i, &stop).is_some()).count() as f64;
    let seconds = clock();
    bar.finish_and_clear();
    let count = f64::from(study.study.recruitment.count);
    let cores = rayon::current_num_threads() as f64;
    lines.push(Line {
        what: format!("time per patient, all arms, {finished:.0} patients on {cores:.0} threads"),
        value: Some(seconds / finished),
        unit: "s".into(),
    });
    lines.push(Line {
        what: "expected time of this study here".into(),
        value: Some(count * seconds / finished / 60.0),
        unit: "min".into(),
    });
}
