//! The report of a disease over time: each reading with its bands, the rates behind it.

use proband_core::Table;

use crate::number::sig;
use crate::svg::{Plot, Scale, Svg, px};
use crate::text::esc;
use crate::{Report, RunRecords};

const STYLE: &str = include_str!("../assets/report.css");
const BANDS: &str = ".wide{fill:var(--blue);opacity:.18;stroke:none}.near{fill:var(--blue);opacity:.3;stroke:none}.middle{fill:none;stroke:var(--blue);stroke-width:2} figure{display:inline-block;margin:.4rem}";
/// Quantiles of the columns, in the order low, lower quarter, middle, upper quarter, high.
const QUANTILES: [&str; 5] = ["q05", "q25", "q50", "q75", "q95"];
/// A reading whose middle and bands stay within this share of itself did not change.
const STILL: f64 = 1e-3;
/// Most readings drawn.
const READING_COUNT_MAX: usize = 60;

/// Whether a run is a disease over time.
pub(crate) fn is_progression(run: &RunRecords) -> bool {
    run.info.procedure == "progress"
}

/// One reading: name, unit, its five columns.
struct Reading<'a> {
    name: String,
    unit: &'a str,
    bands: [&'a [f64]; 5],
}

fn readings(table: &Table) -> Vec<Reading<'_>> {
    let mut found = Vec::new();
    for field in &table.fields {
        let Some(name) = field.name.strip_suffix("_q50") else { continue };
        let columns = QUANTILES.map(|q| table.f64s(&format!("{name}_{q}")).unwrap_or(&[]));
        let days = columns[2].len();
        if days > 1 && columns.iter().all(|c| c.len() == days) && found.len() < READING_COUNT_MAX {
            found.push(Reading { name: name.to_owned(), unit: &field.unit, bands: columns });
        }
    }
    found
}

impl Reading<'_> {
    fn moves(&self) -> bool {
        let all = || self.bands.iter().flat_map(|band| band.iter().copied()).filter(|x| x.is_finite());
        let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        high - low > STILL * high.abs().max(low.abs())
    }

    fn figure(&self, days: &[f64]) -> String {
        let years = days.last().is_some_and(|last| *last > 730.0);
        let times: Vec<f64> = days.iter().map(|day| if years { day / 365.25 } else { *day }).collect();
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return String::new() };
        let values = self.bands.iter().flat_map(|band| band.iter().copied());
        let plot = Plot {
            left: 60.0,
            top: 26.0,
            width: 380.0,
            height: 170.0,
            x: Scale::exact(*first, *last, 5),
            y: Scale::around(values, &[], 4),
        };
        let label = self.name.replace('_', " ");
        let mut svg = Svg::new(470.0, 240.0, &label);
        plot.frame(&mut svg, if years { "time, years" } else { "time, days" }, &label);
        let path = |points: &mut dyn Iterator<Item = (f64, f64)>| {
            let mut data = String::new();
            for (t, v) in points {
                let [x, y] = plot.at(t, v);
                data.push_str(&format!("{}{} {}", if data.is_empty() { "M" } else { "L" }, px(x), px(y)));
            }
            data
        };
        let line = |q: usize| times.iter().copied().zip(self.bands[q].iter().copied());
        for (low, high, class) in [(0, 4, "wide"), (1, 3, "near")] {
            let area = path(&mut line(low).chain(line(high).rev()));
            svg.raw(&format!("<path d=\"{area}Z\" class=\"{class}\"/>"));
        }
        svg.raw(&format!("<path d=\"{}\" class=\"middle\"/>", path(&mut line(2))));
        format!("<figure>{}</figure>\n", svg.finish())
    }
}

