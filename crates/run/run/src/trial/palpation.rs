//! What a phlebotomist's finger finds: one or two places to stick, with the errors of touch.
//!
//! The finger knows the skin and where a vein rolls beneath it; it does not know depth or size, and it does not see.

use nalgebra::{Rotation3, Unit, Vector3};
use proband_anatomy::{Arm, Site};
use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

/// How well a finger feels. All prior: unverified, but for what is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PalpationSpec {
    /// Error of the felt line across the vein [m] where the vein lies at the skin; it grows as (depth + height)/height.
    /// Calibrated: see [`PalpationSpec::outpatient`].
    pub lateral_sd_m: f64,
    /// Error across the arm when nothing is felt and landmarks decide [m].
    pub landmark_sd_m: f64,
    /// A vein is felt when height/(height + depth) is at least this [1].
    pub felt_min: f64,
    /// Error of the felt direction [rad].
    pub heading_sd_rad: f64,
    /// Relative error of the guessed depth [1].
    pub depth_relative_sd: f64,
    /// Usual angle to the skin [rad] and its spread [rad]. Mean 15.2° (six nurses, 64 subjects, PMC3726589).
    pub angle_rad: [f64; 2],
    /// Steepest angle [rad]: 30° (nursing texts).
    pub angle_max_rad: f64,
    /// Needle that is meant to lie before the wall at most, before the angle is made steeper [m].
    pub run_max_m: f64,
    /// Distance to a pulse that is kept [m].
    pub artery_min_m: f64,
}

impl PalpationSpec {
    /// A phlebotomist of an outpatient clinic.
    ///
    /// `lateral_sd_m` is calibrated so that first sticks succeed in as many simulated outpatient adults as is printed for
    /// manual draws, 93–97 % (comparator in ADOPT 2024, trade report): 94.2 % of 120 (population `adult`, seed 7000). That
    /// rate is therefore no validation of this model; and it takes a finger that is more exact than a real one, about
    /// 0.2 mm at a usual vein: what a hand gains by feeling its way is put into the error of touch. Everything else is
    /// prior: unverified.
    #[must_use]
    pub fn outpatient() -> Self {
        Self {
            lateral_sd_m: 0.08e-3,
            landmark_sd_m: 4e-3,
            felt_min: 0.2,
            heading_sd_rad: 0.09,
            depth_relative_sd: 0.15,
            angle_rad: [15.2_f64.to_radians(), 3_f64.to_radians()],
            angle_max_rad: 30_f64.to_radians(),
            run_max_m: 0.019,
            artery_min_m: 5e-3,
        }
    }
}

/// A place to stick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Palpated {
    /// Name of the vein.
    pub vein: String,
    /// Where the needle enters the skin [m], patient frame.
    pub entry_m: [f64; 3],
    /// Unit vector of the needle, patient frame.
    pub direction: [f64; 3],
    /// Angle to the skin [rad].
    pub angle_rad: f64,
    /// From the entry to where the vein is guessed [m].
    pub run_m: f64,
    /// Height over height and depth of the vein [1].
    pub palpability: f64,
    /// Whether it was felt at all.
    pub felt: bool,
}

/// Rows along the arm where a finger feels [m].
const ROWS_M: [f64; 8] = [-0.040, -0.035, -0.030, -0.025, -0.020, -0.015, -0.010, -0.005];
/// A second stick keeps this distance from the first along the arm [m].
const APART_M: f64 = 0.015;
/// Height under a tourniquet over that without: √1.32 of the area (Mollison, cephalic vein at the wrist).
const FILLED: f64 = 1.149;

fn palpability(site: &Site) -> f64 {
    let height = FILLED * site.diameter_v_m;
    height / (height + site.depth_m)
}

