//! Claims about `proband-seeing`: detectors on made pictures of drawn adults.

use proband_procedure::perception::{NirNetwork, artery_probability, calibration_error, lumen_probability, needle_probability};
use proband_seeing::{
    BiasSpec, Means, NirRule, NirScore, Split, View, bias, line_cases, nir_pictures, score_filter, score_network, ultrasound_cases,
};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[claim!("nir-network", network), claim!("ultrasound-confidence", ultrasound), claim!("bias-grid", bias_grid)];

/// Nobody trained or set anything on this seed.
const SEED: u64 = 4_711;
const PICTURES: u32 = 48;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn network() -> Result<Vec<Obtained>, String> {
    let network = NirNetwork::builtin().map_err(text)?;
    let file = network.file();
    let stated = file.note("weights").unwrap_or_default();
    let same = stated == format!("blake3 {}", file.weights_digest());
    let [confidence_min, width_factor] = network.filter_rule().map_err(text)?;
    let rule = NirRule { confidence_min, width_factor };
    let threshold = network.threshold().map_err(text)?;
    let compare = |view| {
        let pictures = nir_pictures(SEED, Split::Test, PICTURES, view, &mut |_, _, _, _| true).map_err(text)?;
        let (scores, places) = score_network(&pictures, &file.network, network.temperature(), &[threshold]);
        let filter = score_filter(&pictures, &[rule]);
        Ok::<_, String>((scores[0].dice(), lower_end(&scores[0], &filter[0]), places, pictures))
    };
    let (dice, difference, places, pictures) = compare(View::Varied)?;
    let lines = line_cases(&pictures, Some(network));
    drop(pictures);
    let (_, robot, _, _) = compare(View::Robot)?;
    Ok(vec![
        Obtained::new("weights are those that their file names", f64::from(u8::from(same))),
        Obtained::new("Dice of the network, varied views", dice),
        Obtained::new("Dice of the network less that of the filters, varied views, lower end of 95 %", difference),
        Obtained::new("Dice of the network less that of the filters, the robot's view, lower end of 95 %", robot),
        Obtained::new("calibration error of places", calibration_error(&places)),
        Obtained::new("calibration error of lines", calibration_error(&lines)),
    ])
}

/// Lower end of the 95 % interval of the mean difference in Dice over pictures that show a vein.
fn lower_end(first: &NirScore, second: &NirScore) -> f64 {
    let pairs = first.tallies.iter().zip(&second.tallies).filter(|(a, _)| a.there > 0.0);
    let differences: Vec<f64> = pairs.map(|(a, b)| a.dice() - b.dice()).collect();
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let variance = differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (n - 1.0);
    mean - 1.96 * (variance / n).sqrt()
}

fn ultrasound() -> Result<Vec<Obtained>, String> {
    let cases = ultrasound_cases(815, 0, 400).map_err(text)?;
    let error = |of: fn(f64) -> f64, cases: &[(f64, bool)]| {
        calibration_error(&cases.iter().map(|(score, right)| (of(*score), *right)).collect::<Vec<_>>())
    };
    Ok(vec![
        Obtained::new("calibration error, lumens", error(lumen_probability, &cases.lumen)),
        Obtained::new("calibration error, arteries", error(artery_probability, &cases.artery)),
        Obtained::new("calibration error, needle tips", error(needle_probability, &cases.needle)),
        Obtained::new("lumens looked at", cases.lumen.len() as f64),
    ])
}

fn bias_grid() -> Result<Vec<Obtained>, String> {
    let spec = BiasSpec {
        melanin_fractions: vec![0.03, 0.43],
        fats_m: vec![8e-3],
        depths_m: vec![2.5e-3, 7.5e-3],
        wavelengths_nm: vec![850.0],
        patients: 10,
        ..BiasSpec::standard()
    };
    let map = bias(&spec, &mut |_, _| true).map_err(text)?;
    let cells = &map.cells;
    let share = |means, depth_m: f64, pigment: f64| {
        let cell = cells.iter().find(|c| c.means == means && c.depth_m == depth_m && c.melanin_fraction == pigment);
        cell.filter(|c| c.count > 0).map_or(f64::NAN, |c| f64::from(c.found) / f64::from(c.count))
    };
    let clarity = map.pairs.iter().find(|p| p.means == Means::Nir && p.depth_m == 2.5e-3).ok_or("no pair")?.clarity;
    let differences = spec.depths_m.iter().map(|d| share(Means::NirAndUltrasound, *d, 0.43) - share(Means::NirAndUltrasound, *d, 0.03));
    let largest = differences.fold(0.0_f64, |m, d| if d.abs() > m.abs() || d.is_nan() { d } else { m });
    Ok(vec![
        Obtained::new("found at 2.5 mm, near infrared alone, lightest skin", share(Means::Nir, 2.5e-3, 0.03)),
        Obtained::new("found at 7.5 mm, near infrared alone, lightest skin", share(Means::Nir, 7.5e-3, 0.03)),
        Obtained::new("found at 7.5 mm with ultrasound, darkest skin", share(Means::NirAndUltrasound, 7.5e-3, 0.43)),
        Obtained::new("darkest less lightest skin with ultrasound, largest difference", largest),
        Obtained::new("contrast over noise at 2.5 mm, darkest over lightest skin", clarity.value),
        Obtained::new("the same, width of its 95 % interval over it", (clarity.high - clarity.low) / clarity.value),
    ])
}
