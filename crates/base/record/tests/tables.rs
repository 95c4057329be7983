//! Tables go to Parquet and come back with every bit, and hostile files give errors.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use proband_core::{Column, Table};
use proband_record::{Limits, RecordError, decode_table, encode_table, read_table, table_digest, write_table};
use proptest::prelude::*;

fn small_table() -> Table {
    let mut table = Table::new("ticks");
    let columns = [
        ("force_axial_n", "N", "needle", "sensor.force", Column::F64(vec![0.0, -0.0, f64::NAN, f64::INFINITY])),
        ("phase_index", "1", "", "procedure", Column::I64(vec![0, -1, i64::MIN, i64::MAX])),
        ("chosen", "", "", "", Column::Bool(vec![true, false, false, true])),
        ("phase", "", "", "procedure", Column::Text(vec![String::new(), "insert".into(), "Grüße ≤ 1".into(), "a\0b".into()])),
        ("png", "", "image", "camera", Column::Bytes(vec![vec![], vec![0, 255, 1], vec![0; 300], vec![7]])),
    ];
    for (name, unit, frame, source, column) in columns {
        table.push(name, unit, frame, source, column).expect("the columns of this test fit together");
    }
    table
}

fn bits(column: &Column) -> Vec<u64> {
    match column {
        Column::F64(v) => v.iter().map(|x| x.to_bits()).collect(),
        _ => Vec::new(),
    }
}

#[track_caller]
fn comes_back(table: &Table) {
    let back = decode_table(encode_table(table).expect("encodes"), &Limits::STANDARD).expect("decodes");
    assert_eq!((&back.name, &back.fields), (&table.name, &table.fields));
    for (a, b) in back.columns.iter().zip(&table.columns) {
        assert_eq!(bits(a), bits(b));
        assert!(matches!(a, Column::F64(_)) || a == b);
    }
    assert_eq!(table_digest(&back).expect("digests"), table_digest(table).expect("digests"));
}

/// Bring back every type with unit, frame, source and every bit.
#[test]
fn a_table_comes_back() {
    comes_back(&small_table());
}

/// Bring back tables without rows, and more rows than are unpacked at once.
#[test]
fn empty_and_long_tables_come_back() {
    let mut empty = Table::new("empty");
    empty.push("x_m", "m", "", "", Column::F64(vec![])).unwrap();
    empty.push("name", "", "", "", Column::Text(vec![])).unwrap();
    comes_back(&empty);
    let mut long = Table::new("long");
    long.push("time_s", "s", "", "", Column::F64((0..10_001).map(|i| f64::from(i) * 1e-3).collect())).unwrap();
    long.push("phase", "", "", "", Column::Text((0..10_001).map(|i| format!("phase {}", i % 7)).collect())).unwrap();
    comes_back(&long);
}

/// Give the same bytes for the same table.
#[test]
fn encoding_repeats() {
    let bytes = encode_table(&small_table()).unwrap();
    for _ in 0..8 {
        assert_eq!(encode_table(&small_table()).unwrap(), bytes);
    }
}

/// Keep NaN payloads: they are bits like others.
#[test]
fn nan_payloads_survive() {
    let mut table = Table::new("nan");
    let payloads = [0x7FF8_0000_0000_0001, 0xFFF8_0000_0000_0000, 0x7FF0_0000_0000_0001, 0x8000_0000_0000_0000];
    table.push("x_m", "m", "", "", Column::F64(payloads.iter().map(|b| f64::from_bits(*b)).collect())).unwrap();
    comes_back(&table);
}

/// Refuse tables whose columns do not fit together.
#[test]
fn shapeless_tables_are_refused() {
    assert!(matches!(encode_table(&Table::new("none")), Err(RecordError::Table { .. })));
    let mut ragged = small_table();
    ragged.columns[1] = Column::I64(vec![1]);
    assert!(encode_table(&ragged).unwrap_err().to_string().contains("phase_index"));
    let mut twins = small_table();
    twins.fields[1].name = "force_axial_n".into();
    assert!(encode_table(&twins).unwrap_err().to_string().contains("force_axial_n"));
}

/// Give an error for a small file cut at every byte.
#[test]
fn every_truncation_is_an_error() {
    let bytes = encode_table(&small_table()).unwrap();
    for length in 0..bytes.len() {
        let error = decode_table(bytes[..length].to_vec(), &Limits::STANDARD).unwrap_err();
        assert!(matches!(error, RecordError::Format { .. }), "{length}: {error}");
    }
}

