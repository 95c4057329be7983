//! The scene on its own clock in its own thread.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use proband_procedure::Note;
use proband_run::session::{LiveSession, Order, SharedView};
use proband_scene::TickLog;
use serde::Serialize;
use tokio::sync::{broadcast, oneshot, watch};

use crate::config::StudioConfig;
use crate::error::ServerError;
use crate::frame::{Clock, Frame, frame_of};
use crate::geometry::{Geometry, geometry_of};
use crate::message::Ask;
use crate::patients::Patients;
use crate::takes::{OpenPatient, TAKE_COUNT_MAX, Take};

/// Time between two frames: 60 a second.
const FRAME: Duration = Duration::from_micros(16_667);
/// A tick of the scene.
const TICK: Duration = Duration::from_millis(1);
/// Time between two frames of a stopped clock, for viewers who come late.
const IDLE: Duration = Duration::from_millis(250);
/// Longest wall-clock time that a slow scene may owe before it runs slower than asked.
const DEBT_MAX_S: f64 = 0.25;
/// Ticks made at once before requests are looked at again.
const TICKS_AT_ONCE: u64 = 400;
/// Requests that wait at most.
const REQUESTS_MAX: usize = 256;
/// Fastest and slowest clock [1].
const SPEED: std::ops::RangeInclusive<f64> = 0.01..=50.0;
/// Most ticks of one step.
const STEP_TICKS_MAX: u32 = 10_000;
/// Text messages that a slow viewer may be behind before it loses some.
const WORDS_MAX: usize = 1024;

/// A request of a client.
pub(crate) struct Request {
    pub client: u64,
    pub ask: Ask,
    /// Answered with the tick at which it acts or why not.
    pub answer: oneshot::Sender<Result<u64, String>>,
}

/// What reaches the thread.
pub(crate) enum Mail {
    Request(Request),
    /// A client's connection has ended, however.
    Gone(u64),
    /// The server ends.
    Stop,
}

/// Something that viewers are told in words.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Word {
    /// A phase, a guard, a plan, an event.
    Event {
        tick: u64,
        kind: String,
        text: String,
        /// Whether no sensor of the room knows it.
        truth: bool,
    },
    /// The scene went back to this tick; what was said of later ones is void.
    Rewound { tick: u64 },
    /// A take was kept.
    Take { take: Box<Take> },
    /// Another patient lies there: ask for the scene and its takes again.
    Opened { patient: u32 },
}

/// The way to a running scene.
#[derive(Clone)]
pub(crate) struct SceneHandle {
    pub mail: SyncSender<Mail>,
    pub frames: watch::Receiver<Arc<Frame>>,
    pub words: broadcast::Sender<Arc<str>>,
    pub takes: Arc<Mutex<Vec<Take>>>,
    /// Who lies there.
    pub now: Arc<Mutex<Now>>,
}

/// What belongs to the patient who lies there.
#[derive(Clone)]
pub(crate) struct Now {
    pub patient: u32,
    pub geometry: Arc<Geometry>,
    /// What sensors and controls show.
    pub view: Arc<Mutex<SharedView>>,
}

/// The wall clock: what a live scene is paced by; nothing that is recorded is computed from it.
#[allow(clippy::disallowed_methods, reason = "a live scene follows the clock on the wall")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

struct SceneThread {
    session: LiveSession,
    open: OpenPatient,
    patients: Patients,
    now: Arc<Mutex<Now>>,
    mail: Receiver<Mail>,
    frames: watch::Sender<Arc<Frame>>,
    words: broadcast::Sender<Arc<str>>,
    takes: Arc<Mutex<Vec<Take>>>,
    commander: Option<u64>,
    paused: bool,
    speed: f64,
    /// Wall clock and tick from which the clock counts.
    anchor: (Instant, u64),
    take_kept: bool,
    /// Tick of an order that no frame has shown yet: the frame that does is sent at once.
    owed: Option<u64>,
    out: std::path::PathBuf,
    /// Last number of a take that an earlier studio left in the folder: nothing is written over.
    number_before: u32,
}

