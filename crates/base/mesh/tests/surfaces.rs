//! Surfaces: measures, distance, rays, checks, isosurfaces.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use proband_core::Stream;
use proband_mesh::{GridFrame, MeshError, Surface, SurfaceFault, SurfaceTree, TetFault, TetMesh, isosurface, stuff_surface};
use proptest::prelude::*;

/// A box from 0 to `size`.
fn block(size: [f64; 3]) -> Surface {
    let vertices = (0..8).map(|c| std::array::from_fn(|i| if (c >> i) & 1 == 1 { size[i] } else { 0.0 })).collect();
    let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
    Surface::new(vertices, quads.iter().flat_map(|q: &[u32; 4]| [[q[0], q[1], q[2]], [q[0], q[2], q[3]]]).collect()).unwrap()
}

fn ball(n: u32) -> Surface {
    let h = 2.06 / f64::from(n);
    let frame = GridFrame::aligned([n + 4; 3], [-1.0 - 2.1 * h; 3], [h; 3]).unwrap();
    let size = n + 4;
    let values: Vec<f32> = (0..size * size * size)
        .map(|i| {
            let p = frame.position_m([i % size, (i / size) % size, i / (size * size)].map(f64::from));
            ((p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt() - 1.0) as f32
        })
        .collect();
    isosurface(&frame, &values, 0.0).unwrap()
}

/// Measure a box exactly: area, volume, centroid, moments.
#[test]
fn a_box_is_measured() {
    let size = [0.3, 0.2, 0.1];
    let surface = block(size).mapped(|p| [p[0] + 5.0, p[1], p[2]]);
    let m = surface.mass_properties();
    assert!((surface.area_m2() - 0.22).abs() < 1e-14 && (m.volume_m3 - 0.006).abs() < 1e-15);
    assert!((m.centroid_m[0] - 5.15).abs() < 1e-12 && (m.centroid_m[2] - 0.05).abs() < 1e-12);
    for i in 0..3 {
        let (a, b) = (size[(i + 1) % 3], size[(i + 2) % 3]);
        assert!((m.inertia_m5[i][i] - 0.006 * (a * a + b * b) / 12.0).abs() < 1e-13);
        assert!(m.inertia_m5[i][(i + 1) % 3].abs() < 1e-13);
    }
    assert!(surface.is_watertight() && surface.euler_characteristic() == 2 && surface.faults_deep(3).is_empty());
}

/// Agree with the distance to a box worked out by hand, inside, outside, at edges and corners.
#[test]
fn distance_to_a_box_is_exact() {
    let tree = SurfaceTree::new(block([1.0; 3]));
    let mut stream = Stream::new(1, 0, "test.mesh");
    for _ in 0..2000 {
        let p: [f64; 3] = std::array::from_fn(|_| stream.uniform_in(-1.0, 2.0));
        let out: [f64; 3] = std::array::from_fn(|i| (-p[i]).max(p[i] - 1.0));
        let beyond = out.iter().map(|x| x.max(0.0) * x.max(0.0)).sum::<f64>().sqrt();
        let expected = beyond + out.iter().copied().fold(f64::NEG_INFINITY, f64::max).min(0.0);
        assert!((tree.signed_distance_m(p) - expected).abs() < 1e-12, "{p:?}");
    }
    let hit = tree.first_hit([0.5, 0.4, -3.0], [0.0, 0.0, 1.0]).unwrap();
    assert!((hit.along_m - 3.0).abs() < 1e-15);
    assert_eq!(tree.hits([0.5, 0.4, -3.0], [0.0, 0.0, 1.0]).len(), 2);
    assert!(tree.first_hit([0.5, 0.4, 3.0], [0.0, 0.0, 1.0]).is_none());
    assert!(tree.closest([f64::NAN; 3]).is_none() && SurfaceTree::new(Surface::default()).closest([0.0; 3]).is_none());
}

/// Fall in error with the square of the grid's step.
#[test]
fn isosurfaces_converge() {
    let error = |n| ball(n).volume_m3() / (4.0 / 3.0 * std::f64::consts::PI) - 1.0;
    let (coarse, fine) = (error(20), error(40));
    assert!(coarse < 0.0 && coarse > -0.01);
    let ratio: f64 = coarse / fine;
    assert!((3.7..4.3).contains(&ratio), "{ratio}");
}

/// Smooth noise away and keep the size.
#[test]
fn smoothing_keeps_size() {
    let truth = ball(24);
    let mut stream = Stream::new(2, 0, "test.mesh");
    let mut rough = truth.clone();
    rough.vertices_m.iter_mut().flatten().for_each(|x| *x += 0.01 * stream.normal());
    let smooth = rough.smoothed(10, 0.1).unwrap();
    assert!(smooth.area_m2() < 0.95 * rough.area_m2());
    assert!((smooth.volume_m3() / truth.volume_m3() - 1.0).abs() < 0.01);
    assert!(rough.smoothed(3, f64::NAN).is_err());
}

/// Name each kind of fault where it is.
#[test]
fn faults_are_named() {
    let good = block([1.0; 3]);
    let mut open = good.clone();
    open.triangles.pop();
    assert_eq!(open.faults(9).iter().filter(|f| matches!(f, SurfaceFault::OpenEdge { .. })).count(), 3);
    assert!(matches!(stuff_surface(&SurfaceTree::new(open), 0.1), Err(MeshError::NotClosed { edge_count: 3, .. })));
    let mut turned = good.clone();
    turned.triangles[0].swap(0, 1);
    assert!(turned.faults(9).iter().any(|f| matches!(f, SurfaceFault::Orientation { .. })));
    assert!(matches!(good.flipped().faults(9)[..], [SurfaceFault::InsideOut { .. }]));
    let mut two = good.clone();
    two.vertices_m.extend(good.vertices_m.iter().map(|p| [p[0] + 0.5, p[1] + 0.45, p[2] + 0.4]));
    two.triangles.extend(good.triangles.iter().map(|t| t.map(|v| v + 8)));
    assert!(two.faults_deep(9).iter().any(|f| matches!(f, SurfaceFault::SelfIntersection { .. })));
    let nodes = vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let mesh = TetMesh::new(nodes, vec![[1, 0, 2, 3]], vec![0]).unwrap();
    assert_eq!(mesh.faults(9)[..2], [TetFault::Inverted { tet: 0, volume_m3: -1.0 / 6.0 }, TetFault::Isolated { tet: 0 }]);
    assert!(matches!(Surface::new(vec![[f64::NAN; 3]], vec![]), Err(MeshError::NotFinite { node: 0, .. })));
    assert!(matches!(TetMesh::new(vec![[0.0; 3]], vec![[0, 0, 0, 9]], vec![1]), Err(MeshError::BadIndex { .. })));
}

/// Name what has no inside: flat tetrahedra, edges of three triangles, a tetrahedron's boundary pressed flat; mesh none of them.
#[test]
fn what_has_no_inside_is_refused() {
    let nodes = vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]];
    let flat = TetMesh::new(nodes.clone(), vec![[0, 1, 2, 3]], vec![0]).unwrap();
    assert!(flat.faults(9).iter().any(|f| matches!(f, TetFault::Flat { tet: 0, .. })));
    let mut crowded = block([1.0; 3]);
    crowded.vertices_m.push([0.5, 0.5, 3.0]);
    crowded.triangles.push([0, 2, 8]);
    assert!(crowded.faults(9).iter().any(|f| matches!(f, SurfaceFault::CrowdedEdge { count: 3, .. })));
    assert!(matches!(stuff_surface(&SurfaceTree::new(crowded), 0.2), Err(MeshError::NotClosed { .. })));
    let sheets = Surface::new(nodes, vec![[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]]).unwrap();
    assert!(sheets.is_watertight() && sheets.volume_m3() == 0.0);
    assert!(matches!(stuff_surface(&SurfaceTree::new(sheets), 0.2), Err(MeshError::Empty { .. })));
    let needle = Surface::new(vec![[0.0; 3], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]], vec![[0, 1, 2], [0, 2, 1]]).unwrap();
    assert!(needle.faults(9).iter().any(|f| matches!(f, SurfaceFault::ZeroArea { .. })));
    assert!(stuff_surface(&SurfaceTree::new(needle), 0.2).is_err());
}

