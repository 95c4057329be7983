//! From a patient's record (FHIR) to what he shows at rest, and to the drugs under which he shows it.

use proband_chart::{ChartRecord, Measurement, MedicationUse};
use proband_core::PA_PER_MMHG;
use proband_physiology::drug::DRUG_NAMES;
use proband_twin::{Reading, RunningDose};

use crate::running_drugs::RUNNING_S;
use crate::wave_readings::WaveReadings;

/// LOINC codes, what they are to the whole patient, and how to get there from SI.
const KNOWN: [(&[&str], &str, f64); 9] = [
    (&["8867-4"], "heart_rate_per_min", 60.0),
    (&["8480-6"], "systolic_mmhg", 1.0 / PA_PER_MMHG),
    (&["8462-4"], "diastolic_mmhg", 1.0 / PA_PER_MMHG),
    (&["8478-0"], "mean_mmhg", 1.0 / PA_PER_MMHG),
    (&["9279-1"], "breath_rate_per_min", 60.0),
    (&["60985-9", "8591-2"], "central_venous_mmhg", 1.0 / PA_PER_MMHG),
    (&["10230-1", "8806-2", "18043-0", "8808-8"], "ejection_fraction", 1.0),
    (&["8741-1", "8736-6", "8737-4"], "output_l_min", 60_000.0),
    (&["8416-0", "8414-5"], "lung_mean_mmhg", 1.0 / PA_PER_MMHG),
];

/// A time series is taken over this long before its last value [days], and at most so many values of it.
const SERIES_DAYS: i32 = 365;
const SERIES_COUNT_MAX: usize = 12;
/// One value of a visit is this many times as uncertain as a monitored minute: prior: unverified (white coat, cuff).
const VISIT: f64 = 3.0;

/// Readings: the middle of the last year's values, with their spread where there are several.
pub(crate) fn chart_readings(record: &ChartRecord) -> WaveReadings {
    let mut out = WaveReadings::default();
    for (codes, name, factor) in KNOWN {
        let mut series: Vec<&Measurement> = record
            .measurements
            .iter()
            .filter(|m| codes.contains(&m.loinc.as_str()) && m.comparator.is_none() && m.si.is_some() && m.when.is_some())
            .collect();
        series.sort_by_key(|m| m.when.as_ref().map(|w| w.last));
        let Some(last) = series.last().and_then(|m| m.when.as_ref()).map(|w| w.last) else { continue };
        series.retain(|m| m.when.as_ref().is_some_and(|w| w.last.days_until(last) <= SERIES_DAYS));
        let skip = series.len().saturating_sub(SERIES_COUNT_MAX);
        let values: Vec<f64> = series.iter().skip(skip).filter_map(|m| m.si.as_ref()).map(|si| si.value * factor).collect();
        add(name, &values, &series, &mut out);
    }
    drugs(record, &mut out.remarks);
    out
}

fn add(name: &str, values: &[f64], series: &[&Measurement], out: &mut WaveReadings) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let place = series.last().map_or("", |m| m.place.as_str());
    let source = format!("{place}, {} values of a year", values.len());
    match Reading::usual(name, mean, &source) {
        Ok(mut reading) => {
            let spread = (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
            // Visits of one patient differ; their mean is known by their number, but never better than a third of one visit.
            let visit = reading.sd * VISIT;
            reading.sd = (spread.max(visit) / n.sqrt()).max(visit / 3.0_f64.sqrt());
            out.readings.push(reading);
        }
        Err(error) => out.remarks.push(format!("{place}: {error}: not used")),
    }
}

/// Names of the library's drugs in other countries.
const ELSEWHERE: [(&str, &str); 4] =
    [("norepinephrine", "noradrenaline"), ("epinephrine", "adrenaline"), ("acetaminophen", "paracetamol"), ("meperidine", "pethidine")];

/// The drug of the library that a text names: as a word of its own, so that noradrenaline is no adrenaline.
pub(crate) fn known_drug(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let named = |name: &str| words.contains(&name);
    let own = DRUG_NAMES.iter().copied().find(|name| named(name));
    own.or_else(|| ELSEWHERE.iter().find(|(there, _)| named(there)).map(|(_, here)| *here))
}

/// What runs into him now: named by the library, with a rate that could be read.
pub(crate) fn chart_doses(record: &ChartRecord, mass_kg: f64) -> Vec<RunningDose> {
    let runs = record.medications.iter().filter_map(|m| {
        let (name, rate) = (known_drug(&m.concept.text)?, m.running.as_ref()?);
        let rate_kg_s = if rate.per_body_mass { rate.si_per_s * mass_kg } else { rate.si_per_s };
        Some(RunningDose { name: name.into(), rate_kg_s, running_s: RUNNING_S })
    });
    runs.collect()
}

/// What he takes and has taken, and what of it the drug library knows.
fn drugs(record: &ChartRecord, remarks: &mut Vec<String>) {
    /// A drug, how often it stands there as taken now, given, earlier; the first place.
    type Known<'r> = (&'r str, [u32; 3], &'r str);
    let mut known: Vec<Known<'_>> = Vec::new();
    let mut others = 0_u32;
    for medication in record.medications.iter().filter(|m| m.running.is_none()) {
        let Some(name) = known_drug(&medication.concept.text) else {
            others += u32::from(medication.usage == MedicationUse::Current);
            continue;
        };
        let at = known.iter().position(|k| k.0 == name).unwrap_or_else(|| {
            known.push((name, [0; 3], &medication.place));
            known.len() - 1
        });
        let which = match medication.usage {
            MedicationUse::Current => 0,
            MedicationUse::Given => 1,
            MedicationUse::Past => 2,
        };
        known[at].1[which] += 1;
    }
    for (name, [current, given, past], place) in known {
        let acts = if current + given > 0 { "; no rate is said: the readings are not corrected for it (--drug says one)" } else { "" };
        remarks.push(format!("drug history: {name}: taken now {current}, given {given}, earlier {past} ({place}){acts}"));
    }
    if others > 0 {
        remarks.push(format!("drug history: {others} current medicines that the drug library does not know"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tell drugs apart whose names contain each other, and know them by their other names.
    #[test]
    fn drugs_are_told_apart() {
        for (text, name) in [
            ("Noradrenaline 4 mg/50 mL", Some("noradrenaline")),
            ("NOREPINEPHRINE bitartrate", Some("noradrenaline")),
            ("epinephrine", Some("adrenaline")),
            ("Warfarin 5 mg", Some("warfarin")),
            ("amlodipine", None),
        ] {
            assert_eq!(known_drug(text), name, "{text}");
        }
    }
}
