//! What was chosen for the run: lamps, pictures, needle, tube, and how the arteries beat.

use proband_core::{Column, CoreError, Table};
use proband_scene::{Equipment, PulseSpec};

/// The choices behind a run as a table of the record. `pulse`: how the arteries beat, if they do.
///
/// # Errors
/// [`CoreError::Table`] never in a program that passes its tests.
pub fn settings_table(room: &Equipment, pulse: Option<&PulseSpec>) -> Result<Table, CoreError> {
    let mut rows = vec![
        ("lamp_wavelength_nm", room.lamp_wavelength_nm, "nm", "wavelength of the near-infrared lamps"),
        ("camera_period_s", room.camera_period_s, "s", "between two near-infrared pictures"),
        ("ultrasound_frame_period_s", room.probe.frame_period_s, "s", "between two ultrasound pictures"),
        ("needle_outer_diameter_m", room.needle.outer_diameter_m, "m", "needle, outer diameter"),
        ("needle_length_m", room.needle.length_m, "m", "needle, length"),
        ("tube_draw_m3", room.collection.nominal_draw_m3, "m3", "nominal draw of the tube"),
    ];
    if let Some(pulse) = pulse {
        rows.push(("heart_rate_hz", pulse.heart_rate_hz, "Hz", "truth: heart rate that arteries beat with"));
        rows.push(("artery_distension", pulse.distension, "1", "truth: radius of an artery at its widest over its narrowest, less one"));
    }
    let mut t = Table::new("settings");
    t.push("name", "", "", "scenario", Column::Text(rows.iter().map(|r| r.0.to_owned()).collect()))?;
    t.push("value", "", "", "scenario; unit in its column", Column::F64(rows.iter().map(|r| r.1).collect()))?;
    t.push("unit", "", "", "scenario", Column::Text(rows.iter().map(|r| r.2.to_owned()).collect()))?;
    t.push("definition", "", "", "scenario", Column::Text(rows.iter().map(|r| r.3.to_owned()).collect()))?;
    Ok(t)
}
