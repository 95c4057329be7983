//! Programs of others, asked to do the same work on the same machine where they are installed.
//!
//! Each is reached through a small program of ours in Python (`peer/*.py`) that runs in an empty folder, answers one line of JSON and is
//! ended when it takes too long. What it prints is not trusted: a peer can fail, it cannot fail the benchmark.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use serde::Deserialize;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;

/// Variable that names the Python which has the peers; without it the first `python3` of the path.
const PYTHON: &str = "PROBAND_PYTHON";
/// Most that a peer may print [bytes].
const PRINTED_MAX: u64 = 64 * 1024;
/// Most figures and longest word of an answer.
const FIGURES_MAX: usize = 32;
const WORD_MAX: usize = 80;
/// How often a waiting benchmark looks at the interrupt key [ms].
const LOOK_MS: u64 = 50;

macro_rules! program {
    ($($file:literal),+) => { concat!(include_str!("peer/frame.py"), $(include_str!($file)),+) };
}

/// A program of others.
pub(super) struct Peer {
    /// How people call it.
    name: &'static str,
    /// Our program that asks it, in Python.
    program: &'static str,
    /// Longest that it may take [s].
    limit_s: f64,
}

pub(super) const MUJOCO: Peer = Peer { name: "MuJoCo", program: program!("peer/mujoco.py"), limit_s: 60.0 };
pub(super) const PYMUST: Peer = Peer { name: "PyMUST", program: program!("peer/pymust.py"), limit_s: 60.0 };
pub(super) const PMMC: Peer = Peer { name: "pmmc", program: program!("peer/pmmc.py"), limit_s: 60.0 };
pub(super) const MCML: Peer = Peer { name: "MCML", program: program!("peer/decks.py", "peer/mcml.py"), limit_s: 60.0 };
pub(super) const PYXOPTO: Peer = Peer { name: "PyXOpto", program: program!("peer/decks.py", "peer/pyxopto.py"), limit_s: 60.0 };

/// What a peer said.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    name: &'static str,
    found: Found,
}

#[derive(Clone, Debug, PartialEq)]
enum Found {
    Measured { version: String, figures: Vec<(String, Figure)> },
    Absent,
    Failed(String),
}

/// One figure of a peer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figure {
    /// Speed or cost, in the unit of the peer's published figure.
    value: f64,
    /// What it computed, in words.
    #[serde(default)]
    result: String,
}

/// The line that a peer's program prints.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    absent: bool,
    failed: Option<String>,
    version: Option<String>,
    figures: Option<std::collections::BTreeMap<String, Figure>>,
}

/// Whether more or less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Better {
    /// A rate.
    More,
    /// A cost.
    Less,
}

/// What is known of a peer without running it.
pub(super) struct Published {
    /// Version and setting, in words.
    pub what: &'static str,
    /// Figure.
    pub value: f64,
    /// Its unit, for the text.
    pub unit: &'static str,
    /// Rate or cost.
    pub better: Better,
}

impl Peer {
    /// Ask the peer.
    ///
    /// # Errors
    /// [`Failure::Interrupted`] by the interrupt key alone.
    pub(super) fn ask(&self, interrupt: &Interrupt) -> Result<Answer, Failure> {
        let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".into());
        Ok(Answer { name: self.name, found: ask(&python, self.program, self.limit_s, interrupt)? })
    }
}

impl Answer {
    /// Beside whom a figure of ours stands, and how many times better ours is: the peer here where it ran, else as published.
    pub(super) fn against(&self, case: &str, published: &Published, ours: f64) -> (String, f64) {
        let ratio = |theirs: f64| if published.better == Better::More { ours / theirs } else { theirs / ours };
        let (name, unit) = (self.name, published.unit);
        let missing = |why: &str| {
            (format!("{}, {} {unit} on another machine; {why}", published.what, super::figures(published.value)), ratio(published.value))
        };
        match &self.found {
            Found::Absent => missing("peer not installed"),
            Found::Failed(why) => missing(&format!("peer failed: {why}")),
            Found::Measured { version, figures } => match figures.iter().find(|(name, _)| name == case) {
                None => missing(&format!("peer failed: no figure for {case}")),
                Some((_, figure)) => {
                    let result = if figure.result.is_empty() { String::new() } else { format!(" ({})", figure.result) };
                    (format!("{name} {version}, {} {unit} here{result}", super::figures(figure.value)), ratio(figure.value))
                }
            },
        }
    }
}

