//! Drawings: flow, forest, distribution of times.

use crate::number::{count, fixed};
use crate::svg::{Anchor, Plot, Scale, Svg};
use crate::text::clip;
use crate::trial::analyse::Analysis;
use crate::trial::read::StudyRecords;

/// Classes of the curves of the arms.
const CURVES: [&str; 4] = ["c-blue", "c-wine", "c-green", "c-muted"];

fn boxed(svg: &mut Svg, corner: [f64; 2], size: [f64; 2], lines: &[String]) {
    svg.rect(corner, size, "l-air", "");
    for (i, line) in lines.iter().enumerate() {
        let class = if i == 0 { "lab strong" } else { "small" };
        svg.text([corner[0] + 0.5 * size[0], corner[1] + 19.0 + 16.0 * i as f64], Anchor::Middle, class, line);
    }
}

/// The flow of patients.
pub(super) fn flow(analysis: &Analysis) -> String {
    let f = &analysis.flow;
    let away: Vec<String> =
        f.turned_away.iter().filter(|(_, n)| *n > 0).take(6).map(|(r, n)| format!("{}: {}", clip(r, 34), count(*n))).collect();
    let arms = f.arms.len().max(1) as f64;
    let top = 150.0 + 16.0 * away.len().saturating_sub(2) as f64;
    let mut svg = Svg::new(900.0, top + 190.0, "Flow of patients");
    boxed(&mut svg, [300.0, 8.0], [300.0, 32.0], &[format!("{} people asked", count(f.asked))]);
    let total: u64 = f.turned_away.iter().map(|(_, n)| *n).sum();
    let mut lines = vec![format!("{} turned away", count(total))];
    lines.extend(away);
    boxed(&mut svg, [640.0, 48.0], [250.0, 16.0 * lines.len() as f64 + 14.0], &lines);
    svg.line([450.0, 40.0], [450.0, top - 40.0], "axis");
    svg.line([450.0, 62.0], [640.0, 62.0], "axis");
    boxed(&mut svg, [300.0, top - 40.0], [300.0, 32.0], &[format!("{} enrolled, {}", count(f.enrolled), analysis.design)]);
    let width = (860.0 / arms - 20.0).min(400.0);
    for (i, arm) in f.arms.iter().enumerate() {
        let centre = 450.0 + (i as f64 - 0.5 * (arms - 1.0)) * (width + 20.0);
        svg.path(&[[450.0, top - 8.0], [450.0, top + 12.0], [centre, top + 12.0], [centre, top + 32.0]], false, "axis");
        let lines = [
            clip(&arm.name, 40),
            format!("allocated {}", count(arm.allocated)),
            format!("set apart {}", count(arm.set_apart)),
            format!("finished {}, of these declined {}", count(arm.finished), count(arm.declined)),
        ];
        boxed(&mut svg, [centre - 0.5 * width, top + 32.0], [width, 80.0], &lines);
        svg.line([centre, top + 112.0], [centre, top + 132.0], "axis");
        let analysed = analysis.endpoints.iter().find(|e| e.primary).and_then(|e| e.arms.get(i)).map_or(0, |a| a.count);
        boxed(&mut svg, [centre - 0.5 * width, top + 132.0], [width, 32.0], &[format!("analysed {}", count(analysed))]);
    }
    svg.finish()
}

fn label(covariate: &str, group: &str) -> String {
    if covariate == "female" { group.to_owned() } else { format!("{}: {group}", super::who::words(covariate)) }
}

