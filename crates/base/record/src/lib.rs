//! Tables on disk: Parquet with unit, frame, source and digest; run folders that appear whole or not at all.
//!
//! * [`write_table`] and [`read_table`] turn a [`proband_core::Table`] into a Parquet file and back, bit for bit
//!   (NaN payloads and signed zeros too). Unit, frame and source stand in the metadata of each field, so pandas,
//!   DuckDB and Arrow show them; the table's digest stands in the metadata of the file and is checked on reading.
//! * [`RunFolder`] collects the files of a run in `<out>.tmp-…` and renames it when all is there.
//! * [`Seal`] holds the digest of every file of a folder and signed checkpoints of a chain of rows ([`row_chain`]).
//! * [`RunManifest`] is `run.toml`: which command, version and seed made the folder.
//!
//! This is a crate of its own so that physics builds without Arrow.
//!
//! ```
//! use proband_core::{Column, Table};
//! use proband_record::{read_table, write_table};
//!
//! let folder = tempfile::tempdir()?;
//! let mut ticks = Table::new("ticks");
//! ticks.push("force_axial_n", "N", "needle", "sensor.force", Column::F64(vec![0.0, 0.12, f64::NAN]))?;
//! let digest = write_table(&folder.path().join("ticks.parquet"), &ticks)?;
//! let back = read_table(&folder.path().join("ticks.parquet"))?;
//! assert_eq!(proband_record::table_digest(&back)?, digest);
//! assert_eq!(back.fields[0].unit, "N");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod canonical;
mod chain;
mod decode;
mod encode;
mod error;
mod file;
mod flat;
mod folder;
mod manifest;
mod seal;
mod sign;

pub use chain::row_chain;
pub use decode::{Limits, decode_table};
pub use encode::{encode_table, table_digest};
pub use error::RecordError;
pub use file::{read_bytes, read_table, read_table_within, write_bytes, write_table};
pub use folder::{RECORDS_FOLDER, RunFolder, read_manifest, record_path};
pub use manifest::{MANIFEST_FILE, RunManifest};
pub use seal::{CHECKPOINT_ROWS, Checkpoint, SEAL_FILE, Seal, SealCheck, check_seal};
pub use sign::{SigningKey, is_signed};
