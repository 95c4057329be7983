//! The report of a bronchoscopy, or of many.

mod charts;
#[cfg(test)]
mod tests;

use proband_core::{Column, Table};

use crate::listed;
use crate::number::{duration, percent, sig};
use crate::page::data_uri;
use crate::text::esc;
use crate::{Report, RunRecords};

const STYLE: &str = include_str!("../../assets/report.css");
const EXTRA: &str = ".tree{fill:none;stroke:var(--blue);opacity:.35;stroke-linecap:round} .way{fill:none;stroke:var(--red);stroke-linecap:round} .nod{fill:var(--green);opacity:.55} .trk{fill:none;stroke:var(--wine);stroke-width:1.2;stroke-dasharray:3 2} .c-red{stroke:var(--red)}.c-blue{stroke:var(--blue)}.c-green{stroke:var(--green)} .c-red,.c-blue,.c-green{fill:none;stroke-width:1.6} .views{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:12px} .views figure{margin:0} .views img{width:100%;border-radius:50%}";
/// Rows of a table at most.
const ROWS_MAX: usize = 300;

/// Whether a run is of bronchoscopies.
pub(crate) fn is_bronchoscopy(run: &RunRecords) -> bool {
    run.info.procedure == "bronchoscopy"
}

/// The page.
pub(crate) fn render(run: &RunRecords) -> Report {
    let mut body = header(run);
    if let Some(table) = run.table("bronchoscopy") {
        body.push_str(&glance(table));
    }
    if let Some(table) = run.table("rates") {
        body.push_str(&rates(table));
    }
    if let (Some(airways), Some(target)) = (run.table("airways"), run.table("target")) {
        body.push_str("<section id=\"way\"><h2>The way</h2>\n<p class=\"lead\">Airways of the CT from the front and from the left side; red: the planned way; dashed: where the tip went; green: the nodule.</p>\n");
        body.push_str(&charts::tree(airways, target, run.table("ticks")));
        body.push_str("</section>\n");
    }
    if let Some(images) = run.table("images") {
        body.push_str(&views(images));
    }
    if let Some(ticks) = run.table("ticks") {
        body.push_str("<section id=\"course\"><h2>The course</h2>\n");
        body.push_str(&charts::course(ticks, run.table("events")));
        body.push_str("</section>\n");
    }
    body.push_str(&listed(
        "passes",
        "Passes of the needle",
        run.table("passes"),
        "True values. Tissue: length of the sample that is nodule. An artery's radius above zero: the needle went through it.",
    ));
    body.push_str(&listed(
        "routes",
        "Ways that were planned",
        run.table("routes"),
        "Best first. Pareto: no other way is better in hit, clearances, angle and length at once.",
    ));
    body.push_str(&listed(
        "rejections",
        "Airways near the nodule that are no way",
        run.table("rejections"),
        "The closest first, with the gate that closes them.",
    ));
    body.push_str(&listed("events", "What happened", run.table("events"), ""));
    body.push_str(&published());
    if !run.problems.is_empty() {
        body.push_str("<section id=\"problems\"><h2>Could not be read</h2><ul>");
        for problem in &run.problems {
            body.push_str(&format!("<li>{}: {}</li>", esc(&problem.place), esc(&problem.text)));
        }
        body.push_str("</ul></section>\n");
    }
    body.push_str(&format!(
        "</main><footer>Made from stored records alone by proband-evidence {}; the same records give the same page, byte for byte. Research and engineering use, not a medical device.</footer>\n</body></html>\n",
        env!("CARGO_PKG_VERSION")
    ));
    Report { html: body, pictures: pictures(run) }
}

fn header(run: &RunRecords) -> String {
    let info = &run.info;
    let title = format!("Bronchoscopy: {}", info.scenario);
    let title = esc(&title);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<title>{title}</title>\n<style>\n{STYLE}\n{EXTRA}\n</style>\n</head>\n<body>\n<header><div><p class=\"kicker\">Proband · rehearsed bronchoscopy in a made chest</p><h1>{title}</h1>\n<p class=\"notice\"><b>Research and engineering use, not a medical device.</b> A simulated patient, a simulated robot. A needle in the nodule is not a diagnosis.</p>\n<dl class=\"meta\">\n"
    );
    for (name, value) in [
        ("Patient", &format!("{} {}", info.twin, info.patient)),
        ("Seed", &info.seed.to_string()),
        ("Program", &format!("{} {}", info.program, info.version)),
        ("Digest of the final state", &info.digest),
        ("Command", &info.command),
    ] {
        html.push_str(&format!("<div><dt>{name}</dt><dd><code>{}</code></dd></div>\n", esc(value)));
    }
    html.push_str("</dl></div></header>\n<main>\n");
    html
}

