//! Statistics of trials: intervals, tests, sizes, sequential designs, regression, survival, missing data.
//!
//! Every function says what it refuses; none of them drops a value that it does not like.

mod bootstrap;
mod calibration;
mod contingency;
mod crossover;
mod dunnett;
mod error;
mod interval;
mod ks;
mod linear;
mod logistic;
mod means;
mod missing;
mod model;
mod moments;
mod multiplicity;
mod proportion;
mod rank;
mod recalibration;
mod sequential;
mod size;
pub(crate) mod special;
mod subgroup;
mod survival;
mod weighted;

pub use bootstrap::{BootstrapKind, REPLICATE_COUNT_MAX, bootstrap};
pub use calibration::{Calibration, ReliabilityBin, brier_score, calibration};
pub use contingency::{ChiSquared, chi_squared};
pub use crossover::{CrossoverFit, crossover};
pub use dunnett::{dunnett_constant, dunnett_p};
pub use error::StatsError;
pub use interval::{Interval, agresti_coull, clopper_pearson, jeffreys, newcombe, normal_quantile, wilson};
pub use ks::{KolmogorovSmirnov, kolmogorov_p_value, ks_one_sample, ks_two_sample};
pub use linear::{LinearFit, linear_regression};
pub use logistic::{LogisticFit, logistic_regression};
pub use means::{
    MeanTest, standardised_difference, standardised_difference_of_proportions, t_test_one_sample, t_test_paired, t_test_pooled,
    t_test_welch,
};
pub use missing::{BinaryArm, PooledEstimate, TippingCell, TippingTable, rubin_pool, tipping_shift, tipping_table};
pub use model::{
    AdjustedDifference, ControlVariate, LONGLEY, LeastSquares, MixedFit, PREDICTOR_COUNT_MAX, ancova, control_variate, least_squares,
    random_intercept,
};
pub use moments::{MOMENT_CHUNK_COUNT, Moments, quantile};
pub use multiplicity::{benjamini_hochberg, bonferroni, hochberg, holm};
pub use proportion::{
    Estimate, FisherTest, McNemar, PairedCounts, fisher_exact, mcnemar, miettinen_nurminen_difference, miettinen_nurminen_odds_ratio,
    miettinen_nurminen_ratio, newcombe_paired, odds_ratio, odds_ratio_exact, risk_difference, risk_difference_exact, risk_ratio, tango,
};
pub use rank::{EXACT_COUNT_MAX, RankTest, wilcoxon_rank_sum, wilcoxon_signed_rank};
pub use recalibration::{BrierParts, Recalibration, brier_parts, recalibration};
pub use sequential::{
    Crossing, LOOK_COUNT_MAX, Spending, crossing, drift_for_power, naive_error, obrien_fleming_bounds, obrien_fleming_constant,
    pocock_constant, spending_bounds,
};
pub use size::{
    SIZE_MAX, Sides, crude_cov, crude_runs_for_cov, events_log_rank, log_rank_power, non_inferiority_power, runs_without_failure,
    size_mcnemar, size_mean_precision, size_non_inferiority, size_proportion_precision, size_t_paired, size_t_two_sample,
    size_two_proportions, size_wilcoxon_two_sample, t_power_paired, t_power_two_sample, two_proportion_power, zero_failure_upper,
};
pub use subgroup::{Interaction, SubgroupEffect, interaction, non_inferiority_p, wald_p};
pub use survival::{
    COVARIATE_COUNT_MAX, CoxFit, KaplanMeier, LogRank, RestrictedMean, SurvivalPoint, cox_regression, kaplan_meier, log_rank,
    restricted_mean, restricted_mean_difference,
};
pub use weighted::{StratifiedProportion, Stratum, kish_size, neyman_allocation, stratified_error, stratified_proportion};
