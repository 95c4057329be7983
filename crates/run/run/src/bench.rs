//! How fast a whole draw runs, and where the time goes.

use proband_scene::{Stage, Stopwatch};

use crate::{Rehearsal, RehearsalSpec, RunError};

/// A clock of the caller's: seconds since any fixed moment.
pub type BenchClock<'a> = &'a mut dyn FnMut() -> f64;

/// Time spent in one stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageTime {
    /// Which stage.
    pub stage: Stage,
    /// Time in it over the whole run [s].
    pub seconds: f64,
}

/// Result of a timed draw.
#[derive(Clone, Debug, PartialEq)]
pub struct BenchReport {
    /// Patient time [s].
    pub patient_s: f64,
    /// Time on the clock, set-up and closing of the record included [s].
    pub wall_s: f64,
    /// Set-up: drawing the patient, building the models [s].
    pub setup_s: f64,
    /// Closing the record: tables and PNG pictures, without the disk [s].
    pub closing_s: f64,
    /// Ticks.
    pub tick_count: u64,
    /// Where the ticks' time went, measured in a second run: a clock read at every stage costs time itself.
    pub stages: Vec<StageTime>,
    /// Whether the draw succeeded, so that nobody times a robot that gave up.
    pub first_stick_success: bool,
}

impl BenchReport {
    /// Patient time over clock time.
    #[must_use]
    pub fn speed_factor(&self) -> f64 {
        self.patient_s / self.wall_s
    }

    /// Ticks per second of clock time.
    #[must_use]
    pub fn ticks_per_second(&self) -> f64 {
        self.tick_count as f64 / self.wall_s
    }
}

struct Laps<'a> {
    clock: BenchClock<'a>,
    last: f64,
    seconds: [f64; Stage::ALL.len()],
}

impl Stopwatch for Laps<'_> {
    fn lap(&mut self, stage: Stage) {
        let now = (self.clock)();
        self.seconds[stage as usize] += now - self.last;
        self.last = now;
    }
}

/// Time one rehearsal from twin to closed record, then run it again with a lap per stage.
///
/// # Errors
/// [`RunError`] when the rehearsal cannot be set up or closed.
pub fn bench_venipuncture(spec: &RehearsalSpec, clock: BenchClock<'_>) -> Result<BenchReport, RunError> {
    let start = clock();
    let mut rehearsal = Rehearsal::new(spec)?;
    let ready = clock();
    while !rehearsal.advance(10_000) {}
    let tick_count = rehearsal.scene().tick_count();
    let ran = clock();
    let finished = rehearsal.finish()?;
    let end = clock();

    let mut timed = Rehearsal::new(spec)?;
    let mut laps = Laps { last: clock(), clock, seconds: [0.0; Stage::ALL.len()] };
    while !timed.advance_timed(10_000, &mut laps) {}
    let stages = Stage::ALL.into_iter().map(|stage| StageTime { stage, seconds: laps.seconds[stage as usize] }).collect();
    Ok(BenchReport {
        patient_s: finished.time_s,
        wall_s: end - start,
        setup_s: ready - start,
        closing_s: end - ran,
        tick_count,
        stages,
        first_stick_success: finished.outcome.first_stick_success,
    })
}
