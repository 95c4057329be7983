//! Draw blood from many sampled adults and print what came of it, worst first.
//!
//! `cargo run --release -p proband-run --example cohort -- [COUNT] [SEED]`

use std::sync::atomic::AtomicBool;

use proband_robot::builtin_arm;
use proband_run::{CohortSpec, run_cohort};
use proband_twin::Population;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().map_or(Ok(20), |s| s.parse())?;
    let seed = arguments.next().map_or(Ok(0), |s| s.parse())?;
    let spec = CohortSpec {
        population: Population::adult(),
        count,
        first: 0,
        seed,
        arm: builtin_arm()?,
        duration_max_s: 300.0,
        lamp_wavelength_nm: None,
    };
    let rows = run_cohort(&spec, &|_| {}, &AtomicBool::new(false))?;
    let mut first = 0;
    let mut blood = 0;
    let mut declined = 0;
    let mut brier = 0.0;
    let mut stuck = 0;
    for row in &rows {
        let Ok(o) = &row.outcome else {
            println!("patient {:4} set apart: {:?}", row.patient, row.outcome);
            continue;
        };
        first += u32::from(o.first_stick_success);
        blood += u32::from(o.success);
        declined += u32::from(o.declined);
        if o.predicted_success.is_finite() {
            stuck += 1;
            brier += (o.predicted_success - f64::from(u8::from(o.first_stick_success))).powi(2);
        }
        println!(
            "{:4} {} p {:.4} attempts {} {:18} depth {:4.1} dv {:3.1} bmi {:4.1} mel {:.2} ins {:4.1} mm {:4.1}° under {:5.2} out {:5.2} t {:5.1} vol {:.2} {}{}{}{}{}  {}",
            row.patient,
            if o.first_stick_success {
                "ok  "
            } else if o.success {
                "2nd "
            } else if o.declined {
                "decl"
            } else {
                "FAIL"
            },
            o.predicted_success,
            o.attempts,
            row.vein,
            row.depth_m * 1e3,
            row.diameter_v_m * 1e3,
            row.bmi_kg_m2,
            row.melanin_fraction,
            o.insertion_m * 1e3,
            o.angle_rad.to_degrees(),
            o.tip_under_front_wall_m * 1e3,
            o.tip_error_out_of_plane_m * 1e3,
            o.time_stick_s,
            o.volume_drawn_m3 * 1e6,
            if o.transfixion { "T" } else { "" },
            if o.rolled { "R" } else { "" },
            if o.back_wall_contact { "B" } else { "" },
            if o.arterial_contact { "A" } else { "" },
            if o.nerve_contact { "N" } else { "" },
            row.reason,
        );
    }
    let p = f64::from(first) / f64::from(stuck.max(1));
    println!(
        "first stick {first}/{stuck} stuck = {:.1} %, blood {blood}, declined {declined} of {}; Brier {:.4} against base rate {:.4}",
        100.0 * p,
        rows.len(),
        brier / f64::from(stuck.max(1)),
        p * (1.0 - p)
    );
    Ok(())
}
