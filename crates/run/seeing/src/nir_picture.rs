//! A near-infrared picture of a drawn patient, and where his veins truly are in it.

use nalgebra::Point3;
use proband_anatomy::{Arm, VesselDeform};
use proband_core::{Camera, Direction, Patient, Pose, Position, Stream, ops};
use proband_light::{KernelCamera, SkinOptics};
use proband_procedure::perception::NETWORK_DEPTH_MAX_M;
use proband_sensor::{NirCamera, NirCameraSpec, NirFrame, NirInput, NirSkinModel};
use proband_twin::Population;
use proband_volume::{Plane, gaussian};

use crate::SeeingError;

/// Which patients: the sets share nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// To learn from.
    Train,
    /// To stop, to set thresholds and to calibrate.
    Validation,
    /// To be judged by.
    Test,
}

impl Split {
    /// Number of the first patient of the set.
    #[must_use]
    pub fn first(self) -> u32 {
        match self {
            Self::Train => 0,
            Self::Validation => 1_000_000,
            Self::Test => 2_000_000,
        }
    }
}

/// How the camera looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// From straight above the elbow with the standard lamps, as the robot does.
    Robot,
    /// Any height, turn and place, weak to strong lamps, room light, more and fewer hairs, stronger mottling, some
    /// unsharp: so that a detector does not learn one set-up.
    Varied,
}

/// What lies under a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// No vein.
    Nothing,
    /// A vein that near-infrared light can be asked for.
    Vein,
    /// A vein too deep to be asked for: finding it or not counts neither way.
    TooDeep,
}

/// A picture and its truth.
#[derive(Clone, Debug)]
pub struct MadePicture {
    /// Number of the patient.
    pub patient: u32,
    /// What the camera gave.
    pub frame: NirFrame,
    /// What lies under each pixel.
    pub under: Plane<Under>,
    /// Melanosome fraction of the patient's epidermis [1].
    pub melanin_fraction: f64,
}

/// Veins in view are painted at least this wide [m], half width.
const HALF_WIDTH_MIN_M: f64 = 1e-3;
/// Size of veins under a tourniquet over that at rest: drawn from these ranges (after Mollison: area + 32 % in a minute,
/// mostly by rounding).
const FILLED_H: [f64; 2] = [1.0, 1.15];
const FILLED_V: [f64; 2] = [1.0, 1.25];

/// Picture of patient `number` of a set.
///
/// # Errors
/// [`SeeingError::Patient`] when no arm or picture comes of the draw.
pub fn made_picture(population: &Population, seed: u64, split: Split, number: u32, view: View) -> Result<MadePicture, SeeingError> {
    let index = split.first() + number;
    let fail = |what: String| SeeingError::Patient { index, what };
    let patient = population.patient(seed, index).map_err(|e| fail(e.to_string()))?;
    let mut stream = Stream::new(seed, index, "seeing.nir");
    let arm = Arm::new(&patient.truth.arm).map_err(|e| fail(e.to_string()))?;
    let mut optics = patient.truth.optics.clone();
    if view == View::Varied {
        optics.mottle_relative = (optics.mottle_relative * stream.uniform_in(0.7, 2.0)).min(0.15);
        optics.hair_density_per_m2 = (optics.hair_density_per_m2 * stream.uniform_in(0.0, 2.0)).min(5e4);
    }
    let filled = [stream.uniform_in(FILLED_H[0], FILLED_H[1]), stream.uniform_in(FILLED_V[0], FILLED_V[1])];
    let (frame, pose) = picture_of(&arm, &optics, filled, view, &mut stream).map_err(fail)?;
    let under = truth(&arm, &frame, &pose, filled);
    Ok(MadePicture { patient: index, frame, under, melanin_fraction: optics.melanin_fraction })
}

/// Frame and true pose.
fn picture_of(
    arm: &Arm,
    optics: &SkinOptics,
    filled: [f64; 2],
    view: View,
    stream: &mut Stream,
) -> Result<(NirFrame, Pose<Patient, Camera>), String> {
    let mut spec = NirCameraSpec { drop_probability: 0.0, ..NirCameraSpec::standard() };
    let (mut turn, mut at, mut ambient, mut blur) = (0.0, [0.0, -0.3, -0.02], 0.5, 0.0);
    if view == View::Varied {
        turn = stream.uniform_in(0.0, std::f64::consts::TAU);
        at = [stream.uniform_in(-0.015, 0.015), -stream.uniform_in(0.26, 0.36), stream.uniform_in(-0.05, 0.02)];
        spec.lamp_irradiance_w_m2 = 20.0 * ops::exp(stream.uniform_in(-2.3, 0.7));
        ambient = stream.uniform_in(0.0, 5.0);
        blur = (stream.uniform_in(-1.5, 2.0)).max(0.0);
    }
    let (sin, cos) = ops::sin_cos(turn);
    let pose = Pose::from_axes(Position::new(at[0], at[1], at[2]), Direction::new(cos, 0.0, sin), Direction::new(0.0, 1.0, 0.0));
    let mut frame = shot(arm, optics, filled, &spec, pose, ambient, stream)?;
    if blur > 0.1 {
        frame.counts = gaussian(&frame.counts, blur as f32).map_err(|e| e.to_string())?;
    }
    Ok((frame, pose))
}

