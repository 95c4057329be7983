//! Columns of a table, read without trust: absent or wrong columns are noted and read as missing values.

use proband_core::{Column, Table};

use crate::Problem;

/// Reads one table; collects what is missing.
pub(crate) struct Columns<'a, 'n> {
    table: &'a Table,
    rows: usize,
    notes: &'n mut Vec<Problem>,
}

impl<'a, 'n> Columns<'a, 'n> {
    /// A reader of `table` that notes into `notes`.
    pub fn new(table: &'a Table, notes: &'n mut Vec<Problem>) -> Self {
        let rows = table.columns.iter().map(Column::len).min().unwrap_or(0);
        if table.columns.iter().any(|c| c.len() != rows) || table.fields.len() != table.columns.len() {
            notes.push(Problem { place: table.name.clone(), text: "columns of different lengths; the shortest was used".into() });
        }
        Self { table, rows, notes }
    }

    /// Number of rows that every column has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    fn find(&self, name: &str) -> Option<&'a Column> {
        self.table.fields.iter().position(|f| f.name == name).and_then(|i| self.table.columns.get(i))
    }

    fn note(&mut self, name: &str, what: &str) {
        self.notes.push(Problem { place: self.table.name.clone(), text: format!("column {name} {what}") });
    }

    fn as_numbers(column: &Column) -> Option<Vec<f64>> {
        match column {
            Column::F64(v) => Some(v.clone()),
            Column::I64(v) => Some(v.iter().map(|i| *i as f64).collect()),
            Column::Bool(v) => Some(v.iter().map(|b| f64::from(u8::from(*b))).collect()),
            Column::Text(_) | Column::Bytes(_) => None,
        }
    }

    /// A column as numbers (whole numbers and truth values are converted); NaN where it is absent.
    pub fn numbers(&mut self, name: &str) -> Vec<f64> {
        match self.find(name).map(Self::as_numbers) {
            Some(Some(v)) => v,
            Some(None) => {
                self.note(name, "does not hold numbers");
                vec![f64::NAN; self.rows]
            }
            None => {
                self.note(name, "is absent");
                vec![f64::NAN; self.rows]
            }
        }
    }

    /// The first of several columns that is there as numbers; nothing is noted when none is.
    pub fn numbers_of_any(&self, names: &[&str]) -> Option<Vec<f64>> {
        names.iter().find_map(|name| self.find(name).and_then(Self::as_numbers))
    }

    /// A column of words; empty words where it is absent.
    pub fn words(&mut self, name: &str) -> Vec<String> {
        match self.find(name) {
            Some(Column::Text(v)) => v.clone(),
            Some(_) => {
                self.note(name, "does not hold words");
                vec![String::new(); self.rows]
            }
            None => {
                self.note(name, "is absent");
                vec![String::new(); self.rows]
            }
        }
    }

    /// The first of several columns that is there as words; nothing is noted when none is.
    pub fn words_of_any(&self, names: &[&str]) -> Option<Vec<String>> {
        names.iter().find_map(|name| match self.find(name) {
            Some(Column::Text(v)) => Some(v.clone()),
            _ => None,
        })
    }

    /// A column of files; `None` where it is absent.
    pub fn files(&mut self, name: &str) -> Option<&'a [Vec<u8>]> {
        match self.find(name) {
            Some(Column::Bytes(v)) => Some(v),
            Some(_) => {
                self.note(name, "does not hold files");
                None
            }
            None => {
                self.note(name, "is absent");
                None
            }
        }
    }

    /// Note something about this table.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notes.push(Problem { place: self.table.name.clone(), text: text.into() });
    }
}
