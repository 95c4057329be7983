//! Crossings against walking along the ray in small steps.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails stops the test")]

mod common;

use nalgebra::{Point3, Vector3};
use proband_anatomy::{Arm, Crossing, Ray, Side, Structure, Topology, VesselDeform, VesselNode};
use proband_core::{Direction, Position, Stream, ops};

/// Whether a point lies in the tube through the nodes: the nearest of many thin slices decides.
fn inside(nodes: &[VesselNode], deform: Option<&VesselDeform>, p: &Point3<f64>) -> f64 {
    let place = |n: &VesselNode| {
        let shift = deform.map_or(Vector3::zeros(), |d| {
            let t = (n.arc_m - d.shift_arc_m) / d.shift_width_m;
            d.shift.0 * ops::exp(-0.5 * t * t)
        });
        n.p.0 + shift
    };
    let (scale_h, scale_v) = deform.map_or((1.0, 1.0), |d| (d.scale_h, d.scale_v));
    let mut best = f64::MAX;
    for pair in nodes.windows(2) {
        let (a, b) = (place(&pair[0]), place(&pair[1]));
        for slice in 0..=20 {
            let t = f64::from(slice) / 20.0;
            let d = p - (a + (b - a) * t);
            let tangent = (b - a).normalize();
            // Only slices that the point lies in.
            if d.dot(&tangent).abs() > 0.03 * (b - a).norm() {
                continue;
            }
            let inward = (pair[0].inward.0 + pair[1].inward.0).normalize();
            let lateral = inward.cross(&tangent);
            let h = (pair[0].semi_h_m + (pair[1].semi_h_m - pair[0].semi_h_m) * t) * scale_h;
            let v = (pair[0].semi_v_m + (pair[1].semi_v_m - pair[0].semi_v_m) * t) * scale_v;
            best = best.min(ops::hypot(d.dot(&lateral) / h, d.dot(&inward) / v));
        }
    }
    best
}

fn tube(arm: &Arm, structure: Structure) -> &[VesselNode] {
    match structure {
        Structure::Vessel(i) => &arm.vessels()[usize::from(i)].nodes,
        Structure::Nerve(i) => &arm.nerves()[usize::from(i)].nodes,
        Structure::Bone(i) => &arm.bones()[usize::from(i)].nodes,
    }
}

/// Rays like a needle's, like an ultrasound column's, and any.
fn rays(count: u32) -> Vec<Ray> {
    let mut stream = Stream::new(5, 0, "test.rays");
    (0..count)
        .map(|i| {
            let x = stream.uniform_in(-0.030, 0.030);
            let z = stream.uniform_in(-0.115, 0.055);
            let direction = match i % 3 {
                0 => Vector3::new(stream.uniform_in(-0.2, 0.2), stream.uniform_in(0.2, 0.5), 1.0),
                1 => Vector3::new(stream.uniform_in(-0.5, 0.5), 1.0, 0.0),
                _ => Vector3::new(stream.normal(), stream.normal().abs(), stream.normal()),
            };
            Ray { origin: Position::new(x, -0.003, z), direction: Direction::from_raw(direction.normalize()), length_m: 0.045 }
        })
        .collect()
}

fn compare(arm: &Arm, deform: &[VesselDeform], ray: &Ray) {
    let mut hits: Vec<Crossing> = Vec::new();
    arm.crossings(ray, deform, &mut hits);
    assert!(hits.windows(2).all(|w| w[0].enter_m <= w[1].enter_m), "not sorted");
    let structures = (0..arm.vessels().len() as u16)
        .map(Structure::Vessel)
        .chain((0..arm.nerves().len() as u16).map(Structure::Nerve))
        .chain((0..arm.bones().len() as u16).map(Structure::Bone));
    for structure in structures {
        let moved = match structure {
            Structure::Vessel(i) => deform.get(usize::from(i)),
            _ => None,
        };
        for step in 0..225 {
            let s = f64::from(step) * 2e-4;
            let p = ray.origin.0 + ray.direction.0 * s;
            let radius = inside(tube(arm, structure), moved, &p);
            let hit = hits.iter().any(|h| h.structure == structure && (h.enter_m - 1e-9..=h.exit_m + 1e-9).contains(&s));
            // A band around the surface is left to rounding between the two ways.
            if radius < 0.93 {
                assert!(hit, "{structure:?} at {s} m: radius {radius}, no crossing; {hits:?}");
            }
            if radius > 1.07 && radius < f64::MAX {
                assert!(!hit, "{structure:?} at {s} m: radius {radius}, but a crossing; {hits:?}");
            }
        }
    }
    for hit in &hits {
        assert!(hit.offset_m.abs() <= 1.02 * hit.semi_lateral_m, "{hit:?}");
        assert!(0.0 <= hit.enter_m && hit.enter_m < hit.exit_m && hit.exit_m <= ray.length_m);
    }
}

/// Agree with sampling for tubes at rest.
#[test]
fn crossings_agree_with_sampling() {
    for topology in [Topology::MedianCubital, Topology::MedianSplit] {
        let arm = Arm::new(&common::arm(Side::Right, topology)).unwrap();
        rays(36).iter().for_each(|ray| compare(&arm, &[], ray));
    }
}

/// Agree with sampling for vessels that are swollen, flattened and pushed aside.
#[test]
fn crossings_agree_with_sampling_when_deformed() {
    let arm = Arm::new(&common::arm(Side::Left, Topology::MedianCubital)).unwrap();
    let deform: Vec<VesselDeform> = (0..4)
        .map(|i| VesselDeform {
            scale_h: 1.3,
            scale_v: 0.6 + 0.2 * f64::from(i),
            shift: Direction::new(0.002, 0.001, 0.0),
            shift_arc_m: 0.05,
            shift_width_m: 0.015,
        })
        .collect();
    rays(36).iter().for_each(|ray| compare(&arm, &deform, ray));
    let mut closed = VesselDeform::none();
    closed.scale_v = 0.0;
    let mut hits = Vec::new();
    for ray in rays(60) {
        arm.crossings(&ray, &[closed; 5], &mut hits);
        assert!(!hits.iter().any(|h| matches!(h.structure, Structure::Vessel(_))), "a closed vessel is hit");
    }
}

/// Report the miss of a needle with the sign of the side on which it passes.
#[test]
fn the_offset_is_signed() {
    let arm = Arm::new(&common::arm(Side::Right, Topology::Separate)).unwrap();
    let index = arm.vessel_index(proband_anatomy::VesselKind::Cephalic).unwrap();
    for dx in [-0.0008, 0.0008] {
        let site = arm.site(index, -0.05).unwrap();
        let along = Direction::new(0.0, 0.34, 0.94).normalised();
        let ray = Ray { origin: site.p + Direction::new(dx, 0.0, 0.0) + along * -0.02, direction: along, length_m: 0.05 };
        let mut hits = Vec::new();
        arm.crossings(&ray, &[], &mut hits);
        let hit = hits.iter().find(|h| h.structure == Structure::Vessel(index)).unwrap();
        assert!(hit.offset_m * dx > 0.0 && hit.offset_m.abs() > 0.0003, "{dx}: {}", hit.offset_m);
        assert!((hit.arc_m - site.arc_m).abs() < 0.004);
    }
}