/// Set up the scene, stopped at its beginning, and let it run in a thread.
///
/// # Errors
/// [`ServerError::Run`] when twin or equipment are refused.
pub(crate) fn start(config: &StudioConfig, patients: &Patients) -> Result<(SceneHandle, JoinHandle<()>), ServerError> {
    let first = patients.get(0).ok_or_else(|| ServerError::inside("no patient to open"))?;
    let open = OpenPatient { id: 0, spec: Arc::new(first.rehearsal) };
    let session = LiveSession::new(open.spec.as_ref().clone())?;
    let now_open = Now { patient: 0, geometry: Arc::new(geometry_of(&session)), view: session.view() };
    let takes = Arc::new(Mutex::new(vec![Take::of_robot(0, &open)?]));
    let (mail_in, mail) = sync_channel(REQUESTS_MAX);
    let clock = Clock { paused: true, speed: 1.0, commanded: false };
    let (frames_in, frames) = watch::channel(Arc::new(frame_of(&session, clock)));
    let now_open = Arc::new(Mutex::new(now_open));
    let (words, _) = broadcast::channel(WORDS_MAX);
    let mut thread = SceneThread {
        session,
        open,
        patients: patients.clone(),
        now: Arc::clone(&now_open),
        mail,
        frames: frames_in,
        words: words.clone(),
        takes: Arc::clone(&takes),
        commander: None,
        paused: true,
        speed: 1.0,
        anchor: (now(), 0),
        take_kept: false,
        owed: None,
        out: config.out.clone(),
        number_before: last_number(&config.out),
    };
    let running = std::thread::Builder::new().name("scene".into()).spawn(move || thread.run()).map_err(ServerError::inside)?;
    Ok((SceneHandle { mail: mail_in, frames, words, takes, now: now_open }, running))
}

impl SceneThread {
    fn run(&mut self) {
        let mut next_frame = now();
        loop {
            let wait = match (self.paused, self.owed) {
                (true, _) => IDLE,
                (false, Some(_)) => TICK,
                (false, None) => next_frame.saturating_duration_since(now()),
            };
            let mut changed = match self.mail.recv_timeout(wait) {
                Ok(Mail::Stop) | Err(RecvTimeoutError::Disconnected) => return self.keep_take(),
                Ok(mail) => self.read(mail),
                Err(RecvTimeoutError::Timeout) => true,
            };
            while let Ok(mail) = self.mail.try_recv() {
                if matches!(mail, Mail::Stop) {
                    return self.keep_take();
                }
                changed |= self.read(mail);
            }
            self.advance_to_now();
            if self.owed.is_some_and(|tick| self.tick() >= tick) {
                (changed, self.owed) = (true, None);
            }
            if changed || now() >= next_frame {
                self.publish();
                next_frame = now() + FRAME;
            }
        }
    }

    fn read(&mut self, mail: Mail) -> bool {
        match mail {
            Mail::Request(request) => {
                // Time goes on up to now before an order acts, so that it acts in the next tick and not in the past.
                self.advance_to_now();
                let answer = self.carry_out(request.client, request.ask);
                if let Ok(tick) = answer
                    && tick > self.tick()
                {
                    self.owed = Some(tick);
                }
                // A client that does not wait for its answer is its own affair.
                let _ = request.answer.send(answer);
                true
            }
            Mail::Gone(client) if self.commander == Some(client) => {
                self.commander = None;
                self.pause();
                self.tell_now("commander_gone", "who commanded is gone: the scene waits");
                true
            }
            Mail::Gone(_) | Mail::Stop => false,
        }
    }

