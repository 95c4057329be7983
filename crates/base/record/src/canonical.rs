//! Digest of a table without a second copy of it in memory.

use proband_core::{Column, Digest, Table};

/// Bytes gathered before they are hashed: enough for the hash to work on many blocks at once.
const GATHER_BYTES: usize = 128 << 10;

/// BLAKE3 and size of the canonical encoding of a table: that of [`Digest::of`], gathered piece by piece.
pub(crate) fn digest(table: &Table) -> Digest {
    let mut sink = Sink { hasher: blake3::Hasher::new(), gathered: Vec::with_capacity(GATHER_BYTES + 4096), size_bytes: 0 };
    sink.text(&table.name);
    sink.number(table.fields.len() as u64);
    for field in &table.fields {
        for text in [&field.name, &field.unit, &field.frame, &field.source] {
            sink.text(text);
        }
    }
    sink.number(table.columns.len() as u64);
    for column in &table.columns {
        sink.column(column);
    }
    sink.finish()
}

/// What is hashed so far. Numbers of variable length as in postcard: seven bits a byte, lowest first.
struct Sink {
    hasher: blake3::Hasher,
    gathered: Vec<u8>,
    size_bytes: u64,
}

impl Sink {
    fn column(&mut self, column: &Column) {
        let variant = match column {
            Column::F64(_) => 0,
            Column::I64(_) => 1,
            Column::Bool(_) => 2,
            Column::Text(_) => 3,
            Column::Bytes(_) => 4,
        };
        self.number(variant);
        self.number(column.len() as u64);
        match column {
            Column::F64(values) => {
                for chunk in values.chunks(GATHER_BYTES / 8) {
                    let start = self.gathered.len();
                    self.gathered.resize(start + 8 * chunk.len(), 0);
                    for (to, value) in self.gathered[start..].chunks_exact_mut(8).zip(chunk) {
                        to.copy_from_slice(&value.to_bits().to_le_bytes());
                    }
                    self.pass_on();
                }
            }
            Column::I64(values) => values.iter().for_each(|v| self.number(((v << 1) ^ (v >> 63)) as u64)),
            Column::Bool(values) => {
                for chunk in values.chunks(GATHER_BYTES) {
                    self.gathered.extend(chunk.iter().map(|b| u8::from(*b)));
                    self.pass_on();
                }
            }
            Column::Text(values) => values.iter().for_each(|v| self.text(v)),
            Column::Bytes(values) => values.iter().for_each(|v| self.bytes(v)),
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.gathered.extend_from_slice(bytes);
        self.pass_on();
    }

    fn number(&mut self, mut value: u64) {
        while value > 0x7F {
            self.gathered.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.gathered.push(value as u8);
        self.pass_on();
    }

    fn pass_on(&mut self) {
        if self.gathered.len() >= GATHER_BYTES {
            self.hash();
        }
    }

    fn hash(&mut self) {
        self.size_bytes += self.gathered.len() as u64;
        self.hasher.update(&self.gathered);
        self.gathered.clear();
    }

    fn finish(mut self) -> Digest {
        self.hash();
        Digest { size_bytes: self.size_bytes, hash: self.hasher.finalize().to_hex().to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(columns: Vec<Column>) {
        let mut table = Table::new("t");
        for (index, column) in columns.into_iter().enumerate() {
            table.push(&format!("c{index}"), "m", "", "source", column).unwrap();
        }
        assert_eq!(digest(&table), Digest::of(&table).unwrap());
    }

    /// Hash what the encoding of the whole table would be, beyond one gathering too.
    #[test]
    fn long_tables_give_the_digest_of_the_whole() {
        let n = 70_000_i64;
        same(vec![
            Column::F64((0..n).map(|i| i as f64).collect()),
            Column::I64((0..n).map(|i| i * i - 300).collect()),
            Column::Bool((0..n).map(|i| i % 3 == 0).collect()),
            Column::Text((0..n).map(|i| "ä".repeat((i % 200) as usize)).collect()),
        ]);
        same(vec![]);
    }

    proptest! {
        /// Hash what the encoding of the whole table would be.
        #[test]
        fn any_table_gives_the_digest_of_the_whole(rows in prop::collection::vec((any::<u64>(), any::<i64>(), any::<bool>(), "\\PC{0,9}"), 0..40)) {
            same(vec![
                Column::F64(rows.iter().map(|r| f64::from_bits(r.0)).collect()),
                Column::I64(rows.iter().map(|r| r.1).collect()),
                Column::Bool(rows.iter().map(|r| r.2).collect()),
                Column::Text(rows.iter().map(|r| r.3.clone()).collect()),
                Column::Bytes(rows.iter().map(|r| r.3.clone().into_bytes()).collect()),
            ]);
        }
    }
}
