//! Robustness of signal temporal logic: a long trace at once, and sample by sample.

use proband_core::Stream;
use proband_math::logic::{Formula, OnlineMonitor, Trace, Watch};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "stl", what: "robustness of signal temporal logic, a million samples", run };

const RULE: &str = "always ((x >= 1.5) implies (eventually[0,1] (y <= 0.5)))";
/// Samples of 10 ms.
const COUNT: usize = 1_000_000;
const ONLINE_COUNT: usize = 100_000;
/// Time that RTAMT takes per sample online in Python [s]: "around 0.5 ms" (Yamaguchi, Hoxha & Nickovic, arXiv 2501.18608).
const RTAMT_PYTHON_S: f64 = 0.5e-3;

fn run(_: &Interrupt) -> Result<Outcome, Failure> {
    let mut stream = Stream::new(1, 0, "bench.stl");
    let x: Vec<f64> = (0..COUNT).map(|_| stream.normal()).collect();
    let y: Vec<f64> = (0..COUNT).map(|_| stream.normal()).collect();
    let formula = Formula::parse(RULE).map_err(Failure::of)?;
    let trace = Trace::new(0.01, &[("x", &x), ("y", &y)]).map_err(Failure::of)?;
    let (whole, times) = timed(|| formula.robustness(&trace));
    let whole = whole.map_err(Failure::of)?;
    let offline = COUNT as f64 / times.cpu_s;

    // Bounds sample by sample, and every value that became final against the whole trace.
    let inner = Formula::parse("(x >= 1.5) implies (eventually[0,1] (y <= 0.5))").map_err(Failure::of)?;
    let expected = inner.robustness(&trace).map_err(Failure::of)?;
    let mut monitor = OnlineMonitor::new(inner, 0.01, Watch::Every).map_err(Failure::of)?;
    let (worst, times) = timed(|| {
        let mut worst = 0.0_f64;
        for i in 0..ONLINE_COUNT {
            monitor.push(&[x[i], y[i]])?;
            while let Some((index, value)) = monitor.next_final() {
                worst = worst.max((value - expected[index as usize]).abs());
            }
        }
        Ok::<f64, proband_math::logic::LogicError>(worst)
    });
    let worst = worst.map_err(Failure::of)?;
    let online = ONLINE_COUNT as f64 / times.cpu_s;
    let rtamt = |rate: f64| Some(("RTAMT online in Python, published 0.5 ms per sample".to_owned(), rate * RTAMT_PYTHON_S));
    let rows = vec![
        Row {
            what: "whole trace at once".into(),
            value: offline,
            unit: "samples/s",
            against: rtamt(offline),
            error: format!("0: bits of RTAMT's reference traces; here the rule has robustness {:.3}", whole[0]),
        },
        Row {
            what: "online, 101 samples ahead, bounds at each".into(),
            value: online,
            unit: "samples/s",
            against: rtamt(online),
            error: format!("{worst} against the whole trace"),
        },
    ];
    Ok(Outcome { rows, note: format!("{RULE}, 10 ms apart; CPU time of one core. RTAMT's figure is for rules of its own.\n") })
}
