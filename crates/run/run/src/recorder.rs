//! Keeps what a rehearsal leaves, tick by tick.

use proband_physiology::whole::Vitals;
use proband_procedure::{Note, Phase};
use proband_scene::{KeptPicture, Scene, SceneEvent, TickSignals};

/// Ticks between two recorded ones when nothing happens at the needle: 50 Hz.
const SLOW_TICKS: u64 = 20;
/// Recorded ticks at most: an hour at 50 Hz and ten minutes at 1 kHz.
const TICKS_MAX: usize = 800_000;
/// Events, notes and pictures at most.
const EVENTS_MAX: usize = 20_000;
const PICTURES_MAX: usize = 64;
/// Readings of the monitor at most: a day.
const VITALS_MAX: usize = 86_400;

/// What was believed, with what was true at that moment.
#[derive(Clone, Debug)]
pub(crate) struct BeliefRow {
    pub site: String,
    pub quantity: String,
    pub stage: String,
    pub mean: f64,
    pub sd: f64,
    pub truth: f64,
}

/// Everything that is kept.
pub(crate) struct Recorder {
    pub ticks: Vec<TickSignals>,
    pub events: Vec<SceneEvent>,
    pub phases: Vec<(f64, Phase, u32, String)>,
    pub beliefs: Vec<BeliefRow>,
    pub sites: Vec<proband_procedure::SiteNote>,
    pub pictures: Vec<KeptPicture>,
    pub plans: Vec<proband_procedure::PlanNote>,
    /// Time [s] and what a monitor shows, where there is one.
    pub vitals: Vec<(f64, Vitals)>,
    pub dropped_count: u32,
    seen: u64,
}

impl Recorder {
    pub fn new() -> Self {
        Self {
            ticks: Vec::new(),
            events: Vec::new(),
            phases: Vec::new(),
            beliefs: Vec::new(),
            sites: Vec::new(),
            pictures: Vec::new(),
            plans: Vec::new(),
            vitals: Vec::new(),
            dropped_count: 0,
            seen: 0,
        }
    }

    pub fn see(&mut self, signals: &TickSignals, scene: &Scene) {
        let fast = matches!(signals.phase, Phase::Contact | Phase::Insert | Phase::ConfirmLumen | Phase::Withdraw);
        if fast || self.seen.is_multiple_of(SLOW_TICKS) {
            if self.ticks.len() < TICKS_MAX {
                self.ticks.push(*signals);
            } else {
                self.dropped_count += 1;
            }
        }
        self.seen += 1;
        if let Some(vitals) = scene.vitals()
            && self.vitals.len() < VITALS_MAX
        {
            self.vitals.push((signals.time_s, *vitals));
        }
        let log = scene.log();
        for event in &log.events {
            self.event(event.clone());
        }
        for note in &log.notes {
            self.note(note, signals, scene);
        }
        for picture in &log.pictures {
            if self.pictures.len() < PICTURES_MAX {
                self.pictures.push(picture.clone());
            } else {
                self.dropped_count += 1;
            }
        }
    }

    fn event(&mut self, event: SceneEvent) {
        if self.events.len() < EVENTS_MAX {
            self.events.push(event);
        } else {
            self.dropped_count += 1;
        }
    }

    fn note(&mut self, note: &Note, signals: &TickSignals, scene: &Scene) {
        let tip = signals.tip_depth_along_m;
        match note {
            Note::Phase { time_s, phase, attempt, reason } => self.phases.push((*time_s, *phase, *attempt, reason.clone())),
            Note::Guard { time_s, guard, value, unit } => self.event(SceneEvent {
                time_s: *time_s,
                kind: format!("guard:{}", guard.name()),
                text: "a guard spoke".into(),
                value: *value,
                unit: unit.clone(),
                tip_depth_along_m: tip,
            }),
            Note::Event { time_s, kind, text, value, unit } => self.event(SceneEvent {
                time_s: *time_s,
                kind: kind.clone(),
                text: text.clone(),
                value: *value,
                unit: unit.clone(),
                tip_depth_along_m: tip,
            }),
            Note::Belief { site, quantity, stage, mean, sd, z_m, x_m } => {
                let truth = scene.truth_of(site, quantity, *x_m, *z_m, signals);
                if self.beliefs.len() < EVENTS_MAX {
                    let (site, quantity, stage) = (site.clone(), quantity.clone(), stage.clone());
                    self.beliefs.push(BeliefRow { site, quantity, stage, mean: *mean, sd: *sd, truth });
                }
            }
            Note::Sites(sites) => self.sites = sites.clone(),
            Note::Plan(plan) => self.plans.push(plan.clone()),
            Note::Keep { .. } => {}
        }
    }
}
