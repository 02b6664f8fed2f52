//! A run of the mart, as the reports need it.

use api::reports::RunReportQuery;
use chrono::{NaiveDate, NaiveDateTime};
use domain::yields::RunKg;
use serde::Deserialize;
use serve::is_asked_for;

/// A run.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ReportRun {
    pub(crate) run_number: String,
    pub(crate) production_date: NaiveDate,
    pub(crate) prod_line: Option<String>,
    pub(crate) line_name: Option<String>,
    pub(crate) shift_code: Option<String>,
    pub(crate) product_code: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) species: Option<String>,
    pub(crate) complete: bool,
    pub(crate) started_at: Option<NaiveDateTime>,
    pub(crate) finished_at: Option<NaiveDateTime>,
    pub(crate) input_kg: Option<f64>,
    pub(crate) actual_kg: Option<f64>,
    pub(crate) target_kg: Option<f64>,
    pub(crate) yield_pct: Option<f64>,
    pub(crate) weighed_packs: i64,
    pub(crate) pack_giveaway_g: Option<f64>,
    pub(crate) pack_target_g: Option<f64>,
    pub(crate) giveaway_pct: Option<f64>,
    pub(crate) total_weight_kg: Option<f64>,
    pub(crate) total_giveaway_kg: Option<f64>,
}

impl ReportRun {
    /// Whether it is of the line, shift and species that were asked for.
    pub(crate) fn is_wanted(&self, query: &RunReportQuery) -> bool {
        self.is_of_line(query.line.as_deref())
            && is_asked_for(self.shift_code.as_deref(), query.shift.as_deref())
            && is_asked_for(self.species.as_deref(), query.species.as_deref())
    }

    /// Whether it is of the line that was asked for, by id or name.
    pub(crate) fn is_of_line(&self, asked: Option<&str>) -> bool {
        is_line(self.prod_line.as_deref(), self.line_name.as_deref(), asked)
    }

    /// What it brings to a group.
    pub(crate) fn kg(&self) -> RunKg {
        RunKg {
            input_kg: self.input_kg,
            actual_kg: self.actual_kg,
            target_kg: self.target_kg,
            giveaway_kg: self.pack_giveaway_g.map(|grams| grams / 1000.0),
            pack_target_kg: self.pack_target_g.map(|grams| grams / 1000.0),
            ..RunKg::default()
        }
        .with_totals(self.giveaway_pct, self.total_weight_kg, self.total_giveaway_kg)
    }
}

/// Whether a line is the one that was asked for, by id or name.
pub(crate) fn is_line(id: Option<&str>, name: Option<&str>, asked: Option<&str>) -> bool {
    is_asked_for(id, asked) || is_asked_for(name, asked)
}

/// What all of a group have in common; `None` where they differ or where one does not know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Common {
    /// Nothing was added yet.
    #[default]
    Nothing,
    /// All that was added so far.
    One(String),
    /// Not all the same.
    Different,
}

impl Common {
    /// Adds what one of the group has.
    pub(crate) fn add(&mut self, text: Option<&str>) {
        *self = match (&self, text) {
            (Self::Nothing, Some(text)) => Self::One(text.to_owned()),
            (Self::One(known), Some(text)) if known == text => return,
            _ => Self::Different,
        };
    }

    /// What they have in common.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::One(text) => Some(text),
            Self::Nothing | Self::Different => None,
        }
    }
}

/// How many there are, as answers count.
pub(crate) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_of_a_line_by_its_id_or_name_and_passes_where_nothing_is_asked() {
        let run = ReportRun {
            prod_line: Some("L1".to_owned()),
            line_name: Some("Line 1".to_owned()),
            species: Some("cod".to_owned()),
            ..ReportRun::default()
        };
        assert!(run.is_of_line(None) && run.is_of_line(Some("l1")) && run.is_of_line(Some(" LINE 1")));
        assert!(!run.is_of_line(Some("L10")));
        let query = |shift: Option<&str>, species: Option<&str>| RunReportQuery {
            shift: shift.map(str::to_owned),
            species: species.map(str::to_owned),
            ..RunReportQuery::default()
        };
        assert!(run.is_wanted(&query(None, Some("COD"))));
        assert!(!run.is_wanted(&query(Some("AM"), None)), "its shift is not known");
    }

    #[test]
    fn a_group_has_in_common_what_all_of_it_know_alike() {
        let common = |texts: &[Option<&str>]| {
            let mut common = Common::default();
            for text in texts {
                common.add(*text);
            }
            common.text()
        };
        assert_eq!(common(&[]), None);
        assert_eq!(common(&[Some("A"), Some("A")]).as_deref(), Some("A"));
        assert_eq!(common(&[Some("A"), Some("B"), Some("A")]), None);
        assert_eq!(common(&[Some("A"), None]), None);
        assert_eq!(common(&[None, Some("A")]), None);
    }
}
