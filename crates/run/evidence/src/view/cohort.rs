//! Many patients: one row each.

use crate::{columns::Columns, stats::Rate};

/// Most strata of one kind.
const GROUP_COUNT_MAX: usize = 8;

/// A group of patients with something in common.
#[derive(Clone, Debug)]
pub(crate) struct Stratum {
    /// What divides: `BMI`, `sex`.
    pub kind: &'static str,
    /// Which part: `≥ 30 kg/m²`.
    pub group: String,
    /// First-stick success in it.
    pub rate: Rate,
}

/// The table `cohort`. Absent columns are empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cohort {
    /// Number of patients.
    pub rows: usize,
    /// First-stick success, 0 or 1; NaN when the patient was set apart.
    pub success: Vec<f64>,
    /// Predicted probability of it.
    pub predicted: Option<Vec<f64>>,
    /// Length of needle under the skin [m].
    pub insertion_length_m: Option<Vec<f64>>,
    /// Angle to the skin [rad].
    pub insertion_angle_rad: Option<Vec<f64>>,
    /// Tip below the front wall [m].
    pub tip_depth_m: Option<Vec<f64>>,
    /// Time of the whole procedure [s].
    pub time_s: Option<Vec<f64>>,
    /// Time of the whole procedure where `time_s` is that of the draw alone [s].
    pub time_total_s: Option<Vec<f64>>,
    /// Declined without a stick, 0 or 1.
    pub declined: Option<Vec<f64>>,
    /// Why patients have no outcome, with counts, most frequent first.
    pub set_apart: Vec<(String, usize)>,
    /// Why patients without success were given up, with counts, most frequent first.
    pub reasons: Vec<(String, usize)>,
    /// Attempts.
    pub attempts: Option<Vec<f64>>,
    /// Blood in the end, 0 or 1.
    pub blood: Option<Vec<f64>>,
    /// Handed over to a human, 0 or 1.
    pub handed_over: Option<Vec<f64>>,
    /// Blood drawn [m³].
    pub volume_m3: Option<Vec<f64>>,
    /// Arterial contact, 0 or 1.
    pub arterial_contact: Option<Vec<f64>>,
    /// Nerve contact, 0 or 1.
    pub nerve_contact: Option<Vec<f64>>,
    /// Haematoma [m³].
    pub haematoma_m3: Option<Vec<f64>>,
    /// Groups with their rates.
    pub strata: Vec<Stratum>,
}