/// The differences in the groups.
pub(super) fn forest(analysis: &Analysis) -> String {
    let overall = analysis.endpoints.iter().find(|e| e.primary).map(|e| ("all".to_owned(), e.comparison.clone(), true));
    let groups = analysis
        .subgroups
        .iter()
        .flat_map(|s| s.groups.iter().map(move |g| (label(&s.covariate, &g.group), g.comparison.clone(), g.estimable)));
    let rows: Vec<_> = overall.into_iter().chain(groups).collect();
    let ends = rows.iter().filter(|r| r.2).flat_map(|r| [r.1.low, r.1.high]).flatten().map(|v| 100.0 * v);
    let height = 25.0 * rows.len() as f64;
    let plot = Plot {
        left: 256.0,
        top: 26.0,
        width: 420.0,
        height,
        x: Scale::around(ends, &[-5.0, 5.0], 6),
        y: Scale::exact(0.0, rows.len().max(1) as f64, 1),
    };
    let mut svg = Svg::new(900.0, height + 68.0, "Difference by group");
    svg.open("axes");
    for tick in plot.x.ticks() {
        svg.line([plot.px_x(tick), plot.top], [plot.px_x(tick), plot.bottom()], if tick.abs() < 1e-9 { "zero" } else { "grid" });
        svg.text([plot.px_x(tick), plot.bottom() + 16.0], Anchor::Middle, "tick", &fixed(tick, plot.x.decimals()));
    }
    svg.line([plot.left, plot.bottom()], [plot.right(), plot.bottom()], "axis");
    svg.text([plot.left + 0.5 * plot.width, plot.bottom() + 33.0], Anchor::Middle, "name", "compared arm minus control, percentage points");
    svg.close();
    for (i, (words, c, estimable)) in rows.iter().enumerate() {
        let y = plot.top + 25.0 * i as f64 + 12.5;
        svg.text([plot.left - 12.0, y + 4.0], Anchor::End, if i == 0 { "lab strong" } else { "lab" }, words);
        let note = match (estimable, c.difference, c.low, c.high) {
            (true, Some(d), Some(low), Some(high)) => {
                svg.line([plot.px_x(100.0 * low), y], [plot.px_x(100.0 * high), y], if i == 0 { "whisker-blue" } else { "whisker" });
                svg.circle([plot.px_x(100.0 * d), y], if i == 0 { 5.0 } else { 4.0 }, if i == 0 { "dot-blue" } else { "dot" }, "");
                format!("{} ({} to {}), n = {}", fixed(100.0 * d, 1), fixed(100.0 * low, 1), fixed(100.0 * high, 1), c.count)
            }
            _ => format!("not estimable, n = {}", c.count),
        };
        svg.text([plot.right() + 14.0, y + 4.0], Anchor::Start, "small", &note);
    }
    svg.finish()
}

/// Fraction of draws that are over, by time.
pub(super) fn ecdf(study: &StudyRecords<'_>, analysis: &Analysis) -> String {
    let times: Vec<Vec<f64>> = (0..analysis.arms.len())
        .map(|arm| {
            let mut t: Vec<f64> = study.endpoint(arm, "time_stick_s").into_iter().flatten().filter(|v| v.is_finite()).collect();
            t.sort_by(f64::total_cmp);
            t
        })
        .collect();
    let plot = Plot {
        left: 60.0,
        top: 30.0,
        width: 620.0,
        height: 220.0,
        x: Scale::around(times.iter().flatten().copied(), &[0.0], 8),
        y: Scale::exact(0.0, 1.0, 5),
    };
    let mut svg = Svg::new(900.0, 300.0, "Times of the draws");
    plot.frame(&mut svg, "tourniquet to needle out, s", "fraction of draws over");
    for (i, (arm, t)) in analysis.arms.iter().zip(&times).enumerate() {
        let n = t.len() as f64;
        let mut points = vec![[plot.x.min, 0.0]];
        for (k, time) in t.iter().enumerate() {
            points.push([*time, k as f64 / n]);
            points.push([*time, (k + 1) as f64 / n]);
        }
        points.push([plot.x.max, if t.is_empty() { 0.0 } else { 1.0 }]);
        let class = CURVES[i % CURVES.len()];
        plot.curve(&mut svg, &points, class, &arm.name);
        let y = 46.0 + 20.0 * i as f64;
        svg.line([700.0, y], [730.0, y], class);
        svg.text([736.0, y + 4.0], Anchor::Start, "small", &format!("{} (n = {})", clip(&arm.name, 20), t.len()));
    }
    svg.finish()
}

/// Share of tubes that are not full yet.
pub(super) fn survival(analysis: &Analysis) -> String {
    let Some(t) = &analysis.times else { return String::new() };
    let plot = Plot {
        left: 60.0,
        top: 30.0,
        width: 620.0,
        height: 220.0,
        x: Scale::around(t.arms.iter().flat_map(|a| a.steps.iter().map(|s| s[0])), &[0.0], 8),
        y: Scale::exact(0.0, 1.0, 5),
    };
    let mut svg = Svg::new(900.0, 300.0, "Tubes that are not full yet");
    plot.frame(&mut svg, "time from the start, s", "share not full");
    for (i, (arm, of)) in analysis.arms.iter().zip(&t.arms).enumerate() {
        let class = CURVES[i % CURVES.len()];
        let mut points = vec![[0.0, 1.0]];
        for [time, share, _, _] in &of.steps {
            let before = points.last().map_or(1.0, |p: &[f64; 2]| p[1]);
            points.push([*time, before]);
            points.push([*time, *share]);
        }
        plot.curve(&mut svg, &points, class, &arm.name);
        let y = 46.0 + 20.0 * i as f64;
        svg.line([700.0, y], [730.0, y], class);
        svg.text([736.0, y + 4.0], Anchor::Start, "small", &format!("{} (n = {})", clip(&arm.name, 20), of.draws));
    }
    svg.finish()
}

