//! The figures that the page works out from rows of the API: sums of a week, ratios of a day, counts by
//! severity.

use std::collections::BTreeMap;

use api::compliance::{CheckFinding, Severity};
use api::yields::DailyYield;
use chrono::{Days, NaiveDate};

/// A yield below this is worth a look, %: the limit of the check `low_yield`.
pub(crate) const LOW_YIELD_PCT: f64 = 90.0;

/// How many days the page shows.
pub(crate) const DAYS: u32 = 7;

/// Yield of some runs together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Yield {
    /// Complete runs.
    pub(crate) runs: i64,
    /// What came out of them, kg.
    pub(crate) total_kg: Option<f64>,
    /// What went into those whose input is known, kg.
    input_kg: f64,
    /// What came out of those, kg.
    output_kg: f64,
}

impl Yield {
    /// Output of input over the runs whose input is known, %.
    pub(crate) fn pct(&self) -> Option<f64> {
        (self.input_kg > 0.0).then(|| self.output_kg / self.input_kg * 100.0)
    }

    /// Whether the yield is known and below [`LOW_YIELD_PCT`].
    pub(crate) fn is_low(&self) -> bool {
        self.pct().is_some_and(|pct| pct < LOW_YIELD_PCT)
    }

    /// Adds a row. Its input and waste cover the same runs; its total covers more: runs without paperwork
    /// have output but no input.
    fn add(&mut self, row: &DailyYield) {
        self.runs += row.runs;
        if let Some(kg) = row.total_kg {
            *self.total_kg.get_or_insert_default() += kg;
        }
        if let (Some(input_kg), Some(waste_kg)) = (row.input_kg, row.waste_kg) {
            self.input_kg += input_kg;
            self.output_kg += input_kg - waste_kg;
        }
    }
}

/// The yield of all rows together.
pub(crate) fn total_yield(rows: &[DailyYield]) -> Yield {
    let mut total = Yield::default();
    for row in rows {
        total.add(row);
    }
    total
}

/// The yield of each date up to `today` over all lines; a date without runs is there, without a yield.
pub(crate) fn daily_yield(rows: &[DailyYield], today: Option<NaiveDate>) -> BTreeMap<NaiveDate, Yield> {
    let latest = rows.iter().map(|row| row.production_date).max();
    // The reader's clock may be wrong by years: it counts only as far as the rows bear it out.
    let near = |today: &NaiveDate| {
        latest.is_none_or(|latest| (0..i64::from(DAYS)).contains(&(*today - latest).num_days()))
    };
    let mut days = BTreeMap::new();
    if let Some(last) = today.filter(near).or(latest) {
        let dates = (0..u64::from(DAYS)).filter_map(|n| last.checked_sub_days(Days::new(n)));
        days.extend(dates.map(|date| (date, Yield::default())));
    }
    for row in rows {
        days.entry(row.production_date).or_default().add(row);
    }
    days
}

/// How many findings of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Severities {
    /// Stop and act.
    pub(crate) critical: usize,
    /// Act today.
    pub(crate) major: usize,
    /// Look into it.
    pub(crate) warning: usize,
}

/// Counts findings by severity; an unknown severity counts as the least.
pub(crate) fn severities(findings: &[CheckFinding]) -> Severities {
    let count =
        |severity: Severity| findings.iter().filter(|finding| finding.severity == severity.word()).count();
    let (critical, major) = (count(Severity::Critical), count(Severity::Major));
    Severities { critical, major, warning: findings.len() - critical - major }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, n).unwrap()
    }

    fn row(date: u32, input_kg: Option<f64>, waste_kg: Option<f64>, total_kg: Option<f64>) -> DailyYield {
        DailyYield {
            production_date: day(date),
            prod_line: Some("L1".into()),
            line_name: None,
            runs: 2,
            input_kg,
            target_kg: None,
            total_kg,
            waste_kg,
            yield_pct: None,
            waste_pct: None,
            efficiency_pct: None,
            giveaway_pct: None,
        }
    }

    #[test]
    fn the_yield_of_a_week_is_a_ratio_of_sums_over_the_runs_with_input() {
        let rows = [
            row(20, Some(1000.0), Some(50.0), Some(950.0)),
            // One of the two runs has no input: its 400 kg count in the total, not in the yield.
            row(21, Some(100.0), Some(50.0), Some(450.0)),
            row(22, None, None, Some(30.0)),
        ];
        let total = total_yield(&rows);
        assert_eq!(total.pct().unwrap(), 1000.0 / 1100.0 * 100.0);
        assert_eq!((total.total_kg, total.runs), (Some(1430.0), 6));
        assert!(!total.is_low());
    }

    #[test]
    fn no_input_is_no_yield_rather_than_zero() {
        let total = total_yield(&[row(22, None, None, Some(30.0))]);
        assert_eq!((total.pct(), total.total_kg, total.is_low()), (None, Some(30.0), false));
        assert_eq!(total_yield(&[]).total_kg, None);
    }

    #[test]
    fn lines_of_one_date_are_weighed_together() {
        let days = daily_yield(
            &[row(22, Some(900.0), Some(90.0), None), row(22, Some(100.0), Some(60.0), None)],
            Some(day(23)),
        );
        assert_eq!(days[&day(22)].pct(), Some(85.0));
        assert!(days[&day(22)].is_low());
    }

    #[test]
    fn a_date_without_runs_is_a_gap_in_the_seven_days_up_to_today() {
        let days = daily_yield(&[row(20, Some(100.0), Some(10.0), None)], Some(day(22)));
        assert_eq!(days.keys().copied().collect::<Vec<_>>(), (16..=22).map(day).collect::<Vec<_>>());
        assert_eq!((days[&day(22)].pct(), days[&day(20)].pct()), (None, Some(90.0)));
    }

    #[test]
    fn a_reader_with_a_wrong_clock_sees_the_same_rows() {
        let rows = [row(20, Some(100.0), Some(10.0), None)];
        for wrong in [NaiveDate::from_ymd_opt(1970, 1, 1), NaiveDate::from_ymd_opt(2031, 1, 1), None] {
            let days = daily_yield(&rows, wrong);
            assert_eq!((days.len(), days.keys().max()), (7, Some(&day(20))), "{wrong:?}");
        }
        assert!(daily_yield(&[], None).is_empty());
    }
}
