//! Tables of counts: Pearson's χ².

use super::StatsError;
use super::error::{at_least, same_length};
use super::special::chi2_sf;

/// Pearson's test of independence.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ChiSquared {
    /// Σ (o − e)² / e.
    pub chi2: f64,
    /// Degrees of freedom.
    pub degrees_of_freedom: u32,
    /// P of a greater χ².
    pub p_value: f64,
    /// Smallest expected count; below 5 the p-value is not to be trusted.
    pub expected_min: f64,
}

/// Test whether rows and columns of a table of counts are independent. Empty rows and columns are left out.
///
/// `continuity`: Yates' correction, for 2×2 tables alone.
///
/// # Source
/// Pearson 1900, Philos Mag 50:157–175; Yates 1934, Suppl J R Stat Soc 1:217.
/// # Errors
/// [`StatsError::Length`] for ragged rows; [`StatsError::TooFew`] below two rows or columns that hold counts.
pub fn chi_squared(table: &[Vec<u64>], continuity: bool) -> Result<ChiSquared, StatsError> {
    let width = table.first().map_or(0, Vec::len);
    for row in table {
        same_length("a row of the table", row.len(), width)?;
    }
    let rows: Vec<f64> = table.iter().map(|r| r.iter().map(|c| *c as f64).sum()).collect();
    let columns: Vec<f64> = (0..width).map(|j| table.iter().map(|r| r[j] as f64).sum()).collect();
    let row_count = rows.iter().filter(|r| **r > 0.0).count();
    let column_count = columns.iter().filter(|c| **c > 0.0).count();
    at_least("rows with counts", row_count, 2)?;
    at_least("columns with counts", column_count, 2)?;
    let total: f64 = rows.iter().sum();
    let yates = if continuity && row_count == 2 && column_count == 2 { 0.5 } else { 0.0 };
    let (mut chi2, mut expected_min) = (0.0, f64::INFINITY);
    for (row, row_sum) in table.iter().zip(&rows) {
        for (count, column_sum) in row.iter().zip(&columns) {
            let expected = row_sum * (column_sum / total);
            if expected > 0.0 {
                let apart = ((*count as f64 - expected).abs() - yates).max(0.0);
                chi2 += apart * apart / expected;
                expected_min = expected_min.min(expected);
            }
        }
    }
    let degrees_of_freedom = ((row_count - 1) * (column_count - 1)) as u32;
    Ok(ChiSquared { chi2, degrees_of_freedom, p_value: chi2_sf(chi2, f64::from(degrees_of_freedom)), expected_min })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match Agresti's party table (2007, p. 39) as R prints it: χ² 30.07, two degrees of freedom, p = 2.954e-7.
    #[test]
    fn agresti_is_met() {
        let found = chi_squared(&[vec![762, 327, 468], vec![484, 239, 477]], false).unwrap();
        assert!((found.chi2 - 30.070).abs() < 5e-4 && found.degrees_of_freedom == 2 && (found.p_value - 2.954e-7).abs() < 5e-11);
    }

    /// Refuse tables that compare nothing, and correct as Yates does: 8·2 against 4·6 has (|o−e| − ½)² Σ 1/e.
    #[test]
    fn empty_margins_are_left_out() {
        assert!(chi_squared(&[vec![1, 2], vec![0, 0]], false).is_err() && chi_squared(&[], false).is_err());
        assert!(chi_squared(&[vec![1, 2], vec![3]], false).is_err());
        let plain = chi_squared(&[vec![8, 2], vec![4, 6]], false).unwrap().chi2;
        assert!((plain - 4.0 * (2.0 / 6.0 + 2.0 / 4.0)).abs() < 1e-12);
        let corrected = chi_squared(&[vec![8, 2], vec![4, 6]], true).unwrap().chi2;
        assert!((corrected - 2.25 * (2.0 / 6.0 + 2.0 / 4.0)).abs() < 1e-12);
        assert_eq!(chi_squared(&[vec![8, 2, 0], vec![4, 6, 0]], false).unwrap().chi2, plain);
    }
}
