//! What lies under and beside the superficial veins: artery, nerves, bones.

use nalgebra::{Point3, Vector3};

use crate::course::{Course, nodes_from, smoothstep};
use crate::gap::extent;
use crate::skin::{Skin, x_of_medial};
use crate::{Arm, ArmSpec, Tube, TubeKind, Vessel, VesselKind};

const NODE_SPACING_M: f64 = 0.003;
/// Fork of the brachial artery, at the neck of the radius; prior: unverified.
pub(crate) const ARTERY_Z_MIN_M: f64 = -0.025;
/// Drift of the artery towards the midline of the body per length towards the head [1]; prior: unverified.
const ARTERY_DRIFT: f64 = 0.08;
/// How much the median nerve dives between the heads of the pronator below the crease [m]; prior: unverified.
pub(crate) const MEDIAN_NERVE_DIVE_M: f64 = 0.004;
/// Where the lateral cutaneous nerve comes to the cephalic vein: 6 mm below the crease on average, leaving it
/// 70 mm below (Ann Rehabil Med 2017; 41:421, 30 forearms); it runs on to the end of the window here.
const LATERAL_NERVE_Z_MAX_M: f64 = -0.006;
/// Clearance of a cutaneous nerve from any vein [m].
const NERVE_CLEARANCE_M: f64 = 0.0004;
/// Veins further off along the arm than this do not concern a nerve [m].
const VEIN_REACH_M: f64 = 0.010;

type AxisPoint = (Point3<f64>, Vector3<f64>, f64, f64);

fn stations(z_min: f64, z_max: f64) -> impl Iterator<Item = f64> + Clone {
    let count = ((z_max - z_min) / NODE_SPACING_M).ceil().max(2.0) as u32;
    (0..=count).map(move |i| z_min + (z_max - z_min) * f64::from(i) / f64::from(count))
}

fn artery_axis(spec: &ArmSpec, skin: &Skin, z: f64) -> (Point3<f64>, Vector3<f64>) {
    let x = x_of_medial(spec.side, spec.artery.medial_m + ARTERY_DRIFT * z);
    (skin.below(x, z, spec.artery.depth_m + 0.5 * spec.artery.diameter_m), skin.inward(x, z))
}

/// The brachial artery.
pub(crate) fn artery(spec: &ArmSpec, skin: &Skin) -> Vessel {
    let radius = 0.5 * spec.artery.diameter_m;
    let points = stations(ARTERY_Z_MIN_M, Arm::Z_MAX_M).map(|z| {
        let (p, inward) = artery_axis(spec, skin, z);
        (p, inward, radius, radius)
    });
    Vessel {
        kind: VesselKind::BrachialArtery,
        nodes: nodes_from(points.collect()),
        wall_m: spec.artery.wall_m,
        valves_arc_m: Vec::new(),
        is_artery: true,
    }
}

/// Median nerve, medial of the artery, and the two cutaneous nerves beside and under their veins.
pub(crate) fn nerves(spec: &ArmSpec, skin: &Skin, veins: &[Vessel], courses: &[(VesselKind, Course)]) -> Vec<Tube> {
    let n = &spec.nerves;
    let median = stations(-0.060, Arm::Z_MAX_M).map(|z| {
        let (p, inward) = artery_axis(spec, skin, z);
        let medial = x_of_medial(spec.side, 1.0) * Vector3::x();
        let medial = (medial - inward * inward.dot(&medial)).normalize();
        let dive = MEDIAN_NERVE_DIVE_M * smoothstep((-0.015 - z) / 0.030);
        (p + medial * n.median_offset_m + inward * dive, inward, n.median_radius_m, n.median_radius_m)
    });
    let mut tubes = vec![Tube { kind: TubeKind::MedianNerve, nodes: nodes_from(median.collect()) }];
    let companions = [
        (TubeKind::MedialCutaneousNerve, VesselKind::Basilic, -1.0, Arm::Z_MAX_M),
        (TubeKind::LateralCutaneousNerve, VesselKind::Cephalic, 1.0, LATERAL_NERVE_Z_MAX_M),
    ];
    for (kind, companion, towards_middle, z_max) in companions {
        let found = courses.iter().position(|(k, _)| *k == companion);
        let Some((index, course)) = found.and_then(|i| Some((veins.iter().position(|v| v.kind == companion)?, &courses[i].1))) else {
            continue;
        };
        let z_max = z_max.min(course.range().1);
        let medial_side = towards_middle * spec.side.medial_sign();
        let points = cutaneous(spec, &veins[index], medial_side, veins, (course.range().0, z_max));
        tubes.push(Tube { kind, nodes: nodes_from(points) });
    }
    tubes
}

