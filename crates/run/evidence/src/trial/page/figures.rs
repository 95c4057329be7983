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
    svg.text([plot.left + 0.5 * plot.width, plot.bottom() + 33.0], Anchor::Middle, "name", "first arm minus second, percentage points");
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
