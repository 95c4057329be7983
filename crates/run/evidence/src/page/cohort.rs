//! Many patients: rates with intervals, calibration, distributions, strata.

use super::published::{RATES, Row, forest};
use crate::{
    number::{count, duration, fixed, percent, sig},
    page::{Section, figure, table},
    stats::{Calibration, Rate, calibration, median, moments},
    svg::{Anchor, Label, Plot, Scale, Svg, draw_labels, stack},
    text::{esc, words_of},
    view::{Cohort, Stratum, View},
};

/// The section; `None` for a single rehearsal.
pub(super) fn section(view: &View<'_>) -> Option<Section> {
    let cohort = view.cohort.as_ref()?;
    let rate = Rate::of(cohort.success.iter().copied());
    let mut body = headline(cohort, &rate);
    body.push_str("<h3>First-stick success beside published rates</h3>\n");
    body.push_str(&figure(&beside(&rate), "Ours in blue. Nothing was fitted to the published rates; the populations, the definitions of success and the needles differ. Trade reports are labelled."));
    body.push_str(&differences(cohort, &rate));
    if let Some(predicted) = &cohort.predicted {
        // At least 25 patients in a bin, so that its interval says something.
        match calibration(predicted, &cohort.success, (cohort.rows as u32 / 25).clamp(2, 10)) {
            Some(c) => body.push_str(&reliability(&c)),
            None => body.push_str(&super::absent("predictions and outcomes of the same patients")),
        }
    } else {
        body.push_str(&super::absent("column predicted_success of table cohort, so calibration cannot be shown"));
    }
    body.push_str(&histograms(cohort));
    body.push_str(&strata(cohort));
    body.push_str(&reasons(cohort));
    Some(Section { id: "cohort", title: "All patients", body })
}

/// What the column `time_s` measures: with `time_total_s` beside it, the time from tourniquet to needle out.
fn time_name(cohort: &Cohort) -> &'static str {
    if cohort.time_total_s.is_some() { "Time, tourniquet to needle out" } else { "Time of the whole procedure" }
}

/// Why there was no success, and why there is no outcome.
fn reasons(cohort: &Cohort) -> String {
    const SHOWN: usize = 25;
    let mut html = String::new();
    for (title, list) in [
        ("Why there was no blood on the first stick: last recorded reason", &cohort.reasons),
        ("Why patients have no outcome", &cohort.set_apart),
    ] {
        if list.is_empty() {
            continue;
        }
        let rows: Vec<_> =
            list.iter().take(SHOWN).map(|(words, n)| (String::new(), vec![(esc(&words_of(words)), "w"), (n.to_string(), "n")])).collect();
        let more =
            if list.len() > SHOWN { format!("<p>{} rarer reasons are in the records.</p>\n", list.len() - SHOWN) } else { String::new() };
        html.push_str(&format!("<details><summary>{title}</summary>{}{more}</details>\n", table(&["Reason", "#Patients"], &rows)));
    }
    html
}

