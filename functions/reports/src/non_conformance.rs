//! `non-conformance`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::reports::{NonConformanceCount, NonConformanceReportQuery};
use chrono::NaiveDate;
use domain::ratio::ratio_pct;
use serve::{Answer, Ask, Result, State, is_asked_for};
use warehouse::marts::{NonConformanceRow, STG_NON_CONFORMANCE};

use crate::ask::{Keyed, of_mart};

pub(crate) async fn report(
    state: State,
    ask: Ask<NonConformanceReportQuery, Vec<NonConformanceCount>>,
) -> Result<Answer> {
    of_mart(state, ask, &STG_NON_CONFORMANCE, counted).await
}

/// What rows are sorted by: the place of the severity in [`SEVERITIES`], the number of records, type and
/// severity.
type Key = (usize, Reverse<i64>, Option<String>, Option<String>);

/// The severities, the worst first. Any other severity comes after these.
const SEVERITIES: [&str; 3] = ["critical", "major", "minor"];

/// The records of one row, counted.
#[derive(Default)]
struct RecordCounts {
    raised: i64,
    open: i64,
    investigating: i64,
    closed: i64,
    with_days: i64,
    days: i64,
    oldest_open_date: Option<NaiveDate>,
}

impl RecordCounts {
    fn add(&mut self, record: &NonConformanceRow) {
        self.raised += 1;
        match record.status.as_deref() {
            Some("open") => self.open += 1,
            Some("investigating") => self.investigating += 1,
            Some("closed") => self.closed += 1,
            _ => {}
        }
        if record.status.as_deref() != Some("closed") {
            self.oldest_open_date = self.oldest_open_date.into_iter().chain([record.nc_date]).min();
        }
        if let Some(days) = record.days_to_close {
            self.with_days += 1;
            self.days += days;
        }
    }
}

fn counted(
    records: Vec<NonConformanceRow>,
    query: &NonConformanceReportQuery,
) -> Keyed<Key, NonConformanceCount> {
    let mut groups = BTreeMap::<_, RecordCounts>::new();
    for record in records {
        let is_wanted = is_asked_for(record.severity.as_deref(), query.severity.as_deref())
            && is_asked_for(record.nc_type.as_deref(), query.r#type.as_deref());
        if is_wanted {
            groups.entry((record.nc_type.clone(), record.severity.clone())).or_default().add(&record);
        }
    }
    let keyed = groups.into_iter().map(|((nc_type, severity), group)| {
        let known = SEVERITIES.iter().position(|known| severity.as_deref() == Some(known));
        (
            (known.unwrap_or(SEVERITIES.len()), Reverse(group.raised), nc_type.clone(), severity.clone()),
            row(nc_type, severity, &group),
        )
    });
    keyed.collect()
}

fn row(nc_type: Option<String>, severity: Option<String>, group: &RecordCounts) -> NonConformanceCount {
    NonConformanceCount {
        nc_type,
        severity,
        raised: group.raised,
        open: group.open,
        investigating: group.investigating,
        closed: group.closed,
        closure_rate_pct: ratio_pct(group.closed as f64, group.raised as f64),
        avg_days_to_close: (group.with_days > 0).then(|| group.days as f64 / group.with_days as f64),
        oldest_open_date: group.oldest_open_date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(
        day: u32,
        nc_type: Option<&str>,
        severity: Option<&str>,
        status: Option<&str>,
        days_to_close: Option<i64>,
    ) -> NonConformanceRow {
        let nc_date = NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        NonConformanceRow {
            nc_date,
            nc_type: nc_type.map(str::to_owned),
            severity: severity.map(str::to_owned),
            status: status.map(str::to_owned),
            days_to_close,
            ..NonConformanceRow::default()
        }
    }

    fn sorted(
        records: Vec<NonConformanceRow>,
        query: &NonConformanceReportQuery,
    ) -> Vec<NonConformanceCount> {
        let mut rows = counted(records, query);
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    #[test]
    fn records_are_counted_by_state_and_the_mean_is_over_those_with_a_closing_date() {
        let bones = |day, status, days| record(day, Some("bones"), Some("major"), status, days);
        let records = vec![
            bones(5, Some("closed"), Some(2)),
            bones(2, Some("closed"), Some(5)),
            bones(1, Some("closed"), None),
            bones(4, Some("open"), None),
            bones(3, Some("investigating"), None),
            bones(6, Some("on hold"), None),
            bones(7, None, None),
            bones(8, Some("open"), None),
        ];
        let rows = sorted(records, &NonConformanceReportQuery::default());
        let row = &rows[0];
        assert_eq!((rows.len(), row.raised, row.open, row.investigating, row.closed), (1, 8, 2, 1, 3));
        assert_eq!(
            (row.closure_rate_pct, row.avg_days_to_close, row.oldest_open_date),
            (Some(37.5), Some(3.5), NaiveDate::from_ymd_opt(2026, 11, 3))
        );
    }

    #[test]
    fn where_all_are_closed_none_is_the_oldest_that_is_open() {
        let rows =
            sorted(vec![record(2, None, None, Some("closed"), None)], &NonConformanceReportQuery::default());
        assert_eq!(
            (rows[0].oldest_open_date, rows[0].avg_days_to_close, rows[0].closure_rate_pct),
            (None, None, Some(100.0))
        );
    }

    #[test]
    fn the_worst_come_first_and_of_them_the_most_frequent() {
        let of = |nc_type, severity| record(2, nc_type, severity, None, None);
        let records = vec![
            of(Some("a"), None),
            of(Some("a"), Some("minor")),
            of(Some("b"), Some("major")),
            of(Some("c"), Some("major")),
            of(Some("c"), Some("major")),
            of(None, Some("major")),
            of(Some("a"), Some("trivial")),
            of(Some("z"), Some("critical")),
        ];
        let asked = |severity: Option<&str>, nc_type: Option<&str>| {
            let query = NonConformanceReportQuery {
                severity: severity.map(str::to_owned),
                r#type: nc_type.map(str::to_owned),
                ..Default::default()
            };
            let shown = |row: NonConformanceCount| {
                format!(
                    "{} {}",
                    row.severity.unwrap_or_else(|| "-".to_owned()),
                    row.nc_type.unwrap_or_else(|| "-".to_owned())
                )
            };
            sorted(records.clone(), &query).into_iter().map(shown).collect::<Vec<_>>()
        };
        assert_eq!(
            asked(None, None),
            ["critical z", "major c", "major -", "major b", "minor a", "- a", "trivial a"]
        );
        assert_eq!(asked(Some("MAJOR"), Some("C")), ["major c"]);
        assert_eq!(asked(None, Some("a")), ["minor a", "- a", "trivial a"]);
    }
}
