//! The network: two halvings and back, with the finer maps joined in on the way up (after Ronneberger et al. 2015, MICCAI).
//!
//! ```text
//! a = conv(conv(input)) ; b = conv(conv(halve a)) ; m = conv(conv(halve b))
//! d = conv(double m, b) ; e = conv(double d, a) ; logit = Σ w e + bias
//! ```
//! Each conv is 3 × 3 with bias and ReLU.

use proband_core::Stream;

use crate::NetError;
use crate::conv::{
    TAPS, add_convolution, add_kernel_gradient, add_turned_convolution, bias_relu, double, halve, through_double, through_halve,
    through_relu,
};
use crate::error::check;
use crate::maps::Maps;

/// Most channels of a level.
pub const CHANNELS_MAX: u32 = 64;

/// Size of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkSpec {
    /// Channels of the input.
    pub inputs: u32,
    /// Channels at full, half and quarter resolution.
    pub channels: [u32; 3],
}

/// One convolution: where its numbers lie among the weights.
#[derive(Clone, Copy, Debug)]
struct Conv {
    at: usize,
    from: usize,
    to: usize,
}

impl Conv {
    fn kernels(self) -> std::ops::Range<usize> {
        self.at..self.at + self.from * self.to * TAPS
    }
    fn biases(self) -> std::ops::Range<usize> {
        let start = self.kernels().end;
        start..start + self.to
    }
}

/// Convolutions in the order of the weights: two at each level down, then up. Where maps are joined, the coarser come first.
fn layout(spec: &NetworkSpec) -> ([Conv; 8], usize) {
    let [c0, c1, c2] = spec.channels.map(|c| c as usize);
    let sizes = [(spec.inputs as usize, c0), (c0, c0), (c0, c1), (c1, c1), (c1, c2), (c2, c2), (c2 + c1, c1), (c1 + c0, c0)];
    let mut at = 0;
    let convs = sizes.map(|(from, to)| {
        let conv = Conv { at, from, to };
        at = conv.biases().end;
        conv
    });
    (convs, at)
}

impl NetworkSpec {
    /// Check every number.
    ///
    /// # Errors
    /// [`NetError::OutOfRange`] for channels of 0 or above [`CHANNELS_MAX`].
    pub fn check(&self) -> Result<(), NetError> {
        for (name, value) in [
            ("inputs", self.inputs),
            ("channels[0]", self.channels[0]),
            ("channels[1]", self.channels[1]),
            ("channels[2]", self.channels[2]),
        ] {
            check(name, f64::from(value), 1.0, f64::from(CHANNELS_MAX))?;
        }
        Ok(())
    }

    /// Numbers that a network of this size has.
    #[must_use]
    pub fn weight_count(&self) -> usize {
        layout(self).1 + self.channels[0] as usize + 1
    }
}

/// A network with its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    spec: NetworkSpec,
    weights: Vec<f32>,
}

/// Memory of one pass, reused from call to call.
#[derive(Clone, Debug)]
pub struct Scratch {
    a1: Maps,
    a2: Maps,
    p: Maps,
    b1: Maps,
    b2: Maps,
    q: Maps,
    m1: Maps,
    m2: Maps,
    u: Maps,
    d: Maps,
    v: Maps,
    e: Maps,
    // Gradients, one per map that needs one.
    ga: Maps,
    ga1: Maps,
    gp: Maps,
    gb: Maps,
    gb1: Maps,
    gq: Maps,
    gm: Maps,
    gm1: Maps,
    gu: Maps,
    gd: Maps,
    gv: Maps,
    ge: Maps,
    logit: Vec<f32>,
}

impl Default for Scratch {
    fn default() -> Self {
        let m = || Maps::zeros(1, 1, 1);
        Self {
            a1: m(),
            a2: m(),
            p: m(),
            b1: m(),
            b2: m(),
            q: m(),
            m1: m(),
            m2: m(),
            u: m(),
            d: m(),
            v: m(),
            e: m(),
            ga: m(),
            ga1: m(),
            gp: m(),
            gb: m(),
            gb1: m(),
            gq: m(),
            gm: m(),
            gm1: m(),
            gu: m(),
            gd: m(),
            gv: m(),
            ge: m(),
            logit: Vec::new(),
        }
    }
}

