use proband_anatomy::AirwayTree;
use proband_anatomy::made::{LungMotion, MadeChestSpec, made_chest};
use proband_core::{Stream, ops};
use proband_robot::scope::ScopeSpec;

use super::*;
use crate::map::AirwayMap;
use crate::room::{Room, RoomSpec};

/// A straight tube: every ray ends where the formula says.
#[test]
fn a_tube_is_seen_at_its_distance() {
    let radius = 6e-3;
    let branch = |parent, generation, from: f64, to: f64| proband_anatomy::AirwayBranch {
        parent,
        generation,
        points_m: vec![[0.0, 0.0, from], [0.0, 0.0, 0.5 * (from + to)], [0.0, 0.0, to]],
        radius_m: vec![radius; 3],
    };
    let tree = AirwayTree::new(vec![branch(None, 0, 0.1, 0.0), branch(Some(0), 1, 0.0, -0.1)]).unwrap();
    let chest = made_chest(&MadeChestSpec::usual(), &mut Stream::new(1, 0, "view")).unwrap();
    let chest = proband_anatomy::made::MadeChest { airways: tree.clone(), ..chest };
    let room =
        Room::new(&RoomSpec::usual(ScopeSpec::ion()), &chest, LungMotion::none(chest.lungs), &mut Stream::new(1, 0, "room")).unwrap();
    let mut tip = room.start().tip;
    let place = room.map().place(0, 0.05);
    (tip.place_m, tip.frame) = (place.point_m, place.frame);
    let spec = ViewSpec { size: 128, ..ViewSpec::usual() };
    let view = render_view(&AirwayMap::new(tree), &tip, &spec);
    for (row, column) in [(4, 4), (10, 64), (30, 90), (64, 20), (127, 127)] {
        let slope = 2.0 * ops::tan(spec.half_view_rad) / 128.0;
        let (u, v) = ((column as f64 + 0.5 - 64.0) * slope, (row as f64 + 0.5 - 64.0) * slope);
        let across = (u * u + v * v).sqrt();
        let wanted = radius / across * (1.0 + across * across).sqrt();
        let got = f64::from(view.depth_m[row * 128 + column]);
        assert!((got - wanted).abs() < 2e-3 * wanted.max(0.02), "{row} {column}: {got} {wanted}");
    }
    assert!(view.rgb.iter().any(|v| *v > 100));
}

/// The same bits twice, and the same as without tiles: a picture of 8 pixels' tiles agrees with larger ones where rays agree.
#[test]
fn same_view_same_bits() {
    let chest = made_chest(&MadeChestSpec::usual(), &mut Stream::new(2, 0, "view")).unwrap();
    let room =
        Room::new(&RoomSpec::usual(ScopeSpec::ion()), &chest, LungMotion::none(chest.lungs), &mut Stream::new(1, 0, "room")).unwrap();
    let tip = room.start().tip;
    let spec = ViewSpec { size: 64, ..ViewSpec::usual() };
    assert_eq!(render_view(room.map(), &tip, &spec), render_view(room.map(), &tip, &spec));
}

/// Read the openings of the main bronchi out of the picture before the carina, close to where they are.
#[test]
fn openings_are_read_from_the_picture() {
    let (mut found, mut wanted) = (0, 0);
    for seed in 0..12 {
        let chest = made_chest(&MadeChestSpec::usual(), &mut Stream::new(seed, 0, "view")).unwrap();
        let room =
            Room::new(&RoomSpec::usual(ScopeSpec::ion()), &chest, LungMotion::none(chest.lungs), &mut Stream::new(1, 0, "room")).unwrap();
        let map = room.map();
        let mut tip = room.start().tip;
        let end = map.span_m(0)[1];
        let place = map.place(0, end - 0.02);
        (tip.place_m, tip.frame) = (place.point_m, place.frame);
        let spec = ViewSpec { size: 96, ..ViewSpec::usual() };
        let read = read_view(&render_view(map, &tip, &spec), &spec);
        for child in map.children(0) {
            let local = place.frame.transpose() * (map.place(*child, end + 0.01).point_m - place.point_m);
            let bearing = [ops::atan2(local.x, local.z), ops::atan2(local.y, local.z)];
            let near = |l: &crate::room::Lumen| (0..2).map(|a| (l.bearing_rad[a] - bearing[a]).powi(2)).sum::<f64>().sqrt() < 0.3;
            wanted += 1;
            found += u32::from(read.lumens[..read.count as usize].iter().any(near));
        }
    }
    assert!(found * 10 >= wanted * 7, "{found} of {wanted}");
}
