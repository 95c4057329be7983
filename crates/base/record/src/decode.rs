//! The bytes of a Parquet file as a table. The bytes are hostile until proven otherwise.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proband_core::{Column, Field, Table};

use crate::encode::{KEY_DIGEST, KEY_FRAME, KEY_SOURCE, KEY_TABLE, KEY_UNIT, digest_text, table_digest};
use crate::{RecordError, flat};

/// How much a file may hold. A file says how much it holds before it is unpacked; what it says is checked first,
/// and what comes out is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file [bytes].
    pub file_bytes_max: u64,
    /// Number of rows.
    pub row_count_max: u64,
    /// Number of columns.
    pub column_count_max: u32,
    /// Size of all values unpacked [bytes].
    pub value_bytes_max: u64,
}

impl Limits {
    /// For tables of one run: 1 GiB of file, 20 million rows, 512 columns, 4 GiB of values.
    pub const STANDARD: Self = Self { file_bytes_max: 1 << 30, row_count_max: 20_000_000, column_count_max: 512, value_bytes_max: 4 << 30 };
}

/// Rows unpacked at once. Small, because one value of a column of files may be megabytes.
const BATCH_ROW_COUNT: usize = 4096;

pub(crate) fn format(what: impl Into<String>) -> RecordError {
    RecordError::Format { place: "bytes".into(), what: what.into() }
}

fn within(what: &'static str, found: u64, limit: u64) -> Result<(), RecordError> {
    if found <= limit { Ok(()) } else { Err(RecordError::TooLarge { place: "bytes".into(), what, found, limit }) }
}

/// Read a table from the bytes of a Parquet file and compare its digest.
///
/// Any bytes give a table or an error. Where the Parquet library itself panics on hostile bytes, the panic becomes
/// an error (the process's panic hook still sees it).
///
/// # Errors
/// [`RecordError::Format`] for what is no flat Parquet table with a digest of ours, [`RecordError::TooLarge`] above
/// the limits, [`RecordError::Digest`] when the contents were changed.
pub fn decode_table(bytes: Vec<u8>, limits: &Limits) -> Result<Table, RecordError> {
    within("size of the file [bytes]", bytes.len() as u64, limits.file_bytes_max)?;
    flat::check(&bytes, limits.column_count_max)?;
    catch_unwind(AssertUnwindSafe(|| decode(bytes, limits))).unwrap_or_else(|_| Err(format("the Parquet reader gave up on these bytes")))
}

fn decode(bytes: Vec<u8>, limits: &Limits) -> Result<Table, RecordError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).map_err(|e| format(e.to_string()))?;
    let metadata = builder.metadata().clone();
    let declared = |value: i64, what: &str| u64::try_from(value).map_err(|_| format(format!("{what} is {value}")));
    let mut row_count = 0_u64;
    let mut value_bytes = 0_u64;
    for group in metadata.row_groups() {
        row_count = row_count.saturating_add(declared(group.num_rows(), "the number of rows")?);
        for column in group.columns() {
            // The library asserts that these are not negative when it goes for the pages.
            declared(column.data_page_offset(), "a column's place")?;
            declared(column.dictionary_page_offset().unwrap_or(0), "a dictionary's place")?;
            declared(column.compressed_size(), "the size of a column")?;
            value_bytes = value_bytes.saturating_add(declared(column.uncompressed_size(), "the size of a column")?);
        }
    }
    if row_count != declared(metadata.file_metadata().num_rows(), "the number of rows")? {
        return Err(format("the row groups and the file disagree on the number of rows"));
    }
    within("number of rows", row_count, limits.row_count_max)?;
    within("size of the values [bytes]", value_bytes, limits.value_bytes_max)?;

    let key = |name: &str| {
        let pairs = metadata.file_metadata().key_value_metadata();
        let value = pairs.and_then(|p| p.iter().find(|kv| kv.key == name)).and_then(|kv| kv.value.clone());
        value.ok_or_else(|| format(format!("the file's metadata has no {name}: it was not written by Proband")))
    };
    let mut table = empty_table(key(KEY_TABLE)?, builder.schema(), limits)?;
    let stored = key(KEY_DIGEST)?;

    let reader = builder.with_batch_size(BATCH_ROW_COUNT).build().map_err(|e| format(e.to_string()))?;
    let (mut rows_seen, mut bytes_seen) = (0_u64, 0_u64);
    for batch in reader {
        let batch = batch.map_err(|e| format(e.to_string()))?;
        rows_seen += batch.num_rows() as u64;
        within("number of rows", rows_seen, limits.row_count_max)?;
        append(&mut table, &batch, &mut bytes_seen, limits)?;
    }
    if rows_seen != row_count {
        return Err(format(format!("{row_count} rows are declared, {rows_seen} are there")));
    }
    let found = digest_text(&table_digest(&table)?);
    if found == stored {
        Ok(table)
    } else {
        Err(RecordError::Digest { place: "bytes".into(), stored: short(&stored), found: short(&found) })
    }
}