fn headline(cohort: &Cohort, rate: &Rate) -> String {
    let [low, high] = rate.wilson();
    let mut html = format!(
        "<div class=\"verdict\"><strong>{} of {} patients on the first stick: {} %</strong><p>95 % Wilson interval {} to {} %.</p>",
        count(rate.successes),
        count(rate.count),
        fixed(100.0 * rate.value(), 1),
        fixed(100.0 * low, 1),
        fixed(100.0 * high, 1)
    );
    let set_apart = cohort.rows - rate.count as usize;
    if set_apart > 0 {
        html.push_str(&format!("<p>{set_apart} of {} patients have no outcome and are counted nowhere above.</p>", cohort.rows));
    }
    if let Some(declined) = &cohort.declined {
        let stuck = Rate::of(cohort.success.iter().zip(declined).filter(|(_, d)| **d <= 0.5).map(|(s, _)| *s));
        if stuck.count < rate.count {
            let [low, high] = stuck.wilson();
            html.push_str(&format!(
                "<p>Declined by the robot without a stick: {}; counted as no success above. Of those who were stuck, {} of {}: {} % ({} to {} %).</p>",
                rate.count - stuck.count,
                count(stuck.successes),
                count(stuck.count),
                fixed(100.0 * stuck.value(), 1),
                fixed(100.0 * low, 1),
                fixed(100.0 * high, 1)
            ));
        }
    }
    html.push_str("</div>\n");
    let mut rows = Vec::new();
    let mut row = |what: &str, value: String| rows.push((String::new(), vec![(esc(what), ""), (value, "")]));
    let share = |values: &Option<Vec<f64>>| {
        values.as_ref().map(|v| {
            let rate = Rate::of(v.iter().copied());
            let [low, high] = rate.wilson();
            format!(
                "{} of {} ({}; 95 % interval {} to {} %)",
                rate.successes,
                rate.count,
                percent(rate.value()),
                fixed(100.0 * low, 1),
                fixed(100.0 * high, 1)
            )
        })
    };
    let spread = |values: &Option<Vec<f64>>, factor: f64, unit: &str, decimals: i32| {
        values.as_ref().map(|v| {
            let (mean, sd) = moments(v);
            format!(
                "{} ± {} {unit} (median {})",
                fixed(mean * factor, decimals),
                fixed(sd * factor, decimals),
                fixed(median(v) * factor, decimals)
            )
        })
    };
    let lines = [
        ("Blood in the end, after one or two sticks", share(&cohort.blood)),
        ("Handed over to a human", share(&cohort.handed_over)),
        (time_name(cohort), spread(&cohort.time_s, 1.0, "s", 0)),
        ("Time of the whole procedure", spread(&cohort.time_total_s, 1.0, "s", 0)),
        ("Attempts", spread(&cohort.attempts, 1.0, "", 2)),
        ("Needle under the skin", spread(&cohort.insertion_length_m, 1e3, "mm", 1)),
        ("Angle to the skin", spread(&cohort.insertion_angle_rad, 180.0 / std::f64::consts::PI, "°", 1)),
        ("Tip under the front wall", spread(&cohort.tip_depth_m, 1e3, "mm", 2)),
        ("Blood drawn", spread(&cohort.volume_m3, 1e6, "mL", 2)),
        ("Artery touched", share(&cohort.arterial_contact)),
        ("Nerve touched", share(&cohort.nerve_contact)),
        (
            "Bruise, above 0.1 mL under the skin",
            share(
                &cohort
                    .haematoma_m3
                    .as_ref()
                    .map(|v| v.iter().map(|v| if v.is_finite() { f64::from(u8::from(*v > 1e-7)) } else { f64::NAN }).collect()),
            ),
        ),
    ];
    for (what, value) in lines {
        if let Some(value) = value {
            row(what, value);
        }
    }
    html.push_str(&table(&["", "Mean ± standard deviation, or share"], &rows));
    html
}

fn beside(rate: &Rate) -> String {
    let words = "These simulated patients".to_owned();
    let mut rows = vec![Row { words, rate: rate.value(), interval: Some(rate.wilson()), ours: true, note: format!("n = {}", rate.count) }];
    rows.extend(RATES.iter().map(|p| {
        let interval = p.counts.map(|c| c.wilson()).or(p.range);
        Row { words: p.what.to_owned(), rate: p.rate, interval, ours: false, note: p.source.to_owned() }
    }));
    forest("First-stick success beside published rates", &rows)
}

/// Where ours differ from the published figures, said plainly.
fn differences(cohort: &Cohort, rate: &Rate) -> String {
    let [low, high] = rate.wilson();
    let mut lines = Vec::new();
    let inside = |p: f64| p >= low && p <= high;
    let [published_low, published_high] = Rate { successes: 27, count: 31 }.wilson();
    lines.push(if rate.value() >= published_low && rate.value() <= published_high {
        format!(
            "Our rate of {} % lies inside the interval of the hand-held robot (87 % of 31; 71 to 95 %).",
            fixed(100.0 * rate.value(), 1)
        )
    } else {
        format!(
            "<b>Differs:</b> our rate of {} % lies outside the interval of the hand-held robot (87 % of 31; 71 to 95 %).",
            fixed(100.0 * rate.value(), 1)
        )
    });
    for (name, value) in [("the 95 % of ADOPT (trade report)", 0.95), ("the 94.3 % of MagicNurse", 0.943)] {
        lines.push(if inside(value) {
            format!("Our interval contains {name}.")
        } else {
            format!("<b>Differs:</b> our interval does not contain {name}.")
        });
    }
    if let Some(time) = &cohort.time_s {
        let (mean, sd) = moments(time);
        let differs = if (mean - 93.0).abs() > 30.0 {
            "<b>Differs</b> by more than one published standard deviation:"
        } else {
            "Within one published standard deviation:"
        };
        lines.push(format!(
            "{differs} mean time {} ± {} s against 93 ± 30 s (Leipheimer 2019); median {} against 1 min 49 s (ADOPT 2024).",
            fixed(mean, 0),
            fixed(sd, 0),
            duration(median(time))
        ));
    }
    if let Some(length) = &cohort.insertion_length_m {
        let (mean, _) = moments(length);
        let mean = mean * 1e3;
        let angle =
            cohort.insertion_angle_rad.as_ref().map_or_else(String::new, |a| format!(" at {}°", fixed(moments(a).0.to_degrees(), 1)));
        let verdict = if (mean - 25.0).abs() > 5.0 { "<b>Differs:</b> " } else { "" };
        lines.push(format!(
            "{verdict}Mean length under the skin {} mm{angle}, against 25 mm at 15.2° by hand (PMC3726589).",
            fixed(mean, 1)
        ));
    }
    format!("<ul><li>{}</li></ul>\n", lines.join("</li><li>"))
}

