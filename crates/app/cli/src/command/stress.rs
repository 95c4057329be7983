//! `proband stress`: falsification, risk and influence from a file to a report.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proband_record::{RunFolder, RunManifest};
use proband_run::stress::{
    Found, InfluenceRow, Problem, RiskRow, Runner, SearchReport, Traced, influence, influence_tables, risk, risk_tables, search,
    search_tables, sentence, trace,
};
use proband_run::{Rehearsal, RehearsalSpec, RunError};

use super::rehearse;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::scenario::{Pigment, Scenario};
use crate::source_text::SourceText;
use crate::stress_file::{self, Plan, StressFile};
use crate::text_table::{Align, TextTable};
use crate::{progress, robot_file, terminal};

const EXAMPLES: &str = "\
Examples:
  proband stress scenarios/stress/anatomy.toml               the most likely patient in whom a rule is broken
  proband stress scenarios/stress/risk.toml -o out/          how probable that is per procedure
  proband stress scenarios/stress/influence.toml --json      which input matters for which outcome
  proband rehearse venipuncture --scenario out/replay.toml   the failure again, bit for bit

What is evaluated is kept when the program is interrupted or killed; the same command goes on.
Exit codes: 0 no failure found or an estimate made, 1 a failure found, 2 wrong usage, 130 interrupted.";

/// Arguments of `proband stress`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// File of the stress test (TOML)
    #[arg(value_name = "STRESS.toml")]
    file: PathBuf,
    /// Seed instead of the file's
    #[arg(long, value_name = "SEED", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Evaluations instead of the file's
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    budget: Option<u64>,
    /// Threads; the numbers do not depend on it [default: all cores]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Output folder [default: out/stress-NAME]
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace an older run in the output folder
    #[arg(long)]
    overwrite: bool,
    /// Begin anew instead of going on with what is evaluated
    #[arg(long)]
    fresh: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Run a stress test.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let file = stress_file::read(&arguments.file, arguments.seed, arguments.budget)?;
    if let Some(threads) = arguments.threads {
        // Fails only when a pool is there already.
        rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global().map_err(Failure::of)?;
    }
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("out/stress-{}", file.name)));
    // The folder is tried before hours of work, not after.
    drop(RunFolder::create(&out, arguments.overwrite).map_err(Failure::of)?);
    let journal = journal_beside(&out)?;
    if let Some(folder) = journal.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::at(folder, error))?;
    }
    if arguments.fresh && journal.exists() {
        std::fs::remove_file(&journal).map_err(|error| Failure::at(&journal, error))?;
    }
    let _writing = interrupt.writing();
    let bar = progress::bar(file.evaluations(), "cases");
    let told = |count: u64| {
        // What a search asks for besides its budget, to make a case small, is more work, not an overflow.
        if count > bar.length().unwrap_or(0) {
            bar.set_length(count);
        }
        bar.set_position(count);
    };
    let runner = Runner::new(&file.problem, &told, interrupt.flag()).with_journal(&journal, &file.job).map_err(|error| match error {
        RunError::Journal { .. } => Failure::Message(format!("{error}\n(--fresh begins anew)")),
        other => Failure::of(other),
    })?;
    bar.reset_eta();
    let done = work(arguments, &file, &runner, &out, interrupt);
    bar.finish_and_clear();
    match done {
        Err(Failure::Interrupted) => {
            eprintln!("what was evaluated is kept in {}; the same command goes on", journal.display());
            Err(Failure::Interrupted)
        }
        other => {
            if !matches!(other, Err(Failure::Message(_))) {
                std::fs::remove_file(&journal).map_err(|error| Failure::at(&journal, error))?;
            }
            other
        }
    }
}

/// Where unfinished work stands: beside the folder that will hold the report.
fn journal_beside(out: &Path) -> Result<PathBuf, Failure> {
    let mut name = out.file_name().ok_or_else(|| Failure::at(out, "cannot be an output folder"))?.to_os_string();
    name.push(".journal");
    Ok(out.with_file_name(name))
}

