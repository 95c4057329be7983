//! Tables of a bronchoscopy.

use proband_bronchoscopy::plan::Refusal;
use proband_bronchoscopy::{Outcome, Rehearsal, ViewSpec, render_view};
use proband_core::{Column, CoreError, Table};

use super::record::{CourseRow, NoteRow, ViewRow};
use crate::RunError;

const CT: &str = "CT, LPS, origin at the carina";

pub(super) fn all(
    rehearsal: &Rehearsal,
    outcome: &Outcome,
    course: &[CourseRow],
    notes: &[NoteRow],
    views: &[ViewRow],
) -> Result<Vec<Table>, RunError> {
    let tables = vec![
        outcomes(std::slice::from_ref(outcome), "bronchoscopy", &[])?,
        ticks(course)?,
        events(notes)?,
        passes(rehearsal)?,
        routes(rehearsal)?,
        rejections(rehearsal)?,
        airways(rehearsal)?,
        target(rehearsal)?,
        images(rehearsal, views)?,
    ];
    Ok(tables)
}

fn f64s<T>(rows: &[T], get: impl Fn(&T) -> f64) -> Column {
    Column::F64(rows.iter().map(get).collect())
}

fn i64s<T>(rows: &[T], get: impl Fn(&T) -> u32) -> Column {
    Column::I64(rows.iter().map(|r| i64::from(get(r))).collect())
}

fn bools<T>(rows: &[T], get: impl Fn(&T) -> bool) -> Column {
    Column::Bool(rows.iter().map(get).collect())
}

fn texts<T>(rows: &[T], get: impl Fn(&T) -> String) -> Column {
    Column::Text(rows.iter().map(get).collect())
}

/// One row per procedure. `patients`: their numbers, or none.
pub(super) fn outcomes(rows: &[Outcome], name: &str, patients: &[u32]) -> Result<Table, CoreError> {
    let mut t = Table::new(name);
    if !patients.is_empty() {
        t.push("patient", "1", "", "study", i64s(patients, |p| *p))?;
    }
    t.push("lobe", "", "", "made chest", texts(rows, |o| o.lobe.name().into()))?;
    t.push("diameter_m", "m", "", "made chest", f64s(rows, |o| o.diameter_m))?;
    t.push("pleura_m", "m", "", "made chest", f64s(rows, |o| o.pleura_m))?;
    t.push("bronchus_sign", "", "", "made chest", bools(rows, |o| o.bronchus_sign))?;
    t.push("planned", "", "", "planner", bools(rows, |o| o.planned))?;
    t.push("predicted_hit", "1", "", "planner", f64s(rows, |o| o.predicted_hit))?;
    t.push("navigated", "", "", "scorer", bools(rows, |o| o.navigated))?;
    t.push("tool_in_lesion", "", "", "scorer", bools(rows, |o| o.tool_in_lesion))?;
    t.push("confirmed", "", "", "controller", bools(rows, |o| o.confirmed))?;
    t.push("passes", "1", "", "scorer", i64s(rows, |o| o.passes))?;
    t.push("samples", "1", "", "scorer", i64s(rows, |o| o.samples))?;
    t.push("good_samples", "1", "", "scorer", i64s(rows, |o| o.good_samples))?;
    t.push("miss_m", "m", "", "scorer", f64s(rows, |o| if o.miss_m.is_finite() { o.miss_m } else { f64::NAN }))?;
    t.push("tip_error_m", "m", "", "scorer", f64s(rows, |o| o.tip_error_m))?;
    t.push("divergence_m", "m", "", "scorer", f64s(rows, |o| o.divergence_m))?;
    t.push("pneumothorax", "", "", "scorer", bools(rows, |o| o.pneumothorax))?;
    t.push("bleeding", "", "", "scorer", texts(rows, |o| format!("{:?}", o.bleeding).to_lowercase()))?;
    t.push("blood_m3", "m3", "", "scorer", f64s(rows, |o| o.blood_m3))?;
    t.push("wall_force_n", "N", "", "scorer", f64s(rows, |o| o.wall_force_n))?;
    t.push("arrival_s", "s", "", "scorer", f64s(rows, |o| o.arrival_s))?;
    t.push("time_s", "s", "", "scorer", f64s(rows, |o| o.time_s))?;
    t.push("images", "1", "", "scorer", i64s(rows, |o| o.images))?;
    Ok(t)
}

