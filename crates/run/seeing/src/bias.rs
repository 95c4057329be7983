//! What pigment, fat, depth and wavelength do to what is seen, and to the chance of a first stick.
//!
//! Each cell of the grid shows the same drawn adults with these four things set and all else their own. Pigment enters as
//! absorption of the epidermis, wavelength as optics of skin and blood: no term anywhere says how skin tone ought to act.

use nalgebra::Point3;
use proband_anatomy::{Arm, ArmSpec, VesselDeform, VesselKind};
use proband_core::{Camera, Direction, Patient, Pose, Position, Stream};
use proband_light::{KernelCamera, SkinOptics, VeinSection};
use proband_math::stats::{Interval, wilson};
use proband_procedure::perception::{LumenSearch, NirDetection, NirNetwork, UNMODELLED_SD_M, detect_lumens_in, detect_nir};
use proband_procedure::{SuccessInput, mechanistic_success};
use proband_sensor::{NirCameraSpec, NirFrame};
use proband_twin::{Population, Truth};
use rayon::prelude::*;

use crate::SeeingError;
use crate::bias_pairs::{BiasPair, pairs};
use crate::nir_picture::shot;
use crate::ultrasound::{Look, same};

/// Which detector reads the near-infrared picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NirDetector {
    /// The oriented filters that the controller uses.
    Filter,
    /// The trained network.
    Network,
}

/// The grid.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasSpec {
    /// Melanosome fractions of the epidermis [1].
    pub melanin_fractions: Vec<f64>,
    /// Thicknesses of the fat between the veins [m].
    pub fats_m: Vec<f64>,
    /// Depths of the veins' front walls [m].
    pub depths_m: Vec<f64>,
    /// Wavelengths of lamp and camera [nm].
    pub wavelengths_nm: Vec<f64>,
    /// Adults per cell; those whose arm cannot be built at a depth and fat are left out of that cell.
    pub patients: u32,
    /// Seed.
    pub seed: u64,
    /// Irradiance of the camera's lamps at 0.3 m [W/m²].
    pub lamp_irradiance_w_m2: f64,
    /// Detector.
    pub detector: NirDetector,
}

impl BiasSpec {
    /// Four pigmentations (light to the darkest published, 43 %: Jacques 2013), three fats, four depths (5th to 95th percentile of
    /// Park 2023 is 2.2 to 8.9 mm), three wavelengths.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            melanin_fractions: vec![0.03, 0.13, 0.30, 0.43],
            fats_m: vec![3e-3, 8e-3, 15e-3],
            depths_m: vec![2.5e-3, 4e-3, 5.5e-3, 7.5e-3],
            wavelengths_nm: vec![760.0, 850.0, 940.0],
            patients: 20,
            seed: 1,
            lamp_irradiance_w_m2: NirCameraSpec::standard().lamp_irradiance_w_m2,
            detector: NirDetector::Filter,
        }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`SeeingError::OutOfRange`] that names the field.
    pub fn check(&self) -> Result<(), SeeingError> {
        let bad = |name, value, min, max| Err(SeeingError::OutOfRange { name, value, min, max });
        for (name, values, min, max) in [
            ("melanin_fractions", &self.melanin_fractions, 0.0, 0.5),
            ("fats_m", &self.fats_m, 1e-3, 40e-3),
            ("depths_m", &self.depths_m, 1.8e-3, 15e-3),
            ("wavelengths_nm", &self.wavelengths_nm, 740.0, 950.0),
        ] {
            if values.is_empty() || values.len() > 12 {
                return bad(name, values.len() as f64, 1.0, 12.0);
            }
            if let Some(value) = values.iter().find(|v| !(**v >= min && **v <= max)) {
                return bad(name, *value, min, max);
            }
        }
        if !(self.lamp_irradiance_w_m2 >= 0.01 && self.lamp_irradiance_w_m2 <= 100.0) {
            return bad("lamp_irradiance_w_m2", self.lamp_irradiance_w_m2, 0.01, 100.0);
        }
        if !(1..=10_000).contains(&self.patients) {
            return bad("patients", f64::from(self.patients), 1.0, 10_000.0);
        }
        Ok(())
    }

    /// Cells of the near-infrared camera.
    #[must_use]
    pub fn cell_count(&self) -> usize {
        self.melanin_fractions.len() * self.fats_m.len() * self.depths_m.len() * self.wavelengths_nm.len()
    }
}

