//! Inclusion and exclusion: sentences about what is known of a person.

use serde::{Deserialize, Serialize};

use super::Covariates;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// ≥
    AtLeast,
    /// >
    Above,
    /// ≤
    AtMost,
    /// <
    Below,
    /// =
    Equal,
}

impl Comparison {
    const ALL: [(Self, &'static str); 6] =
        [(Self::AtLeast, ">="), (Self::AtMost, "<="), (Self::Above, ">"), (Self::Below, "<"), (Self::Equal, "=="), (Self::Equal, "=")];

    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::AtLeast => value >= limit,
            Self::Above => value > limit,
            Self::AtMost => value <= limit,
            Self::Below => value < limit,
            Self::Equal => value == limit,
        }
    }
}

/// One sentence, `age_y >= 18` or `anticoagulated`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// As it was written.
    pub text: String,
    /// Covariate it speaks of: one of [`Covariates::NAMES`].
    pub covariate: String,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub limit: f64,
}

impl Criterion {
    /// Read a sentence.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let known = || format!("known: {}", Covariates::NAMES.join(", "));
        let found = Comparison::ALL.iter().find_map(|(comparison, sign)| text.split_once(sign).map(|(a, b)| (*comparison, a, b)));
        let (comparison, name, limit) = match found {
            Some((comparison, name, limit)) => {
                let limit = limit.trim();
                let value = match limit {
                    "female" | "yes" | "true" => 1.0,
                    "male" | "no" | "false" => 0.0,
                    _ => limit.parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(|| format!("\"{limit}\" is no number"))?,
                };
                (comparison, name.trim(), value)
            }
            None => (Comparison::Equal, text.trim(), 1.0),
        };
        // `sex = female` reads better than `female = yes`; both are the same covariate.
        let name = if name == "sex" { "female" } else { name };
        if !Covariates::NAMES.contains(&name) {
            return Err(format!("\"{name}\" is nothing that is known of a person; {}", known()));
        }
        Ok(Self { text: text.trim().to_owned(), covariate: name.to_owned(), comparison, limit })
    }

    /// Whether it holds for a person; a value that is not known does not satisfy anything.
    #[must_use]
    pub fn holds(&self, covariates: &Covariates) -> bool {
        covariates.value(&self.covariate).is_some_and(|value| self.comparison.holds(value, self.limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read comparisons and conditions; refuse what nobody knows.
    #[test]
    fn sentences_are_read() {
        let c = Criterion::parse(" age_y >= 65 ").unwrap();
        assert_eq!((c.covariate.as_str(), c.comparison, c.limit), ("age_y", Comparison::AtLeast, 65.0));
        let c = Criterion::parse("sex = female").unwrap();
        assert_eq!((c.covariate.as_str(), c.limit), ("female", 1.0));
        assert_eq!(Criterion::parse("anticoagulated").unwrap().limit, 1.0);
        for bad in ["", "shoe_size > 40", "age_y > old", "age_y > NaN", "age_y >", "> 3"] {
            assert!(Criterion::parse(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        /// Answer any sentence.
        #[test]
        fn any_sentence_is_answered(text in "\\PC{0,40}") {
            let _ = Criterion::parse(&text);
        }
    }
}
