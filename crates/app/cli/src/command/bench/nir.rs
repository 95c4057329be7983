//! The in-loop near-infrared picture: frames per second of one core beside its error against photons.

use proband_anatomy::{Arm, VesselDeform};
use proband_core::{Camera, Direction, Patient, Pose, Position, Stream};
use proband_light::KernelCamera;
use proband_sensor::{NirCamera, NirCameraSpec, NirInput, NirSkinModel, PATCH_PIXELS, compare_patch, draw_patch};
use proband_twin::Population;

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "nir", what: "the near-infrared camera's picture", run };

/// Pictures timed.
const FRAMES: u32 = 60;
/// Pictures per second that the camera takes.
const WANTED_1_S: f64 = 30.0;
/// Patches compared with photons, and photons for each: a short form of the claim `nir-patches`.
const PATCHES: u32 = 6;
const PHOTONS: u64 = 50_000;

/// A camera over the elbow of a drawn adult; each picture with the veins as they are then.
fn frames() -> Result<f64, Failure> {
    let patient = Population::adult().patient(1, 0).map_err(Failure::of)?;
    let arm = Arm::new(&patient.truth.arm).map_err(Failure::of)?;
    let kernels = KernelCamera::new(&patient.truth.optics, arm.spec().fat_m).map_err(Failure::of)?;
    let model = NirSkinModel::new(&arm, &kernels, &Stream::new(1, 0, "bench.nir.skin")).map_err(Failure::of)?;
    let camera = NirCamera::new(&NirCameraSpec::standard()).map_err(Failure::of)?;
    let mut state = camera.start(Stream::new(1, 0, "bench.nir"));
    let pose: Pose<Patient, Camera> =
        Pose::from_axes(Position::new(0.0, -0.3, -0.02), Direction::new(1.0, 0.0, 0.0), Direction::new(0.0, 1.0, 0.0));
    let (taken, times) = timed(|| {
        (0..FRAMES)
            .filter(|frame| {
                let scale = 1.0 + 0.001 * f64::from(*frame);
                let deform = vec![VesselDeform { scale_h: scale, scale_v: scale, ..VesselDeform::none() }; arm.vessels().len()];
                let skin = model.skin(&deform);
                let input = NirInput {
                    time_s: f64::from(*frame) / WANTED_1_S,
                    skin: &skin,
                    pose_patient_camera: pose,
                    pose_patient_camera_measured: pose,
                    ambient_irradiance_w_m2: 0.5,
                };
                camera.step(&mut state, &input).frame.is_some()
            })
            .count()
    });
    if taken == 0 { Err(Failure::of("no picture came")) } else { Ok(f64::from(FRAMES) / times.cpu_s) }
}

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let rate = frames()?;
    let (mut square, mut noise, mut cpu_s) = (0.0, 0.0, 0.0);
    for index in 0..PATCHES {
        interrupt.check()?;
        let patch = draw_patch(2_026, index);
        let (photons, times) = timed(|| patch.picture(PHOTONS, 100 + u64::from(index), PATCH_PIXELS));
        cpu_s += times.cpu_s;
        let found = compare_patch(&patch, &photons.map_err(Failure::of)?).map_err(Failure::of)?;
        square += found.rms * found.rms;
        noise += found.rms_noise * found.rms_noise;
    }
    let count = f64::from(PATCHES);
    let own = 100.0 * ((square - noise).max(0.0) / count).sqrt();
    let (rms, noise) = (100.0 * (square / count).sqrt(), 100.0 * (noise / count).sqrt());
    let error = format!("rms {rms:.2} % of {PATCHES} photon pictures whose own noise is {noise:.2} %: {own:.2} %");
    Ok(Outcome {
        rows: vec![
            Row {
                what: "640 x 480, veins, lamps, lens, noise, exposure".into(),
                value: rate,
                unit: "frames/CPU-s",
                against: Some((format!("{WANTED_1_S:.0} frames/s of the camera, one core"), rate / WANTED_1_S)),
                error,
            },
            Row {
                what: "photons through a patch of forearm with veins, for comparison".into(),
                value: count * PHOTONS as f64 / cpu_s / 1e3,
                unit: "1000 photons/CPU-s",
                against: None,
                error: format!("noise {noise:.2} % per pixel of 2 mm at {PHOTONS} photons"),
            },
        ],
        note: "The claim nir-patches compares 20 patches with 400 000 photons each.".into(),
    })
}
