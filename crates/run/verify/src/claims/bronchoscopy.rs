//! Claims about bronchoscopy: the scope's kinematics and tendons, the planner's probability, breathing, a cohort of made patients.

use std::sync::atomic::AtomicBool;

use proband_anatomy::made::{LungMotion, LungMotionSpec, MadeChestSpec, made_chest};
use proband_bronchoscopy::RehearsalSpec;
use proband_bronchoscopy::plan::hit_probability;
use proband_core::Stream;
use proband_robot::scope::{ScopeInput, ScopeModel, ScopeSpec, arc_pose};
use proband_run::bronchoscopy::{BronchoscopyCohort, bronchoscopy_cohort, bronchoscopy_rates};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("bronchoscopy-scope", scope),
    claim!("bronchoscopy-backlash", backlash),
    claim!("bronchoscopy-hit", hit),
    claim!("bronchoscopy-divergence", divergence),
    claim!("bronchoscopy-cohort", cohort),
];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn scope() -> Result<Vec<Obtained>, String> {
    let mm = |angle: f64| arc_pose([angle, 0.0], 0.1).place_m * 1e3;
    let (one, sixty, right, half) = (mm(1.0), mm(std::f64::consts::FRAC_PI_3), mm(std::f64::consts::FRAC_PI_2), mm(std::f64::consts::PI));
    let rows = [
        ("curvature 10 per metre: aside", one.x),
        ("curvature 10 per metre: along", one.z),
        ("60 degrees: aside", sixty.x),
        ("60 degrees: along", sixty.z),
        ("90 degrees: aside", right.x),
        ("90 degrees: along", right.z),
        ("180 degrees: aside", half.x),
        ("180 degrees: along", half.z),
    ];
    Ok(rows.into_iter().map(|(name, value)| Obtained::new(name, value)).collect())
}

/// Width of the loop of bend against motor at 1 rad, friction 0.1 over 3 rad of turns, play 0.08 rad; and of the pure play.
fn backlash() -> Result<Vec<Obtained>, String> {
    let width = |friction: f64, turn_rad: f64| -> Result<f64, String> {
        let model = ScopeModel::new(&ScopeSpec { friction, play_rad: 0.08, ..ScopeSpec::ion() }).map_err(text)?;
        let mut state = model.start(0.1);
        let mut drive = |to: f64| {
            for _ in 0..4000 {
                model.step(&mut state, &ScopeInput { insertion_m_s: 0.0, bend_rad: [to, 0.0], turn_rad }, 0.005);
            }
            state.bend_rad[0]
        };
        drive(-2.0);
        let up = drive(1.0);
        drive(2.5);
        Ok(drive(1.0) - up)
    };
    Ok(vec![Obtained::new("loop with friction", width(0.1, 3.0)?), Obtained::new("loop of the play alone", width(0.0, 3.0)?)])
}

fn hit() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    for error in [2.0, 4.5, 8.0, 14.8] {
        for radius in [4.0, 5.0, 7.5, 10.0, 15.0] {
            rows.push(Obtained::new(format!("error {error} mm, radius {radius} mm"), hit_probability(radius * 1e-3, error * 1e-3)));
        }
    }
    // The same by chance: how many standard errors apart.
    let mut stream = Stream::new(1, 0, "verify.hit");
    let (error, radius, count) = (4.5, 5.0, 200_000_u32);
    let inside = (0..count).filter(|_| {
        let v: [f64; 3] = std::array::from_fn(|_| stream.normal() * error / 3.0_f64.sqrt());
        v.iter().map(|x| x * x).sum::<f64>() < radius * radius
    });
    let (share, p) = (inside.count() as f64 / f64::from(count), hit_probability(radius, error));
    rows.push(Obtained::new("Monte Carlo, standard errors off", (share - p) / (p * (1.0 - p) / f64::from(count)).sqrt()));
    Ok(rows)
}

/// How nodules of made chests move, and how far they lie from where the carina alone would put them.
fn divergence() -> Result<Vec<Obtained>, String> {
    let spec = MadeChestSpec { terminal_count: 400, ..MadeChestSpec::usual() };
    let (mut moved, mut count) = (0.0, 0.0);
    for patient in 0..400 {
        let Ok(chest) = made_chest(&spec, &mut Stream::new(77, patient, "verify.chest")) else { continue };
        let motion = LungMotion::draw(&LungMotionSpec::published(), chest.lungs, &mut Stream::new(77, patient, "verify.motion"));
        let here = motion.displacement_m(chest.nodule.centre_m, 1.0);
        moved += 1e3 * here.iter().map(|v| v * v).sum::<f64>().sqrt();
        count += 1.0;
    }
    Ok(vec![Obtained::new("movement from inspiration to expiration", moved / count)])
}

/// 200 made patients with the built-in pilot, scope of 3.5 mm, pictures on the way; rates among those with a way in the plan.
fn cohort() -> Result<Vec<Obtained>, String> {
    let spec = RehearsalSpec::usual(2026, 0, ScopeSpec::ion());
    let rows = bronchoscopy_cohort(&BronchoscopyCohort { spec, count: 200 }, &|_| (), &AtomicBool::new(false)).map_err(text)?;
    let rates = bronchoscopy_rates(&rows);
    let find = |endpoint: &str| {
        let rate = rates.iter().find(|r| r.endpoint == endpoint && r.group != "all").ok_or("endpoint")?;
        Ok::<f64, String>(rate.share())
    };
    Ok(vec![
        Obtained::new("patients set apart", rows.iter().filter(|r| r.outcome.is_err()).count() as f64),
        Obtained::new("navigated", find("navigated")?),
        Obtained::new("pneumothorax", find("pneumothorax")?),
    ])
}
