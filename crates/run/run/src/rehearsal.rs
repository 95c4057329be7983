//! One draw on one patient, from twin to records.

use proband_core::{Digest, Distribution, Stream, Table};
use proband_physiology::body::BodySex;
use proband_physiology::whole::Physique;
use proband_procedure::{Controller, Phase, Venipuncture, VenipunctureSpec};
use proband_record::{RunFolder, RunManifest};
use proband_robot::ArmModel;
use proband_scene::{Equipment, Fault, NoStopwatch, Outcome, PulseSpec, Scene, SceneSpec, Stopwatch, TissueKind};
use proband_twin::{Sex, Truth, Twin, TwinError};

use crate::recorder::Recorder;
use crate::safety::{SafetyMonitor, SafetySpec, Verdict};
use crate::{RunError, controller_spec};

/// Everything that decides a rehearsal.
#[derive(Clone, Debug)]
pub struct RehearsalSpec {
    /// Whom.
    pub twin: Twin,
    /// Seed of all random streams.
    pub seed: u64,
    /// Number of the patient in the study.
    pub patient: u32,
    /// Robot arm.
    pub arm: ArmModel,
    /// Planned faults.
    pub faults: Vec<Fault>,
    /// Cuff pressure [Pa]; `None`: the controller's.
    pub tourniquet_pa: Option<f64>,
    /// Blood to draw [m³]; `None`: the controller's.
    pub draw_m3: Option<f64>,
    /// Longest run [s].
    pub duration_max_s: f64,
    /// Parameters that have a given value in this patient instead of a drawn one, by name [SI]. The controller is not told.
    pub values: Vec<(String, f64)>,
    /// Whether the patient is member `patient` of a population: what is drawn for him is then what his population gives him.
    pub member: bool,
    /// Limits of the built-in controller's guards that are not the usual ones, by name [SI].
    pub limits: Vec<(String, f64)>,
    /// Wavelength of the near-infrared lamps [nm], 740 to 950; `None`: the camera's own.
    pub lamp_wavelength_nm: Option<f64>,
    /// Whether arteries widen and flow with each beat of the heart, or keep their mean.
    pub arteries_beat: bool,
    /// Whether the whole patient lies beside the needle and moves the arm's veins and breath; his vital signs are kept.
    pub whole: bool,
    /// How the tissue answers the needle.
    pub tissue: TissueKind,
    /// Settings of the built-in controller that are not the usual ones.
    pub policy: Policy,
    /// Seed and number from which a member of a population has his anatomy, where these are not the room's own.
    pub anatomy: Option<(u64, u32)>,
}

/// What an arm of a trial may set otherwise in the built-in controller. `None`: as usual.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Policy {
    /// Speed through the vein's wall [m/s].
    pub wall_speed_m_s: Option<f64>,
    /// Predicted success below which it does not stick [1].
    pub success_min: Option<f64>,
    /// Sticks at most.
    pub attempts_max: Option<u32>,
}

impl RehearsalSpec {
    /// An undisturbed rehearsal with patient 0 of the study, the controller's own settings and 600 s at most.
    #[must_use]
    pub fn new(twin: Twin, arm: ArmModel, seed: u64) -> Self {
        Self {
            twin,
            seed,
            patient: 0,
            arm,
            faults: Vec::new(),
            tourniquet_pa: None,
            draw_m3: None,
            duration_max_s: 600.0,
            values: Vec::new(),
            member: false,
            limits: Vec::new(),
            lamp_wavelength_nm: None,
            arteries_beat: false,
            whole: false,
            tissue: TissueKind::Axis,
            policy: Policy::default(),
            anatomy: None,
        }
    }