fn reliability(c: &Calibration) -> String {
    // Both axes show the same range, so that the diagonal is what was predicted.
    let ends = c.bins.iter().flat_map(|(p, rate)| [*p, rate.wilson()[0]]);
    let low = (10.0 * ends.fold(0.9, f64::min)).floor() * 10.0;
    let scale = Scale::exact(low, 100.0, 5);
    let mut svg = Svg::new(460.0, 430.0, "Predicted against happened");
    let plot = Plot { left: 50.0, top: 28.0, width: 380.0, height: 340.0, x: scale.clone(), y: scale };
    plot.frame(&mut svg, "predicted first-stick success, %", "happened, %");
    svg.line(plot.at(low, low), plot.at(100.0, 100.0), "c-muted dash");
    let aside = low + 0.12 * (100.0 - low);
    svg.text([plot.px_x(aside) + 8.0, plot.px_y(aside) + 14.0], Anchor::Start, "small", "as predicted");
    let mut line = Vec::new();
    for bin in &c.bins {
        let (p, h, [low, high]) = (100.0 * bin.0, 100.0 * bin.1.value(), bin.1.wilson());
        svg.line(plot.at(p, 100.0 * low), plot.at(p, 100.0 * high), "whisker");
        line.push(plot.at(p, h));
    }
    svg.path(&line, false, "c-blue");
    for bin in &c.bins {
        let tooltip = format!("predicted {}, happened {} of {}", percent(bin.0), bin.1.successes, bin.1.count);
        svg.circle(plot.at(100.0 * bin.0, 100.0 * bin.1.value()), 4.5, "dot-blue", &tooltip);
    }
    let verdict = if c.brier < c.brier_base_rate { "better" } else { "no better" };
    let skill = 1.0 - c.brier / c.brier_base_rate;
    let skill = if skill.is_finite() { format!(" (skill {})", fixed(skill, 3)) } else { String::new() };
    let words = format!(
        "<h3>Were the predictions right?</h3><p>Brier score {}, {verdict} than the {} of giving everybody the base rate{skill}, over {} patients. The points hold equal shares of the patients, ordered by prediction (equal predictions stay together), with 95 % Wilson intervals; on the dashed line, what was predicted is what happened. If the predictions held, a misfit this large would appear with probability {} (Hosmer–Lemeshow).</p>\n",
        fixed(c.brier, 4),
        fixed(c.brier_base_rate, 4),
        c.count,
        sig(c.p_value, 2)
    );
    let rows: Vec<_> = c
        .bins
        .iter()
        .map(|(predicted, rate)| {
            let [low, high] = rate.wilson();
            (
                String::new(),
                vec![
                    (fixed(100.0 * predicted, 1), "n"),
                    (fixed(100.0 * rate.value(), 1), "n"),
                    (format!("{}–{}", fixed(100.0 * low, 0), fixed(100.0 * high, 0)), "n"),
                    (rate.count.to_string(), "n"),
                ],
            )
        })
        .collect();
    format!(
        "{words}<div class=\"pair\">{}<div>{}</div></div>\n",
        figure(&svg.finish(), ""),
        table(&["#Predicted, %", "#Happened, %", "#95 % interval", "#Patients"], &rows)
    )
}

