//! How a command can end other than well.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use crate::terminal;

/// Exit code of a command that could not do what it was asked.
const FAILURE: u8 = 1;
/// Exit code of a command that was asked for something impossible. The same as clap's.
const USAGE: u8 = 2;
/// Exit code after the interrupt key, as shells have it: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It could not be done.
    Message(String),
    /// A value in a file or an argument is wrong; points at it.
    Diagnostic(Box<dyn Diagnostic + Send + Sync + 'static>),
    /// The command line asks for something impossible.
    Usage(String),
    /// It was done and the outcome is bad; the output says so already.
    Bad,
    /// With an exit code that a launcher of many jobs understands.
    Coded(u8, Box<Failure>),
    /// The interrupt key.
    Interrupted,
    /// The interrupt key ended what has no end of its own; all of it is kept, and the output says so already.
    Stopped,
    /// Nobody reads the output any more (`proband … | head`).
    Closed,
}

impl Failure {
    /// An error about a file.
    pub(crate) fn at(path: &Path, error: impl Display) -> Self {
        let (name, text) = (path.display().to_string(), error.to_string());
        // Many errors name their file themselves, with or without its folder.
        let short = path.file_name().map_or_else(String::new, |file| format!("{}: ", file.to_string_lossy()));
        let rest = text.strip_prefix(&short).filter(|_| short.len() > 2).unwrap_or(&text);
        if text.contains(&name) { Self::Message(text) } else { Self::Message(format!("{name}: {rest}")) }
    }

    /// Any error with its own words.
    pub(crate) fn of(error: impl Display) -> Self {
        Self::Message(error.to_string())
    }

    /// In words, for those who are not at the terminal.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Message(text) | Self::Usage(text) => text.clone(),
            Self::Diagnostic(diagnostic) => diagnostic.to_string(),
            Self::Coded(_, failure) => failure.text(),
            Self::Bad => "it was done and the outcome is bad".into(),
            Self::Interrupted | Self::Stopped | Self::Closed => "interrupted".into(),
        }
    }

    /// Say it on stderr and give the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let code = match &self {
            Self::Message(_) | Self::Diagnostic(_) | Self::Bad => FAILURE,
            Self::Usage(_) => USAGE,
            Self::Coded(code, _) => *code,
            Self::Interrupted | Self::Stopped => INTERRUPTED,
            Self::Closed => 0,
        };
        match self {
            Self::Message(text) | Self::Usage(text) => eprintln!("error: {text}"),
            Self::Diagnostic(diagnostic) => eprint!("{}", rendered(diagnostic.as_ref())),
            Self::Interrupted => eprintln!("interrupted; nothing half-written is left"),
            Self::Coded(_, failure) => drop(failure.report()),
            Self::Bad | Self::Closed | Self::Stopped => {}
        }
        ExitCode::from(code)
    }
}

/// The diagnostic as text, with colours only on a terminal.
fn rendered(diagnostic: &dyn Diagnostic) -> String {
    let theme = if terminal::stderr_is_terminal() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
    match handler.render_report(&mut text, diagnostic) {
        Ok(()) => text,
        Err(_) => format!("error: {diagnostic}\n"),
    }
}
