//! The arm as near-infrared light sees it: a map of reflectance over the skin.
//!
//! Each vein darkens the skin by the profile that the kernel camera gives for its depth and size there. The
//! offset from a vein is measured along the skin, so that the arm's curvature is seen to first order.

use proband_anatomy::{Arm, Vessel, VesselDeform};
use proband_core::{Direction, Patient, Position, Stream};
use proband_light::{KernelCamera, VeinSection};
use proband_volume::{Plane, VolumeError, gaussian};

use crate::error::SensorError;

/// Side of a cell of the map [m].
const CELL_M: f64 = 0.4e-3;
/// Ends of the map along the arm [m].
const Z_MIN_M: f64 = -0.130;
const Z_MAX_M: f64 = 0.070;
/// Rows of the map between two computed vein profiles.
const PROFILE_ROWS: usize = 5;
/// Reach of a vein's darkening to either side [m].
const REACH_M: f64 = 15e-3;
/// Samples of a profile, one per cell.
const PROFILE_SAMPLES: usize = (REACH_M / CELL_M) as usize + 2;
/// Reflectance of the cloth under the arm [1]; prior: unverified.
const CLOTH: f32 = 0.04;
/// Where a tributary joins, it darkens less by what its parent darkens already: from nothing on the parent's axis to
/// all of it at this many times the sum of their half widths.
const JOINT: f64 = 1.5;
/// Slope of the ground beyond the arm's sides [1].
const SIDE_SLOPE: f64 = 3.0;

/// What does not change while an arm is looked at: background, texture, places of the veins.
#[derive(Clone, Debug)]
pub struct NirSkinModel {
    kernels: KernelCamera,
    vessels: Vec<Vessel>,
    /// Lateral place of the map's first column [m].
    x_min_m: f64,
    /// Reflectance without veins, shape [along z, along x].
    bare: Plane<f32>,
    /// Height y of the skin [m], same shape.
    height_m: Plane<f32>,
    /// Distance along the skin from the first column [m], same shape.
    along_m: Plane<f32>,
    /// For each vessel and each computed row.
    stations: Vec<Vec<Option<Station>>>,
    /// Whose depth below the skin is asked under each station's deformation: the arm itself.
    ground: Ground,
}

/// What the skin lies on.
#[derive(Clone, Debug)]
enum Ground {
    Arm(Box<Arm>),
    /// The plane y = 0.
    Flat,
}

impl Ground {
    fn depth_below_skin(&self, p: Position<Patient>) -> f64 {
        match self {
            Self::Arm(arm) => arm.depth_below_skin(p),
            Self::Flat => p.0.y,
        }
    }
}

/// A vein where it passes a row of the map.
#[derive(Clone, Copy, Debug)]
struct Station {
    arc_m: f64,
    /// Along the arm beyond the vein's end [m]; 0 within it.
    beyond_m: f64,
    /// Part of its darkening that counts beside that of the veins before it [1].
    share: f32,
}

/// Reflectance over the skin of one arm with its veins as they are now.
#[derive(Clone, Debug, PartialEq)]
pub struct NirSkin {
    /// Diffuse reflectance [1], shape [along z, along x].
    pub reflectance: Plane<f32>,
    height_m: Plane<f32>,
    x_min_m: f64,
    wavelength_m: f64,
}

fn bad_size(_: VolumeError) -> SensorError {
    SensorError::Parameter {
        sensor: "near-infrared camera",
        field: "arm half_width_m",
        value: f64::NAN,
        allowed: "a width that makes a map",
    }
}

