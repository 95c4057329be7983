//! The records as the report thinks of them: typed, tolerant, with a list of what was not recorded.

mod arm;
mod cohort;
mod course;
mod knowledge;
mod outcome;
mod pictures;
mod safety;

pub(crate) use arm::{NeedlePath, Node, Skin, Tube, TubeKind};
pub(crate) use cohort::{Cohort, Stratum};
pub(crate) use course::{Event, PhaseSpan, Ticks};
pub(crate) use knowledge::{Belief, Parameter, Site};
pub(crate) use outcome::Outcome;
pub(crate) use pictures::{Picture, Shape};
pub(crate) use safety::{FaultLine, RequirementLine};

use proband_record::RunManifest;

use crate::{Problem, RunRecords, columns::Columns};

/// Tables that a single rehearsal writes.
pub(crate) const TABLES: [&str; 14] = [
    "anatomy",
    "beliefs",
    "events",
    "images",
    "needle",
    "outcome",
    "overlays",
    "parameters",
    "phases",
    "sites",
    "skin",
    "ticks",
    "warnings",
    "cohort",
];

/// One warning of the run.
#[derive(Clone, Debug)]
pub(crate) struct WarningLine {
    /// Where it was noted.
    pub place: String,
    /// What was noted.
    pub text: String,
    /// How often.
    pub count: f64,
}

/// Everything that the page shows.
pub(crate) struct View<'a> {
    /// From `run.toml`.
    pub info: &'a RunManifest,
    /// Endpoints.
    pub outcome: Outcome,
    /// The course in time.
    pub ticks: Ticks,
    /// What happened when.
    pub events: Vec<Event>,
    /// Phases with their beginnings and ends.
    pub phases: Vec<PhaseSpan>,
    /// What was believed.
    pub beliefs: Vec<Belief>,
    /// Candidate sites in order of rank.
    pub sites: Vec<Site>,
    /// Every parameter.
    pub parameters: Vec<Parameter>,
    /// Recorded pictures with their overlays.
    pub pictures: Vec<Picture<'a>>,
    /// Veins, arteries, nerves, bones.
    pub tubes: Vec<Tube>,
    /// The skin.
    pub skin: Option<Skin>,
    /// Needle path of each attempt.
    pub needles: Vec<NeedlePath>,
    /// Every warning; `None` when the table was not recorded.
    pub warnings: Option<Vec<WarningLine>>,
    /// Planned faults; `None` when there were none.
    pub faults: Option<Vec<FaultLine>>,
    /// Safety requirements; `None` when none were watched.
    pub requirements: Option<Vec<RequirementLine>>,
    /// Many patients, if the run was over many.
    pub cohort: Option<Cohort>,
    /// Wavelength of the near-infrared lamps [nm], where it was recorded.
    pub lamp_wavelength_nm: Option<f64>,
    /// Heart rate with which arteries beat [Hz], where they did.
    pub heart_rate_hz: Option<f64>,
    /// What could not be used.
    pub notes: Vec<Problem>,
}

impl<'a> View<'a> {
    /// Interpret the records of a run.
    pub fn new(run: &'a RunRecords) -> Self {
        let mut notes = run.problems.clone();
        let table = |name: &str| run.table(name);
        let outcome = table("outcome").map_or_else(Outcome::default, |t| Outcome::read(&mut Columns::new(t, &mut notes)));
        let ticks = table("ticks").map_or_else(Ticks::default, |t| Ticks::read(&mut Columns::new(t, &mut notes)));
        let events = table("events").map_or_else(Vec::new, |t| course::events(&mut Columns::new(t, &mut notes)));
        let end_s = ticks.time_s.iter().copied().filter(|t| t.is_finite()).fold(f64::NAN, f64::max);
        let phases = table("phases").map_or_else(Vec::new, |t| course::phases(&mut Columns::new(t, &mut notes), end_s));
        let beliefs = table("beliefs").map_or_else(Vec::new, |t| knowledge::beliefs(&mut Columns::new(t, &mut notes)));
        let sites = table("sites").map_or_else(Vec::new, |t| knowledge::sites(&mut Columns::new(t, &mut notes)));
        let parameters = table("parameters").map_or_else(Vec::new, |t| knowledge::parameters(&mut Columns::new(t, &mut notes)));
        let pictures = table("images").map_or_else(Vec::new, |t| pictures::pictures(t, run.table("overlays"), &mut notes));
        let tubes = table("anatomy").map_or_else(Vec::new, |t| arm::tubes(&mut Columns::new(t, &mut notes)));
        let skin = table("skin").and_then(|t| Skin::read(&mut Columns::new(t, &mut notes)));
        let needles = table("needle").map_or_else(Vec::new, |t| arm::needles(&mut Columns::new(t, &mut notes)));
        let warnings = table("warnings").map(|t| warnings(&mut Columns::new(t, &mut notes)));
        let faults = table("faults").map(|t| safety::faults(&mut Columns::new(t, &mut notes)));
        let requirements = table("requirements").map(|t| safety::requirements(&mut Columns::new(t, &mut notes)));
        let cohort = table("cohort").and_then(|t| Cohort::read(&mut Columns::new(t, &mut notes)));
        let settings = table("settings").map_or_else(Vec::new, |t| settings(&mut Columns::new(t, &mut notes)));
        let setting = |name: &str| settings.iter().find(|(n, _)| n == name).map(|(_, value)| *value).filter(|v| v.is_finite());
        Self {
            lamp_wavelength_nm: setting("lamp_wavelength_nm"),
            heart_rate_hz: setting("heart_rate_hz"),
            info: &run.info,
            outcome,
            ticks,
            events,
            phases,
            beliefs,
            sites,
            parameters,
            pictures,
            tubes,
            skin,
            needles,
            warnings,
            faults,
            requirements,
            cohort,
            notes,
        }
    }

    /// Whether anything of a single rehearsal was recorded.
    pub fn has_rehearsal(&self) -> bool {
        self.ticks.rows() > 0
            || !self.needles.is_empty()
            || !self.phases.is_empty()
            || !self.pictures.is_empty()
            || !self.outcome.values.is_empty()
    }

    /// The needle path that matters most: the last attempt.
    pub fn last_needle(&self) -> Option<&NeedlePath> {
        self.needles.last()
    }

    /// Name of the vein that was chosen, if sites were recorded.
    pub fn chosen_site(&self) -> Option<&Site> {
        self.sites.iter().find(|s| s.chosen)
    }
}

/// Names and values of what was chosen for the run.
fn settings(columns: &mut Columns<'_, '_>) -> Vec<(String, f64)> {
    columns.words("name").into_iter().zip(columns.numbers("value")).collect()
}

fn warnings(columns: &mut Columns<'_, '_>) -> Vec<WarningLine> {
    let (place, text, count) = (columns.words("place"), columns.words("text"), columns.numbers("count"));
    place.into_iter().zip(text).zip(count).map(|((place, text), count)| WarningLine { place, text, count }).collect()
}