fn work(arguments: &Arguments, file: &StressFile, runner: &Runner<'_>, out: &Path, interrupt: &Interrupt) -> Result<(), Failure> {
    let stopped = |error: RunError| match error {
        RunError::Interrupted { .. } => Failure::Interrupted,
        other => Failure::of(other),
    };
    match &file.plan {
        Plan::Search(plan) => {
            let report = search(runner, plan).map_err(stopped)?;
            if report.stopped {
                terminal::print(&said(file, &report, None))?;
                return Err(Failure::Interrupted);
            }
            let small = report.minimal.as_ref().map(|m| file.problem.rehearsal(&file.problem.space.values(&m.u))).transpose();
            let small = small.map_err(Failure::of)?;
            let traced = small.as_ref().map(|spec| trace(&file.problem, spec)).transpose().map_err(Failure::of)?;
            let mut tables = search_tables(&file.problem, plan, &report, traced.as_ref()).map_err(Failure::of)?;
            let folder = RunFolder::create(out, arguments.overwrite).map_err(Failure::of)?;
            let mut replayed = None;
            if let (Some(spec), Some(traced)) = (&small, &traced) {
                let words = report.minimal.as_ref().map_or_else(String::new, |m| sentence(&file.problem, m, traced));
                let text = replay_text(&file.scenario, spec, &words, &traced.digest.to_string());
                folder.write_file("replay.toml", text.as_bytes()).map_err(Failure::of)?;
                replayed = Some(replay(&text, out, traced)?);
            }
            if let Some((_, pictures)) = &replayed {
                tables.extend(pictures.clone());
            }
            let out = close(file, folder, &tables, interrupt)?;
            if let Some((finished, _)) = replayed {
                write_failure(file, &out, &finished, arguments.overwrite)?;
            }
            if arguments.json {
                terminal::print_json(&search_json(file, &report, traced.as_ref(), &out))?;
            } else {
                terminal::print(&format!("{}{}\n", said(file, &report, traced.as_ref()), out.join("report.html").display()))?;
            }
            if report.failures.is_empty() { Ok(()) } else { Err(Failure::Bad) }
        }
        Plan::Risk(plan) => {
            let rows = risk(runner, plan).map_err(stopped)?;
            let tables = risk_tables(&file.problem, plan, &rows).map_err(Failure::of)?;
            let folder = RunFolder::create(out, arguments.overwrite).map_err(Failure::of)?;
            let out = close(file, folder, &tables, interrupt)?;
            if arguments.json {
                return terminal::print_json(&serde_json::json!({ "title": file.title, "simulated": runner.simulated(), "risks": rows }));
            }
            terminal::print(&format!("{}\n{}\n", risk_text(&rows), out.join("report.html").display()))
        }
        Plan::Influence(plan) => {
            let rows = influence(runner, plan).map_err(stopped)?;
            let tables = influence_tables(&file.problem, plan, &rows).map_err(Failure::of)?;
            let folder = RunFolder::create(out, arguments.overwrite).map_err(Failure::of)?;
            let out = close(file, folder, &tables, interrupt)?;
            if arguments.json {
                return terminal::print_json(&serde_json::json!({ "title": file.title, "simulated": runner.simulated(), "rows": rows }));
            }
            terminal::print(&format!("{}\n{}\n", influence_text(&rows), out.join("report.html").display()))
        }
    }
}

/// The records, the file, the report.
fn close(file: &StressFile, folder: RunFolder, tables: &[proband_core::Table], interrupt: &Interrupt) -> Result<PathBuf, Failure> {
    let mut digests = String::new();
    for table in tables {
        digests.push_str(&folder.write_table(table).map_err(Failure::of)?.to_string());
    }
    folder.write_file("stress.toml", file.text.as_bytes()).map_err(Failure::of)?;
    folder
        .write_manifest(&RunManifest {
            program: "proband".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            command: "proband stress stress.toml".into(),
            procedure: "stress".into(),
            scenario: file.title.clone(),
            seed: file.problem.base.seed,
            patient: file.problem.base.patient,
            twin: file.problem.base.twin.person.pseudonym.clone(),
            digest: proband_core::Digest::of_bytes(digests.as_bytes()).to_string(),
            not_a_device: true,
        })
        .map_err(Failure::of)?;
    proband_evidence::write_report(folder.path()).map_err(Failure::of)?;
    interrupt.check()?;
    folder.finish().map_err(Failure::of)
}

