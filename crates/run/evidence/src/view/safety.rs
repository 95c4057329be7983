//! Planned faults and safety requirements.

use crate::columns::Columns;

/// One planned fault.
#[derive(Clone, Debug)]
pub(crate) struct FaultLine {
    /// Short form.
    pub text: String,
    /// Family of the catalogue.
    pub family: String,
    /// What it does.
    pub description: String,
}

/// One requirement with its least margin.
#[derive(Clone, Debug)]
pub(crate) struct RequirementLine {
    /// What is required.
    pub text: String,
    /// Unit of limit and margin.
    pub unit: String,
    /// Limit.
    pub limit: f64,
    /// Least margin; NaN when its case never came.
    pub robustness: f64,
    /// When it was least [s].
    pub worst_time_s: f64,
    /// Who says so.
    pub source: String,
}

/// Read the table `faults`.
pub(super) fn faults(c: &mut Columns<'_, '_>) -> Vec<FaultLine> {
    let (text, family, description) = (c.words("text"), c.words("family"), c.words("description"));
    let rows = text.into_iter().zip(family).zip(description);
    rows.map(|((text, family), description)| FaultLine { text, family, description }).collect()
}

/// Read the table `requirements`.
pub(super) fn requirements(c: &mut Columns<'_, '_>) -> Vec<RequirementLine> {
    let (text, unit, source) = (c.words("text"), c.words("unit"), c.words("source"));
    let (limit, robustness, worst) = (c.numbers("limit"), c.numbers("robustness"), c.numbers("worst_time_s"));
    (0..c.rows())
        .map(|i| RequirementLine {
            text: text[i].clone(),
            unit: unit[i].clone(),
            limit: limit[i],
            robustness: robustness[i],
            worst_time_s: worst[i],
            source: source[i].clone(),
        })
        .collect()
}
