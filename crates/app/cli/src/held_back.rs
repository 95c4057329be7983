//! How well the end of a record is predicted by a twin who learnt from its beginning.

use proband_twin::{Calibration, Drift, Interval};

use crate::text_table::{Align, TextTable};
use crate::wave_readings::WaveReadings;

/// One value: learnt, shown by the twin, and what came.
#[derive(Clone, Debug, serde::Serialize)]
struct Row {
    name: String,
    learnt: f64,
    shown: f64,
    predicted: Interval,
    came: f64,
    /// (Shown − learnt) / learnt, (predicted − came) / came.
    shown_off: f64,
    predicted_off: f64,
    inside: bool,
}

/// The end of a record beside its prediction.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct HeldBack {
    learnt_s: f64,
    later_s: f64,
    rows: Vec<Row>,
}

impl HeldBack {
    /// `outcome`: of the beginning alone.
    pub(crate) fn new(outcome: &Calibration, part: &WaveReadings, later: &WaveReadings) -> Self {
        let row = |reading: &proband_twin::Reading| {
            let name = reading.name.as_str();
            let came = later.readings.iter().find(|r| r.name == name)?;
            let spread = part.spread.iter().find(|s| s.0 == name).map_or(0.0, |s| s.1);
            let drift = Drift { spread, learnt_s: part.length_s, later_s: later.length_s };
            let predicted = outcome.later(name, came.sd, &drift)?;
            let shown = outcome.shows(name)?.median;
            Some(Row {
                name: name.to_owned(),
                learnt: reading.value,
                shown,
                predicted,
                came: came.value,
                shown_off: shown / reading.value - 1.0,
                predicted_off: predicted.median / came.value - 1.0,
                inside: predicted.holds(came.value),
            })
        };
        Self { learnt_s: part.length_s, later_s: later.length_s, rows: part.readings.iter().filter_map(row).collect() }
    }

    pub(crate) fn text(&self) -> String {
        let mut table = TextTable::new(&[
            ("kept back", Align::Left),
            ("learnt", Align::Right),
            ("shown", Align::Right),
            ("off [%]", Align::Right),
            ("predicted, 90 %", Align::Left),
            ("came", Align::Right),
            ("off [%]", Align::Right),
            ("", Align::Left),
        ]);
        for r in &self.rows {
            table.row([
                r.name.clone(),
                format!("{:.2}", r.learnt),
                format!("{:.2}", r.shown),
                format!("{:+.1}", 100.0 * r.shown_off),
                format!("{:.2} to {:.2}", r.predicted.low_90, r.predicted.high_90),
                format!("{:.2}", r.came),
                format!("{:+.1}", 100.0 * r.predicted_off),
                if r.inside { String::new() } else { "outside".into() },
            ]);
        }
        format!("\nlearnt from the first {:.0} s alone, the {:.0} s after them predicted:\n{table}\n", self.learnt_s, self.later_s)
    }
}
