//! How much darker a voxel is than the ring around it, in the direction in which that is clearest.

use std::f64::consts::TAU;

use nalgebra::Vector3;
use proband_core::ops;
use proband_volume::Grid;

/// Half the length over which core and ring are averaged, radii of the rings [mm]. Chosen on the made chest.
const HALF_MM: f64 = 1.0;
const RADII_MM: [f64; 3] = [0.7, 1.15, 1.6];
const SECTORS: usize = 8;

/// What the templates find at a voxel [HU].
#[derive(Clone, Copy, Debug)]
pub(super) struct Contrast {
    /// By how much the darkest sector of the ring is brighter than the core, in the best direction.
    pub weakest: f64,
    /// The same with the darkest sector left out: one hole in the wall is allowed.
    pub second: f64,
    /// Mean of the core in the direction of `weakest`.
    pub core: f64,
}

/// Offsets in memory of a core along one direction and of the rings around it.
struct Template {
    core: Vec<i64>,
    rings: Vec<Vec<Vec<i64>>>,
}

/// Templates for one grid.
pub(super) struct Rings {
    templates: Vec<Template>,
    /// Voxels that a template may reach beyond its centre.
    pub reach: [u32; 3],
}

impl Rings {
    pub fn new(grid: &Grid) -> Self {
        let step = grid.spacing_m().map(|s| s * 1e3);
        let [nx, ny, _] = grid.size().map(i64::from);
        let offset = |p: Vector3<f64>| {
            let at: [i64; 3] = std::array::from_fn(|a| (p[a] / step[a]).round() as i64);
            at[0] + nx * (at[1] + ny * at[2])
        };
        let places: Vec<f64> = (-2..=2).map(|i| HALF_MM * f64::from(i) / 2.0).collect();
        let line = |centre: Vector3<f64>, along: Vector3<f64>| {
            let mut all: Vec<i64> = places.iter().map(|t| offset(centre + along * *t)).collect();
            all.dedup();
            all
        };
        let mut templates = Vec::new();
        // The 13 directions to neighbours, in voxels' own axes.
        for code in 14..27_i32 {
            let along = Vector3::new(f64::from(code % 3 - 1), f64::from(code / 3 % 3 - 1), f64::from(code / 9 - 1)).normalize();
            let other = if along.z.abs() < 0.9 { Vector3::z() } else { Vector3::x() };
            let across = along.cross(&other).normalize();
            let up = along.cross(&across);
            let rings = (0..SECTORS)
                .map(|s| {
                    let (sin, cos) = ops::sin_cos(TAU * s as f64 / SECTORS as f64);
                    RADII_MM.iter().map(|r| line((across * cos + up * sin) * *r, along)).collect()
                })
                .collect();
            templates.push(Template { core: line(Vector3::zeros(), along), rings });
        }
        let most = HALF_MM + RADII_MM[2];
        Self { templates, reach: step.map(|s| (most / s).ceil() as u32 + 1) }
    }

    /// Contrast at a voxel that lies at least [`Self::reach`] from the border.
    pub fn contrast(&self, data: &[i16], at: usize) -> Contrast {
        let mean = |offsets: &[i64]| {
            let sum: i64 = offsets.iter().map(|o| i64::from(data[(at as i64 + o) as usize])).sum();
            sum as f64 / offsets.len() as f64
        };
        let mut best = Contrast { weakest: f64::NEG_INFINITY, second: f64::NEG_INFINITY, core: 0.0 };
        for template in &self.templates {
            let core = mean(&template.core);
            let (mut low, mut next) = (f64::INFINITY, f64::INFINITY);
            for sector in &template.rings {
                let brightest = sector.iter().map(|ring| mean(ring)).fold(f64::NEG_INFINITY, f64::max) - core;
                if brightest < low {
                    (low, next) = (brightest, low);
                } else if brightest < next {
                    next = brightest;
                }
                // Neither figure can be beaten any more.
                if low <= best.weakest && next <= best.second {
                    break;
                }
            }
            if low > best.weakest {
                (best.weakest, best.core) = (low, core);
            }
            best.second = best.second.max(next);
        }
        best
    }
}