/// First value of a column as it is read.
struct Row<'a>(&'a Table);

impl Row<'_> {
    fn number(&self, name: &str) -> f64 {
        match self.0.column(name) {
            Ok(Column::F64(v)) => v.first().copied().unwrap_or(f64::NAN),
            Ok(Column::I64(v)) => v.first().map_or(f64::NAN, |v| *v as f64),
            _ => f64::NAN,
        }
    }

    fn is(&self, name: &str) -> &'static str {
        match self.0.bools(name).ok().and_then(|v| v.first()) {
            Some(true) => "yes",
            Some(false) => "no",
            None => "–",
        }
    }

    fn word(&self, name: &str) -> String {
        self.0.texts(name).ok().and_then(|v| v.first().cloned()).unwrap_or_else(|| "–".into())
    }
}

/// Prior for a pathologist's naming a lesion from a good sample. Unverified.
const NAMED: f64 = 0.9;

fn glance(table: &Table) -> String {
    let r = Row(table);
    let mm = |name: &str| format!("{} mm", sig(1e3 * r.number(name), 3));
    let whole = |name: &str| if r.number(name).is_finite() { format!("{:.0}", r.number(name)) } else { sig(f64::NAN, 3) };
    let estimate = if r.number("good_samples") > 0.0 { NAMED } else { 0.0 };
    let rows = [
        (
            "Nodule",
            format!(
                "{} lobe, {} wide, {}, bronchus sign: {}",
                r.word("lobe"),
                mm("diameter_m"),
                if r.number("pleura_m") > 0.0 { format!("{} from the pleura", mm("pleura_m")) } else { "reaches the pleura".into() },
                r.is("bronchus_sign")
            ),
        ),
        ("The plan has a way", format!("{}, hit predicted {}", r.is("planned"), percent(r.number("predicted_hit")))),
        ("Navigated to where the needle reaches it", format!("{}, after {}", r.is("navigated"), duration(r.number("arrival_s")))),
        (
            "Tool in lesion",
            format!(
                "{}, closest {} to its centre; the robot said so by a picture: {}",
                r.is("tool_in_lesion"),
                mm("miss_m"),
                r.is("confirmed")
            ),
        ),
        ("Samples", format!("{} of {} with at least 3 mm of nodule", whole("good_samples"), whole("samples"))),
        ("Diagnosis, estimate", format!("{} (prior, unverified: a good sample is named in {})", percent(estimate), percent(NAMED))),
        ("Error of the believed tip on arrival", mm("tip_error_m")),
        ("CT against body at the nodule", mm("divergence_m")),
        ("Pneumothorax", r.is("pneumothorax").into()),
        ("Bleeding", format!("{}, {} mL", r.word("bleeding"), sig(1e6 * r.number("blood_m3"), 2))),
        ("Largest force on the wall", format!("{} N", sig(r.number("wall_force_n"), 3))),
        ("Three-dimensional pictures", whole("images")),
        ("Whole time", duration(r.number("time_s"))),
    ];
    let mut html = String::from("<section id=\"glance\"><h2>At a glance</h2>\n<div class=\"scroll\"><table><tbody>\n");
    for (name, value) in rows {
        html.push_str(&format!("<tr><td>{name}</td><td>{}</td></tr>\n", esc(&value)));
    }
    html.push_str("</tbody></table></div></section>\n");
    html
}

