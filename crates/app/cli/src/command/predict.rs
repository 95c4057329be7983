//! `proband predict`: what would happen to a patient if these things were done.

use std::path::PathBuf;

use proband_core::{Column, Digest, Table};
use proband_physiology::Effects;
use proband_physiology::whole::{Acts, LaneState, Laned, Pack, Parameters, Physique, TICK_S, Vitals, WholePatient};
use proband_record::{RunFolder, RunManifest};

use super::predict_drugs::Drugs;
use super::predict_wfdb;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::script::{self, Script};
use crate::text_table::{Align, TextTable};
use crate::{progress, terminal, twin_folder};

const EXAMPLES: &str = "\
Examples:
  proband predict --script scenarios/predict/bleeding.toml              the reference man bleeds
  proband predict --script scenarios/predict/induction.toml             he is given propofol and phenylephrine
  proband predict --twin p.twin --script my.toml -o out/                the same for a twin
  proband predict --script my.toml --wfdb                               the waveforms as a WFDB record, too
  proband predict --script my.toml --json                               vital signs at the end as JSON

A script says how long and what is done when:
  duration = \"20 min\"
  [[event]]
  at = \"1 min\"
  do = \"bleed\"
  rate = \"140 mL/min\"
  lasting = \"10 min\"

A drug is one of the library (name) or of a file (file = \"my-drug.toml\"), given as bolus, rate or to a target:
  do = \"drug\"
  name = \"propofol\"
  target = \"3 mg/L\"                                                    held at the effect site; site = \"plasma\" for plasma

What can be done (amounts and units: the book, \"The living patient\"):
  bleed draw fluid posture tourniquet oxygen carbon_dioxide altitude ventilate_volume ventilate_pressure breathe intubate
  obstruct obstruct_lung pneumothorax_open pneumothorax_closed chest_drain effusion valve_leak valve_narrow pain work
  exercise surroundings arrest drug effect";

/// The help, for the test that every action is in it.
#[cfg(test)]
pub(crate) const ACTIONS_TOLD: &str = EXAMPLES;

/// Waveforms are kept whole up to this long, beyond it only about events and at both ends [s].
const WAVES_WHOLE_S: f64 = 1800.0;
/// Kept before and after an event [s].
const BEFORE_S: f64 = 5.0;
const AFTER_S: f64 = 25.0;
/// Steps of 2 ms between two rows of the waveforms.
const STEPS_PER_ROW: u64 = 5;

/// Arguments of `proband predict`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Twin folder; none: the reference man
    #[arg(long, value_name = "P.twin")]
    twin: Option<PathBuf>,
    /// What is done when (TOML)
    #[arg(long, value_name = "FILE.toml")]
    script: PathBuf,
    /// Output folder
    #[arg(short, long, value_name = "FOLDER", default_value = "out/predict")]
    out: PathBuf,
    /// Replace an older run in the output folder
    #[arg(long)]
    overwrite: bool,
    /// Also write the waveforms and the events as a WFDB record into the output folder: predict.hea, .dat, .atr
    #[arg(long)]
    wfdb: bool,
    /// Print the vital signs at the end as JSON
    #[arg(long)]
    json: bool,
}

/// Predict.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let script = script::read(&arguments.script)?;
    if arguments.wfdb && script.duration_s > predict_wfdb::COURSE_S_MAX {
        let most = predict_wfdb::COURSE_S_MAX / 3600.0;
        return Err(Failure::Usage(format!(
            "--wfdb writes courses of at most {most} h, the script lasts {:.1} h",
            script.duration_s / 3600.0
        )));
    }
    let twin = arguments.twin.as_deref().map(twin_folder::read).transpose()?;
    let (physique, pseudonym) = twin
        .as_ref()
        .map_or_else(|| (Physique::reference_man(), "the reference man".to_owned()), |t| (t.person.physique(), t.person.pseudonym.clone()));
    let _writing = interrupt.writing();
    let folder = RunFolder::create(&arguments.out, arguments.overwrite).map_err(Failure::of)?;
    // A twin that was calibrated is himself, another one the person of his size.
    let patient = match &twin {
        Some(twin) => twin.whole_patient().map_err(Failure::of)?,
        None => WholePatient::new(&physique).map_err(Failure::of)?,
    };
    let course = simulate(&patient, &physique, &script, interrupt)?;
    let digest = Digest::of(&course.state).map_err(Failure::of)?.to_string();
    for table in [course.vitals()?, course.waveforms()?, course.warned()?, events(&script)?, parameters(&patient)?] {
        folder.write_table(&table).map_err(Failure::of)?;
    }
    for table in course.drugs.tables()? {
        folder.write_table(&table).map_err(Failure::of)?;
    }
    if arguments.wfdb {
        for (name, bytes) in predict_wfdb::files(&course.waves, &WAVES, &script)? {
            folder.write_file(&name, &bytes).map_err(Failure::of)?;
        }
    }
    folder.write_manifest(&manifest(arguments, &pseudonym, digest.clone())).map_err(Failure::of)?;
    proband_evidence::write_report(folder.path()).map_err(Failure::of)?;
    interrupt.check()?;
    let out = folder.finish().map_err(Failure::of)?;
    say(arguments, &course, &digest, &out)
}

