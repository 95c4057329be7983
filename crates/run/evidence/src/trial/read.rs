//! The tables of a trial as the analysis thinks of them.

use std::collections::BTreeMap;

use proband_core::{Column, Table};

use crate::RunRecords;

/// One endpoint of the plan.
#[derive(Clone, Debug)]
pub(super) struct PlannedEndpoint {
    pub name: String,
    pub primary: bool,
    pub binary: bool,
    pub unit: String,
    pub definition: String,
    pub more_is_better: bool,
    pub hypothesis: String,
    pub margin: f64,
}

/// Everything that is read.
pub(super) struct StudyRecords<'a> {
    run: &'a RunRecords,
    /// Single values of the study file.
    pub values: BTreeMap<String, String>,
    /// Divisions: covariate and limits.
    pub subgroups: Vec<(String, Vec<f64>)>,
    /// (criterion, text) for `include` and `exclude`.
    pub criteria: Vec<(String, String)>,
    /// (event, strategy).
    pub intercurrent: Vec<(String, String)>,
    pub arm_names: Vec<String>,
    pub arm_policies: Vec<String>,
    pub arm_manual: Vec<bool>,
    pub plan: Vec<PlannedEndpoint>,
    pub screening: Vec<(String, String, u64)>,
    /// Number of patients.
    pub patient_count: usize,
    /// Row of `draws` of each patient in each arm: `[arm][patient]`.
    pub rows: Vec<Vec<Option<usize>>>,
    pub draws: &'a Table,
    pub patients: &'a Table,
    pub finished: &'a [bool],
    /// The arm that the others are compared with.
    pub control: usize,
    /// Row of `first_attempts` of a patient in an arm: (arm, patient, row), sorted.
    before: Vec<(usize, usize, usize)>,
}

impl<'a> StudyRecords<'a> {
    pub fn read(run: &'a RunRecords) -> Result<Self, String> {
        let table = |name: &str| run.table(name).ok_or_else(|| format!("no table {name} in it: not the folder of a trial"));
        let (study, arms, plan, screening) = (table("study")?, table("arms")?, table("plan")?, table("screening")?);
        let (patients, draws) = (table("patients")?, table("draws")?);
        let say = |e: proband_core::CoreError| e.to_string();
        let mut records = Self {
            run,
            values: BTreeMap::new(),
            subgroups: Vec::new(),
            criteria: Vec::new(),
            intercurrent: Vec::new(),
            arm_names: arms.texts("name").map_err(say)?.to_vec(),
            arm_policies: arms.texts("policy").map_err(say)?.to_vec(),
            arm_manual: arms.bools("manual").map_err(say)?.to_vec(),
            plan: planned(plan).map_err(say)?,
            screening: Vec::new(),
            patient_count: patients.row_count(),
            rows: Vec::new(),
            draws,
            patients,
            finished: draws.bools("finished").map_err(say)?,
            control: 1,
            before: Vec::new(),
        };
        for (key, value) in study.texts("key").map_err(say)?.iter().zip(study.texts("value").map_err(say)?) {
            if let Some(covariate) = key.strip_prefix("subgroup.") {
                let cuts = value.split(", ").filter_map(|c| c.parse().ok()).collect();
                records.subgroups.push((covariate.to_owned(), cuts));
            } else if let Some(event) = key.strip_prefix("intercurrent.") {
                records.intercurrent.push((event.to_owned(), value.clone()));
            } else if key == "include" || key == "exclude" {
                records.criteria.push((key.clone(), value.clone()));
            } else {
                records.values.insert(key.clone(), value.clone());
            }
        }
        let counts = screening.i64s("count").map_err(say)?;
        let steps = screening.texts("step").map_err(say)?.iter().zip(screening.texts("reason").map_err(say)?);
        records.screening = steps.zip(counts).map(|((s, r), c)| (s.clone(), r.clone(), u64::try_from(*c).unwrap_or(0))).collect();
        records.index_draws()?;
        records.control = records.value("control").parse().unwrap_or(1);
        if records.control >= records.arm_names.len() {
            return Err(format!("there is no arm {} to compare with", records.control));
        }
        records.index_first_attempts()?;
        Ok(records)
    }

