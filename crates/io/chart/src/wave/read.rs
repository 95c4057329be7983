//! Any record: which format it is, and what its labels are worth.

use proband_core::Warnings;

use super::digital::to_si;
use super::files::{Files, absent, shown};
use super::options::WaveOptions;
use super::record::WaveRecord;
use super::wfdb::{frame_rate_hz, on_clock, read_annotations, read_wfdb_digital};
use super::{csv, edf};
use crate::ChartError;

/// Formats that [`read_waves`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaveFormat {
    /// Header `.hea` with signal files.
    Wfdb,
    /// EDF, EDF+ or BDF.
    Edf,
    /// Table of text.
    Table,
}

impl WaveFormat {
    /// The format of a file by its name and first bytes.
    ///
    /// # Errors
    /// [`ChartError::Wave`] when it is none that is known, [`ChartError::FileAbsent`].
    pub fn of(files: &dyn Files, name: &str) -> Result<Self, ChartError> {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
        if ending == "hea" || (ending != "edf" && ending != "bdf" && files.size_bytes(&format!("{name}.hea"))?.is_some()) {
            return Ok(Self::Wfdb);
        }
        if files.size_bytes(name)?.is_none() {
            return Err(absent(name, ""));
        }
        let head = files.read(name, 0, 8)?;
        match ending.as_str() {
            _ if head == b"0       " || head == b"\xFFBIOSEMI" => Ok(Self::Edf),
            "csv" | "tsv" | "txt" => Ok(Self::Table),
            "edf" | "bdf" | "rec" => Ok(Self::Edf),
            _ => Err(ChartError::Wave {
                file: shown(name),
                place: "name".into(),
                what: "no format that is known: .hea (WFDB), .edf, .bdf, .csv, .tsv, .txt".into(),
            }),
        }
    }
}

/// Read a record: WFDB (`100.hea` or `100`), EDF, EDF+, BDF, or a table of text; in SI units, gaps as gaps.
///
/// The date and what names the patient are not kept. Labels and units are believed only so far as
/// [`super::check_waves`] finds them plausible; it is the caller's to call.
///
/// # Errors
/// [`ChartError`] with file and place. What can be read in part is, with a warning that names file, channel and time.
pub fn read_waves(files: &dyn Files, name: &str, options: &WaveOptions, warnings: &Warnings) -> Result<WaveRecord, ChartError> {
    match WaveFormat::of(files, name)? {
        WaveFormat::Wfdb => {
            let stem = name.strip_suffix(".hea").unwrap_or(name);
            let mut digital = read_wfdb_digital(files, stem, options, warnings)?;
            if let Some(ending) = &options.annotator {
                let rate = frame_rate_hz(files, stem, options.size_bytes_max)?;
                let (list, own) = read_annotations(files, &format!("{stem}.{ending}"), options.size_bytes_max, warnings)?;
                digital.annotations = on_clock(list, own.unwrap_or(rate));
            }
            Ok(to_si(digital, options, name, warnings))
        }
        WaveFormat::Edf => Ok(to_si(edf::read_edf(files, name, options, warnings)?, options, name, warnings)),
        WaveFormat::Table => csv::read_table(files, name, options, warnings),
    }
}