/// The best place and the second best, best first. Empty when the arm has no vein in reach.
#[must_use]
pub fn palpate(spec: &PalpationSpec, arm: &Arm, stream: &mut Stream) -> Vec<Palpated> {
    let mut sites: Vec<(usize, f64, Site)> = Vec::new();
    for (index, _) in arm.vessels().iter().enumerate().filter(|(_, v)| !v.is_artery) {
        for z in ROWS_M {
            let site = u16::try_from(index).ok().and_then(|v| arm.site(v, z));
            let pulse = |site: &Site| {
                let nodes = arm.vessels().iter().filter(|v| v.is_artery).flat_map(|v| &v.nodes);
                nodes.map(|n| (n.p.0 - site.p.0).norm() - n.semi_h_m).fold(f64::INFINITY, f64::min)
            };
            if let Some(site) = site.filter(|site| pulse(site) >= spec.artery_min_m) {
                sites.push((index, palpability(&site), site));
            }
        }
    }
    sites.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let Some(first) = sites.first().cloned() else { return Vec::new() };
    let second = sites.iter().find(|s| s.0 != first.0 || (s.2.p.0.z - first.2.p.0.z).abs() >= APART_M).cloned();
    std::iter::once(first)
        .chain(second)
        .map(|(vessel, palpability, site)| {
            let name = arm.vessels()[vessel].kind.name();
            stick(spec, arm, name, palpability, &site, stream)
        })
        .collect()
}

/// Longest run from the skin to the vein that is tried [m].
const RUN_LONGEST_M: f64 = 0.030;

/// From the target back along the needle to the skin, which is not flat [m]; `None` when that is no sensible stick.
fn run_to_skin(arm: &Arm, target: Vector3<f64>, direction: Vector3<f64>, guess_m: f64) -> Option<f64> {
    let mut run_m = guess_m;
    let mut change = f64::INFINITY;
    for _ in 0..8 {
        let entry = target - direction * run_m;
        change = (entry.y - arm.skin_y(entry.x, entry.z)) / direction.y.max(0.1);
        run_m += change;
    }
    (change.abs() < 0.3e-3 && run_m > 3e-3 && run_m < RUN_LONGEST_M).then_some(run_m)
}

/// Where and how the needle will go for one site. Always the same number of draws.
fn stick(spec: &PalpationSpec, arm: &Arm, vein: &str, palpability: f64, site: &Site, stream: &mut Stream) -> Palpated {
    let [lateral, heading, depth, angle] = [stream.normal(), stream.normal(), stream.normal(), stream.normal()];
    let felt = palpability >= spec.felt_min;
    let lateral_sd = if felt { spec.lateral_sd_m / palpability } else { spec.landmark_sd_m };
    let inward = -arm.skin_normal(site.p_skin.0.x, site.p_skin.0.z).0;
    let level = Vector3::new(ops::sin(site.heading_rad), 0.0, ops::cos(site.heading_rad));
    let along = (level - inward * level.dot(&inward)).normalize();
    let across = inward.cross(&along);
    let along = Rotation3::from_axis_angle(&Unit::new_normalize(inward), spec.heading_sd_rad * heading) * along;
    let guessed_m = (site.depth_m * (1.0 + spec.depth_relative_sd * depth)).clamp(1.5e-3, 12e-3) + 0.5 * FILLED * site.diameter_v_m;
    // A deep vein is stuck more steeply, as far as the rule of thumb allows.
    let needed = ops::asin((guessed_m / spec.run_max_m).min(0.9));
    let angle_rad = (spec.angle_rad[0].max(needed) + spec.angle_rad[1] * angle).clamp(0.17, spec.angle_max_rad);
    let target = site.p_skin.0.coords + across * (lateral_sd * lateral) + inward * guessed_m;
    // A line that grazes curved skin enters nowhere sensible: it is made steeper until it does.
    let mut steeper = angle_rad;
    let (direction, run_m) = loop {
        let direction = along * ops::cos(steeper) + inward * ops::sin(steeper);
        match run_to_skin(arm, target, direction, guessed_m / ops::sin(steeper)) {
            Some(run_m) => break (direction, run_m),
            None if steeper > 0.9 => break (direction, guessed_m / ops::sin(steeper)),
            None => steeper += 0.05,
        }
    };
    let (entry, angle_rad) = (target - direction * run_m, steeper);
    Palpated { vein: vein.to_owned(), entry_m: entry.into(), direction: direction.into(), angle_rad, run_m, palpability, felt }
}
