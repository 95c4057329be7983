//! What a caller allows a record to be, and which part of it is wanted.

/// Limits, the window, and units that the caller knows better than the file.
#[derive(Clone, Debug, PartialEq)]
pub struct WaveOptions {
    /// Begin of the window [s from the start of the record].
    pub from_s: f64,
    /// End of the window [s]; infinity: the end of the record.
    pub to_s: f64,
    /// Most samples of all channels together that are kept. Bounds the memory: 8 bytes each.
    pub sample_count_max: u64,
    /// Largest single file that is read.
    pub size_bytes_max: u64,
    /// Units that stand for those of the file: (channel, unit).
    pub units: Vec<(String, String)>,
    /// Samples per second of a table without a time column [Hz].
    pub table_rate_hz: Option<f64>,
    /// Annotation file that belongs to a WFDB record, by its ending ("atr").
    pub annotator: Option<String>,
}

impl WaveOptions {
    /// The whole record, 100 million samples, 1 GiB per file, the file's own units.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            from_s: 0.0,
            to_s: f64::INFINITY,
            sample_count_max: 100_000_000,
            size_bytes_max: 1 << 30,
            units: Vec::new(),
            table_rate_hz: None,
            annotator: None,
        }
    }
}
