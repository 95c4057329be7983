//! Cutting: volume, angles, pieces, marks, for any blade.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use proband_core::Stream;
use proband_mesh::{Blade, CutBody, CutResult, CutSpec, LevelSet, MeshError, QualityReport, StuffSpec, TetFault, TetMesh, cut, stuff};
use proptest::prelude::*;

const FIVE: CutSpec = CutSpec { angle_min_rad: 0.087_266_462_599_716_48 };

fn ball(cell_m: f64, squeeze: [f64; 3]) -> TetMesh {
    let field = LevelSet::new(move |p: [f64; 3]| (0..3).map(|k| (p[k] / squeeze[k]).powi(2)).sum::<f64>() - 1.0);
    stuff(&field, &StuffSpec { cell_m, low_m: [-1.0; 3], high_m: [1.0; 3], cut_steps: 5, polish_below_rad: 0.2 }).unwrap().mesh
}

/// Boxes of five tetrahedra each.
fn brick(n: [u32; 3]) -> TetMesh {
    let id = |i: u32, j: u32, k: u32| i + (n[0] + 1) * (j + (n[1] + 1) * k);
    let mut nodes = Vec::new();
    for k in 0..=n[2] {
        for j in 0..=n[1] {
            nodes.extend((0..=n[0]).map(|i| [f64::from(i), f64::from(j), f64::from(k)]));
        }
    }
    let mut tets = Vec::new();
    for k in 0..n[2] {
        for j in 0..n[1] {
            for i in 0..n[0] {
                let c = |d: u32| id(i + (d & 1), j + ((d >> 1) & 1), k + (d >> 2));
                let five: [[u32; 4]; 5] = if (i + j + k) % 2 == 0 {
                    [[0, 1, 2, 4], [3, 2, 1, 7], [5, 4, 7, 1], [6, 7, 4, 2], [1, 2, 4, 7]]
                } else {
                    [[1, 3, 0, 5], [2, 0, 3, 6], [4, 5, 6, 0], [7, 6, 5, 3], [0, 3, 5, 6]]
                };
                tets.extend(five.map(|t| t.map(c)));
            }
        }
    }
    let mut mesh = TetMesh::new(nodes, tets, vec![1; 5 * (n[0] * n[1] * n[2]) as usize]).unwrap();
    for t in 0..mesh.tets.len() {
        if mesh.tet_volume_m3(t as u32) < 0.0 {
            mesh.tets[t].swap(0, 1);
        }
    }
    mesh
}

fn cut_mesh(mesh: &TetMesh, blade: &Blade) -> CutResult {
    cut(&CutBody { mesh: mesh.clone(), ..CutBody::default() }, blade, FIVE).unwrap()
}

fn sound(result: &CutResult, before: &TetMesh) -> Result<(), TestCaseError> {
    let mesh = &result.body.mesh;
    let report = &result.report;
    prop_assert!((mesh.volume_m3() / before.volume_m3() - 1.0).abs() < 1e-9, "{report:?}");
    prop_assert!(report.dihedral_min_rad >= FIVE.angle_min_rad.min(QualityReport::of(before).dihedral_rad.min) - 1e-12, "{report:?}");
    // Two slits may end at one edge, which is then a hinge.
    let bad: Vec<TetFault> = mesh.faults(9).into_iter().filter(|f| !matches!(f, TetFault::CrowdedEdge { .. })).collect();
    prop_assert!(bad.is_empty(), "{bad:?} {report:?}");
    Ok(())
}

/// Part a brick along its own faces without touching an element, and in two.
#[test]
fn along_faces() {
    let mesh = brick([4, 3, 3]);
    let result = cut_mesh(&mesh, &Blade::square([2.0, 1.5, 1.5], [1.0, 0.0, 0.0], 9.0).unwrap());
    assert_eq!((result.report.split_count, result.report.slid_count), (0, 0));
    assert_eq!(result.body.mesh.pieces().1, 2);
    assert!((result.report.opened_area_m2 - 9.0).abs() < 1e-12 && result.report.deviation_m == 0.0);
    assert_eq!(result.copies_of.len(), 16);
    assert_eq!(result.body.mesh.tets.len(), mesh.tets.len());
}

