//! One patient, one robot, one clock: a tick is patient → robot → needle → sensors → controller → score.

use proband_procedure::{Controller, Note, Phase};
use proband_sensor::{NirFrame, UltrasoundFrame};

use crate::fault::{FAULT_COUNT_MAX, Memory, Seen, memories};
use crate::fem_tissue::{FemTissue, SavedSite};
use crate::model::SceneModel;
use crate::scratch::Scratch;
use crate::spec::{SceneSpec, TICK_S, TissueKind};
use crate::state::SceneState;
use crate::stopwatch::{Stage, Stopwatch};
use crate::tick::{TickLog, TickSignals};
use crate::whole_body::{WholeBody, WholeState};
use crate::{Fault, Layout, SceneError, Trigger};

/// A scene on its clock.
pub struct Scene {
    pub(crate) model: SceneModel,
    pub(crate) state: SceneState,
    pub(crate) scratch: Scratch,
    /// The piece of arm around the needle, if the tissue is made of finite elements.
    pub(crate) fem: Option<FemTissue>,
    pub(crate) log: TickLog,
    pub(crate) faults: Vec<Fault>,
    /// What the faults remember; at the start, and without faults for ever, as `fresh` gives it.
    pub(crate) memories: Vec<Memory>,
    /// The last observation that arrived, while a fault may hold observations back.
    pub(crate) last_seen: Option<Seen>,
    /// Last tick in which a command was refused; 0 for never.
    pub(crate) refused_tick: u64,
    fresh: Vec<Memory>,
    duration_max_s: f64,
    pub(crate) controller: Box<dyn Controller>,
    notes: Vec<Note>,
    pub(crate) whole: Option<WholeBody>,
}

/// What the sensors say at the end of a tick, frames apart.
pub(crate) struct Readings {
    pub force_axial_n: f64,
    pub force_lateral_n: [f64; 2],
    pub impedance_ohm: Option<f64>,
    pub blood_in_hub: bool,
    pub displacement: proband_core::Direction<proband_core::Patient>,
    pub tracker_age_s: f64,
    pub arm_speed_m_s: f64,
    pub nir: Option<NirFrame>,
    pub ultrasound: Option<UltrasoundFrame>,
}

impl Scene {
    /// Put patient, equipment and controller into one room. Nothing has moved yet.
    ///
    /// # Errors
    /// [`SceneError::Part`] with the first part that refuses its specification, [`SceneError::Fault`] with the first fault that does not.
    pub fn new(spec: SceneSpec, controller: Box<dyn Controller>) -> Result<Self, SceneError> {
        if spec.faults.len() > FAULT_COUNT_MAX {
            let what = format!("{} faults; at most {FAULT_COUNT_MAX}", spec.faults.len());
            return Err(SceneError::Fault { what, start: 0, end: 0 });
        }
        spec.faults.iter().try_for_each(Fault::check)?;
        let model = SceneModel::new(&spec)?;
        let fresh = memories(&spec.faults, spec.seed, spec.patient);
        let state = crate::start::initial_state(&spec, &model)?;
        let scratch = Scratch::new(&model);
        let fem = (spec.equipment.tissue == TissueKind::Fem).then(FemTissue::default);
        Ok(Self {
            model,
            state,
            scratch,
            fem,
            log: TickLog::default(),
            memories: fresh.clone(),
            last_seen: None,
            refused_tick: 0,
            fresh,
            faults: spec.faults,
            duration_max_s: spec.duration_max_s,
            controller,
            notes: Vec::new(),
            whole: spec.whole.as_ref().map(WholeBody::new).transpose()?,
        })
    }

    /// Time since the start [s].
    #[must_use]
    pub fn time_s(&self) -> f64 {
        self.state.tick as f64 * TICK_S
    }

    /// Ticks since the start.
    #[must_use]
    pub fn tick_count(&self) -> u64 {
        self.state.tick
    }