fn histograms(cohort: &Cohort) -> String {
    let mut html = String::new();
    let mut add = |values: &Option<Vec<f64>>, factor: f64, title: &str, unit: &str, marks: &[(f64, &str)]| {
        let scaled: Vec<f64> = values.iter().flatten().map(|v| v * factor).filter(|v| v.is_finite()).collect();
        if scaled.len() >= 2 {
            html.push_str(&figure(&histogram(&scaled, title, unit, marks), ""));
        }
    };
    add(&cohort.insertion_length_m, 1e3, "Needle under the skin", "mm", &[(25.0, "by hand, mean 25 mm")]);
    add(&cohort.time_s, 1.0, time_name(cohort), "s", &[(93.0, "Leipheimer 93 s"), (109.0, "ADOPT 109 s")]);
    add(&cohort.tip_depth_m, 1e3, "Tip under the front wall", "mm", &[(1.57, "by hand, 1.6 mm")]);
    add(&cohort.predicted, 100.0, "Predicted success", "%", &[]);
    if html.is_empty() { html } else { format!("<h3>How the patients are spread</h3>\n<div class=\"pair\">{html}</div>\n") }
}

fn histogram(values: &[f64], title: &str, unit: &str, marks: &[(f64, &str)]) -> String {
    let with: Vec<f64> = marks.iter().map(|m| m.0).collect();
    let x = Scale::around(values.iter().copied(), &with, 6);
    let bins = 30_usize;
    let width = (x.max - x.min) / bins as f64;
    let mut counts = vec![0_u32; bins];
    for v in values {
        counts[(((v - x.min) / width).max(0.0) as usize).min(bins - 1)] += 1;
    }
    let y = Scale::counts(counts.iter().copied().max().map_or(1.0, f64::from));
    let plot = Plot { left: 44.0, top: 56.0, width: 396.0, height: 150.0, x, y };
    let mut svg = Svg::new(460.0, 250.0, title);
    svg.text([4.0, 15.0], Anchor::Start, "strong", title);
    plot.frame(&mut svg, unit, "patients");
    for (i, c) in counts.iter().enumerate().filter(|(_, c)| **c > 0) {
        let (a, b) = (plot.px_x(plot.x.min + width * i as f64), plot.px_x(plot.x.min + width * (i + 1) as f64));
        let top = plot.px_y(f64::from(*c));
        svg.rect([a + 0.5, top], [(b - a - 1.0).max(0.5), plot.bottom() - top], "hist", &format!("{c} patients"));
    }
    let (mean, sd) = moments(values);
    let mid = median(values);
    svg.line([plot.px_x(mid), plot.top], [plot.px_x(mid), plot.bottom()], "whisker-blue");
    svg.text(
        [456.0, 15.0],
        Anchor::End,
        "lab t-blue",
        &format!("median {} {unit}, mean {} ± {}", fixed(mid, 1), fixed(mean, 1), fixed(sd, 1)),
    );
    let mut labels: Vec<Label> = marks.iter().map(|(value, text)| Label::new(plot.px_x(*value), (*text).into(), false)).collect();
    stack(&mut labels, 10.5, 456.0, 0.0);
    draw_labels(&mut svg, &labels, plot.top + 4.0, plot.bottom(), "small");
    svg.finish()
}

fn strata(cohort: &Cohort) -> String {
    if cohort.strata.is_empty() {
        return super::absent("columns that divide the patients: bmi_kg_m2, diameter_v_m, depth_m, melanin_fraction, age_y, sex");
    }
    let rate = Rate::of(cohort.success.iter().copied());
    let row = |words: String, rate: &Rate, ours: bool| {
        let note = format!("{} of {}", rate.successes, rate.count);
        Row { words, rate: rate.value(), interval: Some(rate.wilson()), ours, note }
    };
    let mut rows = vec![row("All".to_owned(), &rate, true)];
    rows.extend(cohort.strata.iter().map(|Stratum { kind, group, rate }| row(format!("{kind}: {group}"), rate, false)));
    let drawing = forest("First-stick success by group", &rows);
    let third = |group: &str| cohort.strata.iter().find(|s| s.kind == "Skin pigment" && s.group == group).map(|s| s.rate.value());
    let bias = match third("lightest third").zip(third("darkest third")) {
        Some((light, dark)) => format!(
            " Lightest minus darkest third: {} percentage points; the aim with ultrasound is below 3 (proposal, unverified).",
            fixed(100.0 * (light - dark), 1)
        ),
        None => String::new(),
    };
    let words = format!(
        "Groups are not independent of one another. A group of few patients has a wide interval: read the interval, not the dot.{bias}"
    );
    format!("<h3>By group</h3>\n{}", figure(&drawing, &esc(&words)))
}
