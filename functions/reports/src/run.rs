//! Which runs a report covers, and what a group of them has in common.

use api::reports::RunReportQuery;
use serve::{is_asked_for, is_line_asked_for};
use warehouse::marts::RunRow;

/// Whether a run is of the line, shift and species that were asked for.
pub(crate) fn is_wanted(run: &RunRow, query: &RunReportQuery) -> bool {
    is_of_line(run, query.line.as_deref())
        && is_asked_for(run.shift_code.as_deref(), query.shift.as_deref())
        && is_asked_for(run.species.as_deref(), query.species.as_deref())
}

/// Whether a run is of the line that was asked for, by id or name.
pub(crate) fn is_of_line(run: &RunRow, asked: Option<&str>) -> bool {
    is_line_asked_for([run.prod_line.as_deref(), run.line_name.as_deref()], asked)
}

/// The text that all members of a group have in common, if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Common {
    /// No member was added yet.
    #[default]
    Nothing,
    /// The text of all members so far.
    One(String),
    /// The members differ, or one has no text.
    Different,
}

impl Common {
    /// Adds a member, which has this text or none.
    pub(crate) fn add(&mut self, text: Option<&str>) {
        *self = match (&self, text) {
            (Self::Nothing, Some(text)) => Self::One(text.to_owned()),
            (Self::One(known), Some(text)) if known == text => return,
            _ => Self::Different,
        };
    }

    /// The common text. `None` where the members differ, or one has no text.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::One(text) => Some(text),
            Self::Nothing | Self::Different => None,
        }
    }
}

/// A count in the type that answers have for it.
pub(crate) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_of_a_line_by_its_id_or_name_and_passes_where_nothing_is_asked() {
        let run = RunRow {
            prod_line: Some("L1".to_owned()),
            line_name: Some("Line 1".to_owned()),
            species: Some("cod".to_owned()),
            ..RunRow::default()
        };
        assert!(is_of_line(&run, None) && is_of_line(&run, Some("l1")) && is_of_line(&run, Some(" LINE 1")));
        assert!(!is_of_line(&run, Some("L10")));
        let query = |shift: Option<&str>, species: Option<&str>| RunReportQuery {
            shift: shift.map(str::to_owned),
            species: species.map(str::to_owned),
            ..RunReportQuery::default()
        };
        assert!(is_wanted(&run, &query(None, Some("COD"))));
        assert!(!is_wanted(&run, &query(Some("AM"), None)), "its shift is not known");
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
