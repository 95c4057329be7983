//! Does the built arm hold together: veins in the fat, artery under the veins, nothing through anything else.

use nalgebra::{Point3, Vector3};
use proband_core::ops;

use crate::fat::FatMap;
use crate::gap::{extent, gap};
use crate::skin::Skin;
use crate::{AnatomyError, ArmSpec, Tube, Vessel, VesselNode};

/// Nodes further apart along z than this are not compared [m].
const COMPARE_REACH_M: f64 = 0.020;
/// Greatest part of a vein that may run inside the vein that it joins [1].
const JOINED_FRACTION_MAX: f64 = 0.6;
/// Longest distance from a joint at which veins may still be one [m]. Veins meet at sharp angles.
const JOINT_REACH_M: f64 = 0.006;

/// Check the geometry of an arm.
pub(crate) fn check_fit(
    spec: &ArmSpec,
    skin: &Skin,
    fat: &FatMap,
    vessels: &[Vessel],
    nerves: &[Tube],
    bones: &[Tube],
) -> Result<(), AnatomyError> {
    for vessel in vessels {
        check_bends(vessel.kind.name(), &vessel.nodes)?;
    }
    let (veins, artery): (Vec<&Vessel>, Vec<&Vessel>) = vessels.iter().partition(|v| !v.is_artery);
    for (i, a) in veins.iter().enumerate() {
        check_bed(spec, skin, fat, a)?;
        for b in &veins[i + 1..] {
            check_veins(a, b)?;
        }
        for b in &artery {
            check_apart(a.kind.name(), &a.nodes, a.wall_m, b.kind.name(), &b.nodes, b.wall_m)?;
            check_below(skin, a, b)?;
        }
    }
    for nerve in nerves {
        for vessel in vessels {
            check_apart(nerve.kind.name(), &nerve.nodes, 0.0, vessel.kind.name(), &vessel.nodes, vessel.wall_m)?;
        }
    }
    for bone in bones {
        check_inside(skin, bone)?;
        for vessel in vessels {
            check_apart(bone.kind.name(), &bone.nodes, 0.0, vessel.kind.name(), &vessel.nodes, vessel.wall_m)?;
        }
        for nerve in nerves {
            check_apart(bone.kind.name(), &bone.nodes, 0.0, nerve.kind.name(), &nerve.nodes, 0.0)?;
        }
    }
    Ok(())
}

/// A tube that bends more sharply than it is wide folds over itself; z must rise along it.
fn check_bends(name: &'static str, nodes: &[VesselNode]) -> Result<(), AnatomyError> {
    for pair in nodes.windows(2) {
        let length = pair[1].arc_m - pair[0].arc_m;
        let turn = pair[1].tangent.0 - pair[0].tangent.0;
        let lateral = pair[0].lateral().0;
        let curvature = turn.norm() / length;
        let extent = extent(&pair[0], &lateral_or(&turn, &lateral));
        let z_m = pair[0].p.0.z;
        if pair[1].p.0.z - z_m <= 1e-6 {
            return Err(AnatomyError::Misplaced { structure: name, z_m, what: "turns back towards the hand".into() });
        }
        if curvature * extent > 0.95 {
            let what = format!("bends with a radius of {} m, its half width is {extent} m", 1.0 / curvature);
            return Err(AnatomyError::Misplaced { structure: name, z_m, what });
        }
    }
    Ok(())
}

fn lateral_or(turn: &Vector3<f64>, lateral: &Vector3<f64>) -> Vector3<f64> {
    let norm = turn.norm();
    if norm > 1e-12 { turn / norm } else { *lateral }
}

/// The wall of a vein lies between dermis and muscle all around.
fn check_bed(spec: &ArmSpec, skin: &Skin, fat: &FatMap, vein: &Vessel) -> Result<(), AnatomyError> {
    let top = spec.epidermis_m + spec.dermis_m;
    for node in &vein.nodes {
        let lateral = node.lateral().0;
        for eighth in 0..8 {
            let (sin, cos) = ops::sin_cos(f64::from(eighth) * std::f64::consts::FRAC_PI_4);
            let p = node.p.0 + lateral * ((node.semi_h_m + vein.wall_m) * cos) + node.inward.0 * ((node.semi_v_m + vein.wall_m) * sin);
            let foot = skin.foot(&p);
            let below = top + fat.at(foot.x, p.z) - foot.depth;
            if foot.depth < top - 2e-5 || below < -2e-5 {
                let what = format!("wall at a depth of {} m, the fat lies from {top} m to {} m", foot.depth, foot.depth + below);
                return Err(AnatomyError::Misplaced { structure: vein.kind.name(), z_m: p.z, what });
            }
        }
    }
    Ok(())
}