/// Success at the first stick by depth and height of the vein.
pub(super) fn heat(study: &StudyRecords<'_>, analysis: &Analysis) -> String {
    const QUARTERS: usize = 4;
    let (depth, height) = (study.covariate("vein_depth_m"), study.covariate("vein_diameter_v_m"));
    let outcome = study.endpoint(study.first(), "first_stick_success");
    let cuts = |values: &[f64]| -> Vec<f64> {
        let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        (1..QUARTERS).filter_map(|q| proband_math::stats::quantile(&finite, q as f64 / QUARTERS as f64).ok()).collect()
    };
    let (by_depth, by_height) = (cuts(&depth), cuts(&height));
    let mut cells = [[(0_u64, 0_u64); QUARTERS]; QUARTERS];
    if by_depth.len() + 1 == QUARTERS && by_height.len() + 1 == QUARTERS {
        for (i, value) in outcome.iter().enumerate() {
            let Some(value) = value.filter(|v| v.is_finite()) else { continue };
            if depth[i].is_finite() && height[i].is_finite() {
                let place = |v: f64, cuts: &[f64]| cuts.iter().filter(|c| v >= **c).count();
                let cell = &mut cells[place(height[i], &by_height)][place(depth[i], &by_depth)];
                cell.0 += u64::from(value > 0.5);
                cell.1 += 1;
            }
        }
    }
    let (left, top, wide, high) = (190.0, 40.0, 130.0, 44.0);
    let mut svg = Svg::new(900.0, top + high * QUARTERS as f64 + 60.0, "First-stick success by vein");
    let ends = |cuts: &[f64], q: usize| -> String {
        let mm = |v: Option<&f64>| v.map_or_else(String::new, |v| fixed(1e3 * v, 1));
        match q {
            0 => format!("below {} mm", mm(cuts.first())),
            q if q + 1 == QUARTERS => format!("above {} mm", mm(cuts.last())),
            q => format!("{} to {} mm", mm(cuts.get(q - 1)), mm(cuts.get(q))),
        }
    };
    for (row, line) in cells.iter().enumerate() {
        let y = top + high * row as f64;
        svg.text([left - 12.0, y + 0.5 * high + 4.0], Anchor::End, "tick", &ends(&by_height, row));
        for (column, (k, n)) in line.iter().enumerate() {
            let x = left + wide * column as f64;
            let share = *k as f64 / (*n).max(1) as f64;
            let (words, deep) =
                if *n == 0 { ("nobody".to_owned(), 0.0) } else { (format!("{} ({n})", fixed(100.0 * share, 0)), 1.0 - share) };
            svg.rect([x, y], [wide - 3.0, high - 3.0], "l-air", "");
            svg.raw(&format!(
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" style=\"fill:var(--red);fill-opacity:{:.3}\"/>",
                wide - 3.0,
                high - 3.0,
                0.75 * deep
            ));
            svg.text([x + 0.5 * wide - 1.5, y + 0.5 * high + 3.0], Anchor::Middle, "lab", &words);
        }
    }
    for column in 0..QUARTERS {
        let x = left + wide * (column as f64 + 0.5);
        svg.text([x, top + high * QUARTERS as f64 + 16.0], Anchor::Middle, "tick", &ends(&by_depth, column));
    }
    let arm = analysis.arms.get(study.first()).map_or("", |a| a.name.as_str());
    svg.text([left, 24.0], Anchor::Start, "small", &format!("{}: first-stick success, %; redder is worse", clip(arm, 40)));
    svg.text(
        [left + 0.5 * wide * QUARTERS as f64, top + high * QUARTERS as f64 + 40.0],
        Anchor::Middle,
        "name",
        "depth of the front wall (across), height of the vein (down)",
    );
    svg.finish()
}

/// The margin of the rule that breaks, around the worst moment of the most likely failure.
pub(super) fn failure(study: &StudyRecords<'_>) -> Option<String> {
    let t = study.table("stress_signals")?;
    let (time, margin) = (t.f64s("time_s").ok()?, t.f64s("margin").ok()?);
    if time.is_empty() || time.len() != margin.len() {
        return None;
    }
    let plot = Plot {
        left: 80.0,
        top: 20.0,
        width: 780.0,
        height: 190.0,
        x: Scale::around(time.iter().copied(), &[], 8),
        y: Scale::around(margin.iter().copied(), &[0.0], 5),
    };
    let mut svg = Svg::new(900.0, 260.0, "Margin of the rule");
    plot.frame(&mut svg, "time, s", "margin");
    svg.line(plot.at(plot.x.min, 0.0), plot.at(plot.x.max, 0.0), "zero");
    let stride = time.len().div_ceil(1500).max(1);
    let points: Vec<[f64; 2]> = time.iter().zip(margin).step_by(stride).map(|(t, m)| [*t, *m]).collect();
    plot.curve(&mut svg, &points, "c-wine", "margin");
    Some(svg.finish())
}