impl Network {
    /// Weights drawn as He et al. 2015 (ICCV) propose: normal with variance 2 over the inputs of a place; biases zero.
    ///
    /// # Errors
    /// [`NetError::OutOfRange`] for a bad size.
    pub fn start(spec: NetworkSpec, stream: &mut Stream) -> Result<Self, NetError> {
        spec.check()?;
        let mut weights = vec![0.0_f32; spec.weight_count()];
        let (convs, end) = layout(&spec);
        for conv in convs {
            let scale = (2.0 / (conv.from * TAPS) as f64).sqrt();
            for weight in &mut weights[conv.kernels()] {
                *weight = (scale * stream.normal()) as f32;
            }
        }
        let scale = (1.0 / f64::from(spec.channels[0])).sqrt();
        for weight in &mut weights[end..end + spec.channels[0] as usize] {
            *weight = (scale * stream.normal()) as f32;
        }
        Ok(Self { spec, weights })
    }

    /// From weights that were stored.
    ///
    /// # Errors
    /// [`NetError::OutOfRange`] for a bad size, another number of weights, or a weight that is not finite.
    pub fn from_weights(spec: NetworkSpec, weights: Vec<f32>) -> Result<Self, NetError> {
        spec.check()?;
        let wanted = spec.weight_count() as f64;
        check("number of weights", weights.len() as f64, wanted, wanted)?;
        if let Some(bad) = weights.iter().find(|w| !w.is_finite()) {
            return Err(NetError::OutOfRange {
                name: "weight",
                value: f64::from(*bad),
                min: f64::from(f32::MIN),
                max: f64::from(f32::MAX),
            });
        }
        Ok(Self { spec, weights })
    }

