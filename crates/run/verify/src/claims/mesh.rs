//! Claims about `proband-mesh` and `proband-geometry`.

mod files;
mod labels;
mod surfaces;

use proband_core::{Stream, ops};
use proband_mesh::{LevelSet, MeshError, StuffSpec, Stuffed, TetMesh, dihedral_cosines, stuff};
use rayon::prelude::*;

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    Claim { id: "mesh-stuffing", case: include_str!("../../../../../verify/mesh-stuffing/case.toml"), compute: stuffing },
    Claim { id: "mesh-stuffing-fields", case: include_str!("../../../../../verify/mesh-stuffing-fields/case.toml"), compute: fields },
    Claim { id: "mesh-labels", case: include_str!("../../../../../verify/mesh-labels/case.toml"), compute: labels::labels },
    Claim { id: "mesh-isosurface", case: include_str!("../../../../../verify/mesh-isosurface/case.toml"), compute: surfaces::isosurfaces },
    Claim { id: "mesh-distance", case: include_str!("../../../../../verify/mesh-distance/case.toml"), compute: surfaces::distance },
    Claim {
        id: "geometry-round-trip",
        case: include_str!("../../../../../verify/geometry-round-trip/case.toml"),
        compute: files::round_trip,
    },
];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn length(p: [f64; 3]) -> f64 {
    (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt()
}

fn spec(cell_m: f64, half_m: f64) -> StuffSpec {
    StuffSpec { cell_m, low_m: [-half_m; 3], high_m: [half_m; 3], cut_steps: 5, polish_below_rad: 0.209 }
}

/// Smallest and largest dihedral angle [rad].
fn angles_rad(mesh: &TetMesh) -> (f64, f64) {
    let all = (0..mesh.tets.len() as u32).flat_map(|t| dihedral_cosines(&mesh.corners_m(t)));
    let (low, high) = all.fold((1.0_f64, -1.0_f64), |(low, high), c| (low.min(c), high.max(c)));
    (ops::acos(high), ops::acos(low))
}

fn fault_count(mesh: &TetMesh) -> usize {
    mesh.faults(1).len() + usize::from(!mesh.boundary().0.is_watertight())
}

/// Inside of a sum of Gaussian bumps; the width over the cell (0.15) is 1.3 to 4.
fn bumps(number: u32) -> LevelSet<impl Fn([f64; 3]) -> f64 + Sync> {
    let mut s = Stream::new(2007, number, "verify.mesh");
    let count = 2 + s.index(6);
    let bumps: Vec<([f64; 3], f64, f64)> =
        (0..count).map(|_| (std::array::from_fn(|_| s.uniform_in(-0.6, 0.6)), s.uniform_in(0.2, 0.6), s.uniform_in(-0.7, 1.0))).collect();
    LevelSet::new(move |p| {
        let one = |(c, w, h): &([f64; 3], f64, f64)| {
            let d = length([p[0] - c[0], p[1] - c[1], p[2] - c[2]]) / w;
            h * ops::exp(-0.5 * d * d)
        };
        0.2 - bumps.iter().map(one).sum::<f64>()
    })
}

fn stuffing() -> Result<Vec<Obtained>, String> {
    let ball = stuff(&LevelSet::distance(|p| length(p) - 1.0), &spec(0.1, 1.0)).map_err(text)?.mesh;
    let ring = LevelSet::distance(|p: [f64; 3]| length([length([p[0], p[1], 0.0]) - 0.7, p[2], 0.0]) - 0.3);
    let torus = stuff(&ring, &spec(0.04, 1.0)).map_err(text)?.mesh;
    let volume = 4.0 / 3.0 * std::f64::consts::PI;
    let torus_volume = 2.0 * std::f64::consts::PI * std::f64::consts::PI * 0.7 * 0.09;
    let (boundary, _) = ball.boundary();
    let off = (0..boundary.triangles.len() as u32).map(|t| {
        let [a, b, c] = boundary.corners_m(t);
        (length(std::array::from_fn(|i| (a[i] + b[i] + c[i]) / 3.0)) - 1.0).abs() / 0.1
    });
    let off = off.fold(0.0, f64::max);
    let mut angles = vec![angles_rad(&ball), angles_rad(&torus)];
    let mut faults = fault_count(&ball) + fault_count(&torus);
    for number in 0..150 {
        if let Some(mesh) = filled(&bumps(number), 0.15)? {
            angles.push(angles_rad(&mesh));
            faults += fault_count(&mesh);
        }
    }
    let (low, high) = extremes(angles.into_iter());
    Ok(vec![
        Obtained::new("ball of radius 10 cells: volume over the ball's, less 1", ball.volume_m3() / volume - 1.0),
        Obtained::new("ball: Euler characteristic of the boundary", boundary.euler_characteristic() as f64),
        Obtained::new("torus: Euler characteristic of the boundary", torus.boundary().0.euler_characteristic() as f64),
        Obtained::new("torus: volume over 2 pi^2 R r^2, less 1", torus.volume_m3() / torus_volume - 1.0),
        Obtained::new("ball: largest distance of a boundary triangle's middle from the sphere, in cells", off),
        Obtained::new("smallest dihedral angle, ball, torus and 150 sums of Gaussians", low.to_degrees()),
        Obtained::new("largest dihedral angle, ball, torus and 150 sums of Gaussians", high.to_degrees()),
        Obtained::new("faults: turned over, flat, alone, pinched, boundary not closed", faults as f64),
    ])
}

fn extremes(angles: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    angles.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (a, b)| (low.min(a), high.max(b)))
}

/// The mesh of a field, none when there is nothing inside.
fn filled<F: Fn([f64; 3]) -> f64 + Sync>(field: &LevelSet<F>, cell_m: f64) -> Result<Option<TetMesh>, String> {
    match stuff(field, &spec(cell_m, 1.3)) {
        Ok(Stuffed { mesh, .. }) => Ok(Some(mesh)),
        Err(MeshError::Empty { .. }) => Ok(None),
        Err(error) => Err(text(error)),
    }
}

/// What is wrong with the mesh of one field.
struct Field {
    angles_rad: (f64, f64),
    flat: bool,
    open: bool,
}

fn fields() -> Result<Vec<Obtained>, String> {
    let one = |number: u32| -> Result<Option<Field>, String> {
        Ok(filled(&bumps(number), 0.15)?.map(|mesh| {
            let flat = (0..mesh.tets.len() as u32).any(|t| mesh.tet_volume_m3(t) <= 0.0);
            Field { angles_rad: angles_rad(&mesh), flat, open: !mesh.boundary().0.is_watertight() }
        }))
    };
    let found: Vec<_> = (0..12_000_u32).into_par_iter().map(one).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let (low, high) = extremes(found.iter().map(|f| f.angles_rad));
    let count = |which: fn(&Field) -> bool| found.iter().filter(|f| which(f)).count() as f64;
    Ok(vec![
        Obtained::new("fields with something inside", found.len() as f64),
        Obtained::new("smallest dihedral angle", low.to_degrees()),
        Obtained::new("largest dihedral angle", high.to_degrees()),
        Obtained::new("fields with a tetrahedron of no positive volume", count(|f| f.flat)),
        Obtained::new("fields with a boundary that is not closed", count(|f| f.open)),
    ])
}
