//! `stg_non_conformance`: the quality records with the three states and severities in one spelling, and how
//! long a closed one was open.

use api::row;
use chrono::NaiveDate;
use polars::prelude::*;

use super::{Build, Mart, columns_of, known};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::NON_CONFORMANCE;

row! {
    /// A quality record.
    pub struct NonConformanceRow {
        /// The id of the record.
        nc_id: i64,
        /// The date that it was raised on.
        nc_date: NaiveDate,
        /// The run that it is about.
        run_number: Option<String>,
        /// The product that it is about.
        product_code: Option<String>,
        /// What kind it is.
        nc_type: Option<String>,
        /// `critical`, `major` or `minor`.
        severity: Option<String>,
        /// `open`, `investigating` or `closed`.
        status: Option<String>,
        /// What it is about.
        description: Option<String>,
        /// Why it happened.
        root_cause: Option<String>,
        /// What was done about it.
        corrective_action: Option<String>,
        /// Who raised it.
        raised_by: Option<String>,
        /// Who closed it.
        closed_by: Option<String>,
        /// When it was closed.
        closed_date: Option<NaiveDate>,
        /// Days from the date raised to the date closed, of a closed record.
        days_to_close: Option<i64>,
    }
}

/// Quality records by the date that they were raised on. One without that date has no day to stand under:
/// staging alone holds it.
///
/// `days_to_close` is known of closed records only. A record that was opened again may still carry the date
/// that it was closed on before. A date before the one that the record was raised on is a typing error.
pub const STG_NON_CONFORMANCE: Mart = Mart {
    name: "stg_non_conformance",
    columns: columns_of::<NonConformanceRow>(),
    grain: &["nc_id"],
    month_of: Some("nc_date"),
    batches: &[],
    tables: &[],
    builds: &[Build::Days(&NON_CONFORMANCE, build)],
};

pub(super) const OPEN: &str = "open";
pub(super) const INVESTIGATING: &str = "investigating";
pub(super) const CLOSED: &str = "closed";

const STATES: &[&str] = &[OPEN, INVESTIGATING, CLOSED];
const SEVERITIES: &[&str] = &["critical", "major", "minor"];

/// The rows of the model. Other marts of quality records start from them.
pub(super) fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let mut records = scope.rows.clone().lazy().filter(col("nc_date").is_not_null()).collect()?;
    for (column, words) in [("status", STATES), ("severity", SEVERITIES), ("nc_type", &[])] {
        let spelt: Vec<_> = records
            .column(column)?
            .str()?
            .iter()
            .map(|text| spelling(text, words).map(str::to_owned))
            .collect();
        records.with_column(Column::new(column.into(), spelt))?;
    }
    let (raised, closed) =
        (records.column("nc_date")?.date()?.clone(), records.column("closed_date")?.date()?.clone());
    let states = records.column("status")?.str()?.clone();
    let days = raised.physical().iter().zip(closed.physical().iter()).zip(states.iter()).map(
        |((raised, closed), state)| {
            let days = i64::from(closed?) - i64::from(raised?);
            (state == Some(CLOSED) && days >= 0).then_some(days)
        },
    );
    let days: Vec<Option<i64>> = days.collect();
    records.with_column(Column::new("days_to_close".into(), days))?;
    frames::fit(&records, &STG_NON_CONFORMANCE.schema())
}

/// The word that a text means whatever its case, else the text itself without the blanks around it.
pub(super) fn spelling<'a>(text: Option<&'a str>, words: &[&'a str]) -> Option<&'a str> {
    let text = known(text)?;
    Some(words.iter().find(|word| word.eq_ignore_ascii_case(text)).copied().unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::super::small_factory::{day, days_of, shown};
    use super::*;

    fn built(named: PolarsResult<DataFrame>, columns: &[&str]) -> Vec<String> {
        let mart = build(&days_of(&NON_CONFORMANCE, &named.unwrap())).unwrap();
        assert_eq!(**mart.schema(), STG_NON_CONFORMANCE.schema());
        shown(&mart, columns)
    }

    #[test]
    fn a_closed_record_was_open_from_its_date_to_the_date_it_was_closed_on() {
        let records = df![
            "nc_id" => [1_i64, 2, 3, 4, 5, 6],
            "nc_date" => [day(2), day(2), day(28), day(2), day(2), day(2)],
            "closed_date" => [Some(day(9)), Some(day(2)), NaiveDate::from_ymd_opt(2026, 12, 3), None, Some(day(9)), Some(day(1))],
            "status" => ["closed", "closed", "closed", "closed", "investigating", "closed"],
        ];
        assert_eq!(
            built(records, &["nc_id", "status", "days_to_close"]),
            [
                "1 | closed | 7",
                "2 | closed | 0",
                "3 | closed | 5",
                "4 | closed | -",
                "5 | investigating | -",
                "6 | closed | -"
            ]
        );
    }

    #[test]
    fn states_and_severities_have_one_spelling_and_what_is_no_such_word_stays() {
        let records = df![
            "nc_id" => [1_i64, 2, 3],
            "nc_date" => [day(2); 3],
            "status" => [Some(" Closed "), Some("OPEN"), Some("On Hold")],
            "severity" => [Some("MAJOR"), Some(" "), None],
            "nc_type" => [Some(" Bones"), Some("bones"), Some("")],
        ];
        assert_eq!(
            built(records, &["status", "severity", "nc_type"]),
            ["closed | major | Bones", "open | - | bones", "On Hold | - | -"]
        );
    }

    #[test]
    fn a_record_without_a_date_has_no_day_to_stand_under() {
        let records = df!["nc_id" => [1_i64, 2], "nc_date" => [None, Some(day(2))]];
        assert_eq!(built(records, &["nc_id"]), ["2"]);
    }
}
