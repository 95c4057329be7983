//! What came out, in one sentence and a few numbers.

use crate::{
    number::{MISSING, duration, fixed, percent, sig},
    page::{Section, absent},
    text::{esc, vein_of, words_of},
    view::View,
};

/// Endpoints that are complications when they are 1.
pub(super) const FLAGS: [(&str, &str); 7] = [
    ("transfixion", "vein pierced through"),
    ("back_wall_contact", "back wall touched"),
    ("arterial_contact", "artery touched"),
    ("nerve_contact", "nerve touched"),
    ("rolled", "vein rolled away"),
    ("vasovagal", "vasovagal reaction"),
    ("haematoma", "haematoma"),
];

/// Volume under the skin that shows as a bruise [mL]. Prior: unverified.
pub(super) const BRUISE_ML: f64 = 0.1;
/// Volume under the skin that is called a haematoma [mL]. Prior: unverified.
pub(super) const HAEMATOMA_ML: f64 = 1.0;

/// The section.
pub(super) fn section(view: &View<'_>) -> Section {
    let mut body = String::new();
    if view.outcome.values.is_empty() {
        body.push_str(&absent("table outcome, so nothing is known of success, time, volume or complications"));
    } else {
        body.push_str(&verdict(view));
        body.push_str(&tiles(view));
    }
    if !view.notes.is_empty() {
        body.push_str(&notes(view));
    }
    Section { id: "outcome", title: "Outcome", body }
}

/// Complications that happened, in words.
fn happened(view: &View<'_>) -> Vec<String> {
    let o = &view.outcome;
    let mut list: Vec<String> = FLAGS.iter().filter(|(name, _)| o.flag(name) == Some(true)).map(|(_, words)| (*words).into()).collect();
    match o.get("haematoma_volume_ml") {
        Some(v) if v > HAEMATOMA_ML => list.push(format!("haematoma of {} mL", sig(v, 2))),
        Some(v) if v > BRUISE_ML => list.push(format!("bruise of {} mL", sig(v, 2))),
        _ => {}
    }
    list
}

fn verdict(view: &View<'_>) -> String {
    let o = &view.outcome;
    let first = o.flag("first_stick_success");
    let success = o.flag("success").or(first);
    let attempts = o.get("attempts");
    let (class, headline) = match (first, success, o.flag("handed_over")) {
        (Some(true), ..) => ("good", "Blood on the first stick.".to_owned()),
        (_, Some(true), _) => ("warn", format!("Blood drawn, on attempt {}.", attempts.map_or_else(|| MISSING.into(), |a| fixed(a, 0)))),
        (_, Some(false), Some(true)) if o.flag("declined") == Some(true) => {
            ("warn", "Declined: no site was good enough, handed over to a human without a stick.".to_owned())
        }
        (_, Some(false), Some(true)) => {
            let after = attempts.map_or_else(String::new, |a| {
                if a == 1.0 { " after one attempt".into() } else { format!(" after {} attempts", fixed(a, 0)) }
            });
            ("bad", format!("No blood: handed over to a human{after}."))
        }
        (_, Some(false), _) => ("bad", "No blood was drawn.".to_owned()),
        _ => ("", "Success was not recorded.".to_owned()),
    };
    let mut html = format!("<div class=\"verdict {class}\"><strong>{}</strong>", esc(&headline));
    if let Some(sentence) = what_happened(view, success == Some(true)) {
        html.push_str(&format!("<p>{}</p>", esc(&sentence)));
    }
    html.push_str(&format!("<p>{}</p>", esc(&expectation(view, first))));
    html.push_str("</div>\n");
    html
}

/// What the needle did and what came of it.
fn what_happened(view: &View<'_>, success: bool) -> Option<String> {
    let o = &view.outcome;
    let mut parts: Vec<String> = Vec::new();
    let vein = view.chosen_site().map(|s| vein_of(&s.vein)).filter(|v| !v.is_empty());
    if let Some(length) = o.get("insertion_length_mm") {
        let angle = o.get("insertion_angle_deg").map_or_else(String::new, |a| format!(" at {}° to the skin", fixed(a, 0)));
        let into = vein.map_or_else(String::new, |v| format!(" into the {v} vein"));
        parts.push(format!("the needle went {} mm{into}{angle}", fixed(length, 1)));
    }
    match o.get("tip_depth_under_front_wall_mm") {
        Some(d) if success && d >= 0.0 => parts.push(format!("its tip came to rest {} mm under the front wall", fixed(d, 1))),
        _ => {}
    }
    let mut text = parts.join(", ");
    if let Some(volume) = o.get("volume_drawn_ml") {
        let time = o.get("time_total_s").map_or_else(String::new, |t| format!(" in {} from beginning to end", duration(t)));
        text.push_str(&format!("{}{} mL of blood were drawn{time}", if text.is_empty() { "" } else { "; " }, fixed(volume, 1)));
    }
    if text.is_empty() {
        return None;
    }
    let mut chars = text.chars();
    let mut text: String = chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default();
    let list = happened(view);
    text.push_str(&if list.is_empty() {
        ". Nothing met the definition of a complication.".into()
    } else {
        format!(". Also: {}.", list.join(", "))
    });
    if !success
        && let Some(reason) = view.phases.iter().rev().find(|p| !p.reason.is_empty() && (p.phase == "hand_over" || p.phase == "withdraw"))
    {
        text.push_str(&format!(" Recorded reason: {}.", words_of(&reason.reason).trim_end_matches('.')));
    }
    Some(text)
}

