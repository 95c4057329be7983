//! Evidence of a trial: from its tables to numbers with intervals, a page and a text.

mod analyse;
mod bias;
mod compare;
mod conditions;
mod credible;
mod crossing;
mod estimand;
mod flow;
mod impute;
mod looks;
mod markdown;
mod page;
mod read;
mod several;
mod subgroups;
mod support;
mod times;
mod verify;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use analyse::{Analysis, ArmInfo, BaselineRow, EndpointResult, MissingReading, SafetyRow};
pub use bias::{BiasGroup, BiasSection};
pub use compare::{ArmValue, Comparison};
pub use conditions::{ConditionRow, ConditionSection, SampledStratum, WeightedTotal};
pub use credible::{ApplicabilityRow, CalibrationResult, InfluenceRow, RefinementRow};
pub use crossing::{CrossoverResult, Effect};
pub use estimand::EventRow;
pub use flow::{ArmFlow, Flow};
pub use looks::Look;
pub use page::CREDIBILITY_FACTORS;
pub use several::ArmComparison;
pub use subgroups::{GroupEffect, SubgroupResult};
pub use support::Supporting;
pub use times::{TimeArm, TimeResult};
pub use verify::{ChainCheck, check_chain};

use crate::{EvidenceError, load_run};

/// Evidence of one trial in memory.
#[derive(Clone, Debug)]
pub struct TrialEvidence {
    /// Every number.
    pub analysis: Analysis,
    /// The page. Needs no other file and no network.
    pub html: String,
    /// The same as Markdown.
    pub markdown: String,
    /// A few lines for a terminal.
    pub summary: String,
}

/// Compute the evidence of a trial from its folder. Same records, same bytes.
///
/// # Errors
/// [`EvidenceError::NotARun`] when the folder holds no trial, or a table that is needed cannot be read.
pub fn trial_evidence(folder: &Path) -> Result<TrialEvidence, EvidenceError> {
    let run = load_run(folder)?;
    let study = read::StudyRecords::read(&run).map_err(|what| EvidenceError::NotARun { path: folder.into(), what })?;
    let analysis = analyse::analyse(&study, &run.info);
    let html = page::page(&study, &analysis, &run);
    let markdown = markdown::markdown(&analysis);
    let summary = markdown::summary(&analysis);
    Ok(TrialEvidence { analysis, html, markdown, summary })
}
