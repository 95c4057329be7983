//! Published figures beside ours, for scale.

use crate::{
    number::{MISSING, duration, fixed},
    page::{Section, table},
    stats::Rate,
    svg::{Anchor, Plot, Scale, Svg},
    text::esc,
    view::View,
};

/// A published success rate.
pub(crate) struct Published {
    /// Who was stuck by what.
    pub what: &'static str,
    /// The rate; NaN where only a range is printed.
    pub rate: f64,
    /// Successes of how many, where printed or exactly implied.
    pub counts: Option<Rate>,
    /// Range where one is printed instead of a rate.
    pub range: Option<[f64; 2]>,
    /// Citation.
    pub source: &'static str,
}

/// First-stick success as published. Trade and press figures are labelled so.
pub(crate) const RATES: [Published; 5] = [
    Published {
        what: "Hand-held ultrasound robot, 31 adults",
        rate: 0.871,
        counts: Some(Rate { successes: 27, count: 31 }),
        range: None,
        source: "Leipheimer 2019; interval computed",
    },
    Published { what: "Same, 25 without difficult access", rate: 0.97, counts: None, range: None, source: "Leipheimer 2019, as printed" },
    Published { what: "Aletta robot, adults", rate: 0.95, counts: None, range: None, source: "ADOPT 2024, trade report" },
    Published {
        what: "MagicNurse robot, 6 255 patients",
        rate: 0.943,
        counts: Some(Rate { successes: 5898, count: 6255 }),
        range: None,
        source: "Wang 2023, Front Med 10:1251963; counts from 94.3 %",
    },
    Published {
        what: "By hand, outpatients (range)",
        rate: f64::NAN,
        counts: None,
        range: Some([0.93, 0.97]),
        source: "comparator in ADOPT 2024, trade report",
    },
];

/// The section for one rehearsal.
pub(super) fn section(view: &View<'_>) -> Section {
    let o = &view.outcome;
    let first = o.flag("first_stick_success").map_or_else(|| MISSING.into(), |f| if f { "yes".to_owned() } else { "no".into() });
    let predicted = o.get("predicted_success").map_or_else(String::new, |p| format!(", predicted {} %", fixed(100.0 * p, 0)));
    let mm = |name: &str| o.get(name).map_or_else(|| MISSING.into(), |v| format!("{} mm", fixed(v, 1)));
    let time = o.get("time_stick_s").or_else(|| o.get("time_total_s")).map_or_else(|| MISSING.into(), duration);
    let angle = o.get("insertion_angle_deg").map_or_else(|| MISSING.into(), |v| format!("{}°", fixed(v, 1)));
    let row = |what: &str, published: &str, ours: &str, source: &str| {
        (String::new(), vec![(esc(what), ""), (esc(published), ""), (esc(ours), ""), (esc(source), "src")])
    };
    let ours = format!("{first}{predicted}");
    let rows = vec![
        row(
            "First-stick success, ultrasound robot",
            "87 % of 31 adults (95 % interval 71–95 %, computed); 97 % of 25 without difficult access",
            &ours,
            "Leipheimer 2019, Technology 7(3–4), PMC7156113",
        ),
        row("First-stick success, Aletta", "95 %; by hand 93–97 %", &ours, "ADOPT 2024, trade report, not peer-reviewed"),
        row("Puncture success, MagicNurse", "94.3 % of 6 255 patients", &ours, "Wang 2023, Front Med 10:1251963"),
        row("Time of the whole procedure", "93 ± 30 s", &time, "Leipheimer 2019"),
        row("", "median 1 min 49 s", &time, "ADOPT 2024, trade report"),
        row(
            "Needle under the skin, by hand",
            "25 mm on average, 6 mm of it after the wall",
            &mm("insertion_length_mm"),
            "6 nurses, 64 subjects, PMC3726589",
        ),
        row("Angle, by hand", "15.2° on average; textbooks 15–30°", &angle, "PMC3726589; nursing texts"),
        row(
            "Tip under the front wall",
            "1.5–1.6 mm implied by the two rows above",
            &mm("tip_depth_under_front_wall_mm"),
            "computed: 6 mm at 15.2°",
        ),
    ];
    let mut body = String::from(
        "<p class=\"lead\">For scale only. One rehearsal is one draw of one simulated patient: it can neither confirm nor contradict a rate. Nothing in the program is fitted to these figures. Phantoms, volunteers and patients differ, and so do the definitions of success.</p>\n",
    );
    body.push_str(&table(&["", "Published", "This rehearsal", "Source"], &rows));
    Section { id: "published", title: "Beside published figures", body }
}

/// One rate in a [`forest`].
pub(crate) struct Row {
    /// Whose rate.
    pub words: String,
    /// The rate; NaN draws no dot.
    pub rate: f64,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
    /// Whether it stands out.
    pub ours: bool,
    /// Remark at the right.
    pub note: String,
}

/// Rates with their intervals as dots and whiskers.
pub(crate) fn forest(title: &str, rows: &[Row]) -> String {
    let lowest = rows.iter().map(|r| r.interval.map_or(r.rate, |i| i[0])).filter(|v| v.is_finite()).fold(0.9, f64::min);
    let low = (10.0 * lowest - 0.2).floor().max(0.0) / 10.0;
    let height = 25.0 * rows.len() as f64;
    let plot = Plot {
        left: 256.0,
        top: 26.0,
        width: 350.0,
        height,
        x: Scale::exact(100.0 * low, 100.0, 5),
        y: Scale::exact(0.0, rows.len() as f64, 1),
    };
    let mut svg = Svg::new(900.0, height + 68.0, title);
    svg.open("axes");
    for tick in plot.x.ticks() {
        svg.line([plot.px_x(tick), plot.top], [plot.px_x(tick), plot.bottom()], "grid");
        svg.text([plot.px_x(tick), plot.bottom() + 16.0], Anchor::Middle, "tick", &fixed(tick, plot.x.decimals()));
    }
    svg.line([plot.left, plot.bottom()], [plot.right(), plot.bottom()], "axis");
    svg.text(
        [plot.left + 0.5 * plot.width, plot.bottom() + 33.0],
        Anchor::Middle,
        "name",
        "first-stick success, %, with 95 % Wilson interval where counts are known",
    );
    svg.close();
    for (i, Row { words, rate, interval, ours, note }) in rows.iter().enumerate() {
        let y = plot.top + 25.0 * i as f64 + 12.5;
        svg.text([plot.left - 12.0, y + 4.0], Anchor::End, if *ours { "lab strong" } else { "lab" }, words);
        if let Some([a, b]) = interval {
            svg.line([plot.px_x(100.0 * a), y], [plot.px_x(100.0 * b), y], if *ours { "whisker-blue" } else { "whisker" });
        }
        if rate.is_finite() {
            svg.circle([plot.px_x(100.0 * rate), y], if *ours { 5.0 } else { 4.0 }, if *ours { "dot-blue" } else { "dot" }, "");
        }
        svg.text([plot.right() + 14.0, y + 4.0], Anchor::Start, "small", note);
    }
    svg.finish()
}
