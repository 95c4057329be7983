//! A table as the bytes of a Parquet file.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use proband_core::{Column, Digest, Table};

use crate::{RecordError, canonical};

/// Key of the table's name in the file's metadata.
pub(crate) const KEY_TABLE: &str = "proband.table";
/// Key of the table's digest, `<bytes>-<hash>` of its canonical encoding.
pub(crate) const KEY_DIGEST: &str = "proband.digest";
/// Keys of a field's metadata.
pub(crate) const KEY_UNIT: &str = "unit";
pub(crate) const KEY_FRAME: &str = "frame";
pub(crate) const KEY_SOURCE: &str = "source";

/// Zstandard level: the quickest; measured numbers hardly get smaller at higher ones.
const ZSTD_LEVEL: i32 = 1;
/// Rows looked at to see whether a column repeats.
const SAMPLE_ROW_COUNT: usize = 2048;

/// Digest of a table's contents: name, fields and every bit of every value, whatever the file format does with them.
///
/// # Errors
/// None today; a table that has no digest would be [`RecordError::Table`].
pub fn table_digest(table: &Table) -> Result<Digest, RecordError> {
    Ok(canonical::digest(table))
}

/// The whole digest as text.
pub(crate) fn digest_text(digest: &Digest) -> String {
    format!("{}-{}", digest.size_bytes, digest.hash)
}

/// The bytes of a Parquet file that holds the table. The same table gives the same bytes.
///
/// # Errors
/// [`RecordError::Table`] when columns differ in length, two have one name, or there are none.
pub fn encode_table(table: &Table) -> Result<Vec<u8>, RecordError> {
    encode_digested(table, &table_digest(table)?)
}

/// The same with a digest that is known already.
pub(crate) fn encode_digested(table: &Table, digest: &Digest) -> Result<Vec<u8>, RecordError> {
    check_shape(table)?;
    let bad = |what: String| RecordError::Table { table: table.name.clone(), what };
    let fields: Vec<Field> = table.fields.iter().zip(&table.columns).map(|(f, c)| arrow_field(f, c)).collect();
    let schema = Arc::new(Schema::new(fields));
    let columns = table.columns.iter().map(arrow_column).collect::<Result<Vec<_>, _>>().map_err(&bad)?;
    let batch = RecordBatch::try_new(schema.clone(), columns).map_err(|e| bad(e.to_string()))?;

    let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(|e| bad(e.to_string()))?;
    let metadata = vec![KeyValue::new(KEY_TABLE.to_owned(), table.name.clone()), KeyValue::new(KEY_DIGEST.to_owned(), digest_text(digest))];
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_key_value_metadata(Some(metadata));
    for (field, column) in table.fields.iter().zip(&table.columns) {
        if !repeats(column) {
            properties = properties.set_column_dictionary_enabled(ColumnPath::new(vec![field.name.clone()]), false);
        }
    }
    let properties = properties.build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties)).map_err(|e| bad(e.to_string()))?;
    writer.write(&batch).map_err(|e| bad(e.to_string()))?;
    writer.close().map_err(|e| bad(e.to_string()))?;
    Ok(bytes)
}

fn check_shape(table: &Table) -> Result<(), RecordError> {
    let bad = |what: String| Err(RecordError::Table { table: table.name.clone(), what });
    if table.fields.is_empty() || table.fields.len() != table.columns.len() {
        return bad(format!("{} fields for {} columns", table.fields.len(), table.columns.len()));
    }
    for (index, (field, column)) in table.fields.iter().zip(&table.columns).enumerate() {
        if column.len() != table.row_count() {
            return bad(format!("column {} has {} rows, the first {}", field.name, column.len(), table.row_count()));
        }
        if table.fields[..index].iter().any(|f| f.name == field.name) {
            return bad(format!("two columns are called {}", field.name));
        }
    }
    Ok(())
}

fn arrow_field(field: &proband_core::Field, column: &Column) -> Field {
    let kind = match column {
        Column::F64(_) => DataType::Float64,
        Column::I64(_) => DataType::Int64,
        Column::Bool(_) => DataType::Boolean,
        Column::Text(_) => DataType::Utf8,
        Column::Bytes(_) => DataType::Binary,
    };
    let metadata: HashMap<String, String> = [(KEY_UNIT, &field.unit), (KEY_FRAME, &field.frame), (KEY_SOURCE, &field.source)]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(key, text)| (key.to_owned(), text.clone()))
        .collect();
    Field::new(field.name.clone(), kind, false).with_metadata(metadata)
}

/// Whether a column's first values repeat, so that a dictionary of them is worth its cost. Numbers that were measured hardly
/// ever do, and looking each of them up takes longer than everything else about writing.
fn repeats(column: &Column) -> bool {
    match column {
        Column::F64(v) => few(v.iter().take(SAMPLE_ROW_COUNT).map(|x| x.to_bits())),
        Column::I64(v) => few(v.iter().take(SAMPLE_ROW_COUNT).map(|x| x.cast_unsigned())),
        Column::Text(v) => few(v.iter().take(SAMPLE_ROW_COUNT)),
        Column::Bool(_) | Column::Bytes(_) => false,
    }
}

fn few<T: Ord>(values: impl Iterator<Item = T>) -> bool {
    let (mut count, mut kinds) = (0_usize, std::collections::BTreeSet::new());
    for value in values {
        count += 1;
        kinds.insert(value);
    }
    4 * kinds.len() <= count
}

/// Words and files are addressed by 32 bits in Arrow.
fn arrow_column(column: &Column) -> Result<ArrayRef, String> {
    let fits =
        |bytes: usize| if i32::try_from(bytes).is_ok() { Ok(()) } else { Err(format!("{bytes} bytes in one column, the limit is 2^31")) };
    Ok(match column {
        Column::F64(v) => Arc::new(Float64Array::from(v.clone())),
        Column::I64(v) => Arc::new(Int64Array::from(v.clone())),
        Column::Bool(v) => Arc::new(BooleanArray::from(v.clone())),
        Column::Text(v) => {
            fits(v.iter().map(String::len).sum())?;
            Arc::new(StringArray::from_iter_values(v))
        }
        Column::Bytes(v) => {
            fits(v.iter().map(Vec::len).sum())?;
            Arc::new(BinaryArray::from_iter_values(v))
        }
    })
}