    fn carry_out(&mut self, client: u64, ask: Ask) -> Result<u64, String> {
        match ask {
            Ask::Command => return self.take_command(client),
            Ask::Leave => {
                if self.commander == Some(client) {
                    self.commander = None;
                }
                return Ok(self.tick());
            }
            _ if self.commander != Some(client) => return Err("somebody who does not command: ask for command first".into()),
            _ => {}
        }
        match ask {
            Ask::Take(controls) => self.session.give(Order::Command(controls.into())).map_err(|e| e.to_string()),
            Ask::Robot => self.session.give(Order::Robot).map_err(|e| e.to_string()),
            Ask::Finish => self.session.give(Order::Finish).map_err(|e| e.to_string()),
            Ask::Pause => {
                self.pause();
                Ok(self.tick())
            }
            Ask::Run { speed } => self.set_running(speed),
            Ask::Step { ticks } => self.step(ticks),
            Ask::Rewind { tick } => self.rewind(tick),
            Ask::Restart => self.rewind(0),
            Ask::Open { patient } => self.open(patient),
            Ask::Command | Ask::Leave => Ok(self.tick()),
        }
    }

    fn take_command(&mut self, client: u64) -> Result<u64, String> {
        match self.commander {
            Some(other) if other != client => Err("somebody else commands this scene; you can watch".into()),
            _ => {
                self.commander = Some(client);
                Ok(self.tick())
            }
        }
    }

    fn tick(&self) -> u64 {
        self.session.scene().tick_count()
    }

    fn pause(&mut self) {
        self.paused = true;
    }

    fn set_running(&mut self, speed: f64) -> Result<u64, String> {
        if !SPEED.contains(&speed) {
            return Err(format!("speed {speed}; {} to {} times real time", SPEED.start(), SPEED.end()));
        }
        if self.session.scene().finished() {
            return Err("the procedure is over; rewind or restart to go on".into());
        }
        (self.paused, self.speed, self.anchor) = (false, speed, (now(), self.tick()));
        Ok(self.tick())
    }

    fn step(&mut self, ticks: u32) -> Result<u64, String> {
        if !(1..=STEP_TICKS_MAX).contains(&ticks) {
            return Err(format!("{ticks} ticks; 1 to {STEP_TICKS_MAX}"));
        }
        self.pause();
        self.make(u64::from(ticks));
        Ok(self.tick())
    }

    fn rewind(&mut self, tick: u64) -> Result<u64, String> {
        if tick > self.tick() {
            return Err(format!("tick {tick} lies ahead of {}", self.tick()));
        }
        self.pause();
        self.keep_take();
        self.session.rewind(tick).map_err(|e| e.to_string())?;
        self.take_kept = false;
        self.tell(&Word::Rewound { tick });
        Ok(self.tick())
    }

