//! Writing Gmsh files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proband_mesh::TetMesh;

use crate::gmsh::TETRAHEDRON;

/// Version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MshVersion {
    /// 2.2, which most programs read.
    V2,
    /// 4.1, Gmsh's own.
    V4,
}

/// A Gmsh file in text, coordinates in units of `unit_m` with all digits; regions as physical groups.
#[must_use]
pub fn write_msh(mesh: &TetMesh, unit_m: f64, version: MshVersion) -> Vec<u8> {
    let mut by_region: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
    for (tet, region) in mesh.regions.iter().enumerate() {
        by_region.entry(*region).or_default().push(tet);
    }
    let text = match version {
        MshVersion::V2 => version_2(mesh, unit_m, &by_region),
        MshVersion::V4 => version_4(mesh, unit_m, &by_region),
    };
    text.into_bytes()
}

fn version_2(mesh: &TetMesh, unit_m: f64, by_region: &BTreeMap<u16, Vec<usize>>) -> String {
    let mut out = format!("$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n{}\n", mesh.nodes_m.len());
    for (i, p) in mesh.nodes_m.iter().enumerate() {
        let _ = writeln!(out, "{} {:e} {:e} {:e}", i + 1, p[0] / unit_m, p[1] / unit_m, p[2] / unit_m);
    }
    let _ = write!(out, "$EndNodes\n$Elements\n{}\n", mesh.tets.len());
    for (number, (region, tet)) in by_region.iter().flat_map(|(r, tets)| tets.iter().map(move |t| (r, t))).enumerate() {
        let t = mesh.tets[*tet].map(|v| v + 1);
        let _ = writeln!(out, "{} {TETRAHEDRON} 2 {region} {region} {} {} {} {}", number + 1, t[0], t[1], t[2], t[3]);
    }
    out.push_str("$EndElements\n");
    out
}

fn version_4(mesh: &TetMesh, unit_m: f64, by_region: &BTreeMap<u16, Vec<usize>>) -> String {
    let (low, high) = mesh.bounds_m();
    let b = |p: [f64; 3]| p.map(|x| if x.is_finite() { x / unit_m } else { 0.0 });
    let (low, high) = (b(low), b(high));
    let mut out = format!("$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Entities\n0 0 0 {}\n", by_region.len());
    for region in by_region.keys() {
        // Numbers of volumes start at 1, regions may be 0.
        let _ = writeln!(
            out,
            "{} {:e} {:e} {:e} {:e} {:e} {:e} 1 {region} 0",
            u32::from(*region) + 1,
            low[0],
            low[1],
            low[2],
            high[0],
            high[1],
            high[2]
        );
    }
    let n = mesh.nodes_m.len();
    let entity = by_region.keys().next().map_or(1, |r| u32::from(*r) + 1);
    let _ = write!(out, "$EndEntities\n$Nodes\n1 {n} 1 {n}\n3 {entity} 0 {n}\n");
    for i in 1..=n {
        let _ = writeln!(out, "{i}");
    }
    for p in &mesh.nodes_m {
        let _ = writeln!(out, "{:e} {:e} {:e}", p[0] / unit_m, p[1] / unit_m, p[2] / unit_m);
    }
    let count = mesh.tets.len();
    let _ = write!(out, "$EndNodes\n$Elements\n{} {count} 1 {count}\n", by_region.len());
    let mut number = 0;
    for (region, tets) in by_region {
        let _ = writeln!(out, "3 {} {TETRAHEDRON} {}", u32::from(*region) + 1, tets.len());
        for &tet in tets {
            number += 1;
            let t = mesh.tets[tet].map(|v| v + 1);
            let _ = writeln!(out, "{number} {} {} {} {}", t[0], t[1], t[2], t[3]);
        }
    }
    out.push_str("$EndElements\n");
    out
}