impl NirSkinModel {
    /// Prepare the skin of an arm. `texture` is read from a copy: the same stream gives the same skin each time.
    ///
    /// # Errors
    /// [`SensorError::Parameter`] when the arm is too wide for a map.
    pub fn new(arm: &Arm, kernels: &KernelCamera, texture: &Stream) -> Result<Self, SensorError> {
        let rows = ((Z_MAX_M - Z_MIN_M) / CELL_M) as u32 + 1;
        let z_of = |row: u32| Z_MIN_M + f64::from(row) * CELL_M;
        let half = (0..rows).map(|row| arm.half_width_m(z_of(row))).fold(0.0, f64::max) + 2e-3;
        let columns = (2.0 * half / CELL_M) as u32 + 1;
        let x_min_m = -half;
        let x_of = |column: u32| x_min_m + f64::from(column) * CELL_M;
        let mut height_m = Plane::filled(columns, rows, 0.0_f32).map_err(bad_size)?;
        let mut along_m = height_m.clone();
        let mut bare = texture_map(columns, rows, kernels, &mut texture.clone()).map_err(bad_size)?;
        for row in 0..rows {
            let z = z_of(row);
            let edge = 0.985 * arm.half_width_m(z);
            let (mut along, mut before) = (0.0, None);
            for column in 0..columns {
                let x = x_of(column);
                let y = arm.skin_y(x.clamp(-edge, edge), z) + SIDE_SLOPE * (x.abs() - edge).max(0.0);
                let rise = y - before.unwrap_or(y);
                along += if before.is_some() { (CELL_M * CELL_M + rise * rise).sqrt() } else { 0.0 };
                before = Some(y);
                height_m.set(column, row, y as f32);
                along_m.set(column, row, along as f32);
                if x.abs() > edge {
                    bare.set(column, row, CLOTH);
                }
            }
        }
        // The background follows the fat, which changes slowly: every 16th cell, linear between.
        let coarse = Plane::from_fn(columns.div_ceil(16) + 1, rows.div_ceil(16) + 1, |i, j| {
            let (x, z) = (x_of(16 * i), z_of(16 * j).clamp(Arm::Z_MIN_M, Arm::Z_MAX_M));
            let edge = 0.985 * arm.half_width_m(z);
            kernels.background(arm.layers_at(x.clamp(-edge, edge), z).fat_m) as f32
        })
        .map_err(bad_size)?;
        for row in 0..rows {
            for column in 0..columns {
                let cell = bare.get(column, row).copied().unwrap_or(CLOTH);
                if cell != CLOTH {
                    bare.set(column, row, cell * coarse.sample_bilinear(column as f32 / 16.0, row as f32 / 16.0));
                }
            }
        }
        let vessels = arm.vessels().to_vec();
        let stations = stations(&vessels, rows, z_of);
        Ok(Self {
            kernels: kernels.clone(),
            vessels,
            x_min_m,
            bare,
            height_m,
            along_m,
            stations,
            ground: Ground::Arm(Box::new(arm.clone())),
        })
    }

    /// Even flat skin at y = 0 over fat of one thickness, without texture: what full photon runs can be held against.
    ///
    /// `half_width_m`: half of the map across [m]; `vessels`: veins, their nodes at y = depth.
    ///
    /// # Errors
    /// [`SensorError::Parameter`] for a width that makes no map.
    pub fn flat(vessels: Vec<Vessel>, fat_m: f64, half_width_m: f64, kernels: &KernelCamera) -> Result<Self, SensorError> {
        let rows = ((Z_MAX_M - Z_MIN_M) / CELL_M) as u32 + 1;
        let columns = (2.0 * half_width_m.clamp(CELL_M, 0.5) / CELL_M) as u32 + 1;
        let height_m = Plane::filled(columns, rows, 0.0_f32).map_err(bad_size)?;
        let along_m = Plane::from_fn(columns, rows, |column, _| (f64::from(column) * CELL_M) as f32).map_err(bad_size)?;
        let bare = Plane::filled(columns, rows, kernels.background(fat_m) as f32).map_err(bad_size)?;
        let stations = stations(&vessels, rows, |row| Z_MIN_M + f64::from(row) * CELL_M);
        Ok(Self { kernels: kernels.clone(), vessels, x_min_m: -half_width_m, bare, height_m, along_m, stations, ground: Ground::Flat })
    }

    /// The skin with the veins as they are now; a few milliseconds. `deform[i]` belongs to vessel `i` of the arm, a
    /// shorter slice leaves the rest undeformed.
    #[must_use]
    pub fn skin(&self, deform: &[VesselDeform]) -> NirSkin {
        let mut reflectance = self.bare.clone();
        for (index, vessel) in self.vessels.iter().enumerate() {
            let deform = deform.get(index).copied().unwrap_or_else(VesselDeform::none);
            let marks: Vec<Option<Mark>> = self.stations[index].iter().map(|s| s.as_ref().map(|s| self.mark(vessel, &deform, s))).collect();
            self.darken(&marks, &mut reflectance);
        }
        NirSkin {
            reflectance,
            height_m: self.height_m.clone(),
            x_min_m: self.x_min_m,
            wavelength_m: self.kernels.optics().wavelength_nm * 1e-9,
        }
    }

