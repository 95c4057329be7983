//! Claims about `proband-record`.

use proband_core::{Column, Stream, Table};
use proband_record::{Limits, decode_table, encode_table, table_digest};

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[Claim { id: "table-round-trip", case: include_str!("../../../../../verify/table-round-trip/case.toml"), compute: table_round_trip }];

/// A table of any shape: every bit pattern of a float, words and files of any length.
fn random_table(stream: &mut Stream, row_count_max: u32) -> Result<Table, String> {
    let mut table = Table::new("random");
    let row_count = stream.index(row_count_max);
    for index in 0..1 + stream.index(6) {
        let column = match stream.index(5) {
            0 => Column::F64((0..row_count).map(|_| f64::from_bits(stream.next_u64())).collect()),
            1 => Column::I64((0..row_count).map(|_| stream.next_u64() as i64).collect()),
            2 => Column::Bool((0..row_count).map(|_| stream.bernoulli(0.5)).collect()),
            3 => Column::Text((0..row_count).map(|_| "µ≤x".repeat(stream.index(4) as usize)).collect()),
            _ => Column::Bytes((0..row_count).map(|_| (0..stream.index(30)).map(|_| stream.next_u32() as u8).collect()).collect()),
        };
        table.push(&format!("column_{index}"), "mm/s", "patient_lps", "a source, with µ", column).map_err(|e| e.to_string())?;
    }
    Ok(table)
}

fn table_round_trip() -> Result<Vec<Obtained>, String> {
    let text = |e: proband_record::RecordError| e.to_string();
    let mut stream = Stream::new(1, 0, "verify.table_round_trip");
    let mut changed = 0_u32;
    for _ in 0..200 {
        let table = random_table(&mut stream, 40)?;
        let back = decode_table(encode_table(&table).map_err(text)?, &Limits::STANDARD).map_err(text)?;
        changed += u32::from(table_digest(&back).map_err(text)? != table_digest(&table).map_err(text)?);
    }

    let table = random_table(&mut stream, 10)?;
    let digest = table_digest(&table).map_err(text)?;
    let bytes = encode_table(&table).map_err(text)?;
    let prefixes = (0..bytes.len()).filter(|n| decode_table(bytes[..*n].to_vec(), &Limits::STANDARD).is_ok()).count();
    let read = |damaged: Vec<u8>| decode_table(damaged, &Limits::STANDARD).ok();
    let (mut other, mut digests) = (0_u32, 0_u32);
    // The Parquet library panics on some damaged pages; decoding turns that into an error, and the noise is ours to keep off.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for index in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[index] ^= 1 << stream.index(8);
        other += u32::from(read(damaged).is_some_and(|back| table_digest(&back).ok().as_ref() != Some(&digest)));
    }
    std::panic::set_hook(hook);
    // The digest stands in the footer as text.
    let place = bytes.windows(64).position(|w| w == digest.hash.as_bytes()).ok_or("the digest does not stand in the file")?;
    for index in place..place + 64 {
        let mut damaged = bytes.clone();
        damaged[index] = if damaged[index] == b'0' { b'1' } else { b'0' };
        digests += u32::from(read(damaged).is_some());
    }
    Ok(vec![
        Obtained::new("tables of 200 that came back changed", f64::from(changed)),
        Obtained::new("prefixes of a file accepted", prefixes as f64),
        Obtained::new("files with a changed byte accepted as another table", f64::from(other)),
        Obtained::new("files with one changed digit in the digest accepted", f64::from(digests)),
    ])
}
