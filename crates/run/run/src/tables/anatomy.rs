//! The true arm and where the needle went, for the report's pictures.

use proband_core::{Column, CoreError, Table};
use proband_scene::Scene;

const PATIENT: &str = "patient_lps";
/// Grid of the skin [m].
const SKIN_STEP_M: f64 = 3e-3;
const SKIN_X_M: f64 = 0.045;

#[derive(Default)]
struct Tubes {
    structure: Vec<String>,
    kind: Vec<String>,
    index: Vec<i64>,
    columns: [Vec<f64>; 5],
}

impl Tubes {
    fn add(&mut self, structure: &str, kind: &str, index: usize, row: [f64; 5]) {
        self.structure.push(structure.to_owned());
        self.kind.push(kind.to_owned());
        self.index.push(index as i64);
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
}

pub(super) fn tubes(scene: &Scene) -> Result<Table, CoreError> {
    let arm = scene.anatomy();
    let mut rows = Tubes::default();
    for vessel in arm.vessels() {
        let kind = if vessel.is_artery { "artery" } else { "vein" };
        for (index, node) in vessel.nodes.iter().enumerate() {
            rows.add(vessel.kind.name(), kind, index, [node.p.0.x, node.p.0.y, node.p.0.z, node.semi_h_m, node.semi_v_m]);
        }
    }
    for (tubes, kind) in [(arm.nerves(), "nerve"), (arm.bones(), "bone")] {
        for tube in tubes {
            for (index, node) in tube.nodes.iter().enumerate() {
                rows.add(tube.kind.name(), kind, index, [node.p.0.x, node.p.0.y, node.p.0.z, node.semi_h_m, node.semi_v_m]);
            }
        }
    }
    let mut t = Table::new("anatomy");
    t.push("structure", "", "", "truth: anatomy", Column::Text(rows.structure))?;
    t.push("kind", "", "", "truth: anatomy", Column::Text(rows.kind))?;
    t.push("index", "1", "", "truth: anatomy", Column::I64(rows.index))?;
    let [x, y, z, h, v] = rows.columns;
    for (name, column) in [("x_m", x), ("y_m", y), ("z_m", z), ("semi_h_m", h), ("semi_v_m", v)] {
        t.push(name, "m", PATIENT, "truth: anatomy", Column::F64(column))?;
    }
    Ok(t)
}

pub(super) fn skin(scene: &Scene) -> Result<Table, CoreError> {
    let arm = scene.anatomy();
    let (mut x, mut y, mut z) = (vec![], vec![], vec![]);
    let rows = ((proband_anatomy::Arm::Z_MAX_M - proband_anatomy::Arm::Z_MIN_M) / SKIN_STEP_M).round() as i32;
    let half = (SKIN_X_M / SKIN_STEP_M).round() as i32;
    for row in 0..=rows {
        let at = proband_anatomy::Arm::Z_MIN_M + f64::from(row) * SKIN_STEP_M;
        for column in -half..=half {
            let across = f64::from(column) * SKIN_STEP_M;
            x.push(across);
            z.push(at);
            y.push(arm.skin_y(across, at));
        }
    }
    let mut t = Table::new("skin");
    for (name, column) in [("x_m", x), ("z_m", z), ("y_m", y)] {
        t.push(name, "m", PATIENT, "truth: anatomy", Column::F64(column))?;
    }
    Ok(t)
}

pub(super) fn needle(scene: &Scene) -> Result<Table, CoreError> {
    let rows = scene.attempts();
    let mut t = Table::new("needle");
    t.push("attempt", "1", "", "scorer", Column::I64(rows.iter().map(|r| i64::from(r.attempt)).collect()))?;
    let nan = [f64::NAN; 3];
    for (axis, letter) in ["x", "y", "z"].into_iter().enumerate() {
        let mut push = |prefix: &str, source: &str, get: &dyn Fn(&proband_scene::AttemptTrack) -> [f64; 3]| {
            t.push(&format!("{prefix}_{letter}_m"), "m", PATIENT, source, Column::F64(rows.iter().map(|r| get(r)[axis]).collect()))
        };
        push("entry", "truth: needle model", &|r| r.entry_m)?;
        push("tip", "truth: needle model", &|r| r.tip_m)?;
        push("planned_entry", "planner", &|r| r.plan.as_ref().map_or(nan, |p| p.entry_m))?;
        push("planned_tip", "planner", &|r| r.plan.as_ref().map_or(nan, |p| p.tip_m))?;
        push("target", "planner", &|r| r.plan.as_ref().map_or(nan, |p| p.tip_m))?;
    }
    Ok(t)
}
