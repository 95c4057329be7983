//! Graded size: volume, surface, angles, interfaces.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use proband_mesh::{CoarsenSpec, LevelSets, MeshError, QualityReport, StuffSpec, TetMesh, coarsen, depths_m, stuff};

fn two_halves(cell_m: f64) -> TetMesh {
    let length = |p: [f64; 3]| (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt();
    let half = move |side: f64| move |p: [f64; 3]| (length(p) - 1.0).max(side * p[0]);
    let bodies: Vec<Box<dyn Fn([f64; 3]) -> f64 + Sync>> = vec![Box::new(half(1.0)), Box::new(half(-1.0))];
    let spec = StuffSpec { cell_m, low_m: [-1.0; 3], high_m: [1.0; 3], cut_steps: 5, polish_below_rad: 0.2 };
    stuff(&LevelSets::new(bodies), &spec).unwrap().mesh
}

/// Keep surface, interface, volumes and angles, and grow inside as asked.
#[test]
fn the_inside_gets_coarse() {
    let mesh = two_halves(0.1);
    let size: Vec<f64> = depths_m(&mesh).iter().map(|d| 0.1 + 0.6 * d).collect();
    let (coarse, drawn_in) = coarsen(&mesh, &size, CoarsenSpec::USUAL).unwrap();
    let (before, after) = (QualityReport::of(&mesh), QualityReport::of(&coarse));
    assert!(coarse.tets.len() * 2 < mesh.tets.len() && drawn_in > 0);
    assert_eq!(coarse.boundary().0.triangles.len(), mesh.boundary().0.triangles.len());
    assert_eq!(coarse.interface_faces().len(), mesh.interface_faces().len());
    assert!((after.volume_m3 / before.volume_m3 - 1.0).abs() < 1e-9);
    for (a, b) in coarse.region_volumes_m3().iter().zip(mesh.region_volumes_m3()) {
        assert!(a.0 == b.0 && (a.1 / b.1 - 1.0).abs() < 1e-9);
    }
    assert!(after.dihedral_rad.min.to_degrees() >= 10.0_f64.min(before.dihedral_rad.min.to_degrees()));
    assert_eq!(coarse.faults(3), vec![]);
    assert_eq!(coarsen(&mesh, &size, CoarsenSpec::USUAL).unwrap().0, coarse);
}

/// Refuse sizes that are none.
#[test]
fn sizes_are_checked() {
    let mesh = two_halves(0.3);
    assert!(matches!(coarsen(&mesh, &[], CoarsenSpec::USUAL), Err(MeshError::Count { what: "size_m", .. })));
    let bad = vec![f64::NAN; mesh.nodes_m.len()];
    assert!(matches!(coarsen(&mesh, &bad, CoarsenSpec::USUAL), Err(MeshError::OutOfRange { name: "size_m", .. })));
    let same = vec![0.3; mesh.nodes_m.len()];
    assert!(coarsen(&mesh, &same, CoarsenSpec { angle_min_rad: f64::NAN, round_count_max: 3 }).is_err());
}
