//! Robustness by hand, by brute force, and online against offline.

#![expect(clippy::unwrap_used, reason = "tests stop at the first fault")]

use proband_math::logic::{Bounds, Formula, LogicError, OnlineMonitor, Steps, Trace, Watch, check_uniform};
use proptest::prelude::*;

const X: [f64; 5] = [100.0, -1.0, -2.0, 5.0, -1.0];
const Y: [f64; 5] = [20.0, 2.0, -10.0, 4.0, -1.0];

#[track_caller]
fn check(formula: &str, expected: [f64; 5]) {
    let trace = Trace::new(1.0, &[("x", &X), ("y", &Y)]).unwrap();
    assert_eq!(Formula::parse(formula).unwrap().robustness(&trace).unwrap(), expected, "{formula}");
}

/// Repeat values computed with RTAMT 0.4.10 and derived by hand, to the bit.
#[test]
fn discrete_values_are_met() {
    check("G(x>=0)", [-2.0, -2.0, -2.0, -1.0, -1.0]);
    check("F(x>=0)", [100.0, 5.0, 5.0, 5.0, -1.0]);
    check("G[0,2](x>=0)", [-2.0, -2.0, -2.0, -1.0, -1.0]);
    check("once[0,1](x>=0)", [100.0, 100.0, -1.0, 5.0, 5.0]);
    check("(x>=0) U[0,2] (y>=3)", [17.0, -1.0, -2.0, 1.0, -4.0]);
    check("abs(x)<=3", [-97.0, 2.0, 1.0, -2.0, 2.0]);
    check("(x>=0) and (y>=0)", [20.0, -1.0, -10.0, 4.0, -1.0]);
    check("next(x>=0)", [-1.0, -2.0, 5.0, -1.0, f64::INFINITY]);
    check("rise(x>=0)", [100.0, -100.0, -2.0, 2.0, -5.0]);
    check("G((x>=0) -> F[0,2](y>=0))", [1.0; 5]);
}

/// Leave the witness's instant out of the inner infimum of `since`: the other reading gives 20, −1, −2, 4, −1.
#[test]
fn since_is_not_inclusive() {
    check("(x>=0) since[0,3] (y>=0)", [20.0, 2.0, -2.0, 4.0, -1.0]);
}

/// Repeat values of continuous time computed with RTAMT 0.4.10.
#[test]
fn dense_values_are_met() {
    let x = Steps::new("x", &[(0.0, 3.0), (1.0, -1.0), (2.5, 2.0), (4.0, 5.0), (5.0, 5.0)]).unwrap();
    let y = Steps::new("y", &[(0.0, -2.0), (2.0, 1.0), (3.0, -4.0), (5.0, -4.0)]).unwrap();
    let check = |formula: &str, expected: &[(f64, f64)]| {
        let found = Formula::parse(formula).unwrap().robustness_dense(&[("x", &x), ("y", &y)]).unwrap();
        assert_eq!(found.pairs(), expected, "{formula}");
    };
    check("G[0,1](x>=0)", &[(0.0, -1.0), (2.5, 2.0), (4.0, 5.0)]);
    check("F[0,1](x>=0)", &[(0.0, 3.0), (1.0, -1.0), (1.5, 2.0), (3.0, 5.0)]);
    check("G(x>=0)", &[(0.0, -1.0), (2.5, 2.0), (4.0, 5.0)]);
    check("(x>=0)U[0,3](y>=0)", &[(0.0, -1.0), (2.5, 1.0), (3.0, -4.0)]);
    assert!(matches!(Formula::parse("next(x>=0)").unwrap().robustness_dense(&[("x", &x)]), Err(LogicError::Discrete { .. })));
}