/// Everything that was seen.
struct Course {
    state: LaneState<1>,
    seconds: Vec<(f64, Vitals)>,
    waves: Vec<[f64; WAVES.len()]>,
    /// Time [s] and words of what is not valid.
    warnings: Vec<(f64, String)>,
    /// The last state that was one of a body.
    good: LaneState<1>,
    drugs: Drugs,
}

const WAVES: [(&str, &str); 10] = [
    ("time_s", "s"),
    ("arterial_mmhg", "mmHg"),
    ("left_ventricle_mmhg", "mmHg"),
    ("left_ventricle_ml", "mL"),
    ("lung_artery_mmhg", "mmHg"),
    ("right_atrium_mmhg", "mmHg"),
    ("forearm_vein_mmhg", "mmHg"),
    ("lung_ml", "mL"),
    ("airway_cmh2o", "cmH2O"),
    ("airway_ml_s", "mL/s"),
];

fn wave(time_s: f64, s: &LaneState<1>) -> [f64; WAVES.len()] {
    let (c, slow) = (&s.circulation, &s.slow);
    let x = |p: Pack<1>| p.0[0];
    [
        time_s,
        x(c.vessel_mmhg[1]),
        x(c.chamber_mmhg[0]),
        x(c.lv_ml),
        x(c.vessel_mmhg[9]),
        x(c.chamber_mmhg[3]),
        x(c.vessel_mmhg[7]),
        x(slow.lung_ml[0] + slow.lung_ml[1]),
        x(slow.airway[0]),
        x(slow.airway[1]),
    ]
}

fn simulate(patient: &WholePatient, physique: &Physique, script: &Script, interrupt: &Interrupt) -> Result<Course, Failure> {
    let mut course = Course {
        state: patient.state(),
        seconds: Vec::new(),
        waves: Vec::new(),
        warnings: Vec::new(),
        good: patient.state(),
        drugs: Drugs::new(),
    };
    let mut acts = Acts::rest();
    let mut effects = Effects::NONE;
    let mut next = script.events.iter().peekable();
    let ticks = (script.duration_s / TICK_S).ceil() as u64;
    let bar = progress::bar(ticks / 20, "predicting");
    for tick in 0..ticks {
        let time = tick as f64 * TICK_S;
        while let Some(event) = next.next_if(|event| event.at_s <= time + 1e-9) {
            event.apply(&mut acts);
            effects = event.effects().copied().unwrap_or(effects);
            if let Some(dose) = event.dose() {
                course.warnings.extend(course.drugs.give(dose, physique)?.map(|warning| (time, warning)));
            }
        }
        if tick % 20 == 0 {
            acts.set_effects(&course.drugs.second(time + TICK_S * 20.0, &effects));
        }
        let whole = script.duration_s <= WAVES_WHOLE_S || time < AFTER_S || time > script.duration_s - AFTER_S;
        let keep = whole || script.events.iter().any(|e| time >= e.at_s - BEFORE_S && time <= e.at_s + AFTER_S);
        let waves = &mut course.waves;
        let mut step = 0;
        patient.tick_observed(&mut course.state, &acts, |s| {
            if keep && step % STEPS_PER_ROW == 0 {
                waves.push(wave(time + step as f64 * 0.002, s));
            }
            step += 1;
        });
        if tick % 20 == 19 {
            if let Err(error) = patient.check(&course.state) {
                // The last state of a body is kept; what lies beyond it is no prediction.
                course.warnings.push((time + TICK_S, format!("the run ends here: {error}")));
                course.state = course.good.clone();
                break;
            }
            course.good = course.state.clone();
            course.seconds.push((time + TICK_S, Vitals::of(&course.state)));
            bar.inc(1);
            interrupt.check()?;
        }
    }
    bar.finish_and_clear();
    Ok(course)
}

const SOURCE: &str = "physiology.whole";

