//! `proband chart plot`: a stretch of a record as a picture.

use std::path::PathBuf;

use proband_chart::{WaveChannel, WaveKind};
use proband_core::Warnings;
use proband_signal::{plethysmogram_beats, pulse_beats, r_peaks};

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;
use crate::volume_file::say_warnings;
use crate::wave_file::{ReadArguments, open};

const EXAMPLES: &str = "\
Examples:
  proband chart plot 100.hea --to 10 -o beats.svg        ten seconds of every channel, beats marked
  proband chart plot icu.edf --from 60 --to 90 -o minute.svg";

/// Longest stretch that is drawn [s].
const STRETCH_S: f64 = 3600.0;
/// Points across a panel: each shows the lowest and the highest sample that fall on it.
const POINTS: usize = 1000;
const PANEL: [f64; 2] = [1080.0, 130.0];
const LEFT: f64 = 150.0;

/// Arguments of `proband chart plot`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Record
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    read: ReadArguments,
    /// Picture (SVG)
    #[arg(short, long, value_name = "FILE.svg")]
    out: PathBuf,
}

/// Draw.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let warnings = Warnings::new();
    let record = open(&arguments.file, &arguments.read, &warnings)?;
    say_warnings(&warnings);
    let from = record.channels.iter().filter_map(|c| c.runs.first().map(|run| run.start as f64 / c.rate_hz)).fold(f64::INFINITY, f64::min);
    let to = record.channels.iter().map(|c| c.end() as f64 / c.rate_hz).fold(0.0, f64::max);
    if from >= to {
        return Err(Failure::Message("no samples in this part of the record".into()));
    }
    if to - from > STRETCH_S {
        return Err(Failure::Usage(format!(
            "{:.0} s are too long for a picture: choose at most {STRETCH_S} s with --from and --to",
            to - from
        )));
    }
    let height = 40.0 + PANEL[1] * record.channels.len() as f64 + 24.0;
    let width = LEFT + PANEL[0] + 20.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    );
    for (i, channel) in record.channels.iter().enumerate() {
        interrupt.check()?;
        panel(&mut svg, 20.0 + PANEL[1] * i as f64, channel, from, to)?;
    }
    for i in 0..=10 {
        let share = f64::from(i) / 10.0;
        let x = LEFT + PANEL[0] * share;
        svg.push_str(&format!("<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{:.2} s</text>", height - 12.0, from + (to - from) * share));
    }
    svg.push_str("</svg>\n");
    std::fs::write(&arguments.out, svg).map_err(|error| Failure::at(&arguments.out, error))?;
    terminal::print(&arguments.out.display().to_string())
}

fn beats(channel: &WaveChannel, values: &[f64]) -> Result<Vec<usize>, Failure> {
    let enough = channel.rate_hz >= proband_signal::ECG_RATE_HZ_MIN.max(proband_signal::PULSE_RATE_HZ_MIN);
    match channel.kind {
        WaveKind::Ecg if enough => r_peaks(values, channel.rate_hz).map_err(Failure::of),
        WaveKind::ArterialPressure if enough => {
            Ok(pulse_beats(values, channel.rate_hz).map_err(Failure::of)?.iter().map(|b| b.top).collect())
        }
        WaveKind::Plethysmogram if enough => {
            Ok(plethysmogram_beats(values, channel.rate_hz).map_err(Failure::of)?.iter().map(|b| b.top).collect())
        }
        _ => Ok(Vec::new()),
    }
}

fn panel(svg: &mut String, top: f64, channel: &WaveChannel, from: f64, to: f64) -> Result<(), Failure> {
    let first = (from * channel.rate_hz).round() as u64;
    let values: Vec<f64> = channel.dense(first, (to * channel.rate_hz).round() as u64).iter().map(|x| channel.written(*x)).collect();
    let finite = || values.iter().filter(|x| x.is_finite());
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let unit = if channel.unit_written.is_empty() { "?" } else { &channel.unit_written };
    svg.push_str(&format!("<text x=\"8\" y=\"{}\">{} [{}]</text>", top + 0.5 * PANEL[1], escaped(&channel.name), escaped(unit)));
    if low > high {
        return Ok(());
    }
    let (tall, middle) = (PANEL[1] - 20.0, if high > low { 0.0 } else { 0.5 });
    let y = |value: f64| top + 4.0 + tall * (if high > low { (high - value) / (high - low) } else { middle });
    let x = |sample: f64| LEFT + PANEL[0] * sample / ((to - from) * channel.rate_hz);
    for (value, at) in [(high, top + 12.0), (low, top + tall)] {
        svg.push_str(&format!("<text x=\"{}\" y=\"{at}\" text-anchor=\"end\" fill=\"#666\">{value:.2}</text>", LEFT - 6.0));
    }
    // A line for each part without a gap; of many samples on one point the lowest and the highest.
    let chunk = values.len().div_ceil(POINTS).max(1);
    let mut line = String::new();
    for (i, part) in values.chunks(chunk).enumerate() {
        let ends = part
            .iter()
            .filter(|x| x.is_finite())
            .fold(None, |ends: Option<(f64, f64)>, x| Some(ends.map_or((*x, *x), |(a, b)| (a.min(*x), b.max(*x)))));
        match ends {
            None => flush(svg, &mut line),
            Some((a, b)) => {
                let at = x((i * chunk) as f64);
                line.push_str(&format!("{at:.1},{:.1} ", y(a)));
                if b > a {
                    line.push_str(&format!("{at:.1},{:.1} ", y(b)));
                }
            }
        }
    }
    flush(svg, &mut line);
    for beat in beats(channel, &values)? {
        svg.push_str(&format!("<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#d7301f\"/>", x(beat as f64), y(values[beat])));
    }
    Ok(())
}

fn flush(svg: &mut String, line: &mut String) {
    if !line.is_empty() {
        svg.push_str(&format!("<polyline points=\"{}\" fill=\"none\" stroke=\"#08306b\" stroke-width=\"1\"/>", line.trim_end()));
        line.clear();
    }
}