/// With what the veins were looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The near-infrared camera alone.
    Nir,
    /// The camera and the ultrasound probe, as the robot does: a vein counts as found when the probe shows it.
    NirAndUltrasound,
}

/// One cell of the grid with one means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiasCell {
    /// Melanosome fraction [1].
    pub melanin_fraction: f64,
    /// Fat [m].
    pub fat_m: f64,
    /// Depth of the veins' front walls [m].
    pub depth_m: f64,
    /// Wavelength [nm].
    pub wavelength_nm: f64,
    /// Means.
    pub means: Means,
    /// Adults looked at.
    pub count: u32,
    /// Adults in whom a vein was found.
    pub found: u32,
    /// Share found, with Wilson's 95 % interval [1].
    pub rate: Interval,
    /// Expected first-stick success, mean over the adults [1].
    pub success: f64,
    /// 95 % interval of that mean (normal) [1].
    pub success_interval: Interval,
}

impl Means {
    /// What an adult comes to by camera and by probe. The probe finds what it finds whether or not the camera did; the better
    /// of the two is taken.
    pub(crate) fn of(self, nir: Option<Seen>, probe: Option<Seen>) -> Option<Seen> {
        match self {
            Self::Nir => nir,
            Self::NirAndUltrasound => nir.zip(probe).map(|(nir, probe)| if probe.found { probe } else { nir }),
        }
    }
}

/// The grid as it came out.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasMap {
    /// Every cell with every means.
    pub cells: Vec<BiasCell>,
    /// Darker against lightest skin of the same adults.
    pub pairs: Vec<BiasPair>,
    /// Adults that were finished.
    pub finished: u32,
}

/// One adult in one cell.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) found: bool,
    pub(crate) success: f64,
    /// Contrast of the reference vein over the noise of one pixel; NaN by ultrasound.
    pub(crate) clarity: f64,
}

/// Part of the arm that the camera is asked about [m].
const WINDOW_M: std::ops::Range<f64> = -0.07..0.03;
/// Station of the probe along the arm [m].
const STATION_Z_M: f64 = -0.02;
/// Length of vein that a needle wants [m].
const STRETCH_M: f64 = 20e-3;
/// A line within this of a vein is that vein [m].
const NEAR_M: f64 = 3e-3;
/// Confidence from which the controller follows a line.
const BELIEVED: f64 = 0.35;
/// Veins under a tourniquet over those at rest.
const FILLED: [f64; 2] = [1.1, 1.2];
/// Share of sticks in which a wall's pop tells the needle where to stop: 10 of 14 recordings by hand (Saito and Togawa, rabbit ear vein).
const POP_SHARE: f64 = 0.71;
/// Spread of the depth of antecubital veins among adults [m] (Park 2023, J Vasc Access): what is known of a depth that nobody measured.
const DEPTH_SD_M: f64 = 2.17e-3;
/// The needle as the plan has it: lateral error, angle, bevel. Prior: unverified.
const NEEDLE_SD_M: f64 = 0.4e-3;
const ANGLE_RAD: f64 = 0.35;
const BEVEL_M: f64 = 2.2e-3;

/// Look at the whole grid. `told(done, all)` hears after each adult; false from it ends the work and keeps what is finished.
///
/// The same bits for any number of threads.
/// # Errors
/// [`SeeingError`] for a bad grid or an adult that cannot be drawn.
pub fn bias(spec: &BiasSpec, told: &mut dyn FnMut(u32, u32) -> bool) -> Result<BiasMap, SeeingError> {
    spec.check()?;
    let population = Population::adult();
    let mut rows: Vec<Vec<Option<Seen>>> = Vec::new();
    // Adult by adult, so that whatever is finished when somebody stops is a whole grid of fewer adults.
    for first in (0..spec.patients).step_by(4) {
        let numbers = first..(first + 4).min(spec.patients);
        let part: Result<Vec<Vec<Option<Seen>>>, SeeingError> = numbers.into_par_iter().map(|n| adult(spec, &population, n)).collect();
        rows.extend(part?);
        if !told(rows.len() as u32, spec.patients) {
            break;
        }
    }
    let finished = rows.len() as u32;
    Ok(BiasMap { cells: cells(spec, &rows), pairs: pairs(spec, &rows), finished })
}

