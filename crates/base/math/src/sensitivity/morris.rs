//! Elementary effects: a cheap look at many inputs.

use proband_core::Stream;
use serde::{Deserialize, Serialize};

use super::SensitivityError;
use super::error::in_range;
use crate::stats::{BootstrapKind, Estimate, Moments, bootstrap};

/// Settings of an analysis by elementary effects.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Morris {
    /// Trajectories; each takes inputs + 1 runs.
    pub trajectories: u32,
    /// Levels of each input; even.
    pub levels: u32,
    /// Bootstrap replicates of the intervals.
    pub replicates: u32,
    /// Confidence of the intervals [1].
    pub confidence: f64,
}

/// Effects of one input, per unit of the cube.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElementaryEffects {
    /// Mean effect.
    pub mean: f64,
    /// Mean size of the effect, μ*: how much the input matters.
    pub mean_size: Estimate,
    /// Standard deviation of the effect: how much it bends or interacts.
    pub sd: f64,
    /// Trajectories that gave an effect; those with a failed run are left out and counted by their absence.
    pub count: u32,
}

/// Elementary effects of a function on the unit cube, step p/(2(p − 1)).
///
/// # Source
/// Morris 1991, Technometrics 33:161–174; μ* of Campolongo, Cariboni & Saltelli 2007, Environ Model Softw 22:1509.
/// # Errors
/// [`SensitivityError::OutOfRange`] for settings, [`SensitivityError::Failed`] when more than half of the effects of an input failed.
pub fn morris(
    input_count: usize,
    settings: Morris,
    function: &mut dyn FnMut(&[f64]) -> f64,
    stream: &mut Stream,
) -> Result<Vec<ElementaryEffects>, SensitivityError> {
    in_range("number of inputs", input_count as f64, 1.0, 1e5)?;
    in_range("trajectories", f64::from(settings.trajectories), 4.0, 1e7)?;
    in_range("levels", f64::from(settings.levels), 2.0, 1000.0)?;
    in_range("remainder of the levels by two", f64::from(settings.levels % 2), 0.0, 0.0)?;
    let p = f64::from(settings.levels);
    let step = p / (2.0 * (p - 1.0));
    let mut effects = vec![Vec::new(); input_count];
    for _ in 0..settings.trajectories {
        // Start where the step stays inside: up from the lower half of the levels, or down from the upper one.
        let up: Vec<bool> = (0..input_count).map(|_| stream.bernoulli(0.5)).collect();
        let mut x: Vec<f64> =
            up.iter().map(|up| f64::from(stream.index(settings.levels / 2)) / (p - 1.0) + if *up { 0.0 } else { step }).collect();
        let mut order: Vec<usize> = (0..input_count).collect();
        for i in (1..input_count).rev() {
            order.swap(i, stream.index(i as u32 + 1) as usize);
        }
        let mut before = function(&x);
        for input in order {
            let change = if up[input] { step } else { -step };
            x[input] = (x[input] + change).clamp(0.0, 1.0);
            let after = function(&x);
            let effect = (after - before) / change;
            if effect.is_finite() {
                effects[input].push(effect);
            }
            before = after;
        }
    }
    effects.iter().enumerate().map(|(i, effects)| summary(effects, settings, &stream.child(i as u32))).collect()
}

fn summary(effects: &[f64], settings: Morris, stream: &Stream) -> Result<ElementaryEffects, SensitivityError> {
    let count = effects.len() as u32;
    if count * 2 < settings.trajectories || count < 2 {
        return Err(SensitivityError::Failed { failed: settings.trajectories - count, count: settings.trajectories });
    }
    let m = Moments::of(effects);
    let size = |places: &[u32]| places.iter().map(|p| effects[*p as usize].abs()).sum::<f64>() / places.len() as f64;
    let mean_size = bootstrap(count, size, settings.replicates, BootstrapKind::Percentile, settings.confidence, stream)?;
    Ok(ElementaryEffects { mean: m.mean, mean_size, sd: m.sd(), count })
}