/// The third picture that a camera takes: exposure control needs two.
///
/// # Errors
/// What went wrong, in words.
pub fn shot(
    arm: &Arm,
    optics: &SkinOptics,
    filled: [f64; 2],
    spec: &NirCameraSpec,
    pose: Pose<Patient, Camera>,
    ambient_irradiance_w_m2: f64,
    stream: &mut Stream,
) -> Result<NirFrame, String> {
    let kernels = KernelCamera::new(optics, arm.spec().fat_m).map_err(|e| e.to_string())?;
    let model = NirSkinModel::new(arm, &kernels, &stream.child(1)).map_err(|e| e.to_string())?;
    let full = VesselDeform { scale_h: filled[0], scale_v: filled[1], ..VesselDeform::none() };
    let deform: Vec<VesselDeform> = arm.vessels().iter().map(|v| if v.is_artery { VesselDeform::none() } else { full }).collect();
    let skin = model.skin(&deform);
    let camera = NirCamera::new(spec).map_err(|e| e.to_string())?;
    let mut state = camera.start(stream.child(2));
    let input =
        NirInput { time_s: 0.0, skin: &skin, pose_patient_camera: pose, pose_patient_camera_measured: pose, ambient_irradiance_w_m2 };
    (0..3).filter_map(|_| camera.step(&mut state, &input).frame).last().ok_or_else(|| "no picture came".to_owned())
}

/// Paint the veins where the camera sees the skin above them.
fn truth(arm: &Arm, frame: &NirFrame, pose: &Pose<Patient, Camera>, filled: [f64; 2]) -> Plane<Under> {
    let mut under = Plane::like(&frame.counts, Under::Nothing);
    let middle = [f64::from(frame.counts.width()), f64::from(frame.counts.height())].map(|side| 0.5 * (side - 1.0));
    let from_patient = pose.0.inverse();
    // Shallow veins last: where two cross in the picture, the one that shows counts.
    for deep in [true, false] {
        for vein in arm.vessels().iter().filter(|v| !v.is_artery) {
            for pair in vein.nodes.windows(2) {
                let foot = |n: &proband_anatomy::VesselNode| -> (Point3<f64>, f64, f64) {
                    let depth = arm.depth_below_skin(n.p);
                    (n.p.0 - n.inward.0 * depth, depth - filled[1] * n.semi_v_m, (filled[0] * n.semi_h_m).max(HALF_WIDTH_MIN_M))
                };
                let (a, b) = (foot(&pair[0]), foot(&pair[1]));
                let steps = ((b.0 - a.0).norm() / 0.3e-3).ceil().clamp(1.0, 200.0) as u32;
                for i in 0..steps {
                    let t = f64::from(i) / f64::from(steps);
                    let (top_m, half_m) = (a.1 + t * (b.1 - a.1), a.2 + t * (b.2 - a.2));
                    if (top_m > NETWORK_DEPTH_MAX_M) != deep {
                        continue;
                    }
                    let p = from_patient * nalgebra::Point3::from(a.0.coords.lerp(&b.0.coords, t));
                    if p.z < 0.05 {
                        continue;
                    }
                    let scale = frame.focal_px / p.z;
                    disc(
                        &mut under,
                        [p.x * scale + middle[0], p.y * scale + middle[1]],
                        half_m * scale,
                        if deep { Under::TooDeep } else { Under::Vein },
                    );
                }
            }
        }
    }
    under
}

fn disc(under: &mut Plane<Under>, centre: [f64; 2], radius: f64, value: Under) {
    let reach = radius.ceil() as i64;
    let (cx, cy) = (centre[0].round() as i64, centre[1].round() as i64);
    for y in cy - reach..=cy + reach {
        for x in cx - reach..=cx + reach {
            let (dx, dy) = (x as f64 - centre[0], y as f64 - centre[1]);
            if x >= 0 && y >= 0 && dx * dx + dy * dy <= radius * radius {
                under.set(x as u32, y as u32, value);
            }
        }
    }
}