/// Places of an adult's outcomes: for each fat and depth first ultrasound, then pigment by wavelength.
pub(crate) fn stride(spec: &BiasSpec) -> usize {
    1 + spec.melanin_fractions.len() * spec.wavelengths_nm.len()
}

fn adult(spec: &BiasSpec, population: &Population, number: u32) -> Result<Vec<Option<Seen>>, SeeingError> {
    let fail = |what: String| SeeingError::Patient { index: number, what };
    let truth = population.patient(spec.seed, number).map_err(|e| fail(e.to_string()))?.truth;
    let mut out = Vec::with_capacity(spec.fats_m.len() * spec.depths_m.len() * stride(spec));
    for fat_m in &spec.fats_m {
        for depth_m in &spec.depths_m {
            let Ok(arm) = Arm::new(&arm_with(&truth.arm, *fat_m, *depth_m)) else {
                out.resize(out.len() + stride(spec), None);
                continue;
            };
            let stream = Stream::new(spec.seed, number, "seeing.bias");
            out.push(Some(by_ultrasound(&arm, &truth, stream.child(1)).map_err(fail)?));
            for melanin_fraction in &spec.melanin_fractions {
                for wavelength_nm in &spec.wavelengths_nm {
                    let optics = truth.optics_at(*wavelength_nm).map_err(|e| fail(e.to_string()))?;
                    let optics = SkinOptics { melanin_fraction: *melanin_fraction, ..optics };
                    out.push(Some(by_camera(spec, &arm, &optics, truth.reference_vein(), stream.child(2)).map_err(fail)?));
                }
            }
        }
    }
    Ok(out)
}

/// The arm with its fat and the depth of all its veins set; the artery gives way downwards.
fn arm_with(arm: &ArmSpec, fat_m: f64, depth_m: f64) -> ArmSpec {
    let mut arm = arm.clone();
    arm.fat_m = fat_m;
    let mut back: f64 = 0.0;
    for vein in &mut arm.veins {
        vein.depth_m = depth_m;
        back = back.max(depth_m + vein.diameter_v_m);
    }
    arm.artery.depth_m = arm.artery.depth_m.max(back + 3e-3);
    arm
}

/// Chance of a first stick into a vein of these true diameters, by the mechanistic model of the plan.
fn chance(diameters_m: [f64; 2], depth_m: f64, lateral_error_m: f64, depth_error_m: f64) -> f64 {
    mechanistic_success(&SuccessInput {
        depth_m: [depth_m, depth_error_m],
        diameter_v_m: [diameters_m[0], 0.1 * diameters_m[0]],
        diameter_h_m: [diameters_m[1], 0.1 * diameters_m[1]],
        lateral_sd_m: lateral_error_m,
        needle_sd_m: NEEDLE_SD_M,
        angle_rad: ANGLE_RAD,
        bevel_m: BEVEL_M,
    })
}

