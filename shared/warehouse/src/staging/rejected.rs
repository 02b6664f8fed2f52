//! Which runs open rejected rows belong to, by their original values. Pure: frames in, values out.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use domain::code::folded;
use polars::prelude::*;
use serde_json::{Map, Value};

use super::open::{OpenRow, open_rows, rejected_schema};
use crate::frames::{anti, fit, stack};
use crate::sources::{OfRun, Source};

/// A rejected row of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RejectedRow {
    /// The run's number, [folded].
    pub(crate) run_number: String,
    /// The production date, if the table has one and it can be read.
    pub(crate) production_date: Option<NaiveDate>,
    /// The time that tells which of several runs of the number is meant: the row's own time, else its
    /// watermark, else when it was found.
    pub(crate) time: Option<NaiveDateTime>,
    /// Its day, if it has a day and no time. It belongs to no run that is dated later.
    pub(crate) day: Option<NaiveDate>,
    /// Its key, if that can be read.
    pub(crate) key: Option<String>,
    /// Why it was rejected.
    pub(crate) reason: String,
}

/// The rows of an open list that name a run.
pub(crate) fn rejected_rows(source: &Source, open: &DataFrame) -> PolarsResult<Vec<RejectedRow>> {
    if source.run == OfRun::None {
        return Ok(Vec::new());
    }
    Ok(open_rows(open)?.into_iter().filter_map(|open| rejected_row(source, open)).collect())
}

/// The numbers of the runs whose rejected rows differ between two versions of an open list.
pub(crate) fn runs_that_differ(
    source: &Source,
    before: &DataFrame,
    open: &DataFrame,
) -> PolarsResult<BTreeSet<String>> {
    let schema = rejected_schema();
    let (before, open) = (fit(before, &schema)?, fit(open, &schema)?);
    let same = ["key", "reason", "row"].map(str::to_owned);
    let differing = stack([anti(&before, &open, &same)?, anti(&open, &before, &same)?], &schema)?;
    Ok(rejected_rows(source, &differing)?.into_iter().map(|row| row.run_number).collect())
}

/// A row's key as text. It is held as a JSON array of the key's columns. Where the key could not be read, the
/// whole row is held instead, and there is no key to show.
pub fn shown_key(held: &str) -> Option<String> {
    let parts: Vec<Value> = serde_json::from_str(held).ok()?;
    let texts = parts.into_iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
    Some(texts.collect::<Vec<_>>().join(", "))
}

fn rejected_row(source: &Source, open: OpenRow) -> Option<RejectedRow> {
    let original: Map<String, Value> = serde_json::from_str(&open.row?).ok()?;
    let original = |name: &str| {
        let column = source.columns.iter().find(|column| column.name() == name)?;
        text(original.get(column.source)?)
    };
    let own_time = match source.run {
        OfRun::None | OfRun::Dated | OfRun::AtFirstStamp => None,
        OfRun::AtTime(column) => original(&source.column(column).name()).and_then(|text| time(&text)),
        OfRun::AtEndOf(column) => original(&source.column(column).name())
            .and_then(|text| time(&text))
            .and_then(|time| time.date().and_hms_micro_opt(23, 59, 59, 999_999)),
    };
    let day = own_time.filter(|_| matches!(source.run, OfRun::AtEndOf(_))).map(|time| time.date());
    let found_at = || Some(DateTime::parse_from_rfc3339(open.rejected_at.as_deref()?).ok()?.naive_local());
    Some(RejectedRow {
        run_number: folded(&original("run_number")?),
        production_date: original("production_date").and_then(|text| Some(time(&text)?.date())),
        day,
        time: own_time.or_else(|| time(open.watermark.as_deref()?)).or_else(found_at),
        key: open.key.as_deref().and_then(shown_key),
        reason: open.reason.unwrap_or_default(),
    })
}

/// An original value as text without the blanks around it, if it says anything.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

