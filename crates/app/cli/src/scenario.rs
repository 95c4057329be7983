//! What is to be rehearsed: a scenario file, the flags over it, and the checks of both.
//!
//! A scenario file is TOML; every key is optional but `procedure`. Paths are relative to the file. Unknown keys and wrong units are
//! refused and pointed at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proband_anatomy::Side;
use proband_procedure::GuardLimits;
use proband_scene::{Fault, SceneError, TissueKind};
use proband_twin::Twin;
use serde::Deserialize;
use toml::Spanned;

use crate::amount::{self, Kind};
use crate::failure::Failure;
use crate::fault_table::WrittenFault;
use crate::source_text::SourceText;

/// Everything that decides a rehearsal, in SI units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scenario {
    /// Name in records: the file's stem, or "built-in".
    pub(crate) name: String,
    /// One line about what it shows.
    pub(crate) title: Option<String>,
    /// Twin folder; `None`: the built-in patient.
    pub(crate) twin: Option<PathBuf>,
    /// Seed of all random streams, below 2⁶³.
    pub(crate) seed: u64,
    /// Number of the patient in the study.
    pub(crate) patient: u32,
    /// Arm to be used instead of the twin's.
    pub(crate) arm: Option<Side>,
    /// Skin pigment instead of the twin's.
    pub(crate) pigment: Option<Pigment>,
    /// Planned faults.
    pub(crate) faults: Vec<Fault>,
    /// A robot arm of the user's own.
    pub(crate) robot: Option<RobotFile>,
    /// Cuff pressure [Pa] instead of the controller's.
    pub(crate) tourniquet_pa: Option<f64>,
    /// Blood to draw [m³] instead of the controller's.
    pub(crate) volume_m3: Option<f64>,
    /// Wavelength of the near-infrared lamps [nm] instead of the camera's.
    pub(crate) wavelength_nm: Option<f64>,
    /// Whether arteries beat.
    pub(crate) arteries_beat: bool,
    /// Longest run [s].
    pub(crate) time_max_s: f64,
    /// Number of sampled patients; `None`: one patient.
    pub(crate) cohort: Option<u32>,
    /// Population of the cohort, or of the one patient: a built-in name or a file.
    pub(crate) population: Option<String>,
    /// Parameters with a given value in this patient, by name [SI].
    pub(crate) values: Vec<(String, f64)>,
    /// Limits of the controller's guards that are not the usual ones, by name [SI].
    pub(crate) limits: Vec<(String, f64)>,
    /// Whether the whole patient lies beside the needle.
    pub(crate) whole: bool,
    /// How the tissue answers the needle.
    pub(crate) tissue: TissueKind,
}

/// Skin pigment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pigment {
    /// Melanosome volume fraction of the epidermis [1].
    Melanin(f64),
    /// Individual typology angle [degree].
    Ita(f64),
}

/// A robot of the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RobotFile {
    /// URDF file.
    pub(crate) urdf: PathBuf,
    /// Link that carries the needle driver.
    pub(crate) tip: String,
}

/// Values of the flags, not yet checked. `None`: not given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) twin: Option<PathBuf>,
    pub(crate) seed: Option<u64>,
    pub(crate) patient: Option<u32>,
    pub(crate) arm: Option<String>,
    pub(crate) pigment: Option<String>,
    pub(crate) motion: Vec<String>,
    pub(crate) urdf: Option<PathBuf>,
    pub(crate) tip: Option<String>,
    pub(crate) tourniquet: Option<String>,
    pub(crate) volume: Option<String>,
    pub(crate) wavelength: Option<String>,
    pub(crate) arteries_beat: bool,
    pub(crate) cohort: Option<u32>,
    pub(crate) population: Option<String>,
    pub(crate) tissue: Option<String>,
}

