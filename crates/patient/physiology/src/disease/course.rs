//! Courses of many who share a disease and differ in their rates: bands.

use proband_core::Stream;

use super::body::{BodyModel, BodySpec};
use super::rates::Rates;
use super::reading::BodyReading;
use crate::PhysiologyError;
use crate::error::check;

/// Most days of one course: a hundred years.
pub const DAY_COUNT_MAX: u32 = 36_525;
/// Quantiles of a band.
pub const BAND_QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// The course of one person: readings on each of the days asked for, shape [day][reading].
///
/// `stream`: the person's own; their rates are drawn from it. `days`: rising. Also says in how many months the solver of
/// glucose failed and kept its state.
///
/// # Errors
/// [`PhysiologyError`] for a specification or days out of range.
pub fn course(spec: &BodySpec, days: &[u32], stream: &mut Stream) -> Result<(Vec<Vec<f64>>, u32), PhysiologyError> {
    let model = BodyModel::new(BodySpec { rates: Rates::sample(stream), ..spec.clone() })?;
    let mut state = model.state();
    let mut rows = Vec::with_capacity(days.len());
    let mut last = 0;
    for day in days {
        check("day", f64::from(*day), f64::from(last), f64::from(DAY_COUNT_MAX), "d")?;
        last = *day;
        while state.day < *day {
            model.step(&mut state);
        }
        rows.push(model.reading(&state).values());
    }
    Ok((rows, state.glucose_failures))
}

/// Quantiles of one reading over people on each day, shape [day][quantile]. `courses`: shape [person][day][reading].
#[must_use]
pub fn bands(courses: &[Vec<Vec<f64>>], reading: usize) -> Vec<[f64; 5]> {
    let day_count = courses.first().map_or(0, Vec::len);
    let at = |day: usize| {
        let mut values: Vec<f64> = courses.iter().map(|c| c[day][reading]).collect();
        values.sort_by(f64::total_cmp);
        BAND_QUANTILES.map(|q| {
            let place = q * (values.len() - 1) as f64;
            let low = place.floor() as usize;
            let high = (low + 1).min(values.len() - 1);
            values[low] + (place - low as f64) * (values[high] - values[low])
        })
    };
    (0..day_count).map(at).collect()
}

/// Index of a reading by name.
#[must_use]
pub fn reading_index(name: &str) -> Option<usize> {
    BodyReading::COLUMNS.iter().position(|c| c.0 == name)
}
