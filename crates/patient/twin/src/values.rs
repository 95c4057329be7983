//! One draw of every parameter.

use proband_core::{Stream, ops, subsystem_id};

use crate::adult::{Covariates, DEPTH, DIAMETER, FAT, RHO_DEPTH_FAT, RHO_DIAMETERS, residual_correlation};
use crate::prior::LAYOUT_PREFIX;
use crate::{Twin, TwinError};

/// Drawn values by name, in the order of the twin's parameters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Values(pub(crate) Vec<(String, f64)>);

/// Pairs that are drawn together: the second one's score is correlated with the first one's.
const PAIRS: [(&str, &str); 2] = [("vein.reference.diameter_v_m", "vein.reference.diameter_h_m"), ("vein.reference.depth_m", "arm.fat_m")];

impl Values {
    /// Draw every parameter of a twin. A parameter's draw depends on the stream and the parameter's name only, so
    /// that a new parameter changes no other one.
    pub(crate) fn draw(twin: &Twin, stream: &mut Stream) -> Self {
        let own = stream.child(stream.clone().next_u32());
        stream.next_u32();
        let covariates = Covariates::of(&twin.person);
        let correlations = [
            residual_correlation(&covariates, &DIAMETER, &DIAMETER, RHO_DIAMETERS),
            residual_correlation(&covariates, &DEPTH, &FAT, RHO_DEPTH_FAT),
        ];
        let score = |name: &str| own.child(subsystem_id(name)).normal();
        let values = twin.parameters.iter().map(|p| {
            let mut z = score(&p.name);
            for ((first, second), rho) in PAIRS.iter().zip(correlations) {
                if p.name == *second {
                    z = rho * score(first) + (1.0 - rho * rho).sqrt() * z;
                }
            }
            (p.name.clone(), p.value.distribution.quantile(ops::normal_cdf(z)))
        });
        Self(values.collect())
    }

    /// Every parameter at its median.
    pub(crate) fn middle(twin: &Twin) -> Self {
        Self(twin.parameters.iter().map(|p| (p.name.clone(), p.value.distribution.quantile(0.5))).collect())
    }

    /// Draw the places of the veins again, nothing else.
    pub(crate) fn draw_layout_again(&mut self, twin: &Twin, stream: &Stream, attempt: u32) {
        let own = stream.child(subsystem_id("layout")).child(attempt);
        for ((name, value), parameter) in self.0.iter_mut().zip(&twin.parameters) {
            if name.starts_with(LAYOUT_PREFIX) {
                *value = parameter.value.distribution.quantile(ops::normal_cdf(own.child(subsystem_id(name)).normal()));
            }
        }
    }

    /// Put all veins on their standard courses.
    pub(crate) fn straighten_layout(&mut self) {
        for (name, value) in &mut self.0 {
            if name.starts_with(LAYOUT_PREFIX) && (name.ends_with("shift_m") || name.ends_with("tortuosity_m")) {
                *value = 0.0;
            }
        }
    }

    /// A drawn value.
    pub(crate) fn get(&self, name: &str) -> Result<f64, TwinError> {
        let found = self.0.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
        found.ok_or_else(|| TwinError::Parameter { name: name.into(), what: "is missing".into() })
    }

    /// Whether a drawn yes-or-no value is yes.
    pub(crate) fn is(&self, name: &str) -> Result<bool, TwinError> {
        Ok(self.get(name)? > 0.5)
    }
}
