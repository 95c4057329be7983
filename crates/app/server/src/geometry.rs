//! What of a scene does not change: skin, vessels, nerves, bones and the words for it, as JSON.

use proband_anatomy::{Arm, VesselNode};
use proband_procedure::Phase;
use proband_run::session::LiveSession;
use serde::Serialize;

use crate::frame::{FRAME_VERSION, SIGNALS, Signal};

/// Rows of the skin's grid along the arm, and points across.
const SKIN_GRID: (u32, u32) = (73, 49);
/// Points of a tube's axis that are sent at most.
const TUBE_POINTS_MAX: usize = 96;

/// Everything that a viewer needs once.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Geometry {
    pub frame_version: u32,
    pub twin: String,
    pub seed: u64,
    pub patient: u32,
    pub side: String,
    pub signals: &'static [Signal],
    pub phases: Vec<&'static str>,
    pub skin: Grid,
    /// Thickness of skin and of fat in the middle of the elbow crease [m].
    pub layers_m: [f64; 2],
    pub tubes: Vec<Tube>,
    /// Always true: the program is not a medical device.
    pub not_a_device: bool,
}

/// The palm-side skin: points [m], shape [rows along the arm, columns across, 3].
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Grid {
    pub rows: u32,
    pub columns: u32,
    pub points_m: Vec<f32>,
}

/// A vessel, nerve or bone: an axis with elliptic sections.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tube {
    pub name: &'static str,
    /// `vein`, `artery`, `nerve` or `bone`.
    pub kind: &'static str,
    /// Index in the frame's list of vessels; none for nerves and bones.
    pub vessel: Option<u32>,
    /// Per point: axis x y z, tangent x y z, inward x y z, half width, half height, arc length [m].
    pub nodes: Vec<[f32; 12]>,
}

/// The geometry of a session's patient.
pub(crate) fn geometry_of(session: &LiveSession) -> Geometry {
    let (arm, spec) = (session.scene().anatomy(), session.spec());
    let layers = arm.layers_at(0.0, -0.03);
    let vessels = arm.vessels().iter().enumerate().map(|(index, vessel)| Tube {
        name: vessel.kind.name(),
        kind: if vessel.is_artery { "artery" } else { "vein" },
        vessel: Some(index as u32),
        nodes: thinned(&vessel.nodes),
    });
    let nerves = arm.nerves().iter().map(|tube| Tube { name: tube.kind.name(), kind: "nerve", vessel: None, nodes: thinned(&tube.nodes) });
    let bones = arm.bones().iter().map(|tube| Tube { name: tube.kind.name(), kind: "bone", vessel: None, nodes: thinned(&tube.nodes) });
    Geometry {
        frame_version: FRAME_VERSION,
        twin: spec.twin.person.pseudonym.clone(),
        seed: spec.seed,
        patient: spec.patient,
        side: format!("{:?}", spec.twin.person.side).to_lowercase(),
        signals: &SIGNALS,
        phases: Phase::ALL.iter().map(|phase| phase.name()).collect(),
        skin: skin(arm),
        layers_m: [layers.epidermis_m + layers.dermis_m, layers.fat_m],
        tubes: vessels.chain(nerves).chain(bones).collect(),
        not_a_device: true,
    }
}

fn skin(arm: &Arm) -> Grid {
    let (rows, columns) = SKIN_GRID;
    let mut points_m = Vec::with_capacity((rows * columns * 3) as usize);
    for row in 0..rows {
        let z = Arm::Z_MIN_M + (Arm::Z_MAX_M - Arm::Z_MIN_M) * f64::from(row) / f64::from(rows - 1);
        let half = arm.half_width_m(z);
        for column in 0..columns {
            // Denser at the sides, where the skin falls away.
            let across = 2.0 * f64::from(column) / f64::from(columns - 1) - 1.0;
            let x = half * proband_core::ops::sin(0.5 * std::f64::consts::PI * across);
            let p = arm.skin_point(x, z);
            points_m.extend([p.0.x as f32, p.0.y as f32, p.0.z as f32]);
        }
    }
    Grid { rows, columns, points_m }
}

fn thinned(nodes: &[VesselNode]) -> Vec<[f32; 12]> {
    let step = nodes.len().div_ceil(TUBE_POINTS_MAX).max(1);
    let last = nodes.len().saturating_sub(1);
    let kept = nodes.iter().enumerate().filter(|(index, _)| index % step == 0 || *index == last);
    kept.map(|(_, node)| {
        let (p, t, i) = (node.p.0, node.tangent.0, node.inward.0);
        [p.x, p.y, p.z, t.x, t.y, t.z, i.x, i.y, i.z, node.semi_h_m, node.semi_v_m, node.arc_m].map(|v| v as f32)
    })
    .collect()
}
