//! Several materials.

use proband_core::Stream;
use proband_mesh::{GridFrame, LabelMapField, LevelSets, StuffSpec, stuff};

use super::{angles_rad, extremes, fault_count, length, spec, text};
use crate::Obtained;

pub(super) fn labels() -> Result<Vec<Obtained>, String> {
    let (mut angles, mut faults) = (Vec::new(), 0);
    for number in 0..25 {
        let mut s = Stream::new(7, number, "verify.mesh.labels");
        let balls: Vec<([f64; 3], f64)> =
            (0..2 + s.index(5)).map(|_| (std::array::from_fn(|_| s.uniform_in(-0.5, 0.5)), s.uniform_in(0.3, 0.6))).collect();
        let functions = balls.into_iter().map(|(c, r)| move |p: [f64; 3]| length([p[0] - c[0], p[1] - c[1], p[2] - c[2]]) - r).collect();
        let mesh = stuff(&LevelSets::distances(functions), &spec(0.08, 1.2)).map_err(text)?.mesh;
        angles.push(angles_rad(&mesh));
        faults += fault_count(&mesh);
    }
    let (n, radius) = (46_u32, 20.0);
    let frame = GridFrame::aligned([n; 3], [0.1, 0.2, 0.3], [1e-3; 3]).map_err(text)?;
    let voxels: Vec<u16> = (0..n * n * n)
        .map(|i| {
            let d = [i % n, (i / n) % n, i / (n * n)].map(|k| f64::from(k) - 22.3);
            let label = if d[0] + 0.3 * d[1] > 0.0 { 7 } else { 2 + u16::from(d[2] > 0.2 * d[0]) };
            if length(d) < radius { label } else { 0 }
        })
        .collect();
    let field = LabelMapField::new(frame, &voxels, 1.0).map_err(text)?;
    let (low_m, high_m) = field.bounds_m();
    let mesh = stuff(&field, &StuffSpec { cell_m: 1.5e-3, low_m, high_m, ..spec(0.1, 1.0) }).map_err(text)?.mesh;
    let ratios = mesh.region_volumes_m3().into_iter().zip(field.label_volumes_m3()).map(|(found, truth)| found.1 / truth.1 - 1.0);
    let worst = ratios.fold(0.0_f64, |worst, r| if r.abs() > worst.abs() { r } else { worst });
    let area = mesh.boundary().0.area_m2() / (4.0 * std::f64::consts::PI * radius * radius * 1e-6) - 1.0;
    Ok(vec![
        Obtained::new("smallest dihedral angle where up to six balls meet, 25 draws", extremes(angles.into_iter()).0.to_degrees()),
        Obtained::new("faults where up to six balls meet, 25 draws", faults as f64),
        Obtained::new("label map, ball of 20 voxels in three labels: worst volume of a label over its voxels', less 1", worst),
        Obtained::new("label map: area of the outer surface over the sphere's, less 1", area),
        Obtained::new("label map: smallest dihedral angle", angles_rad(&mesh).0.to_degrees()),
    ])
}