impl Cohort {
    /// Read the table `cohort`; `None`, with a note, when it has no rows or no success column.
    pub fn read(c: &mut Columns<'_, '_>) -> Option<Self> {
        let Some(success) = c.numbers_of_any(&["first_stick_success", "success"]) else {
            c.say("column first_stick_success is absent");
            return None;
        };
        if success.is_empty() {
            c.say("no patients in it");
            return None;
        }
        let scaled = |names: &[(&str, f64)]| {
            names.iter().find_map(|(name, factor)| Some(c.numbers_of_any(&[name])?.iter().map(|v| v * factor).collect::<Vec<f64>>()))
        };
        let degree = std::f64::consts::PI / 180.0;
        let mut cohort = Self {
            rows: success.len(),
            predicted: scaled(&[("predicted_success", 1.0)]),
            insertion_length_m: scaled(&[("insertion_length_m", 1.0), ("insertion_length_mm", 1e-3)]),
            insertion_angle_rad: scaled(&[("insertion_angle_rad", 1.0), ("insertion_angle_deg", degree)]),
            tip_depth_m: scaled(&[("tip_depth_under_front_wall_m", 1.0), ("tip_depth_under_front_wall_mm", 1e-3)]),
            time_s: scaled(&[("time_s", 1.0), ("time_total_s", 1.0)]),
            time_total_s: if c.numbers_of_any(&["time_s"]).is_some() { scaled(&[("time_total_s", 1.0)]) } else { None },
            declined: scaled(&[("declined", 1.0)]),
            set_apart: tally(c.words_of_any(&["set_apart"]).unwrap_or_default().into_iter()),
            reasons: {
                let reasons = c.words_of_any(&["reason"]).unwrap_or_default();
                tally(reasons.into_iter().zip(&success).filter(|(_, s)| **s <= 0.5).map(|(reason, _)| reason))
            },
            attempts: scaled(&[("attempts", 1.0)]),
            blood: scaled(&[("blood_drawn", 1.0), ("success", 1.0)]),
            handed_over: scaled(&[("handed_over", 1.0)]),
            volume_m3: scaled(&[("volume_drawn_m3", 1.0), ("volume_drawn_ml", 1e-6)]),
            arterial_contact: scaled(&[("arterial_contact", 1.0)]),
            nerve_contact: scaled(&[("nerve_contact", 1.0)]),
            haematoma_m3: scaled(&[("haematoma_m3", 1.0), ("haematoma_volume_m3", 1.0), ("haematoma_volume_ml", 1e-6)]),
            strata: Vec::new(),
            success,
        };
        let bmi = scaled(&[("bmi_kg_m2", 1.0), ("bmi", 1.0)]);
        cohort.divide(
            "BMI",
            bmi.as_deref(),
            &[(18.5, "below 18.5 kg/m²"), (30.0, "18.5 to 30 kg/m²"), (f64::INFINITY, "30 kg/m² and above")],
        );
        let diameter = scaled(&[("diameter_v_m", 1.0), ("vein_diameter_v_m", 1.0), ("diameter_m", 1.0)]);
        cohort.divide("Vein height", diameter.as_deref(), &[(3e-3, "below 3 mm"), (f64::INFINITY, "3 mm and above")]);
        let depth = scaled(&[("depth_m", 1.0), ("vein_depth_m", 1.0)]);
        cohort.divide("Vein depth", depth.as_deref(), &[(4e-3, "below 4 mm"), (8e-3, "4 to 8 mm"), (f64::INFINITY, "8 mm and above")]);
        if let Some(melanin) = scaled(&[("melanin_fraction", 1.0), ("melanin", 1.0)]) {
            let [low, high] = thirds(&melanin);
            cohort.divide(
                "Skin pigment",
                Some(&melanin),
                &[(low, "lightest third"), (high, "middle third"), (f64::INFINITY, "darkest third")],
            );
        }
        let age = scaled(&[("age_y", 1.0), ("age", 1.0)]);
        cohort.divide("Age", age.as_deref(), &[(40.0, "below 40 y"), (65.0, "40 to 65 y"), (f64::INFINITY, "65 y and above")]);
        if let Some(sex) = c.words_of_any(&["sex"]) {
            cohort.divide_by_words("Sex", &sex);
        }
        if let Some(arm) = c.words_of_any(&["arm", "group", "stratum"]) {
            cohort.divide_by_words("Group", &arm);
        }
        Some(cohort)
    }

    /// Groups by upper limits: a patient belongs to the first whose limit is above his value.
    fn divide(&mut self, kind: &'static str, values: Option<&[f64]>, groups: &[(f64, &str)]) {
        let Some(values) = values else { return };
        let mut low = f64::NEG_INFINITY;
        for (high, name) in groups {
            let inside = |v: f64| v >= low && v < *high;
            let rate = Rate::of(self.success.iter().zip(values).filter(|(_, v)| inside(**v)).map(|(s, _)| *s));
            if rate.count > 0 {
                self.strata.push(Stratum { kind, group: (*name).into(), rate });
            }
            low = *high;
        }
    }

    fn divide_by_words(&mut self, kind: &'static str, words: &[String]) {
        let mut groups: Vec<&String> = words.iter().collect();
        groups.sort();
        groups.dedup();
        for group in groups.into_iter().take(GROUP_COUNT_MAX) {
            let rate = Rate::of(self.success.iter().zip(words).filter(|(_, w)| *w == group).map(|(s, _)| *s));
            if rate.count > 0 {
                self.strata.push(Stratum { kind, group: group.clone(), rate });
            }
        }
    }
}

/// Distinct words with their counts, most frequent first; empty words are left out.
fn tally(words: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut list: Vec<String> = words.filter(|w| !w.is_empty()).collect();
    list.sort();
    let mut counts: Vec<(String, usize)> = Vec::new();
    for word in list {
        match counts.last_mut() {
            Some((known, count)) if *known == word => *count += 1,
            _ => counts.push((word, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    counts
}

/// The two values that cut the finite values into three equal parts.
fn thirds(values: &[f64]) -> [f64; 2] {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => [f64::NAN; 2],
        n => [sorted[n / 3], sorted[2 * n / 3]],
    }
}
