//! A chest whose airways are known: a branching tree in two lungs in a body, painted, blurred and made noisy.
//!
//! The tree is denser than a person's and does not respect the lungs' borders, the noise is white and the lung
//! uniform: it puts an engine to the test and says nothing about patients.

use nalgebra::Vector3;
use proband_core::{Patient, Position, ops};
use proband_volume::{Grid, Volume};
use rayon::prelude::*;

use crate::AnatomyError;

/// How a chest is made. Lengths in metres, CT values in Hounsfield units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChestPhantomSpec {
    /// Voxels along x, y and z.
    pub size: [u32; 3],
    /// Distances between voxels [m].
    pub spacing_m: [f64; 3],
    /// Generations after the trachea.
    pub generations: u32,
    /// Standard deviation of the white noise [HU].
    pub noise_hu: f64,
    /// Standard deviation of the blur along x, y and z [voxels].
    pub blur_voxels: [f64; 3],
}

impl ChestPhantomSpec {
    /// The reference chest: 512 × 512 × 300 voxels of 0.7 × 0.7 × 1.0 mm, 10 generations, noise 25 HU.
    #[must_use]
    pub fn reference() -> Self {
        Self { size: [512, 512, 300], spacing_m: [0.7e-3, 0.7e-3, 1e-3], generations: 10, noise_hu: 25.0, blur_voxels: [0.65, 0.65, 0.45] }
    }
}

/// One branch of the made tree: a capsule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhantomBranch {
    /// Where it begins [m].
    pub from: Position<Patient>,
    /// Where it ends [m].
    pub to: Position<Patient>,
    /// Diameter of its lumen [m].
    pub diameter_m: f64,
    /// 0 for the trachea.
    pub generation: u32,
}

impl PhantomBranch {
    /// Distance between its ends [m].
    #[must_use]
    pub fn length_m(&self) -> f64 {
        self.from.distance(&self.to)
    }
}

/// A made chest and what is true about it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChestPhantom {
    /// CT values [HU].
    pub ct: Volume<i16>,
    /// 1 in the lumen of an airway.
    pub airway: Volume<u8>,
    /// All branches, each before its children.
    pub branches: Vec<PhantomBranch>,
}

/// Length of the trachea and of the shortest branch, smallest diameter that still branches [mm].
const TRACHEA_MM: f64 = 100.0;
const BRANCH_MIN_MM: f64 = 4.0;
const DIAMETER_MIN_MM: f64 = 1.6;
/// Diameter of daughters over that of the mother when both carry half the flow at the same cost: 2^(−1/3) (Murray 1926, Weibel 1963).
const DAUGHTER: f64 = 0.794;
/// CT values [HU] of air outside, body, lung, airway wall, artery, lumen. Prior: unverified, usual values.
const AIR: f32 = -1000.0;
const BODY: f32 = 40.0;
const LUNG: f32 = -860.0;
const WALL: f32 = 20.0;
const ARTERY: f32 = 40.0;
const LUMEN: f32 = -990.0;

/// A branch in millimetres.
#[derive(Clone, Copy)]
struct Tube {
    from: Vector3<f64>,
    to: Vector3<f64>,
    diameter: f64,
    generation: u32,
}