fn by_ultrasound(arm: &Arm, truth: &Truth, stream: Stream) -> Result<Seen, String> {
    let reference = truth.reference_vein();
    let Some(site) = arm.vessel_index(reference).and_then(|v| arm.site(v, STATION_Z_M)) else { return Ok(Seen::default()) };
    let full = VesselDeform { scale_h: FILLED[0], scale_v: FILLED[1], ..VesselDeform::none() };
    let deform: Vec<VesselDeform> = arm.vessels().iter().map(|v| if v.is_artery { VesselDeform::none() } else { full }).collect();
    let mut look = Look::new(arm, &truth.acoustics, stream)?;
    let pose = look.pose(site.p_skin.0.x, site.p_skin.0.z, std::f64::consts::FRAC_PI_2, 0.03);
    let frame = look.capture(pose, &deform, &[], None);
    let labels = look.probe.labels(&look.scratch);
    let found = detect_lumens_in(&frame, &LumenSearch::elbow(), &mut look.picture);
    let veins = labels.iter().filter(|l| !arm.vessels()[usize::from(l.vessel)].is_artery);
    let best = veins
        .filter_map(|label| found.iter().find(|d| same(d, label)).map(|d| (d, label)))
        .map(|(d, label)| {
            let depth_error = proband_core::ops::hypot(d.front_m() - (label.depth_m - label.semi_depth_m), UNMODELLED_SD_M);
            let lateral_error = proband_core::ops::hypot(d.x_m - label.x_m, UNMODELLED_SD_M);
            chance([2.0 * label.semi_depth_m, 2.0 * label.semi_lateral_m], label.depth_m, lateral_error, depth_error)
        })
        .fold(None, |best: Option<f64>, p| Some(best.map_or(p, |b| b.max(p))));
    Ok(Seen { found: best.is_some(), success: best.unwrap_or(0.0), clarity: f64::NAN })
}

/// A camera straight above the elbow.
fn above() -> Pose<Patient, Camera> {
    Pose::from_axes(Position::new(0.0, -0.3, -0.02), Direction::new(1.0, 0.0, 0.0), Direction::new(0.0, 1.0, 0.0))
}

fn by_camera(spec: &BiasSpec, arm: &Arm, optics: &SkinOptics, vein: VesselKind, mut stream: Stream) -> Result<Seen, String> {
    let camera = NirCameraSpec { drop_probability: 0.0, lamp_irradiance_w_m2: spec.lamp_irradiance_w_m2, ..NirCameraSpec::standard() };
    let frame = shot(arm, optics, FILLED, &camera, above(), 0.5, &mut stream)?;
    let detection = match spec.detector {
        NirDetector::Filter => detect_nir(&frame),
        NirDetector::Network => NirNetwork::builtin().map_err(|e| e.to_string())?.detect(&frame),
    };
    Ok(Seen { clarity: clarity(&camera, arm, optics, vein, &frame)?, ..judge(arm, &detection) })
}

/// Contrast of a vein in the middle of the arm over the noise of one pixel of the very picture: photons with the lamp on, dark
/// current and reading twice, since the picture without lamps is taken off.
fn clarity(camera: &NirCameraSpec, arm: &Arm, optics: &SkinOptics, vein: VesselKind, frame: &NirFrame) -> Result<f64, String> {
    let Some(site) = arm.vessel_index(vein).and_then(|v| arm.site(v, STATION_Z_M)) else { return Ok(f64::NAN) };
    let kernels = KernelCamera::new(optics, arm.spec().fat_m).map_err(|e| e.to_string())?;
    let (semi_h_m, semi_v_m) = (0.5 * FILLED[0] * site.diameter_h_m, 0.5 * FILLED[1] * site.diameter_v_m);
    let contrast = kernels.contrast(&VeinSection { top_depth_m: site.depth_m, semi_h_m, semi_v_m }, 0.0);
    let (width, height) = (frame.counts.width(), frame.counts.height());
    // The middle of the picture, where the skin faces the camera.
    let places = (height / 2 - 20..height / 2 + 20).flat_map(|y| (width / 2 - 20..width / 2 + 20).map(move |x| (x, y)));
    let levels: Vec<f64> = places.filter_map(|(x, y)| frame.counts.get(x, y)).map(|v| f64::from(*v)).collect();
    let signal = (frame.full_scale_e * levels.iter().sum::<f64>() / levels.len() as f64).max(0.0);
    let fixed = 2.0 * (camera.dark_e_per_s * frame.exposure_s + camera.read_noise_e * camera.read_noise_e);
    Ok(contrast * signal / (signal + fixed).sqrt())
}