    /// Phase of the controller.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.state.phase
    }

    /// Whether the procedure is over, the time is up, or the state is quarantined.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.state.phase.is_final() || self.time_s() >= self.duration_max_s || self.state.quarantined.is_some()
    }

    /// What a monitor at the whole patient shows: once a second, in the tick in which it is new. `None` without one.
    #[must_use]
    pub fn vitals(&self) -> Option<&proband_physiology::whole::Vitals> {
        self.whole.as_ref()?.monitor.as_ref()
    }

    /// What the last tick left for the record.
    #[must_use]
    pub fn log(&self) -> &TickLog {
        &self.log
    }

    /// Fixed poses of the room.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.model.layout
    }

    /// The true arm, for the record and the scorer.
    #[must_use]
    pub fn anatomy(&self) -> &proband_anatomy::Arm {
        &self.model.arm_anatomy
    }

    /// Where the tip is in a vessel, if it is in one: truth.
    #[must_use]
    pub fn lumen(&self) -> Option<proband_tissue::LumenStatus> {
        self.state.needle.lumen
    }

    /// Pieces of arm that were meshed, and the factor by which the last was stiffened to the patient's indentation [1]; `None` when the
    /// tissue is not made of finite elements.
    #[must_use]
    pub fn meshed(&self) -> Option<(u32, f64)> {
        self.fem.as_ref().map(|fem| (fem.meshed_count, fem.stiffening))
    }

    /// Blood [mL]: what left the arm's vessels into tubes and tissue, what was taken from the whole patient's, what his next tick
    /// takes. The first is the sum of the others. `None` without a whole patient.
    #[must_use]
    pub fn blood_balance_ml(&self) -> Option<[f64; 3]> {
        self.whole.as_ref().map(WholeBody::balance_ml)
    }

    /// Blood in the tissue [m³]: truth.
    #[must_use]
    pub fn haematoma_m3(&self) -> f64 {
        self.state.patient.leak_volume_m3
    }

    /// Where the attempts went.
    #[must_use]
    pub fn attempts(&self) -> &[crate::score::AttemptTrack] {
        &self.state.score.attempt_entries
    }

    /// One tick of one millisecond. A quarantined scene does not move.
    pub fn step(&mut self, watch: &mut dyn Stopwatch) -> TickSignals {
        self.log.events.clear();
        self.log.notes.clear();
        self.log.pictures.clear();
        if self.state.quarantined.is_some() {
            return self.signals(None, self.state.patient.displacement_m);
        }
        self.state.tick += 1;
        let before_m = self.state.patient.displacement_m;
        self.fault_stage();
        self.patient_stage();
        watch.lap(Stage::Patient);
        self.robot_stage();
        watch.lap(Stage::Robot);
        self.needle_stage();
        watch.lap(Stage::Needle);
        let readings = self.sensor_stage(watch);
        watch.lap(Stage::Sensors);
        self.controller_stage(&readings);
        watch.lap(Stage::Controller);
        self.score_stage();
        self.check_finite();
        let signals = self.signals(Some(&readings), before_m);
        watch.lap(Stage::Score);
        signals
    }

    fn controller_stage(&mut self, readings: &Readings) {
        let seen = self.seen(readings);
        let seen = self.observation_arrives(seen);
        let observation = seen.observation(self.state.tick, self.time_s(), readings.nir.as_ref(), readings.ultrasound.as_ref());
        let before = self.state.phase;
        if !self.deadline_missed() {
            let asked = self.controller.step(&observation);
            let arrived = self.command_arrives(asked);
            self.carry_out(arrived);
        }
        self.state.phase = self.controller.phase();
        self.controller.take_notes(&mut self.notes);
        let notes = std::mem::take(&mut self.notes);
        for note in notes {
            self.state.score.see_note(&note);
            match note {
                Note::Keep { frame, name, caption, overlays } => {
                    let kept = crate::pictures::keep(frame, &readings.nir, &readings.ultrasound, name, caption, overlays);
                    self.log.pictures.extend(kept);
                }
                other => self.log.notes.push(other),
            }
        }
        if self.state.phase != before {
            self.phase_changed(before);
        }
    }

    fn phase_changed(&mut self, before: Phase) {
        let now = self.time_s();
        for (pending, fault) in self.state.faults.iter_mut().zip(&self.faults) {
            if let Trigger::Phase { phase, delay_s } = fault.trigger
                && phase == self.state.phase
                && pending.at_s.is_infinite()
            {
                pending.at_s = now + delay_s;
            }
        }
        self.score_phase_change(before);
    }

    pub(crate) fn event(&mut self, kind: &str, text: &str, value: f64, unit: &str) {
        self.log.events.push(crate::SceneEvent {
            time_s: self.time_s(),
            kind: kind.into(),
            text: text.into(),
            value,
            unit: unit.into(),
            tip_depth_along_m: self.state.needle.tip_depth_along_m,
        });
    }

    /// Set a state apart that stops being finite.
    fn check_finite(&mut self) {
        let state = &self.state;
        let watched = [
            ("force_axial_n", state.needle.force_axial_n),
            ("site_pressure_pa", state.patient.site_pressure_pa),
            ("area_ratio", state.patient.area_ratio),
            ("volume_m3", state.patient.volume_m3),
            ("driver_m", state.robot.driver_true_m),
            ("displacement_m", state.patient.displacement_m.iter().sum()),
        ];
        if let Some((name, value)) = watched.into_iter().find(|(_, value)| !value.is_finite()) {
            self.state.quarantined = Some((self.state.tick, format!("`{name}` = {value}")));
        }
    }

    /// Everything needed to go on later with the same bits: between two ticks.
    ///
    /// # Errors
    /// [`SceneError::Saved`] when a state cannot be encoded.
    pub fn save(&self) -> Result<Vec<u8>, SceneError> {
        let saved = |e: &dyn std::fmt::Display| SceneError::Saved { what: e.to_string() };
        let controller = self.controller.save().map_err(|e| saved(&e))?;
        let mut bytes = postcard::to_stdvec(&(&self.state, controller, self.scratch.startle)).map_err(|e| saved(&e))?;
        if let Some(fem) = &self.fem {
            bytes.extend(postcard::to_stdvec(&fem.saved()).map_err(|e| saved(&e))?);
        }
        if self.memories != self.fresh || self.last_seen.is_some() || self.refused_tick > 0 || self.whole.is_some() {
            bytes.extend(postcard::to_stdvec(&(&self.memories, &self.last_seen, self.refused_tick)).map_err(|e| saved(&e))?);
        }
        if let Some(whole) = &self.whole {
            bytes.extend(postcard::to_stdvec(&whole.state).map_err(|e| saved(&e))?);
        }
        Ok(bytes)
    }

    /// Go on from a saved state of a scene with the same specification.
    ///
    /// # Errors
    /// [`SceneError::Saved`] when the bytes are no such state.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), SceneError> {
        let saved = |e: &dyn std::fmt::Display| SceneError::Saved { what: e.to_string() };
        let ((state, controller, startle), rest) =
            postcard::take_from_bytes::<(SceneState, Vec<u8>, bool)>(bytes).map_err(|e| saved(&e))?;
        let (site, rest) = match &self.fem {
            None => (None, rest),
            Some(_) => postcard::take_from_bytes::<Option<SavedSite>>(rest).map_err(|e| saved(&e))?,
        };
        let ((memories, last_seen, refused_tick), rest) = match rest {
            [] => ((self.fresh.clone(), None, 0), rest),
            rest => postcard::take_from_bytes::<(Vec<Memory>, Option<Seen>, u64)>(rest).map_err(|e| saved(&e))?,
        };
        let body = match (&self.whole, rest) {
            (None, []) => None,
            (None, _) => return Err(SceneError::Saved { what: "it holds a whole patient, this scene has none".into() }),
            (Some(whole), rest) => {
                let state = postcard::from_bytes::<WholeState>(rest).map_err(|e| saved(&e))?;
                whole.check(&state)?;
                Some(state)
            }
        };
        if state.faults.len() != self.faults.len() || memories.len() != self.faults.len() {
            return Err(SceneError::Saved { what: "it belongs to a scene with other faults".into() });
        }
        self.controller.restore(&controller).map_err(|e| saved(&e))?;
        if let (Some(whole), Some(body)) = (&mut self.whole, body) {
            whole.state = body;
        }
        if let Some(fem) = &mut self.fem {
            fem.restore(site).map_err(|e| saved(&e))?;
        }
        self.state = state;
        self.scratch.startle = startle;
        (self.memories, self.last_seen, self.refused_tick) = (memories, last_seen, refused_tick);
        Ok(())
    }
}