/// Refuse NaN, uneven and repeated stamps, missing signals, windows between samples and divisions by zero.
#[test]
fn hostile_traces_are_refused() {
    assert!(Trace::new(1.0, &[("x", &[1.0, f64::NAN])]).is_err() && Trace::new(0.0, &[("x", &X)]).is_err());
    assert!(Trace::new(1.0, &[("x", &X), ("y", &Y[..4])]).is_err() && Trace::new(1.0, &[("x", &[])]).is_err());
    assert!(
        check_uniform(&[0.0, 1.0, 1.0]).is_err() && check_uniform(&[0.0, 1.0, 3.0]).is_err() && check_uniform(&[0.0, f64::NAN]).is_err()
    );
    assert!((check_uniform(&[0.0, 0.1, 0.2]).unwrap() - 0.1).abs() < 1e-12);
    let trace = Trace::new(1.0, &[("x", &X)]).unwrap();
    let fails = |text: &str| Formula::parse(text).unwrap().robustness(&trace).is_err();
    assert!(fails("y > 0") && fails("G[0,0.5] x > 0") && fails("1 / (x - x) > 0"));
    assert!(Steps::new("x", &[(0.0, 1.0), (0.0, 2.0)]).is_err() && Steps::new("x", &[(0.0, f64::INFINITY)]).is_err());
}

/// Say "true", "false" and "not yet" at the right samples.
#[test]
fn verdicts_have_three_values() {
    let watch = |text: &str, samples: &[f64]| -> Vec<Option<bool>> {
        let mut monitor = OnlineMonitor::new(Formula::parse(text).unwrap(), 1.0, Watch::Start).unwrap();
        samples.iter().map(|x| monitor.push(&[*x]).unwrap().verdict()).collect()
    };
    assert_eq!(watch("G x>=0", &[1.0, 2.0, -1.0, 5.0]), [None, None, Some(false), Some(false)]);
    assert_eq!(watch("F x>=0", &[-1.0, -2.0, 1.0]), [None, None, Some(true)]);
    assert_eq!(watch("G[0,2] x>=0", &[1.0, 2.0, 3.0, -4.0]), [None, None, Some(true), Some(true)]);
    assert_eq!(watch("G (x>=3 -> F[0,1] x<=0)", &[1.0, 4.0, 2.0, -1.0]), [None, None, Some(false), Some(false)]);
    assert_eq!(watch("(x>=0) U (x>=5)", &[1.0, 2.0, 6.0]), [None, None, Some(true)]);
    assert_eq!(watch("(x>=0) U (x>=5)", &[1.0, -2.0]), [None, Some(false)]);
    let mut monitor = OnlineMonitor::new(Formula::parse("G x>=0").unwrap(), 1.0, Watch::Start).unwrap();
    assert!(monitor.push(&[f64::NAN]).is_err() && monitor.push(&[]).is_err() && monitor.count() == 0);
    assert_eq!(monitor.push(&[2.0]).unwrap(), Bounds { lower: f64::NEG_INFINITY, upper: 2.0 });
}

/// Robustness straight from the definitions, quadratic and recursive.
fn brute(formula: &str, x: &[f64], y: &[f64], i: usize) -> f64 {
    let (p, q) = (|k: usize| x[k], |k: usize| y[k]);
    let n = x.len();
    let ahead = |a: usize, b: usize| (i + a)..(i + b + 1).min(n).max(i + a);
    match formula {
        "(x>=0) U[1,3] (y>=0)" => {
            ahead(1, 3).filter(|t| *t < n).map(|t| (i..t).map(p).fold(q(t), f64::min)).fold(f64::NEG_INFINITY, f64::max)
        }
        "(x>=0) S[1,3] (y>=0)" => {
            (i.saturating_sub(3)..=i).filter(|t| *t < i).map(|t| (t + 1..=i).map(p).fold(q(t), f64::min)).fold(f64::NEG_INFINITY, f64::max)
        }
        "(x>=0) S (y>=0)" => (0..=i).map(|t| (t + 1..=i).map(p).fold(q(t), f64::min)).fold(f64::NEG_INFINITY, f64::max),
        "(x>=0) S[2,inf] (y>=0)" => {
            (0..=i).filter(|t| t + 2 <= i).map(|t| (t + 1..=i).map(p).fold(q(t), f64::min)).fold(f64::NEG_INFINITY, f64::max)
        }
        "(x>=0) U (y>=0)" => (i..n).map(|t| (i..t).map(p).fold(q(t), f64::min)).fold(f64::NEG_INFINITY, f64::max),
        _ => unreachable!(),
    }
}

