//! Cases evaluated once, on all cores, and remembered.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::journal::{Journal, Key, Known};
use super::{Evaluation, Problem, evaluate};
use crate::RunError;

/// Told how many cases have been evaluated, those of the journal among them.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// Evaluates cases. What is asked for twice is run once; what a journal holds is not run at all.
pub struct Runner<'a> {
    problem: &'a Problem,
    known: Mutex<Known>,
    journal: Mutex<Option<Journal>>,
    fault: Mutex<Option<RunError>>,
    stop: &'a AtomicBool,
    progress: Progress<'a>,
    count: AtomicU64,
    simulated: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of a case is contained inside of it; the map is whole at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(u: &[f64]) -> Key {
    u.iter().map(|x| x.to_bits()).collect()
}

impl<'a> Runner<'a> {
    /// A runner without a journal.
    #[must_use]
    pub fn new(problem: &'a Problem, progress: Progress<'a>, stop: &'a AtomicBool) -> Self {
        Self {
            problem,
            known: Mutex::new(Known::new()),
            journal: Mutex::new(None),
            fault: Mutex::new(None),
            stop,
            progress,
            count: AtomicU64::new(0),
            simulated: AtomicU64::new(0),
        }
    }

    /// The same with a journal: what is in it is not run again. `job` names problem, plan and version.
    ///
    /// # Errors
    /// [`RunError::Journal`] when it belongs to another job, is damaged, in use, or cannot be written.
    pub fn with_journal(self, path: &Path, job: &str) -> Result<Self, RunError> {
        let (journal, known) = Journal::open(path, job)?;
        self.count.store(known.len() as u64, Ordering::Relaxed);
        (self.progress)(known.len() as u64);
        *lock(&self.known) = known;
        *lock(&self.journal) = Some(journal);
        Ok(self)
    }

    /// What is run.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        self.problem
    }

    /// Cases that were run here, not taken from a journal.
    #[must_use]
    pub fn simulated(&self) -> u64 {
        self.simulated.load(Ordering::Relaxed)
    }

    /// Whether the caller asked to stop, or the journal cannot be written.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || lock(&self.fault).is_some()
    }

    /// Run those of the cases that are not known yet, on all cores.
    pub fn prepare(&self, points: &[Vec<f64>]) {
        let fresh: Vec<&Vec<f64>> = {
            let known = lock(&self.known);
            points.iter().filter(|u| !known.contains_key(&key(u))).collect()
        };
        fresh.into_par_iter().for_each(|u| {
            self.at(u);
        });
    }

    /// The evaluation of a case; none once the caller asked to stop and it is not known.
    pub fn at(&self, u: &[f64]) -> Option<Evaluation> {
        let own = key(u);
        if let Some(found) = lock(&self.known).get(&own) {
            return Some(found.clone());
        }
        if self.stopped() {
            return None;
        }
        let evaluation = evaluate(self.problem, u);
        self.simulated.fetch_add(1, Ordering::Relaxed);
        if lock(&self.known).insert(own.clone(), evaluation.clone()).is_none() {
            if let Some(journal) = lock(&self.journal).as_mut()
                && let Err(error) = journal.append(&own, &evaluation)
            {
                *lock(&self.fault) = Some(error);
            }
            (self.progress)(self.count.fetch_add(1, Ordering::Relaxed) + 1);
        }
        Some(evaluation)
    }

    /// The journal's fault, once.
    ///
    /// # Errors
    /// [`RunError::Journal`] when it could not be written.
    pub fn check(&self) -> Result<(), RunError> {
        lock(&self.fault).take().map_or(Ok(()), Err)
    }
}
