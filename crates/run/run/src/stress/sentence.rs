//! A failure in one plain sentence.

use proband_procedure::Phase;
use proband_scene::{Fault, TICK_S, Trigger};

use super::{Minimal, Problem, Requirement, Space, Target, Traced};

/// Time after the worst moment in which a guard counts as an answer to it [s].
const ANSWER_S: f64 = 2.0;

/// By how much in the unit that a placeholder asks for: `{mm}` of 0.0021 m is "2.1 mm".
#[must_use]
pub fn amount(template: &str, value: f64) -> String {
    let size = value.abs();
    let mut out = template.to_owned();
    for (mark, factor, unit) in
        [("{mm}", 1e3, "mm"), ("{mL}", 1e6, "mL"), ("{mmHg}", 1.0 / 133.322, "mmHg"), ("{N}", 1.0, "N"), ("{s}", 1.0, "s"), ("{}", 1.0, "")]
    {
        if out.contains(mark) {
            out = out.replace(mark, format!("{} {unit}", figures(size * factor)).trim_end());
        }
    }
    out
}

/// Two or three figures, plainly.
fn figures(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 1.0 => format!("{v:.1}"),
        v if v >= 0.1 => format!("{v:.2}"),
        v if v >= 0.001 => format!("{v:.3}"),
        0.0 => "0".into(),
        v => format!("{v:.1e}"),
    }
}

/// What went wrong, and whether anything answered.
#[must_use]
pub fn sentence(problem: &Problem, minimal: &Minimal, traced: &Traced) -> String {
    let place = minimal.case.requirement as usize;
    let requirement = &problem.requirements[place];
    let (margin, worst) = (traced.margins[place], traced.worst_ticks[place]);
    let time_s = (worst + 1) as f64 * TICK_S;
    let phase = traced.phases.get(worst).and_then(|p| Phase::ALL.get(*p as usize)).map_or("", |p| p.name()).replace('_', " ");
    let since_s = traced.phases[..=worst.min(traced.phases.len().saturating_sub(1))]
        .iter()
        .rev()
        .take_while(|p| Some(*p) == traced.phases.get(worst))
        .count() as f64
        * TICK_S;
    let mut out = causes(&problem.space, minimal, problem);
    out.push_str(&broken(requirement, margin));
    out.push_str(&format!(", {} s into the phase \"{phase}\"", figures(since_s)));
    let guards = traced.events.iter().filter(|(_, kind, _)| kind.starts_with("guard:"));
    let answer = guards.clone().find(|(t, ..)| *t >= time_s - 1e-9 && *t <= time_s + ANSWER_S);
    let before = guards.clone().rfind(|(t, ..)| *t < time_s);
    match (answer, before) {
        (Some((t, kind, _)), _) => {
            out.push_str(&format!("; the guard \"{}\" spoke {} s later.", guard(kind), figures((t - time_s).max(0.0))))
        }
        (None, Some((t, kind, _))) => {
            out.push_str(&format!("; the last guard before, \"{}\", had spoken {} s earlier.", guard(kind), figures(time_s - t)));
        }
        (None, None) => out.push_str("; no guard spoke."),
    }
    out
}

/// "the force reading of the needle frozen …, 0.3 s into the phase insert for 5 s".
fn fault_words(fault: &Fault) -> String {
    let kind = fault.kind;
    let size = if kind.has_size() { format!(" ({})", with_unit(fault.magnitude, kind.unit())) } else { String::new() };
    let when = match fault.trigger {
        Trigger::Time(s) => format!("from {} s", figures(s)),
        Trigger::Phase { phase, delay_s } => format!("from {} s into the phase \"{}\"", figures(delay_s), phase.name().replace('_', " ")),
    };
    let long = if fault.duration_s.is_finite() && fault.duration_s > 0.0 {
        format!(" for {} s", figures(fault.duration_s))
    } else {
        String::new()
    };
    format!("the fault \"{}\"{size} {when}{long}", kind.describe())
}

/// Metres as millimetres, the rest in SI.
fn with_unit(value: f64, unit: &str) -> String {
    let (factor, unit) = match unit {
        "m" => (1e3, "mm"),
        "m/s" => (1e3, "mm/s"),
        "m3" => (1e6, "mL"),
        "m3/s" => (1e6, "mL/s"),
        "1" => (1.0, ""),
        other => (1.0, other),
    };
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{} {unit}", figures(value.abs() * factor)).trim_end().to_owned()
}

fn guard(kind: &str) -> String {
    kind.trim_start_matches("guard:").replace('_', " ")
}

fn broken(requirement: &Requirement, margin: f64) -> String {
    if requirement.when_broken.is_empty() {
        format!("the rule \"{}\" was broken by {}", requirement.name, figures(-margin))
    } else {
        amount(&requirement.when_broken, margin)
    }
}

/// "With A and B, ".
fn causes(space: &Space, minimal: &Minimal, problem: &Problem) -> String {
    let values = space.values(&minimal.u);
    let planned = (0..problem.faults.len()).filter_map(|place| problem.fault(place, &values));
    let mut parts: Vec<String> = problem.base.faults.iter().copied().chain(planned).map(|f| fault_words(&f)).collect();
    for (at, (vary, u)) in space.varied.iter().zip(&minimal.u).enumerate() {
        if *u != 0.0 && !matches!(vary.target, Target::Fault(..)) {
            parts.push(format!("{} {}", vary.name, problem.words(at, values[at])));
        }
    }
    match parts.len() {
        0 => String::new(),
        1 => format!("With {}, ", parts[0]),
        n => format!("With {} and {}, ", parts[..n - 1].join(", "), parts[n - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Say an amount in the unit that is asked for.
    #[test]
    fn amounts_are_said_in_their_unit() {
        assert_eq!(amount("through the wall by {mm}", -0.0021), "through the wall by 2.1 mm");
        assert_eq!(amount("{N} too much", 0.5), "0.50 N too much");
        assert_eq!(amount("no mark", 1.0), "no mark");
    }
}