/// Give an error, or the same table, when any byte of a small file is changed.
#[test]
fn every_changed_byte_is_an_error_or_harmless() {
    let table = small_table();
    let digest = table_digest(&table).unwrap();
    let bytes = encode_table(&table).unwrap();
    let mut harmless = 0;
    for index in 0..bytes.len() {
        for mask in [0x01, 0x80, 0xFF] {
            let mut changed = bytes.clone();
            changed[index] ^= mask;
            if let Ok(back) = decode_table(changed, &Limits::STANDARD) {
                assert_eq!(table_digest(&back).unwrap(), digest, "byte {index} changed the table and nobody saw it");
                harmless += 1;
            }
        }
    }
    assert!(harmless < 3 * bytes.len(), "no change was seen at all");
}

/// Refuse files that hold more than is accepted, before unpacking them.
#[test]
fn limits_hold() {
    let bytes = encode_table(&small_table()).unwrap();
    let tight = [
        Limits { file_bytes_max: 100, ..Limits::STANDARD },
        Limits { row_count_max: 3, ..Limits::STANDARD },
        Limits { value_bytes_max: 300, ..Limits::STANDARD },
    ];
    for limits in tight {
        let error = decode_table(bytes.clone(), &limits).unwrap_err();
        assert!(matches!(error, RecordError::TooLarge { .. }), "{error}");
    }
    assert!(decode_table(bytes, &Limits { column_count_max: 4, ..Limits::STANDARD }).unwrap_err().to_string().contains("too many columns"));
}

/// Stop while unpacking when a few bytes on disk become gigabytes in memory.
#[test]
fn a_bomb_of_repeated_values_is_stopped() {
    let mut table = Table::new("bomb");
    table.push("text", "", "", "", Column::Text(vec!["x".repeat(10_000); 5_000])).unwrap();
    let bytes = encode_table(&table).unwrap();
    assert!(bytes.len() < 100_000);
    let limits = Limits { value_bytes_max: 10_000_000, ..Limits::STANDARD };
    assert!(matches!(decode_table(bytes, &limits), Err(RecordError::TooLarge { .. })));
}

/// Name the file in an error, and notice contents that do not fit their digest.
#[test]
fn a_changed_table_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ticks.parquet");
    write_table(&path, &small_table()).unwrap();
    assert_eq!(read_table(&path).unwrap().row_count(), 4);
    std::fs::write(&path, b"PAR1 and nothing else PAR1").unwrap();
    assert!(read_table(&path).unwrap_err().to_string().contains("ticks.parquet"));
    assert!(read_table(&folder.path().join("absent.parquet")).unwrap_err().to_string().contains("absent.parquet"));
}

fn any_column(row_count: usize) -> impl Strategy<Value = Column> {
    use proptest::collection::vec;
    prop_oneof![
        vec(any::<u64>().prop_map(f64::from_bits), row_count).prop_map(Column::F64),
        vec(any::<i64>(), row_count).prop_map(Column::I64),
        vec(any::<bool>(), row_count).prop_map(Column::Bool),
        vec("\\PC{0,12}", row_count).prop_map(Column::Text),
        vec(vec(any::<u8>(), 0..20), row_count).prop_map(Column::Bytes),
    ]
}

fn any_table() -> impl Strategy<Value = Table> {
    (0_usize..20).prop_flat_map(|row_count| proptest::collection::vec((any_column(row_count), "\\PC{0,6}", "\\PC{0,6}"), 1..6)).prop_map(
        |columns| {
            let mut table = Table::new("any");
            for (index, (column, unit, source)) in columns.into_iter().enumerate() {
                table.push(&format!("c{index}"), &unit, "", &source, column).expect("equal lengths");
            }
            table
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Bring back any table with every bit.
    #[test]
    fn any_table_comes_back(table in any_table()) {
        comes_back(&table);
    }

    /// Answer any bytes with an error.
    #[test]
    fn any_bytes_give_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut framed = b"PAR1".to_vec();
        framed.extend_from_slice(&bytes);
        framed.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        framed.extend_from_slice(b"PAR1");
        prop_assert!(decode_table(bytes, &Limits::STANDARD).is_err());
        prop_assert!(decode_table(framed, &Limits::STANDARD).is_err());
    }
}
