//! A crossover: treatment, period and sequence.

use proband_math::stats::{MeanTest, crossover, fisher_exact};
use serde::Serialize;

use super::compare::finite;
use super::estimand::Primary;
use super::read::StudyRecords;

/// One effect with its interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// Which.
    pub what: String,
    /// Estimate [unit of the endpoint].
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Two-sided.
    pub p_value: Option<f64>,
}

/// A crossover's effects at the primary endpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CrossoverResult {
    /// Patients with a result in both periods: the compared arm first, the control first.
    pub patients: [u64; 2],
    /// Treatment, period, sequence.
    pub effects: Vec<Effect>,
    /// Exact test of the treatment among the pairs that disagree, by order; of what happens or not.
    pub mainland_gart_p: Option<f64>,
}

/// Effects of the two arms of a crossover; none in another design.
pub(super) fn crossing(study: &StudyRecords<'_>, primary: &Primary, binary: bool) -> Option<CrossoverResult> {
    if study.value("design") != "crossover" {
        return None;
    }
    let (a, b) = (study.first(), study.control);
    let visits = study.draws.i64s("visit").ok()?;
    let (mut ab, mut ba) = (Vec::new(), Vec::new());
    for i in 0..study.patient_count {
        let value = |arm: usize| match primary.values[arm][i] {
            Some(v) if v.is_finite() => Some(v),
            Some(_) => match primary.fill {
                super::compare::Fill::With(b) => Some(f64::from(u8::from(b))),
                super::compare::Fill::Leave => None,
            },
            None => None,
        };
        let (Some(x), Some(y), Some(row)) = (value(a), value(b), study.rows[a][i]) else { continue };
        if visits.get(row) == Some(&0) { ab.push([x, y]) } else { ba.push([y, x]) }
    }
    let fit = crossover(&ab, &ba, study.confidence()).ok();
    let effect = |what: &str, get: fn(&proband_math::stats::CrossoverFit) -> MeanTest| {
        let test = fit.as_ref().map(get);
        let of = |value: fn(&MeanTest) -> f64| test.as_ref().and_then(|t| finite(value(t)));
        Effect { what: what.into(), value: of(|t| t.difference), low: of(|t| t.low), high: of(|t| t.high), p_value: of(|t| t.p_two_sided) }
    };
    let effects = vec![
        effect("treatment, freed of the period", |f| f.treatment),
        effect("period: first visit minus second, freed of the treatment", |f| f.period),
        effect("sequence (carry-over): compared arm first minus second, both visits together", |f| f.sequence),
    ];
    // Among pairs that disagree: was the better visit the first one, in each order?
    let apart = |rows: &[[f64; 2]]| {
        let first = rows.iter().filter(|r| r[0] > r[1]).count() as u64;
        (first, first + rows.iter().filter(|r| r[0] < r[1]).count() as u64)
    };
    let (x, y) = (apart(&ab), apart(&ba));
    let mainland_gart_p = (binary && x.1 > 0 && y.1 > 0).then(|| fisher_exact(x, y).ok().map(|f| f.p_two_sided)).flatten();
    Some(CrossoverResult { patients: [ab.len() as u64, ba.len() as u64], effects, mainland_gart_p })
}