    fn index_draws(&mut self) -> Result<(), String> {
        let say = |e: proband_core::CoreError| e.to_string();
        let (index, arm) = (self.draws.i64s("index").map_err(say)?, self.draws.i64s("arm").map_err(say)?);
        if self.arm_names.len() < 2 || self.finished.len() != index.len() {
            return Err("arms or draws are missing".into());
        }
        self.rows = vec![vec![None; self.patient_count]; self.arm_names.len()];
        for (row, (index, arm)) in index.iter().zip(arm).enumerate() {
            let slot = usize::try_from(*arm).ok().and_then(|a| self.rows.get_mut(a));
            let slot = slot.and_then(|patients| usize::try_from(*index).ok().and_then(|i| patients.get_mut(i)));
            match slot {
                Some(slot @ None) => *slot = Some(row),
                Some(Some(_)) => return Err(format!("draws: patient {index} stands in arm {arm} twice")),
                None => return Err(format!("draws: row {row} belongs to no patient or arm")),
            }
        }
        Ok(())
    }

    fn index_first_attempts(&mut self) -> Result<(), String> {
        let Some(t) = self.run.table("first_attempts") else { return Ok(()) };
        let (index, arm) = (t.i64s("index").map_err(|e| e.to_string())?, t.i64s("arm").map_err(|e| e.to_string())?);
        for (row, (index, arm)) in index.iter().zip(arm).enumerate() {
            let (Ok(i), Ok(a)) = (usize::try_from(*index), usize::try_from(*arm)) else {
                return Err(format!("first_attempts: row {row} belongs to no patient or arm"));
            };
            self.before.push((a, i, row));
        }
        self.before.sort_unstable();
        Ok(())
    }

    /// Value of an endpoint when the second attempt of a patient began; none without one.
    pub fn before_second(&self, arm: usize, patient: usize, name: &str) -> Option<f64> {
        let place = self.before.binary_search_by_key(&(arm, patient), |(a, p, _)| (*a, *p)).ok()?;
        self.run.table("first_attempts")?.f64s(name).ok()?.get(self.before[place].2).copied()
    }

    /// Arms that are compared with the control, in order.
    pub fn tested(&self) -> Vec<usize> {
        (0..self.arm_names.len()).filter(|arm| *arm != self.control).collect()
    }

    /// The first arm that is compared with the control.
    pub fn first(&self) -> usize {
        usize::from(self.control == 0)
    }

    /// What a person said beforehand, by the beginning of its key.
    pub fn said(&self, begin: &str) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().filter_map(move |(key, words)| Some((key.strip_prefix("said.")?.strip_prefix(begin)?, words.as_str())))
    }

    /// A single value of the study file; empty when it is not there.
    pub fn value(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    pub fn confidence(&self) -> f64 {
        self.value("confidence").parse().ok().filter(|c| *c > 0.0 && *c < 1.0).unwrap_or(0.95)
    }

    /// Whether every patient was in every arm.
    pub fn is_paired(&self) -> bool {
        self.value("design") != "parallel"
    }

    /// Values of an endpoint in an arm by patient: `None` when the patient is not in the arm, NaN when there is no result.
    pub fn endpoint(&self, arm: usize, name: &str) -> Vec<Option<f64>> {
        let values = self.draws.f64s(name).unwrap_or(&[]);
        self.rows[arm]
            .iter()
            .map(|row| row.map(|r| if self.finished[r] { values.get(r).copied().unwrap_or(f64::NAN) } else { f64::NAN }))
            .collect()
    }

    /// A covariate by patient; NaN when it is not known.
    pub fn covariate(&self, name: &str) -> Vec<f64> {
        match self.patients.column(name) {
            Ok(Column::F64(v)) => v.clone(),
            Ok(Column::Bool(v)) => v.iter().map(|b| f64::from(u8::from(*b))).collect(),
            _ => vec![f64::NAN; self.patient_count],
        }
    }

    /// Another table of the run.
    pub fn table(&self, name: &str) -> Option<&'a Table> {
        self.run.table(name)
    }
}

fn planned(plan: &Table) -> Result<Vec<PlannedEndpoint>, proband_core::CoreError> {
    let (names, roles, kinds) = (plan.texts("endpoint")?, plan.texts("role")?, plan.texts("kind")?);
    let (units, definitions, hypotheses) = (plan.texts("unit")?, plan.texts("definition")?, plan.texts("hypothesis")?);
    let (better, margins) = (plan.bools("more_is_better")?, plan.f64s("margin")?);
    Ok((0..names.len())
        .map(|i| PlannedEndpoint {
            name: names[i].clone(),
            primary: roles[i] == "primary",
            binary: kinds[i] == "binary",
            unit: units[i].clone(),
            definition: definitions[i].clone(),
            more_is_better: better[i],
            hypothesis: hypotheses[i].clone(),
            margin: margins[i],
        })
        .collect())
}
