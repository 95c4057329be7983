use nalgebra::{Rotation3, Vector3};
use proband_anatomy::made::{MadeChestSpec, NoduleSpec, made_chest};
use proband_core::Stream;
use proband_robot::scope::ScopeSpec;

use super::*;
use crate::{Rehearsal, RehearsalSpec};

fn run(seed: u64, nodule: NoduleSpec, picture: u32) -> (Rehearsal, Vec<Note>) {
    let mut spec = RehearsalSpec::usual(seed, 0, ScopeSpec::ion());
    spec.chest.nodule = nodule;
    spec.room.sensors.picture = picture;
    let mut rehearsal = Rehearsal::new(&spec).unwrap();
    let mut notes = Vec::new();
    while rehearsal.tick() {
        let new = rehearsal.take_notes();
        if !new.is_empty() && std::env::var_os("TELL").is_some() {
            let (t, at) = (rehearsal.state().tip, rehearsal.told().at);
            for n in &new {
                println!(
                    "   {:7.1} {} {} | true {} {:.1} mm believed {} {:.1} mm share {:.2} wall {:.2} push {:.2} bend {:.2} {:.2}",
                    n.tick as f64 * 0.02,
                    n.kind,
                    n.text,
                    t.branch,
                    t.distance_m * 1e3,
                    at.branch,
                    at.distance_m * 1e3,
                    at.share,
                    t.wall_force_n,
                    t.push_force_n,
                    rehearsal.state().scope.motor_rad[0],
                    rehearsal.state().scope.motor_rad[1]
                );
            }
        }
        notes.extend(new);
    }
    (rehearsal, notes)
}

/// Go out and come back, with the needle in the nodule in most patients in whom the plan has a way.
#[test]
fn most_planned_nodules_are_reached() {
    let tell = std::env::var_os("TELL").is_some();
    let (mut planned, mut hits) = (0, 0);
    let count: u64 = if tell { 60 } else { 8 };
    for seed in 0..count {
        let (rehearsal, notes) =
            run(seed, MadeChestSpec::usual().nodule, std::env::var("PICTURE").ok().and_then(|v| v.parse().ok()).unwrap_or(0));
        assert_eq!(rehearsal.phase(), Phase::Done, "{notes:?}");
        let o = rehearsal.outcome();
        planned += u32::from(o.planned);
        hits += u32::from(o.tool_in_lesion);
        if tell {
            println!(
                "seed {seed} {:?} {:.0} mm sign {} planned {} nav {} tool {} good {}/{} miss {:.1} mm tiperr {:.1} mm div {:.1} mm ptx {} bleed {:?} peak {:.2} N t {:.0} s",
                o.lobe,
                o.diameter_m * 1e3,
                o.bronchus_sign,
                o.planned,
                o.navigated,
                o.tool_in_lesion,
                o.good_samples,
                o.samples,
                o.miss_m * 1e3,
                o.tip_error_m * 1e3,
                o.divergence_m * 1e3,
                o.pneumothorax,
                o.bleeding,
                o.wall_force_n,
                o.time_s
            );
            for p in &rehearsal.state().passes {
                println!("   {p:?}");
            }
            if !o.planned {
                for r in &rehearsal.plan().rejections {
                    println!("   no gap {:.1} {}", r.gap_m * 1e3, r.refusal.text());
                }
            }
        }
    }
    assert!(2 * hits >= planned, "{hits} of {planned}");
}

/// Lay points of the large airways back onto them.
#[test]
fn registration_finds_the_map() {
    let chest = made_chest(&MadeChestSpec::usual(), &mut Stream::new(4, 0, "chest")).unwrap();
    let map = crate::map::AirwayMap::new(chest.airways);
    let (turn, shift) = (*Rotation3::new(Vector3::new(0.05, -0.04, 0.03)).matrix(), Vector3::new(5e-3, -4e-3, 3e-3));
    let mut points = Vec::new();
    for branch in [0, 1, 2] {
        let [from, to] = map.span_m(branch);
        for k in 0..30 {
            let p = map.place(branch, from + (to - from) * f64::from(k) / 30.0).point_m;
            points.push((turn * p + shift).into());
        }
    }
    let found = register(&map, &[0, 1, 2], &points, Registration::start());
    assert!(found.residual_m < 1e-3, "{}", found.residual_m);
    let carina = map.place(0, map.span_m(0)[1]).point_m;
    assert!((found.map((turn * carina + shift).into()) - carina).norm() < 2e-3);
}