/// A scenario of `proband rehearse` that is the case: every number as it is to the bit.
fn replay_text(base: &Scenario, spec: &RehearsalSpec, words: &str, digest: &str) -> String {
    let mut text = String::new();
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    // Writing to a string cannot fail.
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    line("title", quoted(words));
    line("procedure", quoted("venipuncture"));
    if let Some(twin) = &base.twin {
        line("twin", quoted(&std::path::absolute(twin).unwrap_or_else(|_| twin.clone()).display().to_string()));
    }
    if let Some(population) = &base.population {
        let file = Path::new(population);
        let name = if population.ends_with(".toml") {
            std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf())
        } else {
            file.to_path_buf()
        };
        line("population", quoted(&name.display().to_string()));
    }
    line("seed", spec.seed.to_string());
    line("patient", spec.patient.to_string());
    if let Some(side) = base.arm {
        line("arm", quoted(if side == proband_anatomy::Side::Left { "left" } else { "right" }));
    }
    match base.pigment {
        Some(Pigment::Melanin(fraction)) => line("pigment", quoted(&fraction.to_string())),
        Some(Pigment::Ita(angle)) => line("pigment", quoted(&format!("ITA {angle}"))),
        None => {}
    }
    let motion: Vec<String> = spec.faults.iter().map(|fault| quoted(&fault.to_string())).collect();
    if !motion.is_empty() {
        line("motion", format!("[{}]", motion.join(", ")));
    }
    if let Some(robot) = &base.robot {
        let urdf = std::path::absolute(&robot.urdf).unwrap_or_else(|_| robot.urdf.clone()).display().to_string();
        line("robot", format!("{{ urdf = {}, tip = {} }}", quoted(&urdf), quoted(&robot.tip)));
    }
    if let Some(pa) = spec.tourniquet_pa {
        line("tourniquet", quoted(&format!("{pa} Pa")));
    }
    if let Some(m3) = spec.draw_m3 {
        line("volume", quoted(&format!("{m3} m3")));
    }
    line("time_max", quoted(&format!("{} s", spec.duration_max_s)));
    if !spec.values.is_empty() {
        text.push_str("\n[values]\n");
        for (name, value) in &spec.values {
            let _ = writeln!(text, "{} = {}", quoted(name), toml::Value::Float(*value));
        }
    }
    if !spec.limits.is_empty() {
        text.push_str("\n[limits]\n");
        for (name, value) in &spec.limits {
            let _ = writeln!(text, "{name} = {}", toml::Value::Float(*value));
        }
    }
    let _ = writeln!(text, "\n# Ends in {digest} with version {}.", env!("CARGO_PKG_VERSION"));
    text
}

/// Run the replay's text as a user would, and see that it ends in the same state. Gives the run and its pictures.
fn replay(text: &str, out: &Path, traced: &Traced) -> Result<(proband_run::Finished, Vec<proband_core::Table>), Failure> {
    let source = SourceText { name: "replay.toml".into(), text: text.to_owned() };
    let scenario = Scenario::parse(&source, "replay", out)?;
    let (arm, _) = robot_file::arm(scenario.robot.as_ref())?;
    let spec = rehearse::spec_of(&scenario, arm)?;
    let mut rehearsal = Rehearsal::new(&spec).map_err(Failure::of)?;
    while !rehearsal.advance(10_000) {}
    let finished = rehearsal.finish().map_err(Failure::of)?;
    if finished.digest != traced.digest {
        return Err(Failure::Message(format!(
            "the replay ends in {}, the search had {}: a fault of this program",
            finished.digest, traced.digest
        )));
    }
    let pictures = finished.tables.iter().filter(|table| table.name == "images").cloned().collect();
    Ok((finished, pictures))
}

/// The failing run as a whole, with its own report.
fn write_failure(file: &StressFile, out: &Path, finished: &proband_run::Finished, overwrite: bool) -> Result<(), Failure> {
    let folder = RunFolder::create(&out.join("failure"), overwrite).map_err(Failure::of)?;
    let base = &file.problem.base;
    let manifest = RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: "proband rehearse venipuncture --scenario replay.toml".into(),
        procedure: "venipuncture".into(),
        scenario: "replay".into(),
        seed: base.seed,
        patient: base.patient,
        twin: base.twin.person.pseudonym.clone(),
        digest: finished.digest.to_string(),
        not_a_device: true,
    };
    finished.write(&folder, &manifest).map_err(Failure::of)?;
    proband_evidence::write_report(folder.path()).map_err(Failure::of)?;
    folder.finish().map(drop).map_err(Failure::of)
}

fn values_text(problem: &Problem, found: &Found) -> String {
    let values = problem.space.values(&found.u);
    let parts =
        problem.space.varied.iter().zip(values).enumerate().map(|(at, (v, value))| format!("{} {}", v.name, problem.words(at, value)));
    parts.collect::<Vec<_>>().join(", ")
}

