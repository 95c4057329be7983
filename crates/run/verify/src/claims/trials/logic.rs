//! Robustness, sample by sample.

use proband_math::logic::{Formula, Steps, Trace};

use super::text;
use crate::Obtained;

const X: [f64; 5] = [100.0, -1.0, -2.0, 5.0, -1.0];
const Y: [f64; 5] = [20.0, 2.0, -10.0, 4.0, -1.0];

const DISCRETE: [&str; 11] = [
    "G(x>=0)",
    "F(x>=0)",
    "G[0,2](x>=0)",
    "once[0,1](x>=0)",
    "(x>=0) U[0,2] (y>=3)",
    "abs(x)<=3",
    "(x>=0) and (y>=0)",
    "next(x>=0)",
    "rise(x>=0)",
    "G((x>=0) -> F[0,2](y>=0))",
    "(x>=0) since[0,3] (y>=0)",
];

const DENSE: [&str; 4] = ["G[0,1](x>=0)", "F[0,1](x>=0)", "G(x>=0)", "(x>=0) U[0,3] (y>=0)"];

pub(super) fn robustness() -> Result<Vec<Obtained>, String> {
    let trace = Trace::new(1.0, &[("x", &X), ("y", &Y)]).map_err(text)?;
    let mut obtained = Vec::new();
    for formula in DISCRETE {
        let found = Formula::parse(formula).and_then(|f| f.robustness(&trace)).map_err(text)?;
        for (i, value) in found.iter().enumerate() {
            // "next" behind the end is infinite by definition, which is no number to compare.
            if formula.starts_with("next") && i == 4 {
                if *value != f64::INFINITY {
                    return Err(format!("next behind the end is {value}"));
                }
                continue;
            }
            obtained.push(Obtained::new(format!("{formula} at {i}"), *value));
        }
    }
    let x = Steps::new("x", &[(0.0, 3.0), (1.0, -1.0), (2.5, 2.0), (4.0, 5.0), (5.0, 5.0)]).map_err(text)?;
    let y = Steps::new("y", &[(0.0, -2.0), (2.0, 1.0), (3.0, -4.0), (5.0, -4.0)]).map_err(text)?;
    for formula in DENSE {
        let found = Formula::parse(formula).and_then(|f| f.robustness_dense(&[("x", &x), ("y", &y)])).map_err(text)?;
        for (i, (time_s, value)) in found.pairs().into_iter().enumerate() {
            obtained.push(Obtained::new(format!("dense {formula}, step {i} begins"), time_s));
            obtained.push(Obtained::new(format!("dense {formula}, step {i} value"), value));
        }
    }
    Ok(obtained)
}