/// Make a chest. `normal` gives standard normals: two for each branch, then one for each voxel.
///
/// # Errors
/// [`AnatomyError`] when the grid cannot be, or generations, noise or blur are out of range.
pub fn chest_phantom(spec: &ChestPhantomSpec, normal: &mut dyn FnMut() -> f64) -> Result<ChestPhantom, AnatomyError> {
    let range = |field, value: f64, min, max| {
        if (min..=max).contains(&value) { Ok(()) } else { Err(AnatomyError::ChestOutOfRange { field, value, min, max }) }
    };
    range("generations", f64::from(spec.generations), 0.0, 12.0)?;
    range("noise_hu", spec.noise_hu, 0.0, 1000.0)?;
    spec.blur_voxels.iter().try_for_each(|s| range("blur_voxels", *s, 0.0, 5.0))?;
    let grid = Grid::aligned(spec.size, spec.spacing_m, Position::new(0.0, 0.0, 0.0))?;
    let extent: [f64; 3] = std::array::from_fn(|a| f64::from(spec.size[a]) * spec.spacing_m[a] * 1e3);
    // Everything lies in the middle of x and y and hangs from the top slice, as in the reference chest.
    let middle = [extent[0] / 2.0, extent[1] / 2.0];
    let mut tubes = Vec::new();
    let top = f64::from(spec.size[2] - 1) * spec.spacing_m[2] * 1e3;
    let trachea = Growing { p: Vector3::new(middle[0], middle[1], top), d: -Vector3::z(), diameter: 18.0, generation: 0, n: Vector3::x() };
    grow(trachea, spec.generations, normal, &mut tubes);

    let mut paint = background(&grid, spec, middle);
    for tube in &tubes {
        let radius = tube.diameter / 2.0;
        each_voxel(&grid, spec, tube, radius + f64::max(0.35, 0.12 * tube.diameter), |at| paint[at] = paint[at].max(WALL));
        if tube.generation > 1 {
            let shift = Vector3::new(1.2 * tube.diameter + 1.0, 0.0, 0.0);
            let artery = Tube { from: tube.from + shift, to: tube.to + shift, ..*tube };
            each_voxel(&grid, spec, &artery, 0.45 * tube.diameter, |at| paint[at] = ARTERY);
        }
    }
    let mut airway = Volume::filled(grid, 0_u8);
    for tube in &tubes {
        each_voxel(&grid, spec, tube, tube.diameter / 2.0, |at| {
            paint[at] = LUMEN;
            airway.data_mut()[at] = 1;
        });
    }
    for axis in [2, 1, 0] {
        blur(&mut paint, &grid, axis, spec.blur_voxels[axis]);
    }
    let noisy = |v: f32| (f64::from(v) + spec.noise_hu * normal()).clamp(-1024.0, 3071.0) as i16;
    let ct = Volume::new(grid, paint.into_iter().map(noisy).collect())?;
    let metres = |v: Vector3<f64>| Position::new(v.x * 1e-3, v.y * 1e-3, v.z * 1e-3);
    let branch =
        |t: &Tube| PhantomBranch { from: metres(t.from), to: metres(t.to), diameter_m: t.diameter * 1e-3, generation: t.generation };
    Ok(ChestPhantom { ct, airway, branches: tubes.iter().map(branch).collect() })
}

/// Where and how a branch starts.
struct Growing {
    p: Vector3<f64>,
    d: Vector3<f64>,
    diameter: f64,
    generation: u32,
    n: Vector3<f64>,
}

fn grow(start: Growing, generations: u32, normal: &mut dyn FnMut() -> f64, out: &mut Vec<Tube>) {
    let Growing { p, d, diameter, generation, n } = start;
    let length = if generation == 0 { TRACHEA_MM } else { f64::max(3.0 * diameter, BRANCH_MIN_MM) };
    let q = p + length * d;
    out.push(Tube { from: p, to: q, diameter, generation });
    if generation >= generations || diameter < DIAMETER_MIN_MM {
        return;
    }
    let n = (n - n.dot(&d) * d).normalize();
    for side in [-1.0, 1.0] {
        let usual = if generation == 0 { 45_f64 } else { 35.0 };
        let angle = usual.to_radians() * (1.0 + 0.25 * normal());
        let (sin, cos) = ops::sin_cos(angle);
        let direction = (cos * d + side * sin * n).normalize();
        let thinner = DAUGHTER * diameter * (1.0 + 0.08 * normal());
        grow(Growing { p: q, d: direction, diameter: thinner, generation: generation + 1, n: d.cross(&n) }, generations, normal, out);
    }
}

