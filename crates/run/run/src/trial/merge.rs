//! Shards to one study, whatever their order.

use super::{Job, PatientResult, TrialSetup};
use crate::RunError;

fn no<T>(what: String) -> Result<T, RunError> {
    Err(RunError::Trial { what })
}

/// The results of all patients in the order of enrolment.
///
/// `parts`: name, job and results of each journal. The order of the parts and of what is in them does not matter.
///
/// # Errors
/// [`RunError::Trial`] that names the part of another study or version, the shard that is missing or there twice, and the
/// patients that are not finished.
pub fn merge(setup: &TrialSetup, version: &str, parts: Vec<(String, Job, Vec<PatientResult>)>) -> Result<Vec<PatientResult>, RunError> {
    let known = setup.job(version, 0, 1)?;
    let (study, patients) = (&known.study, known.patients);
    let Some(of) = parts.first().map(|(_, job, _)| job.of) else { return no("no parts to merge".into()) };
    let mut owner: Vec<Option<String>> = vec![None; of.min(1 << 20) as usize];
    for (name, job, _) in &parts {
        if job.version != version {
            return no(format!("{name} was made by version {}, this is {version}", job.version));
        }
        if job.study != *study || job.patients != patients || job.manifest != known.manifest {
            return no(format!("{name} belongs to another study ({}), not to {study}", job.study));
        }
        if job.of != of || job.shard >= job.of {
            return no(format!("{name} is shard {} of {}, the first part is one of {of}", job.shard, job.of));
        }
        let slot = owner.get_mut(job.shard as usize);
        match slot {
            Some(Some(other)) => return no(format!("shard {} is there twice: {other} and {name}", job.shard)),
            Some(slot) => *slot = Some(name.clone()),
            None => return no(format!("{name}: {of} shards are too many")),
        }
    }
    let missing: Vec<String> = owner.iter().enumerate().filter(|(_, o)| o.is_none()).map(|(i, _)| i.to_string()).collect();
    if !missing.is_empty() {
        return no(format!("shards missing of {of}: {}", missing.join(", ")));
    }
    let mut slots: Vec<Option<PatientResult>> = vec![None; patients as usize];
    for (name, job, results) in parts {
        let range = job.range();
        for result in results {
            if !range.contains(&result.index) {
                return no(format!("{name} holds patient {}, who is not of shard {}", result.index, job.shard));
            }
            let slot = &mut slots[result.index as usize];
            if slot.is_some() {
                return no(format!("{name} holds patient {} twice", result.index));
            }
            *slot = Some(result);
        }
        let open = range.clone().filter(|i| slots[*i as usize].is_none()).count();
        if open > 0 {
            return no(format!("{name}: {open} of {} patients are not finished; run the worker of shard {} again", range.len(), job.shard));
        }
    }
    Ok(slots.into_iter().flatten().collect())
}
