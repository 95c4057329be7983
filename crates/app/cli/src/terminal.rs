//! The terminal and the wall clock.

use std::io::{IsTerminal, Write};

use crate::failure::Failure;

/// Whether a person sees stderr.
pub(crate) fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Write a text to stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write!(out, "{text}{end}").and_then(|()| out.flush()).map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::Closed,
        _ => Failure::of(format!("writing to stdout: {error}")),
    })
}

/// Write a value as JSON to stdout.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    print(&serde_json::to_string_pretty(value).map_err(Failure::of)?)
}

/// A clock: seconds since it was made. Libraries are given it; they have none of their own.
pub(crate) fn clock() -> impl Fn() -> f64 {
    #[allow(clippy::disallowed_methods, reason = "the program is where clocks come from")]
    let start = std::time::Instant::now();
    move || start.elapsed().as_secs_f64()
}
