//! The report of a grid over pigment, fat, depth and wavelength: what is found, and what a stick would come to.

use proband_core::Table;

use crate::columns::Columns;
use crate::number::{count, fixed, percent};
use crate::page::table;
use crate::svg::{Anchor, Svg};
use crate::text::esc;
use crate::{Problem, Report, RunRecords};

const STYLE: &str = include_str!("../assets/report.css");
/// Most rows that are read of the table.
const ROW_COUNT_MAX: usize = 100_000;
/// Most values of one axis that are drawn.
const AXIS_MAX: usize = 12;

/// Whether a run is such a grid.
pub(crate) fn is_bias(run: &RunRecords) -> bool {
    run.info.procedure == "bias"
}

struct Cell {
    pigment: f64,
    fat_mm: f64,
    depth_mm: f64,
    wavelength_nm: f64,
    means: String,
    count: f64,
    found: f64,
    rate: [f64; 3],
    success: [f64; 3],
}

fn cells(source: &Table, problems: &mut Vec<Problem>) -> Vec<Cell> {
    let mut columns = Columns::new(source, problems);
    let rows = columns.rows().min(ROW_COUNT_MAX);
    let means = columns.words("means");
    let [pigment, fat, depth, wavelength, n, found, rate, rate_low, rate_high, success, success_low, success_high] = [
        "melanin_fraction",
        "fat_m",
        "depth_m",
        "wavelength_m",
        "count",
        "found",
        "rate",
        "rate_low",
        "rate_high",
        "success",
        "success_low",
        "success_high",
    ]
    .map(|name| columns.numbers(name));
    let cell = |i: usize| Cell {
        pigment: pigment[i],
        fat_mm: 1e3 * fat[i],
        depth_mm: 1e3 * depth[i],
        wavelength_nm: 1e9 * wavelength[i],
        means: means[i].clone(),
        count: n[i],
        found: found[i],
        rate: [rate[i], rate_low[i], rate_high[i]],
        success: [success[i], success_low[i], success_high[i]],
    };
    (0..rows).map(cell).collect()
}

/// Different values of an axis, rising, to a thousandth.
fn axis(cells: &[Cell], of: impl Fn(&Cell) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = cells.iter().map(of).filter(|v| v.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| (*a - *b).abs() < 1e-3 * b.abs().max(1e-6));
    values.truncate(AXIS_MAX);
    values
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-3 * b.abs().max(1e-6)
}

/// Colours from dark blue to yellow that rise evenly in lightness and differ for every kind of colour vision (after cividis,
/// Nuñez, Anderton and Renslow 2018, PLoS ONE 13:e0199239; five of its colours).
const COLOURS: [[f64; 3]; 5] = [[0.0, 34.0, 78.0], [65.0, 77.0, 107.0], [124.0, 123.0, 120.0], [187.0, 172.0, 105.0], [254.0, 232.0, 56.0]];

