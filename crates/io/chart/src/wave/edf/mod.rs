//! EDF, EDF+ and BDF.
//!
//! # Source
//! Kemp et al. 1992, Electroencephalogr Clin Neurophysiol 82:391–393 (EDF); Kemp & Olivan 2003, Clin Neurophysiol 114:1755–1761 (EDF+);
//! BioSemi, "Which file format does BioSemi use?" (BDF: 24 bits).

mod annotations;
mod header;

use proband_core::Warnings;

use self::annotations::{Mark, marks};
use self::header::{EdfHeader, EdfSignal};
use super::digital::{DigitalChannel, DigitalRecord, DigitalRun};
use super::files::{Files, shown, whole};
use super::options::WaveOptions;
use super::record::WaveAnnotation;
use super::text::moment;
use crate::ChartError;

/// Read an EDF, EDF+ or BDF file as the converter wrote it.
pub(super) fn read_edf(files: &dyn Files, file: &str, options: &WaveOptions, warnings: &Warnings) -> Result<DigitalRecord, ChartError> {
    let bytes = whole(files, file, "", options.size_bytes_max)?;
    let header = EdfHeader::parse(&bytes, file)?;
    if !header.identity.is_empty() {
        warnings.note(shown(file), "the patient and recording fields hold text; it is not kept");
    }
    Reader { header: &header, data: &bytes[header.size_bytes..], file, options, warnings }.read()
}

struct Reader<'a> {
    header: &'a EdfHeader,
    data: &'a [u8],
    file: &'a str,
    options: &'a WaveOptions,
    warnings: &'a Warnings,
}

impl Reader<'_> {
    fn read(&self) -> Result<DigitalRecord, ChartError> {
        let header = self.header;
        let record_bytes = header.record_bytes();
        let there = self.data.len().checked_div(record_bytes).unwrap_or(0) as u64;
        let records = match header.records {
            None => there,
            Some(stated) => {
                if stated > there {
                    let at = moment(there as f64 * header.record_s);
                    self.warnings.note(shown(self.file), format!("ends at {at}: {there} of {stated} records are there"));
                } else if stated < there {
                    self.warnings.note(shown(self.file), format!("{there} records where {stated} are announced; the rest is left"));
                }
                stated.min(there)
            }
        };
        let mut channels: Vec<DigitalChannel> = Vec::new();
        for signal in header.signals.iter().filter(|signal| !signal.is_annotation) {
            if signal.physical.0 == signal.physical.1 {
                self.warnings
                    .note(format!("{}: {}", shown(self.file), signal.name), format!("physical range {} to {0}", signal.physical.0));
            }
            channels.push(channel(signal, header.record_s, &channels));
        }
        let (mut annotations, mut first, mut end_s) = (Vec::new(), None, 0.0_f64);
        let mut budget = self.options.sample_count_max;
        for (index, record) in self.data.chunks_exact(record_bytes.max(1)).take(records as usize).enumerate() {
            let plain = index as f64 * header.record_s;
            let list = self.marks_of(record, index);
            let stated = list.first().filter(|mark| mark.keeps_time).map(|mark| mark.onset_s);
            let begin = *first.get_or_insert(stated.unwrap_or(0.0));
            let start_s = if header.discontinuous { stated.map_or(plain, |onset| onset - begin) } else { plain };
            if start_s < end_s - 0.5 * header.record_s || start_s > 1e10 {
                let what = format!("record {index} begins at {start_s} s, before the end of the one before");
                return Err(ChartError::Wave { file: shown(self.file), place: moment(end_s), what });
            }
            annotations.extend(list.into_iter().filter(|mark| !mark.keeps_time).map(|mark| self.unnamed(mark.on_clock(begin))));
            end_s = start_s + header.record_s;
            if end_s > self.options.from_s && start_s < self.options.to_s {
                self.samples_of(record, start_s, &mut channels, &mut budget)?;
            }
        }
        annotations.sort_by(|a: &WaveAnnotation, b| a.time_s.total_cmp(&b.time_s));
        let clock_s = header.clock_s.map(|clock| clock + first.unwrap_or(0.0));
        // A file of annotations alone has records of no length.
        let marked = annotations.iter().map(|mark| mark.time_s + mark.duration_s.unwrap_or(0.0)).fold(0.0, f64::max);
        let duration_s = if header.record_s > 0.0 { end_s } else { marked };
        Ok(DigitalRecord { duration_s, clock_s, channels, annotations })
    }

    /// A mark without its text where that repeats a word of the patient and recording fields.
    fn unnamed(&self, mut mark: WaveAnnotation) -> WaveAnnotation {
        let text = mark.text.to_lowercase();
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        if words.any(|word| self.header.identity.iter().any(|name| name == word)) {
            self.warnings.note(shown(self.file), "a mark repeats a word of the patient or recording field: its text is not kept");
            mark.text = String::new();
        }
        mark
    }

    fn marks_of(&self, record: &[u8], index: usize) -> Vec<Mark> {
        let (mut at, mut list, mut keeps_time) = (0, Vec::new(), true);
        for signal in &self.header.signals {
            let size = signal.per_record * self.header.sample_bytes;
            if signal.is_annotation {
                let whole = marks(&record[at..at + size], keeps_time, &mut list);
                if !whole {
                    self.warnings.note(format!("{}: record {index}", shown(self.file)), "an annotation that cannot be read is left out");
                }
                keeps_time = false;
            }
            at += size;
        }
        list
    }

    fn samples_of(&self, record: &[u8], start_s: f64, channels: &mut [DigitalChannel], budget: &mut u64) -> Result<(), ChartError> {
        let (mut at, mut channels) = (0, channels.iter_mut());
        for signal in &self.header.signals {
            let size = signal.per_record * self.header.sample_bytes;
            let field = &record[at..at + size];
            at += size;
            if signal.is_annotation || signal.per_record == 0 {
                continue;
            }
            let Some(channel) = channels.next() else { break };
            *budget = budget.checked_sub(signal.per_record as u64).ok_or_else(|| ChartError::Wave {
                file: shown(self.file),
                place: moment(start_s),
                what: format!("more than {} samples: read a shorter window", self.options.sample_count_max),
            })?;
            let start = (start_s * channel.rate_hz).round().max(0.0) as u64;
            let (gain, baseline) = signal.calibration();
            let next = channel.runs.last().map(|run| run.start + run.samples.len() as u64);
            if next.is_none_or(|next| start > next) {
                channel.runs.push(DigitalRun { start, gain, baseline, samples: Vec::new() });
            }
            let Some(run) = channel.runs.last_mut() else { continue };
            if self.header.sample_bytes == 2 {
                run.samples.extend(field.chunks_exact(2).map(|b| i32::from(i16::from_le_bytes([b[0], b[1]]))));
            } else {
                run.samples.extend(field.chunks_exact(3).map(|b| i32::from_le_bytes([0, b[0], b[1], b[2]]) >> 8));
            }
        }
        Ok(())
    }
}

fn channel(signal: &EdfSignal, record_s: f64, before: &[DigitalChannel]) -> DigitalChannel {
    let taken = signal.name.is_empty() || before.iter().any(|other| other.name == signal.name);
    let name = if taken { format!("{} #{}", signal.name, before.len() + 1).trim().to_owned() } else { signal.name.clone() };
    DigitalChannel {
        name,
        unit: signal.unit.clone(),
        uncalibrated: signal.physical.0 == signal.physical.1,
        rate_hz: signal.per_record as f64 / record_s,
        runs: Vec::new(),
    }
}
