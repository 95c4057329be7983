//! Plain tables for a terminal: columns aligned, numbers to the right.

/// Side to which a column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table. Units stand in the heading.
#[derive(Clone, Debug)]
pub(crate) struct TextTable {
    heading: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    /// A table with these columns.
    pub(crate) fn new(heading: &[(&str, Align)]) -> Self {
        Self { heading: heading.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect(), rows: Vec::new() }
    }

    /// Add a row; short rows are filled with nothing.
    pub(crate) fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        cells.resize(self.heading.len(), String::new());
        self.rows.push(cells);
    }
}

impl std::fmt::Display for TextTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let chars = |text: &str| text.chars().count();
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| chars(&row[column]));
            cells.chain([chars(&self.heading[column].0)]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.heading.len()).map(width).collect();
        let heading: Vec<String> = self.heading.iter().map(|(name, _)| name.clone()).collect();
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        for row in [&heading, &rule].into_iter().chain(&self.rows) {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let pad = " ".repeat(widths[column] - chars(cell));
                let gap = if column == 0 { "" } else { "  " };
                let (before, after) = if self.heading[column].1 == Align::Right { (pad.as_str(), "") } else { ("", pad.as_str()) };
                line.push_str(&format!("{gap}{before}{cell}{after}"));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A number with so many digits after the point; a dash when there is none.
pub(crate) fn number(value: Option<f64>, digits: usize) -> String {
    match value {
        Some(value) if value.is_finite() => format!("{value:.digits$}"),
        _ => "–".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Align words to the left and numbers to the right, whatever their width.
    #[test]
    fn columns_are_aligned() {
        let mut table = TextTable::new(&[("vein", Align::Left), ("depth [mm]", Align::Right)]);
        table.row(["cephalic", "3.1"]);
        table.row(["µ".to_owned(), number(Some(12.345), 1)]);
        table.row([String::new(), number(None, 1)]);
        let want = "vein      depth [mm]\n--------  ----------\ncephalic         3.1\nµ               12.3\n                   –\n";
        assert_eq!(table.to_string(), want);
    }
}