fn said(file: &StressFile, report: &SearchReport, traced: Option<&Traced>) -> String {
    let problem = &file.problem;
    let rule = |f: &Found| problem.requirements[f.requirement as usize].name.as_str();
    let mut text =
        format!("{}\n\n{} evaluations, {} failures of {} kinds", file.title, report.calls, report.failures.len(), report.clusters.len());
    if report.crashed > 0 {
        let _ = write!(text, ", {} cases could not be run", report.crashed);
    }
    text.push('\n');
    if let Some(found) = report.cheapest() {
        let _ = writeln!(text, "first failure at evaluation {}: {} by {:.4e}", found.call, rule(found), -found.margin);
    }
    if let Some(found) = report.likeliest() {
        let _ =
            writeln!(text, "most likely: {}, log-probability {:.2}: {}", rule(found), found.ln_probability, values_text(problem, found));
    } else if let Some(found) = &report.nearest {
        let _ = writeln!(text, "nearest: {} kept by {:.4e}: {}", rule(found), found.margin, values_text(problem, found));
    }
    if let Some(minimal) = &report.minimal {
        let _ = writeln!(
            text,
            "made small in {} runs: {} of {} inputs needed, log-probability {:.2}: {}",
            minimal.runs,
            minimal.active,
            minimal.u.len(),
            minimal.case.ln_probability,
            values_text(problem, &minimal.case)
        );
        if let Some(traced) = traced {
            let _ = writeln!(text, "\n{}\ndigest {}", sentence(problem, minimal, traced), traced.digest);
        }
    }
    text
}

fn search_json(file: &StressFile, report: &SearchReport, traced: Option<&Traced>, out: &Path) -> serde_json::Value {
    let problem = &file.problem;
    let case = |f: &Found| {
        let values: serde_json::Map<String, serde_json::Value> = problem
            .space
            .varied
            .iter()
            .zip(problem.space.values(&f.u))
            .enumerate()
            .map(|(at, (v, value))| {
                // Kinds and phases by name, numbers as they are.
                let own = if v.is_choice() { problem.words(at, value).into() } else { value.into() };
                (v.name.clone(), own)
            })
            .collect();
        serde_json::json!({
            "evaluation": f.call, "log_probability": f.ln_probability, "rule": problem.requirements[f.requirement as usize].name,
            "margin": f.margin, "values": values,
        })
    };
    let words = report.minimal.as_ref().zip(traced).map(|(m, t)| sentence(problem, m, t));
    serde_json::json!({
        "title": file.title, "evaluations": report.calls, "failures": report.failures.len(), "kinds": report.clusters.len(),
        "could_not_be_run": report.crashed, "cheapest": report.cheapest().map(case), "likeliest": report.likeliest().map(case),
        "nearest": report.nearest.as_ref().map(case),
        "minimised": report.minimal.as_ref().map(|m| serde_json::json!({ "case": case(&m.case), "inputs_needed": m.active, "runs": m.runs, "minimal": m.minimal })),
        "sentence": words, "digest": traced.map(|t| t.digest.to_string()), "report": out.join("report.html"),
        "replay": traced.map(|_| out.join("replay.toml")),
    })
}

/// A number of any size in a few figures; a dash where there is none.
fn short(value: f64) -> String {
    match value {
        v if !v.is_finite() => "–".into(),
        0.0 => "0".into(),
        v if v.abs() >= 1e5 || v.abs() < 1e-3 => format!("{v:.3e}"),
        v if v.abs() >= 100.0 => format!("{v:.0}"),
        v => format!("{v:.4}"),
    }
}

fn risk_text(rows: &[RiskRow]) -> String {
    let mut table = TextTable::new(&[
        ("hazard", Align::Left),
        ("probability per procedure", Align::Right),
        ("interval", Align::Left),
        ("runs", Align::Right),
        ("plain counting needs", Align::Right),
        ("effective failures", Align::Right),
        ("greatest weight", Align::Right),
    ]);
    let mut notes = String::new();
    for row in rows {
        let interval = if row.low.is_finite() { format!("{} to {}", short(row.low), short(row.high)) } else { "–".into() };
        table.row([
            row.requirement.clone(),
            short(row.probability),
            interval,
            row.calls.to_string(),
            short(row.crude_runs),
            short(row.effective_size),
            short(row.weight_share_max),
        ]);
        if !row.note.trim().is_empty() {
            let _ = writeln!(notes, "{}: {}", row.requirement, row.note.trim());
        }
    }
    format!("{table}{notes}")
}

fn influence_text(rows: &[InfluenceRow]) -> String {
    let mut table = TextTable::new(&[
        ("outcome", Align::Left),
        ("input", Align::Left),
        ("first / mean effect", Align::Right),
        ("total / mean size", Align::Right),
        ("interval", Align::Left),
        ("sd", Align::Right),
        ("left out", Align::Right),
    ]);
    let mut silent: Vec<String> = Vec::new();
    for row in rows {
        if row.note.is_empty() {
            let interval = format!("{} to {}", short(row.total[1]), short(row.total[2]));
            table.row([
                row.outcome.clone(),
                row.input.clone(),
                short(row.first[0]),
                short(row.total[0]),
                interval,
                short(row.sd),
                row.failed.to_string(),
            ]);
        } else {
            let line = format!("{}: {}", row.outcome, row.note);
            if silent.last() != Some(&line) {
                silent.push(line);
            }
        }
    }
    format!("{table}{}\n", silent.join("\n"))
}