/// Seed when none is given: a patient whose vein lies at a middling depth, so that every picture of the first report shows
/// something. Chosen for its pictures, not for its outcome.
const DEFAULT_SEED: u64 = 9;
/// Longest run when nothing is said [s].
const TIME_MAX_S: f64 = 600.0;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: Option<String>,
    procedure: Spanned<String>,
    twin: Option<PathBuf>,
    seed: Option<Spanned<i64>>,
    patient: Option<u32>,
    arm: Option<Spanned<String>>,
    pigment: Option<Spanned<String>>,
    #[serde(default)]
    motion: Vec<Spanned<String>>,
    #[serde(default)]
    fault: Vec<WrittenFault>,
    robot: Option<WrittenRobot>,
    tourniquet: Option<Spanned<String>>,
    volume: Option<Spanned<String>>,
    wavelength: Option<Spanned<String>>,
    #[serde(default)]
    arteries_beat: bool,
    time_max: Option<Spanned<String>>,
    cohort: Option<Spanned<u32>>,
    population: Option<String>,
    physiology: Option<Spanned<String>>,
    tissue: Option<Spanned<String>>,
    #[serde(default)]
    values: BTreeMap<Spanned<String>, f64>,
    #[serde(default)]
    limits: BTreeMap<Spanned<String>, f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRobot {
    urdf: PathBuf,
    tip: String,
}

impl Scenario {
    /// The built-in rehearsal: one built-in patient, seed 9, nothing disturbs.
    pub(crate) fn built_in() -> Self {
        Self {
            name: "built-in".into(),
            title: None,
            twin: None,
            seed: DEFAULT_SEED,
            patient: 0,
            arm: None,
            pigment: None,
            faults: Vec::new(),
            robot: None,
            tourniquet_pa: None,
            volume_m3: None,
            wavelength_nm: None,
            arteries_beat: false,
            time_max_s: TIME_MAX_S,
            cohort: None,
            population: None,
            values: Vec::new(),
            limits: Vec::new(),
            whole: false,
            tissue: TissueKind::Axis,
        }
    }

