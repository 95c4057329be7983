//! Tests whose printed values are known.

use proband_math::stats::{
    LONGLEY, PairedCounts, fisher_exact, least_squares, mcnemar, newcombe_paired, t_test_paired, t_test_welch, tango, wilcoxon_rank_sum,
    wilcoxon_signed_rank,
};

use super::text;
use crate::Obtained;

/// Hours of sleep gained with two drugs (Student 1908).
const SLEEP: [[f64; 10]; 2] = [[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]];

pub(super) fn tests() -> Result<Vec<Obtained>, String> {
    let welch = t_test_welch(&SLEEP[0], &SLEEP[1], 0.0, 0.95).map_err(text)?;
    let paired = t_test_paired(&SLEEP[0], &SLEEP[1], 0.95).map_err(text)?;
    // Depression scores, first visit minus second.
    let before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30];
    let after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 314.0 / 100.0, 1.29];
    let differences: Vec<f64> = before.iter().zip(&after).map(|(a, b)| a - b).collect();
    let signed = wilcoxon_signed_rank(&differences, 0.95).map_err(text)?;
    // Permeability at term and at 12 to 26 weeks.
    let term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    let sum = wilcoxon_rank_sum(&term, &[1.15, 0.88, 0.90, 0.74, 1.21], 0.95).map_err(text)?;
    let airway = PairedCounts { both: 1, first_only: 1, second_only: 7, neither: 12 };
    let rows: Vec<Vec<f64>> = LONGLEY.iter().map(|r| r[1..].to_vec()).collect();
    let employed: Vec<f64> = LONGLEY.iter().map(|r| r[0]).collect();
    let longley = least_squares(&rows, &employed).map_err(text)?;
    Ok(vec![
        Obtained::new("sleep, Welch t", welch.t),
        Obtained::new("sleep, Welch degrees of freedom", welch.degrees_of_freedom),
        Obtained::new("sleep, Welch p", welch.p_two_sided),
        Obtained::new("sleep, Welch lower", welch.low),
        Obtained::new("sleep, Welch upper", welch.high),
        Obtained::new("sleep, paired p", paired.p_two_sided),
        Obtained::new("depression, signed rank V", signed.statistic),
        Obtained::new("depression, signed rank p", signed.p_two_sided),
        Obtained::new("permeability, rank sum W", sum.statistic),
        Obtained::new("permeability, rank sum p greater", sum.p_greater),
        Obtained::new("tea, Fisher p", fisher_exact((3, 4), (1, 4)).map_err(text)?.p_two_sided),
        Obtained::new("airway, McNemar mid-p", mcnemar(airway).map_err(text)?.p_mid),
        Obtained::new("airway, Newcombe paired lower", newcombe_paired(airway, 0.95).map_err(text)?.low),
        Obtained::new("airway, Tango lower", tango(airway, 0.95).map_err(text)?.low),
        Obtained::new("Longley, constant", longley.coefficients[0]),
        Obtained::new("Longley, year", longley.coefficients[6]),
        Obtained::new("Longley, error of the year", longley.standard_errors[6]),
    ])
}
