//! Claims about `proband-twin`.

use proband_anatomy::{Arm, VesselKind, standard_veins};
use proband_core::{Digest, ops};
use proband_twin::{Measurement, Person, Population, Quantity, Sex, SiteBelief, Truth, Twin};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("twin-vein-margins", margins),
    claim!("twin-copula", copula),
    claim!("twin-patterns", patterns),
    claim!("twin-anybody", anybody),
    claim!("twin-scanner-depth", scanner_depth),
];

const SEED: u64 = 2023;
const COUNT: u32 = 10_000;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// People and one value of each.
fn adults(names: &[&str]) -> Result<(Vec<Person>, Vec<Vec<f64>>), String> {
    let population = Population::adult();
    let mut people = Vec::new();
    let mut columns = vec![Vec::new(); names.len()];
    for index in 0..COUNT {
        let (person, values) = population.values(SEED, index).map_err(text)?;
        for (column, name) in columns.iter_mut().zip(names) {
            let value = values.iter().find(|(n, _)| n == name).ok_or_else(|| format!("no value {name}"))?.1;
            column.push(value);
        }
        people.push(person);
    }
    Ok((people, columns))
}

/// Mean and standard deviation.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0)).sqrt())
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let ((ma, sa), (mb, sb)) = (moments(a), moments(b));
    a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum::<f64>() / ((a.len() as f64 - 1.0) * sa * sb)
}

fn margins() -> Result<Vec<Obtained>, String> {
    let names = ["vein.reference.depth_m", "vein.reference.diameter_v_m", "vein.reference.diameter_h_m"];
    let (_, columns) = adults(&names)?;
    let mut out = Vec::new();
    let mut means = Vec::new();
    for (column, what) in columns.iter().zip(["depth", "vertical diameter", "horizontal diameter"]) {
        let (mean, sd) = moments(column);
        out.push(Obtained::new(format!("mean {what}"), mean * 1e3));
        out.push(Obtained::new(format!("standard deviation of {what}"), sd * 1e3));
        means.push(mean);
    }
    let share =
        |column: &[f64], inside: &dyn Fn(f64) -> bool| column.iter().filter(|v| inside(**v * 1e3)).count() as f64 / f64::from(COUNT);
    for limit in [5.0, 6.0, 8.0, 10.0] {
        out.push(Obtained::new(format!("deeper than {limit} mm"), share(&columns[0], &|v| v > limit)));
    }
    for limit in [2.0, 3.0] {
        out.push(Obtained::new(format!("vertical diameter below {limit} mm"), share(&columns[1], &|v| v < limit)));
    }
    out.push(Obtained::new("horizontal diameter below 3 mm", share(&columns[2], &|v| v < 3.0)));
    out.push(Obtained::new("mean horizontal over mean vertical diameter", means[2] / means[1]));
    Ok(out)
}

fn copula() -> Result<Vec<Obtained>, String> {
    let names = ["vein.reference.depth_m", "vein.reference.diameter_v_m", "vein.reference.diameter_h_m", "arm.fat_m"];
    let (people, columns) = adults(&names)?;
    let logs: Vec<Vec<f64>> = columns.iter().map(|c| c.iter().map(|v| ops::ln(*v)).collect()).collect();
    let bmi: Vec<f64> = people.iter().map(|p| ops::ln(p.bmi_kg_m2())).collect();
    let mut out = vec![
        Obtained::new("ln vertical with ln horizontal diameter", correlation(&logs[1], &logs[2])),
        Obtained::new("ln depth with ln body-mass index", correlation(&logs[0], &bmi)),
        Obtained::new("ln depth with ln fat thickness", correlation(&logs[0], &logs[3])),
    ];
    for (column, what) in [(&columns[1], "vertical"), (&columns[2], "horizontal")] {
        let of = |sex: Sex| -> Vec<f64> { people.iter().zip(column.iter()).filter(|(p, _)| p.sex == sex).map(|(_, v)| *v).collect() };
        let (men, women) = (of(Sex::Male), of(Sex::Female));
        let ((m, sm), (w, sw)) = (moments(&men), moments(&women));
        let error = (sm * sm / men.len() as f64 + sw * sw / women.len() as f64).sqrt();
        out.push(Obtained::new(format!("mean {what} diameter, men less women, in standard errors"), (m - w) / error));
    }
    Ok(out)
}

