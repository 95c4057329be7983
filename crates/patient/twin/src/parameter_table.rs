//! Parameters as a table: readable in pandas or DuckDB without this program.

use proband_core::{Column, Distribution, Status, Table, Uncertain};

use crate::{Parameter, Person, TwinError, priors};

/// Bytes of a source, at most.
const SOURCE_LENGTH_MAX: usize = 2000;
/// Numbers of a distribution, one column each; those that a distribution does not have are NaN.
const NUMBERS: [&str; 8] = ["value", "low", "high", "mean", "sd", "mu", "sigma", "probability"];

/// Name of a distribution and its numbers in the order of [`NUMBERS`].
fn encode(distribution: &Distribution) -> (&'static str, [f64; 8]) {
    let mut n = [f64::NAN; 8];
    let kind = match *distribution {
        Distribution::Constant { value } => {
            n[0] = value;
            "constant"
        }
        Distribution::Uniform { low, high } => {
            (n[1], n[2]) = (low, high);
            "uniform"
        }
        Distribution::Normal { mean, sd } => {
            (n[3], n[4]) = (mean, sd);
            "normal"
        }
        Distribution::TruncatedNormal { mean, sd, low, high } => {
            (n[1], n[2], n[3], n[4]) = (low, high, mean, sd);
            "truncated_normal"
        }
        Distribution::LogNormal { mu, sigma } => {
            (n[5], n[6]) = (mu, sigma);
            "log_normal"
        }
        Distribution::Bernoulli { probability } => {
            n[7] = probability;
            "bernoulli"
        }
    };
    (kind, n)
}

fn decode(kind: &str, n: [f64; 8]) -> Result<Distribution, String> {
    let (distribution, used): (Distribution, &[usize]) = match kind {
        "constant" => (Distribution::Constant { value: n[0] }, &[0]),
        "uniform" => (Distribution::Uniform { low: n[1], high: n[2] }, &[1, 2]),
        "normal" => (Distribution::Normal { mean: n[3], sd: n[4] }, &[3, 4]),
        "truncated_normal" => (Distribution::TruncatedNormal { mean: n[3], sd: n[4], low: n[1], high: n[2] }, &[1, 2, 3, 4]),
        "log_normal" => (Distribution::LogNormal { mu: n[5], sigma: n[6] }, &[5, 6]),
        "bernoulli" => (Distribution::Bernoulli { probability: n[7] }, &[7]),
        other => return Err(format!("distribution is \"{other}\", which is none")),
    };
    for (i, name) in NUMBERS.iter().enumerate() {
        if used.contains(&i) && !n[i].is_finite() {
            return Err(format!("{name} = {} of a {kind} distribution is not a finite number", n[i]));
        }
        if !used.contains(&i) && !n[i].is_nan() {
            return Err(format!("{name} = {} does not belong to a {kind} distribution", n[i]));
        }
    }
    distribution.check().map_err(|e| e.to_string())?;
    Ok(distribution)
}

fn status_name(status: Status) -> &'static str {
    match status {
        Status::Published => "published",
        Status::Computed => "computed",
        Status::Prior => "prior",
        Status::Measured => "measured",
    }
}

/// One row per parameter.
pub(crate) fn to_table(parameters: &[Parameter]) -> Result<Table, TwinError> {
    let mut table = Table::new("parameters");
    let texts = |get: &dyn Fn(&Parameter) -> String| Column::Text(parameters.iter().map(get).collect());
    table.push("name", "", "", "twin", texts(&|p| p.name.clone()))?;
    table.push("distribution", "", "", "twin", texts(&|p| encode(&p.value.distribution).0.into()))?;
    for (i, name) in NUMBERS.iter().enumerate() {
        let numbers = parameters.iter().map(|p| encode(&p.value.distribution).1[i]).collect();
        table.push(name, "", "", "twin; unit in its own column", Column::F64(numbers))?;
    }
    table.push("unit", "", "", "twin", texts(&|p| p.value.unit.clone()))?;
    table.push("status", "", "", "twin", texts(&|p| status_name(p.value.status).into()))?;
    table.push("source", "", "", "twin", texts(&|p| p.value.source.clone()))?;
    Ok(table)
}

/// The parameters of a person: all of them, in their order, in their units. The error names row and field.
pub(crate) fn from_table(table: &Table, person: &Person) -> Result<Vec<Parameter>, String> {
    let text = |name: &str| table.texts(name).map_err(|e| e.to_string());
    let (names, kinds) = (text("name")?, text("distribution")?);
    let (units, states, sources) = (text("unit")?, text("status")?, text("source")?);
    let numbers: Vec<&[f64]> = NUMBERS.iter().map(|n| table.f64s(n).map_err(|e| e.to_string())).collect::<Result<_, _>>()?;
    let expected = priors(person);
    if let Some(field) = table.fields.iter().find(|f| !is_column(&f.name)) {
        return Err(format!("unknown column {}", field.name));
    }
    for (row, known) in expected.iter().enumerate() {
        match names.get(row) {
            Some(name) if *name == known.name => {}
            Some(name) => return Err(format!("row {row}: parameter {name} stands where {} is expected", known.name)),
            None => return Err(format!("parameter {} is missing", known.name)),
        }
    }
    if let Some(extra) = names.get(expected.len()) {
        return Err(format!("unknown parameter {extra}"));
    }
    expected
        .iter()
        .enumerate()
        .map(|(row, known)| {
            let at = |what: String| format!("parameter {}: {what}", known.name);
            if units[row] != known.value.unit {
                return Err(at(format!("unit is \"{}\", expected \"{}\"", units[row], known.value.unit)));
            }
            let status = match states[row].as_str() {
                "published" => Status::Published,
                "computed" => Status::Computed,
                "prior" => Status::Prior,
                "measured" => Status::Measured,
                other => return Err(at(format!("status is \"{other}\", which is none"))),
            };
            let source = &sources[row];
            if source.is_empty() || source.len() > SOURCE_LENGTH_MAX {
                return Err(at(format!("source has {} bytes; 1 to {SOURCE_LENGTH_MAX} are allowed", source.len())));
            }
            let mut n = [0.0; 8];
            for (value, column) in n.iter_mut().zip(&numbers) {
                *value = column[row];
            }
            let distribution = decode(&kinds[row], n).map_err(at)?;
            Ok(Parameter { name: known.name.clone(), value: Uncertain::new(distribution, &units[row], status, source) })
        })
        .collect()
}

fn is_column(name: &str) -> bool {
    ["name", "distribution", "unit", "status", "source"].contains(&name) || NUMBERS.contains(&name)
}
