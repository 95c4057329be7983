//! The commands, one file each.

mod anatomy_chest;
mod bench;
mod bias;
mod chart_info;
mod chart_plot;
mod evidence;
mod faults;
mod image_info;
mod image_light;
mod image_nir;
mod image_probe;
mod image_sound;
mod live;
mod mesh;
mod mesh_input;
mod predict;
mod predict_drugs;
mod predict_wfdb;
mod progress;
mod rehearse;
mod rehearse_bronchoscopy;
mod report;
mod scan;
mod simulate_needles;
mod simulate_tissue;
mod simulate_tissue_cuts;
mod stress;
mod studio;
mod train;
mod trial;
pub(crate) mod twin_new;
mod twin_new_ct;
mod twin_sample;
mod twin_sample_whole;
mod twin_show;
mod twin_update;
mod verify;

use clap::{Parser, Subcommand};

pub(crate) use image_sound::plane_waves;
#[cfg(test)]
pub(crate) use predict::ACTIONS_TOLD as PREDICT_ACTIONS;
pub(crate) use rehearse::spec_of;

use crate::failure::Failure;
use crate::interrupt::Interrupt;

const EXAMPLES: &str = "\
Examples:
  proband rehearse venipuncture                        a blood draw on the built-in patient, with a report
  proband twin new --fhir chart.json -o p.twin         a twin from a patient's record
  proband rehearse venipuncture --twin p.twin          the same draw on that twin
  proband twin sample --n 1000 -o people.parquet       a population
  proband trial scenarios/trials/robot_or_hand.toml    a study from its file to its evidence
  proband stress scenarios/stress/force.toml           the most likely way to break a rule of safety
  proband studio                                       take the needle yourself, in the browser
  proband verify                                       every claim of the program, computed anew

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
Research and engineering use. Not a medical device.";

/// Digital twins of patients on which medical robots rehearse.
#[derive(Debug, Parser)]
#[command(name = "proband", version, after_help = EXAMPLES, arg_required_else_help = true, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Rehearse a procedure on a twin
    #[command(subcommand)]
    Rehearse(Procedure),
    /// Build, sample and inspect twins
    #[command(subcommand)]
    Twin(Twin),
    /// What would happen to a patient if these things were done
    Predict(predict::Arguments),
    /// A twin beside a monitor: residuals, alarms, a forecast
    Live(live::Arguments),
    /// Run a study: many patients, one policy per arm
    Trial(Box<trial::Arguments>),
    /// A live scene in the browser: watch the robot, take the needle, rewind, try again
    Studio(studio::Arguments),
    /// Look for the case in which a rule of safety is broken, how probable it is, and what matters
    Stress(stress::Arguments),
    /// What a trial shows, from its records alone
    Evidence(evidence::Arguments),
    /// Follow a disease over months and years
    Progress(progress::Arguments),
    /// Structures of a patient from his images
    #[command(subcommand)]
    Anatomy(Anatomy),
    /// Volume files (CT, MR, label maps) and images made from them
    #[command(subcommand)]
    Image(Image),
    /// Waveforms: WFDB, EDF, BDF, tables
    #[command(subcommand)]
    Chart(Chart),
    /// Rebuild the report of a run from its records
    Report(report::Arguments),
    /// Find veins in a near-infrared photograph of an arm
    Scan(scan::Arguments),
    /// Whom a robot's eyes see: detection and first stick over pigment, fat, depth and wavelength
    #[command(subcommand)]
    Bias(bias::Bias),
    /// Train detectors on pictures of drawn patients
    #[command(subcommand)]
    Train(train::Train),
    /// Simulate a piece of a patient on its own
    #[command(subcommand)]
    Simulate(Simulate),
    /// Tetrahedra from a surface or a label map, with a table of their quality
    Mesh(mesh::Arguments),
    /// What can go wrong in a rehearsal on purpose: the catalogue of faults
    Faults(faults::Arguments),
    /// Compute every claim of the program anew and compare it with its source
    Verify(verify::Arguments),
    /// Measure speed and error together
    Bench(bench::Arguments),
}

#[derive(Debug, Subcommand)]
enum Procedure {
    /// Draw blood from a vein of the arm
    Venipuncture(Box<rehearse::Arguments>),
    /// Take samples of a nodule deep in the lung
    Bronchoscopy(rehearse_bronchoscopy::Arguments),
}

#[derive(Debug, Subcommand)]
enum Anatomy {
    /// Lungs and airways from a CT
    Chest(anatomy_chest::Arguments),
}