    /// Lay another patient there. Whatever is wrong with him, the one before stays.
    fn open(&mut self, patient: u32) -> Result<u64, String> {
        let found = self.patients.get(patient).ok_or_else(|| format!("no patient {patient}"))?;
        self.pause();
        let open = OpenPatient { id: patient, spec: Arc::new(found.rehearsal) };
        let session = LiveSession::new(open.spec.as_ref().clone()).map_err(|e| e.to_string())?;
        let known = self.takes.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|take| take.patient == patient);
        let robot = if known { None } else { Some(Take::of_robot(0, &open).map_err(|e| e.to_string())?) };
        self.keep_take();
        if let Some(robot) = robot {
            self.add_take(robot);
        }
        let now = Now { patient, geometry: Arc::new(geometry_of(&session)), view: session.view() };
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
        (self.session, self.open, self.take_kept) = (session, open, false);
        self.tell(&Word::Opened { patient });
        Ok(self.tick())
    }

    fn advance_to_now(&mut self) {
        while !self.paused {
            let elapsed_s = self.anchor.0.elapsed().as_secs_f64();
            let due = self.anchor.1 + (elapsed_s * self.speed * 1e3) as u64;
            let behind = due.saturating_sub(self.tick());
            if behind == 0 {
                return;
            }
            if behind as f64 > DEBT_MAX_S * self.speed * 1e3 {
                // Slower than asked rather than deaf.
                self.anchor = (now(), self.tick());
                self.make(TICKS_AT_ONCE);
                return;
            }
            self.make(behind.min(TICKS_AT_ONCE));
        }
    }

    /// Advance the scene and tell what happens; a scene that is over keeps its take and stops the clock.
    fn make(&mut self, ticks: u64) {
        let mut said = Vec::new();
        let first = self.tick();
        let mut made = 0;
        let done = self.session.advance(ticks, &mut |_, log| {
            made += 1;
            words_of(first + made, log, &mut said);
        });
        for word in &said {
            self.tell(word);
        }
        if let Err(error) = done {
            self.pause();
            self.tell_now("scene_error", &error.to_string());
        }
        if self.session.scene().finished() {
            self.pause();
            self.keep_take();
        }
    }

    /// Keep what has been done so far, once; a scene at its very beginning is no take.
    fn keep_take(&mut self) {
        if self.take_kept || self.tick() == 0 {
            return;
        }
        let Ok(session) = self.session.record() else { return };
        self.take_kept = true;
        let known = self
            .takes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .any(|take| take.digest == session.digest && take.session.orders == session.orders);
        if !known {
            self.add_take(Take::new(0, &self.open, session, &self.session.scene().outcome(), self.session.scene().finished()));
        }
    }

    /// Number a take, write its orders and tell of it.
    fn add_take(&self, mut take: Take) {
        let mut takes = self.takes.lock().unwrap_or_else(PoisonError::into_inner);
        take.number = takes.last().map_or(0, |last| last.number).max(self.number_before) + 1;
        let file = self.out.join(format!("take-{}.session.toml", take.number));
        let written = take.session_toml().and_then(|text| {
            std::fs::create_dir_all(&self.out).map_err(ServerError::inside)?;
            proband_record::write_bytes(&file, text.as_bytes()).map_err(ServerError::inside)
        });
        takes.push(take.clone());
        if takes.len() > TAKE_COUNT_MAX {
            takes.remove(1);
        }
        drop(takes);
        if let Err(error) = written {
            // It stays in memory, to be tried again with its report.
            self.tell_now("take_not_written", &error.to_string());
        }
        self.tell(&Word::Take { take: Box::new(take) });
    }

    fn tell_now(&self, kind: &str, text: &str) {
        self.tell(&Word::Event { tick: self.tick(), kind: kind.into(), text: text.into(), truth: false });
    }

    fn tell(&self, word: &Word) {
        if let Ok(text) = serde_json::to_string(word) {
            // Nobody listens: nobody is told.
            let _ = self.words.send(text.into());
        }
    }

    fn publish(&self) {
        let clock = Clock { paused: self.paused, speed: self.speed, commanded: self.commander.is_some() };
        self.frames.send_replace(Arc::new(frame_of(&self.session, clock)));
    }
}

/// Greatest number of a take in the folder; 0 when there is none, or no such folder yet.
fn last_number(out: &std::path::Path) -> u32 {
    let Ok(entries) = std::fs::read_dir(out) else { return 0 };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| name.strip_prefix("take-")?.strip_suffix(".session.toml")?.parse().ok()).max().unwrap_or(0)
}

fn words_of(tick: u64, log: &TickLog, said: &mut Vec<Word>) {
    let mut say = |kind: &str, text: String, truth: bool| said.push(Word::Event { tick, kind: kind.into(), text, truth });
    for note in &log.notes {
        match note {
            Note::Phase { phase, reason, .. } => say("phase", format!("{}: {reason}", phase.name()), false),
            Note::Guard { guard, value, unit, .. } => say("guard", format!("{} at {value:.3} {unit}", guard.name()), false),
            Note::Event { kind, text, .. } => say(kind, text.clone(), false),
            Note::Plan(plan) if plan.insertion_m.is_finite() => say(
                "plan",
                format!(
                    "{}: {:.0}° and {:.1} mm, predicted success {:.0} %",
                    plan.site,
                    plan.angle_rad.to_degrees(),
                    plan.insertion_m * 1e3,
                    plan.predicted_success * 100.0
                ),
                false,
            ),
            _ => {}
        }
    }
    for event in &log.events {
        say(&event.kind, event.text.clone(), true);
    }
}
