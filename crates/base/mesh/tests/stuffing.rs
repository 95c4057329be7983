//! Isosurface stuffing: angles, volume, closed boundaries, materials side by side, equal bits for any number of threads.

use proband_core::{Stream, ops};
use proband_mesh::{GridFrame, LabelMapField, LevelSet, LevelSets, MeshError, QualityReport, StuffSpec, Stuffed, stuff};
use proptest::prelude::*;

fn spec(cell_m: f64, half_m: f64) -> StuffSpec {
    StuffSpec { cell_m, low_m: [-half_m; 3], high_m: [half_m; 3], cut_steps: 5, polish_below_rad: 0.2 }
}

fn length(p: [f64; 3]) -> f64 {
    (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt()
}

/// A sum of Gaussian bumps, drawn from a seed.
fn bumps(seed: u64, count: usize, width: f64) -> LevelSet<impl Fn([f64; 3]) -> f64 + Sync> {
    let mut s = Stream::new(seed, 0, "test.mesh");
    let bumps: Vec<([f64; 3], f64, f64)> = (0..count)
        .map(|_| (std::array::from_fn(|_| s.uniform_in(-0.6, 0.6)), s.uniform_in(width, 2.0 * width), s.uniform_in(-0.7, 1.0)))
        .collect();
    LevelSet::new(move |p| {
        let sum: f64 = bumps
            .iter()
            .map(|(c, w, h)| {
                let d = length([p[0] - c[0], p[1] - c[1], p[2] - c[2]]) / w;
                h * ops::exp(-0.5 * d * d)
            })
            .sum();
        0.2 - sum
    })
}

#[track_caller]
fn check_sound(stuffed: &Stuffed) {
    let mesh = &stuffed.mesh;
    assert_eq!(mesh.faults(4), vec![]);
    let (boundary, _) = mesh.boundary();
    assert!(boundary.is_watertight(), "{:?}", boundary.faults(4));
    assert!((boundary.volume_m3() / mesh.volume_m3() - 1.0).abs() < 1e-9);
}

/// Fill a ball: volume within 1 %, angles within the proven range, boundary of one closed piece near the ball.
#[test]
fn a_ball_is_filled() {
    let stuffed = stuff(&LevelSet::distance(|p| length(p) - 1.0), &spec(0.1, 1.0)).unwrap();
    check_sound(&stuffed);
    let quality = QualityReport::of(&stuffed.mesh);
    assert!((quality.volume_m3 / (4.0 / 3.0 * std::f64::consts::PI) - 1.0).abs() < 0.01);
    assert!(quality.dihedral_rad.min.to_degrees() > 10.7 && quality.dihedral_rad.max.to_degrees() < 164.8);
    let (boundary, _) = stuffed.mesh.boundary();
    assert_eq!(boundary.euler_characteristic(), 2);
    assert!(boundary.vertices_m.iter().all(|p| (length(*p) - 1.0).abs() < 1e-3));
}

/// Give the same bits with one thread and with several.
#[test]
fn threads_do_not_matter() {
    let with = |count| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
        pool.install(|| stuff(&bumps(3, 12, 0.15), &spec(0.06, 1.2)).unwrap())
    };
    let one = with(1);
    assert!(one.mesh.tets.len() > 1000);
    assert_eq!(one, with(3));
    assert_eq!(one.mesh.reordered().tets.len(), one.mesh.tets.len());
    assert!((one.mesh.reordered().volume_m3() / one.mesh.volume_m3() - 1.0).abs() < 1e-12);
}

/// Share the interface of two materials, and leave no hole between them.
#[test]
fn materials_share_their_interface() {
    let two: Vec<Box<dyn Fn([f64; 3]) -> f64 + Sync>> =
        vec![Box::new(|p| (length(p) - 1.0).max(p[0])), Box::new(|p| (length(p) - 1.0).max(-p[0]))];
    let stuffed = stuff(&LevelSets::new(two), &spec(0.1, 1.0)).unwrap();
    check_sound(&stuffed);
    assert_eq!(stuffed.mesh.pieces().1, 2);
    let faces = stuffed.mesh.interface_faces();
    assert!(faces.len() > 100);
    assert!(faces.iter().flat_map(|f| f.nodes).all(|v| stuffed.mesh.nodes_m[v as usize][0].abs() < 0.05));
    let volumes = stuffed.mesh.region_volumes_m3();
    assert!(volumes.iter().all(|(_, v)| (v / (2.0 / 3.0 * std::f64::consts::PI) - 1.0).abs() < 0.01), "{volumes:?}");
}

