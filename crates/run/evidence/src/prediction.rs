//! The report of a prediction: vital signs in time, what was done, the last seconds as waveforms.

use proband_core::{Column, Table};

use crate::number::{fixed, sig};
use crate::svg::{Anchor, Plot, Scale, Svg};
use crate::text::esc;
use crate::{Report, RunRecords};

const STYLE: &str = include_str!("../assets/report.css");
/// Most events marked and listed.
const EVENT_COUNT_MAX: usize = 200;

/// Curves of one chart: title, unit, columns with their class and words.
struct Chart {
    title: &'static str,
    unit: &'static str,
    curves: &'static [(&'static str, &'static str, &'static str)],
}

const CHARTS: &[Chart] = &[
    Chart {
        title: "Arterial pressure",
        unit: "mmHg",
        curves: &[("systolic_mmhg", "c-wine", "systolic"), ("mean_mmhg", "c-red", "mean"), ("diastolic_mmhg", "c-wine", "diastolic")],
    },
    Chart { title: "Heart rate", unit: "1/min", curves: &[("heart_rate_per_min", "c-green", "heart rate")] },
    Chart { title: "Output of the heart", unit: "L/min", curves: &[("output_l_min", "c-blue", "output")] },
    Chart {
        title: "Filling pressures",
        unit: "mmHg",
        curves: &[
            ("central_venous_mmhg", "c-blue", "central veins"),
            ("wedge_mmhg", "c-wine", "left atrium"),
            ("lung_mean_mmhg", "c-orange", "lung artery"),
        ],
    },
    Chart { title: "Blood volume", unit: "mL", curves: &[("blood_ml", "c-wine", "blood volume")] },
    Chart { title: "Saturation", unit: "1", curves: &[("saturation", "c-blue", "saturation")] },
    Chart {
        title: "Carbon dioxide",
        unit: "mmHg",
        curves: &[("carbon_dioxide_mmhg", "c-orange", "arterial"), ("end_tidal_mmhg", "c-green", "end-tidal")],
    },
    Chart { title: "Breathing", unit: "1/min", curves: &[("breath_rate_per_min", "c-green", "breaths")] },
    Chart { title: "Core temperature", unit: "°C", curves: &[("core_c", "c-red", "core")] },
];

const WAVES: &[Chart] = &[
    Chart {
        title: "Pressures of the left heart",
        unit: "mmHg",
        curves: &[("arterial_mmhg", "c-red", "artery"), ("left_ventricle_mmhg", "c-wine", "left ventricle")],
    },
    Chart {
        title: "Pressures of the right heart",
        unit: "mmHg",
        curves: &[("lung_artery_mmhg", "c-orange", "lung artery"), ("right_atrium_mmhg", "c-blue", "right atrium")],
    },
    Chart { title: "Volume above rest in the lungs", unit: "mL", curves: &[("lung_ml", "c-green", "lungs")] },
];

/// Whether a run is a prediction.
pub(crate) fn is_prediction(run: &RunRecords) -> bool {
    run.info.procedure == "predict"
}

/// Colours of the curves.
const CURVES: &str = ".c-wine{stroke:var(--wine)}.c-red{stroke:var(--red)}.c-blue{stroke:var(--blue)}.c-green{stroke:var(--green)}.c-orange{stroke:var(--orange)} .c-wine,.c-red,.c-blue,.c-green,.c-orange{fill:none;stroke-width:1.6}";

/// Vital signs of a patient who lay beside a procedure: markup for a section; `None` where none were kept.
pub(crate) fn vital_signs(run: &RunRecords) -> Option<String> {
    let vitals = run.table("vitals")?;
    let events = match run.table("events") {
        Some(table) => match (table.f64s("time_s"), table.texts("kind")) {
            (Ok(times), Ok(kinds)) => times.iter().copied().zip(kinds.iter().cloned()).take(EVENT_COUNT_MAX).collect(),
            _ => Vec::new(),
        },
        None => Vec::new(),
    };
    let mut body =
        format!("<style>{CURVES}</style><p>Means of the last beat or breath, every second. Dotted lines: events of the draw.</p>\n");
    for chart in CHARTS.iter().take(2).chain(CHARTS.iter().skip(4).take(2)).chain(ARM) {
        body.push_str(&figure(vitals, chart, &events, 900.0, 130.0));
    }
    Some(body)
}

/// Curves beside a blood draw.
const ARM: &[Chart] = &[
    Chart { title: "Veins of the forearm", unit: "mmHg", curves: &[("arm_vein_mmhg", "c-blue", "forearm")] },
    Chart { title: "Breathing", unit: "1/min", curves: &[("breath_rate_per_min", "c-green", "breaths")] },
];