/// The start of a digest, enough to tell two apart.
fn short(digest: &str) -> String {
    digest.chars().take(32).collect()
}

fn empty_table(name: String, schema: &Schema, limits: &Limits) -> Result<Table, RecordError> {
    within("number of columns", schema.fields().len() as u64, u64::from(limits.column_count_max))?;
    let mut table = Table::new(&name);
    for field in schema.fields() {
        let column = match field.data_type() {
            DataType::Float64 => Column::F64(Vec::new()),
            DataType::Int64 => Column::I64(Vec::new()),
            DataType::Boolean => Column::Bool(Vec::new()),
            DataType::Utf8 => Column::Text(Vec::new()),
            DataType::Binary => Column::Bytes(Vec::new()),
            other => return Err(format(format!("column {} holds {other}, which no table of ours does", field.name()))),
        };
        let text = |key: &str| field.metadata().get(key).cloned().unwrap_or_default();
        let meaning = Field { name: field.name().clone(), unit: text(KEY_UNIT), frame: text(KEY_FRAME), source: text(KEY_SOURCE) };
        if table.fields.iter().any(|f| f.name == meaning.name) {
            return Err(format(format!("two columns are called {}", meaning.name)));
        }
        table.fields.push(meaning);
        table.columns.push(column);
    }
    Ok(table)
}

/// Memory that the values of an array will take in a column [bytes].
fn value_bytes(array: &dyn Array) -> u64 {
    let each = match array.data_type() {
        DataType::Boolean => 1,
        DataType::Utf8 | DataType::Binary => size_of::<String>(),
        _ => 8,
    };
    let texts = array.as_string_opt::<i32>().map_or(0, |a| a.values().len());
    let files = array.as_binary_opt::<i32>().map_or(0, |a| a.values().len());
    (array.len() * each + texts + files) as u64
}

fn append(table: &mut Table, batch: &RecordBatch, bytes_seen: &mut u64, limits: &Limits) -> Result<(), RecordError> {
    for ((column, field), array) in table.columns.iter_mut().zip(&table.fields).zip(batch.columns()) {
        if array.null_count() > 0 {
            return Err(format(format!("column {} has empty cells", field.name)));
        }
        *bytes_seen = bytes_seen.saturating_add(value_bytes(array.as_ref()));
        within("size of the values [bytes]", *bytes_seen, limits.value_bytes_max)?;
        let wrong = || format(format!("column {} changes its type", field.name));
        match column {
            Column::F64(v) => v.extend_from_slice(array.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?.values()),
            Column::I64(v) => v.extend_from_slice(array.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?.values()),
            Column::Bool(v) => v.extend(array.as_boolean_opt().ok_or_else(wrong)?.values().iter()),
            Column::Text(v) => v.extend(array.as_string_opt::<i32>().ok_or_else(wrong)?.iter().flatten().map(str::to_owned)),
            Column::Bytes(v) => v.extend(array.as_binary_opt::<i32>().ok_or_else(wrong)?.iter().flatten().map(<[u8]>::to_vec)),
        }
    }
    Ok(())
}