    /// What this patient turns out to have: a function of twin, seed and patient number alone.
    ///
    /// # Errors
    /// [`RunError::Twin`] when the twin cannot be drawn from.
    pub fn truth(&self) -> Result<Truth, RunError> {
        let mut twin = self.twin.clone();
        for (name, value) in &self.values {
            let parameter = twin.parameters.iter_mut().find(|p| p.name == *name);
            let what = || TwinError::Parameter { name: name.clone(), what: "is missing".into() };
            parameter.ok_or_else(what)?.value.distribution = Distribution::Constant { value: *value };
        }
        let name = if self.member { "population.truth" } else { "twin.truth" };
        let (seed, number) = self.anatomy.unwrap_or((self.seed, self.patient));
        Ok(Truth::draw(&twin, &mut Stream::new(seed, number, name))?)
    }

    /// What the built-in controller is told.
    ///
    /// # Errors
    /// [`RunError::Twin`] when the twin lacks a parameter.
    pub fn controller(&self) -> Result<VenipunctureSpec, RunError> {
        let mut spec = controller_spec(&self.twin)?;
        if let Some(pa) = self.tourniquet_pa {
            spec.tourniquet_pa = pa;
        }
        if let Some(m3) = self.draw_m3 {
            spec.draw_m3 = m3;
        }
        spec.pace.wall_m_s = self.policy.wall_speed_m_s.unwrap_or(spec.pace.wall_m_s);
        spec.plan.success_min = self.policy.success_min.unwrap_or(spec.plan.success_min);
        spec.limits.attempts_max = self.policy.attempts_max.unwrap_or(spec.limits.attempts_max);
        for (name, value) in &self.limits {
            spec.limits.set(name, *value)?;
        }
        Ok(spec)
    }

    /// Body of the twin's person, as the whole patient is made from it.
    #[must_use]
    pub fn physique(&self) -> Physique {
        let person = &self.twin.person;
        let sex = if matches!(person.sex, Sex::Male) { BodySex::Male } else { BodySex::Female };
        Physique { sex, age_y: person.age_y, height_m: person.height_m, mass_kg: person.mass_kg }
    }

    /// The room for this rehearsal.
    #[must_use]
    pub fn equipment(&self) -> Equipment {
        let mut equipment = Equipment::standard(self.arm.clone());
        equipment.tissue = self.tissue;
        if let Some(m3) = self.draw_m3 {
            equipment.collection.nominal_draw_m3 = m3;
            equipment.collection.tube_volume_m3 = 1.5 * m3;
        }
        equipment.lamp_wavelength_nm = self.lamp_wavelength_nm.unwrap_or(equipment.lamp_wavelength_nm);
        equipment
    }

    /// How the arteries of this patient beat, if they do.
    #[must_use]
    pub fn pulse(&self, truth: &Truth) -> Option<PulseSpec> {
        self.arteries_beat.then(|| PulseSpec::resting(truth, &mut Stream::new(self.seed, self.patient, "scene.pulse")))
    }

    /// The scene with the given controller.
    ///
    /// # Errors
    /// [`RunError`] when twin or equipment are refused.
    pub fn scene(&self, truth: Truth, controller: Box<dyn Controller>) -> Result<Scene, RunError> {
        let spec = SceneSpec {
            pulse: self.pulse(&truth),
            seed: self.seed,
            patient: self.patient,
            truth,
            equipment: self.equipment(),
            whole: self.whole.then(|| self.physique()),
            faults: self.faults.clone(),
            duration_max_s: self.duration_max_s,
        };
        Ok(Scene::new(spec, controller)?)
    }
}

/// A rehearsal under way.
pub struct Rehearsal {
    scene: Scene,
    recorder: Recorder,
    twin: Twin,
    truth: Truth,
    settings: Table,
    faults: Vec<Fault>,
    safety: Option<(SafetySpec, SafetyMonitor)>,
}

/// A rehearsal that is over.
pub struct Finished {
    /// What came of it.
    pub outcome: Outcome,
    /// All tables of the record; the pictures are in the table `images`.
    pub tables: Vec<Table>,
    /// Digest of the final state: equal digests, equal runs.
    pub digest: Digest,
    /// Length of the run [s].
    pub time_s: f64,
    /// What came of the safety requirements, in their order; empty when none were watched.
    pub verdicts: Vec<Verdict>,
}

