//! Claims about `proband-procedure`.

mod nir;
mod ultrasound;

use proband_procedure::perception::ULTRASOUND_SD;

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    Claim { id: "nir-detection", case: include_str!("../../../../../verify/nir-detection/case.toml"), compute: nir::detection },
    claim!("ultrasound-detection", ultrasound_detection),
];

fn ultrasound_detection() -> Result<Vec<Obtained>, String> {
    let m = ultrasound::measure(300)?;
    let sd = ULTRASOUND_SD;
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    let over = |errors: &ultrasound::Errors, constant_m: f64| errors.sd_mm() / (constant_m * 1e3);
    Ok(vec![
        Obtained::new("pictures", f64::from(m.frames)),
        Obtained::new("lumens of 0.7 to 2 mm found", share(m.found[0], m.there[0])),
        Obtained::new("lumens of 2 to 3 mm found", share(m.found[1], m.there[1])),
        Obtained::new("lumens above 3 mm found", share(m.found[2], m.there[2])),
        Obtained::new("false alarms per picture", share(m.false_alarms, m.frames)),
        Obtained::new("bias, lateral", m.lateral.mean_mm()),
        Obtained::new("bias, front wall", m.front.mean_mm()),
        Obtained::new("bias, vertical diameter", m.diameter_v.mean_mm()),
        Obtained::new("bias, horizontal diameter", m.diameter_h.mean_mm()),
        Obtained::new("sd over constant, lateral", over(&m.lateral, sd.lateral_m)),
        Obtained::new("sd over constant, front wall", over(&m.front, sd.front_m)),
        Obtained::new("sd over constant, vertical diameter", over(&m.diameter_v, sd.diameter_v_m)),
        Obtained::new("sd over constant, horizontal diameter", over(&m.diameter_h, sd.diameter_h_m)),
        Obtained::new("long axis, pictures with walls believed", share(m.wall_front.count() as u32, m.walls_there)),
        Obtained::new("long axis, front wall within, 95 %", m.wall_front.most_mm()),
        Obtained::new("long axis, back wall within, 95 %", m.wall_back.most_mm()),
        Obtained::new("needles believed", share(m.needles, m.needles_there)),
        Obtained::new("believed needles with the tip off by more than 1.5 mm", share(m.needles_off, m.needles)),
        Obtained::new("bias, tip along the needle", m.tip_along.mean_mm()),
        Obtained::new("sd over constant, tip along the needle", over(&m.tip_along, sd.needle_along_m)),
        Obtained::new("sd over constant, tip across the needle", over(&m.tip_across, sd.needle_across_m)),
    ])
}