/// An empty folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Option<Self> {
        (0..100).find_map(|n| {
            let path = std::env::temp_dir().join(format!("proband-peer-{}-{n}", std::process::id()));
            std::fs::create_dir(&path).ok().map(|()| Self(path))
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing of the user's is in it; what cannot be removed stays with the system's temporary files.
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn ask(python: &str, program: &str, limit_s: f64, interrupt: &Interrupt) -> Result<Found, Failure> {
    let _writing = interrupt.writing();
    let Some(folder) = Folder::new() else { return Ok(Found::Failed("no temporary folder".into())) };
    let mut child = match start(python, program, &folder.0) {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Absent),
        Err(error) => return Ok(Found::Failed(format!("{python}: {error}"))),
    };
    let printed = match listen(&mut child) {
        Ok(printed) => wait(&printed, limit_s, interrupt),
        Err(error) => Ok(Err(error.to_string())),
    };
    // It has said what it had to say, or never will.
    child.kill().ok();
    child.wait().ok();
    Ok(printed?.and_then(|text| read(&text)).unwrap_or_else(Found::Failed))
}

fn start(python: &str, program: &str, folder: &Path) -> std::io::Result<Child> {
    Command::new(python)
        .args(["-c", program])
        .current_dir(folder)
        // One core for the peer as for us.
        .envs(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POCL_MAX_PTHREAD_COUNT"].map(|name| (name, "1")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// What the peer prints, once it has printed all or too much.
fn listen(child: &mut Child) -> std::io::Result<Receiver<Vec<u8>>> {
    let (sender, receiver) = sync_channel(1);
    let output = child.stdout.take();
    std::thread::Builder::new().name("peer".into()).spawn(move || {
        let mut bytes = Vec::new();
        if let Some(output) = output {
            // A pipe that breaks ends the text; whether it is an answer is seen later.
            output.take(PRINTED_MAX + 1).read_to_end(&mut bytes).ok();
        }
        sender.send(bytes).ok();
    })?;
    Ok(receiver)
}

/// The text, or why there is none.
fn wait(printed: &Receiver<Vec<u8>>, limit_s: f64, interrupt: &Interrupt) -> Result<Result<String, String>, Failure> {
    let clock = terminal::clock();
    loop {
        interrupt.check()?;
        match printed.recv_timeout(Duration::from_millis(LOOK_MS)) {
            Ok(bytes) if bytes.len() as u64 > PRINTED_MAX => return Ok(Err(format!("printed more than {} KiB", PRINTED_MAX / 1024))),
            Ok(bytes) => return Ok(Ok(String::from_utf8_lossy(&bytes).into_owned())),
            Err(RecvTimeoutError::Disconnected) => return Ok(Err("could not be heard".into())),
            Err(RecvTimeoutError::Timeout) if clock() > limit_s => return Ok(Err(format!("took more than {limit_s} s"))),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Read the last line that is an answer.
fn read(text: &str) -> Result<Found, String> {
    let line = text.lines().rev().find_map(|line| line.strip_prefix("PEER ")).ok_or("ended without an answer")?;
    let line: Line = serde_json::from_str(line).map_err(|error| format!("bad answer: {}", plain(&error.to_string())))?;
    match line {
        Line { failed: Some(why), .. } => Err(plain(&why)),
        Line { absent: true, .. } => Ok(Found::Absent),
        Line { version: Some(version), figures: Some(figures), .. } => {
            if figures.is_empty() || figures.len() > FIGURES_MAX {
                return Err(format!("bad answer: {} figures, expected 1 to {FIGURES_MAX}", figures.len()));
            }
            if let Some((name, figure)) = figures.iter().find(|(_, f)| !(f.value.is_finite() && f.value > 0.0)) {
                return Err(format!("bad answer: {} = {}, expected more than 0", plain(name), figure.value));
            }
            let figures = figures.into_iter().map(|(name, f)| (name, Figure { value: f.value, result: plain(&f.result) })).collect();
            Ok(Found::Measured { version: plain(&version), figures })
        }
        _ => Err("bad answer: neither figures nor a reason".into()),
    }
}

/// Some words without control characters, cut where they are long.
fn plain(text: &str) -> String {
    let mut words: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORD_MAX).collect();
    if text.chars().nth(WORD_MAX).is_some() {
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COST: Published = Published { what: "Peer 1", value: 30.0, unit: "ms", better: Better::Less };

    /// A fake peer: a script of the shell, which takes `-c` as Python does.
    fn fake(script: &str, limit_s: f64) -> Found {
        ask("sh", script, limit_s, &Interrupt::default()).unwrap()
    }

    #[track_caller]
    fn check_failed(script: &str, why: &str) {
        let Found::Failed(found) = fake(script, 10.0) else { panic!("{script} did not fail") };
        assert!(found.contains(why), "{script}: {found}");
    }

    /// Take a peer's figure after its banners, and compare with it.
    #[test]
    fn a_peer_is_measured() {
        let script = r#"echo "A banner"; echo 'PEER {"version":"9","figures":{"beam":{"value":20.0,"result":"sank 3 mm"}}}'"#;
        let answer = Answer { name: "Peer", found: fake(script, 10.0) };
        assert_eq!(answer.against("beam", &COST, 10.0), ("Peer 9, 20.0 ms here (sank 3 mm)".into(), 2.0));
        let rate = Published { better: Better::More, ..COST };
        assert!((answer.against("beam", &rate, 10.0).1 - 0.5).abs() < 1e-12);
        let (text, ratio) = answer.against("rod", &COST, 10.0);
        assert!(text.ends_with("peer failed: no figure for rod") && (ratio - 3.0).abs() < 1e-12, "{text}");
    }

    /// Fall back on the published figure without the peer, and without Python.
    #[test]
    fn an_absent_peer_is_said_to_be_absent() {
        let absent = fake(r#"echo 'PEER {"absent":true}'"#, 10.0);
        assert_eq!(absent, ask("/no/such/python", "", 10.0, &Interrupt::default()).unwrap());
        let (text, ratio) = Answer { name: "Peer", found: absent }.against("beam", &COST, 10.0);
        assert_eq!((text.as_str(), ratio), ("Peer 1, 30.0 ms on another machine; peer not installed", 3.0));
    }

    /// Name what is wrong with an answer, and go on.
    #[test]
    fn a_bad_peer_fails_alone() {
        check_failed("exit 3", "without an answer");
        check_failed("echo 'PEER '", "bad answer");
        check_failed("echo 'PEER {\"version\":\"1\"}'", "neither figures");
        check_failed("echo 'PEER {\"version\":\"1\",\"figures\":{}}'", "0 figures");
        check_failed("echo 'PEER {\"version\":\"1\",\"figures\":{\"a\":{\"value\":NaN}}}'", "bad answer");
        check_failed("echo 'PEER {\"version\":\"1\",\"figures\":{\"a\":{\"value\":-1}}}'", "a = -1");
        check_failed("echo 'PEER {\"version\":\"1\",\"figures\":{\"a\":{\"value\":1e999}}}'", "bad answer");
        check_failed("echo 'PEER {\"failed\":\"no licence\"}'", "no licence");
        check_failed("while :; do echo flood flood flood flood flood flood; done", "more than 64 KiB");
        check_failed("exec 1>&-; exec sleep 20", "without an answer");
    }

    /// End a peer that takes too long, and leave no folder behind.
    #[test]
    fn a_slow_peer_is_ended() {
        let clock = terminal::clock();
        assert_eq!(fake("pwd; exec sleep 20", 0.2), Found::Failed("took more than 0.2 s".into()));
        assert!(clock() < 10.0);
        let Found::Failed(_) = fake("touch left; exit 0", 10.0) else { panic!() };
        let start = format!("proband-peer-{}-", std::process::id());
        // Other tests of this process may have folders of their own just now; none of them holds this file.
        let left = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
        assert!(left.filter(|e| e.file_name().to_string_lossy().starts_with(&start)).all(|e| !e.path().join("left").exists()));
    }

    /// Say of every real peer, installed or not, something that is no surprise to a shell without it.
    #[test]
    fn programs_begin_with_the_frame() {
        for peer in [MUJOCO, PYMUST, PMMC, MCML, PYXOPTO] {
            assert!(peer.program.contains("def begin(") && peer.program.trim_end().ends_with("begin(work)"), "{}", peer.name);
        }
    }

    proptest! {
        /// Read any text without a panic; what is measured is finite and positive.
        #[test]
        fn any_text_is_read(text in ".{0,200}", value in proptest::num::f64::ANY) {
            for text in [text.clone(), format!("PEER {text}"), format!("PEER {{\"version\":\"1\",\"figures\":{{\"a\":{{\"value\":{value:?}}}}}}}")] {
                if let Ok(Found::Measured { figures, .. }) = read(&text) {
                    prop_assert!(figures.iter().all(|(_, f)| f.value.is_finite() && f.value > 0.0));
                }
            }
        }
    }
}
