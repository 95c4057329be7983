//! Real mesh files and label maps. They are not part of the repository: in the folder that the variable `PROBAND_DATA`
//! names, else in `../shared/data` beside the workspace. Absent files are said to be skipped.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests; what is skipped is said")]

use std::path::PathBuf;

use proband_core::Warnings;
use proband_geometry::{read_glb, read_stl, read_vtp};
use proband_image::read_nifti;
use proband_mesh::{GridFrame, LabelMapField, QualityReport, StuffSpec, SurfaceTree, stuff, stuff_surface};

fn bytes(name: &str) -> Option<Vec<u8>> {
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data");
    let path = std::env::var_os("PROBAND_DATA").map_or_else(own, PathBuf::from).join(name);
    let found = std::fs::read(&path).ok();
    if found.is_none() {
        println!("SKIP: {} is absent; set PROBAND_DATA to the folder of reference data", path.display());
    }
    found
}

/// Read a link of a robot arm: faces, closed, volume; fill it.
#[test]
fn robot_link() {
    let Some(bytes) = bytes("robots/example-robot-data/ur_description/meshes/ur5/collision/upperarm.stl") else { return };
    let surface = read_stl(&bytes, 1.0).unwrap();
    assert_eq!(surface.triangles.len(), 1176);
    assert!(surface.is_watertight());
    assert!((surface.volume_m3() / 0.005_361_01 - 1.0).abs() < 2e-6, "{}", surface.volume_m3());
    let tree = SurfaceTree::new(surface.clone());
    let filled = stuff_surface(&tree, 0.008).unwrap();
    let quality = QualityReport::of(&filled.mesh);
    println!(
        "upperarm: {} tets, {:?}, volume {:+.3} %",
        quality.tet_count,
        degrees(&quality),
        100.0 * (quality.volume_m3 / surface.volume_m3() - 1.0)
    );
    assert_eq!(filled.mesh.faults(3), vec![]);
    assert!(degrees(&quality).0 > 10.7 && degrees(&quality).1 < 164.8);
    // Its parts reach into each other: what they share counts twice in the volume of the surface.
    let cuts = tree.self_intersections(1000).len();
    println!("upperarm: {} pieces, {cuts} pairs of triangles that cut each other", surface.pieces().1);
    assert!(cuts > 0 || (quality.volume_m3 / surface.volume_m3() - 1.0).abs() < 0.01);
}

fn degrees(quality: &QualityReport) -> (f64, f64) {
    (quality.dihedral_rad.min.to_degrees(), quality.dihedral_rad.max.to_degrees())
}

/// Read the parts of reference hearts; fill the mitral valve that is closed, refuse the one that is not.
#[test]
fn reference_hearts() {
    for (name, parts, triangles) in [("VH_F_Heart", 14, 85_914), ("VH_M_Heart", 14, 164_119), ("VH_M_Blood_Vasculature_Heart", 37, 0)] {
        let Some(bytes) = bytes(&format!("mesh/hubmap_heart/{name}.glb")) else { continue };
        let found = read_glb(&bytes).unwrap();
        let count: usize = found.iter().map(|p| p.surface.triangles.len()).sum();
        let closed = found.iter().filter(|p| p.surface.is_watertight()).count();
        println!("{name}: {} parts, {count} triangles with three corners apart, {closed} closed", found.len());
        assert_eq!(found.len(), parts);
        assert!(triangles == 0 || (count <= triangles && count * 1000 > triangles * 995), "{count} of {triangles}");
        let Some(valve) = found.iter().find(|p| p.name.contains("mitral_valve")) else { continue };
        let tree = SurfaceTree::new(valve.surface.clone());
        if name == "VH_M_Heart" {
            assert!(valve.surface.is_watertight());
            let filled = stuff_surface(&tree, 0.5e-3).unwrap();
            let quality = QualityReport::of(&filled.mesh);
            let volume = quality.volume_m3 / valve.surface.volume_m3() - 1.0;
            println!(
                "mitral valve: {} tets, {:?}, volume {:+.2} %, {:?}",
                quality.tet_count,
                degrees(&quality),
                100.0 * volume,
                filled.report
            );
            assert_eq!(filled.mesh.faults(3), vec![]);
            assert!(degrees(&quality).0 > 10.7 && degrees(&quality).1 < 164.8);
        } else {
            assert!(!valve.surface.is_watertight() && stuff_surface(&tree, 1e-3).is_err());
        }
    }
}

/// Read instruments written by VTK, compressed.
#[test]
fn instruments() {
    for (name, points, polygons) in [("grasper", 1341, 2586), ("tip", 98, 192)] {
        let Some(bytes) = bytes(&format!("mesh/slicerheart/{name}.vtp")) else { continue };
        let surface = read_vtp(&bytes, 1e-3).unwrap();
        assert_eq!((surface.vertices_m.len(), surface.triangles.len()), (points, polygons));
    }
    for name in ["G4NT_wing", "G4XTW_wing", "Mitraclip_common_base"] {
        let Some(bytes) = bytes(&format!("mesh/slicerheart/{name}.stl")) else { continue };
        let surface = read_stl(&bytes, 1e-3).unwrap();
        println!("{name}: {} triangles, closed {}", surface.triangles.len(), surface.is_watertight());
        assert!(!surface.triangles.is_empty());
    }
}

/// Fill organs of a real scan: angles, faults, volume against the count of voxels.
#[test]
fn organs_of_a_scan() {
    for (name, volume_ml, cell_m) in [("heart", 668.84, 5e-3), ("aorta", 245.73, 3e-3), ("pulmonary_artery", 48.13, 2.5e-3)] {
        let Some(bytes) = bytes(&format!("ct/totalsegmentator_cta_1p5mm/{name}.nii.gz")) else { continue };
        let volume = read_nifti(&bytes, &Warnings::default()).unwrap().into_first().to_labels().unwrap();
        let grid = volume.grid();
        let vector = |v: [f64; 3]| v;
        let step = [0, 1, 2].map(|axis| vector(grid.step(axis).0.into()));
        let frame = GridFrame::new(grid.size(), grid.origin().0.coords.into(), step).unwrap();
        let labels: Vec<u16> = volume.data().iter().map(|l| u16::from(*l)).collect();
        let field = LabelMapField::new(frame, &labels, 1.0).unwrap();
        let truth = field.label_volumes_m3()[0].1;
        assert!((truth * 1e6 - volume_ml).abs() < 0.01, "{truth}");
        let (low_m, high_m) = field.bounds_m();
        let filled = stuff(&field, &StuffSpec { cell_m, low_m, high_m, cut_steps: 5, polish_below_rad: 0.2 }).unwrap();
        let quality = QualityReport::of(&filled.mesh);
        let error = quality.volume_m3 / truth - 1.0;
        println!(
            "{name}: {} tets, {:?}, volume {:+.3} %, {} pieces, {:?}",
            quality.tet_count,
            degrees(&quality),
            100.0 * error,
            filled.mesh.pieces().1,
            filled.report
        );
        assert_eq!(filled.mesh.faults(3), vec![]);
        assert!(degrees(&quality).0 > 10.7 && degrees(&quality).1 < 164.8);
        assert!(error.abs() < 0.01);
        assert!(filled.mesh.boundary().0.is_watertight());
    }
}