/// The page.
pub(crate) fn render(run: &RunRecords) -> Report {
    let mut body = header(run);
    let events = run.table("events").map(events_of).unwrap_or_default();
    let warnings = run.table("warnings").map(events_of).unwrap_or_default();
    if !warnings.is_empty() {
        body.push_str("<section id=\"warnings\"><h2>Not valid</h2>\n<ul>\n");
        for (time, text) in &warnings {
            body.push_str(&format!("<li>from {} s: {}</li>\n", fixed(*time, 0), esc(text)));
        }
        body.push_str("</ul></section>\n");
    }
    match run.table("vitals") {
        Some(vitals) => {
            body.push_str("<section id=\"vitals\"><h2>Vital signs</h2>\n<p class=\"lead\">Means of the last beat or breath, every second. Dotted lines: what was done.</p>\n");
            for chart in CHARTS {
                body.push_str(&figure(vitals, chart, &events, 900.0, 150.0));
            }
            body.push_str("</section>\n");
            body.push_str(&table_at_events(vitals, &events));
        }
        None => body.push_str("<p class=\"absent\">No vital signs were recorded.</p>\n"),
    }
    if let Some(waves) = run.table("waveforms") {
        body.push_str("<section id=\"waveforms\"><h2>The last seconds</h2>\n");
        let end = waves.f64s("time_s").ok().and_then(|t| t.last().copied()).unwrap_or(0.0);
        let last = cut(waves, end - 6.0);
        for chart in WAVES {
            body.push_str(&figure(&last, chart, &[], 900.0, 170.0));
        }
        body.push_str(&loops(&last));
        body.push_str("</section>\n");
    }
    body.push_str(&parameters(run));
    body.push_str(&format!(
        "</main><footer>Made from stored records alone by proband-evidence {}; the same records give the same page, byte for byte. Research and engineering use, not a medical device.</footer>\n</body></html>\n",
        env!("CARGO_PKG_VERSION")
    ));
    Report { html: body, pictures: Vec::new() }
}

fn header(run: &RunRecords) -> String {
    let info = &run.info;
    let extra = CURVES;
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<title>Prediction for {}</title>\n<style>\n{STYLE}\n{extra}\n</style>\n</head>\n<body>\n<header><div><p class=\"kicker\">Proband · prediction on a model of a patient</p><h1>What would happen to {}</h1>\n<p class=\"notice\"><b>Research and engineering use, not a medical device.</b> A computation on a model of a patient; it must not guide anybody's care.</p>\n<dl class=\"meta\">\n",
        esc(&info.twin),
        esc(&info.twin)
    );
    for (name, value) in [
        ("Script", &info.scenario),
        ("Program", &format!("{} {}", info.program, info.version)),
        ("Digest of the final state", &info.digest),
        ("Command", &info.command),
    ] {
        html.push_str(&format!("<div><dt>{name}</dt><dd><code>{}</code></dd></div>\n", esc(value)));
    }
    html.push_str("</dl></div></header>\n<main>\n");
    html
}

/// Times and words of the events.
fn events_of(table: &Table) -> Vec<(f64, String)> {
    let (Ok(times), Ok(texts)) = (table.f64s("time_s"), table.texts("text")) else { return Vec::new() };
    times.iter().copied().zip(texts.iter().cloned()).take(EVENT_COUNT_MAX).collect()
}

fn column<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    table.f64s(name).unwrap_or(&[])
}

fn figure(table: &Table, chart: &Chart, events: &[(f64, String)], width: f64, height: f64) -> String {
    let times = column(table, "time_s");
    let (Some(start), Some(end)) = (times.first(), times.last()) else { return String::new() };
    let values = chart.curves.iter().flat_map(|(name, ..)| column(table, name).iter().copied());
    let y = Scale::around(values, &[], 4);
    let plot = Plot { left: 52.0, top: 26.0, width: width - 150.0, height, x: Scale::exact(*start, *end, 10), y };
    let mut svg = Svg::new(width, height + 68.0, chart.title);
    plot.frame(&mut svg, "time, s", &format!("{}, {}", chart.title, chart.unit));
    for (time, _) in events.iter().filter(|(t, _)| t >= start && t <= end) {
        let x = plot.px_x(*time);
        svg.line([x, plot.top], [x, plot.bottom()], "ev");
    }
    for (name, class, words) in chart.curves {
        let data = column(table, name);
        let points: Vec<[f64; 2]> = times.iter().zip(data).map(|(t, v)| [*t, *v]).collect();
        plot.curve(&mut svg, &points, class, words);
        if let Some(last) = data.last() {
            svg.text([plot.right() + 6.0, plot.px_y(*last).clamp(plot.top, plot.bottom()) + 4.0], Anchor::Start, "lab", words);
        }
    }
    format!("<figure>{}</figure>\n", svg.finish())
}

