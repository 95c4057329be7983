//! The program `proband`: arguments in, tables, folders and exit codes out.
//!
//! Knows argv, the terminal, the wall clock and the interrupt key; the crates below know none of them.

mod amount;
mod chart_readings;
mod chart_tables;
mod chest_files;
mod command;
mod course_svg;
mod failure;
mod fault_table;
mod from_chart;
mod held_back;
mod interrupt;
mod population;
mod progress;
mod robot_file;
mod running_drugs;
mod safety_file;
mod scenario;
mod script;
mod script_dose;
mod sound_scene;
mod source_text;
mod stress_file;
mod studio_patients;
mod study_file;
mod summary;
mod terminal;
mod text_table;
mod tissue_cuts_file;
mod tissue_file;
mod tissue_needles;
mod twin_folder;
mod volume_file;
mod wave_file;
mod wave_readings;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Usage errors and --help end here: exit code 2 and 0.
    let arguments = command::Arguments::parse();
    let interrupt = interrupt::Interrupt::install();
    match command::run(&arguments, &interrupt) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
