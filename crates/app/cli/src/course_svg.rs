//! Bands over time as a picture: one panel per reading.

use std::fmt::Write;

const PANEL: [f64; 2] = [420.0, 230.0];
const MARGIN: [f64; 4] = [70.0, 34.0, 16.0, 40.0];

/// A picture with a panel for each (label, unit, bands of five quantiles per day).
pub(crate) fn draw(title: &str, days: &[u32], panels: &[(&str, &str, &[[f64; 5]])]) -> String {
    let columns = panels.len().clamp(1, 2);
    let rows = panels.len().div_ceil(columns).max(1);
    let (width, height) = (PANEL[0] * columns as f64, 40.0 + PANEL[1] * rows as f64);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\"><title>{0}</title><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\
         <text x=\"16\" y=\"24\" font-size=\"14\">{0}</text>",
        escaped(title)
    );
    for (index, (label, unit, bands)) in panels.iter().enumerate() {
        let corner = [PANEL[0] * (index % columns) as f64, 40.0 + PANEL[1] * (index / columns) as f64];
        panel(&mut svg, corner, &format!("{label} [{unit}]"), days, bands);
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn panel(svg: &mut String, corner: [f64; 2], label: &str, days: &[u32], bands: &[[f64; 5]]) {
    let low = bands.iter().map(|b| b[0]).fold(f64::INFINITY, f64::min);
    let high = bands.iter().map(|b| b[4]).fold(f64::NEG_INFINITY, f64::max);
    let room = (0.08 * (high - low)).max(0.02 * high.abs()).max(1e-9);
    let (low, high) = (low - room, high + room);
    let last = f64::from(days.last().copied().unwrap_or(1).max(1));
    let (left, top) = (corner[0] + MARGIN[0], corner[1] + MARGIN[1]);
    let (wide, tall) = (PANEL[0] - MARGIN[0] - MARGIN[2], PANEL[1] - MARGIN[1] - MARGIN[3]);
    let at = |day: u32, value: f64| format!("{:.1},{:.1}", left + wide * f64::from(day) / last, top + tall * (high - value) / (high - low));
    let line = |q: usize| days.iter().zip(bands).map(|(d, b)| at(*d, b[q])).collect::<Vec<_>>();
    let area = |a: usize, b: usize| line(a).into_iter().chain(line(b).into_iter().rev()).collect::<Vec<_>>().join(" ");
    // Writing to a String cannot fail.
    let mut put = |text: String| svg.push_str(&text);
    put(format!("<text x=\"{left}\" y=\"{}\">{}</text>", top - 10.0, escaped(label)));
    put(format!("<polygon points=\"{}\" fill=\"#c6dbef\"/><polygon points=\"{}\" fill=\"#6baed6\"/>", area(0, 4), area(1, 3)));
    put(format!("<polyline points=\"{}\" fill=\"none\" stroke=\"#08306b\" stroke-width=\"2\"/>", line(2).join(" ")));
    put(format!("<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{tall}\" fill=\"none\" stroke=\"#888\"/>"));
    let mut ticks = String::new();
    for i in 0..=4 {
        let share = f64::from(i) / 4.0;
        let (value, y) = (low + (high - low) * share, top + tall * (1.0 - share));
        let digits = if high - low < 2.0 { 2 } else { usize::from(high - low < 40.0) };
        let _ = write!(ticks, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{value:.digits$}</text>", left - 6.0, y + 4.0);
        let (time, unit) = if last > 730.0 { (last * share / 365.25, "a") } else { (last * share, "d") };
        let digits = usize::from(!(8.0..=730.0).contains(&last));
        let x = left + wide * share;
        let _ = write!(ticks, "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{time:.digits$} {unit}</text>", top + tall + 16.0);
    }
    put(ticks);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draw a panel for each reading, with its name and no bare special character.
    #[test]
    fn panels_are_drawn() {
        let bands = vec![[0.0, 1.0, 2.0, 3.0, 4.0]; 3];
        let svg = draw("a < b & c", &[0, 10, 20], &[("one", "1", &bands), ("two", "mL", &bands), ("three", "d", &bands)]);
        assert_eq!(svg.matches("<polyline").count(), 3);
        assert!(svg.contains("a &lt; b &amp; c") && svg.contains("three [d]") && !svg.contains("NaN"));
    }
}
