//! Adam (Kingma and Ba 2015, ICLR).

/// Settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSpec {
    /// Step [1].
    pub rate: f32,
    /// Memory of the gradient and of its square; 0.9 and 0.999 in the source.
    pub memory: [f32; 2],
    /// Added to the root; 1e-8 in the source.
    pub small: f32,
}

impl AdamSpec {
    /// The source's memory with a step of one's own.
    #[must_use]
    pub fn with_rate(rate: f32) -> Self {
        Self { rate, memory: [0.9, 0.999], small: 1e-8 }
    }
}

/// Running means.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
    power: [f32; 2],
}

impl Adam {
    /// Nothing remembered yet.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { first: vec![0.0; count], second: vec![0.0; count], power: [1.0; 2] }
    }

    /// Move the weights against the gradient.
    pub fn step(&mut self, spec: &AdamSpec, weights: &mut [f32], gradient: &[f32]) {
        let [b1, b2] = spec.memory;
        self.power = [self.power[0] * b1, self.power[1] * b2];
        let [c1, c2] = self.power.map(|p| 1.0 / (1.0 - p));
        for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(&mut self.first).zip(&mut self.second) {
            *m = b1 * *m + (1.0 - b1) * g;
            *v = b2 * *v + (1.0 - b2) * g * g;
            *w -= spec.rate * (*m * c1) / ((*v * c2).sqrt() + spec.small);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Make a first step of the rate's size whatever the gradient's, and find the bottom of a bowl.
    #[test]
    fn steps_are_the_rate_and_reach_the_bottom() {
        let spec = AdamSpec::with_rate(0.05);
        for scale in [1e-3_f32, 1.0, 1e3] {
            let mut weights = [1.0_f32, -2.0];
            let mut adam = Adam::new(2);
            adam.step(&spec, &mut weights, &[scale, -scale]);
            assert!((weights[0] - 0.95).abs() < 1e-4 && (weights[1] + 1.95).abs() < 1e-4);
            for _ in 0..400 {
                let gradient = [scale * weights[0], 3.0 * scale * weights[1]];
                adam.step(&spec, &mut weights, &gradient);
            }
            assert!(weights.iter().all(|w| w.abs() < 0.02), "{weights:?}");
        }
    }
}
