//! Reports from stored records alone.
//!
//! [`load_run`] reads a run folder, [`render_report`] makes one page from it, [`write_report`] does both on disk.
//! [`trial_evidence`] computes what a trial shows, [`check_chain`] whether its records are those that were written.
//! Nothing here links a simulator: whatever the page says, the records say.

mod bias;
mod bronchoscopy;
mod columns;
mod error;
mod listed;
mod number;
mod page;
mod prediction;
mod progression;
mod records;
mod render;
mod report;
mod stats;
mod stress;
mod svg;
mod text;
mod tissue;
mod trial;
mod view;

pub use error::EvidenceError;
pub use records::{Problem, RunRecords, load_run};
pub use report::{Report, render_report, write_report};
pub use trial::{
    Analysis, ApplicabilityRow, ArmComparison, ArmFlow, ArmInfo, ArmValue, BaselineRow, BiasGroup, BiasSection, CREDIBILITY_FACTORS,
    CalibrationResult, ChainCheck, Comparison, ConditionRow, ConditionSection, CrossoverResult, Effect, EndpointResult, EventRow, Flow,
    GroupEffect, InfluenceRow, Look, MissingReading, RefinementRow, SafetyRow, SampledStratum, SubgroupResult, Supporting, TimeArm,
    TimeResult, TrialEvidence, WeightedTotal, check_chain, trial_evidence,
};
