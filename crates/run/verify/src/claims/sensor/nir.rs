//! Light, noise and exposure of the near-infrared camera.

use proband_anatomy::Arm;
use proband_core::{Camera, Direction, Patient, Pose, Position, Stream};
use proband_light::{KernelCamera, SkinOptics};
use proband_sensor::{NirCamera, NirCameraSpec, NirFrame, NirInput, NirSkin, NirSkinModel};
use proband_twin::Population;

use crate::Obtained;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The pixels compared: a patch in the middle of the picture.
const PATCH: std::ops::Range<u32> = 225..255;
const PATCH_X: std::ops::Range<u32> = 305..335;
const EXPOSURE_S: f64 = 2e-3;

/// A camera straight above the elbow.
pub(crate) fn above() -> Pose<Patient, Camera> {
    Pose::from_axes(Position::new(0.0, -0.3, -0.02), Direction::new(1.0, 0.0, 0.0), Direction::new(0.0, 1.0, 0.0))
}

fn frames(spec: &NirCameraSpec, skin: &NirSkin, room: f64, count: u32) -> Result<Vec<NirFrame>, String> {
    let camera = NirCamera::new(spec).map_err(text)?;
    let mut state = camera.start(Stream::new(9, 0, "verify.nir"));
    let input =
        NirInput { time_s: 0.0, skin, pose_patient_camera: above(), pose_patient_camera_measured: above(), ambient_irradiance_w_m2: room };
    Ok((0..count).filter_map(|_| camera.step(&mut state, &input).frame).collect())
}

/// Mean [photoelectrons] and variance of a pixel from pairs of pictures.
fn moments(pictures: &[NirFrame]) -> (f64, f64) {
    let (mut n, mut signal, mut variance) = (0.0, 0.0, 0.0);
    for pair in pictures.chunks_exact(2) {
        for y in PATCH {
            for x in PATCH_X {
                let at = |f: &NirFrame| f.counts.get(x, y).map_or(f64::NAN, |v| f64::from(*v)) * f.full_scale_e;
                let (a, b) = (at(&pair[0]), at(&pair[1]));
                (n, signal, variance) = (n + 1.0, signal + 0.5 * (a + b), variance + 0.5 * (a - b) * (a - b));
            }
        }
    }
    (signal / n, variance / n)
}

pub(crate) fn camera() -> Result<Vec<Obtained>, String> {
    let patient = Population::adult().patient(1, 0).map_err(text)?;
    let arm = Arm::new(&patient.truth.arm).map_err(text)?;
    let optics = SkinOptics { mottle_relative: 0.0, texture_relative: 0.0, hair_density_per_m2: 0.0, ..SkinOptics::reference(850.0, 0.1) };
    let kernels = KernelCamera::new(&optics, arm.spec().fat_m).map_err(text)?;
    let skin = NirSkinModel::new(&arm, &kernels, &Stream::new(2, 0, "verify.nir.skin")).map_err(text)?.skin(&[]);
    let spec = NirCameraSpec {
        exposure_s: [EXPOSURE_S, EXPOSURE_S * (1.0 + 1e-9)],
        glare_passed: 0.0,
        lamp_radius_m: 0.0,
        adc_bits: 16,
        drop_probability: 0.0,
        ..NirCameraSpec::standard()
    };
    let (dark, lit) = (frames(&spec, &skin, 0.0, 60)?, frames(&spec, &skin, spec.lamp_irradiance_w_m2, 60)?);
    let ((signal, variance), (signal_lit, variance_lit)) = (moments(&dark), moments(&lit));
    let fixed = 2.0 * (spec.read_noise_e * spec.read_noise_e + spec.dark_e_per_s * EXPOSURE_S);
    // Room light of the lamp's irradiance adds its photons to both pictures of a pair; the camera sees the skin
    // nearly from where the lamp shines, so that both make the same signal per W/m².
    let room = 2.0 * radiometric(&spec, &skin, &arm, false);
    let settled = frames(&NirCameraSpec::standard(), &skin, 0.5, 8)?;
    let last = settled.last().ok_or("no picture came")?;
    let mut counts: Vec<f32> = last.counts.samples().to_vec();
    counts.sort_by(f32::total_cmp);
    Ok(vec![
        Obtained::new("signal of a flat field over the radiometric sum", signal / radiometric(&spec, &skin, &arm, true)),
        Obtained::new("variance of a pixel over that of its photons and reading, no room light", variance / (signal + fixed)),
        Obtained::new(
            "variance of a pixel over that of its photons and reading, room light as strong as the lamp",
            variance_lit / (signal_lit + room + fixed),
        ),
        Obtained::new("signal with room light over signal without", signal_lit / signal),
        Obtained::new("level of the 95th percentile after eight pictures", f64::from(counts[counts.len() * 95 / 100])),
    ])
}

/// Photoelectrons of a pixel in the patch, worked out apart from the camera: pixel by pixel, on the arm's own surface.
/// `lamp`: by the lamp with its distance and slope; else by room light of the same irradiance.
fn radiometric(spec: &NirCameraSpec, skin: &NirSkin, arm: &Arm, lamp: bool) -> f64 {
    const PLANCK_J_S: f64 = 6.626_070_15e-34;
    const LIGHT_M_S: f64 = 299_792_458.0;
    let photon_j = PLANCK_J_S * LIGHT_M_S / 850e-9;
    let (mut sum, mut n) = (0.0, 0.0);
    for y in PATCH {
        for x in PATCH_X {
            let (u, v) = ((f64::from(x) - 319.5) / spec.focal_px, (f64::from(y) - 239.5) / spec.focal_px);
            let mut range = 0.3;
            for _ in 0..20 {
                range = 0.3 + arm.skin_y(u * range, -0.02 - v * range);
            }
            let (px, pz) = (u * range, -0.02 - v * range);
            let slant2 = 1.0 / (1.0 + u * u + v * v);
            let normal = arm.skin_normal(px, pz).0;
            // Towards lamp and lens: (−u, −1, v)/|…| in the patient's axes.
            let cosine = (-u * normal.x - normal.y + v * normal.z) * slant2.sqrt();
            let distance2 = range * range / slant2;
            let irradiance = spec.lamp_irradiance_w_m2 * if lamp { cosine * slant2.sqrt() * 0.09 / distance2 } else { 1.0 };
            let radiance = irradiance * skin.reflectance_at(px, pz) / std::f64::consts::PI;
            let area = spec.pixel_pitch_m * spec.pixel_pitch_m;
            let power =
                radiance * spec.transmission * area * std::f64::consts::PI / (4.0 * spec.f_number * spec.f_number) * slant2 * slant2;
            sum += spec.quantum_efficiency * EXPOSURE_S * power / photon_j;
            n += 1.0;
        }
    }
    sum / n
}
