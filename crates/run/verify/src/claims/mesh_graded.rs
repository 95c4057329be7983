//! Claims about the size of tetrahedra.

use proband_core::ops;
use proband_mesh::{CoarsenSpec, LevelSets, QualityReport, StuffSpec, coarsen, depths_m, stuff};

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[Claim { id: "mesh-graded", case: include_str!("../../../../../verify/mesh-graded/case.toml"), compute: graded }];

const CELL_M: f64 = 0.06;

/// A ball in two halves whose interface is wavy.
fn graded() -> Result<Vec<Obtained>, String> {
    let side = |p: [f64; 3]| p[0] - 0.1 * ops::sin(4.0 * p[1]);
    let length = |p: [f64; 3]| (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt();
    let half = move |sign: f64| move |p: [f64; 3]| (length(p) - 1.0).max(sign * side(p));
    let bodies: Vec<Box<dyn Fn([f64; 3]) -> f64 + Sync>> = vec![Box::new(half(1.0)), Box::new(half(-1.0))];
    let spec = StuffSpec { cell_m: CELL_M, low_m: [-1.0; 3], high_m: [1.0; 3], cut_steps: 5, polish_below_rad: 0.2 };
    let fine = stuff(&LevelSets::new(bodies), &spec).map_err(|e| e.to_string())?.mesh;
    let size_m: Vec<f64> = depths_m(&fine).iter().map(|depth| CELL_M + 0.5 * depth).collect();
    let (coarse, _) = coarsen(&fine, &size_m, CoarsenSpec::USUAL).map_err(|e| e.to_string())?;
    let (before, after) = (QualityReport::of(&fine), QualityReport::of(&coarse));
    let region = |a: &[(u16, f64)], b: &[(u16, f64)]| a.iter().zip(b).map(|(a, b)| (a.1 / b.1 - 1.0).abs()).fold(0.0, f64::max);
    let difference = |a: usize, b: usize| (a as f64 - b as f64).abs();
    Ok(vec![
        Obtained::new("tetrahedra left, share", coarse.tets.len() as f64 / fine.tets.len() as f64),
        Obtained::new("smallest dihedral angle", after.dihedral_rad.min.to_degrees()),
        Obtained::new("largest dihedral angle", after.dihedral_rad.max.to_degrees()),
        Obtained::new(
            "volume of a region over that before, less 1, greatest",
            region(&coarse.region_volumes_m3(), &fine.region_volumes_m3()),
        ),
        Obtained::new("triangles of the surface, difference", difference(coarse.boundary_faces().len(), fine.boundary_faces().len())),
        Obtained::new("triangles of the interface, difference", difference(coarse.interface_faces().len(), fine.interface_faces().len())),
        Obtained::new("faults", coarse.faults(9).len() as f64),
        Obtained::new("longest edge over the longest before", after.edge_m.max / before.edge_m.max),
        Obtained::new("size of neighbours, greatest ratio", after.grading_max),
    ])
}