/// The time that a text tells, if it is one in the order from years to seconds. A date alone is its midnight.
fn time(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim().replacen('T', " ", 1);
    let time = |form| NaiveDateTime::parse_from_str(&text, form).ok();
    let date = |form| Some(NaiveDate::parse_from_str(&text, form).ok()?.and_time(NaiveTime::MIN));
    time("%Y-%m-%d %H:%M:%S%.f")
        .or_else(|| time("%Y-%m-%d %H:%M"))
        .or_else(|| date("%Y-%m-%d"))
        .or_else(|| date("%Y%m%d"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{DESPATCH, NON_CONFORMANCE, RUN_INPUTS, RUN_SHEETS, TRANSACTIONS};

    fn open(keys: Vec<String>, originals: Vec<String>, watermark: Option<&str>) -> DataFrame {
        let rows = keys.len();
        df![
            "key" => keys,
            "reason" => vec!["`x` is bad"; rows],
            "row" => originals,
            "watermark" => vec![watermark; rows],
            "rejected_at" => vec!["2026-07-02T00:30:00+01:00"; rows],
        ]
        .unwrap()
    }

    /// The runs of one row, with the time that decides between runs of one number.
    fn of_one(source: &Source, original: &str, watermark: Option<&str>) -> Vec<String> {
        let rows =
            rejected_rows(source, &open(vec!["[7]".into()], vec![original.into()], watermark)).unwrap();
        let shown = |row: RejectedRow| {
            let date = row.production_date.map_or_else(|| "-".to_owned(), |date| date.to_string());
            format!("{} {date} {}", row.run_number, row.time.unwrap())
        };
        rows.into_iter().map(shown).collect()
    }

    #[test]
    fn a_rejected_row_belongs_to_the_run_that_it_names_at_its_own_time() {
        let stamp = Some("2026-07-01 12:00:00.000000");
        assert_eq!(of_one(&RUN_INPUTS, r#"{"run_number":" 0007 "}"#, stamp), ["0007 - 2026-07-01 12:00:00"]);
        assert_eq!(of_one(&RUN_INPUTS, r#"{"run_number":7}"#, None), ["7 - 2026-07-02 00:30:00"]);
        let pack = r#"{"RunNumber":"7","TransDate":"2026-07-01T06:00:00.25"}"#;
        assert_eq!(of_one(&TRANSACTIONS, pack, stamp), ["7 - 2026-07-01 06:00:00.250"]);
        let order = r#"{"run_number":"7","despatch_date":"2026-06-30"}"#;
        assert_eq!(of_one(&DESPATCH, order, stamp), ["7 - 2026-06-30 23:59:59.999999"]);
        let order = r#"{"run_number":"7","despatch_date":"soon"}"#;
        assert_eq!(of_one(&DESPATCH, order, stamp), ["7 - 2026-07-01 12:00:00"]);
        let sheet = r#"{"run_number":"7","production_date":"2026-06-30 00:00:00"}"#;
        assert_eq!(of_one(&RUN_SHEETS, sheet, stamp), ["7 2026-06-30 2026-07-01 12:00:00"]);
    }

    #[test]
    fn a_row_that_names_no_run_belongs_to_none() {
        for original in [r#"{"run_number":null}"#, r#"{"run_number":"  "}"#, "{}", "no json"] {
            assert_eq!(of_one(&RUN_INPUTS, original, None), [""; 0], "{original}");
        }
        assert_eq!(of_one(&NON_CONFORMANCE, r#"{"run_number":"7"}"#, None), [""; 0]);
    }

    #[test]
    fn a_row_that_comes_goes_or_is_bad_in_another_way_touches_its_run() {
        let of = |runs: &[&str]| {
            let keys: Vec<_> = (0..runs.len()).map(|n| format!("[{n}]")).collect();
            let originals: Vec<_> = runs.iter().map(|run| format!(r#"{{"run_number":"{run}"}}"#)).collect();
            open(keys, originals, None)
        };
        let differ = |one: &[&str], other: &[&str]| {
            runs_that_differ(&RUN_INPUTS, &of(one), &of(other)).unwrap().into_iter().collect::<Vec<_>>()
        };
        assert_eq!(differ(&["1", "2"], &["1", "2"]), [""; 0]);
        assert_eq!(differ(&["1"], &["1", "2"]), ["2"]);
        assert_eq!(differ(&["1", "2"], &["1"]), ["2"]);
        assert_eq!(differ(&["1", "2"], &["1", "3"]), ["2", "3"]);
        assert_eq!(differ(&[], &[]), [""; 0]);
    }

    #[test]
    fn a_key_is_shown_by_its_parts_and_not_at_all_where_it_cannot_be_read() {
        assert_eq!(shown_key(r#"["007208","2026-11-20"]"#).as_deref(), Some("007208, 2026-11-20"));
        assert_eq!(shown_key("[12]").as_deref(), Some("12"));
        assert_eq!(shown_key(r#"{"TransNo":"x"}"#), None);
    }
}
