//! `cargo xtask …`: the workshop behind the program. Without a task it prints its help.

use std::process::ExitCode;

use xtask::{architecture, steps, studio, workspace};

/// A task of the workshop. A new one is a new line of [`TASKS`].
struct Task {
    name: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<(), String>,
}

const TASKS: &[Task] = &[
    Task { name: "test", help: "check everything: format, lints, all tests, all claims (--quick: no slow claims)", run: steps::run },
    Task { name: "architecture", help: "write the table of crates into ARCHITECTURE.md (--check: only compare)", run: run_architecture },
    Task { name: "goldens", help: "run every scenario and write scenarios/golden.toml (--check: only compare)", run: run_goldens },
    Task { name: "studio", help: "make the studio's bundle from studio/ (--check: only compare); needs Node", run: studio::run },
    Task { name: "kernels", help: "compute the reflectance kernels of proband-light anew (minutes)", run: run_kernels },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first().filter(|(name, _)| !matches!(name.as_str(), "help" | "-h" | "--help")) else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        eprint!("there is no task \"{name}\"\n\n{}", help());
        return ExitCode::from(2);
    };
    match (task.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let width = TASKS.iter().map(|task| task.name.len()).max().unwrap_or(0);
    let lines: String = TASKS.iter().map(|task| format!("  {:width$}  {}\n", task.name, task.help)).collect();
    format!("cargo xtask <task>\n\n{lines}")
}

fn run_architecture(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => architecture::write(),
        [flag] if flag == "--check" => architecture::check(),
        _ => Err("architecture takes --check or nothing".into()),
    }
}

/// The test that compares the digests writes them when it is asked to, so that both go the same way.
fn run_goldens(arguments: &[String]) -> Result<(), String> {
    let renew = match arguments {
        [] => true,
        [flag] if flag == "--check" => false,
        _ => return Err("goldens takes --check or nothing".into()),
    };
    let cargo = workspace::cargo();
    let mut command = workspace::command(&cargo, &["test", "--release", "--package", "proband-cli", "--test", "goldens"]);
    if renew {
        command.env("PROBAND_RENEW_GOLDENS", "1");
    }
    let status = command.status().map_err(|e| format!("{cargo}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("the scenarios did not all end well: {status}")) }
}

/// The kernels are an example of their own crate; what it prints is the file that the crate compiles in.
fn run_kernels(arguments: &[String]) -> Result<(), String> {
    let mut command = vec!["run", "--release", "-p", "proband-light", "--example", "kernels", "--"];
    command.extend(arguments.iter().map(String::as_str));
    let table = workspace::cargo_output(&command)?;
    let path = workspace::root().join("crates/patient/light/data/kernels.txt");
    std::fs::write(&path, table).map_err(|e| format!("writing {}: {e}", path.display()))
}