    /// Its size.
    #[must_use]
    pub fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// Its numbers.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    pub(crate) fn weights_mut(&mut self) -> &mut [f32] {
        &mut self.weights
    }

    /// One logit per place, row by row.
    ///
    /// # Errors
    /// [`NetError::OutOfRange`] unless the input has the network's channels and sides that four divides.
    pub fn forward<'s>(&self, input: &Maps, scratch: &'s mut Scratch) -> Result<&'s [f32], NetError> {
        let inputs = f64::from(self.spec.inputs);
        check("input channels", input.channels() as f64, inputs, inputs)?;
        check("rows modulo 4", (input.height() % 4) as f64, 0.0, 0.0)?;
        check("columns modulo 4", (input.width() % 4) as f64, 0.0, 0.0)?;
        let (convs, end) = layout(&self.spec);
        let (height, width) = (input.height(), input.width());
        let s = scratch;
        let level = |shift: u32| (height >> shift, width >> shift);
        self.layer(convs[0], &[input], level(0), &mut s.a1);
        self.layer(convs[1], &[&s.a1], level(0), &mut s.a2);
        s.p.reset(convs[2].from, height / 2, width / 2);
        halve(&s.a2, &mut s.p);
        self.layer(convs[2], &[&s.p], level(1), &mut s.b1);
        self.layer(convs[3], &[&s.b1], level(1), &mut s.b2);
        s.q.reset(convs[4].from, height / 4, width / 4);
        halve(&s.b2, &mut s.q);
        self.layer(convs[4], &[&s.q], level(2), &mut s.m1);
        self.layer(convs[5], &[&s.m1], level(2), &mut s.m2);
        s.u.reset(convs[5].to, height / 2, width / 2);
        double(&s.m2, &mut s.u);
        self.layer(convs[6], &[&s.u, &s.b2], level(1), &mut s.d);
        s.v.reset(convs[6].to, height, width);
        double(&s.d, &mut s.v);
        self.layer(convs[7], &[&s.v, &s.a2], level(0), &mut s.e);
        let last = &self.weights[end..];
        s.logit.clear();
        s.logit.resize(height * width, last[convs[7].to]);
        for (channel, weight) in last[..convs[7].to].iter().enumerate() {
            for y in 0..height {
                for (l, e) in s.logit[y * width..(y + 1) * width].iter_mut().zip(s.e.row(channel, y)) {
                    *l += weight * e;
                }
            }
        }
        Ok(&s.logit)
    }

    /// One convolution over joined maps. The kernels of a join are stored source by source.
    fn layer(&self, conv: Conv, sources: &[&Maps], (height, width): (usize, usize), out: &mut Maps) {
        out.reset(conv.to, height, width);
        let mut at = conv.at;
        for source in sources {
            let count = conv.to * source.channels() * TAPS;
            add_convolution(source, &self.weights[at..at + count], out);
            at += count;
        }
        bias_relu(out, &self.weights[conv.biases()]);
    }

    /// Add the gradient of a loss to `gradient`; `logit`: derivative of the loss by each logit of the last
    /// [`Network::forward`] with the same input and scratch.
    pub(crate) fn backward(&self, input: &Maps, scratch: &mut Scratch, logit: &[f32], gradient: &mut [f32]) {
        let (convs, end) = layout(&self.spec);
        let s = scratch;
        let (height, width) = (input.height(), input.width());
        s.ge.reset(convs[7].to, height, width);
        for channel in 0..convs[7].to {
            let weight = self.weights[end + channel];
            let mut sum = 0.0;
            for y in 0..height {
                let g = &logit[y * width..(y + 1) * width];
                sum += g.iter().zip(s.e.row(channel, y)).map(|(g, e)| g * e).sum::<f32>();
                for (to, g) in s.ge.row_mut(channel, y).iter_mut().zip(g) {
                    *to = weight * g;
                }
            }
            gradient[end + channel] += sum;
        }
        gradient[end + convs[7].to] += logit.iter().sum::<f32>();
        s.gv.reset(convs[6].to, height, width);
        s.ga.reset(convs[1].to, height, width);
        self.back(convs[7], &s.e, &mut s.ge, &mut [(&s.v, Some(&mut s.gv)), (&s.a2, Some(&mut s.ga))], gradient);
        s.gd.reset(convs[6].to, height / 2, width / 2);
        through_double(&s.gv, &mut s.gd);
        s.gu.reset(convs[5].to, height / 2, width / 2);
        s.gb.reset(convs[3].to, height / 2, width / 2);
        self.back(convs[6], &s.d, &mut s.gd, &mut [(&s.u, Some(&mut s.gu)), (&s.b2, Some(&mut s.gb))], gradient);
        s.gm.reset(convs[5].to, height / 4, width / 4);
        through_double(&s.gu, &mut s.gm);
        s.gm1.reset(convs[4].to, height / 4, width / 4);
        self.back(convs[5], &s.m2, &mut s.gm, &mut [(&s.m1, Some(&mut s.gm1))], gradient);
        s.gq.reset(convs[4].from, height / 4, width / 4);
        self.back(convs[4], &s.m1, &mut s.gm1, &mut [(&s.q, Some(&mut s.gq))], gradient);
        through_halve(&s.gq, &mut s.gb);
        s.gb1.reset(convs[2].to, height / 2, width / 2);
        self.back(convs[3], &s.b2, &mut s.gb, &mut [(&s.b1, Some(&mut s.gb1))], gradient);
        s.gp.reset(convs[2].from, height / 2, width / 2);
        self.back(convs[2], &s.b1, &mut s.gb1, &mut [(&s.p, Some(&mut s.gp))], gradient);
        through_halve(&s.gp, &mut s.ga);
        s.ga1.reset(convs[0].to, height, width);
        self.back(convs[1], &s.a2, &mut s.ga, &mut [(&s.a1, Some(&mut s.ga1))], gradient);
        self.back(convs[0], &s.a1, &mut s.ga1, &mut [(input, None)], gradient);
    }

    /// Gradient through one convolution: of its biases, kernels and sources.
    fn back(&self, conv: Conv, out: &Maps, out_gradient: &mut Maps, sources: &mut [(&Maps, Option<&mut Maps>)], gradient: &mut [f32]) {
        through_relu(out, out_gradient, &mut gradient[conv.biases()]);
        let mut at = conv.at;
        for (source, wanted) in sources {
            let part = at..at + conv.to * source.channels() * TAPS;
            at = part.end;
            add_kernel_gradient(source, out_gradient, &mut gradient[part.clone()]);
            if let Some(wanted) = wanted {
                add_turned_convolution(out_gradient, &self.weights[part], wanted);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(network: &Network, input: &Maps, scratch: &mut Scratch) -> f64 {
        // A bent function of the logits, so that every path of the gradient counts.
        network
            .forward(input, scratch)
            .unwrap()
            .iter()
            .enumerate()
            .map(|(i, l)| f64::from(*l) * f64::from(*l) * (1.0 + (i % 5) as f64))
            .sum()
    }

    /// Give the gradient that finite differences give, for weights of every layer.
    #[test]
    fn gradients_are_those_of_finite_differences() {
        let spec = NetworkSpec { inputs: 2, channels: [3, 4, 5] };
        let mut stream = Stream::new(3, 0, "test.net");
        let mut network = Network::start(spec, &mut stream).unwrap();
        let mut input = Maps::new(2, 12, 8).unwrap();
        for (channel, y) in (0..2).flat_map(|c| (0..12).map(move |y| (c, y))) {
            stream.fill_normal(input.row_mut(channel, y));
        }
        let mut scratch = Scratch::default();
        let logits = network.forward(&input, &mut scratch).unwrap().to_vec();
        let by_logit: Vec<f32> = logits.iter().enumerate().map(|(i, l)| 2.0 * l * (1.0 + (i % 5) as f32)).collect();
        let mut gradient = vec![0.0; spec.weight_count()];
        network.backward(&input, &mut scratch, &by_logit, &mut gradient);
        let largest = gradient.iter().fold(0.0_f32, |m, g| m.max(g.abs()));
        for at in (0..spec.weight_count()).step_by(7).chain([spec.weight_count() - 1]) {
            let before = network.weights[at];
            let step = 2e-3_f32;
            network.weights_mut()[at] = before + step;
            let up = loss(&network, &input, &mut scratch);
            network.weights_mut()[at] = before - step;
            let down = loss(&network, &input, &mut scratch);
            network.weights_mut()[at] = before;
            let numeric = (up - down) / (2.0 * f64::from(step));
            let error = (numeric - f64::from(gradient[at])).abs();
            assert!(error < 0.03 * numeric.abs() + 4e-3 * f64::from(largest), "weight {at}: {numeric} against {}", gradient[at]);
        }
    }

    /// Refuse maps that do not fit and weights that are none.
    #[test]
    fn what_does_not_fit_is_refused() {
        let spec = NetworkSpec { inputs: 1, channels: [2, 2, 2] };
        let network = Network::start(spec, &mut Stream::new(1, 0, "test.net")).unwrap();
        for (channels, height, width) in [(2, 8, 8), (1, 9, 8), (1, 8, 6)] {
            assert!(network.forward(&Maps::new(channels, height, width).unwrap(), &mut Scratch::default()).is_err());
        }
        assert!(Network::from_weights(spec, vec![0.0; 3]).is_err());
        assert!(Network::from_weights(spec, vec![f32::NAN; spec.weight_count()]).is_err());
        assert!(Network::start(NetworkSpec { inputs: 0, channels: [1, 1, 1] }, &mut Stream::new(1, 0, "t")).is_err());
        assert!(Maps::new(1, 0, 4).is_err() && Maps::new(1, 4, 1 << 20).is_err());
    }
}
