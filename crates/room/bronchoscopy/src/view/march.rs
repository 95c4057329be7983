//! Rays in tiles.

#![allow(clippy::needless_range_loop, reason = "lanes of several arrays go in step")]

use proband_core::ops;

use super::shade::Shader;
use super::tubes::{Tube, around};
use crate::map::AirwayMap;
use crate::room::TipTruth;

/// A camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ViewSpec {
    /// Pixels along each side, a multiple of 8 from 8 to 2048.
    pub size: u32,
    /// Half of its view along a side [rad].
    pub half_view_rad: f64,
    /// How wet the wall is [1]: strength of the highlights.
    pub wetness: f64,
    /// Share of the view that blood takes [1].
    pub blood: f64,
}

impl ViewSpec {
    /// 512 × 512 pixels over 90°, a moist wall.
    #[must_use]
    pub const fn usual() -> Self {
        Self { size: 512, half_view_rad: std::f64::consts::FRAC_PI_4, wetness: 0.6, blood: 0.0 }
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Pixels along each side.
    pub size: u32,
    /// Red, green, blue, row by row from the top.
    pub rgb: Vec<u8>,
    /// Distance along each ray [m].
    pub depth_m: Vec<f32>,
}

/// Pixels of a tile, of a block of tiles.
const LANES: usize = 8;
const BLOCK: usize = 64;
/// Steps of a ray at most, distance to the wall that counts as touching [m], longest ray [m].
const STEPS: u32 = 40;
const NEAR_M: f32 = 3e-5;
const FAR_M: f32 = 0.2;

type Lanes = [f32; LANES];

/// How deep points at `t` along rays lie in a cone, into `best`; where deeper than before, `who` becomes `index`.
#[inline(always)]
fn deepen(tube: &Tube, rays: &[Lanes; 3], t: &Lanes, index: u32, best: &mut Lanes, who: &mut [u32; LANES]) {
    for i in 0..LANES {
        let (x, y, z) = (rays[0][i] * t[i] - tube.a[0], rays[1][i] * t[i] - tube.a[1], rays[2][i] * t[i] - tube.a[2]);
        let along = ((x * tube.d[0] + y * tube.d[1] + z * tube.d[2]) * tube.inverse).clamp(0.0, 1.0);
        let (x, y, z) = (x - along * tube.d[0], y - along * tube.d[1], z - along * tube.d[2]);
        let depth = tube.r + along * tube.dr - (x * x + y * y + z * z).sqrt();
        let deeper = depth > best[i];
        best[i] = if deeper { depth } else { best[i] };
        who[i] = if deeper { index } else { who[i] };
    }
}

/// Smallest distance of a cone's axis from a ray from the eye beyond `from` [m], and how far along the ray.
fn beside(tube: &Tube, ray: [f32; 3], from: f32) -> (f32, f32) {
    let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    // Two closest-point steps between the axis and the ray: enough for a bound that is made generous below.
    let (b, e) = (dot(ray, tube.d), 1.0 / tube.inverse);
    let (c, f) = (dot(ray, tube.a), dot(tube.d, tube.a));
    let denominator = e - b * b;
    let mut u = if denominator > 1e-14 { ((b * c - f) / denominator).clamp(0.0, 1.0) } else { 0.0 };
    let mut t = (c + u * b).max(from);
    u = ((t * b - f) * tube.inverse).clamp(0.0, 1.0);
    t = (c + u * b).max(from);
    let gap: f32 = (0..3).map(|k| (tube.a[k] + u * tube.d[k] - t * ray[k]).powi(2)).sum();
    (gap.sqrt(), t)
}

/// Draw what the camera at the tip sees.
#[must_use]
pub fn render_view(map: &AirwayMap, tip: &TipTruth, spec: &ViewSpec) -> View {
    let size = (spec.size.clamp(8, 2048) as usize / LANES) * LANES;
    let tubes = around(map, tip.branch, tip.place_m, &tip.frame);
    let slope = (2.0 * ops::tan(spec.half_view_rad.clamp(0.05, 1.4)) / size as f64) as f32;
    let shader = Shader::new(spec);
    let mut view = View { size: size as u32, rgb: vec![0; size * size * 3], depth_m: vec![0.0; size * size] };
    let ray = |x: f32, y: f32| {
        let (u, v) = ((x - 0.5 * size as f32) * slope, (y - 0.5 * size as f32) * slope);
        let n = 1.0 / (u * u + v * v + 1.0).sqrt();
        [u * n, v * n, n]
    };
    let all: Vec<u32> = (0..tubes.len() as u32).collect();
    let (mut block, mut tile) = (Vec::with_capacity(tubes.len()), Vec::with_capacity(64));
    for by in (0..size).step_by(BLOCK) {
        for bx in (0..size).step_by(BLOCK) {
            let wide = slope * BLOCK as f32 * 0.75;
            let middle = ray(bx as f32 + 0.5 * BLOCK as f32, by as f32 + 0.5 * BLOCK as f32);
            keep(&tubes, &all, middle, 0.0, FAR_M, wide, &mut block);
            for ty in (by..(by + BLOCK).min(size)).step_by(LANES) {
                for tx in (bx..(bx + BLOCK).min(size)).step_by(LANES) {
                    let wide = slope * LANES as f32 * 0.75;
                    let middle = ray(tx as f32 + 0.5 * LANES as f32, ty as f32 + 0.5 * LANES as f32);
                    let (free, end) = tile_span(&tubes, &block, middle, wide);
                    keep(&tubes, &block, middle, free, end, wide, &mut tile);
                    draw_tile(&tubes, &tile, [tx, ty], size, free, &ray, &shader, &mut view);
                }
            }
        }
    }
    view
}

/// Cones of `from` that a bundle of rays of half-width `wide` (per distance) around `middle` can meet between two distances.
fn keep(tubes: &[Tube], from: &[u32], middle: [f32; 3], free: f32, end: f32, wide: f32, out: &mut Vec<u32>) {
    out.clear();
    for i in from {
        let tube = &tubes[*i as usize];
        let (gap, t) = beside(tube, middle, free);
        // A cone that is met late is met where the bundle is wider: take its width at the cone's far end.
        let reach = (t + tube.length).min(end.max(t));
        if gap < tube.r.max(tube.r + tube.dr) + wide * reach + 1e-4 && t < end + tube.length {
            out.push(*i);
        }
    }
}

/// Distance that is free for a whole tile, and a distance that none of its rays passes.
fn tile_span(tubes: &[Tube], block: &[u32], middle: [f32; 3], wide: f32) -> (f32, f32) {
    let rays = [[middle[0]; LANES], [middle[1]; LANES], [middle[2]; LANES]];
    let depth = |t: f32| {
        let (mut best, mut who) = ([f32::NEG_INFINITY; LANES], [0; LANES]);
        for i in block {
            deepen(&tubes[*i as usize], &rays, &[t; LANES], *i, &mut best, &mut who);
        }
        best[0]
    };
    let mut t = 0.0;
    for _ in 0..STEPS {
        let left = depth(t) - wide * t;
        if left < 2e-4 || t > FAR_M {
            break;
        }
        // The bundle widens on the way: the step is shortened by that.
        t += left / (1.0 + wide);
    }
    // Rays of the tile may slip past an edge and go far: only open ends bound them.
    (t, FAR_M)
}

#[allow(clippy::too_many_arguments, reason = "one place calls it; a struct would only rename its arguments")]
fn draw_tile(
    tubes: &[Tube],
    tile: &[u32],
    at: [usize; 2],
    size: usize,
    free: f32,
    ray: &impl Fn(f32, f32) -> [f32; 3],
    shader: &Shader,
    view: &mut View,
) {
    for row in at[1]..at[1] + LANES {
        let mut rays = [[0.0; LANES]; 3];
        for i in 0..LANES {
            let r = ray((at[0] + i) as f32 + 0.5, row as f32 + 0.5);
            for k in 0..3 {
                rays[k][i] = r[k];
            }
        }
        let mut t = [free; LANES];
        let mut who = [tile.first().copied().unwrap_or(0); LANES];
        for _ in 0..STEPS {
            let mut best = [f32::NEG_INFINITY; LANES];
            for i in tile {
                deepen(&tubes[*i as usize], &rays, &t, *i, &mut best, &mut who);
            }
            let mut open = false;
            for i in 0..LANES {
                let step = if best[i] > NEAR_M && t[i] < FAR_M { best[i] } else { 0.0 };
                open |= step > 0.0;
                t[i] += step;
            }
            if !open {
                break;
            }
        }
        for i in 0..LANES {
            let pixel = row * size + at[0] + i;
            let direction = [rays[0][i], rays[1][i], rays[2][i]];
            let colour = shader.colour(&tubes[who[i] as usize], direction, t[i]);
            view.rgb[3 * pixel..3 * pixel + 3].copy_from_slice(&colour);
            view.depth_m[pixel] = t[i];
        }
    }
}
