//! The report of a stress test: what breaks a rule of safety, how probable it is, what matters.

mod chart;

use proband_core::Table;

use crate::listed;
use crate::number::{fixed, sig};
use crate::page::data_uri;
use crate::text::esc;
use crate::{Report, RunRecords};

const STYLE: &str = include_str!("../../assets/report.css");
const EXTRA: &str = ".c-wine{stroke:var(--wine)}.c-red{stroke:var(--red)}.c-blue{stroke:var(--blue)}.c-green{stroke:var(--green)} .c-wine,.c-red,.c-blue,.c-green{fill:none;stroke-width:1.6} .broken{fill:var(--red);opacity:.22} .plain{font-size:1.15em;max-width:70ch}";
/// Rows of a table at most.
const ROWS_MAX: usize = 400;

/// Whether a run is a stress test.
pub(crate) fn is_stress(run: &RunRecords) -> bool {
    run.info.procedure == "stress"
}

/// The page.
pub(crate) fn render(run: &RunRecords) -> Report {
    let mut body = header(run);
    let said = run.table("stress").map(pairs).unwrap_or_default();
    if let Some((_, sentence)) = said.iter().find(|(item, _)| item == "sentence") {
        body.push_str(&format!("<section id=\"sentence\"><h2>What went wrong</h2>\n<p class=\"plain\">{}</p></section>\n", esc(sentence)));
    }
    if let Some(signals) = run.table("stress_signals") {
        body.push_str("<section id=\"moment\"><h2>The moment</h2>\n<p class=\"lead\">The minimised failure, three seconds before and after the rule is kept the least (dotted line). Red: the rule is broken.</p>\n");
        body.push_str(&chart::figures(signals, run.table("stress_events")));
        body.push_str("</section>\n");
    }
    if let Some(pictures) = run.table("images") {
        body.push_str(&picture(pictures, &said));
    }
    body.push_str(&listed("inputs", "What it took", run.table("stress_inputs"), "Median: where nothing is unusual. Likeliest: the most likely failure met. Minimised: every input pulled to its median as far as the rule stays broken; in standard deviations beside."));
    body.push_str(&listed("risk", "Risk per procedure", run.table("stress_risk"), "Probability that a rule is broken in one procedure, given the laws of the inputs, on a model of patient and robot. Intervals come from independent replicates or independent draws."));
    body.push_str(&listed("influence", "What matters", run.table("stress_influence"), "Shares of the variance of each outcome, or effects over the central 95 % of each input. A share below zero is noise: read its interval. Rows of which a run failed are left out and counted, never filled in."));
    if let Some(table) = run.table("stress_risk") {
        body.push_str(&chart::risks(table));
    }
    body.push_str(&summary(&said));
    body.push_str(&listed("events", "What happened", run.table("stress_events"), "Ten seconds before and after."));
    body.push_str(&listed("cases", "Failing cases", run.table("stress_cases"), "The most likely first."));
    body.push_str(&listed("rules", "Rules", run.table("stress_rules"), "Signal temporal logic over the scene's signals."));
    body.push_str(&format!(
        "</main><footer>Made from stored records alone by proband-evidence {}; the same records give the same page, byte for byte. Research and engineering use, not a medical device.</footer>\n</body></html>\n",
        env!("CARGO_PKG_VERSION")
    ));
    Report { html: body, pictures: Vec::new() }
}

fn header(run: &RunRecords) -> String {
    let info = &run.info;
    let title = esc(&info.scenario);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<title>Stress test: {title}</title>\n<style>\n{STYLE}\n{EXTRA}\n</style>\n</head>\n<body>\n<header><div><p class=\"kicker\">Proband · stress test on a model of patient and robot</p><h1>{title}</h1>\n<p class=\"notice\"><b>Research and engineering use, not a medical device.</b> Simulated failures of a simulated robot.</p>\n<dl class=\"meta\">\n"
    );
    for (name, value) in [
        ("Twin", &info.twin),
        ("Program", &format!("{} {}", info.program, info.version)),
        ("Digest of the records", &info.digest),
        ("Command", &info.command),
    ] {
        html.push_str(&format!("<div><dt>{name}</dt><dd><code>{}</code></dd></div>\n", esc(value)));
    }
    html.push_str("</dl></div></header>\n<main>\n");
    html
}

fn pairs(table: &Table) -> Vec<(String, String)> {
    let (Ok(items), Ok(values)) = (table.texts("item"), table.texts("value")) else { return Vec::new() };
    items.iter().cloned().zip(values.iter().cloned()).collect()
}

fn summary(said: &[(String, String)]) -> String {
    let mut html = String::from("<section id=\"summary\"><h2>In numbers</h2>\n<div class=\"scroll\"><table><tbody>\n");
    for (item, value) in said.iter().filter(|(item, _)| item != "sentence").take(ROWS_MAX) {
        html.push_str(&format!("<tr><td>{}</td><td>{}</td></tr>\n", esc(item), esc(value)));
    }
    html.push_str("</tbody></table></div></section>\n");
    html
}

/// A table as it is recorded.
fn listed(id: &str, title: &str, table: Option<&Table>, lead: &str) -> String {
    let Some(table) = table.filter(|t| t.row_count() > 0) else { return String::new() };
    let mut html = format!("<section id=\"{id}\"><h2>{title}</h2>\n<p class=\"lead\">{lead}</p>\n<div class=\"scroll\"><table><thead><tr>");
    for field in &table.fields {
        // Inputs of the list of cases have numbers for names and their names for a source.
        let name = if field.name.starts_with("input_") { &field.source } else { &field.name };
        let unit = if field.unit.is_empty() || field.unit == "1" { String::new() } else { format!(", {}", esc(&field.unit)) };
        html.push_str(&format!("<th>{}{unit}</th>", esc(&name.replace('_', " "))));
    }
    html.push_str("</tr></thead>");
    html.push_str(&listed::body(table, ROWS_MAX, &|_, v| sig(v, 4)));
    html.push_str("</table></div></section>\n");
    html
}

/// The last picture of the needle before the worst moment.
fn picture(table: &Table, said: &[(String, String)]) -> String {
    let worst = said.iter().find(|(item, _)| item == "worst moment").and_then(|(_, v)| v.split(' ').next()?.parse::<f64>().ok());
    let (Ok(times), Ok(captions), Ok(modalities), Ok(files)) =
        (table.f64s("time_s"), table.texts("caption"), table.texts("modality"), table.bytes("png"))
    else {
        return String::new();
    };
    let worst = worst.unwrap_or(f64::INFINITY);
    let place = (0..times.len())
        .filter(|i| modalities[*i] == "ultrasound" && times[*i] <= worst + 0.5)
        .max_by(|a, b| times[*a].total_cmp(&times[*b]));
    let Some(place) = place else { return String::new() };
    format!(
        "<section id=\"picture\"><h2>What the robot saw last</h2>\n<figure><img alt=\"ultrasound\" style=\"max-width:520px;width:100%\" src=\"{}\"><figcaption>{}, {} s. All pictures: <code>failure/report.html</code>.</figcaption></figure></section>\n",
        data_uri(&files[place]),
        esc(&captions[place]),
        fixed(times[place], 2)
    )
}

#[cfg(test)]
mod tests;