impl Rehearsal {
    /// Draw the patient and set up the room with the built-in controller.
    ///
    /// # Errors
    /// [`RunError`] when twin or equipment are refused.
    pub fn new(spec: &RehearsalSpec) -> Result<Self, RunError> {
        let controller = Box::new(Venipuncture::new(spec.controller()?));
        Self::with_controller(spec, controller)
    }

    /// The same with a controller of the caller's own.
    ///
    /// # Errors
    /// [`RunError`] when twin or equipment are refused.
    pub fn with_controller(spec: &RehearsalSpec, controller: Box<dyn Controller>) -> Result<Self, RunError> {
        let truth = spec.truth()?;
        let scene = spec.scene(truth.clone(), controller)?;
        let settings = crate::settings_table(&spec.equipment(), spec.pulse(&truth).as_ref())?;
        let (twin, faults) = (spec.twin.clone(), spec.faults.clone());
        Ok(Self { recorder: Recorder::new(), scene, twin, truth, settings, faults, safety: None })
    }

    /// Watch these requirements from now on: call it before the first tick.
    pub fn watch(&mut self, spec: &SafetySpec) {
        self.safety = Some((spec.clone(), SafetyMonitor::new(spec)));
    }

    /// The scene, to look at.
    #[must_use]
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Phase of the controller.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.scene.phase()
    }

    /// Advance by at most `ticks`. Returns whether the rehearsal is over.
    pub fn advance(&mut self, ticks: u32) -> bool {
        self.advance_timed(ticks, &mut NoStopwatch)
    }

    /// The same with a stopwatch on every stage.
    pub fn advance_timed(&mut self, ticks: u32, watch: &mut dyn Stopwatch) -> bool {
        for _ in 0..ticks {
            if self.scene.finished() {
                return true;
            }
            let signals = self.scene.step(watch);
            self.recorder.see(&signals, &self.scene);
            if let Some((_, monitor)) = &mut self.safety {
                monitor.see(&signals);
            }
        }
        self.scene.finished()
    }

    /// Everything needed to go on later with the same bits; what was recorded so far is not in it.
    ///
    /// # Errors
    /// [`RunError::Scene`] when the state cannot be encoded.
    pub fn save(&self) -> Result<Vec<u8>, RunError> {
        Ok(self.scene.save()?)
    }

    /// Go on from a saved state of a rehearsal with the same specification.
    ///
    /// # Errors
    /// [`RunError::Scene`] when the bytes are no such state.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        Ok(self.scene.restore(bytes)?)
    }

    /// Close the record.
    ///
    /// # Errors
    /// [`RunError`] when a table or a picture cannot be made.
    pub fn finish(self) -> Result<Finished, RunError> {
        let digest = Digest::of_bytes(&self.scene.save()?);
        let outcome = self.scene.outcome();
        let time_s = self.scene.time_s();
        let mut tables = crate::tables::all(self.recorder, &self.scene, &outcome, &self.twin, &self.truth)?;
        tables.push(self.settings);
        if !self.faults.is_empty() {
            tables.push(crate::tables::faults(&self.faults)?);
        }
        if let Some((meshed, stiffening)) = self.scene.meshed() {
            tables.push(crate::tables::tissue(meshed, stiffening)?);
        }
        let mut verdicts = Vec::new();
        if let Some((spec, monitor)) = &self.safety {
            verdicts = monitor.verdicts();
            tables.push(crate::safety::requirements(spec, &verdicts)?);
        }
        Ok(Finished { outcome, tables, digest, time_s, verdicts })
    }
}

impl Finished {
    /// Write `run.toml` and the records into an open run folder. A report and pictures as files are made from them.
    ///
    /// # Errors
    /// [`RunError::Record`] when the folder cannot be written.
    pub fn write(&self, folder: &RunFolder, manifest: &RunManifest) -> Result<(), RunError> {
        folder.write_manifest(manifest)?;
        for table in &self.tables {
            folder.write_table(table)?;
        }
        Ok(())
    }
}