/// A nerve on one side of its companion vein, as shallow as all veins allow.
fn cutaneous(spec: &ArmSpec, companion: &Vessel, x_sign: f64, veins: &[Vessel], (z_min, z_max): (f64, f64)) -> Vec<AxisPoint> {
    let radius = spec.nerves.cutaneous_radius_m;
    let beside: Vec<(Point3<f64>, Vector3<f64>)> = stations(z_min, z_max)
        .map(|z| {
            let node = companion.at_z(z);
            let gap = node.semi_h_m + companion.wall_m + spec.nerves.cutaneous_gap_m + radius;
            (node.p.0 + node.lateral().0 * (x_sign * gap), node.inward.0)
        })
        .collect();
    let dive: Vec<f64> = beside.iter().map(|(p, inward)| dive_under(p, inward, radius, companion.kind, veins)).collect();
    // Widest dive of the neighbourhood, then its mean: never shallower than needed, and smooth.
    let near = |i: usize, values: &[f64]| -> Vec<f64> { values[i.saturating_sub(3)..(i + 4).min(values.len())].to_vec() };
    let widest: Vec<f64> = (0..dive.len()).map(|i| near(i, &dive).into_iter().fold(0.0, f64::max)).collect();
    let smooth = (0..widest.len()).map(|i| {
        let window = near(i, &widest);
        window.iter().sum::<f64>() / window.len() as f64
    });
    beside.iter().zip(smooth).map(|((p, inward), d)| (p + inward * d, *inward, radius, radius)).collect()
}

/// How far a point must go inwards to pass under every vein that it meets on the way [m].
///
/// A vein counts as the box around its cross-section, so that the nerve clears it at any depth from there on. The
/// companion vein lies beside the nerve and is not passed under.
fn dive_under(p: &Point3<f64>, inward: &Vector3<f64>, radius: f64, companion: VesselKind, veins: &[Vessel]) -> f64 {
    let mut dive: f64 = 0.0;
    for vein in veins.iter().filter(|v| v.kind != companion) {
        let first = vein.nodes.partition_point(|n| n.p.0.z < p.z - VEIN_REACH_M);
        let last = vein.nodes.partition_point(|n| n.p.0.z <= p.z + VEIN_REACH_M);
        for node in &vein.nodes[first..last] {
            let d = node.p.0 - p;
            let deeper = d.dot(inward);
            let aside2 = d.norm_squared() - deeper * deeper;
            let clear = vein.wall_m + radius + NERVE_CLEARANCE_M;
            let reach = node.semi_h_m.max(node.semi_v_m) + clear;
            if aside2 < reach * reach {
                dive = dive.max(deeper + extent(node, inward) + clear);
            }
        }
    }
    dive
}

/// Humerus, radius and ulna.
pub(crate) fn bones(spec: &ArmSpec, skin: &Skin) -> Vec<Tube> {
    let b = &spec.bones;
    let tube = |kind, medial: f64, deeper: f64, radius: f64, z_min, z_max| {
        let points = stations(z_min, z_max).map(|z| {
            // The bones keep their place in the thickness of the arm.
            let thickness = skin.section(z).half_height / skin.section(0.0).half_height;
            let p = Point3::new(x_of_medial(spec.side, medial), skin.y(0.0, z) + (b.depth_m + deeper) * thickness, z);
            (p, Vector3::y(), radius, radius)
        });
        Tube { kind, nodes: nodes_from(points.collect()) }
    };
    vec![
        tube(TubeKind::Humerus, 0.0, 0.0, 1.3 * b.radius_m, -0.004, Arm::Z_MAX_M),
        tube(TubeKind::Radius, -b.spread_m, 0.0, b.radius_m, Arm::Z_MIN_M, -0.012),
        tube(TubeKind::Ulna, b.spread_m, 0.2 * b.radius_m, b.radius_m, Arm::Z_MIN_M, -0.012),
    ]
}