/// The page.
pub(crate) fn render(run: &RunRecords) -> Report {
    let info = &run.info;
    let title = format!("{} over time", info.scenario.replace('_', " "));
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<title>{0}</title>\n<style>\n{STYLE}\n{BANDS}\n</style>\n</head>\n<body>\n<header><div><p class=\"kicker\">Proband · a disease on a model of a patient</p><h1>{0}</h1>\n<p class=\"notice\"><b>Research and engineering use, not a medical device.</b> Most rates are priors that nobody has verified.</p>\n<dl class=\"meta\">\n",
        esc(&title)
    );
    for (name, value) in [
        ("Patient", &info.twin),
        ("Program", &format!("{} {}", info.program, info.version)),
        ("Digest", &info.digest),
        ("Command", &info.command),
    ] {
        html.push_str(&format!("<div><dt>{name}</dt><dd><code>{}</code></dd></div>\n", esc(value)));
    }
    html.push_str("</dl></div></header>\n<main>\n");
    match run.table("courses") {
        Some(table) => html.push_str(&courses(table)),
        None => html.push_str("<p class=\"absent\">No courses were recorded.</p>\n"),
    }
    html.push_str(&rates(run.table("rates")));
    html.push_str(&format!(
        "</main><footer>Made from stored records alone by proband-evidence {}; the same records give the same page, byte for byte. Research and engineering use, not a medical device.</footer>\n</body></html>\n",
        env!("CARGO_PKG_VERSION")
    ));
    Report { html, pictures: Vec::new() }
}

fn courses(table: &Table) -> String {
    let days: Vec<f64> = table.i64s("day").map(|days| days.iter().map(|day| *day as f64).collect()).unwrap_or_default();
    let all = readings(table);
    let (moving, still): (Vec<_>, Vec<_>) = all.iter().partition(|reading| reading.moves());
    let mut html = String::from(
        "<section id=\"courses\"><h2>Courses</h2>\n<p class=\"lead\">Median, middle half, 5th to 95th percentile of people who share the disease and differ in their rates.</p>\n",
    );
    for reading in &moving {
        html.push_str(&reading.figure(&days));
    }
    html.push_str("<table><thead><tr><th>reading</th><th>unit</th><th>first day</th><th>half-way</th><th>last day</th><th>5th to 95th percentile</th></tr></thead><tbody>\n");
    for reading in moving.iter().chain(&still) {
        let middle = reading.bands[2];
        let end = middle.len() - 1;
        let cell = |value: f64| format!("<td class=\"n\">{}</td>", sig(value, 3));
        html.push_str(&format!(
            "<tr><td>{}</td><td>{}</td>{}{}{}<td class=\"n\">{} to {}</td></tr>\n",
            esc(&reading.name.replace('_', " ")),
            esc(reading.unit),
            cell(middle[0]),
            cell(middle[end / 2]),
            cell(middle[end]),
            sig(reading.bands[0][end], 3),
            sig(reading.bands[4][end], 3)
        ));
    }
    html.push_str("</tbody></table></section>\n");
    html
}

/// The rates with their sources.
fn rates(table: Option<&Table>) -> String {
    let Some(table) = table else { return String::new() };
    let texts = |name: &str| table.texts(name).unwrap_or(&[]);
    let (names, units, status, sources) = (texts("rate"), texts("unit"), texts("status"), texts("source"));
    let (means, sds) = (table.f64s("mean").unwrap_or(&[]), table.f64s("sd").unwrap_or(&[]));
    let mut html = String::from(
        "<section id=\"rates\"><h2>Rates</h2>\n<table><thead><tr><th>rate</th><th>mean</th><th>sd</th><th>unit</th><th>status</th><th>source</th></tr></thead><tbody>\n",
    );
    for (i, name) in names.iter().enumerate() {
        let text = |from: &[String]| from.get(i).map_or_else(String::new, |text| esc(text));
        let number = |from: &[f64]| from.get(i).map_or_else(String::new, |x| sig(*x, 3));
        html.push_str(&format!(
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            esc(name),
            number(means),
            number(sds),
            text(units),
            text(status),
            text(sources)
        ));
    }
    html.push_str("</tbody></table></section>\n");
    html
}
