//! Training: binary cross-entropy over the places that count, batches in a drawn order, the best epoch kept.

use proband_core::{Stream, ops};
use rayon::prelude::*;

use crate::adam::{Adam, AdamSpec};
use crate::error::check;
use crate::network::{Network, Scratch};
use crate::{Maps, NetError};

/// One picture with its truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What the network sees.
    pub input: Maps,
    /// For each place 1 for yes, 0 for no, and a weight of 0 where it does not count: (truth, weight), row by row.
    pub truth: Vec<(f32, f32)>,
}

/// How to train.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainSpec {
    /// Rounds over all examples.
    pub epochs: u32,
    /// Examples per step.
    pub batch: u32,
    /// Step of the first epoch; it falls as a half cosine to a fiftieth of itself.
    pub rate: f32,
}

/// What an epoch gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Number, from 0.
    pub epoch: u32,
    /// Mean loss over the examples as they were learnt from [nat].
    pub train_loss: f64,
    /// Mean loss over the examples held back [nat].
    pub held_loss: f64,
}

/// Logistic function.
fn probability(logit: f32) -> f32 {
    1.0 / (1.0 + ops::exp_f32(-logit))
}

/// Sum of cross-entropy and its derivative by each logit, over the weight of all places.
fn cross_entropy(logits: &[f32], truth: &[(f32, f32)], mut by_logit: Option<&mut Vec<f32>>) -> f64 {
    let weight: f64 = truth.iter().map(|t| f64::from(t.1)).sum();
    let scale = 1.0 / weight.max(1.0);
    if let Some(by) = by_logit.as_deref_mut() {
        by.clear();
        by.resize(logits.len(), 0.0);
    }
    let mut sum = 0.0;
    for (i, (l, (t, w))) in logits.iter().zip(truth).enumerate() {
        if *w > 0.0 {
            // ln(1 + e^−|l|) + max(l, 0) − t l
            let value = ops::ln_1p(ops::exp(-f64::from(l.abs()))) + f64::from(l.max(0.0)) - f64::from(t * l);
            sum += f64::from(*w) * value;
            if let Some(by) = by_logit.as_deref_mut() {
                by[i] = (probability(*l) - t) * w * scale as f32;
            }
        }
    }
    sum * scale
}

/// Mean loss over examples [nat].
///
/// # Errors
/// [`NetError::OutOfRange`] for an example that does not fit the network.
pub fn loss_of(network: &Network, examples: &[Example]) -> Result<f64, NetError> {
    let losses: Result<Vec<f64>, NetError> = examples
        .par_iter()
        .map_init(Scratch::default, |scratch, e| Ok(cross_entropy(network.forward(&e.input, scratch)?, &e.truth, None)))
        .collect();
    Ok(losses?.iter().sum::<f64>() / examples.len().max(1) as f64)
}

/// Train and keep the weights of the epoch that did best on `held`. `told` hears each epoch; false from it ends the training.
///
/// Deterministic: the gradients of a batch are added in the order of its examples.
/// # Errors
/// [`NetError::OutOfRange`] for bad settings or examples, [`NetError::Diverged`] when the loss is no number.
pub fn train(
    network: &mut Network,
    examples: &[Example],
    held: &[Example],
    spec: &TrainSpec,
    stream: &mut Stream,
    mut told: impl FnMut(&Epoch) -> bool,
) -> Result<Vec<Epoch>, NetError> {
    check("examples", examples.len() as f64, 1.0, 1e6)?;
    check("held examples", held.len() as f64, 1.0, 1e6)?;
    check("epochs", f64::from(spec.epochs), 1.0, 1e4)?;
    check("batch", f64::from(spec.batch), 1.0, 1e3)?;
    check("rate", f64::from(spec.rate), 1e-7, 1.0)?;
    let mut adam = Adam::new(network.weights().len());
    let mut curve: Vec<Epoch> = Vec::new();
    let mut best: Option<(f64, Vec<f32>)> = None;
    for epoch in 0..spec.epochs {
        let part = f64::from(epoch) / f64::from(spec.epochs);
        let rate = f64::from(spec.rate) * (0.02 + 0.98 * 0.5 * (1.0 + ops::cos(std::f64::consts::PI * part)));
        let mut sum = 0.0;
        for batch in shuffled(examples.len(), stream).chunks(spec.batch as usize) {
            let (loss, gradient) = batch_gradient(network, examples, batch)?;
            sum += loss;
            adam.step(&AdamSpec::with_rate(rate as f32), network.weights_mut(), &gradient);
        }
        let held_loss = loss_of(network, held)?;
        let now = Epoch { epoch, train_loss: sum / examples.len() as f64, held_loss };
        if !(now.train_loss.is_finite() && now.held_loss.is_finite()) {
            return Err(NetError::Diverged { epoch });
        }
        curve.push(now);
        if best.as_ref().is_none_or(|(least, _)| held_loss < *least) {
            best = Some((held_loss, network.weights().to_vec()));
        }
        if !told(&now) {
            break;
        }
    }
    if let Some((_, weights)) = best {
        network.weights_mut().copy_from_slice(&weights);
    }
    Ok(curve)
}

