//! A population fitted to people in a table: margins, and correlations of normal scores.

use std::path::Path;

use proband_core::{Column, Digest, Distribution, Table, ops};
use proband_math::stats::{Moments, normal_quantile};
use proband_twin::Population;

/// Largest table of people that is read [bytes], and its columns at most.
const FILE_BYTES_MAX: u64 = 256 << 20;
const COLUMNS_MAX: usize = 1000;
/// People needed for a fit.
const PEOPLE_MIN: usize = 30;

/// Fit age (truncated normal), BMI and melanosome fraction (log-normal), the fraction of women, the prevalence of
/// conditions, and the correlations of the three numbers. What the table lacks is taken from `base`.
pub(super) fn fit(path: &Path, base: Population) -> Result<(Population, [f64; 3], String), String> {
    let (table, digest) = people(path)?;
    let mut population = Population { name: "fitted".into(), ..base };
    let age = numbers(&table, "age_y")?.ok_or("no column age_y")?;
    let bmi = numbers(&table, "bmi_kg_m2")?.ok_or("no column bmi_kg_m2")?;
    let melanin = numbers(&table, "melanin_fraction")?;
    if age.len() < PEOPLE_MIN {
        return Err(format!("{} people are too few, {PEOPLE_MIN} are needed", age.len()));
    }
    let moments = Moments::of(&age);
    let (low, high) = age.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
    population.age_y = Distribution::TruncatedNormal { mean: moments.mean, sd: moments.sd(), low, high };
    population.bmi_kg_m2 = log_normal(&bmi)?;
    if let Some(melanin) = &melanin {
        population.melanin_fraction = log_normal(melanin)?;
    }
    if let Ok(sex) = table.texts("sex") {
        population.female_fraction = sex.iter().filter(|s| *s == "female").count() as f64 / sex.len() as f64;
    }
    let p = &mut population.prevalence;
    for (name, value) in [
        ("diabetes", &mut p.diabetes),
        ("chronic_kidney_disease", &mut p.chronic_kidney_disease),
        ("anticoagulated", &mut p.anticoagulated),
        ("steroids", &mut p.steroids),
        ("difficult_access_before", &mut p.difficult_access_before),
        ("dehydrated", &mut p.dehydrated),
        ("tremor", &mut p.tremor),
    ] {
        if let Ok(column) = table.bools(name) {
            *value = column.iter().filter(|b| **b).count() as f64 / column.len() as f64;
        }
    }
    population.check().map_err(|e| e.to_string())?;
    let scores = [Some(scores(&age)), Some(scores(&bmi)), melanin.as_deref().map(scores)];
    let pair = |a: usize, b: usize| match (&scores[a], &scores[b]) {
        (Some(a), Some(b)) => correlation(a, b),
        _ => 0.0,
    };
    Ok((population, [pair(0, 1), pair(0, 2), pair(1, 2)], digest))
}

/// A table of people, Parquet or comma-separated with a line of names, and the digest of its file.
fn people(path: &Path) -> Result<(Table, String), String> {
    let bytes = proband_record::read_bytes(path, FILE_BYTES_MAX).map_err(|e| e.to_string())?;
    let digest = Digest::of_bytes(&bytes).to_string();
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        let text = String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
        return Ok((comma_separated(&text)?, digest));
    }
    Ok((proband_record::read_table(path).map_err(|e| e.to_string())?, digest))
}

/// Numbers, `true`/`false` and words by column; a column is what all of its cells are.
fn comma_separated(text: &str) -> Result<Table, String> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let names: Vec<&str> = lines.next().ok_or("an empty file")?.split(',').map(str::trim).collect();
    if names.len() > COLUMNS_MAX {
        return Err(format!("{} columns, at most {COLUMNS_MAX}", names.len()));
    }
    let mut cells: Vec<Vec<&str>> = vec![Vec::new(); names.len()];
    for (number, line) in lines.enumerate() {
        let row: Vec<&str> = line.split(',').map(str::trim).collect();
        if row.len() != names.len() {
            return Err(format!("line {}: {} cells for {} columns", number + 2, row.len(), names.len()));
        }
        cells.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
    }
    let mut table = Table::new("people");
    for (name, column) in names.iter().zip(cells) {
        let numbers: Option<Vec<f64>> = column.iter().map(|c| c.parse().ok()).collect();
        let truths: Option<Vec<bool>> = column.iter().map(|c| c.parse().ok()).collect();
        let column = match (numbers, truths) {
            (Some(numbers), _) => Column::F64(numbers),
            (None, Some(truths)) => Column::Bool(truths),
            _ => Column::Text(column.iter().map(|c| (*c).to_owned()).collect()),
        };
        table.push(name, "", "", "people", column).map_err(|e| e.to_string())?;
    }
    Ok(table)
}

fn numbers(table: &Table, name: &str) -> Result<Option<Vec<f64>>, String> {
    match table.column(name) {
        Ok(Column::F64(v)) if v.iter().all(|x| x.is_finite()) => Ok(Some(v.clone())),
        Ok(Column::F64(_)) => Err(format!("column {name} has missing values")),
        Ok(_) => Err(format!("column {name} does not hold numbers")),
        Err(_) => Ok(None),
    }
}

fn log_normal(values: &[f64]) -> Result<Distribution, String> {
    if values.iter().any(|v| *v <= 0.0) {
        return Err("a value that is not positive".into());
    }
    let moments = Moments::of(&values.iter().map(|v| ops::ln(*v)).collect::<Vec<_>>());
    Ok(Distribution::LogNormal { mu: moments.mean, sigma: moments.sd() })
}

/// Normal scores of the ranks (r − ½)/n; ties in the order of the table.
fn scores(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]).then(a.cmp(b)));
    let mut scores = vec![0.0; values.len()];
    for (rank, index) in order.into_iter().enumerate() {
        scores[index] = normal_quantile((rank as f64 + 0.5) / values.len() as f64);
    }
    scores
}

/// Scores have mean 0 and equal spread.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let square: f64 = a.iter().map(|x| x * x).sum();
    a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>() / square
}
