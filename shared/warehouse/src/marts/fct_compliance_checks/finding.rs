//! What is wrong with a run or a reading, in figures and words. This file knows none of the rules.

use domain::rounding::rounded;

/// What is wrong. `measured` and `limit` are in the unit of the check.
pub(super) struct Finding {
    pub(super) measured: Option<f64>,
    pub(super) limit: Option<f64>,
    pub(super) detail: String,
}

impl Finding {
    /// A finding where none are allowed, and so many were found.
    pub(super) fn none_may_be(measured: f64, detail: String) -> Self {
        Self { measured: Some(measured), limit: Some(0.0), detail }
    }

    /// A finding without figures.
    pub(super) fn unmeasured(detail: String) -> Self {
        Self { measured: None, limit: None, detail }
    }
}

/// The value with one decimal, or with as many as it takes to tell the value from its limit: "yield 90.0 % is
/// below 90 %" would explain nothing.
pub(super) fn apart(value: f64, limit: f64) -> String {
    let mut texts = std::iter::once(format!("{:.1}", rounded(value, 1)))
        .chain((2..=9).map(|decimals| format!("{value:.decimals$}")));
    texts.find(|text| text.parse() != Ok(limit)).unwrap_or_else(|| value.to_string())
}

/// "1.5 kg of A", or only "A" where the kilograms are not known.
pub(super) fn kg_of(qty_kg: Option<f64>, what: &str) -> String {
    qty_kg.map_or_else(|| what.to_owned(), |kg| format!("{:.1} kg of {what}", rounded(kg, 1)))
}

/// The items of one finding: "this, that".
pub(super) fn listed(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounded_value_never_equals_the_limit_that_it_breaks() {
        assert_eq!(apart(84.25, 90.0), "84.3");
        assert_eq!(apart(89.96, 90.0), "89.96");
        assert_eq!(apart(90.0 - 1e-7, 90.0), "89.9999999");
        assert_eq!(apart(-0.04, 0.0), "-0.04");
        assert_eq!(apart(-0.04, -18.0), "0.0");
        assert_eq!(apart(90.0, 90.0), "90");
    }
}
