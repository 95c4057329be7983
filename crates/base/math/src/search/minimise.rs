//! A failing case made as small as it can be.

use serde::{Deserialize, Serialize};

use super::SearchError;
use super::error::in_range;

/// A smaller case that still fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Minimised {
    /// Disturbances; steps that are not needed hold 0, the mode. Shape [step count][disturbance count].
    pub disturbances: Vec<Vec<f64>>,
    /// Single disturbances that are not 0.
    pub active_count: u32,
    /// Runs made.
    pub runs: u64,
    /// Whether no single disturbance can be left out any more; false when the runs were used up before.
    pub minimal: bool,
}

/// Remove disturbances (set them to the mode, 0) by delta debugging, then shrink the rest one by one, while `fails` says yes.
///
/// # Source
/// Zeller & Hildebrandt 2002, IEEE Trans Softw Eng 28:183–200.
/// # Errors
/// [`SearchError::NoFailure`] when the case given does not fail, [`SearchError::OutOfRange`] for a limit of 0 runs.
pub fn minimise_failure(
    disturbances: &[Vec<f64>],
    run_max: u64,
    fails: &mut dyn FnMut(&[Vec<f64>]) -> bool,
) -> Result<Minimised, SearchError> {
    in_range("runs", run_max as f64, 1.0, 1e15)?;
    let mut case = Case { now: disturbances.to_vec(), runs: 1, run_max, fails };
    if !(case.fails)(disturbances) {
        return Err(SearchError::NoFailure);
    }
    let mut active: Vec<(usize, usize)> = Vec::new();
    for (step, values) in disturbances.iter().enumerate() {
        active.extend(values.iter().enumerate().filter(|(_, v)| **v != 0.0).map(|(place, _)| (step, place)));
    }
    // Pieces are left out, ever finer, until no single one can be.
    let mut pieces = 2_usize;
    let mut minimal = active.is_empty();
    while !active.is_empty() && case.runs < run_max {
        let length = active.len();
        let removed = (0..pieces.min(length)).find_map(|piece| {
            let (first, last) = (piece * length / pieces, (piece + 1) * length / pieces);
            (first < last && case.without(&active[first..last])).then_some((first, last))
        });
        match removed {
            Some((first, last)) => {
                active.drain(first..last);
                pieces = (pieces - 1).max(2);
                minimal = active.is_empty();
            }
            None if pieces >= length => {
                minimal = case.runs < run_max;
                break;
            }
            None => pieces = (2 * pieces).min(length),
        }
    }
    // What is needed may be needed less: bisection towards 0, the greatest first.
    active.sort_by(|a, b| disturbances[b.0][b.1].abs().total_cmp(&disturbances[a.0][a.1].abs()).then(a.cmp(b)));
    for place in &active {
        case.shrink(*place);
    }
    Ok(Minimised { active_count: active.len() as u32, disturbances: case.now, runs: case.runs, minimal })
}

struct Case<'a> {
    now: Vec<Vec<f64>>,
    runs: u64,
    run_max: u64,
    fails: &'a mut dyn FnMut(&[Vec<f64>]) -> bool,
}

impl Case<'_> {
    /// Leave out some disturbances if the case then still fails.
    fn without(&mut self, places: &[(usize, usize)]) -> bool {
        let mut next = self.now.clone();
        places.iter().for_each(|(step, place)| next[*step][*place] = 0.0);
        self.keep(next)
    }

    fn shrink(&mut self, (step, place): (usize, usize)) {
        let full = self.now[step][place];
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..10 {
            let middle = 0.5 * (low + high);
            let mut next = self.now.clone();
            next[step][place] = middle * full;
            if self.keep(next) { high = middle } else { low = middle }
        }
    }

    fn keep(&mut self, next: Vec<Vec<f64>>) -> bool {
        if self.runs >= self.run_max {
            return false;
        }
        self.runs += 1;
        let fails = (self.fails)(&next);
        if fails {
            self.now = next;
        }
        fails
    }
}
