//! What one patient turned out to have. Only the scene and the scorer hold it; the robot never does.

use proband_anatomy::ArmSpec;
use proband_core::Stream;
use serde::{Deserialize, Serialize};

use crate::{Twin, TwinError};

/// One draw of every uncertain value of a twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// The arm.
    pub arm: ArmSpec,
    /// Every drawn parameter by name, in the order of the twin's parameters, SI units.
    pub values: Vec<(String, f64)>,
}

impl Truth {
    /// Draw every parameter, the correlated ones through a Gaussian copula.
    ///
    /// # Errors
    /// [`TwinError`] when a parameter is missing or the drawn values make no arm.
    pub fn draw(twin: &Twin, stream: &mut Stream) -> Result<Self, TwinError> {
        let _ = (twin, stream);
        Err(TwinError::Parameter { name: "all".into(), what: "the sampler is being written".into() })
    }

    /// A drawn value by its parameter's name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }
}
