//! A replication as it is written in `scenarios/replication/`.

use proband_core::Distribution;
use serde::Deserialize;

/// One published study and its simulated counterpart.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replication {
    /// One line. For people.
    #[serde(rename = "title")]
    pub(crate) _title: String,
    /// Citation.
    #[serde(rename = "published")]
    pub(crate) _published: String,
    /// What differs between the people and methods of both. For people.
    #[serde(rename = "differs")]
    pub(crate) _differs: Vec<String>,
    /// Seed of all random streams.
    pub(crate) seed: u64,
    /// Who is simulated.
    pub(crate) group: Vec<Group>,
    /// What is compared.
    pub(crate) figure: Vec<Figure>,
}

/// Simulated people under one policy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// Name in figures.
    pub(crate) name: String,
    /// How many.
    pub(crate) count: u32,
    /// Who or what draws.
    pub(crate) policy: Policy,
    /// Built-in population.
    pub(crate) population: String,
    /// Melanosome fraction instead of the population's [1].
    pub(crate) melanin_fraction: Option<Distribution>,
    /// Everybody has this condition.
    pub(crate) condition: Option<String>,
    /// Everybody satisfies these.
    #[serde(default)]
    pub(crate) include: Vec<String>,
}

/// Who or what draws.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Policy {
    /// The built-in robot and controller.
    Robot,
    /// The model of a phlebotomist.
    Hand,
    /// The same with a near-infrared viewer where nothing is felt.
    HandWithViewer,
    /// A near-infrared picture, no needle.
    Picture,
}

/// Part of a group.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// All.
    #[default]
    All,
    /// Those whose veins were not hard to reach before.
    NotDifficult,
    /// Those none of whose superficial veins has its top within the limit of `not_visible_deeper_m`.
    NotVisible,
    /// Those on whom the finger of the model feels nothing.
    NotPalpable,
}

/// What is compared.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measure {
    /// Share whose first stick succeeds [1].
    FirstStick,
    /// Share whose first stick fails [1].
    FirstStickFails,
    /// Odds of failing in `group` over those in `against`.
    OddsRatioOfFailing,
    /// Share of `group` less that of `against` whose first stick succeeds.
    DifferenceOfFirstStick,
    /// Mean of tourniquet to needle out [s].
    MeanTime,
    /// Share of pictures that show the vein of the best place [1].
    Seen,
}

/// One published figure and where its counterpart comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figure {
    /// Name of the line.
    pub(crate) name: String,
    /// Group.
    pub(crate) group: String,
    /// Group that it is compared with.
    pub(crate) against: Option<String>,
    /// Part of the group.
    #[serde(default)]
    pub(crate) part: Part,
    /// What is compared.
    pub(crate) measure: Measure,
    /// Published value; absent when nothing was published.
    pub(crate) value: Option<f64>,
    /// Published 95 % interval, or the one computed from the published counts; absent when neither is printed.
    pub(crate) interval: Option<[f64; 2]>,
    /// The model was fitted to this figure: shown, and never counted as agreement.
    #[serde(default)]
    pub(crate) fitted: bool,
}

impl Replication {
    /// Read a file that is shipped.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let read: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        for figure in &read.figure {
            for name in std::iter::once(&figure.group).chain(&figure.against) {
                if !read.group.iter().any(|g| g.name == *name) {
                    return Err(format!("{}: no group \"{name}\"", figure.name));
                }
            }
        }
        Ok(read)
    }
}
