//! Tests whose printed values are known.

use proband_math::stats::{
    PairedCounts, fisher_exact, least_squares, mcnemar, newcombe_paired, t_test_paired, t_test_welch, tango, wilcoxon_rank_sum,
    wilcoxon_signed_rank,
};

use super::text;
use crate::Obtained;

/// Hours of sleep gained with two drugs (Student 1908).
const SLEEP: [[f64; 10]; 2] = [[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]];

/// Employment, deflator, gross national product, unemployed, forces, population, year (Longley 1967).
const LONGLEY: [[f64; 7]; 16] = [
    [60323.0, 83.0, 234_289.0, 2356.0, 1590.0, 107_608.0, 1947.0],
    [61122.0, 88.5, 259_426.0, 2325.0, 1456.0, 108_632.0, 1948.0],
    [60171.0, 88.2, 258_054.0, 3682.0, 1616.0, 109_773.0, 1949.0],
    [61187.0, 89.5, 284_599.0, 3351.0, 1650.0, 110_929.0, 1950.0],
    [63221.0, 96.2, 328_975.0, 2099.0, 3099.0, 112_075.0, 1951.0],
    [63639.0, 98.1, 346_999.0, 1932.0, 3594.0, 113_270.0, 1952.0],
    [64989.0, 99.0, 365_385.0, 1870.0, 3547.0, 115_094.0, 1953.0],
    [63761.0, 100.0, 363_112.0, 3578.0, 3350.0, 116_219.0, 1954.0],
    [66019.0, 101.2, 397_469.0, 2904.0, 3048.0, 117_388.0, 1955.0],
    [67857.0, 104.6, 419_180.0, 2822.0, 2857.0, 118_734.0, 1956.0],
    [68169.0, 108.4, 442_769.0, 2936.0, 2798.0, 120_445.0, 1957.0],
    [66513.0, 110.8, 444_546.0, 4681.0, 2637.0, 121_950.0, 1958.0],
    [68655.0, 112.6, 482_704.0, 3813.0, 2552.0, 123_366.0, 1959.0],
    [69564.0, 114.2, 502_601.0, 3931.0, 2514.0, 125_368.0, 1960.0],
    [69331.0, 115.7, 518_173.0, 4806.0, 2572.0, 127_852.0, 1961.0],
    [70551.0, 116.9, 554_894.0, 4007.0, 2827.0, 130_081.0, 1962.0],
];

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