/// Rows from a time on.
fn cut(table: &Table, from_s: f64) -> Table {
    let keep: Vec<bool> = column(table, "time_s").iter().map(|t| *t >= from_s).collect();
    let mut out = Table::new(&table.name);
    for (field, column) in table.fields.iter().zip(&table.columns) {
        if let Column::F64(values) = column {
            let values = values.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(v, _)| *v).collect();
            // The names were unique in the table that they come from.
            let _ = out.push(&field.name, &field.unit, &field.frame, &field.source, Column::F64(values));
        }
    }
    out
}

/// Pressure and volume of the left ventricle.
fn loops(table: &Table) -> String {
    let (volume, pressure) = (column(table, "left_ventricle_ml"), column(table, "left_ventricle_mmhg"));
    if volume.is_empty() || volume.len() != pressure.len() {
        return String::new();
    }
    let plot = Plot {
        left: 52.0,
        top: 26.0,
        width: 420.0,
        height: 260.0,
        x: Scale::around(volume.iter().copied(), &[0.0], 6),
        y: Scale::around(pressure.iter().copied(), &[0.0], 5),
    };
    let mut svg = Svg::new(520.0, 330.0, "Pressure and volume of the left ventricle");
    plot.frame(&mut svg, "volume of the left ventricle, mL", "pressure, mmHg");
    let mut data = String::new();
    for (i, (v, p)) in volume.iter().zip(pressure).enumerate() {
        let [x, y] = plot.at(*v, *p);
        data.push_str(&format!("{}{} {}", if i == 0 { "M" } else { "L" }, crate::svg::px(x), crate::svg::px(y)));
    }
    svg.raw(&format!("<path d=\"{data}\" class=\"c-wine\"/>"));
    format!("<figure>{}</figure>\n", svg.finish())
}

/// Vital signs at the start, just before each event and at the end.
fn table_at_events(vitals: &Table, events: &[(f64, String)]) -> String {
    let times = column(vitals, "time_s");
    if times.is_empty() {
        return String::new();
    }
    let shown = [
        ("heart_rate_per_min", "rate", 0),
        ("systolic_mmhg", "systolic", 0),
        ("diastolic_mmhg", "diastolic", 0),
        ("mean_mmhg", "mean", 0),
        ("output_l_min", "output", 2),
        ("central_venous_mmhg", "CVP", 1),
        ("saturation", "saturation", 3),
        ("carbon_dioxide_mmhg", "PaCO₂", 0),
        ("ph", "pH", 2),
        ("blood_ml", "blood", 0),
    ];
    let mut html = String::from(
        "<section id=\"events\"><h2>What was done</h2>\n<div class=\"scroll\"><table><thead><tr><th>time, s</th><th>what</th>",
    );
    for (_, words, _) in shown {
        html.push_str(&format!("<th>{words}</th>"));
    }
    html.push_str("</tr></thead><tbody>\n");
    let end = times.last().copied().unwrap_or(0.0);
    let rows = std::iter::once((times[0], "at the start".to_owned()))
        .chain(events.iter().map(|(t, words)| (*t, format!("before: {words}"))))
        .chain(std::iter::once((end, "at the end".to_owned())));
    for (time, words) in rows {
        let at = times.partition_point(|t| *t <= time + 1e-9).saturating_sub(1);
        html.push_str(&format!("<tr><td>{}</td><td>{}</td>", fixed(time, 1), esc(&words)));
        for (name, _, decimals) in shown {
            let value = column(vitals, name).get(at).copied().unwrap_or(f64::NAN);
            html.push_str(&format!("<td>{}</td>", fixed(value, decimals)));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div></section>\n");
    html
}

/// Every number of the patient with its source.
fn parameters(run: &RunRecords) -> String {
    let Some(table) = run.table("parameters") else { return String::new() };
    let (Ok(names), Ok(units), Ok(sources), Ok(values)) =
        (table.texts("name"), table.texts("unit"), table.texts("source"), table.f64s("value"))
    else {
        return String::new();
    };
    let mut html = String::from(
        "<section id=\"parameters\"><h2>Numbers of the patient</h2>\n<details><summary>Every number with its source; what is unverified says so</summary><div class=\"scroll\"><table><thead><tr><th>name</th><th>value</th><th>unit</th><th>source</th></tr></thead><tbody>\n",
    );
    for (((name, unit), source), value) in names.iter().zip(units).zip(sources).zip(values) {
        html.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            esc(name),
            sig(*value, 4),
            esc(unit),
            esc(source)
        ));
    }
    html.push_str("</tbody></table></div></details></section>\n");
    html
}
