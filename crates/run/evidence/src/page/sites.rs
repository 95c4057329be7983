//! Where the robot could have gone in, why it chose as it did, and its plan.

use nalgebra::Vector3;

use crate::{
    number::{MISSING, fixed, percent, sig},
    page::{Section, absent, badge, table},
    text::{esc, title_of, vein_of, words_of},
    view::{NeedlePath, Site, Skin, View},
};

/// The section.
pub(super) fn section(view: &View<'_>) -> Section {
    let mut body = String::new();
    if view.sites.is_empty() {
        body.push_str(&absent("table sites"));
    } else {
        body.push_str("<p class=\"lead\">Candidate sites as the robot believed them to be, best first. Distances to artery and nerve are from where it believed them, not from where they are.</p>\n");
        body.push_str(&candidates(view));
    }
    body.push_str("<h3>The plan</h3>\n");
    if view.needles.is_empty() {
        body.push_str(&absent("table needle"));
    } else {
        body.push_str(&plans(view));
    }
    Section { id: "sites", title: "Choice of site and plan", body }
}

fn candidates(view: &View<'_>) -> String {
    const SHOWN: usize = 60;
    let mm = |v: f64, decimals: i32| (fixed(v * 1e3, decimals), "n");
    let row = |s: &Site| {
        let verdict = match (s.chosen, s.reject_reason.is_empty()) {
            (true, _) => badge("no", "chosen"),
            (false, false) => esc(&words_of(&s.reject_reason)),
            (false, true) => "ranked lower".into(),
        };
        let cells = vec![
            (fixed(s.rank, 0), "n"),
            (esc(&title_of(&vein_of(&s.vein))), ""),
            (format!("{} / {}", fixed(s.x_m * 1e3, 0), fixed(s.z_m * 1e3, 0)), "n"),
            mm(s.depth_m, 1),
            mm(s.diameter_m, 1),
            mm(s.straight_m, 0),
            mm(s.artery_distance_m, 0),
            mm(s.nerve_distance_m, 0),
            (fixed(s.score, 2), "n"),
            (percent(s.predicted_success), "n"),
            (verdict, "w"),
        ];
        (if s.chosen { "chosen".to_owned() } else { String::new() }, cells)
    };
    let rows: Vec<_> = view.sites.iter().take(SHOWN).map(row).collect();
    let mut html = table(
        &[
            "#Rank",
            "Vein",
            "#x / z, mm",
            "#Depth, mm",
            "#Height, mm",
            "#Straight, mm",
            "#To artery, mm",
            "#To nerve, mm",
            "#Score",
            "#Predicted",
            "Verdict",
        ],
        &rows,
    );
    if view.sites.len() > SHOWN {
        html.push_str(&format!("<p>{} more candidates are in the records.</p>\n", view.sites.len() - SHOWN));
    }
    html.push_str("<p class=\"lead\">x to the patient's left, z towards the head, both from the middle of the elbow crease.</p>\n");
    html
}

/// Angle of a line to the skin at its entry [degree]; to the horizontal plane when the skin is not known there.
pub(super) fn angle_to_skin_deg(skin: Option<&Skin>, entry: Vector3<f64>, tip: Vector3<f64>) -> Option<f64> {
    let d = (tip - entry).try_normalize(1e-9)?;
    let slope = |s: &Skin| {
        let (dx, dz) = (s.dx_m, s.dz_m);
        let x = (s.y_at(entry.x + dx, entry.z)? - s.y_at(entry.x - dx, entry.z)?) / (2.0 * dx);
        let z = (s.y_at(entry.x, entry.z + dz)? - s.y_at(entry.x, entry.z - dz)?) / (2.0 * dz);
        Some(Vector3::new(-x, 1.0, -z).normalize())
    };
    let inward = skin.and_then(slope).unwrap_or_else(Vector3::y);
    Some(proband_core::ops::asin(d.dot(&inward).clamp(-1.0, 1.0)).to_degrees())
}

fn plans(view: &View<'_>) -> String {
    let mut rows = Vec::new();
    for needle in view.needles.iter().take(10) {
        rows.push((String::new(), line(view, needle, "planned", needle.planned_entry, needle.planned_tip)));
        rows.push((String::new(), line(view, needle, "came to be", needle.entry, needle.tip)));
    }
    let speed = view.ticks.attempts().last().map(|a| {
        let speeds: Vec<f64> =
            view.ticks.insertion(*a).into_iter().map(|i| view.ticks.insertion_speed_m_s[i]).filter(|v| *v > 1e-4).collect();
        crate::stats::median(&speeds)
    });
    let mut html = table(
        &[
            "#Attempt",
            "",
            "#Entry x / y / z, mm",
            "#Tip x / y / z, mm",
            "#Along the needle, mm",
            "#Angle to the skin",
            "#Tip off the plan, mm",
        ],
        &rows,
    );
    let mut facts = Vec::new();
    if let Some(site) = view.chosen_site() {
        facts.push(format!("Site: {} vein, predicted first-stick success {}.", esc(&vein_of(&site.vein)), percent(site.predicted_success)));
    }
    if let Some(speed) = speed.filter(|s| s.is_finite()) {
        facts.push(format!("The needle advanced at {} mm/s (median while moving).", sig(speed * 1e3, 2)));
    }
    if !facts.is_empty() {
        html.push_str(&format!("<p>{}</p>\n", facts.join(" ")));
    }
    html
}

fn line(
    view: &View<'_>,
    needle: &NeedlePath,
    what: &str,
    entry: Option<Vector3<f64>>,
    tip: Option<Vector3<f64>>,
) -> Vec<(String, &'static str)> {
    let point = |p: Option<Vector3<f64>>| {
        p.map_or_else(|| MISSING.into(), |p| format!("{} / {} / {}", fixed(p.x * 1e3, 1), fixed(p.y * 1e3, 1), fixed(p.z * 1e3, 1)))
    };
    let both = entry.zip(tip);
    let off = needle.planned_tip.zip(tip).filter(|_| what != "planned").map(|(a, b)| (a - b).norm() * 1e3);
    vec![
        (fixed(needle.attempt, 0), "n"),
        (esc(what), ""),
        (point(entry), "n"),
        (point(tip), "n"),
        (both.map_or_else(|| MISSING.into(), |(a, b)| fixed((b - a).norm() * 1e3, 1)), "n"),
        (
            both.and_then(|(a, b)| angle_to_skin_deg(view.skin.as_ref(), a, b))
                .map_or_else(|| MISSING.into(), |a| format!("{}°", fixed(a, 1))),
            "n",
        ),
        (off.map_or_else(String::new, |v| fixed(v, 2)), "n"),
    ]
}
