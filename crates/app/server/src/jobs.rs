//! Long work: asked for once, done in a thread of its own, looked at until it is over. It outlives the page that asked.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

/// Jobs at the same time.
const RUNNING_MAX: usize = 2;
/// Jobs that are remembered; the oldest that is over goes first.
const KEPT_MAX: usize = 100;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    Running,
    Done,
    Failed,
    Cancelled,
}

/// What a job's thread shares with those who look at it.
pub(crate) struct Progress {
    done: AtomicU32,
    pub stop: AtomicBool,
}

impl Progress {
    pub fn reached(&self, done: u32) {
        self.done.fetch_max(done, Ordering::Relaxed);
    }
}

struct Entry {
    id: u32,
    kind: &'static str,
    of: u32,
    state: JobState,
    result: Value,
    progress: Arc<Progress>,
}

/// A job as others see it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Job {
    pub id: u32,
    pub kind: &'static str,
    pub state: JobState,
    /// Parts that are finished, of how many.
    pub done: u32,
    pub of: u32,
    /// What came of it: a document, or the reason in words; null before the end.
    pub result: Value,
}

/// The list, to be shared.
#[derive(Clone, Default)]
pub(crate) struct Jobs(Arc<Mutex<Vec<Entry>>>);

impl Jobs {
    /// Begin a job of `of` parts.
    ///
    /// # Errors
    /// Too many run already.
    pub fn start(
        &self,
        kind: &'static str,
        of: u32,
        work: impl FnOnce(&Progress) -> Result<Value, String> + Send + 'static,
    ) -> Result<Job, String> {
        let mut list = self.lock();
        if list.iter().filter(|entry| entry.state == JobState::Running).count() >= RUNNING_MAX {
            return Err(format!("{RUNNING_MAX} jobs run already: wait for one or cancel it"));
        }
        let id = list.last().map_or(1, |last| last.id + 1);
        let progress = Arc::new(Progress { done: AtomicU32::new(0), stop: AtomicBool::new(false) });
        let (jobs, shared) = (self.clone(), Arc::clone(&progress));
        let thread = std::thread::Builder::new().name(format!("job {id}"));
        let started = thread.spawn(move || {
            let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&shared)));
            jobs.ended(id, end.unwrap_or_else(|_| Err("the job broke down; what was finished before is kept".into())));
        });
        started.map_err(|e| e.to_string())?;
        let entry = Entry { id, kind, of, state: JobState::Running, result: Value::Null, progress };
        let begun = seen(&entry);
        list.push(entry);
        if list.len() > KEPT_MAX
            && let Some(oldest) = list.iter().position(|entry| entry.state != JobState::Running)
        {
            list.remove(oldest);
        }
        Ok(begun)
    }

    fn ended(&self, id: u32, end: Result<Value, String>) {
        let mut list = self.lock();
        let Some(entry) = list.iter_mut().find(|entry| entry.id == id) else { return };
        (entry.state, entry.result) = match end {
            Ok(result) => (JobState::Done, result),
            Err(_) if entry.progress.stop.load(Ordering::Relaxed) => (JobState::Cancelled, Value::Null),
            Err(what) => (JobState::Failed, what.into()),
        };
    }

    /// Ask a job to stop; what it is then.
    pub fn cancel(&self, id: u32) -> Option<Job> {
        let list = self.lock();
        let entry = list.iter().find(|entry| entry.id == id)?;
        entry.progress.stop.store(true, Ordering::Relaxed);
        Some(seen(entry))
    }

    pub fn get(&self, id: u32) -> Option<Job> {
        self.lock().iter().find(|entry| entry.id == id).map(seen)
    }

    pub fn all(&self) -> Vec<Job> {
        self.lock().iter().map(seen).collect()
    }

    /// The server ends: nobody waits for what is left.
    pub fn stop_all(&self) {
        for entry in self.lock().iter() {
            entry.progress.stop.store(true, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seen(entry: &Entry) -> Job {
    let done = if entry.state == JobState::Done { entry.of } else { entry.progress.done.load(Ordering::Relaxed).min(entry.of) };
    Job { id: entry.id, kind: entry.kind, state: entry.state, done, of: entry.of, result: entry.result.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(jobs: &Jobs, id: u32) -> Job {
        loop {
            let job = jobs.get(id).unwrap();
            if job.state != JobState::Running {
                return job;
            }
            std::thread::yield_now();
        }
    }

    /// End in a result, a reason, or a cancellation; a job that panics fails alone.
    #[test]
    fn jobs_end() {
        let jobs = Jobs::default();
        let good = jobs
            .start("a", 3, |p| {
                p.reached(2);
                Ok(7.into())
            })
            .unwrap()
            .id;
        let good = wait(&jobs, good);
        assert_eq!((good.state, good.done, good.result), (JobState::Done, 3, 7.into()));
        let bad = jobs.start("b", 1, |_| Err("no".into())).unwrap().id;
        assert_eq!((wait(&jobs, bad).state, wait(&jobs, bad).result), (JobState::Failed, "no".into()));
        let wild = jobs.start("c", 1, |_| panic!("wild")).unwrap().id;
        assert_eq!(wait(&jobs, wild).state, JobState::Failed);
        let endless = |p: &Progress| {
            while !p.stop.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            Err("stopped".into())
        };
        let (one, two) = (jobs.start("d", 1, endless).unwrap().id, jobs.start("d", 1, endless).unwrap().id);
        assert!(jobs.start("d", 1, endless).unwrap_err().contains("run already"));
        jobs.cancel(one).unwrap();
        assert_eq!(wait(&jobs, one).state, JobState::Cancelled);
        jobs.stop_all();
        assert_eq!(wait(&jobs, two).state, JobState::Cancelled);
        assert!(jobs.cancel(99).is_none() && jobs.all().len() == 5);
    }
}