fn patterns() -> Result<Vec<Obtained>, String> {
    let (_, columns) = adults(&["arm.pattern.median_cubital"])?;
    let mut differ = 0.0;
    for index in 0..100 {
        let truth: Truth = Population::adult().patient(SEED, index).map_err(text)?.truth;
        let arm = Arm::new(&truth.arm).map_err(text)?;
        let cubital = truth.value("arm.pattern.median_cubital").ok_or("no pattern")? > 0.5;
        let mut built: Vec<VesselKind> = arm.vessels().iter().filter(|v| !v.is_artery).map(|v| v.kind).collect();
        let mut wanted = standard_veins(truth.arm.topology).to_vec();
        built.sort();
        wanted.sort();
        differ += f64::from(u8::from(built != wanted || built.contains(&VesselKind::MedianCubital) != cubital));
    }
    Ok(vec![
        Obtained::new("share with a median cubital vein", moments(&columns[0]).0),
        Obtained::new("arms of 100 whose veins differ from their drawn pattern", differ),
    ])
}

fn anybody() -> Result<Vec<Obtained>, String> {
    let (mut failed, mut again, mut differ, mut disorder) = (0.0, 0.0, 0.0, 0.0);
    for population in [Population::adult(), Population::difficult(), Population::elderly()] {
        for index in 0..300 {
            let Ok(patient) = population.patient(SEED, index) else {
                failed += 1.0;
                continue;
            };
            again += f64::from(u8::from(patient.truth.layout_redraws > 0));
            let arm = Arm::new(&patient.truth.arm).map_err(text)?;
            let drawn = patient.truth.value("vein.reference.depth_m").ok_or("no depth")?.clamp(0.0013, 0.0155);
            if patient.truth.reference_vein() == VesselKind::MedianCubital {
                let vessel = arm.vessel_index(VesselKind::MedianCubital).ok_or("no median cubital vein")?;
                let site = arm.site(vessel, 0.0).ok_or("the vein does not pass the crease")?;
                differ += f64::from(u8::from((site.depth_m - drawn).abs() > 5e-5));
            }
            if index % 30 == 0 {
                let again = population.patient(SEED, index).map_err(text)?;
                disorder += f64::from(u8::from(Digest::of(&again).map_err(text)? != Digest::of(&patient).map_err(text)?));
            }
        }
    }
    Ok(vec![
        Obtained::new("people of 900 without an arm", failed),
        Obtained::new("people of 900 whose veins had to be placed again", again),
        Obtained::new("arms whose reference vein differs from the drawn depth", differ),
        Obtained::new("patients that change with the order of drawing", disorder),
    ])
}

fn scanner_depth() -> Result<Vec<Obtained>, String> {
    let mut belief = SiteBelief::prior(&Twin::built_in(), VesselKind::MedianCubital, 0.0).map_err(text)?;
    let mut fat = belief.sound;
    fat.skin_m = 0.0;
    let mut out: Vec<Obtained> =
        [2.0, 5.0, 8.0].iter().map(|d| Obtained::new(format!("{d} mm of fat as shown"), 1e3 * fat.displayed_m(d * 1e-3))).collect();
    let shown = belief.sound.displayed_m(6.0e-3);
    for _ in 0..50 {
        let seen =
            Measurement::Ultrasound { lateral_m: None, depth_m: Some(shown), diameter_v_m: None, diameter_h_m: None, heading_rad: None };
        if !belief.update(&seen).accepted {
            return Err("an exact picture was refused".into());
        }
    }
    out.push(Obtained::new("belief after 50 exact pictures of a vein at 6 mm", 1e3 * belief.value(Quantity::Depth)));
    Ok(out)
}
