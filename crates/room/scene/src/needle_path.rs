//! From geometry to the needle's one dimension: what lies along the axis now.

use proband_anatomy::{Arm, Crossing, Ray, Structure, VesselDeform};
use proband_core::{Needle, Patient, Pose};
use proband_tissue::{Medium, NeedlePath, Span, SpanKind};

/// How far ahead of the retracted tip the axis is followed [m].
const PATH_LENGTH_M: f64 = 0.075;

/// Layers and structures along the needle's axis.
///
/// `pose_patient_needle0`: the unbent needle with its driver retracted, in the patient's own frame (the arm's
/// movement taken out). Coordinates of the path are driver positions [m]. Returns `None` when the axis misses the skin.
pub(crate) fn path_along(
    arm: &Arm,
    deform: &[VesselDeform],
    pose_patient_needle0: &Pose<Patient, Needle>,
    track: u32,
    crossings: &mut Vec<Crossing>,
) -> Option<NeedlePath> {
    let ray = Ray { origin: pose_patient_needle0.origin(), direction: pose_patient_needle0.axis(2), length_m: PATH_LENGTH_M };
    let layers = arm.interfaces(&ray);
    if !layers.skin_m.is_finite() {
        return None;
    }
    let mut path = NeedlePath::new(track, layers.skin_m);
    if layers.fat_m.is_finite() {
        path.push_layer(Medium::Fat, layers.fat_m);
        if layers.muscle_m.is_finite() {
            path.push_layer(Medium::Muscle, layers.muscle_m);
        }
    }
    arm.crossings(&ray, deform, crossings);
    for crossing in crossings.iter() {
        let (kind, structure) = match crossing.structure {
            Structure::Vessel(index) => {
                let artery = arm.vessels().get(usize::from(index)).is_some_and(|v| v.is_artery);
                (if artery { SpanKind::Artery } else { SpanKind::Vein }, index)
            }
            Structure::Nerve(index) => (SpanKind::Nerve, index),
            Structure::Bone(index) => (SpanKind::Bone, index),
        };
        path.push_span(Span {
            kind,
            structure,
            enter_m: crossing.enter_m,
            exit_m: crossing.exit_m,
            offset_m: crossing.offset_m,
            half_width_m: crossing.semi_lateral_m,
        });
    }
    Some(path)
}