/// Body and lungs. Sizes in millimetres as in the reference chest, whatever the grid.
fn background(grid: &Grid<Patient>, spec: &ChestPhantomSpec, middle: [f64; 2]) -> Vec<f32> {
    let [nx, ny, _] = grid.size().map(|n| n as usize);
    let step = spec.spacing_m.map(|s| s * 1e3);
    let square = |v: f64| v * v;
    let mut out = vec![AIR; grid.voxel_count()];
    out.par_chunks_mut(nx * ny).enumerate().for_each(|(k, slice)| {
        for (at, value) in slice.iter_mut().enumerate() {
            let (x, y, z) = ((at % nx) as f64 * step[0] - middle[0], (at / nx) as f64 * step[1] - middle[1], k as f64 * step[2]);
            if square(x / 165.0) + square(y / 115.0) < 1.0 {
                *value = BODY;
            }
            if [-78.0, 78.0].into_iter().any(|c| square((x - c) / 62.0) + square(y / 85.0) + square((z - 130.0) / 130.0) < 1.0) {
                *value = LUNG;
            }
        }
    });
    out
}

/// Call `paint` for every voxel whose centre is closer than `radius` [mm] to the axis of a tube.
fn each_voxel(grid: &Grid<Patient>, spec: &ChestPhantomSpec, tube: &Tube, radius: f64, mut paint: impl FnMut(usize)) {
    let step = spec.spacing_m.map(|s| s * 1e3);
    let size = grid.size();
    let low: [i64; 3] = std::array::from_fn(|a| ((tube.from[a].min(tube.to[a]) - radius) / step[a]).floor().max(0.0) as i64);
    let high: [i64; 3] =
        std::array::from_fn(|a| ((tube.from[a].max(tube.to[a]) + radius) / step[a]).ceil().min(f64::from(size[a] - 1)) as i64);
    let axis = tube.to - tube.from;
    let length_squared = axis.norm_squared();
    for z in low[2]..=high[2] {
        for y in low[1]..=high[1] {
            for x in low[0]..=high[0] {
                let p = Vector3::new(x as f64 * step[0], y as f64 * step[1], z as f64 * step[2]) - tube.from;
                let along = (p.dot(&axis) / length_squared).clamp(0.0, 1.0);
                if (p - along * axis).norm() < radius {
                    paint((x + i64::from(size[0]) * (y + i64::from(size[1]) * z)) as usize);
                }
            }
        }
    }
}

/// Gaussian along one axis, cut at 4 standard deviations, mirrored at the border; sums in double precision.
fn blur(data: &mut Vec<f32>, grid: &Grid<Patient>, axis: usize, sigma: f64) {
    if sigma == 0.0 {
        return;
    }
    let radius = (4.0 * sigma + 0.5) as i64;
    let weights: Vec<f64> = (0..=radius).map(|i| ops::exp(-0.5 / (sigma * sigma) * (i * i) as f64)).collect();
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    let weights: Vec<f64> = weights.iter().map(|w| w / sum).collect();
    let [nx, ny, _] = grid.size().map(|n| n as usize);
    let (count, stride) = (i64::from(grid.size()[axis]), [1, nx, nx * ny][axis] as i64);
    let mirror = |i: i64| {
        let i = i.rem_euclid(2 * count);
        if i < count { i } else { 2 * count - 1 - i }
    };
    let source: &[f32] = data;
    let mut out = vec![0.0_f32; source.len()];
    out.par_chunks_mut(nx * ny).enumerate().for_each(|(k, slice)| {
        for (at, value) in slice.iter_mut().enumerate() {
            let place = [(at % nx) as i64, (at / nx) as i64, k as i64][axis];
            let own = (k * nx * ny + at) as i64;
            let far = |i: i64| f64::from(source[(own + (mirror(place + i) - place) * stride) as usize]);
            // The centre first, then pairs from the outside in: the order of the program that made the reference.
            let mut sum = far(0) * weights[0];
            for i in (1..=radius).rev() {
                sum += (far(-i) + far(i)) * weights[i as usize];
            }
            *value = sum as f32;
        }
    });
    *data = out;
}
