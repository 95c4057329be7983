//! Probabilities of stopping, by recursive integration.

use proband_core::ops;

use super::super::StatsError;
use super::super::error::{all_finite, at_least, in_range, same_length};
use super::super::special::{normal_pdf, normal_sf};
use crate::quadrature::GaussLegendre;

/// Greatest number of looks.
pub const LOOK_COUNT_MAX: usize = 100;
/// Scores this many deviations from their mean are outside.
const REACH: f64 = 9.0;
/// Least growth of the information fraction between looks.
const GROWTH_MIN: f64 = 1e-4;

/// What a design does under one effect.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Crossing {
    /// Probability of leaving above at each look (first there).
    pub upper: Vec<f64>,
    /// Probability of leaving below at each look (first there).
    pub lower: Vec<f64>,
    /// Expected information at the end, as a fraction of the greatest: times N it is the average sample number.
    pub expected_fraction: f64,
}

impl Crossing {
    /// Probability of ever leaving above.
    #[must_use]
    pub fn upper_total(&self) -> f64 {
        self.upper.iter().sum()
    }

    /// Probability of ever leaving on either side: the error under no effect.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.upper_total() + self.lower.iter().sum::<f64>()
    }

    /// Probability of stopping at each look; what is left at the last one stops there too.
    #[must_use]
    pub fn stop(&self) -> Vec<f64> {
        let mut stop: Vec<f64> = self.upper.iter().zip(&self.lower).map(|(u, l)| u + l).collect();
        let before: f64 = stop.iter().rev().skip(1).sum();
        if let Some(last) = stop.last_mut() {
            *last = 1.0 - before;
        }
        stop
    }
}

/// Density of the score on the continuation region after the looks taken so far, on quadrature nodes.
pub(super) struct Walk {
    drift: f64,
    t: f64,
    /// Nodes, weights times density. Before the first look: one node at 0 of mass 1.
    x: Vec<f64>,
    mass: Vec<f64>,
}

impl Walk {
    pub fn new(drift: f64) -> Self {
        Self { drift, t: 0.0, x: vec![0.0], mass: vec![1.0] }
    }

    /// Probability of being above `z` at fraction `t`, having continued so far.
    pub fn above(&self, t: f64, z: f64) -> f64 {
        let (step, root) = (t - self.t, (t - self.t).sqrt());
        let bound = z * t.sqrt();
        self.x.iter().zip(&self.mass).map(|(x, m)| m * normal_sf((bound - x - self.drift * step) / root)).sum()
    }

    /// Probability of being below `z`.
    pub fn below(&self, t: f64, z: f64) -> f64 {
        let (step, root) = (t - self.t, (t - self.t).sqrt());
        let bound = z * t.sqrt();
        self.x.iter().zip(&self.mass).map(|(x, m)| m * ops::normal_cdf((bound - x - self.drift * step) / root)).sum()
    }

    /// Go on to fraction `t` between the bounds; `next_step` is the growth after it, which sets the fineness.
    pub fn proceed(&mut self, t: f64, lower_z: f64, upper_z: f64, next_step: f64, rule: &GaussLegendre) {
        let (step, root) = (t - self.t, (t - self.t).sqrt());
        let scale = t.sqrt();
        let mean = self.drift * t;
        let low = (lower_z * scale).max(mean - REACH * scale);
        let high = (upper_z * scale).min(mean + REACH * scale);
        if low >= high {
            (self.x, self.mass, self.t) = (vec![0.0], vec![0.0], t);
            return;
        }
        // A panel of 12 nodes is exact to 1e-10 for a normal kernel of deviation at least a third of its width.
        let fine = next_step.min(step).sqrt();
        let panels = ((high - low) / (3.0 * fine)).ceil().clamp(2.0, 600.0) as u32;
        let (mut x, mut mass) = (Vec::new(), Vec::new());
        rule.visit(low, high, panels, |node, weight| {
            let density: f64 = self.x.iter().zip(&self.mass).map(|(y, m)| m * normal_pdf((node - y - self.drift * step) / root)).sum();
            x.push(node);
            mass.push(weight * density / root);
        });
        (self.x, self.mass, self.t) = (x, mass, t);
    }
}

/// Information fractions that grow from above 0 to at most 1.
pub(super) fn check_information(information: &[f64]) -> Result<(), StatsError> {
    at_least("looks", information.len(), 1)?;
    if information.len() > LOOK_COUNT_MAX {
        return Err(StatsError::TooMany { name: "looks", found: information.len(), max: LOOK_COUNT_MAX });
    }
    all_finite("information", information)?;
    let mut before = 0.0;
    for fraction in information {
        in_range("information fraction", *fraction, before + GROWTH_MIN, 1.0)?;
        before = *fraction;
    }
    Ok(())
}

/// Probabilities of crossing at each look.
///
/// `information`: growing fractions of the greatest information, the last usually 1. `lower`, `upper`: bounds of the
/// z statistic at each look; ±∞ for none. `drift`: mean of z at fraction 1 (0 under no effect).
///
/// # Source
/// Armitage, McPherson & Rowe 1969, J R Stat Soc A 132:235; Jennison & Turnbull 2000, Group Sequential Methods, ch. 19.
/// # Error
/// Below 1e-8 in each probability at equal looks up to ten.
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::OutOfRange`] for fractions that do not grow and for
/// bounds that cross, [`StatsError::TooMany`].
pub fn crossing(information: &[f64], lower: &[f64], upper: &[f64], drift: f64) -> Result<Crossing, StatsError> {
    check_information(information)?;
    same_length("lower bounds", lower.len(), information.len())?;
    same_length("upper bounds", upper.len(), information.len())?;
    all_finite("drift", &[drift])?;
    in_range("drift", drift, -50.0, 50.0)?;
    for (low, high) in lower.iter().zip(upper) {
        in_range("lower bound", *low, f64::NEG_INFINITY, *high)?;
    }
    let rule = GaussLegendre::new(12);
    let mut walk = Walk::new(drift);
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for (look, t) in information.iter().enumerate() {
        above.push(walk.above(*t, upper[look]));
        below.push(walk.below(*t, lower[look]));
        if let Some(next) = information.get(look + 1) {
            walk.proceed(*t, lower[look], upper[look], next - t, &rule);
        }
    }
    let mut found = Crossing { upper: above, lower: below, expected_fraction: 0.0 };
    found.expected_fraction = found.stop().iter().zip(information).map(|(p, t)| p * t).sum();
    Ok(found)
}