fn ticks(rows: &[CourseRow]) -> Result<Table, CoreError> {
    let mut t = Table::new("ticks");
    t.push("time_s", "s", "", "room clock", f64s(rows, |r| r.time_s))?;
    t.push("phase", "", "", "controller", texts(rows, |r| r.phase.name().into()))?;
    t.push("branch", "1", "", "truth", i64s(rows, |r| r.tip.branch))?;
    t.push("distance_m", "m", "", "truth", f64s(rows, |r| r.tip.distance_m))?;
    t.push("believed_branch", "1", "", "controller", i64s(rows, |r| r.believed_branch))?;
    t.push("believed_distance_m", "m", "", "controller", f64s(rows, |r| r.believed_m))?;
    for (axis, name) in ["tip_x_m", "tip_y_m", "tip_z_m"].into_iter().enumerate() {
        t.push(name, "m", CT, "truth", f64s(rows, |r| r.tip.place_m[axis]))?;
    }
    t.push("tip_error_m", "m", "", "scorer", f64s(rows, |r| r.tip_error_m))?;
    t.push("to_target_m", "m", "", "truth", f64s(rows, |r| r.to_target_m))?;
    t.push("wall_force_n", "N", "", "truth", f64s(rows, |r| r.tip.wall_force_n))?;
    t.push("push_force_n", "N", "", "truth", f64s(rows, |r| r.tip.push_force_n))?;
    t.push("breath", "1", "", "ventilator", f64s(rows, |r| r.breath))?;
    t.push("needle_m", "m", "", "truth", f64s(rows, |r| r.needle_m))?;
    t.push("blood_m3", "m3", "", "truth", f64s(rows, |r| r.blood_m3))?;
    Ok(t)
}

fn events(rows: &[NoteRow]) -> Result<Table, CoreError> {
    let mut t = Table::new("events");
    t.push("time_s", "s", "", "room clock", f64s(rows, |r| r.time_s))?;
    t.push("kind", "", "", "controller", texts(rows, |r| r.kind.clone()))?;
    t.push("text", "", "", "controller", texts(rows, |r| r.text.clone()))?;
    t.push("distance_m", "m", "", "truth", f64s(rows, |r| r.distance_m))?;
    Ok(t)
}

fn passes(rehearsal: &Rehearsal) -> Result<Table, CoreError> {
    let rows = &rehearsal.state().passes;
    let mut t = Table::new("passes");
    t.push("time_s", "s", "", "truth", f64s(rows, |p| p.time_s))?;
    t.push("depth_m", "m", "", "truth", f64s(rows, |p| p.depth_m))?;
    t.push("miss_m", "m", "", "truth", f64s(rows, |p| p.miss_m))?;
    t.push("in_target", "", "", "truth", bools(rows, |p| p.in_target))?;
    t.push("sampled", "", "", "truth", bools(rows, |p| p.sampled))?;
    t.push("tissue_m", "m", "", "truth", f64s(rows, |p| p.tissue_m))?;
    t.push("pleura_m", "m", "", "truth", f64s(rows, |p| p.pleura_m))?;
    t.push("artery_radius_m", "m", "", "truth", f64s(rows, |p| p.artery_m))?;
    Ok(t)
}

fn routes(rehearsal: &Rehearsal) -> Result<Table, CoreError> {
    let rows = &rehearsal.plan().routes;
    let mut t = Table::new("routes");
    t.push("branch", "1", "", "planner", i64s(rows, |r| r.branch))?;
    t.push("generation", "1", "", "planner", i64s(rows, |r| r.generation))?;
    t.push("distance_m", "m", "", "planner", f64s(rows, |r| r.distance_m))?;
    t.push("lumen_m", "m", "", "planner", f64s(rows, |r| r.lumen_m))?;
    t.push("turn_rad", "rad", "", "planner", f64s(rows, |r| r.turn_rad))?;
    t.push("needle_m", "m", "", "planner", f64s(rows, |r| r.needle_m))?;
    t.push("needle_angle_rad", "rad", "", "planner", f64s(rows, |r| r.needle_angle_rad))?;
    t.push("vessel_m", "m", "", "planner", f64s(rows, |r| if r.vessel_m.is_finite() { r.vessel_m } else { f64::NAN }))?;
    t.push("pleura_m", "m", "", "planner", f64s(rows, |r| if r.pleura_m.is_finite() { r.pleura_m } else { f64::NAN }))?;
    t.push("hit_probability", "1", "", "planner", f64s(rows, |r| r.hit_probability))?;
    t.push("score", "1", "", "planner", f64s(rows, |r| r.score))?;
    t.push("pareto", "", "", "planner", bools(rows, |r| r.pareto))?;
    Ok(t)
}