/// Stop inside where the blade stops: the slit has the blade's area, its front is shared, one piece is left.
#[test]
fn a_slit_ends_where_the_blade_ends() {
    let mesh = brick([4, 4, 4]);
    let corners = [[2.1, -1.0, -1.0], [2.1, 5.0, -1.0], [2.1, 5.0, 1.7], [2.1, -1.0, 1.7]];
    let result = cut_mesh(&mesh, &Blade::polygon(&corners).unwrap());
    sound(&result, &mesh).unwrap();
    assert_eq!(result.body.mesh.pieces().1, 1);
    assert!((result.report.opened_area_m2 - 4.0 * 1.7).abs() < 0.02, "{:?}", result.report);
    assert!(result.report.deviation_m < 1e-9, "{:?}", result.report);
    let front = result.cut_nodes.iter().filter(|&&n| (result.body.mesh.nodes_m[n as usize][2] - 1.7).abs() < 1e-9).count();
    assert!(front >= 5, "{front}");
}

/// Carry vectors, marks and faces: a linear field stays linear, a mark stays on its side of the body, faces keep their area.
#[test]
fn what_hangs_on_the_mesh_follows() {
    let mesh = brick([3, 3, 3]);
    let linear = |p: [f64; 3]| [1.0 + p[0] - 2.0 * p[1], 0.3 * p[2], p[0] + p[1] + p[2]];
    let faces: Vec<[u32; 3]> =
        mesh.boundary_faces().iter().map(|f| f.nodes).filter(|f| f.iter().all(|&n| mesh.nodes_m[n as usize][2] == 0.0)).collect();
    let body = CutBody {
        placed_m: mesh.nodes_m.iter().map(|p| [p[0] + 0.1 * p[2], p[1], p[2]]).collect(),
        fields: vec![mesh.nodes_m.iter().map(|p| linear(*p)).collect()],
        marks: mesh.nodes_m.iter().map(|p| u64::from(p[2] == 0.0)).collect(),
        faces,
        mesh,
    };
    let result = cut(&body, &Blade::square([1.4, 1.6, 1.5], [1.0, 0.3, 0.1], 9.0).unwrap(), FIVE).unwrap();
    sound(&result, &body.mesh).unwrap();
    let after = &result.body;
    for (n, p) in after.mesh.nodes_m.iter().enumerate() {
        let want = linear(*p);
        assert!((0..3).all(|k| (after.fields[0][n][k] - want[k]).abs() < 1e-12));
        assert!((after.placed_m[n][0] - (p[0] + 0.1 * p[2])).abs() < 1e-12);
        assert_eq!(after.marks[n] == 1, p[2].abs() < 1e-12, "{p:?}");
    }
    let area = |f: &[u32; 3]| {
        let [a, b, c] = f.map(|n| after.mesh.nodes_m[n as usize]);
        0.5 * ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs()
    };
    assert!((after.faces.iter().map(area).sum::<f64>() - 9.0).abs() < 1e-12);
    assert_eq!(result.parents.len(), after.mesh.tets.len());
}

/// Refuse blades that are no surface and bodies whose lists do not fit.
#[test]
fn bad_blades_are_named() {
    assert!(Blade::polygon(&[[0.0; 3], [1.0, 0.0, 0.0]]).is_err());
    assert!(matches!(Blade::polygon(&[[0.0; 3], [1.0, 0.0, 0.0], [f64::NAN; 3]]), Err(MeshError::NotFinite { .. })));
    assert!(Blade::polygon(&[[0.0; 3], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]]).is_err());
    assert!(Blade::polygon(&[[0.0; 3], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.5]]).is_err());
    assert_eq!(Blade::swept([[0.0; 3], [1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0], [1.0, 1.0, 0.5]]).unwrap().len(), 2);
    let blade = Blade::square([0.0; 3], [0.0, 0.0, 1.0], 1.0).unwrap();
    let body = CutBody { mesh: brick([1, 1, 1]), marks: vec![0; 3], ..CutBody::default() };
    assert!(matches!(cut(&body, &blade, FIVE), Err(MeshError::Count { what: "marks", .. })));
    assert!(cut(&body, &blade, CutSpec { angle_min_rad: f64::NAN }).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Keep volume, angles and neighbours for any two blades through any ellipsoid.
    #[test]
    fn any_blade(seed in any::<u64>()) {
        let mut s = Stream::new(seed, 2, "test.mesh");
        let mesh = ball(s.uniform_in(0.15, 0.3), std::array::from_fn(|_| s.uniform_in(0.5, 0.95)));
        let mut blade = || {
            let centre = std::array::from_fn(|_| s.uniform_in(-0.4, 0.4));
            Blade::square(centre, std::array::from_fn(|_| s.normal()), s.uniform_in(0.2, 1.5)).unwrap()
        };
        let (one, two) = (blade(), blade());
        let first = cut_mesh(&mesh, &one);
        sound(&first, &mesh)?;
        sound(&cut_mesh(&first.body.mesh, &two), &first.body.mesh)?;
    }
}