    /// The scenario of a file, or the built-in one, with the flags over it.
    pub(crate) fn resolve(file: Option<&Path>, flags: &Flags) -> Result<Self, Failure> {
        let mut scenario = match file {
            Some(path) => {
                let stem = path.file_stem().map_or_else(|| "scenario".into(), |stem| stem.to_string_lossy().into_owned());
                let folder = path.parent().unwrap_or_else(|| Path::new(""));
                Self::parse(&SourceText::read(path)?, &stem, folder)?
            }
            None => Self::built_in(),
        };
        scenario.apply(flags)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Read a scenario file.
    pub(crate) fn parse(source: &SourceText, name: &str, folder: &Path) -> Result<Self, Failure> {
        let written: Written = toml::from_str(&source.text).map_err(|error| source.wrong_toml(&error))?;
        let wrong = |value: &Spanned<String>, problem: Problem| {
            // The span takes the quotation marks in; the problem counts from the text behind the first one.
            let text = value.as_ref();
            let at = match problem.at {
                Some(at) if source.text.get(value.span().start + 1..).is_some_and(|rest| rest.starts_with(text.as_str())) => {
                    value.span().start + 1 + at.start..value.span().start + 1 + at.end
                }
                _ => value.span(),
            };
            source.wrong(at, format!("{}: {}", source.name, problem.what), problem.label, Some(problem.help))
        };
        if written.procedure.as_ref() != "venipuncture" {
            let problem =
                Problem::new(format!("procedure \"{}\" is not known", written.procedure.as_ref()), "not known", "known: venipuncture");
            return Err(wrong(&written.procedure, problem));
        }
        let optional = |value: &Option<Spanned<String>>, kind: Kind| -> Result<Option<f64>, Failure> {
            value.as_ref().map(|value| amount::read(value.as_ref(), kind).map_err(|problem| wrong(value, problem))).transpose()
        };
        let mut scenario = Self::built_in();
        scenario.name = name.to_owned();
        scenario.title = written.title;
        scenario.twin = written.twin.map(|path| folder.join(path));
        if let Some(seed) = &written.seed {
            scenario.seed = u64::try_from(*seed.as_ref()).map_err(|_| {
                source.wrong(
                    seed.span(),
                    format!("{}: the seed is negative", source.name),
                    "negative",
                    Some("a whole number from 0".into()),
                )
            })?;
        }
        scenario.patient = written.patient.unwrap_or(0);
        if let Some(arm) = &written.arm {
            scenario.arm = Some(read_arm(arm.as_ref()).map_err(|problem| wrong(arm, problem))?);
        }
        if let Some(tissue) = &written.tissue {
            scenario.tissue = read_tissue(tissue.as_ref()).map_err(|problem| wrong(tissue, problem))?;
        }
        if let Some(pigment) = &written.pigment {
            scenario.pigment = Some(read_pigment(pigment.as_ref()).map_err(|problem| wrong(pigment, problem))?);
        }
        for motion in &written.motion {
            scenario.faults.push(read_motion(motion.as_ref()).map_err(|problem| wrong(motion, problem))?);
        }
        for fault in &written.fault {
            scenario.faults.push(fault.read(source)?);
        }
        scenario.robot = written.robot.map(|robot| RobotFile { urdf: folder.join(robot.urdf), tip: robot.tip });
        scenario.tourniquet_pa = optional(&written.tourniquet, Kind::CuffPressure)?;
        scenario.volume_m3 = optional(&written.volume, Kind::BloodVolume)?;
        if let Some(wavelength) = &written.wavelength {
            let nm = amount::read_wavelength_nm(wavelength.as_ref()).map_err(|problem| wrong(wavelength, problem))?;
            scenario.wavelength_nm = Some(nm);
        }
        scenario.arteries_beat = written.arteries_beat;
        scenario.time_max_s = optional(&written.time_max, Kind::RunTime)?.unwrap_or(TIME_MAX_S);
        if let Some(cohort) = &written.cohort {
            if *cohort.as_ref() == 0 {
                return Err(source.wrong(cohort.span(), format!("{}: a cohort of nobody", source.name), "zero", None));
            }
            scenario.cohort = Some(*cohort.as_ref());
        }
        scenario.population = written.population.map(|population| match population.strip_suffix(".toml") {
            Some(_) => folder.join(&population).display().to_string(),
            None => population,
        });
        if let Some(physiology) = &written.physiology {
            scenario.whole = read_physiology(physiology.as_ref()).map_err(|problem| wrong(physiology, problem))?;
        }
        let known = Twin::built_in();
        for (name, value) in written.values {
            let at = |what: String, help: &str| source.wrong(name.span(), format!("{}: {what}", source.name), "here", Some(help.into()));
            if known.parameter(name.as_ref()).is_err() {
                return Err(at(format!("no patient has a parameter \"{}\"", name.as_ref()), "names as `proband twin show` prints them"));
            }
            if !value.is_finite() {
                return Err(at(format!("{} is {value}", name.as_ref()), "a number in SI units"));
            }
            scenario.values.push((name.into_inner(), value));
        }
        let mut usual = GuardLimits::standard();
        for (name, value) in written.limits {
            if let Err(error) = usual.set(name.as_ref(), value) {
                return Err(source.wrong(name.span(), format!("{}: {error}", source.name), "here", None));
            }
            scenario.limits.push((name.into_inner(), value));
        }
        Ok(scenario)
    }

    /// Lay the flags over the file.
    fn apply(&mut self, flags: &Flags) -> Result<(), Failure> {
        let wrong = |option: &str, text: &str, problem: Problem| {
            let source = SourceText { name: option.to_owned(), text: text.to_owned() };
            let at = problem.at.unwrap_or(0..text.len());
            source.wrong(at, format!("{option}: {}", problem.what), problem.label, Some(problem.help))
        };
        if flags.twin.is_some() {
            self.twin.clone_from(&flags.twin);
        }
        self.seed = flags.seed.unwrap_or(self.seed);
        self.patient = flags.patient.unwrap_or(self.patient);
        if let Some(arm) = &flags.arm {
            self.arm = Some(read_arm(arm).map_err(|problem| wrong("--arm", arm, problem))?);
        }
        if let Some(tissue) = &flags.tissue {
            self.tissue = read_tissue(tissue).map_err(|problem| wrong("--tissue", tissue, problem))?;
        }
        if let Some(pigment) = &flags.pigment {
            self.pigment = Some(read_pigment(pigment).map_err(|problem| wrong("--pigment", pigment, problem))?);
        }
        if !flags.motion.is_empty() {
            let read = |text: &String| read_motion(text).map_err(|problem| wrong("--fault", text, problem));
            self.faults = flags.motion.iter().map(read).collect::<Result<_, _>>()?;
        }
        if let (Some(urdf), Some(tip)) = (&flags.urdf, &flags.tip) {
            self.robot = Some(RobotFile { urdf: urdf.clone(), tip: tip.clone() });
        }
        if let Some(text) = &flags.tourniquet {
            self.tourniquet_pa = Some(amount::read(text, Kind::CuffPressure).map_err(|problem| wrong("--tourniquet", text, problem))?);
        }
        if let Some(text) = &flags.volume {
            self.volume_m3 = Some(amount::read(text, Kind::BloodVolume).map_err(|problem| wrong("--volume", text, problem))?);
        }
        if let Some(text) = &flags.wavelength {
            self.wavelength_nm = Some(amount::read_wavelength_nm(text).map_err(|problem| wrong("--wavelength", text, problem))?);
        }
        self.arteries_beat |= flags.arteries_beat;
        self.cohort = flags.cohort.or(self.cohort);
        if flags.population.is_some() {
            self.population.clone_from(&flags.population);
        }
        Ok(())
    }

    /// What cannot be together.
    fn check(&self) -> Result<(), Failure> {
        if i64::try_from(self.seed).is_err() {
            return Err(Failure::Usage(format!("seed {} is above {}", self.seed, i64::MAX)));
        }
        if self.cohort.is_some() && self.twin.is_some() {
            return Err(Failure::Usage("a cohort (--n) samples its own patients: give either a twin or a cohort".into()));
        }
        if self.cohort.is_some() && self.whole {
            return Err(Failure::Usage("physiology = \"whole\" is for one patient, not for a cohort".into()));
        }
        if self.cohort.is_some() && self.tissue != TissueKind::Axis {
            return Err(Failure::Usage("a cohort (--n) runs on the needle-axis model: finite elements are for one patient".into()));
        }
        if self.population.is_some() && self.twin.is_some() {
            return Err(Failure::Usage("a patient comes from a population or from a twin, not from both".into()));
        }
        if self.cohort.is_some() && !(self.values.is_empty() && self.limits.is_empty()) {
            return Err(Failure::Usage("given values and limits are for one patient, not for a cohort".into()));
        }
        Ok(())
    }
}

/// Whether the whole patient lies beside the needle.
fn read_physiology(text: &str) -> Result<bool, Problem> {
    match text {
        "whole" => Ok(true),
        "arm" => Ok(false),
        other => Err(Problem::new(format!("physiology \"{other}\" is not known"), "not known", "known: arm, whole")),
    }
}

/// How the tissue answers.
fn read_tissue(text: &str) -> Result<TissueKind, Problem> {
    [TissueKind::Axis, TissueKind::Fem].into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
        Problem::new(format!("\"{text}\" is no kind of tissue"), "not known", "axis (a law along the needle) or fem (finite elements)")
    })
}

