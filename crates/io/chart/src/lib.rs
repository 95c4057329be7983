//! FHIR R4 charts to plain measurements, and to what of them matters to a blood draw; waveforms of WFDB, EDF, BDF and CSV.
//!
//! Knows no patient model: a chart comes in as bytes, a [`ChartRecord`] or a [`WaveRecord`] goes out. Every string that could name
//! the patient stays behind. Any bytes give a value or an error, in time and memory proportional to their number.

mod day;
mod draw;
mod element;
mod error;
mod json;
mod known;
mod notes;
mod options;
mod read;
mod record;
mod resource;
mod scrub;
mod unit;
mod wave;

pub use day::{AgeRange, Day, When};
pub use draw::{Absent, CkdStage, Diabetes, DrawRelevant, Found, Smoking, draw_relevant};
pub use error::ChartError;
pub use options::ReadOptions;
pub use read::{read_bundle, read_ndjson};
pub use record::{
    Allergy, Answer, ChartRecord, Comparator, Concept, Condition, Counts, Deceased, Demographics, Device, Measurement, Medication,
    MedicationRate, MedicationUse, Procedure, Sex, SiValue, Side,
};
pub use wave::{
    BeatCode, DigitalChannel, DigitalRecord, DigitalRun, Files, FolderFiles, INVALID, MemoryFiles, Span, Trust, WaveAnnotation,
    WaveChannel, WaveFormat, WaveKind, WaveOptions, WaveRecord, WaveRun, WfdbFormat, WriteChannel, check_waves, guess_kind,
    read_annotations, read_waves, read_wfdb_digital, write_annotations, write_wfdb,
};
