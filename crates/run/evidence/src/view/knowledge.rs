//! What was known: beliefs against truth, candidate sites, parameters.

use crate::columns::Columns;

/// A belief about one quantity of one site after one stage.
#[derive(Clone, Debug)]
pub(crate) struct Belief {
    /// Name of the vein or site.
    pub site: String,
    /// `depth_m`, `diameter_v_m`, `diameter_h_m`, `lateral_m`.
    pub quantity: String,
    /// `prior`, `nir`, `ultrasound`, `aligned`, `inserting`.
    pub stage: String,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// What was true.
    pub truth: f64,
    /// Unit.
    pub unit: String,
}

impl Belief {
    /// Error over stated standard deviation, NaN where either is missing.
    pub fn normalised_error(&self) -> f64 {
        if self.sd > 0.0 { (self.mean - self.truth) / self.sd } else { f64::NAN }
    }
}

pub(super) fn beliefs(c: &mut Columns<'_, '_>) -> Vec<Belief> {
    let (site, quantity, stage) = (c.words("site"), c.words("quantity"), c.words("stage"));
    let (mean, sd, truth, unit) = (c.numbers("mean"), c.numbers("sd"), c.numbers("truth"), c.words("unit"));
    (0..c.rows())
        .map(|i| Belief {
            site: site[i].clone(),
            quantity: quantity[i].clone(),
            stage: stage[i].clone(),
            mean: mean[i],
            sd: sd[i],
            truth: truth[i],
            unit: unit[i].clone(),
        })
        .collect()
}

/// A candidate site.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Rank, 1 = best.
    pub rank: f64,
    /// Vein.
    pub vein: String,
    /// Position along the arm [m].
    pub z_m: f64,
    /// Lateral position [m].
    pub x_m: f64,
    /// Believed depth of the front wall [m].
    pub depth_m: f64,
    /// Believed vertical diameter [m].
    pub diameter_m: f64,
    /// Straight length [m].
    pub straight_m: f64,
    /// Distance to the nearest artery seen [m].
    pub artery_distance_m: f64,
    /// Distance to the nearest nerve zone [m].
    pub nerve_distance_m: f64,
    /// Score from 0 to 1.
    pub score: f64,
    /// Predicted probability of first-stick success.
    pub predicted_success: f64,
    /// Whether it was chosen.
    pub chosen: bool,
    /// Why not, or empty.
    pub reject_reason: String,
}

pub(super) fn sites(c: &mut Columns<'_, '_>) -> Vec<Site> {
    let (rank, vein, z, x) = (c.numbers("rank"), c.words("vein"), c.numbers("z_m"), c.numbers("x_m"));
    let (depth, diameter, straight) = (c.numbers("depth_m"), c.numbers("diameter_m"), c.numbers("straight_m"));
    let (artery, nerve, score) = (c.numbers("artery_distance_m"), c.numbers("nerve_distance_m"), c.numbers("score"));
    let (predicted, chosen, reason) = (c.numbers("predicted_success"), c.numbers("chosen"), c.words("reject_reason"));
    let mut list: Vec<Site> = (0..c.rows())
        .map(|i| Site {
            rank: rank[i],
            vein: vein[i].clone(),
            z_m: z[i],
            x_m: x[i],
            depth_m: depth[i],
            diameter_m: diameter[i],
            straight_m: straight[i],
            artery_distance_m: artery[i],
            nerve_distance_m: nerve[i],
            score: score[i],
            predicted_success: predicted[i],
            chosen: chosen[i] > 0.5,
            reject_reason: reason[i].clone(),
        })
        .collect();
    list.sort_by(|a, b| a.rank.total_cmp(&b.rank));
    list
}

/// One parameter of the twin with its uncertainty and source.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// Name.
    pub name: String,
    /// What this patient turned out to have.
    pub value: f64,
    /// SI unit.
    pub unit: String,
    /// Mean of the distribution.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// The distribution in words.
    pub distribution: String,
    /// `published`, `computed`, `prior`, `measured`.
    pub status: String,
    /// Citation or reasoning.
    pub source: String,
}

pub(super) fn parameters(c: &mut Columns<'_, '_>) -> Vec<Parameter> {
    let (name, value, unit) = (c.words("name"), c.numbers("value"), c.words("unit"));
    let (mean, sd, distribution) = (c.numbers("mean"), c.numbers("sd"), c.words("distribution"));
    let (status, source) = (c.words("status"), c.words("source"));
    (0..c.rows())
        .map(|i| Parameter {
            name: name[i].clone(),
            value: value[i],
            unit: unit[i].clone(),
            mean: mean[i],
            sd: sd[i],
            distribution: distribution[i].clone(),
            status: status[i].clone(),
            source: source[i].clone(),
        })
        .collect()
}
