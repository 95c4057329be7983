//! Thickness of the subcutaneous fat over the arm.

use crate::skin::{Skin, x_of_medial};
use crate::{ArmSpec, Vessel};

/// Grid spacing across and along the arm [m].
const STEP_X_M: f64 = 0.0015;
const STEP_Z_M: f64 = 0.003;
/// Fat under the back wall of a vein, at least [m].
pub(crate) const UNDER_VEIN_M: f64 = 0.0004;
/// Length over which the groove of a vein rises to the fat around it [m].
const GROOVE_FALL_M: f64 = 0.008;
/// Ends of the grid along the arm [m].
const GRID_Z_MIN_M: f64 = -0.126;
const GRID_Z_MAX_M: f64 = 0.066;

/// Fat thickness on a grid over (x of the foot on the skin, z), bilinear between.
///
/// Superficial veins lie in the fat also where it is thin: the fascia under them sags into a groove, so that
/// the fat is at least as thick as the vein needs, and fades to the thickness around it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FatMap {
    x_min: f64,
    column_count: usize,
    row_count: usize,
    thickness: Vec<f64>,
}

impl FatMap {
    pub(crate) fn new(spec: &ArmSpec, skin: &Skin, veins: &[Vessel]) -> Self {
        let row_count = ((GRID_Z_MAX_M - GRID_Z_MIN_M) / STEP_Z_M).round() as usize + 1;
        let z_of = |row: usize| GRID_Z_MIN_M + row as f64 * STEP_Z_M;
        let half = (0..row_count).map(|r| skin.section(z_of(r)).half_width).fold(0.0, f64::max);
        let column_count = (2.0 * half / STEP_X_M).ceil() as usize + 2;
        let mut map = Self { x_min: -half, column_count, row_count, thickness: vec![0.0; row_count * column_count] };
        for row in 0..row_count {
            let z = z_of(row);
            let width = skin.section(z).half_width;
            for column in 0..column_count {
                let x = map.x_min + column as f64 * STEP_X_M;
                let medial = (x_of_medial(spec.side, x) / width).clamp(-1.0, 1.0);
                map.thickness[row * column_count + column] =
                    spec.fat_m * (1.0 + spec.fat_medial_gradient * medial + spec.fat_proximal_gradient_per_m * z);
            }
        }
        let bed = map.clone();
        for vein in veins {
            map.dig(spec, skin, vein, &bed);
        }
        map
    }

    /// Make room for a vein.
    fn dig(&mut self, spec: &ArmSpec, skin: &Skin, vein: &Vessel, bed: &Self) {
        for node in &vein.nodes {
            let lateral = node.lateral().0;
            let (p, wall) = (node.p.0, vein.wall_m);
            let centre = skin.foot(&p);
            let edges = [skin.foot(&(p - lateral * (node.semi_h_m + wall))), skin.foot(&(p + lateral * (node.semi_h_m + wall)))];
            let back = skin.foot(&(p + node.inward.0 * (node.semi_v_m + wall))).depth;
            let need = back.max(edges[0].depth).max(edges[1].depth) + UNDER_VEIN_M - spec.epidermis_m - spec.dermis_m;
            let plateau = (edges[0].x - centre.x).abs().max((edges[1].x - centre.x).abs()) + 1.5 * STEP_X_M;
            let reach = plateau + GROOVE_FALL_M;
            let (first_row, last_row) = self.rows(p.z - STEP_Z_M - GROOVE_FALL_M, p.z + STEP_Z_M + GROOVE_FALL_M);
            let (first_column, last_column) = self.columns(centre.x - reach, centre.x + reach);
            for row in first_row..=last_row {
                let dz = ((GRID_Z_MIN_M + row as f64 * STEP_Z_M - p.z).abs() - 1.5 * STEP_Z_M).max(0.0);
                for column in first_column..=last_column {
                    let dx = ((self.x_min + column as f64 * STEP_X_M - centre.x).abs() - plateau).max(0.0);
                    let away = (dx * dx + dz * dz).sqrt() / GROOVE_FALL_M;
                    let weight = 1.0 - crate::course::smoothstep(away);
                    let index = row * self.column_count + column;
                    let flat = bed.thickness[index];
                    self.thickness[index] = self.thickness[index].max(flat + (need - flat).max(0.0) * weight);
                }
            }
        }
    }

    fn rows(&self, z_min: f64, z_max: f64) -> (usize, usize) {
        let row = |z: f64| ((z - GRID_Z_MIN_M) / STEP_Z_M).clamp(0.0, (self.row_count - 1) as f64);
        (row(z_min).floor() as usize, row(z_max).ceil() as usize)
    }

    fn columns(&self, x_min: f64, x_max: f64) -> (usize, usize) {
        let column = |x: f64| ((x - self.x_min) / STEP_X_M).clamp(0.0, (self.column_count - 1) as f64);
        (column(x_min).floor() as usize, column(x_max).ceil() as usize)
    }

    /// Thickness at a place of the skin [m], clamped to the grid.
    pub(crate) fn at(&self, x: f64, z: f64) -> f64 {
        let u = ((x - self.x_min) / STEP_X_M).clamp(0.0, (self.column_count - 1) as f64 - 1e-9);
        let w = ((z - GRID_Z_MIN_M) / STEP_Z_M).clamp(0.0, (self.row_count - 1) as f64 - 1e-9);
        let (i, j) = (u as usize, w as usize);
        let (fu, fw) = (u - i as f64, w - j as f64);
        let at = |i: usize, j: usize| self.thickness[j * self.column_count + i];
        (at(i, j) * (1.0 - fu) + at(i + 1, j) * fu) * (1.0 - fw) + (at(i, j + 1) * (1.0 - fu) + at(i + 1, j + 1) * fu) * fw
    }
}