/// What is wrong with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The sentence.
    pub(crate) what: String,
    /// A word or two beneath the value.
    pub(crate) label: String,
    /// What would be right.
    pub(crate) help: String,
    /// The wrong piece of the value's text; `None`: all of it.
    pub(crate) at: Option<std::ops::Range<usize>>,
}

impl Problem {
    /// A problem with the whole value.
    pub(crate) fn new(what: impl Into<String>, label: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), label: label.into(), help: help.into(), at: None }
    }
}

fn read_arm(text: &str) -> Result<Side, Problem> {
    match text {
        "left" => Ok(Side::Left),
        "right" => Ok(Side::Right),
        _ => Err(Problem::new(format!("\"{text}\" is no arm"), "not an arm", "left or right")),
    }
}

/// `14 %`, `0.14`: melanosome fraction; `ITA 28`: individual typology angle.
fn read_pigment(text: &str) -> Result<Pigment, Problem> {
    let help = "the melanosome volume fraction of the epidermis (\"5 %\", \"0.05\") or the individual typology angle (\"ITA 28\")";
    let lower = text.to_ascii_lowercase();
    if let Some(angle) = lower.strip_prefix("ita") {
        let angle = angle.trim_start_matches([' ', ':', '=']).trim_end_matches(['°', ' ']).trim_end_matches("deg").trim_end();
        return match angle.parse::<f64>() {
            Ok(angle) if (-90.0..=90.0).contains(&angle) => Ok(Pigment::Ita(angle)),
            _ => Err(Problem::new(format!("\"{text}\" is no typology angle"), "wants −90 to 90 degrees", help)),
        };
    }
    amount::read(text, Kind::Fraction).map(Pigment::Melanin).map_err(|problem| Problem { help: help.into(), ..problem })
}

