//! Ticks, events and phases.

use proband_core::{Column, CoreError, Table};
use proband_physiology::whole::Vitals;
use proband_scene::TickSignals;

use crate::recorder::Recorder;

const PATIENT: &str = "patient_lps";

pub(super) fn ticks(recorder: &Recorder) -> Result<Table, CoreError> {
    let rows = &recorder.ticks;
    let mut t = Table::new("ticks");
    let mut number = |name: &str, unit: &str, frame: &str, source: &str, get: &dyn Fn(&TickSignals) -> f64| {
        t.push(name, unit, frame, source, Column::F64(rows.iter().map(get).collect()))
    };
    number("time_s", "s", "", "scene clock", &|r| r.time_s)?;
    number("tip_depth_along_m", "m", "", "truth: needle model", &|r| finite_or_nan(r.tip_depth_along_m))?;
    number("insertion_speed_m_s", "m/s", "", "truth: needle driver", &|r| r.insertion_speed_m_s)?;
    number("force_axial_n", "N", "needle", "truth: needle model", &|r| r.force_axial_n)?;
    number("force_measured_n", "N", "needle", "force sensor", &|r| r.force_measured_n)?;
    number("force_lateral_n", "N", "needle", "truth: needle model", &|r| r.force_lateral_n)?;
    number("impedance_ohm", "ohm", "", "impedance sensor", &|r| r.impedance_ohm)?;
    number("venous_pressure_pa", "Pa", "", "truth: venous model, at the site", &|r| r.venous_pressure_pa)?;
    number("vein_area_ratio", "1", "", "truth: venous model", &|r| r.vein_area_ratio)?;
    number("tube_volume_m3", "m3", "", "truth: collection model", &|r| r.tube_volume_m3)?;
    number("flow_m3_s", "m3/s", "", "truth: collection model", &|r| r.flow_m3_s)?;
    number("arm_displacement_m", "m", PATIENT, "truth: motion model", &|r| r.arm_displacement_m)?;
    number("tip_x_m", "m", PATIENT, "truth: needle model", &|r| r.tip_m[0])?;
    number("tip_y_m", "m", PATIENT, "truth: needle model", &|r| r.tip_m[1])?;
    number("tip_z_m", "m", PATIENT, "truth: needle model", &|r| r.tip_m[2])?;
    number("probe_force_n", "N", "probe", "truth: gantry model", &|r| r.probe_force_n)?;
    number("tourniquet_pa", "Pa", "", "truth: cuff", &|r| r.tourniquet_pa)?;
    t.push("phase", "", "", "controller", Column::Text(rows.iter().map(|r| r.phase.name().to_owned()).collect()))?;
    t.push("phase_index", "1", "", "controller", Column::I64(rows.iter().map(|r| i64::from(r.phase.index())).collect()))?;
    t.push("attempt", "1", "", "controller", Column::I64(rows.iter().map(|r| i64::from(r.attempt)).collect()))?;
    Ok(t)
}

/// What a monitor at the whole patient showed, each second; `None` where there was none.
pub(super) fn vitals(recorder: &Recorder) -> Result<Option<Table>, CoreError> {
    if recorder.vitals.is_empty() {
        return Ok(None);
    }
    let mut t = Table::new("vitals");
    for (i, (name, unit)) in Vitals::NAMES.iter().zip(Vitals::UNITS).enumerate() {
        let value = |(time, vitals): &(f64, Vitals)| if *name == "time_s" { *time } else { vitals.values()[i] };
        t.push(name, unit, "", "truth: the whole patient", Column::F64(recorder.vitals.iter().map(value).collect()))?;
    }
    Ok(Some(t))
}

fn finite_or_nan(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

pub(super) fn events(recorder: &Recorder) -> Result<Table, CoreError> {
    let mut rows: Vec<_> = recorder.events.iter().collect();
    rows.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
    let mut t = Table::new("events");
    t.push("time_s", "s", "", "scene clock", Column::F64(rows.iter().map(|r| r.time_s).collect()))?;
    t.push("kind", "", "", "scene and controller", Column::Text(rows.iter().map(|r| r.kind.clone()).collect()))?;
    t.push("text", "", "", "scene and controller", Column::Text(rows.iter().map(|r| r.text.clone()).collect()))?;
    t.push("value", "", "", "unit in the next column", Column::F64(rows.iter().map(|r| r.value).collect()))?;
    t.push("unit", "", "", "scene and controller", Column::Text(rows.iter().map(|r| r.unit.clone()).collect()))?;
    let tips = rows.iter().map(|r| finite_or_nan(r.tip_depth_along_m)).collect();
    t.push("tip_depth_along_m", "m", "", "truth: needle model", Column::F64(tips))?;
    Ok(t)
}

pub(super) fn phases(recorder: &Recorder) -> Result<Table, CoreError> {
    let rows = &recorder.phases;
    let mut t = Table::new("phases");
    t.push("time_s", "s", "", "scene clock", Column::F64(rows.iter().map(|r| r.0).collect()))?;
    t.push("phase", "", "", "controller", Column::Text(rows.iter().map(|r| r.1.name().to_owned()).collect()))?;
    t.push("attempt", "1", "", "controller", Column::I64(rows.iter().map(|r| i64::from(r.2)).collect()))?;
    t.push("reason", "", "", "controller", Column::Text(rows.iter().map(|r| r.3.clone()).collect()))?;
    Ok(t)
}
