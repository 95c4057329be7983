//! Who, what, which version; and what this is not.

use crate::{number::MISSING, text::esc, view::View};

/// Title of the page. Not escaped.
pub(super) fn title(view: &View<'_>) -> String {
    let procedure = match view.info.procedure.as_str() {
        "venipuncture" => "Robotic blood draw",
        "" => "Run",
        other => other,
    };
    match (&view.cohort, view.has_rehearsal()) {
        (Some(cohort), false) => format!("{procedure}: {} simulated patients", cohort.rows),
        _ if view.info.twin.is_empty() => format!("{procedure}, rehearsed on a patient's twin"),
        _ => format!("{procedure}, rehearsed on the twin of {}", view.info.twin),
    }
}

fn or_missing(text: &str) -> String {
    if text.is_empty() { MISSING.into() } else { esc(text) }
}

/// The head of the page.
pub(super) fn header(view: &View<'_>) -> String {
    let info = view.info;
    let mut html = String::from("<header><div>\n<p class=\"kicker\">Proband · report of a simulated procedure</p>\n");
    html.push_str(&format!("<h1>{}</h1>\n", esc(&title(view))));
    html.push_str(
        "<p class=\"notice\"><b>Research and engineering use, not a medical device.</b> A computation on a model of a patient; it must not guide anybody's care.</p>\n<dl class=\"meta\">\n",
    );
    let mut entry = |name: &str, value: String, class: &str| {
        html.push_str(&format!("<div{class}><dt>{name}</dt><dd>{value}</dd></div>\n"));
    };
    if view.cohort.is_some() && !view.has_rehearsal() {
        entry("Population", or_missing(&info.twin), "");
    } else {
        entry("Patient (pseudonym)", or_missing(&info.twin), "");
        entry("Patient number in the study", info.patient.to_string(), "");
    }
    entry("Seed", info.seed.to_string(), "");
    entry("Scenario", or_missing(&info.scenario), "");
    if let Some(nm) = view.lamp_wavelength_nm {
        entry("Near-infrared lamps", format!("{nm} nm"), "");
    }
    if let Some(hz) = view.heart_rate_hz {
        entry("Arteries beat", format!("{:.0} a minute", 60.0 * hz), "");
    }
    entry("Program", format!("{} {}", or_missing(&info.program), esc(&info.version)), "");
    entry("Digest of the run", format!("<code>{}</code>", or_missing(&info.digest)), "");
    entry("Command", format!("<code>{}</code>", or_missing(&info.command)), " class=\"wide\"");
    html.push_str("</dl>\n</div></header>\n");
    html
}

/// The foot of the page.
pub(super) fn footer(view: &View<'_>) -> String {
    format!(
        "<footer>Made from stored records alone by proband-evidence {}; the same records give the same page, byte for byte. Run by {} {}. Research and engineering use, not a medical device.</footer>\n",
        env!("CARGO_PKG_VERSION"),
        or_missing(&view.info.program),
        esc(&view.info.version)
    )
}
