//! Outcome and warnings.

use proband_core::{Column, CoreError, Table};
use proband_scene::Outcome;

use crate::recorder::Recorder;

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

pub(super) fn outcome(o: &Outcome) -> Result<Table, CoreError> {
    let rows: Vec<(&str, f64, &str, &str)> = vec![
        (
            "first_stick_success",
            flag(o.first_stick_success),
            "1",
            "tube filled to 90 % of its nominal draw in the first attempt, without redirect, from a vein",
        ),
        ("success", flag(o.success), "1", "tube filled to 90 % of its nominal draw from a vein in any attempt"),
        ("attempts", f64::from(o.attempts), "1", "skin punctures"),
        ("handed_over", flag(o.handed_over), "1", "the robot gave the patient to a human"),
        ("declined", flag(o.declined), "1", "handed over before any puncture: scored apart from failure"),
        ("time_total_s", o.time_total_s, "s", "start to end of compression"),
        ("time_stick_s", o.time_stick_s, "s", "tourniquet to needle out"),
        ("time_tourniquet_on_s", o.time_tourniquet_on_s, "s", "cuff above 20 mmHg"),
        ("volume_drawn_ml", o.volume_drawn_m3 * 1e6, "mL", "blood in the tube at the end"),
        ("insertion_length_mm", o.insertion_m * 1e3, "mm", "needle under the skin when the tube went on"),
        ("insertion_angle_deg", o.angle_rad.to_degrees(), "deg", "planned angle to the skin"),
        ("tip_depth_under_front_wall_mm", o.tip_under_front_wall_m * 1e3, "mm", "across the vein, when the tube went on"),
        ("tip_error_in_plane_mm", o.tip_error_in_plane_m * 1e3, "mm", "wanted minus true tip in the needle's vertical plane"),
        ("tip_error_out_of_plane_mm", o.tip_error_out_of_plane_m * 1e3, "mm", "wanted minus true tip across that plane"),
        ("force_peak_n", o.force_peak_n, "N", "largest axial force"),
        ("force_lateral_peak_n", o.force_lateral_peak_n, "N", "largest lateral force"),
        (
            "haematoma_volume_ml",
            o.haematoma_m3 * 1e6,
            "mL",
            "blood in the tissue at the end; bruise above 0.1 mL, haematoma above 1 mL (prior: unverified)",
        ),
        ("haemolysis_relative", o.haemolysis_relative, "1", "Giersiepen index over that of a reference 21G draw"),
        ("wall_shear_max_pa", o.wall_shear_max_pa, "Pa", "largest shear stress at the needle's wall"),
        ("dwell_s", o.dwell_s, "s", "mean age of the blood in the tube at the end"),
        ("mixing", o.mixing, "1", "completeness of mixing with the additive"),
        ("back_wall_contact", flag(o.back_wall_contact), "1", "tip pressed on or went through a back wall"),
        ("transfixion", flag(o.transfixion), "1", "both walls pierced at once"),
        ("arterial_contact", flag(o.arterial_contact), "1", "an artery was entered"),
        ("nerve_contact", flag(o.nerve_contact), "1", "a nerve was entered"),
        ("rolled", flag(o.rolled), "1", "a vein rolled off the tip"),
        ("vasovagal", flag(o.vasovagal), "1", "vasovagal reaction"),
        ("pain_score", o.pain, "1", "0 to 10, prior: unverified; for comparisons only"),
        ("predicted_success", o.predicted_success, "1", "probability of first-stick success stated when the first site was chosen"),
    ];
    let mut t = Table::new("outcome");
    t.push("name", "", "", "scorer", Column::Text(rows.iter().map(|r| r.0.to_owned()).collect()))?;
    t.push("value", "", "", "scorer; unit in its column", Column::F64(rows.iter().map(|r| r.1).collect()))?;
    t.push("unit", "", "", "scorer", Column::Text(rows.iter().map(|r| r.2.to_owned()).collect()))?;
    t.push("definition", "", "", "scorer", Column::Text(rows.iter().map(|r| r.3.to_owned()).collect()))?;
    Ok(t)
}

pub(super) fn warnings(recorder: &Recorder, o: &Outcome) -> Result<Table, CoreError> {
    let mut rows: Vec<(String, String, i64)> = Vec::new();
    if recorder.dropped_count > 0 {
        rows.push(("record".into(), "more was to be kept than fits".into(), i64::from(recorder.dropped_count)));
    }
    if let Some((tick, cause)) = &o.quarantined {
        rows.push(("scene".into(), format!("quarantined at tick {tick}: {cause}"), 1));
    }
    let mut t = Table::new("warnings");
    t.push("place", "", "", "scene", Column::Text(rows.iter().map(|r| r.0.clone()).collect()))?;
    t.push("text", "", "", "scene", Column::Text(rows.iter().map(|r| r.1.clone()).collect()))?;
    t.push("count", "1", "", "scene", Column::I64(rows.iter().map(|r| r.2).collect()))?;
    Ok(t)
}

/// Table `tissue`, of rehearsals in finite elements alone: what the needle met.
pub(crate) fn tissue(meshed: u32, stiffening: f64) -> Result<Table, CoreError> {
    let mut t = Table::new("tissue");
    t.push("kind", "", "", "scenario", Column::Text(vec!["fem".into()]))?;
    t.push("meshed_count", "1", "", "pieces of arm that were meshed", Column::I64(vec![i64::from(meshed)]))?;
    let source = "moduli of the last piece over the usual ones, so that the skin is driven in at its puncture as the patient's law says";
    t.push("stiffening", "1", "", source, Column::F64(vec![stiffening]))?;
    Ok(t)
}