/// Keep the volume of a label map's voxels within 1 % for each of three labels that meet in a line.
#[test]
fn label_maps_keep_their_volume() {
    let (n, radius) = (46_u32, 20.0);
    let frame = GridFrame::aligned([n; 3], [0.1, 0.2, 0.3], [1e-3; 3]).unwrap();
    let mut labels = Vec::new();
    for i in 0..n * n * n {
        let d = [i % n, (i / n) % n, i / (n * n)].map(|k| f64::from(k) - 22.3);
        let label = if d[0] + 0.3 * d[1] > 0.0 { 7 } else { 2 + u16::from(d[2] > 0.2 * d[0]) };
        labels.push(if length(d) < radius { label } else { 0 });
    }
    let field = LabelMapField::new(frame, &labels, 1.0).unwrap();
    let (low_m, high_m) = field.bounds_m();
    let spec = StuffSpec { cell_m: 1.5e-3, low_m, high_m, cut_steps: 5, polish_below_rad: 0.2 };
    let stuffed = stuff(&field, &spec).unwrap();
    check_sound(&stuffed);
    let (found, truth) = (stuffed.mesh.region_volumes_m3(), field.label_volumes_m3());
    assert_eq!(found.len(), 3);
    for (f, t) in found.iter().zip(&truth) {
        assert!(f.0 == t.0 && (f.1 / t.1 - 1.0).abs() < 0.01, "{found:?} {truth:?}");
    }
    assert!(QualityReport::of(&stuffed.mesh).dihedral_rad.min.to_degrees() >= 10.0);
}

/// Name what is wrong with a wish instead of running out of memory.
#[test]
fn wishes_are_checked() {
    let ball = LevelSet::distance(|p| length(p) - 1.0);
    assert!(matches!(stuff(&ball, &spec(f64::NAN, 1.0)), Err(MeshError::OutOfRange { name: "cell_m", .. })));
    assert!(matches!(stuff(&ball, &spec(1e-6, 1.0)), Err(MeshError::TooLarge { .. })));
    assert!(matches!(stuff(&ball, &StuffSpec { high_m: [1.0, f64::INFINITY, 1.0], ..spec(0.1, 1.0) }), Err(MeshError::OutOfRange { .. })));
    assert!(matches!(stuff(&LevelSet::new(|_| 1.0), &spec(0.1, 1.0)), Err(MeshError::Empty { .. })));
    assert!(matches!(stuff(&LevelSet::new(|_| f64::NAN), &spec(0.1, 1.0)), Err(MeshError::Empty { .. })));
    check_sound(&stuff(&LevelSet::new(|_| -1.0), &spec(0.2, 1.0)).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Keep every dihedral angle within the proven range and every boundary closed, for smooth and for rough fields.
    #[test]
    fn angles_hold_for_any_field(seed in any::<u64>(), count in 1_usize..20, width in 0.05_f64..0.4) {
        if let Ok(stuffed) = stuff(&bumps(seed, count, width), &spec(0.12, 1.6)) {
            let quality = QualityReport::of(&stuffed.mesh);
            prop_assert!(quality.dihedral_rad.min.to_degrees() > 10.7, "{}", quality.dihedral_rad.min.to_degrees());
            prop_assert!(quality.dihedral_rad.max.to_degrees() < 164.8, "{}", quality.dihedral_rad.max.to_degrees());
            prop_assert!(stuffed.mesh.boundary().0.euler_characteristic() % 2 == 0);
            prop_assert!(stuffed.mesh.faults(1).is_empty(), "{:?}", stuffed.mesh.faults(3));
        }
    }

    /// Turn over no tetrahedron and lose no neighbour where up to six bodies meet.
    #[test]
    fn bodies_meet_soundly(seed in any::<u64>(), count in 2_usize..7) {
        let mut s = Stream::new(seed, 1, "test.mesh");
        let bodies: Vec<_> = (0..count).map(|_| {
            let c: [f64; 3] = std::array::from_fn(|_| s.uniform_in(-0.5, 0.5));
            let r = s.uniform_in(0.2, 0.6);
            move |p: [f64; 3]| length([p[0] - c[0], p[1] - c[1], p[2] - c[2]]) - r
        }).collect();
        let stuffed = stuff(&LevelSets::new(bodies), &spec(0.1, 1.2)).unwrap();
        prop_assert!(stuffed.mesh.faults(1).is_empty(), "{:?}", stuffed.mesh.faults(3));
        let quality = QualityReport::of(&stuffed.mesh);
        prop_assert!(quality.tet_volume_m3.min > 0.0);
    }
}
