//! How much of the veins of a drawn population shows in near infrared.

use nalgebra::Point3;
use proband_anatomy::{Arm, VesselDeform};
use proband_core::Stream;
use proband_light::KernelCamera;
use proband_procedure::perception::{NirDetection, detect_nir};
use proband_sensor::{NirCamera, NirCameraSpec, NirInput, NirSkinModel};
use proband_twin::Population;

use crate::Obtained;
use crate::claims::sensor::nir::above;

const SEED: u64 = 4_711;
const PICTURES: u32 = 60;
/// Confidence from which the controller follows a line.
const BELIEVED: f64 = 0.35;
/// A line and a vein within this of each other are the same [m].
const NEAR_M: f64 = 3e-3;
/// Part of the arm that the camera sees [m].
const WINDOW_M: std::ops::Range<f64> = -0.085..0.045;
/// Size of the veins under a tourniquet over that at rest (after Mollison: area + 32 % in a minute, mostly by rounding).
const FILLED: [f64; 2] = [1.1, 1.2];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[derive(Default)]
struct Sums {
    pictures: f64,
    there: [f64; 4],
    found: [f64; 4],
    believed_m: f64,
    on_vein_m: f64,
    square: f64,
    points: f64,
}

pub(crate) fn detection() -> Result<Vec<Obtained>, String> {
    let population = Population::adult();
    let camera = NirCamera::new(&NirCameraSpec { drop_probability: 0.0, ..NirCameraSpec::standard() }).map_err(text)?;
    let mut sums = Sums::default();
    for index in 0..PICTURES {
        let patient = population.patient(SEED, index).map_err(text)?;
        let arm = Arm::new(&patient.truth.arm).map_err(text)?;
        let kernels = KernelCamera::new(&patient.truth.optics, arm.spec().fat_m).map_err(text)?;
        let model = NirSkinModel::new(&arm, &kernels, &Stream::new(SEED, index, "verify.nir.skin")).map_err(text)?;
        let full = VesselDeform { scale_h: FILLED[0], scale_v: FILLED[1], ..VesselDeform::none() };
        let deform: Vec<VesselDeform> = arm.vessels().iter().map(|v| if v.is_artery { VesselDeform::none() } else { full }).collect();
        let skin = model.skin(&deform);
        let mut state = camera.start(Stream::new(SEED, index, "verify.nir.camera"));
        let input = NirInput {
            time_s: 0.0,
            skin: &skin,
            pose_patient_camera: above(),
            pose_patient_camera_measured: above(),
            ambient_irradiance_w_m2: 0.5,
        };
        // Three pictures: exposure control needs two.
        let frame = (0..3).filter_map(|_| camera.step(&mut state, &input).frame).last().ok_or("no picture came")?;
        sums.add(&arm, &detect_nir(&frame));
    }
    let share = |band: usize| sums.found[band] / sums.there[band].max(1e-9);
    Ok(vec![
        Obtained::new("pictures", sums.pictures),
        Obtained::new("length found, tops less than 3 mm deep", share(0)),
        Obtained::new("length found, tops 3 to 4.5 mm deep", share(1)),
        Obtained::new("length found, tops more than 6 mm deep", share(3)),
        Obtained::new("believed length that lies on a vein", sums.on_vein_m / sums.believed_m.max(1e-9)),
        Obtained::new("believed length off any vein per picture", 1e3 * (sums.believed_m - sums.on_vein_m) / sums.pictures),
        Obtained::new("lateral error, rms", 1e3 * (sums.square / sums.points.max(1.0)).sqrt()),
    ])
}

/// A place of a vein projected onto the skin.
struct Foot {
    p: Point3<f64>,
    top_m: f64,
}

impl Sums {
    fn add(&mut self, arm: &Arm, found: &NirDetection) {
        self.pictures += 1.0;
        let veins: Vec<Vec<Foot>> = arm
            .vessels()
            .iter()
            .filter(|v| !v.is_artery)
            .map(|vein| {
                let foot = |n: &proband_anatomy::VesselNode| {
                    let depth = arm.depth_below_skin(n.p);
                    Foot { p: n.p.0 - n.inward.0 * depth, top_m: depth - FILLED[1] * n.semi_v_m }
                };
                vein.nodes.iter().map(foot).collect()
            })
            .collect();
        let edges: Vec<_> = found.edges.iter().filter(|e| e.confidence >= BELIEVED).collect();
        for foot in veins.iter().flat_map(|v| v.iter()).filter(|f| WINDOW_M.contains(&f.p.z)) {
            let band = [3e-3, 4.5e-3, 6e-3].iter().filter(|limit| foot.top_m >= **limit).count();
            self.there[band] += 1.0;
            let seen = edges.iter().any(|e| e.path_patient.windows(2).any(|w| lateral(&foot.p, &w[0].0, &w[1].0) < NEAR_M));
            self.found[band] += f64::from(u8::from(seen));
        }
        for pair in edges.iter().flat_map(|e| e.path_patient.windows(2)) {
            let length = pair[0].distance(&pair[1]);
            let middle = nalgebra::center(&pair[0].0, &pair[1].0);
            let off = veins.iter().flat_map(|v| v.windows(2)).map(|w| lateral(&middle, &w[0].p, &w[1].p)).fold(f64::INFINITY, f64::min);
            self.believed_m += length;
            if off < NEAR_M {
                self.on_vein_m += length;
                self.square += off * off;
                self.points += 1.0;
            }
        }
    }
}

/// Distance from a point to a segment, seen from above (x and z) [m].
fn lateral(p: &Point3<f64>, a: &Point3<f64>, b: &Point3<f64>) -> f64 {
    let (dx, dz) = (b.x - a.x, b.z - a.z);
    let t = (((p.x - a.x) * dx + (p.z - a.z) * dz) / (dx * dx + dz * dz).max(1e-18)).clamp(0.0, 1.0);
    proband_core::ops::hypot(p.x - a.x - t * dx, p.z - a.z - t * dz)
}
