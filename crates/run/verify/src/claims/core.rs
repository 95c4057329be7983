//! Claims about `proband-core`.

use proband_core::{Dimension, Distribution, Quantity, Stream, Unit, ops, philox4x32};
use proband_math::stats::ks_one_sample;

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    Claim {
        id: "philox-known-answers",
        case: include_str!("../../../../../verify/philox-known-answers/case.toml"),
        compute: philox_known_answers,
    },
    Claim { id: "unit-conversions", case: include_str!("../../../../../verify/unit-conversions/case.toml"), compute: unit_conversions },
    Claim {
        id: "log-normal-moments",
        case: include_str!("../../../../../verify/log-normal-moments/case.toml"),
        compute: log_normal_moments,
    },
];

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

fn unit_conversions() -> Result<Vec<Obtained>, String> {
    let rows = [
        ("120 mmHg", "Pa"),
        ("1 cm[H2O]", "Pa"),
        ("1 atm", "Torr"),
        ("98.6 degF", "degC"),
        ("150 [lb_av]", "kg"),
        ("1 kcal", "J"),
        ("18 Fr", "mm"),
        ("90 mL/min/1.73m2", "m/s"),
    ];
    let mut obtained = Vec::new();
    for (text, unit) in rows {
        let unit = Unit::parse(unit).map_err(|e| e.to_string())?;
        let value = Quantity::parse(text).and_then(|q| q.value_in(&unit)).map_err(|e| e.to_string())?;
        obtained.push(Obtained::new(text, value));
    }
    let mut stream = Stream::new(1, 0, "verify.unit_conversions");
    let mut lost = 0_u64;
    for _ in 0..20_000 {
        let bits = f64::from_bits(stream.next_u64());
        let si = if bits.is_finite() { bits } else { stream.normal() };
        let mut exponents = [0; 8];
        for exponent in &mut exponents {
            *exponent = stream.index(9) as i8 - 4;
        }
        let back = Quantity::new(si, Dimension { exponents }).and_then(|q| Quantity::parse(&q.to_string())).map_err(|e| e.to_string())?;
        lost += u64::from((back.si().to_bits() ^ si.to_bits()).count_ones());
        lost += u64::from(back.dimension().exponents != exponents);
    }
    obtained.push(Obtained::new("bits lost in 20000 quantities printed and read", lost as f64));
    Ok(obtained)
}

fn log_normal_moments() -> Result<Vec<Obtained>, String> {
    let shape = Distribution::log_normal_from_moments(4.81, 2.17);
    let Distribution::LogNormal { mu, sigma } = shape else { return Err("not a log-normal".into()) };
    let mut stream = Stream::new(1, 0, "verify.log_normal_moments");
    let draws: Vec<f64> = (0..100_000).map(|_| shape.sample(&mut stream)).collect();
    let distance = ks_one_sample(&draws, |x| ops::normal_cdf((ops::ln(x) - mu) / sigma)).map_err(|e| e.to_string())?.statistic;
    Ok(vec![
        Obtained::new("mu for 4.81 ± 2.17", mu),
        Obtained::new("sigma for 4.81 ± 2.17", sigma),
        Obtained::new("mean of 100000 draws", draws.iter().sum::<f64>() / draws.len() as f64),
        Obtained::new("Kolmogorov distance of 100000 draws from their distribution, times sqrt n", distance * (draws.len() as f64).sqrt()),
    ])
}
