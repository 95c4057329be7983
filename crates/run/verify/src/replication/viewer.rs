//! Whether a near-infrared picture shows the vein of a place.

use proband_anatomy::{Arm, VesselDeform};
use proband_core::Stream;
use proband_light::KernelCamera;
use proband_procedure::perception::detect_nir;
use proband_run::trial::Palpated;
use proband_sensor::{NirCamera, NirCameraSpec, NirInput, NirSkinModel};
use proband_twin::Truth;

use crate::claims::above;

/// Confidence from which a line counts: the controller's.
const BELIEVED: f64 = 0.35;
/// A line and a place within this of each other are the same vein [m].
const NEAR_M: f64 = 3e-3;
/// Size of the veins under a tourniquet over that at rest (after Mollison: area + 32 % in a minute, mostly by rounding).
const FILLED: [f64; 2] = [1.1, 1.2];

/// Whether a line that the detector believes passes the true vein under a place.
///
/// # Errors
/// A picture that cannot be taken.
pub(super) fn shows(arm: &Arm, truth: &Truth, place: &Palpated, seed: u64, number: u32) -> Result<bool, String> {
    let text = |e: &dyn std::fmt::Display| e.to_string();
    let camera = NirCamera::new(&NirCameraSpec { drop_probability: 0.0, ..NirCameraSpec::standard() }).map_err(|e| text(&e))?;
    let kernels = KernelCamera::new(&truth.optics, arm.spec().fat_m).map_err(|e| text(&e))?;
    let model = NirSkinModel::new(arm, &kernels, &Stream::new(seed, number, "replication.skin")).map_err(|e| text(&e))?;
    let full = VesselDeform { scale_h: FILLED[0], scale_v: FILLED[1], ..VesselDeform::none() };
    let deform: Vec<VesselDeform> = arm.vessels().iter().map(|v| if v.is_artery { VesselDeform::none() } else { full }).collect();
    let skin = model.skin(&deform);
    let mut state = camera.start(Stream::new(seed, number, "replication.camera"));
    let input = NirInput {
        time_s: 0.0,
        skin: &skin,
        pose_patient_camera: above(),
        pose_patient_camera_measured: above(),
        ambient_irradiance_w_m2: 0.5,
    };
    // Three pictures: exposure control needs two.
    let frame = (0..3).filter_map(|_| camera.step(&mut state, &input).frame).last().ok_or("no picture came")?;
    let lines = detect_nir(&frame);
    let [x, _, z]: [f64; 3] = std::array::from_fn(|i| place.entry_m[i] + place.direction[i] * place.run_m);
    // The vein itself, not where the finger takes it to be.
    let vessel = arm.vessels().iter().find(|v| v.kind.name() == place.vein).ok_or("no such vein")?;
    let nodes = vessel.nodes.iter().map(|n| (n.p.0.x, n.p.0.z));
    let foot = nodes.min_by(|a, b| (a.1 - z).abs().total_cmp(&(b.1 - z).abs())).unwrap_or((x, z));
    let believed = lines.edges.iter().filter(|e| e.confidence >= BELIEVED);
    Ok(believed.flat_map(|e| e.path_patient.windows(2)).any(|w| {
        let (a, b) = ((w[0].0.x, w[0].0.z), (w[1].0.x, w[1].0.z));
        let (dx, dz) = (b.0 - a.0, b.1 - a.1);
        let t = (((foot.0 - a.0) * dx + (foot.1 - a.1) * dz) / (dx * dx + dz * dz).max(1e-18)).clamp(0.0, 1.0);
        proband_core::ops::hypot(foot.0 - a.0 - t * dx, foot.1 - a.1 - t * dz) < NEAR_M
    }))
}
