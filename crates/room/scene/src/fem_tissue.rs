//! The needle in finite elements: a piece of arm is meshed where the needle is about to go in, and answers in place of the
//! needle-axis model.

use proband_anatomy::{VesselDeform, VesselNode};
use proband_core::{Needle, Patient, Pose};
use proband_tissue::fem::{LinearSpace, NeedleTube, NeedlingState, PatchModel, PatchSpec, PatchYoung, ShaftPose};
use proband_tissue::{NeedleOutput, NeedlePath, SpanKind, TissueError};
use serde::{Deserialize, Serialize};

use crate::model::SceneModel;
use crate::spec::TICK_S;

/// How far along the needle vessels are looked for [m], and how far beside it they still matter [m].
const LOOK_M: f64 = 0.035;
const BESIDE_M: f64 = 0.012;
/// Step at which a vessel's course is looked at along the arm [m].
const COURSE_STEP_M: f64 = 0.5e-3;
/// How far the entry may move before the skin is touched without the piece being meshed anew [m].
const MOVED_MAX_M: f64 = 4e-3;

/// A piece of arm and the needle in it, as it is saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedSite {
    origin_m: [f64; 3],
    /// Axes of the piece in the patient's own frame.
    axes: [[f64; 3]; 3],
    spec: PatchSpec,
    state: NeedlingState,
}

struct Site {
    saved: SavedSite,
    model: PatchModel,
    space: LinearSpace,
}

/// The piece of arm in use, if the needle is near the skin.
#[derive(Default)]
pub(crate) struct FemTissue {
    site: Option<Site>,
    /// Pieces meshed so far; the factor by which the last one was stiffened to the patient [1].
    pub(crate) meshed_count: u32,
    pub(crate) stiffening: f64,
    pub(crate) just_meshed: bool,
}

type Place = nalgebra::Vector3<f64>;

