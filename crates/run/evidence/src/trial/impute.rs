//! Missing results drawn from like patients, many times.

use proband_core::Stream;
use proband_math::stats::{Moments, rubin_pool};

use super::compare::{Comparison, finite};

/// Completed sets of results.
const SETS: u32 = 50;
/// Below so many donors the class of a patient is not looked at.
const DONORS_MIN: usize = 5;

/// First arm minus second with missing results (NaN) drawn by the approximate Bayesian bootstrap, [`SETS`] times, and the
/// differences pooled by Rubin's rules. Like patients are those of the same arm and, in pairs, of the same result in the other
/// arm (what happens or not) or with the other arm's value and a drawn difference added (numbers).
///
/// # Source
/// Rubin & Schenker 1986, J Am Stat Assoc 81:366–374; Rubin 1987; degrees of freedom of Barnard & Rubin 1999, Biometrika 86:948.
pub(super) fn imputed(first: &[Option<f64>], second: &[Option<f64>], paired: bool, binary: bool, confidence: f64, seed: u64) -> Comparison {
    let method = format!("missing results drawn {SETS} times from like patients (approximate Bayesian bootstrap), pooled by Rubin's rules");
    let root = Stream::new(seed, 0, "evidence.imputation");
    let pairs: Vec<(f64, f64)> = first.iter().zip(second).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
    let (a, b): (Vec<f64>, Vec<f64>) = if paired {
        pairs.iter().copied().unzip()
    } else {
        (first.iter().flatten().copied().collect(), second.iter().flatten().copied().collect())
    };
    let count = if paired { pairs.len() } else { a.len() + b.len() } as u64;
    let sets: Option<Vec<(f64, f64)>> = (0..SETS)
        .map(|set| {
            let mut stream = root.child(set);
            let (a, b) = if paired {
                complete_pairs(&pairs, binary, &mut stream)?
            } else {
                (complete(&a, &mut stream)?, complete(&b, &mut stream)?)
            };
            difference(&a, &b, paired)
        })
        .collect();
    let Some(sets) = sets else { return Comparison::none(count, method) };
    let (values, errors): (Vec<f64>, Vec<f64>) = sets.into_iter().unzip();
    let freedom = (count as f64 - if paired { 1.0 } else { 2.0 }).max(1.0);
    let Ok(pooled) = rubin_pool(&values, &errors, freedom, confidence) else { return Comparison::none(count, method) };
    Comparison {
        count,
        difference: finite(pooled.value),
        low: finite(pooled.low),
        high: finite(pooled.high),
        standard_error: finite(pooled.standard_error).filter(|e| *e > 0.0),
        p_value: finite(pooled.p_value),
        pairs: None,
        method: format!("{method}; share of what is not known through missing results {:.0} %", 100.0 * pooled.missing_share),
    }
}

/// As many values again, drawn from a bootstrap sample of the donors.
fn donors<'a>(values: &'a [f64], stream: &mut Stream) -> Option<impl FnMut(&mut Stream) -> f64 + use<'a>> {
    let n = u32::try_from(values.len()).ok().filter(|n| *n > 0)?;
    let sample: Vec<f64> = (0..n).map(|_| values[stream.index(n) as usize]).collect();
    Some(move |stream: &mut Stream| sample[stream.index(n) as usize])
}

fn complete(values: &[f64], stream: &mut Stream) -> Option<Vec<f64>> {
    let known: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    if known.len() == values.len() {
        return Some(known);
    }
    let mut draw = donors(&known, stream)?;
    Some(values.iter().map(|v| if v.is_finite() { *v } else { draw(stream) }).collect())
}

fn complete_pairs(pairs: &[(f64, f64)], binary: bool, stream: &mut Stream) -> Option<(Vec<f64>, Vec<f64>)> {
    let whole: Vec<(f64, f64)> = pairs.iter().copied().filter(|(a, b)| a.is_finite() && b.is_finite()).collect();
    let side = |which: fn(&(f64, f64)) -> f64, other: fn(&(f64, f64)) -> f64, stream: &mut Stream| -> Option<Vec<f64>> {
        if binary {
            let known = |class: Option<bool>| -> Vec<f64> {
                let like = |p: &&(f64, f64)| class.is_none_or(|c| other(p).is_finite() && (other(p) > 0.5) == c);
                pairs.iter().filter(like).map(which).filter(|v| v.is_finite()).collect()
            };
            let all = known(None);
            let by = [false, true].map(|class| Some(known(Some(class))).filter(|d| d.len() >= DONORS_MIN).unwrap_or_else(|| all.clone()));
            let mut draws = [donors(&all, stream)?, donors(&by[0], stream)?, donors(&by[1], stream)?];
            Some(
                pairs
                    .iter()
                    .map(|p| match (which(p), other(p)) {
                        (v, _) if v.is_finite() => v,
                        (_, o) if o.is_finite() => draws[1 + usize::from(o > 0.5)](stream),
                        _ => draws[0](stream),
                    })
                    .collect(),
            )
        } else {
            let differences: Vec<f64> = whole.iter().map(|p| which(p) - other(p)).collect();
            let alone: Vec<f64> = pairs.iter().map(which).filter(|v| v.is_finite()).collect();
            let (mut by, mut all) = (donors(&differences, stream)?, donors(&alone, stream)?);
            Some(
                pairs
                    .iter()
                    .map(|p| match (which(p), other(p)) {
                        (v, _) if v.is_finite() => v,
                        (_, o) if o.is_finite() => o + by(stream),
                        _ => all(stream),
                    })
                    .collect(),
            )
        }
    };
    Some((side(|p| p.0, |p| p.1, stream)?, side(|p| p.1, |p| p.0, stream)?))
}

/// Difference of means and its standard error, of a set without gaps.
fn difference(a: &[f64], b: &[f64], paired: bool) -> Option<(f64, f64)> {
    let (value, error) = if paired {
        let d: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        let m = Moments::of(&d);
        (m.mean, m.standard_error())
    } else {
        let (a, b) = (Moments::of(a), Moments::of(b));
        (a.mean - b.mean, (a.variance() / a.count as f64 + b.variance() / b.count as f64).sqrt())
    };
    (value.is_finite() && error.is_finite() && error > 0.0).then_some((value, error))
}