    /// Where a vein shows at a row and how it darkens to its side.
    fn mark(&self, vessel: &Vessel, deform: &VesselDeform, station: &Station) -> Mark {
        let node = vessel.at_arc(station.arc_m);
        let away = (station.arc_m - deform.shift_arc_m) / deform.shift_width_m.max(1e-6);
        let axis = Position::<Patient>::from_raw(node.p.0 + deform.shift.0 * proband_core::ops::exp(-0.5 * away * away));
        let depth = self.ground.depth_below_skin(axis);
        let section = VeinSection {
            top_depth_m: depth - node.semi_v_m * deform.scale_v,
            semi_h_m: node.semi_h_m * deform.scale_h,
            semi_v_m: node.semi_v_m * deform.scale_v,
        };
        let mut profile = [0.0_f32; PROFILE_SAMPLES];
        if section.top_depth_m > 0.0 {
            self.kernels.fill_profile(&section, 0.0, CELL_M, &mut profile);
            for value in &mut profile {
                *value *= station.share;
            }
        }
        let x_skin = axis.0.x - depth * node.inward.0.x;
        let tangent = node.tangent.0;
        // Distances across are shorter than those along the row by the cosine of the vein's heading on the skin.
        let across = tangent.z.abs() / tangent.norm().max(1e-9);
        Mark { x_skin_m: x_skin, across: across.max(0.2) as f32, beyond_m: station.beyond_m as f32, profile }
    }

    fn darken(&self, marks: &[Option<Mark>], reflectance: &mut Plane<f32>) {
        let inverse = 1.0 / CELL_M as f32;
        for row in 0..reflectance.height() {
            let (at, t) = (row as usize / PROFILE_ROWS, (row as usize % PROFILE_ROWS) as f32 / PROFILE_ROWS as f32);
            let (Some(Some(a)), Some(Some(b))) = (marks.get(at), marks.get(at + 1)) else { continue };
            let x = a.x_skin_m + f64::from(t) * (b.x_skin_m - a.x_skin_m);
            let column = (x - self.x_min_m) / CELL_M;
            let along = self.along_m.row(row);
            let last = along.len() as f64 - 1.0;
            let foot = self.along_m.sample_bilinear(column.clamp(0.0, last) as f32, row as f32);
            let across = a.across + t * (b.across - a.across);
            let beyond = a.beyond_m + t * (b.beyond_m - a.beyond_m);
            let reach = REACH_M / f64::from(across) / CELL_M;
            let (first, end) = ((column - reach).clamp(0.0, last) as usize, ((column + reach).clamp(0.0, last)) as usize + 1);
            for (value, s) in reflectance.row_mut(row)[first..end].iter_mut().zip(&along[first..end]) {
                let offset = (s - foot) * across;
                let place = (offset * offset + beyond * beyond).sqrt() * inverse;
                let i = place as usize;
                if i + 1 < PROFILE_SAMPLES && *value != CLOTH {
                    let f = place - i as f32;
                    let of = |m: &Mark| m.profile[i] + f * (m.profile[i + 1] - m.profile[i]);
                    *value *= 1.0 - (of(a) + t * (of(b) - of(a)));
                }
            }
        }
    }
}

/// A vein as it shows at a computed row.
#[derive(Clone, Debug)]
struct Mark {
    x_skin_m: f64,
    across: f32,
    beyond_m: f32,
    /// Darkening at distances of whole cells [1].
    profile: [f32; PROFILE_SAMPLES],
}

/// Where each vessel passes the computed rows.
fn stations(vessels: &[Vessel], rows: u32, z_of: impl Fn(u32) -> f64) -> Vec<Vec<Option<Station>>> {
    let computed = rows as usize / PROFILE_ROWS + 2;
    let at = |index: usize, vessel: &Vessel, row: usize| {
        let z = z_of((row * PROFILE_ROWS) as u32);
        let (first, last) = (vessel.nodes.first()?, vessel.nodes.last()?);
        let beyond = (first.p.0.z - z).max(z - last.p.0.z).max(0.0);
        if beyond > REACH_M {
            return None;
        }
        let node = vessel.at_z(z);
        let share = vessels[..index].iter().map(|other| {
            let near = other.at_z(node.p.0.z);
            (near.p.0 - node.p.0).norm() / (JOINT * (near.semi_h_m + node.semi_h_m))
        });
        Some(Station { arc_m: node.arc_m, beyond_m: beyond, share: share.fold(1.0, f64::min) as f32 })
    };
    vessels.iter().enumerate().map(|(index, vessel)| (0..computed).map(|row| at(index, vessel, row)).collect()).collect()
}