fn three(v: Place) -> [f64; 3] {
    v.into()
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

impl SavedSite {
    fn direction(&self, v: Place) -> [f64; 3] {
        self.axes.map(|axis| dot(axis, three(v)))
    }

    fn point(&self, p: Place) -> [f64; 3] {
        self.direction(p - Place::from(self.origin_m))
    }

    /// Where a line meets the skin of the piece.
    fn entry(&self, pose: &ShaftPose) -> [f64; 3] {
        let way = if pose.axis[2].abs() > 1e-6 { -pose.tip_m[2] / pose.axis[2] } else { 0.0 };
        std::array::from_fn(|k| pose.tip_m[k] + way * pose.axis[k])
    }
}

impl FemTissue {
    /// The needle is far from the skin.
    pub(crate) fn release(&mut self) {
        self.site = None;
    }

    pub(crate) fn saved(&self) -> Option<&SavedSite> {
        self.site.as_ref().map(|site| &site.saved)
    }

    pub(crate) fn restore(&mut self, saved: Option<SavedSite>) -> Result<(), TissueError> {
        self.site = match saved {
            None => None,
            Some(saved) => Some(Site { model: PatchModel::new(&saved.spec)?, space: LinearSpace::default(), saved }),
        };
        Ok(())
    }

    /// One tick of the needle. `driver_m`: the unbent tip along the needle from its retracted place.
    pub(crate) fn step(
        &mut self,
        scene: &SceneModel,
        deform: &[VesselDeform],
        own: &Pose<Patient, Needle>,
        path: &NeedlePath,
        driver_m: f64,
    ) -> Result<NeedleOutput, TissueError> {
        let keep = self.site.as_ref().is_some_and(|site| {
            let empty = site.saved.state.channel_m(0).is_empty();
            let entry = pose_in(&site.saved, own, driver_m).map_or([f64::INFINITY; 3], |pose| site.saved.entry(&pose));
            !empty || entry.iter().all(|v| v.abs() < MOVED_MAX_M)
        });
        let site = match &mut self.site {
            Some(site) if keep => site,
            place => {
                let made = mesh(scene, deform, own, path)?;
                self.meshed_count += 1;
                self.stiffening = made.model.stiffening();
                self.just_meshed = true;
                place.insert(made)
            }
        };
        let pose = pose_in(&site.saved, own, driver_m)?;
        Ok(site.model.step(&mut site.saved.state, pose, driver_m, TICK_S, &mut site.space))
    }
}

fn pose_in(site: &SavedSite, own: &Pose<Patient, Needle>, driver_m: f64) -> Result<ShaftPose, TissueError> {
    let tip = own.origin().0.coords + own.axis(2).0 * driver_m;
    ShaftPose::new(site.point(tip), site.direction(own.axis(2).0), site.direction(own.axis(0).0))
}

fn mesh(scene: &SceneModel, deform: &[VesselDeform], own: &Pose<Patient, Needle>, path: &NeedlePath) -> Result<Site, TissueError> {
    let arm = &scene.arm_anatomy;
    let axis = own.axis(2).0;
    let entry = own.origin().0.coords + axis * path.skin_m();
    let inward = -arm.skin_normal(entry.x, entry.z).0;
    let shadow = axis - inward * axis.dot(&inward);
    let shadow = if shadow.norm() > 1e-6 { shadow.normalize() } else { inward.cross(&Place::x()).normalize() };
    let across = inward.cross(&shadow);
    let layers = arm.layers_at(entry.x, entry.z);
    let mut saved = SavedSite {
        origin_m: three(entry),
        axes: [three(shadow), three(across), three(inward)],
        spec: PatchSpec {
            skin_m: layers.epidermis_m + layers.dermis_m,
            fat_m: layers.fat_m,
            tubes: Vec::new(),
            axis: [0.0; 3],
            needle: scene.needle.needle().clone(),
            tissue: scene.needle.tissue().clone(),
            young: PatchYoung::usual(),
        },
        state: NeedlingState::default(),
    };
    saved.spec.axis = saved.direction(axis);
    // The distance of a point from the needle's line, ahead of the entry.
    let beside = |p: Place| {
        let way = (p - entry).dot(&axis).clamp(0.0, LOOK_M);
        (p - entry - axis * way).norm()
    };
    for (index, vessel) in arm.vessels().iter().enumerate() {
        let count = (2.0 * LOOK_M / COURSE_STEP_M) as u32;
        let course = (0..=count).map(|i| vessel.at_z(entry.z - LOOK_M + COURSE_STEP_M * f64::from(i)));
        let Some(node) = course.min_by(|a, b| beside(a.p.0.coords).total_cmp(&beside(b.p.0.coords))) else { continue };
        let change = &deform[index];
        let kind = if vessel.is_artery { SpanKind::Artery } else { SpanKind::Vein };
        let semi_m = [node.semi_h_m * change.scale_h, node.semi_v_m * change.scale_v];
        if beside(node.p.0.coords) < BESIDE_M + semi_m[0] && semi_m.iter().all(|s| *s > 1e-4) {
            saved.spec.tubes.push(tube(&saved, kind, index as u16, &node, node.p.0.coords + change.shift.0, semi_m));
        }
    }
    for (kind, tubes) in [(SpanKind::Nerve, arm.nerves()), (SpanKind::Bone, arm.bones())] {
        for (index, one) in tubes.iter().enumerate() {
            let Some(node) = one.nodes.iter().min_by(|a, b| beside(a.p.0.coords).total_cmp(&beside(b.p.0.coords))) else { continue };
            if beside(node.p.0.coords) < BESIDE_M + node.semi_h_m {
                saved.spec.tubes.push(tube(&saved, kind, index as u16, node, node.p.0.coords, [node.semi_h_m, node.semi_v_m]));
            }
        }
    }
    let model = PatchModel::new(&saved.spec)?;
    saved.state = model.state();
    Ok(Site { model, space: LinearSpace::default(), saved })
}

/// A straight tube in the frame of the piece. Forces are those of the patient and set with the mesh.
fn tube(site: &SavedSite, kind: SpanKind, structure: u16, node: &VesselNode, centre: Place, semi_m: [f64; 2]) -> NeedleTube {
    let along = node.tangent.0.normalize();
    let across = (node.lateral().0 - along * node.lateral().0.dot(&along)).normalize();
    NeedleTube {
        kind,
        structure,
        centre_m: site.point(centre),
        along: site.direction(along),
        across: site.direction(across),
        semi_m,
        layer: None,
        entry_n: 0.0,
        exit_n: 0.0,
        clearance_per_chord: 1.0,
        friction: 0.0,
    }
}
