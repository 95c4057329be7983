//! A scene that somebody watches and steers: step, save, rewind, branch.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use proband_core::Digest;
use proband_procedure::Venipuncture;
use proband_scene::{NoStopwatch, Scene, TickLog, TickSignals};

use super::order::{Order, Orders, TimedOrder};
use super::record::{ORDER_COUNT_MAX, SESSION_FORMAT, SessionRecord};
use super::shared::{SharedControl, SharedView};
use crate::{Rehearsal, RehearsalSpec, RunError};

/// Ticks between two saved states: two seconds of the patient's time.
pub const SAVE_EVERY_TICKS: u64 = 2_000;
/// Saved states that are kept; beyond it every second one of the older half goes.
const SAVE_COUNT_MAX: usize = 400;

/// A scene with a robot and a person at its controls.
pub struct LiveSession {
    spec: RehearsalSpec,
    scene: Scene,
    orders: Orders,
    view: Arc<Mutex<SharedView>>,
    saves: BTreeMap<u64, Vec<u8>>,
    signals: Option<TickSignals>,
}

impl LiveSession {
    /// Draw the patient and set up the room with the built-in controller in command.
    ///
    /// # Errors
    /// [`RunError`] when twin or equipment are refused.
    pub fn new(spec: RehearsalSpec) -> Result<Self, RunError> {
        let orders = Orders::default();
        let control = control(&spec, orders.clone())?;
        let view = control.view();
        let scene = spec.scene(spec.truth()?, Box::new(control))?;
        let saves = BTreeMap::from([(0, scene.save()?)]);
        Ok(Self { spec, scene, orders, view, saves, signals: None })
    }

    /// The scene, to look at.
    #[must_use]
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// What sensors and controls show.
    #[must_use]
    pub fn view(&self) -> Arc<Mutex<SharedView>> {
        Arc::clone(&self.view)
    }

    /// True signals of the last tick; none before the first and just after a rewind to the start.
    #[must_use]
    pub fn signals(&self) -> Option<&TickSignals> {
        self.signals.as_ref()
    }

    /// Patient, room and seed: all that decides what happens besides the orders.
    #[must_use]
    pub fn spec(&self) -> &RehearsalSpec {
        &self.spec
    }

    /// Advance by at most `ticks` and show each tick's signals and log. Returns the ticks that were made: fewer at the end.
    ///
    /// # Errors
    /// [`RunError::Scene`] when a state cannot be saved.
    pub fn advance(&mut self, ticks: u64, see: &mut dyn FnMut(&TickSignals, &TickLog)) -> Result<u64, RunError> {
        for made in 0..ticks {
            if self.scene.finished() {
                return Ok(made);
            }
            let signals = self.scene.step(&mut NoStopwatch);
            see(&signals, self.scene.log());
            self.signals = Some(signals);
            if self.scene.tick_count().is_multiple_of(SAVE_EVERY_TICKS) {
                self.keep_save()?;
            }
        }
        Ok(ticks)
    }

    fn keep_save(&mut self) -> Result<(), RunError> {
        self.saves.insert(self.scene.tick_count(), self.scene.save()?);
        if self.saves.len() > SAVE_COUNT_MAX {
            let older: Vec<u64> = self.saves.keys().copied().skip(1).take(SAVE_COUNT_MAX / 2).step_by(2).collect();
            for tick in older {
                self.saves.remove(&tick);
            }
        }
        Ok(())
    }

    /// Give an order. It acts in the next tick, whose number is returned.
    ///
    /// # Errors
    /// [`RunError::Session`] when the command is one that the room does not carry out, the scene is over, or there were too many orders.
    pub fn give(&mut self, order: Order) -> Result<u64, RunError> {
        if let Order::Command(command) = &order
            && let Some((name, value)) = proband_scene::command_refusal(command)
        {
            return Err(RunError::Session { what: format!("`{name}` = {value} is not carried out") });
        }
        if self.scene.finished() {
            return Err(RunError::Session { what: "the procedure is over; rewind to go on".into() });
        }
        if self.orders.count() >= ORDER_COUNT_MAX {
            return Err(RunError::Session { what: format!("more than {ORDER_COUNT_MAX} orders") });
        }
        let tick = self.scene.tick_count() + 1;
        if !self.orders.push(TimedOrder { tick, order }) {
            return Err(RunError::Session { what: format!("tick {tick} lies before the last order") });
        }
        Ok(tick)
    }

    /// Go back to a tick. Orders that acted later are forgotten: take [`LiveSession::record`] before, if they matter.
    ///
    /// # Errors
    /// [`RunError::Session`] when the tick lies ahead.
    pub fn rewind(&mut self, tick: u64) -> Result<(), RunError> {
        let now = self.scene.tick_count();
        if tick > now {
            return Err(RunError::Session { what: format!("tick {tick} lies ahead of tick {now}") });
        }
        // The state at tick 0 is never thrown away.
        let Some((&from, bytes)) = self.saves.range(..=tick).next_back() else {
            return Err(RunError::Session { what: "the beginning is not saved".into() });
        };
        self.scene.restore(bytes)?;
        self.orders.truncate_after(tick);
        self.saves.split_off(&(tick + 1));
        self.signals = None;
        self.advance(tick - from, &mut |_, _| {})?;
        Ok(())
    }

    /// The session so far, to replay.
    ///
    /// # Errors
    /// [`RunError::Scene`] when the state cannot be saved.
    pub fn record(&self) -> Result<SessionRecord, RunError> {
        Ok(SessionRecord {
            format: SESSION_FORMAT,
            twin: self.spec.twin.person.pseudonym.clone(),
            seed: self.spec.seed,
            patient: self.spec.patient,
            ticks: self.scene.tick_count(),
            digest: Digest::of_bytes(&self.scene.save()?).to_string(),
            // An order that waits for its tick has not acted.
            orders: self.orders.all().into_iter().filter(|order| order.tick <= self.scene.tick_count()).collect(),
        })
    }
}

/// The built-in controller beside a person.
fn control(spec: &RehearsalSpec, orders: Orders) -> Result<SharedControl, RunError> {
    Ok(SharedControl::new(Box::new(Venipuncture::new(spec.controller()?)), orders)?)
}

impl Rehearsal {
    /// A session again, from its beginning: advance it by [`SessionRecord::ticks`] and compare the digests.
    ///
    /// # Errors
    /// [`RunError`] when the record is wrong, belongs to another patient, or twin or equipment are refused.
    pub fn replay(spec: &RehearsalSpec, session: &SessionRecord) -> Result<Self, RunError> {
        session.check()?;
        let wanted = (session.twin.as_str(), session.seed, session.patient);
        let given = (spec.twin.person.pseudonym.as_str(), spec.seed, spec.patient);
        if wanted != given {
            let what = format!(
                "it is of {} with seed {} and number {}, not of {} with {} and {}",
                wanted.0, wanted.1, wanted.2, given.0, given.1, given.2
            );
            return Err(RunError::Session { what });
        }
        let control = control(spec, Orders::of(session.orders.clone()))?;
        Self::with_controller(spec, Box::new(control))
    }
}
