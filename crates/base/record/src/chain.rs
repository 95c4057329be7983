//! A chain of hashes over the rows of tables: a row that is changed, taken out or put in breaks every link after it.

use proband_core::{Column, Table};

use crate::{RecordError, table_digest};

/// Hash after each row of `table`, each computed from the one before and the bits of the row.
///
/// The chain begins with the digests of `before`, tables that stand as a whole before the first row. Whoever keeps the
/// last hash elsewhere can later prove that nothing was changed; the chain alone, kept beside the tables, shows changes
/// only to those who did not compute it anew.
///
/// # Errors
/// [`RecordError::Table`] for a table whose columns differ in length.
pub fn row_chain(before: &[&Table], table: &Table) -> Result<Vec<String>, RecordError> {
    let mut hash = [0_u8; 32];
    for table in before {
        let digest = table_digest(table)?;
        hash = *blake3::Hasher::new().update(&hash).update(digest.hash.as_bytes()).finalize().as_bytes();
    }
    if table.columns.iter().any(|c| c.len() != table.row_count()) {
        return Err(RecordError::Table { table: table.name.clone(), what: "columns of different lengths".into() });
    }
    let mut bytes = Vec::new();
    let mut hashes = Vec::with_capacity(table.row_count());
    for row in 0..table.row_count() {
        bytes.clear();
        bytes.extend_from_slice(&hash);
        for column in &table.columns {
            append(&mut bytes, column, row);
        }
        let link = blake3::hash(&bytes);
        hash = *link.as_bytes();
        hashes.push(link.to_hex().to_string());
    }
    Ok(hashes)
}

fn append(bytes: &mut Vec<u8>, column: &Column, row: usize) {
    let mut long = |part: &[u8]| {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part);
    };
    match column {
        Column::F64(v) => bytes.extend_from_slice(&v[row].to_bits().to_le_bytes()),
        Column::I64(v) => bytes.extend_from_slice(&v[row].to_le_bytes()),
        Column::Bool(v) => bytes.push(u8::from(v[row])),
        Column::Text(v) => long(v[row].as_bytes()),
        Column::Bytes(v) => long(&v[row]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(values: &[f64], words: &[&str]) -> Table {
        let mut t = Table::new("t");
        t.push("x", "1", "", "", Column::F64(values.to_vec())).unwrap();
        t.push("w", "", "", "", Column::Text(words.iter().map(|w| (*w).to_owned()).collect())).unwrap();
        t
    }

    /// Break the chain at the first row that differs, and at the first when a table before it differs.
    #[test]
    fn a_change_breaks_the_rest() {
        let first = row_chain(&[], &table(&[1.0, 2.0, 3.0], &["a", "b", "c"])).unwrap();
        let other = row_chain(&[], &table(&[1.0, 2.5, 3.0], &["a", "b", "c"])).unwrap();
        assert_eq!(first[0], other[0]);
        assert!(first[1] != other[1] && first[2] != other[2]);
        let moved = row_chain(&[], &table(&[1.0, 2.0, 3.0], &["ab", "", "c"])).unwrap();
        assert_ne!(first[1], moved[1]);
        let after = row_chain(&[&table(&[0.0], &["z"])], &table(&[1.0, 2.0, 3.0], &["a", "b", "c"])).unwrap();
        assert_ne!(first[0], after[0]);
    }
}