fn rates(table: &Table) -> String {
    let (Ok(groups), Ok(endpoints), Ok(hits), Ok(counts), Ok(shares), Ok(low), Ok(high)) = (
        table.texts("group"),
        table.texts("endpoint"),
        table.i64s("hits"),
        table.i64s("count"),
        table.f64s("share"),
        table.f64s("low"),
        table.f64s("high"),
    ) else {
        return String::new();
    };
    let mut html = String::from(
        "<section id=\"rates\"><h2>Rates</h2>\n<p class=\"lead\">With 95 % intervals after Wilson. Rates after the plan are among patients to whom the plan gave a way.</p>\n<div class=\"scroll\"><table><thead><tr><th>among</th><th>endpoint</th><th class=\"n\">share</th><th>interval</th><th class=\"n\">of</th></tr></thead><tbody>\n",
    );
    let count = [endpoints.len(), hits.len(), counts.len(), shares.len(), low.len(), high.len()].into_iter().min().unwrap_or(0);
    for (i, group) in groups.iter().enumerate().take(count.min(ROWS_MAX)) {
        html.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{} to {}</td><td class=\"n\">{}/{}</td></tr>\n",
            esc(group),
            esc(&endpoints[i]),
            percent(shares[i]),
            percent(low[i]),
            percent(high[i]),
            hits[i],
            counts[i]
        ));
    }
    html.push_str("</tbody></table></div></section>\n");
    html
}

fn views(table: &Table) -> String {
    let (Ok(captions), Ok(files)) = (table.texts("caption"), table.bytes("png")) else { return String::new() };
    let mut html = String::from(
        "<section id=\"views\"><h2>What the camera saw</h2>\n<p class=\"lead\">Drawn from the true place of the tip.</p>\n<div class=\"views\">\n",
    );
    for (caption, file) in captions.iter().zip(files).take(40) {
        html.push_str(&format!(
            "<figure><img alt=\"view\" src=\"{}\"><figcaption>{}</figcaption></figure>\n",
            data_uri(file),
            esc(caption)
        ));
    }
    html.push_str("</div></section>\n");
    html
}

fn pictures(run: &RunRecords) -> Vec<(String, Vec<u8>)> {
    let Some(table) = run.table("images") else { return Vec::new() };
    let (Ok(names), Ok(files)) = (table.texts("name"), table.bytes("png")) else { return Vec::new() };
    names.iter().zip(files).take(40).map(|(name, file)| (format!("{}.png", crate::text::file_stem(name)), file.clone())).collect()
}

/// A table as it is recorded, lengths in millimetres.
fn listed(id: &str, title: &str, table: Option<&Table>, lead: &str) -> String {
    let Some(table) = table.filter(|t| t.row_count() > 0) else { return String::new() };
    let mut html = format!("<section id=\"{id}\"><h2>{title}</h2>\n<p class=\"lead\">{lead}</p>\n<div class=\"scroll\"><table><thead><tr>");
    for field in &table.fields {
        let metres = field.unit == "m";
        let name = if metres { field.name.trim_end_matches("_m").to_owned() + " [mm]" } else { field.name.clone() };
        html.push_str(&format!("<th>{}</th>", esc(&name.replace('_', " "))));
    }
    html.push_str("</tr></thead>");
    html.push_str(&listed::body(table, ROWS_MAX, &|field, v| sig(if field.unit == "m" { 1e3 * v } else { v }, 3)));
    html.push_str("</table></div></section>\n");
    html
}

/// Published figures. They were no target; planner and pilot were worked on with other seeds in view.
fn published() -> String {
    let rows = [
        (
            "Navigation",
            "89 % (Chaddha 2019, n 165), 96 % (Chen 2021, n 55), 97 % (Fielding 2019, n 29), 99 % (Kalchiem-Dekel 2022, n 131): PMC10477625",
        ),
        (
            "Diagnostic yield",
            "69–77 % (Chaddha 2019), 74 % (Chen 2021), 79 % (Fielding 2019), 82 % (Kalchiem-Dekel 2022), 86 % (Benn 2021): PMC10477625",
        ),
        ("Needle in target, cadavers, nodules 16.5 mm", "robot 80 %, electromagnetic navigation 45 %: PRECISION-1, PMC7534032"),
        ("Accuracy at 12 months, pneumothorax", "79.0 %, 3.3 % (VERITAS, N Engl J Med 2025;392:2100; not a robot)"),
    ];
    let mut html = String::from(
        "<section id=\"published\"><h2>Published figures</h2>\n<p class=\"lead\">For comparison; they were no target, but planner and pilot were worked on with other made patients in view. Studies take patients whom a physician thinks reachable; a simulated puncture is not a diagnostic yield.</p>\n<div class=\"scroll\"><table><tbody>\n",
    );
    for (name, text) in rows {
        html.push_str(&format!("<tr><td>{name}</td><td>{}</td></tr>\n", esc(text)));
    }
    html.push_str("</tbody></table></div></section>\n");
    html
}
