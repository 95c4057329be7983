//! Claims about following a patient beside a monitor.

use proband_core::{Stream, ops};
use proband_physiology::Effects;
use proband_physiology::whole::{Acts, Physique, RestingProbe, Vitals, WholePatient};
use proband_twin::{LiveFilter, LiveFrame, LiveModel, Watch, WholeBelief};

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[Claim { id: "infer-live", case: include_str!("../../../../../verify/infer-live/case.toml"), compute: live }];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

const FILTERS: [LiveFilter; 3] = [LiveFilter::Ensemble, LiveFilter::Unscented, LiveFilter::Particles];
/// A frame lasts 5 s: 100 ticks.
const FRAME_S: f64 = 5.0;
const FRAMES: u32 = 480;
/// Forecasts look 60 frames ahead and are asked every 12, once the filter has had 10 minutes.
const AHEAD: usize = 60;
const PATIENTS: u32 = 8;

#[derive(Default)]
struct Count {
    held: [u32; 3],
    width: [f64; 3],
    asked: u32,
    apart: f64,
}

/// A patient whose resistance and rate walk by `per_s` a root second and return within half an hour.
fn one(patient: &WholePatient, model: &LiveModel, case: u32, count: &mut Count) -> Result<(), String> {
    let mut stream = Stream::new(21, case, "infer.live.truth");
    let per_s = 0.001 * f64::from(1 + case % 4);
    let (mut resistance, mut rate) = (0.0, 0.0);
    let mut watches = Vec::new();
    for filter in FILTERS {
        watches.push(Watch::new(model.clone(), filter, Stream::new(22, case, "infer.live")).map_err(text)?);
    }
    let (mut state, mut acts, mut alarms) = (patient.state(), Acts::rest(), Vec::new());
    let (mut truth, mut bands) = (Vec::new(), Vec::new());
    for i in 0..FRAMES {
        resistance += per_s * FRAME_S.sqrt() * stream.normal() - resistance * FRAME_S / 1800.0;
        rate += per_s * FRAME_S.sqrt() * stream.normal() - rate * FRAME_S / 1800.0;
        let effects = Effects { systemic_resistance: ops::exp(2.0 * resistance), intrinsic_heart_rate: ops::exp(rate), ..Effects::NONE };
        acts.set_effects(&effects);
        let mut mean = [0.0; 4];
        for _ in 0..100 {
            patient.tick(&mut state, &acts);
            let v = Vitals::of(&state);
            for (m, x) in mean.iter_mut().zip([v.heart_rate_per_min, v.systolic_mmhg, v.diastolic_mmhg, v.mean_mmhg]) {
                *m += x / 100.0;
            }
        }
        let seen = mean.map(|x| x + stream.normal());
        let frame = LiveFrame { time_s: FRAME_S * f64::from(i + 1), values: seen.map(Some) };
        let mut row = [[0.0; 3]; 3];
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (watch, band) in watches.iter_mut().zip(&mut row) {
            let step = watch.step(&frame, &mut alarms).map_err(text)?;
            *band = step.forecast_mmhg;
            (low, high) = (low.min(step.shown[3]), high.max(step.shown[3]));
        }
        if i >= 12 {
            count.apart = count.apart.max(high - low);
        }
        truth.push(seen[3]);
        bands.push(row);
    }
    for i in (120..FRAMES as usize - AHEAD).step_by(12) {
        for (filter, [low, _, high]) in bands[i].iter().enumerate() {
            count.held[filter] += u32::from((*low..=*high).contains(&truth[i + AHEAD]));
            count.width[filter] += high - low;
        }
        count.asked += 1;
    }
    Ok(())
}

fn live() -> Result<Vec<Obtained>, String> {
    let probe = RestingProbe::new(&Physique::reference_man(), &Acts::rest()).map_err(text)?;
    let model = LiveModel::new(&probe, &WholeBelief::prior(), &mut Stream::new(20, 0, "infer.live.model")).map_err(text)?;
    let patient = probe.settle(probe.himself()).map_err(text)?;
    let mut count = Count::default();
    for case in 0..PATIENTS {
        one(&patient, &model, case, &mut count)?;
    }
    let asked = f64::from(count.asked.max(1));
    let mut out = Vec::new();
    for (i, filter) in FILTERS.iter().enumerate() {
        let held = f64::from(count.held[i]) / asked;
        out.push(Obtained::new(format!("{filter:?}: bands of 80 % that held the mean pressure, of {}", count.asked), held));
        out.push(Obtained::new(format!("{filter:?}: mean width of the bands"), count.width[i] / asked));
    }
    out.push(Obtained::new("largest difference between what two filters show of the mean pressure", count.apart));
    Ok(out)
}