#[derive(Debug, Subcommand)]
enum Image {
    /// What a volume file holds and where it lies
    Info(image_info::Arguments),
    /// Ultrasound of scatterers, layers or voxels: records and a B-mode picture
    Sound(image_sound::Arguments),
    /// What the near-infrared camera sees of a forearm, and why
    Nir(image_nir::Arguments),
    /// What the ultrasound probe sees of a forearm while the heart beats and the probe presses
    Probe(image_probe::Arguments),
    /// Photons through any layers or voxels: where light is absorbed
    Light(image_light::Arguments),
}

#[derive(Debug, Subcommand)]
enum Chart {
    /// What a record holds and how far it can be believed
    Info(chart_info::Arguments),
    /// A stretch of a record as a picture
    Plot(chart_plot::Arguments),
}

#[derive(Debug, Subcommand)]
enum Simulate {
    /// Tissue and rigid tools by finite elements
    Tissue(simulate_tissue::Arguments),
}

#[derive(Debug, Subcommand)]
enum Twin {
    /// A twin from a patient's record (FHIR R4), a CT of the chest, or both
    New(twin_new::Arguments),
    /// Patients sampled from a population
    Sample(twin_sample::Arguments),
    /// What a twin knows and does not know
    Show(twin_show::Arguments),
    /// A twin learns from a record: calibration, with what remains unknown
    Update(twin_update::Arguments),
}

/// Do what the arguments say.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    match &arguments.command {
        Command::Rehearse(Procedure::Venipuncture(arguments)) => rehearse::run(arguments, interrupt),
        Command::Rehearse(Procedure::Bronchoscopy(arguments)) => rehearse_bronchoscopy::run(arguments, interrupt),
        Command::Twin(Twin::New(arguments)) => twin_new::run(arguments, interrupt),
        Command::Twin(Twin::Sample(arguments)) => twin_sample::run(arguments, interrupt),
        Command::Twin(Twin::Show(arguments)) => twin_show::run(arguments),
        Command::Twin(Twin::Update(arguments)) => twin_update::run(arguments, interrupt),
        Command::Live(arguments) => live::run(arguments, interrupt),
        Command::Predict(arguments) => predict::run(arguments, interrupt),
        Command::Trial(arguments) => trial::run(arguments, interrupt),
        Command::Studio(arguments) => studio::run(arguments, interrupt),
        Command::Stress(arguments) => stress::run(arguments, interrupt),
        Command::Evidence(arguments) => evidence::run(arguments, interrupt),
        Command::Progress(arguments) => progress::run(arguments, interrupt),
        Command::Anatomy(Anatomy::Chest(arguments)) => anatomy_chest::run(arguments, interrupt),
        Command::Image(Image::Info(arguments)) => image_info::run(arguments, interrupt),
        Command::Chart(Chart::Info(arguments)) => chart_info::run(arguments, interrupt),
        Command::Chart(Chart::Plot(arguments)) => chart_plot::run(arguments, interrupt),
        Command::Faults(arguments) => faults::run(arguments),
        Command::Image(Image::Sound(arguments)) => image_sound::run(arguments, interrupt),
        Command::Image(Image::Nir(arguments)) => image_nir::run(arguments, interrupt),
        Command::Image(Image::Probe(arguments)) => image_probe::run(arguments, interrupt),
        Command::Image(Image::Light(arguments)) => image_light::run(arguments, interrupt),
        Command::Report(arguments) => report::run(arguments, interrupt),
        Command::Scan(arguments) => scan::run(arguments, interrupt),
        Command::Bias(what) => bias::run(what, interrupt),
        Command::Train(what) => train::run(what, interrupt),
        Command::Simulate(Simulate::Tissue(arguments)) => simulate_tissue::run(arguments, interrupt),
        Command::Mesh(arguments) => mesh::run(arguments, interrupt),
        Command::Verify(arguments) => verify::run(arguments, interrupt),
        Command::Bench(arguments) => bench::run(arguments, interrupt),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Keep the argument definitions consistent.
    #[test]
    fn definitions_hold() {
        Arguments::command().debug_assert();
    }

    /// Give every command help with an example.
    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command, path: &str) {
            let leaves: Vec<_> = command.get_subcommands().filter(|c| c.get_name() != "help").collect();
            if leaves.is_empty() {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains(&format!("  {path}")), "no example for {path}");
            }
            for leaf in leaves {
                check(leaf, &format!("{path} {}", leaf.get_name()));
            }
        }
        check(&Arguments::command(), "proband");
    }
}
