//! Bronchoscopies: one with its record, or many.

mod bench;
mod cohort;
mod record;
mod tables;

pub use bench::{BronchoscopyBench, bench_bronchoscopy};
pub use cohort::{
    BronchoscopyCohort, BronchoscopyRow, Rate, bronchoscopy_cohort, bronchoscopy_cohort_table, bronchoscopy_rates, rates_table,
};
pub use record::{BronchoscopyFinished, BronchoscopyRun};