/// Part two bodies that touch in one node.
#[test]
fn pinches_are_split() {
    let mut nodes: Vec<[f64; 3]> = vec![[0.0; 3]];
    for sign in [1.0, -1.0] {
        nodes.extend([[sign, 0.0, 0.0], [0.0, 1.0, sign], [0.0, -1.0, sign]]);
    }
    let mut mesh = TetMesh::new(nodes, vec![[0, 1, 2, 3], [0, 4, 6, 5]], vec![1, 1]).unwrap();
    assert!(mesh.faults(9).iter().any(|f| matches!(f, TetFault::PinchedNode { node: 0, part_count: 2 })));
    assert_eq!(mesh.split_pinches(), 1);
    assert!(!mesh.faults(9).iter().any(|f| matches!(f, TetFault::PinchedNode { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Close the isosurface of any noise: every edge used twice, once in each direction.
    #[test]
    fn noise_gives_closed_surfaces(seed in any::<u64>(), nx in 1_u32..9, ny in 1_u32..9, nz in 1_u32..9, mirrored in any::<bool>()) {
        let mut stream = Stream::new(seed, 0, "test.mesh");
        let frame = GridFrame::aligned([nx, ny, nz], [0.0; 3], [if mirrored { -1.0 } else { 1.0 }, 1.0, 1.0]).unwrap();
        let values: Vec<f32> = (0..frame.count()).map(|_| if stream.bernoulli(0.02) { f32::NAN } else { stream.normal() as f32 }).collect();
        let surface = isosurface(&frame, &values, 0.0).unwrap();
        if !surface.triangles.is_empty() {
            prop_assert!(surface.is_watertight());
            prop_assert!(surface.faults(1).is_empty(), "{:?}", surface.faults(3));
            prop_assert!(surface.volume_m3() > 0.0);
        }
    }

    /// Find the same closest distance as a search through all triangles.
    #[test]
    fn the_tree_misses_nothing(seed in any::<u64>(), count in 1_usize..60) {
        let mut stream = Stream::new(seed, 1, "test.mesh");
        let vertices = (0..3 * count).map(|_| std::array::from_fn(|_| stream.uniform_in(-1.0, 1.0))).collect();
        let surface = Surface::new(vertices, (0..count as u32).map(|t| [3 * t, 3 * t + 1, 3 * t + 2]).collect()).unwrap();
        let tree = SurfaceTree::new(surface.clone());
        let p: [f64; 3] = std::array::from_fn(|_| stream.uniform_in(-2.0, 2.0));
        let alone = |t: u32| SurfaceTree::new(surface.filtered(|i| i == t)).closest(p).unwrap().distance_m;
        let best = (0..count as u32).map(alone).fold(f64::INFINITY, f64::min);
        prop_assert_eq!(tree.closest(p).unwrap().distance_m, best);
    }
}