/// What had been predicted.
fn expectation(view: &View<'_>, first: Option<bool>) -> String {
    match (view.outcome.get("predicted_success"), first) {
        (Some(p), Some(happened)) => {
            let as_expected = (p >= 0.5) == happened;
            format!(
                "Before the stick the robot gave first-stick success a chance of {}; it {}, {} expected. One rehearsal is one draw: it neither proves nor disproves that number.",
                percent(p),
                if happened { "succeeded" } else { "failed" },
                if as_expected { "as" } else { "against what was" }
            )
        }
        _ => "No prediction of success was recorded before the stick.".into(),
    }
}

struct Tile {
    what: &'static str,
    value: String,
    unit: &'static str,
    more: String,
    class: &'static str,
}

/// Tourniquet to needle out where that is recorded, else the whole procedure.
fn time_tile(view: &View<'_>) -> Tile {
    let o = &view.outcome;
    let tourniquet = o.get("time_tourniquet_on_s").map(|t| format!("tourniquet on for {}", duration(t)));
    let (what, value, whole) = match o.get("time_stick_s") {
        Some(t) => ("Time, tourniquet to needle out", duration(t), o.get("time_total_s").map(|t| format!("{} in all", duration(t)))),
        None => ("Time, whole procedure", o.get("time_total_s").map_or_else(|| MISSING.into(), duration), None),
    };
    Tile { what, value, unit: "", more: [whole, tourniquet].into_iter().flatten().collect::<Vec<_>>().join(", "), class: "" }
}

fn tiles(view: &View<'_>) -> String {
    let o = &view.outcome;
    let number = |name: &str, decimals: i32| o.get(name).map_or_else(|| MISSING.into(), |v| fixed(v, decimals));
    let with = |name: &str, decimals: i32, before: &str, after: &str| {
        o.get(name).map_or_else(String::new, |v| format!("{before}{}{after}", fixed(v, decimals)))
    };
    let first = o.flag("first_stick_success");
    let list = happened(view);
    let tiles = [
        Tile {
            what: "First-stick success",
            value: first.map_or(MISSING, |f| if f { "✓ Yes" } else { "✗ No" }).into(),
            unit: "",
            more: o.get("predicted_success").map_or_else(String::new, |p| format!("predicted {}", percent(p))),
            class: first.map_or("", |f| if f { "good" } else { "bad" }),
        },
        Tile {
            what: "Attempts",
            value: number("attempts", 0),
            unit: "",
            more: o.flag("handed_over").map_or("", |h| if h { "handed over to a human" } else { "not handed over" }).into(),
            class: "",
        },
        time_tile(view),
        Tile { what: "Blood drawn", value: number("volume_drawn_ml", 1), unit: "mL", more: String::new(), class: "" },
        Tile {
            what: "Tip error, in the image plane",
            value: number("tip_error_in_plane_mm", 2),
            unit: "mm",
            more: with("tip_error_out_of_plane_mm", 2, "out of plane ", " mm"),
            class: "",
        },
        Tile {
            what: "Needle under the skin",
            value: number("insertion_length_mm", 1),
            unit: "mm",
            more: with("insertion_angle_deg", 1, "at ", "° to the skin"),
            class: "",
        },
        Tile {
            what: "Highest axial force",
            value: number("force_peak_n", 2),
            unit: "N",
            more: with("pain_score", 1, "pain score ", ""),
            class: "",
        },
        Tile {
            what: "Complications",
            value: if list.is_empty() { "None".into() } else { list.len().to_string() },
            unit: "",
            more: if list.is_empty() { "that met its definition".into() } else { list.join(", ") },
            class: if list.is_empty() { "good" } else { "bad" },
        },
        Tile {
            what: "Haemolysis, relative",
            value: o.get("haemolysis_relative").map_or_else(|| MISSING.into(), |v| sig(v, 3)),
            unit: if o.get("haemolysis_relative").is_some() { "×" } else { "" },
            more: "of the reference draw".into(),
            class: "",
        },
        Tile {
            what: "Under the skin at the end",
            value: o.get("haematoma_volume_ml").map_or_else(|| MISSING.into(), |v| sig(v, 2)),
            unit: "mL",
            more: format!("bruise above {BRUISE_ML} mL, haematoma above {} mL", fixed(HAEMATOMA_ML, 0)),
            class: "",
        },
    ];
    let mut html = String::from("<div class=\"tiles\">\n");
    for t in tiles {
        html.push_str(&format!(
            "<div class=\"tile {}\"><div class=\"what\">{}</div><div class=\"value\">{} <small>{}</small></div><div class=\"more\">{}</div></div>\n",
            t.class,
            t.what,
            esc(&t.value),
            t.unit,
            esc(&t.more)
        ));
    }
    html.push_str("</div>\n");
    html
}

/// What could not be read.
fn notes(view: &View<'_>) -> String {
    const SHOWN: usize = 30;
    let mut html = String::from("<div class=\"alert\"><b>Parts of the records could not be used.</b><ul>");
    for note in view.notes.iter().take(SHOWN) {
        html.push_str(&format!("<li><code>{}</code>: {}</li>", esc(&note.place), esc(&note.text)));
    }
    if view.notes.len() > SHOWN {
        html.push_str(&format!("<li>and {} more</li>", view.notes.len() - SHOWN));
    }
    html.push_str("</ul></div>\n");
    html
}