fn read_motion(text: &str) -> Result<Fault, Problem> {
    let help = "WHAT[=SIZE]@WHEN[~DURATION]: startle@insert+0.5, occlude@42, force:bias=0.5N@insert; all kinds: proband faults";
    Fault::parse(text).map_err(|error| fault_problem(error, help))
}

/// What is wrong with a fault's text, with its place.
fn fault_problem(error: SceneError, help: &str) -> Problem {
    match error {
        SceneError::Fault { what, start, end } => {
            let at = (start < end).then_some(start as usize..end as usize);
            Problem { what, label: "not understood".into(), help: help.into(), at }
        }
        other => Problem::new(other.to_string(), "not understood", help),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Scenario, Failure> {
        let source = SourceText { name: "x.toml".into(), text: text.into() };
        Scenario::parse(&source, "x", Path::new("folder"))
    }

    /// The piece of the text that an error points at.
    #[track_caller]
    fn pointed_at(text: &str) -> String {
        match parse(text).unwrap_err() {
            Failure::Diagnostic(diagnostic) => {
                let label = diagnostic.labels().unwrap().next().unwrap();
                text[label.offset()..label.offset() + label.len()].to_owned()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Read every key into SI, paths relative to the file.
    #[test]
    fn a_full_file_is_read() {
        let text = r#"
            title = "t"
            procedure = "venipuncture"
            twin = "p.twin"
            seed = 7
            patient = 3
            arm = "left"
            pigment = "ITA -30"
            motion = ["startle@insert+0.5", "occlude@42"]
            robot = { urdf = "arm.urdf", tip = "flange" }
            tourniquet = "60 mmHg"
            volume = "4 mL"
            time_max = "5 min"
        "#;
        let scenario = parse(text).unwrap();
        assert_eq!((scenario.seed, scenario.patient, scenario.faults.len()), (7, 3, 2));
        assert_eq!((scenario.arm, scenario.pigment), (Some(Side::Left), Some(Pigment::Ita(-30.0))));
        assert_eq!(scenario.twin, Some(PathBuf::from("folder/p.twin")));
        assert_eq!(scenario.robot.unwrap().urdf, PathBuf::from("folder/arm.urdf"));
        assert_eq!((scenario.time_max_s, scenario.volume_m3), (300.0, Some(4e-6)));
        assert!((scenario.tourniquet_pa.unwrap() - 7999.343).abs() < 1e-3);
    }

    /// Read a fault key by key, and point at what is wrong in one.
    #[test]
    fn fault_tables_are_read() {
        let with = |lines: &str| format!("procedure = \"venipuncture\"\n[[fault]]\n{lines}\n");
        let text = with("kind = \"bias\"\ntarget = \"force\"\nat = \"insert+0.5 s\"\nduration = \"2 s\"\nramp = 1\nmagnitude = \"500 mN\"");
        assert_eq!(parse(&text).unwrap().faults, vec![Fault::parse("force:bias=0.5N@insert+0.5~2^1").unwrap()]);
        assert_eq!(parse(&with("kind = \"startle\"\nat = 42")).unwrap().faults, vec![Fault::parse("startle@42").unwrap()]);
        assert_eq!(pointed_at(&with("kind = \"bias\"\ntarget = \"force\"\nat = \"lunch\"")), "lunch");
        assert_eq!(pointed_at(&with("kind = \"bias\"\ntarget = \"force\"\nat = 1\nmagnitude = \"3 mm\"")), "mm");
        assert_eq!(pointed_at(&with("kind = \"bend\"\ntarget = \"force\"\nat = 1")), "bend");
        assert_eq!(pointed_at(&with("kind = \"bias\"\ntarget = \"farce\"\nat = 1")), "farce");
        assert_eq!(pointed_at(&with("kind = \"jump\"\nat = 1")), "jump");
        assert!(parse(&with("kind = \"startle\"\nat = true")).is_err());
        assert!(parse(&with("kind = \"startle\"\nat = 1\nsize = 2")).is_err());
    }

    /// Point at the wrong value.
    #[test]
    fn wrong_values_are_pointed_at() {
        let with = |line: &str| format!("procedure = \"venipuncture\"\n{line}\n");
        assert_eq!(pointed_at(&with("tourniquet = \"60 psii\"")), "psii");
        assert_eq!(pointed_at(&with("tourniquet = \"60 mL\"")), "mL");
        assert_eq!(pointed_at(&with("tourniqet = \"60 mmHg\"")), "tourniqet");
        assert_eq!(pointed_at(&with("seed = -1")), "-1");
        assert_eq!(pointed_at(&with("seed = \"x\"")), "\"x\"");
        assert_eq!(pointed_at(&with("arm = \"middle\"")), "\"middle\"");
        assert_eq!(pointed_at(&with("pigment = \"ITA 200\"")), "\"ITA 200\"");
        assert_eq!(pointed_at(&with("motion = [\"startle@lunch\"]")), "lunch");
        assert_eq!(pointed_at(&with("wavelength = \"700 nm\"")), "700 nm");
        assert_eq!(pointed_at(&with("wavelength = \"850 mL\"")), "mL");
        assert_eq!(pointed_at(&with("cohort = 0")), "0");
        assert_eq!(pointed_at("procedure = \"brain surgery\""), "\"brain surgery\"");
        assert_eq!(pointed_at(&with("robot = { urdf = \"a\", tipp = \"b\" }")), "tipp");
    }

    /// Lay flags over the file and refuse what cannot be together.
    #[test]
    fn flags_go_first() {
        let flags = Flags { seed: Some(9), volume: Some("10 mL".into()), ..Flags::default() };
        let mut scenario = parse("procedure = \"venipuncture\"\nseed = 7\n").unwrap();
        scenario.apply(&flags).unwrap();
        assert_eq!((scenario.seed, scenario.volume_m3), (9, Some(1e-5)));
        let both = Flags { cohort: Some(5), twin: Some("p.twin".into()), ..Flags::default() };
        assert!(matches!(Scenario::resolve(None, &both), Err(Failure::Usage(_))));
        let huge = Flags { seed: Some(u64::MAX), ..Flags::default() };
        assert!(matches!(Scenario::resolve(None, &huge), Err(Failure::Usage(_))));
    }

    /// Read each scenario that is shipped.
    #[test]
    fn shipped_scenarios_are_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scenarios");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "toml") && path.file_name().is_some_and(|n| n != "golden.toml") {
                Scenario::resolve(Some(&path), &Flags::default()).unwrap_or_else(|_| panic!("{}", path.display()));
                count += 1;
            }
        }
        assert!(count >= 5);
    }

    proptest::proptest! {
        /// Give a scenario or an error for any text.
        #[test]
        fn any_text_is_answered(text in "(procedure = \"venipuncture\"\n)?[a-z_]{0,10} ?= ?[\\PC]{0,30}\n?") {
            let _ = parse(&text);
        }
    }
}