/// Whether a believed line follows one vein for as long as a needle wants, and what a stick in its middle would come to.
fn judge(arm: &Arm, detection: &NirDetection) -> Seen {
    let mut best = Seen::default();
    for edge in detection.edges.iter().filter(|e| e.confidence >= BELIEVED) {
        for vein in arm.vessels().iter().filter(|v| !v.is_artery) {
            let feet: Vec<Point3<f64>> = vein.nodes.iter().map(|n| n.p.0 - n.inward.0 * arm.depth_below_skin(n.p)).collect();
            let off = |p: &Point3<f64>| feet.windows(2).map(|w| lateral(p, &w[0], &w[1])).fold(f64::INFINITY, f64::min);
            let (mut length, mut square, mut count) = (0.0, 0.0, 0.0);
            let mut middle: Option<f64> = None;
            for pair in edge.path_patient.windows(2).filter(|w| WINDOW_M.contains(&w[0].0.z)) {
                let distance = off(&nalgebra::center(&pair[0].0, &pair[1].0));
                if distance < NEAR_M {
                    length += pair[0].distance(&pair[1]);
                    square += distance * distance;
                    count += 1.0;
                    middle = Some(pair[0].0.z);
                }
            }
            let Some(z) = middle.filter(|_| length >= STRETCH_M) else { continue };
            let node = vein.at_z(z);
            let error = (square / f64::max(count, 1.0)).sqrt();
            let size = [2.0 * FILLED[1] * node.semi_v_m, 2.0 * FILLED[0] * node.semi_h_m];
            let depth = arm.depth_below_skin(node.p);
            // Nobody measured the depth: the pop stops the needle, or it goes to where veins usually lie.
            let p = POP_SHARE * chance(size, depth, error, 0.0) + (1.0 - POP_SHARE) * chance(size, depth, error, DEPTH_SD_M);
            best = Seen { found: true, success: best.success.max(p), clarity: f64::NAN };
        }
    }
    best
}

/// Distance from a point to a segment, seen from above [m].
fn lateral(p: &Point3<f64>, a: &Point3<f64>, b: &Point3<f64>) -> f64 {
    let (dx, dz) = (b.x - a.x, b.z - a.z);
    let t = (((p.x - a.x) * dx + (p.z - a.z) * dz) / (dx * dx + dz * dz).max(1e-18)).clamp(0.0, 1.0);
    proband_core::ops::hypot(p.x - a.x - t * dx, p.z - a.z - t * dz)
}

fn cells(spec: &BiasSpec, rows: &[Vec<Option<Seen>>]) -> Vec<BiasCell> {
    let mut out = Vec::new();
    let mut base = 0;
    for fat_m in &spec.fats_m {
        for depth_m in &spec.depths_m {
            let mut at = base + 1;
            for melanin_fraction in &spec.melanin_fractions {
                for wavelength_nm in &spec.wavelengths_nm {
                    for means in [Means::Nir, Means::NirAndUltrasound] {
                        let seen: Vec<Seen> = rows.iter().filter_map(|row| means.of(row[at], row[base])).collect();
                        out.push(cell([*melanin_fraction, *fat_m, *depth_m, *wavelength_nm], means, &seen));
                    }
                    at += 1;
                }
            }
            base += stride(spec);
        }
    }
    out
}

fn cell([melanin_fraction, fat_m, depth_m, wavelength_nm]: [f64; 4], means: Means, seen: &[Seen]) -> BiasCell {
    let n = seen.len() as f64;
    let found = seen.iter().filter(|s| s.found).count() as u32;
    let nothing = Interval { low: f64::NAN, high: f64::NAN };
    let rate = wilson(u64::from(found), seen.len() as u64, 0.95).unwrap_or(nothing);
    let mean = seen.iter().map(|s| s.success).sum::<f64>() / n;
    let variance = seen.iter().map(|s| (s.success - mean) * (s.success - mean)).sum::<f64>() / (n - 1.0).max(1.0);
    let half = 1.96 * (variance / n).sqrt();
    BiasCell {
        melanin_fraction,
        fat_m,
        depth_m,
        wavelength_nm,
        means,
        count: seen.len() as u32,
        found,
        rate,
        success: mean,
        success_interval: Interval { low: (mean - half).max(0.0), high: (mean + half).min(1.0) },
    }
}
