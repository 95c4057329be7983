//! Rows of numbers.

use proband_core::Warnings;

use super::heading::{Heading, TimeUnit};
use crate::ChartError;
use crate::wave::files::shown;
use crate::wave::options::WaveOptions;
use crate::wave::text::clean;

/// Most columns.
const COLUMNS_MAX: usize = 1024;

/// The table as it stands.
pub(super) struct Rows {
    pub headings: Vec<Heading>,
    /// Values of each column; NaN: none. Times of day and dates are in seconds.
    pub columns: Vec<Vec<f64>>,
    /// Rate that a comment gives [Hz].
    pub rate_hz: Option<f64>,
    /// Line of each row is `row + first_line` where no line is blank; kept for messages.
    pub lines: Vec<u32>,
}

/// How cells are parted and numbers written.
#[derive(Clone, Copy)]
struct Style {
    /// `' '`: any blanks.
    between: char,
    decimal_comma: bool,
}

impl Style {
    fn of(line: &str) -> Self {
        let between = [';', '\t', ','].into_iter().find(|c| line.contains(*c)).unwrap_or(' ');
        Self { between, decimal_comma: between == ';' }
    }

    fn cells(self, line: &str) -> Vec<&str> {
        if self.between == ' ' { line.split_whitespace().collect() } else { line.split(self.between).map(str::trim).collect() }
    }

    /// A cell as a number; `None`: something else. Empty cells and the usual words for nothing are NaN.
    fn number(self, cell: &str) -> Option<f64> {
        let cell = cell.trim_matches('"');
        if let Ok(value) = cell.parse::<f64>() {
            return Some(if value.is_finite() { value } else { f64::NAN });
        }
        if cell.is_empty() || ["na", "n/a", "null", "none", "-", "--", "."].contains(&cell.to_lowercase().as_str()) {
            return Some(f64::NAN);
        }
        self.decimal_comma.then(|| cell.replace(',', ".").parse::<f64>().ok().filter(|value| value.is_finite())).flatten()
    }
}

/// Seconds of `2016-11-24 13:58:58.081` from an arbitrary day, or of a time of day.
pub(super) fn moment_s(cell: &str) -> Option<f64> {
    let cell = cell.trim_matches('"').trim();
    let (day, time) = match cell.split_once([' ', 'T']) {
        Some((day, time)) => (crate::Day::parse(day).ok()?.number(), time),
        None => (0, cell),
    };
    let mut seconds = 0.0;
    let mut parts = 0;
    for part in time.trim_end_matches('Z').split(':') {
        if !part.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        seconds = seconds * 60.0 + part.parse::<f64>().ok().filter(|value| (0.0..3600.0).contains(value))?;
        parts += 1;
    }
    (parts == 3).then_some(f64::from(day) * 86_400.0 + seconds)
}

impl Rows {
    pub(super) fn parse(text: &str, file: &str, options: &WaveOptions, warnings: &Warnings) -> Result<Self, ChartError> {
        let mut comments = Comments::default();
        let mut lines =
            text.lines().zip(1_u32..).map(|(line, number)| (line.trim(), number)).filter(|(line, _)| !line.is_empty()).peekable();
        while let Some((line, _)) = lines.next_if(|(line, _)| line.starts_with('#')) {
            comments.read(line);
        }
        let Some((first, number)) = lines.peek().copied() else {
            return Err(ChartError::Wave { file: shown(file), place: "rows".into(), what: "no row".into() });
        };
        let style = Style::of(first);
        let cells = style.cells(first);
        if cells.len() > COLUMNS_MAX {
            return Err(ChartError::Wave {
                file: shown(file),
                place: format!("line {number}"),
                what: format!("{} columns, at most {COLUMNS_MAX}", cells.len()),
            });
        }
        let is_heading = cells.iter().any(|cell| style.number(cell).is_none() && moment_s(cell).is_none());
        let headings: Vec<Heading> = if is_heading {
            lines.next();
            cells.iter().enumerate().map(|(i, cell)| Heading::parse(cell, i + 1)).collect()
        } else {
            (0..cells.len()).map(|i| Heading::parse(comments.labels.get(i).map_or("", String::as_str), i + 1)).collect()
        };
        let mut table = Self { columns: vec![Vec::new(); headings.len()], headings, rate_hz: comments.rate_hz, lines: Vec::new() };
        for (line, number) in lines.filter(|(line, _)| !line.starts_with('#')) {
            table.row(line, number, style, file, warnings);
            if (table.lines.len() as u64).saturating_mul(table.columns.len() as u64) > options.sample_count_max {
                let what = format!("more than {} values", options.sample_count_max);
                return Err(ChartError::Wave { file: shown(file), place: format!("line {number}"), what });
            }
        }
        if table.lines.is_empty() {
            return Err(ChartError::Wave { file: shown(file), place: "rows".into(), what: "no row of numbers".into() });
        }
        Ok(table)
    }

    fn row(&mut self, line: &str, number: u32, style: Style, file: &str, warnings: &Warnings) {
        let mut cells = 0;
        let mut each = |cell: &str| {
            if let (Some(column), Some(heading)) = (self.columns.get_mut(cells), self.headings.get_mut(cells)) {
                let value = style.number(cell).or_else(|| {
                    let moment = (heading.time != TimeUnit::None).then(|| moment_s(cell)).flatten()?;
                    heading.time = TimeUnit::Clock;
                    Some(moment)
                });
                if value.is_none() {
                    let what = format!("line {number}: \"{}\" is no number: lost", clean(cell, 20));
                    warnings.note(format!("{}: {}", shown(file), heading.name), what);
                }
                column.push(value.unwrap_or(f64::NAN));
            }
            cells += 1;
        };
        if style.between == ' ' {
            line.split_whitespace().for_each(&mut each)
        } else {
            line.split(style.between).for_each(|cell| each(cell.trim()))
        }
        if cells != self.columns.len() {
            warnings.note(shown(file), format!("line {number}: {cells} cells, {} columns", self.columns.len()));
            self.columns.iter_mut().skip(cells).for_each(|column| column.push(f64::NAN));
        }
        self.lines.push(number);
    }
}

/// What the comments at the top say: `# Sampling Rate (Hz):= 1000.00`, `# Labels:= ECG`.
#[derive(Default)]
struct Comments {
    rate_hz: Option<f64>,
    labels: Vec<String>,
}

impl Comments {
    fn read(&mut self, line: &str) {
        let Some((name, value)) = line.trim_start_matches('#').split_once(":=").or_else(|| line.trim_start_matches('#').split_once(':'))
        else {
            return;
        };
        let name = name.trim().to_lowercase();
        if name.starts_with("sampling rate") || name.starts_with("sample rate") {
            let number: String = value.trim().chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            self.rate_hz = number.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate > 0.0);
        } else if name == "labels" {
            self.labels = value.split([',', '\t', ';']).map(|label| clean(label, 60)).take(COLUMNS_MAX).collect();
        }
    }
}