fn colour(value: f64) -> (String, &'static str) {
    let place = value.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f64;
    let i = (place as usize).min(COLOURS.len() - 2);
    let t = place - i as f64;
    let rgb: [u8; 3] = std::array::from_fn(|c| (COLOURS[i][c] + t * (COLOURS[i + 1][c] - COLOURS[i][c])).round() as u8);
    (format!("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]), if value > 0.55 { "#000" } else { "#fff" })
}

const CELL_PX: [f64; 2] = [66.0, 40.0];
const GAP_PX: f64 = 26.0;

/// One panel per fat (down) and wavelength (across); in it pigment across and depth down.
fn map(cells: &[Cell], means: &str, value: impl Fn(&Cell) -> [f64; 3], title: &str) -> String {
    let cells: Vec<&Cell> = cells.iter().filter(|c| c.means == means).collect();
    let of = |f: fn(&Cell) -> f64| {
        let mut values: Vec<f64> = cells.iter().map(|c| f(c)).filter(|v| v.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        values.dedup_by(|a, b| same(*a, *b));
        values.truncate(AXIS_MAX);
        values
    };
    let (pigments, depths) = (of(|c| c.pigment), of(|c| c.depth_mm));
    let (fats, wavelengths) = (of(|c| c.fat_mm), of(|c| c.wavelength_nm));
    let (left, top) = (92.0, 52.0);
    let panel = [pigments.len() as f64 * CELL_PX[0], depths.len() as f64 * CELL_PX[1]];
    let step = [panel[0] + GAP_PX, panel[1] + 44.0];
    let size = [left + wavelengths.len() as f64 * step[0], top + fats.len() as f64 * step[1]];
    let mut svg = Svg::new(size[0].max(300.0), size[1].max(120.0), title);
    for (w, wavelength) in wavelengths.iter().enumerate() {
        for (f, fat) in fats.iter().enumerate() {
            let corner = [left + w as f64 * step[0], top + f as f64 * step[1]];
            let head = format!("{} nm, fat {} mm", fixed(*wavelength, 0), fixed(*fat, 1));
            svg.text([corner[0], corner[1] - 20.0], Anchor::Start, "lab strong", &head);
            for (i, pigment) in pigments.iter().enumerate() {
                let x = corner[0] + (i as f64 + 0.5) * CELL_PX[0];
                svg.text([x, corner[1] - 5.0], Anchor::Middle, "small", &percent(*pigment));
            }
            for (j, depth) in depths.iter().enumerate() {
                let y = corner[1] + j as f64 * CELL_PX[1];
                if w == 0 {
                    svg.text([corner[0] - 6.0, y + 24.0], Anchor::End, "small", &format!("{} mm", fixed(*depth, 1)));
                }
                for (i, pigment) in pigments.iter().enumerate() {
                    let found = cells.iter().find(|c| {
                        same(c.pigment, *pigment) && same(c.depth_mm, *depth) && same(c.fat_mm, *fat) && same(c.wavelength_nm, *wavelength)
                    });
                    square(&mut svg, [corner[0] + i as f64 * CELL_PX[0], y], found.map(|c| (value(c), c)));
                }
            }
        }
    }
    svg.text([left - 6.0, top - 5.0], Anchor::End, "small", "pigment");
    svg.finish()
}

fn square(svg: &mut Svg, corner: [f64; 2], found: Option<([f64; 3], &&Cell)>) {
    let [width, height] = [CELL_PX[0] - 2.0, CELL_PX[1] - 2.0];
    let Some(([value, low, high], cell)) = found.filter(|(v, c)| v[0].is_finite() && c.count > 0.0) else {
        svg.text([corner[0] + 0.5 * width, corner[1] + 24.0], Anchor::Middle, "small", "no arm");
        return;
    };
    let (fill, ink) = colour(value);
    let tip =
        format!("{} ({} to {}), {} of {} found", percent(value), percent(low), percent(high), fixed(cell.found, 0), fixed(cell.count, 0));
    let [x, y] = corner.map(crate::svg::px);
    svg.raw(&format!("<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>", esc(&tip)));
    let mut line = |dy: f64, size: f64, text: &str| {
        let (tx, ty) = (crate::svg::px(corner[0] + 0.5 * width), crate::svg::px(corner[1] + dy));
        svg.raw(&format!("<text x=\"{tx}\" y=\"{ty}\" text-anchor=\"middle\" font-size=\"{size}\" fill=\"{ink}\">{}</text>", esc(text)));
    };
    line(17.0, 14.0, &percent(value));
    line(31.0, 9.5, &format!("{}–{} n {}", fixed(100.0 * low, 0), fixed(100.0 * high, 0), fixed(cell.count, 0)));
    svg.raw("</g>");
}

/// Difference between lightest and darkest skin, all fats together, by depth and wavelength.
fn differences(cells: &[Cell]) -> String {
    let pigments = axis(cells, |c| c.pigment);
    let (Some(light), Some(dark)) = (pigments.first(), pigments.last()) else { return String::new() };
    let mut rows = Vec::new();
    for means in ["nir", "nir_and_ultrasound"] {
        for wavelength in axis(cells, |c| c.wavelength_nm) {
            for depth in axis(cells, |c| c.depth_mm) {
                let sum = |pigment: f64| {
                    let part = || {
                        cells.iter().filter(|c| {
                            c.means == means && same(c.pigment, pigment) && same(c.wavelength_nm, wavelength) && same(c.depth_mm, depth)
                        })
                    };
                    (part().map(|c| c.found).sum::<f64>().max(0.0) as u64, part().map(|c| c.count).sum::<f64>().max(0.0) as u64)
                };
                let (a, b) = (sum(*light), sum(*dark));
                let Ok(interval) = proband_math::stats::newcombe(b, a, 0.95) else { continue };
                let share = |s: (u64, u64)| s.0 as f64 / s.1.max(1) as f64;
                rows.push((
                    String::new(),
                    vec![
                        (esc(words(means)), ""),
                        (fixed(wavelength, 0), "n"),
                        (fixed(depth, 1), "n"),
                        (format!("{} ({} of {})", percent(share(a)), count(a.0), count(a.1)), "n"),
                        (format!("{} ({} of {})", percent(share(b)), count(b.0), count(b.1)), "n"),
                        (
                            format!(
                                "{} ({} to {})",
                                fixed(100.0 * (share(b) - share(a)), 1),
                                fixed(100.0 * interval.low, 1),
                                fixed(100.0 * interval.high, 1)
                            ),
                            "n",
                        ),
                    ],
                ));
            }
        }
    }
    table(&["seen with", "#nm", "#depth [mm]", "#lightest", "#darkest", "#darkest − lightest [points], 95 %"], &rows)
}

/// Darker against lightest skin of the same adults.
fn pairs(source: &Table, problems: &mut Vec<Problem>) -> String {
    let mut columns = Columns::new(source, problems);
    let rows = columns.rows().min(ROW_COUNT_MAX);
    let means = columns.words("means");
    let [pigment, depth, wavelength, n, less, more] =
        ["melanin_fraction", "depth_m", "wavelength_m", "count", "less", "more"].map(|name| columns.numbers(name));
    let [found, success, clarity] =
        ["found", "success", "clarity"].map(|name| ["difference", "low", "high"].map(|part| columns.numbers(&format!("{name}_{part}"))));
    let triple = |of: &[Vec<f64>; 3], i: usize, scale: f64, digits: i32| {
        let [value, low, high] = [0, 1, 2].map(|k| fixed(scale * of[k][i], digits));
        format!("{value} ({low} to {high})")
    };
    let row = |i: usize| {
        let seen = if clarity[0][i].is_finite() { triple(&clarity, i, 1.0, 3) } else { "–".to_owned() };
        let cells = vec![
            (esc(words(&means[i])), ""),
            (fixed(1e9 * wavelength[i], 0), "n"),
            (fixed(1e3 * depth[i], 1), "n"),
            (percent(pigment[i]), "n"),
            (format!("{} : {} of {}", fixed(less[i], 0), fixed(more[i], 0), fixed(n[i], 0)), "n"),
            (triple(&found, i, 100.0, 1), "n"),
            (triple(&success, i, 100.0, 2), "n"),
            (seen, "n"),
        ];
        (String::new(), cells)
    };
    let head = [
        "seen with",
        "#nm",
        "#depth [mm]",
        "#pigment",
        "#found less : more",
        "#found [points]",
        "#success [points]",
        "#contrast over noise, of the lightest",
    ];
    table(&head, &(0..rows).map(row).collect::<Vec<_>>())
}

fn words(means: &str) -> &str {
    match means {
        "nir" => "near-infrared alone",
        "nir_and_ultrasound" => "with ultrasound",
        other => other,
    }
}

/// The page.
pub(crate) fn render(run: &RunRecords) -> Report {
    let mut problems = run.problems.clone();
    let info = &run.info;
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<title>Who is seen</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<header><div><p class=\"kicker\">Proband · pictures of models of patients</p><h1>Who is seen: pigment, fat, depth, wavelength</h1>\n<p class=\"notice\"><b>Research and engineering use, not a medical device.</b> Computed on models of patients.</p>\n<dl class=\"meta\">\n"
    );
    for (name, value) in [("Command", &info.command), ("Version", &info.version), ("Digest", &info.digest)] {
        html.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>\n", esc(name), esc(value)));
    }
    html.push_str(&format!("<div><dt>Seed</dt><dd>{}</dd></div>\n</dl></div></header>\n<main>\n", info.seed));
    match run.table("bias") {
        None => html.push_str("<p class=\"absent\">No grid was recorded.</p>\n"),
        Some(source) => {
            let cells = cells(source, &mut problems);
            html.push_str("<p class=\"lead\">Each cell shows the same drawn adults with pigment, fat, depth of all veins and wavelength set. In a cell: the share, its 95 % interval in per cent and the number of adults. Pigment acts through the absorption of the epidermis alone; no rule says what skin tone ought to do. The success of a stick is expected from the plan's mechanistic model with the errors of the very picture, not from simulated sticks. Sound does not meet pigment, so the cells with ultrasound differ by chance of the draw alone.</p>\n");
            for means in ["nir", "nir_and_ultrasound"] {
                for (title, value) in [
                    ("A vein is found", (|c: &Cell| c.rate) as fn(&Cell) -> [f64; 3]),
                    ("Expected first-stick success", |c: &Cell| c.success),
                ] {
                    let title = format!("{title}, {}", words(means));
                    html.push_str(&format!("<section><h2>{}</h2>\n<figure>{}<figcaption>Pigment (melanosomes in the epidermis by volume) across, depth of the veins' front walls down; a panel per wavelength and thickness of fat.</figcaption></figure></section>\n", esc(&title), map(&cells, means, value, &title)));
                }
            }
            html.push_str(&format!("<section><h2>Lightest against darkest skin</h2>\n<p class=\"lead\">All thicknesses of fat together; interval after Newcombe 1998 as if both groups were different people (they are the same, so it is wider than need be).</p>\n{}</section>\n", differences(&cells)));
            if let Some(source) = run.table("bias_pairs") {
                html.push_str(&format!("<section><h2>The same people, lighter and darker</h2>\n<p class=\"lead\">Each adult is his own control: the same arm, hairs, mottling and random numbers, nothing but the pigment differs. All thicknesses of fat together; adults are the unit of every interval (95 %; Tango 1998 for adults found less or more often, Student for the others). Contrast over noise is that of the vein over one pixel of the very picture, photons and reading alone.</p>\n{}</section>\n", pairs(source, &mut problems)));
            }
        }
    }
    if !problems.is_empty() {
        let rows: Vec<(String, Vec<(String, &str)>)> =
            problems.iter().map(|p| (String::new(), vec![(esc(&p.place), ""), (esc(&p.text), "")])).collect();
        html.push_str(&format!("<section><h2>Problems</h2>\n{}</section>\n", table(&["place", "what"], &rows)));
    }
    html.push_str(&format!(
        "</main><footer>Made from stored records alone by proband-evidence {}; the same records give the same page, byte for byte. Research and engineering use, not a medical device.</footer>\n</body></html>\n",
        env!("CARGO_PKG_VERSION")
    ));
    Report { html, pictures: Vec::new() }
}

#[cfg(test)]
mod tests {
    use proband_core::Column;
    use proband_record::RunManifest;

    use super::*;

    fn run(tables: Vec<Table>) -> RunRecords {
        let info = RunManifest {
            program: "proband".into(),
            version: "0".into(),
            command: "proband bias <b>".into(),
            procedure: "bias".into(),
            scenario: String::new(),
            seed: 1,
            patient: 0,
            twin: String::new(),
            digest: String::new(),
            not_a_device: true,
        };
        RunRecords { info, tables, problems: Vec::new() }
    }

    fn grid(rate: f64) -> Table {
        let mut table = Table::new("bias");
        let two = |a: f64, b: f64| Column::F64(vec![a, b]);
        for (name, column) in [
            ("melanin_fraction", two(0.03, 0.43)),
            ("fat_m", two(3e-3, 3e-3)),
            ("depth_m", two(2.5e-3, 2.5e-3)),
            ("wavelength_m", two(850e-9, 850e-9)),
            ("count", two(20.0, 20.0)),
            ("found", two(18.0, 6.0)),
            ("rate", two(rate, 0.3)),
            ("rate_low", two(0.7, 0.14)),
            ("rate_high", two(0.97, 0.52)),
            ("success", two(0.8, 0.25)),
            ("success_low", two(0.7, 0.1)),
            ("success_high", two(0.9, 0.4)),
        ] {
            table.push(name, "1", "", "test", column).unwrap();
        }
        table.push("means", "", "", "test", Column::Text(vec!["nir".into(), "nir".into()])).unwrap();
        table
    }

    /// Show share, interval, number and the difference, and keep markup and broken numbers out.
    #[test]
    fn the_page_says_what_the_table_says() {
        let page = render(&run(vec![grid(0.9)])).html;
        for words in ["90", "70–97 n 20", "850 nm, fat 3.0 mm", "18 of 20", "-60.0"] {
            assert!(page.contains(words) || page.contains(&words.replace('-', "−")), "{words}");
        }
        assert!(!page.contains("<b>'") && page.contains("&lt;b&gt;"));
        let broken = render(&run(vec![grid(f64::NAN)])).html;
        assert!(!broken.contains("NaN") && broken.contains("no arm"));
        assert!(render(&run(vec![Table::new("bias")])).html.contains("is absent"));
        assert!(render(&run(Vec::new())).html.contains("No grid"));
    }
}
