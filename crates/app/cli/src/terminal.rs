//! The terminal and the wall clock.

use std::io::{IsTerminal, Write};

use crate::failure::Failure;

/// Whether a person sees stderr.
pub(crate) fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether a person sees stdout.
pub(crate) fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
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

/// The command as typed, so that it can be typed again; the folder of the program is nobody's business.
pub(crate) fn typed() -> String {
    let words: Vec<String> = std::env::args().skip(1).map(|word| if word.contains(' ') { format!("'{word}'") } else { word }).collect();
    format!("proband {}", words.join(" "))
}

/// A clock: seconds since it was made. Libraries are given it; they have none of their own.
pub(crate) fn clock() -> impl Fn() -> f64 {
    #[allow(clippy::disallowed_methods, reason = "the program is where clocks come from")]
    let start = std::time::Instant::now();
    move || start.elapsed().as_secs_f64()
}

/// Time that the system has let this thread wait for a core [ms]; none where it does not tell.
pub(crate) fn waited_ms() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(1e-6 * text.split_whitespace().nth(1)?.parse::<f64>().ok()?)
}

/// Time that the host of a virtual machine has given to others while our cores wanted to run, all cores together [ms], to a hundredth
/// of a second; none where the system does not tell.
pub(crate) fn stolen_ms() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    Some(10.0 * text.lines().next()?.split_whitespace().nth(8)?.parse::<f64>().ok()?)
}

/// Time that all cores have spent on this process [s], to a hundredth; none where the system does not tell.
pub(crate) fn cpu_s() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold spaces; user and system time are the 12th and 13th words after it, in 1/100 s.
    let words: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some((words.get(11)?.parse::<f64>().ok()? + words.get(12)?.parse::<f64>().ok()?) / 100.0)
}
