//! `proband bench`: speed and error together.

use crate::failure::Failure;
use crate::interrupt::Interrupt;

const EXAMPLES: &str = "\
Examples:
  proband bench                        all benchmarks
  proband bench venipuncture           a whole blood draw: times real time, ticks per second, where the time goes
  proband bench venipuncture --json";

/// Arguments of `proband bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Names of benchmarks; none: all of them
    #[arg(value_name = "CASE")]
    cases: Vec<String>,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Names that are known.
const CASES: &[&str] = &["venipuncture"];

/// Run the benchmarks.
pub(crate) fn run(arguments: &Arguments, _interrupt: &Interrupt) -> Result<(), Failure> {
    if let Some(unknown) = arguments.cases.iter().find(|case| !CASES.contains(&case.as_str())) {
        return Err(Failure::Usage(format!("no benchmark \"{unknown}\"; known: {}", CASES.join(", "))));
    }
    let _ = arguments.json;
    Err(Failure::Message("this build cannot run the benchmark yet: the scene is not connected to the program".into()))
}