/// Uneven pigment and blood (two lengths), furrows, hairs: factors around 1.
fn texture_map(columns: u32, rows: u32, kernels: &KernelCamera, stream: &mut Stream) -> Result<Plane<f32>, VolumeError> {
    let optics = kernels.optics();
    let mut out = Plane::filled(columns, rows, 1.0_f32)?;
    let length = (optics.mottle_length_m / CELL_M) as f32;
    let half = std::f64::consts::FRAC_1_SQRT_2 * optics.mottle_relative;
    for (sigma, spread) in [(length, half), ((3.0 * length).min(60.0), half), (0.7, optics.texture_relative)] {
        let mut noise = Plane::filled(columns, rows, 0.0_f32)?;
        stream.fill_normal(noise.samples_mut());
        let blurred = gaussian(&noise, sigma.clamp(0.3, 150.0))?;
        let count = blurred.samples().len() as f32;
        let mean = blurred.samples().iter().sum::<f32>() / count;
        let sd = (blurred.samples().iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / count).sqrt().max(1e-12);
        for (o, v) in out.samples_mut().iter_mut().zip(blurred.samples()) {
            *o *= (1.0 + spread as f32 * (v - mean) / sd).max(0.2);
        }
    }
    let area = f64::from(columns) * f64::from(rows) * CELL_M * CELL_M;
    let hair_count = ((optics.hair_density_per_m2 * area) as u32).min(20_000);
    for _ in 0..hair_count {
        draw_hair(&mut out, stream);
    }
    Ok(out)
}

/// A hair: 5 to 15 mm long, 60 to 100 µm thick, bent a little, mostly towards the hand's little finger side. Prior: unverified.
fn draw_hair(out: &mut Plane<f32>, stream: &mut Stream) {
    let (mut x, mut y) = (stream.uniform() * f64::from(out.width()), stream.uniform() * f64::from(out.height()));
    let (length, thickness) = (stream.uniform_in(5e-3, 15e-3), stream.uniform_in(60e-6, 100e-6));
    let (mut heading, bend) = (-1.2 + 0.5 * stream.normal(), 0.03 * stream.normal());
    let shade = (thickness / CELL_M) as f32;
    for _ in 0..(length / CELL_M) as u32 {
        let (sin, cos) = proband_core::ops::sin_cos(heading);
        (x, y, heading) = (x + cos, y + sin, heading + bend);
        if x < 0.0 || y < 0.0 {
            return;
        }
        let (column, row) = (x as u32, y as u32);
        if let Some(value) = out.get(column, row).copied() {
            out.set(column, row, value * (1.0 - shade));
        }
    }
}

impl NirSkin {
    /// Height y of the skin over a place [m]; beyond the arm it falls off.
    #[must_use]
    pub fn skin_y(&self, x_m: f64, z_m: f64) -> f64 {
        let (column, row) = self.cell(x_m, z_m);
        f64::from(self.height_m.sample_bilinear(column, row))
    }

    /// Reflectance at a place [1].
    #[must_use]
    pub fn reflectance_at(&self, x_m: f64, z_m: f64) -> f64 {
        let (column, row) = self.cell(x_m, z_m);
        f64::from(self.sample(column, row))
    }

    /// Column and row of a place in the map.
    #[inline]
    pub(crate) fn cell(&self, x_m: f64, z_m: f64) -> (f32, f32) {
        (((x_m - self.x_min_m) / CELL_M) as f32, ((z_m - Z_MIN_M) / CELL_M) as f32)
    }

    /// Reflectance between cells; cloth beyond the map.
    #[inline]
    pub(crate) fn sample(&self, column: f32, row: f32) -> f32 {
        let inside =
            column >= 0.0 && row >= 0.0 && column <= (self.reflectance.width() - 1) as f32 && row <= (self.reflectance.height() - 1) as f32;
        if inside { self.reflectance.sample_bilinear(column, row) } else { CLOTH }
    }

    /// Outward unit normal (not normalised to the arm's own: slopes of the map) over a place.
    pub(crate) fn normal(&self, x_m: f64, z_m: f64) -> Direction<Patient> {
        let h = 2.0 * CELL_M;
        let dx = (self.skin_y(x_m + h, z_m) - self.skin_y(x_m - h, z_m)) / (2.0 * h);
        let dz = (self.skin_y(x_m, z_m + h) - self.skin_y(x_m, z_m - h)) / (2.0 * h);
        Direction::new(dx, -1.0, dz).normalised()
    }

    /// Wavelength for which the reflectance holds [m].
    #[must_use]
    pub fn wavelength_m(&self) -> f64 {
        self.wavelength_m
    }
}
