//! Surfaces: isosurfaces, distance, moments.

use proband_core::{Stream, ops};
use proband_mesh::{GridFrame, Surface, SurfaceTree, isosurface};

use super::{length, text};
use crate::Obtained;

fn ball(step: f64) -> Result<Surface, String> {
    let n = (2.0 / step).ceil() as u32 + 4;
    let frame = GridFrame::aligned([n; 3], [-1.0 - 1.3 * step; 3], [step; 3]).map_err(text)?;
    let values: Vec<f32> =
        (0..n * n * n).map(|i| (length(frame.position_m([i % n, (i / n) % n, i / (n * n)].map(f64::from))) - 1.0) as f32).collect();
    isosurface(&frame, &values, 0.0).map_err(text)
}

pub(super) fn isosurfaces() -> Result<Vec<Obtained>, String> {
    let errors = |step| {
        let surface = ball(step)?;
        let area = surface.area_m2() / (4.0 * std::f64::consts::PI) - 1.0;
        Ok::<_, String>((area, surface.volume_m3() / (4.0 / 3.0 * std::f64::consts::PI) - 1.0))
    };
    let (coarse, middle, fine) = (errors(0.1)?, errors(0.05)?, errors(0.025)?);
    let order = |a: f64, b: f64| 0.5 * ops::log2(a / b);
    let mut open = 0;
    for number in 0..60 {
        let mut s = Stream::new(1, number, "verify.mesh.noise");
        let frame = GridFrame::aligned([7, 6, 9], [0.0; 3], [1.0, 0.7, 1.3]).map_err(text)?;
        let values: Vec<f32> = (0..frame.count()).map(|_| s.normal() as f32).collect();
        let surface = isosurface(&frame, &values, 0.0).map_err(text)?;
        open += u32::from(!surface.is_watertight() || !surface.faults(1).is_empty());
    }
    Ok(vec![
        Obtained::new("order of the area's error for a ball, step halved from R/10 to R/40", order(coarse.0, fine.0)),
        Obtained::new("order of the volume's error for a ball, step halved from R/10 to R/40", order(coarse.1, fine.1)),
        Obtained::new("error of the area at step R/20", middle.0),
        Obtained::new("Euler characteristic of the ball", ball(0.1)?.euler_characteristic() as f64),
        Obtained::new("surfaces of noise that are not closed and oriented, of 60", f64::from(open)),
    ])
}

fn block(size: [f64; 3]) -> Result<Surface, String> {
    let vertices = (0..8_u32).map(|c| std::array::from_fn(|i| if (c >> i) & 1 == 1 { size[i] } else { 0.0 })).collect();
    let quads: [[u32; 4]; 6] = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
    Surface::new(vertices, quads.iter().flat_map(|q| [[q[0], q[1], q[2]], [q[0], q[2], q[3]]]).collect()).map_err(text)
}

pub(super) fn distance() -> Result<Vec<Obtained>, String> {
    let tree = SurfaceTree::new(block([1.0; 3])?);
    let mut s = Stream::new(3, 0, "verify.mesh.distance");
    let (mut worst, mut disagree) = (0.0_f64, 0_u32);
    for _ in 0..4000 {
        let p: [f64; 3] = std::array::from_fn(|_| s.uniform_in(-1.0, 2.0));
        let out: [f64; 3] = std::array::from_fn(|i| (-p[i]).max(p[i] - 1.0));
        let expected = length(out.map(|x| x.max(0.0))) + out.iter().copied().fold(f64::NEG_INFINITY, f64::max).min(0.0);
        let found = tree.signed_distance_m(p);
        worst = worst.max((found - expected).abs());
        disagree += u32::from((tree.hits(p, [0.36, 0.48, 0.8]).len() % 2 == 1) != (found < 0.0));
    }
    let size = [0.3, 0.2, 0.1];
    let m = block(size)?.mapped(|p| [p[0] - 2.0, p[1] + 1.0, p[2]]).mass_properties();
    let mass = size[0] * size[1] * size[2];
    let ratios = (0..3).map(|i| {
        let (b, c) = (size[(i + 1) % 3], size[(i + 2) % 3]);
        m.inertia_m5[i][i] / (mass * (b * b + c * c) / 12.0) - 1.0
    });
    Ok(vec![
        Obtained::new("signed distance to a cube against the closed form, 4000 points, worst", worst),
        Obtained::new("points inside by sign that a count of ray crossings has outside, or the reverse", f64::from(disagree)),
        Obtained::new("moment of inertia of a box over the closed form, worst ratio less 1", ratios.map(f64::abs).fold(0.0, f64::max)),
    ])
}
