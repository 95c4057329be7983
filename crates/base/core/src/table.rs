//! Tables in memory: columns with unit, frame and source. `proband-record` puts them on disk.

use serde::{Deserialize, Serialize};

use crate::CoreError;

/// Values of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Column {
    /// Numbers; NaN means missing.
    F64(Vec<f64>),
    /// Whole numbers.
    I64(Vec<i64>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Words.
    Text(Vec<String>),
    /// Files inside a table (PNG pictures).
    Bytes(Vec<Vec<u8>>),
}

impl Column {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::F64(v) => v.len(),
            Self::I64(v) => v.len(),
            Self::Bool(v) => v.len(),
            Self::Text(v) => v.len(),
            Self::Bytes(v) => v.len(),
        }
    }
    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a column means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Name with the unit as suffix where it is physical: `force_axial_n`.
    pub name: String,
    /// SI unit, `"1"` for fractions and counts, empty for words.
    pub unit: String,
    /// Frame in which the numbers are expressed (`Frame::NAME`), or empty.
    pub frame: String,
    /// Which subsystem, sensor or citation it came from.
    pub source: String,
}

/// A named table. All columns have the same length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// File name without extension: `ticks`, `events`.
    pub name: String,
    /// Meaning of each column.
    pub fields: Vec<Field>,
    /// Values of each column, in the order of `fields`.
    pub columns: Vec<Column>,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), fields: Vec::new(), columns: Vec::new() }
    }

    /// Add a column.
    ///
    /// # Errors
    /// [`CoreError::Table`] when the length differs from the other columns or the name is taken.
    pub fn push(&mut self, name: &str, unit: &str, frame: &str, source: &str, column: Column) -> Result<(), CoreError> {
        if let Some(first) = self.columns.first()
            && first.len() != column.len()
        {
            return Err(CoreError::Table {
                table: self.name.clone(),
                what: format!("column {name} has {} rows, the others {}", column.len(), first.len()),
            });
        }
        if self.fields.iter().any(|f| f.name == name) {
            return Err(CoreError::Table { table: self.name.clone(), what: format!("column {name} stands there already") });
        }
        self.fields.push(Field { name: name.into(), unit: unit.into(), frame: frame.into(), source: source.into() });
        self.columns.push(column);
        Ok(())
    }

    /// Number of rows.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// A column by name.
    ///
    /// # Errors
    /// [`CoreError::Table`] when it is absent.
    pub fn column(&self, name: &str) -> Result<&Column, CoreError> {
        self.fields
            .iter()
            .position(|f| f.name == name)
            .map(|i| &self.columns[i])
            .ok_or_else(|| CoreError::Table { table: self.name.clone(), what: format!("no column {name}") })
    }

    /// A numeric column by name.
    ///
    /// # Errors
    /// [`CoreError::Table`] when it is absent or not of numbers.
    pub fn f64s(&self, name: &str) -> Result<&[f64], CoreError> {
        match self.column(name)? {
            Column::F64(v) => Ok(v),
            _ => Err(CoreError::Table { table: self.name.clone(), what: format!("column {name} does not hold f64") }),
        }
    }

    /// A column of words by name.
    ///
    /// # Errors
    /// [`CoreError::Table`] when it is absent or not of words.
    pub fn texts(&self, name: &str) -> Result<&[String], CoreError> {
        match self.column(name)? {
            Column::Text(v) => Ok(v),
            _ => Err(CoreError::Table { table: self.name.clone(), what: format!("column {name} does not hold text") }),
        }
    }

    /// A column of truth values by name.
    ///
    /// # Errors
    /// [`CoreError::Table`] when it is absent or not of truth values.
    pub fn bools(&self, name: &str) -> Result<&[bool], CoreError> {
        match self.column(name)? {
            Column::Bool(v) => Ok(v),
            _ => Err(CoreError::Table { table: self.name.clone(), what: format!("column {name} does not hold bool") }),
        }
    }

    /// A column of whole numbers by name.
    ///
    /// # Errors
    /// [`CoreError::Table`] when it is absent or not of whole numbers.
    pub fn i64s(&self, name: &str) -> Result<&[i64], CoreError> {
        match self.column(name)? {
            Column::I64(v) => Ok(v),
            _ => Err(CoreError::Table { table: self.name.clone(), what: format!("column {name} does not hold i64") }),
        }
    }

    /// A column of files by name.
    ///
    /// # Errors
    /// [`CoreError::Table`] when it is absent or not of bytes.
    pub fn bytes(&self, name: &str) -> Result<&[Vec<u8>], CoreError> {
        match self.column(name)? {
            Column::Bytes(v) => Ok(v),
            _ => Err(CoreError::Table { table: self.name.clone(), what: format!("column {name} does not hold bytes") }),
        }
    }
}
