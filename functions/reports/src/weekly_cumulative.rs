//! `weekly-cumulative`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::reports::{WeekReportQuery, WeeklyYield};
use chrono::{NaiveDate, Weekday};
use domain::yields::YieldSum;
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, is_asked_for, work};
use warehouse::marts::{RUNS, RunRow, rows};

use crate::ask::{Keyed, dates};
use crate::run::{count, is_of_line};

pub(crate) async fn report(state: State, ask: Ask<WeekReportQuery, Vec<WeeklyYield>>) -> Result<Answer> {
    let dates = dates(&ask.query, &state)?;
    let snapshot = state.snapshot().await?;
    let runs = snapshot.mart(&RUNS, Dates { from: dates.from.map(monday), ..dates }).await?;
    work(move || ask.list(cumulated(rows(&runs)?, dates.from, &ask.query), &snapshot)).await
}

type Key = (Reverse<NaiveDate>, Option<String>);

/// The Monday of a day's week.
fn monday(day: NaiveDate) -> NaiveDate {
    day.week(Weekday::Mon).checked_first_day().unwrap_or(day)
}

/// The runs of a line on a day.
#[derive(Default)]
struct Day {
    line_name: Option<String>,
    runs: Vec<RunRow>,
}

/// The rows of the days from `from` on. Each adds up its week until that day, including days before `from`.
fn cumulated(runs: Vec<RunRow>, from: Option<NaiveDate>, query: &WeekReportQuery) -> Keyed<Key, WeeklyYield> {
    let mut days = BTreeMap::<_, Day>::new();
    for run in runs {
        if run.complete
            && is_of_line(&run, query.line.as_deref())
            && is_asked_for(run.species.as_deref(), query.species.as_deref())
        {
            let day = days.entry((run.prod_line.clone(), run.production_date)).or_default();
            day.line_name = day.line_name.take().or_else(|| run.line_name.clone());
            day.runs.push(run);
        }
    }
    let mut rows = Vec::new();
    let (mut week, mut so_far) = (None, YieldSum::default());
    for ((prod_line, production_date), day) in days {
        let week_start = monday(production_date);
        let this_week = (prod_line.clone(), week_start);
        if week.as_ref() != Some(&this_week) {
            (week, so_far) = (Some(this_week), YieldSum::default());
        }
        let mut of_day = YieldSum::default();
        for run in &day.runs {
            of_day.add(&run.kg());
            so_far.add(&run.kg());
        }
        if from.is_none_or(|from| production_date >= from) {
            let row = WeeklyYield {
                week_start,
                production_date,
                prod_line: prod_line.clone(),
                line_name: day.line_name,
                runs: count(of_day.runs()),
                input_kg: of_day.input_kg(),
                total_kg: of_day.total_kg(),
                cumulative_input_kg: so_far.input_kg(),
                cumulative_kg: so_far.total_kg(),
                cumulative_yield_pct: so_far.yield_pct(),
            };
            rows.push(((Reverse(production_date), prod_line), row));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;

    use super::*;

    /// The 2nd of November 2026 is a Monday.
    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    fn run(line: Option<&str>, on: u32, input_kg: Option<f64>, actual_kg: Option<f64>) -> RunRow {
        RunRow {
            prod_line: line.map(str::to_owned),
            production_date: day(on),
            species: Some("cod".to_owned()),
            complete: true,
            input_kg,
            actual_kg,
            ..RunRow::default()
        }
    }

    fn shown(runs: Vec<RunRow>, from: Option<NaiveDate>, query: &WeekReportQuery) -> Vec<String> {
        let mut rows = cumulated(runs, from, query);
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        let number = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let shown = |row: WeeklyYield| {
            let (line, day) = (
                row.prod_line.unwrap_or_else(|| "-".to_owned()),
                format!("{} of {}", number(row.total_kg), number(row.input_kg)),
            );
            let week = format!(
                "{} of {}, {} %",
                number(row.cumulative_kg),
                number(row.cumulative_input_kg),
                number(row.cumulative_yield_pct)
            );
            format!(
                "{} {line}: {} runs {day}, since {} {week}",
                row.production_date.day(),
                row.runs,
                row.week_start.day()
            )
        };
        rows.into_iter().map(|(_, row)| shown(row)).collect()
    }

    fn two_weeks() -> Vec<RunRow> {
        vec![
            run(Some("L1"), 8, Some(100.0), Some(60.0)),
            run(Some("L1"), 2, Some(100.0), Some(80.0)),
            run(Some("L1"), 2, None, Some(10.0)),
            run(Some("L1"), 4, Some(100.0), Some(60.0)),
            run(Some("L1"), 9, Some(50.0), Some(40.0)),
            run(Some("L2"), 4, Some(10.0), Some(5.0)),
            run(None, 3, None, None),
        ]
    }

    #[test]
    fn a_week_adds_up_from_monday_to_sunday_line_by_line() {
        assert_eq!(
            shown(two_weeks(), None, &WeekReportQuery::default()),
            [
                "9 L1: 1 runs 40 of 50, since 9 40 of 50, 80 %",
                "8 L1: 1 runs 60 of 100, since 2 210 of 300, 66.66666666666666 %",
                "4 L1: 1 runs 60 of 100, since 2 150 of 200, 70 %",
                "4 L2: 1 runs 5 of 10, since 2 5 of 10, 50 %",
                "3 -: 1 runs - of -, since 2 - of -, - %",
                "2 L1: 2 runs 90 of 100, since 2 90 of 100, 80 %",
            ]
        );
    }

    #[test]
    fn a_window_that_begins_in_a_week_lists_its_own_days_with_all_that_came_before() {
        assert_eq!(
            shown(two_weeks(), Some(day(8)), &WeekReportQuery::default())[1],
            "8 L1: 1 runs 60 of 100, since 2 210 of 300, 66.66666666666666 %"
        );
        assert_eq!(shown(two_weeks(), Some(day(8)), &WeekReportQuery::default()).len(), 2);
    }

    #[test]
    fn what_is_filtered_out_does_not_add_up() {
        let mut runs = two_weeks();
        runs[1].species = Some("hake".to_owned());
        runs[4].complete = false;
        let query = WeekReportQuery {
            line: Some("l1".to_owned()),
            species: Some("Cod".to_owned()),
            ..WeekReportQuery::default()
        };
        assert_eq!(
            shown(runs, None, &query),
            [
                "8 L1: 1 runs 60 of 100, since 2 130 of 200, 60 %",
                "4 L1: 1 runs 60 of 100, since 2 70 of 100, 60 %",
                "2 L1: 1 runs 10 of -, since 2 10 of -, - %"
            ]
        );
    }

    #[test]
    fn a_week_begins_on_monday_also_over_the_turn_of_a_month_and_a_year() {
        let check = |day: &str, expect: &str| assert_eq!(monday(day.parse().unwrap()).to_string(), expect);
        check("2026-11-02", "2026-11-02");
        check("2026-11-08", "2026-11-02");
        check("2026-11-01", "2026-10-26");
        check("2027-01-01", "2026-12-28");
        assert_eq!(monday(NaiveDate::MIN), NaiveDate::MIN, "the calendar begins in the middle of a week");
    }
}
