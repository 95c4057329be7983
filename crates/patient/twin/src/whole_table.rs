//! What is believed about the whole patient as a table: readable in pandas or DuckDB without this program.

use proband_core::{Column, Table, ops};

use crate::{FACTOR_COUNT, FACTORS, TwinError, WholeBelief};

/// 5 % of a normal distribution lie above this many standard deviations.
const Z_90: f64 = 1.644_853_626_951_472_7;
const SOURCE: &str = "calibration";

/// One row per factor: logarithms as the program needs them, and the factor with its interval for people.
pub(crate) fn to_table(belief: &WholeBelief) -> Result<Table, TwinError> {
    let mut table = Table::new("physiology");
    let numbers = |get: &dyn Fn(usize) -> f64| Column::F64((0..FACTOR_COUNT).map(get).collect());
    let texts = |get: &dyn Fn(usize) -> &'static str| Column::Text((0..FACTOR_COUNT).map(|i| get(i).to_owned()).collect());
    let end = |i: usize, z: f64| ops::exp(belief.mean[i] + z * belief.sd(i));
    table.push("name", "", "", SOURCE, texts(&|i| FACTORS[i].name))?;
    table.push("what", "", "", SOURCE, texts(&|i| FACTORS[i].what))?;
    table.push("median", "1", "", SOURCE, numbers(&|i| end(i, 0.0)))?;
    table.push("low_90", "1", "", SOURCE, numbers(&|i| end(i, -Z_90)))?;
    table.push("high_90", "1", "", SOURCE, numbers(&|i| end(i, Z_90)))?;
    table.push("mean_ln", "1", "", SOURCE, numbers(&|i| belief.mean[i]))?;
    table.push("prior_sd_ln", "1", "", "prior", numbers(&|i| FACTORS[i].sigma))?;
    for (j, factor) in FACTORS.iter().enumerate() {
        table.push(&covariance_name(factor.name), "1", "", SOURCE, numbers(&|i| belief.covariance[i][j]))?;
    }
    table.push("prior_source", "", "", "prior", texts(&|i| FACTORS[i].source))?;
    Ok(table)
}

fn covariance_name(factor: &str) -> String {
    format!("covariance_ln.{factor}")
}

/// Twins that were written before a factor was added have fewer rows: of the last ones nothing is known but the prior.
const FACTOR_COUNT_FIRST: usize = 8;

/// The belief in a table. The error names row and column.
pub(crate) fn from_table(table: &Table) -> Result<WholeBelief, String> {
    let names = table.texts("name").map_err(|e| e.to_string())?;
    let known = names.len();
    if !(FACTOR_COUNT_FIRST..=FACTOR_COUNT).contains(&known) {
        return Err(format!("{known} rows, {FACTOR_COUNT} are needed"));
    }
    if let Some((row, (name, factor))) = names.iter().zip(FACTORS).enumerate().find(|(_, (name, factor))| name.as_str() != factor.name) {
        return Err(format!("row {row}: {name} stands where {} is expected", factor.name));
    }
    let numbers = |name: &str| table.f64s(name).map_err(|e| e.to_string());
    let mean = numbers("mean_ln")?;
    let mut belief = WholeBelief::prior();
    belief.mean[..known].copy_from_slice(mean.get(..known).ok_or("mean_ln is too short")?);
    for (j, factor) in FACTORS.iter().enumerate().take(known) {
        let column = numbers(&covariance_name(factor.name))?;
        for (row, value) in belief.covariance.iter_mut().zip(column) {
            row[j] = *value;
        }
    }
    belief.check().map_err(|e| e.to_string())?;
    Ok(belief)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bring a belief through a table unchanged, and refuse one that was spoilt.
    #[test]
    fn a_belief_comes_back() {
        let mut belief = WholeBelief::prior();
        (belief.mean[1], belief.covariance[1][2], belief.covariance[2][1]) = (0.1, -0.02, -0.02);
        let table = to_table(&belief).unwrap();
        assert_eq!(from_table(&table).unwrap(), belief);
        // A twin from before the last factor was added.
        let mut old = Table::new("physiology");
        let short = |column: &Column| match column {
            Column::F64(x) => Column::F64(x[..FACTOR_COUNT_FIRST].to_vec()),
            Column::Text(x) => Column::Text(x[..FACTOR_COUNT_FIRST].to_vec()),
            other => other.clone(),
        };
        for field in table.fields.iter().filter(|f| f.name != covariance_name(FACTORS[8].name)) {
            old.push(&field.name, &field.unit, "", SOURCE, short(table.column(&field.name).unwrap())).unwrap();
        }
        assert_eq!(from_table(&old).unwrap(), belief);
        belief.covariance[1][1] = f64::NAN;
        assert!(from_table(&to_table(&belief).unwrap()).unwrap_err().contains("whole.resistance"));
        belief.covariance[1][1] = 1e-4;
        assert!(from_table(&to_table(&belief).unwrap()).is_err());
    }
}