impl Course {
    fn vitals(&self) -> Result<Table, Failure> {
        let mut table = Table::new("vitals");
        let mut columns: Vec<Vec<f64>> = vec![Vec::new(); Vitals::NAMES.len()];
        for (time, vitals) in &self.seconds {
            for (i, value) in vitals.values().into_iter().enumerate() {
                columns[i].push(if Vitals::NAMES[i] == "time_s" { *time } else { value });
            }
        }
        for ((name, unit), values) in Vitals::NAMES.iter().zip(Vitals::UNITS).zip(columns) {
            table.push(name, unit, "", SOURCE, Column::F64(values)).map_err(Failure::of)?;
        }
        Ok(table)
    }

    /// What is not valid, and from when on.
    fn warned(&self) -> Result<Table, Failure> {
        let mut table = Table::new("warnings");
        let (times, texts) = self.warnings.iter().cloned().unzip();
        table.push("time_s", "s", "", SOURCE, Column::F64(times)).map_err(Failure::of)?;
        table.push("text", "", "", SOURCE, Column::Text(texts)).map_err(Failure::of)?;
        Ok(table)
    }

    fn waveforms(&self) -> Result<Table, Failure> {
        let mut table = Table::new("waveforms");
        for (i, (name, unit)) in WAVES.iter().enumerate() {
            let values = self.waves.iter().map(|row| row[i]).collect();
            table.push(name, unit, "", SOURCE, Column::F64(values)).map_err(Failure::of)?;
        }
        Ok(table)
    }
}

fn events(script: &Script) -> Result<Table, Failure> {
    let mut table = Table::new("events");
    let within = |e: &&script::Event| e.at_s <= script.duration_s;
    let times = script.events.iter().filter(within).map(|e| e.at_s).collect();
    let texts = script.events.iter().filter(within).map(|e| e.text.clone()).collect();
    table.push("time_s", "s", "", "script", Column::F64(times)).map_err(Failure::of)?;
    table.push("text", "", "", "script", Column::Text(texts)).map_err(Failure::of)?;
    Ok(table)
}

fn parameters(patient: &WholePatient) -> Result<Table, Failure> {
    let notes = Parameters::<1>::NOTES;
    let mut values = Vec::new();
    patient.parameters.clone().packs(&mut |p| values.push(p.0[0]));
    let text =
        |f: fn(&proband_physiology::whole::ParameterNote) -> &'static str| Column::Text(notes.iter().map(|n| f(n).to_owned()).collect());
    let mut table = Table::new("parameters");
    let mut push = |name: &str, column: Column| table.push(name, "", "", SOURCE, column).map_err(Failure::of);
    push("name", text(|n| n.name))?;
    push("value", Column::F64(values))?;
    push("unit", text(|n| n.unit))?;
    push("source", text(|n| n.source))?;
    Ok(table)
}

fn manifest(arguments: &Arguments, twin: &str, digest: String) -> RunManifest {
    RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: crate::terminal::typed(),
        procedure: "predict".into(),
        scenario: arguments.script.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        seed: 0,
        patient: 0,
        twin: twin.to_owned(),
        digest,
        not_a_device: true,
    }
}

fn say(arguments: &Arguments, course: &Course, digest: &str, out: &std::path::Path) -> Result<(), Failure> {
    let (Some((_, first)), Some((time, last))) = (course.seconds.first(), course.seconds.last()) else {
        return Err(Failure::Message("the script is shorter than a second".into()));
    };
    if arguments.json {
        let vitals: serde_json::Map<String, serde_json::Value> =
            Vitals::NAMES.iter().zip(last.values()).map(|(name, value)| ((*name).to_owned(), serde_json::json!(value))).collect();
        let report = out.join("report.html");
        let warnings: Vec<_> = course.warnings.iter().map(|(time, text)| serde_json::json!({ "time_s": time, "text": text })).collect();
        return terminal::print_json(&serde_json::json!({
            "time_s": time, "end": vitals, "valid": warnings.is_empty(), "warnings": warnings, "digest": digest, "folder": out,
            "report": report,
        }));
    }
    let mut table = TextTable::new(&[("", Align::Left), ("start", Align::Right), ("end", Align::Right), ("unit", Align::Left)]);
    for ((name, unit), (a, b)) in Vitals::NAMES.iter().zip(Vitals::UNITS).zip(first.values().into_iter().zip(last.values())) {
        if *name != "time_s" {
            table.row([(*name).to_owned(), format!("{a:.2}"), format!("{b:.2}"), (*unit).to_owned()]);
        }
    }
    let warnings: String = course.warnings.iter().map(|(time, text)| format!("warning: at {time:.0} s: {text}\n")).collect();
    terminal::print(&format!("{table}\n{warnings}{}\ndigest {digest}", out.join("report.html").display()))
}