/// Sum of losses and mean gradient of a batch.
fn batch_gradient(network: &Network, examples: &[Example], batch: &[u32]) -> Result<(f64, Vec<f32>), NetError> {
    let parts: Result<Vec<(f64, Vec<f32>)>, NetError> = batch
        .par_iter()
        .map_init(
            || (Scratch::default(), Vec::new()),
            |(scratch, by_logit), index| {
                let example = &examples[*index as usize];
                let logits = network.forward(&example.input, scratch)?;
                let loss = cross_entropy(logits, &example.truth, Some(by_logit));
                let mut gradient = vec![0.0; network.weights().len()];
                network.backward(&example.input, scratch, by_logit, &mut gradient);
                Ok((loss, gradient))
            },
        )
        .collect();
    let (mut loss, mut sum) = (0.0, vec![0.0_f32; network.weights().len()]);
    for (part, gradient) in parts? {
        loss += part;
        sum.iter_mut().zip(&gradient).for_each(|(s, g)| *s += g);
    }
    let scale = 1.0 / batch.len() as f32;
    sum.iter_mut().for_each(|s| *s *= scale);
    Ok((loss, sum))
}

/// Numbers from 0 in a drawn order (Fisher and Yates).
fn shuffled(count: usize, stream: &mut Stream) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count as u32).collect();
    for i in (1..count).rev() {
        order.swap(i, stream.index(i as u32 + 1) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NetworkSpec;

    /// Dark bars in noise; the truth is the bar.
    fn bars(count: u32, first: u32) -> Vec<Example> {
        let make = |index| {
            let mut stream = Stream::new(11, index, "test.bars");
            let mut input = Maps::new(1, 16, 16).unwrap();
            let at = 2 + stream.index(12) as usize;
            let mut truth = Vec::new();
            for y in 0..16 {
                let row = input.row_mut(0, y);
                stream.fill_normal(row);
                row[at] -= 3.0;
                truth.extend((0..16).map(|x| (f32::from(u8::from(x == at)), f32::from(u8::from(y > 0)))));
            }
            Example { input, truth }
        };
        (first..first + count).map(make).collect()
    }

    fn trained(threads: usize) -> (Network, Vec<Epoch>) {
        let spec = NetworkSpec { inputs: 1, channels: [4, 4, 4] };
        let mut network = Network::start(spec, &mut Stream::new(5, 0, "test.net")).unwrap();
        let settings = TrainSpec { epochs: 12, batch: 4, rate: 1e-2 };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let curve = pool
            .install(|| train(&mut network, &bars(24, 0), &bars(8, 100), &settings, &mut Stream::new(6, 0, "test.net"), |_| true))
            .unwrap();
        (network, curve)
    }

    /// Learn a bar, and learn the same bits on one thread and on three.
    #[test]
    fn a_bar_is_learnt_with_the_same_bits_on_any_threads() {
        let (network, curve) = trained(1);
        let (first, last) = (curve[0], curve[curve.len() - 1]);
        assert!(last.held_loss < 0.5 * first.held_loss, "{first:?} {last:?}");
        let (other, _) = trained(3);
        assert!(network.weights().iter().zip(other.weights()).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    /// Refuse settings that make no sense.
    #[test]
    fn bad_settings_are_refused() {
        let spec = NetworkSpec { inputs: 1, channels: [2, 2, 2] };
        let mut network = Network::start(spec, &mut Stream::new(5, 0, "test.net")).unwrap();
        let mut stream = Stream::new(1, 0, "t");
        let good = TrainSpec { epochs: 1, batch: 1, rate: 1e-3 };
        for bad in [TrainSpec { epochs: 0, ..good }, TrainSpec { batch: 0, ..good }, TrainSpec { rate: f32::NAN, ..good }] {
            assert!(train(&mut network, &bars(1, 0), &bars(1, 1), &bad, &mut stream, |_| true).is_err());
        }
        assert!(train(&mut network, &[], &bars(1, 1), &good, &mut stream, |_| true).is_err());
    }
}