fn rejections(rehearsal: &Rehearsal) -> Result<Table, CoreError> {
    let rows = &rehearsal.plan().rejections;
    let kind = |r: &Refusal| match r {
        Refusal::TooNarrow(..) => "lumen",
        Refusal::TooTight(..) => "bend",
        Refusal::TooTurned(..) => "turns",
        Refusal::TooLong(..) => "length",
        Refusal::NeedleShort(..) => "needle",
        Refusal::ExitAngle(..) => "angle",
        Refusal::Vessel(..) => "vessel",
        Refusal::Pleura(..) => "pleura",
    };
    let mut t = Table::new("rejections");
    t.push("branch", "1", "", "planner", i64s(rows, |r| r.branch))?;
    t.push("gap_m", "m", "", "planner", f64s(rows, |r| r.gap_m))?;
    t.push("gate", "", "", "planner", texts(rows, |r| kind(&r.refusal).into()))?;
    t.push("why", "", "", "planner", texts(rows, |r| r.refusal.text()))?;
    Ok(t)
}

/// Centrelines, one row per point.
fn airways(rehearsal: &Rehearsal) -> Result<Table, CoreError> {
    let tree = rehearsal.room().map().tree();
    let route = rehearsal.plan().routes.first().map(|r| rehearsal.room().map().path(r.branch)).unwrap_or_default();
    let mut rows = Vec::new();
    for (i, branch) in tree.branches.iter().enumerate() {
        let on = route.contains(&(i as u32));
        // Ends and the middle tell the shape of a branch well enough for a picture of the tree; the way keeps all its points.
        let last = branch.points_m.len() - 1;
        for k in 0..=last {
            if on || k == 0 || k == last || k == last / 2 {
                rows.push((i as u32, branch.generation, branch.points_m[k], branch.radius_m[k], on));
            }
        }
    }
    let mut t = Table::new("airways");
    t.push("branch", "1", "", "made chest", i64s(&rows, |r| r.0))?;
    t.push("generation", "1", "", "made chest", i64s(&rows, |r| r.1))?;
    for (axis, name) in ["x_m", "y_m", "z_m"].into_iter().enumerate() {
        t.push(name, "m", CT, "made chest", f64s(&rows, |r| r.2[axis]))?;
    }
    t.push("radius_m", "m", "", "made chest", f64s(&rows, |r| r.3))?;
    t.push("on_the_way", "", "", "planner", bools(&rows, |r| r.4))?;
    Ok(t)
}

fn target(rehearsal: &Rehearsal) -> Result<Table, CoreError> {
    let n = rehearsal.chest().nodule;
    let rows = [n];
    let mut t = Table::new("target");
    for (axis, name) in ["x_m", "y_m", "z_m"].into_iter().enumerate() {
        t.push(name, "m", CT, "made chest", f64s(&rows, |r| r.centre_m[axis]))?;
    }
    t.push("radius_m", "m", "", "made chest", f64s(&rows, |r| r.radius_m))?;
    t.push("variant", "", "", "made chest", Column::Text(vec![format!("{:?}", rehearsal.chest().variant)]))?;
    Ok(t)
}

fn images(rehearsal: &Rehearsal, rows: &[ViewRow]) -> Result<Table, RunError> {
    let mut files = Vec::new();
    for row in rows {
        let spec = ViewSpec { size: 256, blood: row.blood, ..ViewSpec::usual() };
        let view = render_view(rehearsal.room().map(), &row.tip, &spec);
        files.push(encode_rgb("view", view.size, view.size, &view.rgb)?);
    }
    let mut t = Table::new("images");
    t.push("name", "", "", "run", Column::Text((0..rows.len()).map(|i| format!("view-{i}")).collect()))?;
    t.push("time_s", "s", "", "room clock", f64s(rows, |r| r.time_s))?;
    t.push("caption", "", "", "run", texts(rows, |r| r.caption.clone()))?;
    t.push("png", "", "image", "camera at the tip, drawn", Column::Bytes(files))?;
    Ok(t)
}

fn encode_rgb(name: &str, width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, RunError> {
    let failed = |e: png::EncodingError| RunError::Picture { name: name.into(), what: e.to_string() };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(rgb).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}
