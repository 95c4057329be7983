//! What it costs to calibrate a whole patient, and how much faster than time the live filter is.

use proband_core::Stream;
use proband_physiology::whole::{Acts, Physique, RestingProbe};
use proband_twin::{FACTOR_COUNT, LiveFilter, LiveFrame, LiveModel, Reading, Watch, WholeBelief, calibrate, variant};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "calibration", what: "a whole patient from his monitor, and the live filter", run };

/// Logarithms of the factors of the patient who is looked for.
const TRUTH: [f64; FACTOR_COUNT] = [0.15, -0.2, -0.3, -0.25, 0.05, 0.1, 0.3, 0.1, 0.2];
const READ: [&str; 5] = ["heart_rate_per_min", "systolic_mmhg", "diastolic_mmhg", "mean_mmhg", "breath_rate_per_min"];
/// Pulse 4.2 needs this long for the start of one patient, without any calibration [s].
const PULSE_START_S: f64 = 12.0;
/// Frames of five seconds.
const FRAMES: u32 = 2000;

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let (probe, start) = timed(|| RestingProbe::new(&Physique::reference_man(), &Acts::rest()));
    let probe = probe.map_err(Failure::of)?;
    let himself = variant(probe.himself(), &TRUTH).map_err(Failure::of)?;
    let shown = probe.resting(std::slice::from_ref(&himself)).pop().ok_or(Failure::Bad)?.map_err(Failure::of)?;
    let readings: Result<Vec<Reading>, _> =
        READ.iter().map(|name| Reading::usual(name, shown.get(name).unwrap_or(f64::NAN), "bench")).collect();
    let readings = readings.map_err(Failure::of)?;
    interrupt.check()?;
    let (found, fit) = timed(|| calibrate(&probe, &WholeBelief::prior(), &readings, &mut Stream::new(1, 0, "bench.calibration")));
    let found = found.map_err(Failure::of)?;
    interrupt.check()?;
    let (settled, settle) = timed(|| variant(probe.himself(), &found.after.mean).map(|v| probe.settle(&v)));
    settled.map_err(Failure::of)?.map_err(Failure::of)?;
    let worst = found.readings.iter().map(|r| (r.shown.median / r.reading.value - 1.0).abs()).fold(0.0, f64::max);
    let row = |what: &str, value, unit, against: Option<(&str, f64)>, error: String| Row {
        what: what.into(),
        value,
        unit,
        against: against.map(|(peer, ratio)| (peer.to_owned(), ratio)),
        error,
    };
    let mut rows = vec![
        row(
            "prior, search, 192 runs, sample",
            1e3 * (start.cpu_s + fit.cpu_s),
            "ms",
            None,
            format!("readings shown within {:.1} %", 100.0 * worst),
        ),
        row(
            "the calibrated patient settles",
            1e3 * settle.cpu_s,
            "ms",
            Some(("Pulse 4.2, start of a patient, 12 s", PULSE_START_S / settle.cpu_s.max(1e-9))),
            "trimmed to rest where the readings say".into(),
        ),
    ];
    for (filter, word) in
        [(LiveFilter::Ensemble, "96 members"), (LiveFilter::Unscented, "19 sigma points"), (LiveFilter::Particles, "1500 particles")]
    {
        interrupt.check()?;
        let model = LiveModel::new(&probe, &WholeBelief::prior(), &mut Stream::new(1, 0, "bench.model")).map_err(Failure::of)?;
        let mut watch = Watch::new(model, filter, Stream::new(1, 0, "bench.watch")).map_err(Failure::of)?;
        let mut stream = Stream::new(2, 0, "bench.noise");
        let (mut alarms, mut sum) = (Vec::new(), 0.0);
        let (outcome, time) = timed(|| {
            for i in 0..FRAMES {
                let values = std::array::from_fn(|k| Some(shown.values[k] + stream.normal()));
                let step = watch.step(&LiveFrame { time_s: 5.0 * f64::from(i), values }, &mut alarms)?;
                sum += (step.shown[3] - shown.values[3]).abs() / f64::from(FRAMES);
            }
            Ok::<(), proband_twin::TwinError>(())
        });
        outcome.map_err(Failure::of)?;
        let speed = 5.0 * f64::from(FRAMES) / time.cpu_s.max(1e-9);
        rows.push(row(
            &format!("live filter, {word}"),
            speed,
            "× real time",
            None,
            format!("mean pressure off by {sum:.2} mmHg, noise 1 mmHg"),
        ));
    }
    Ok(Outcome { rows, note: "CPU time of one core; a frame is five seconds of a monitor with a forecast of five minutes.".into() })
}