const BRUTE: [&str; 5] = ["(x>=0) U[1,3] (y>=0)", "(x>=0) S[1,3] (y>=0)", "(x>=0) S (y>=0)", "(x>=0) S[2,inf] (y>=0)", "(x>=0) U (y>=0)"];

const ONLINE: [&str; 16] = [
    "G[0,3](x>=0)",
    "F[1,3](x>=0) and not (y>=1)",
    "(x>=0) U[1,3] (y>=0)",
    "(x>=0) U (y>=0)",
    "G(x>=0 -> F[0,2] y>=0)",
    "F(G[0,1] x>=0)",
    "G(F(x>=0))",
    "once(x>=0) -> historically[1,2](y>=0)",
    "once[2,inf] x>=0",
    "(x>=0) S (y>=0)",
    "(x>=0) S[1,3] (F[0,2] y>=0)",
    "(x>=0) S[2,inf] (y>=0)",
    "rise(x>=0) or fall(F[0,1] y>=0)",
    "next(prev(x>=0)) xor y>=0",
    "(F[0,2] x>=0) iff (G[0,1] y>=0)",
    "historically(F[0,2] x>=0)",
];

proptest! {
    /// Agree with the definitions.
    #[test]
    fn untils_agree_with_their_definition(cases in proptest::collection::vec((-5_i32..6, -5_i32..6), 1..25)) {
        let (x, y): (Vec<f64>, Vec<f64>) = cases.into_iter().map(|(a, b)| (f64::from(a), f64::from(b))).unzip();
        let trace = Trace::new(1.0, &[("x", &x), ("y", &y)]).unwrap();
        for text in BRUTE {
            let found = Formula::parse(text).unwrap().robustness(&trace).unwrap();
            for (i, found) in found.iter().enumerate() {
                prop_assert_eq!(*found, brute(text, &x, &y, i), "{} at {}", text, i);
            }
        }
    }

    /// Hold every continuation within the bounds, and let final values be those of the whole trace.
    #[test]
    fn online_bounds_hold(cases in proptest::collection::vec((-5_i32..6, -5_i32..6), 1..120), cut in 1_usize..120) {
        let (x, y): (Vec<f64>, Vec<f64>) = cases.into_iter().map(|(a, b)| (f64::from(a), f64::from(b))).unzip();
        let cut = cut.min(x.len());
        for text in ONLINE {
            let formula = Formula::parse(text).unwrap();
            let whole = formula.robustness(&Trace::new(1.0, &[("x", &x), ("y", &y)]).unwrap()).unwrap();
            let mut start = OnlineMonitor::new(formula.clone(), 1.0, Watch::Start).unwrap();
            let mut every = OnlineMonitor::new(formula.clone(), 1.0, Watch::Every).unwrap();
            for i in 0..x.len() {
                let sample: Vec<f64> = formula.variables().iter().map(|v| if v == "x" { x[i] } else { y[i] }).collect();
                let bounds = start.push(&sample).unwrap();
                prop_assert!(bounds.lower <= whole[0] && whole[0] <= bounds.upper, "{} {:?} {} at {}", text, bounds, whole[0], i);
                let now = every.push(&sample).unwrap();
                prop_assert!(now.lower <= whole[i] && whole[i] <= now.upper, "{} {:?} {} at {}", text, now, whole[i], i);
                while let Some((index, value)) = every.next_final() {
                    prop_assert_eq!(value, whole[index as usize], "{} at {}", text, index);
                }
                // The bounds also hold the clipped trace that ends here.
                if i + 1 == cut {
                    let short = formula.robustness(&Trace::new(1.0, &[("x", &x[..cut]), ("y", &y[..cut])]).unwrap()).unwrap();
                    prop_assert!(bounds.lower <= short[0] && short[0] <= bounds.upper, "{} {:?} {}", text, bounds, short[0]);
                }
            }
        }
    }
}