/// The artery lies deeper than a vein wherever one crosses over the other.
fn check_below(skin: &Skin, vein: &Vessel, artery: &Vessel) -> Result<(), AnatomyError> {
    for node in &artery.nodes {
        let z = node.p.0.z;
        if z < vein.nodes[0].p.0.z || z > vein.nodes[vein.nodes.len() - 1].p.0.z {
            continue;
        }
        let over = vein.at_z(z);
        if (over.p.0.x - node.p.0.x).abs() > over.semi_h_m + node.semi_h_m + 0.002 {
            continue;
        }
        let (vein_back, artery_front) = (skin.foot(&over.p.0).depth + over.semi_v_m, skin.foot(&node.p.0).depth - node.semi_v_m);
        if artery_front < vein_back {
            let what =
                format!("front wall at a depth of {artery_front} m, above the back wall of the {} vein at {vein_back} m", vein.kind.name());
            return Err(AnatomyError::Misplaced { structure: artery.kind.name(), z_m: z, what });
        }
    }
    Ok(())
}

/// Bones lie inside the arm.
fn check_inside(skin: &Skin, bone: &Tube) -> Result<(), AnatomyError> {
    for node in &bone.nodes {
        let depth = skin.foot(&node.p.0).depth;
        if depth < node.semi_v_m + 0.001 {
            let what = format!("axis {depth} m from the skin, its radius is {} m", node.semi_v_m);
            return Err(AnatomyError::Misplaced { structure: bone.kind.name(), z_m: node.p.0.z, what });
        }
    }
    Ok(())
}

/// Least gap between a node of one tube and another tube, with the walls [m].
fn gap_to(node: &VesselNode, wall: f64, other: &[VesselNode], other_wall: f64) -> f64 {
    let z = node.p.0.z;
    let first = other.partition_point(|n| n.p.0.z < z - COMPARE_REACH_M);
    let last = other.partition_point(|n| n.p.0.z <= z + COMPARE_REACH_M);
    other[first..last].iter().map(|n| gap(node, n)).fold(f64::MAX, f64::min) - wall - other_wall
}

fn check_apart(
    first: &'static str,
    a: &[VesselNode],
    wall_a: f64,
    second: &'static str,
    b: &[VesselNode],
    wall_b: f64,
) -> Result<(), AnatomyError> {
    for node in a {
        let gap_m = gap_to(node, wall_a, b, wall_b);
        if gap_m < 0.0 {
            return Err(AnatomyError::Collision { first, second, z_m: node.p.0.z, gap_m });
        }
    }
    Ok(())
}

/// Two veins may touch only in one run that begins at their joint.
fn check_veins(a: &Vessel, b: &Vessel) -> Result<(), AnatomyError> {
    // The one that ends on the other, or the shorter one.
    for (a, b) in [(a, b), (b, a)] {
        let touching: Vec<bool> = a.nodes.iter().map(|n| gap_to(n, a.wall_m, &b.nodes, b.wall_m) < 0.0).collect();
        let joined_at = |end: &VesselNode| nearest(&end.p.0, b) < JOINT_REACH_M;
        let count = touching.len();
        let from_start = if joined_at(&a.nodes[0]) { touching.iter().take_while(|t| **t).count() } else { 0 };
        let from_end = if joined_at(&a.nodes[count - 1]) { touching.iter().rev().take_while(|t| **t).count() } else { 0 };
        let run = from_start + from_end;
        let is_tributary = from_start > 0 || from_end > 0;
        let all = touching.iter().filter(|t| **t).count();
        if !is_tributary && all > 0 {
            // The other one may be the tributary: then its own run decides.
            let ends_here = [&b.nodes[0], &b.nodes[b.nodes.len() - 1]].iter().any(|end| nearest(&end.p.0, a) < JOINT_REACH_M);
            if ends_here {
                continue;
            }
        }
        if all > run || run as f64 > JOINED_FRACTION_MAX * count as f64 {
            let worst = touching.iter().skip(from_start).position(|t| *t).map_or(0, |i| i + from_start).min(count - 1);
            let gap_m = gap_to(&a.nodes[worst], a.wall_m, &b.nodes, b.wall_m);
            return Err(AnatomyError::Collision { first: a.kind.name(), second: b.kind.name(), z_m: a.nodes[worst].p.0.z, gap_m });
        }
    }
    Ok(())
}

/// Distance of a point from the axis of a vessel, over its nodes [m].
fn nearest(p: &Point3<f64>, vessel: &Vessel) -> f64 {
    vessel.nodes.iter().map(|n| (n.p.0 - p).norm()).fold(f64::MAX, f64::min)
}
