//! The waveforms of a prediction as a WFDB record.

use proband_chart::{BeatCode, WfdbFormat, WriteChannel, write_annotations, write_wfdb};

use crate::failure::Failure;
use crate::script::Script;

/// Name of the record.
const NAME: &str = "predict";
/// Rows of the waveforms per second [Hz].
const RATE_HZ: f64 = 100.0;
/// Longest course that is written [s]: a lost stretch takes as much room as a kept one.
pub(super) const COURSE_S_MAX: f64 = 4.0 * 3600.0;
/// Code of a comment: WFDB, ecgcodes.h.
const NOTE: u8 = 22;

/// Header, signals (format 16; stretches that were not kept are lost samples) and the events as annotations.
pub(super) fn files<const N: usize>(
    rows: &[[f64; N]],
    names: &[(&str, &str); N],
    script: &Script,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let length = rows.last().map_or(0, |row| (row[0] * RATE_HZ).round() as usize + 1);
    let mut columns = vec![vec![f64::NAN; length]; N];
    for row in rows {
        let at = (row[0] * RATE_HZ).round() as usize;
        (1..N).for_each(|i| columns[i][at] = row[i]);
    }
    // The unit stands in the header: the name goes without it.
    let plain: Vec<String> = names.iter().map(|(name, _)| channel_name(name)).collect();
    let channels: Vec<WriteChannel<'_>> = (1..N).map(|i| WriteChannel { name: &plain[i], unit: names[i].1, values: &columns[i] }).collect();
    let comment = "made by proband predict: a simulation, no patient";
    let mut files = write_wfdb(NAME, RATE_HZ, &channels, WfdbFormat::F16, &[comment]).map_err(Failure::of)?;
    let mark = |event: &crate::script::Event| BeatCode {
        sample: (event.at_s * RATE_HZ).round() as i64,
        code: NOTE,
        subtype: 0,
        channel: 0,
        number: 0,
        text: short(&event.text),
    };
    let mut events: Vec<BeatCode> = script.events.iter().filter(|event| event.at_s <= script.duration_s).map(mark).collect();
    events.sort_by_key(|event| event.sample);
    files.push((format!("{NAME}.atr"), write_annotations(&events).map_err(Failure::of)?));
    Ok(files)
}

/// At most 200 bytes of a text.
fn short(text: &str) -> String {
    let mut end = text.len().min(200);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// `arterial_mmhg` without its unit, under the names that monitors use where there is one.
fn channel_name(column: &str) -> String {
    match column {
        "arterial_mmhg" => "ABP".into(),
        "lung_artery_mmhg" => "PAP".into(),
        "airway_cmh2o" => "Paw".into(),
        "airway_ml_s" => "airway flow".into(),
        _ => {
            let (stem, unit) = column.rsplit_once('_').unwrap_or((column, ""));
            let what = if unit == "ml" { "volume" } else { "pressure" };
            format!("{} {what}", stem.replace('_', " "))
        }
    }
}
