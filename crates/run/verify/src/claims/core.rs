//! Claims about `proband-core`.

use proband_core::philox4x32;

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[Claim {
    id: "philox-known-answers",
    case: include_str!("../../../../../verify/philox-known-answers/case.toml"),
    compute: philox_known_answers,
}];

fn philox_known_answers() -> Result<Vec<Obtained>, String> {
    let pi = ([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]);
    let rows = [
        ("counter 0, key 0", [0; 4], [0; 2]),
        ("counter and key all ones", [u32::MAX; 4], [u32::MAX; 2]),
        ("counter and key of the digits of pi", pi.0, pi.1),
    ];
    let words = rows.into_iter().flat_map(|(name, counter, key)| {
        philox4x32(counter, key).into_iter().enumerate().map(move |(i, w)| Obtained::new(format!("{name}, word {i}"), f64::from(w)))
    });
    Ok(words.collect())
}
