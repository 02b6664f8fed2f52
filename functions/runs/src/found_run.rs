//! The run that a number names. Numbers recur on other dates: the number and the production date together are
//! one run.

use std::collections::BTreeSet;

use api::query::shorten;
use chrono::NaiveDate;
use polars::prelude::{DataFrame, IntoLazy, col, lit};
use serve::{Error, Result, Snapshot, day, work};
use warehouse::marts::{Mart, RUNS, RunRow, rows};
use warehouse::staging::zones::{RUN_GROUP, may_hold, run_group};

/// The run that was asked for, by its row of the mart `runs`.
pub(crate) struct FoundRun {
    pub(crate) row: RunRow,
}

impl FoundRun {
    /// The run of this number: that of `date`, or the newest.
    pub(crate) async fn of(snapshot: &Snapshot, run_number: &str, date: Option<NaiveDate>) -> Result<Self> {
        let unknown = || Error::Unknown(unknown(run_number.trim(), date));
        let row = snapshot.newest_run(&RUNS, run_number.trim(), date).await?.ok_or_else(unknown)?;
        rows(&row)?.into_iter().next().map(|row| Self { row }).ok_or_else(unknown)
    }

    /// The rows that a mart has of this run. Parts that can hold none are left unread.
    pub(crate) async fn rows_of(&self, snapshot: &Snapshot, mart: &'static Mart) -> Result<DataFrame> {
        let RunRow { run_number, production_date, .. } = &self.row;
        let groups = BTreeSet::from([run_group(run_number)]);
        let date = *production_date;
        let parts = snapshot
            .parts(mart, |name, zone| {
                mart.is_part_of_runs(name)
                    && mart.part_overlaps(name, date, date)
                    && may_hold(zone, RUN_GROUP, &groups)
            })
            .await?;
        let of_run = col("run_number")
            .eq(lit(run_number.as_str()))
            .and(col("production_date").eq(day(*production_date)));
        work(move || {
            let mut rows = DataFrame::empty_with_schema(&mart.schema());
            for (_, part) in parts {
                rows.vstack_mut(&part.lazy().filter(of_run.clone()).collect()?)?;
            }
            Ok(rows)
        })
        .await
    }
}

fn unknown(run_number: &str, date: Option<NaiveDate>) -> String {
    let number = shorten(run_number);
    date.map_or_else(
        || format!("there is no run `{number}`"),
        |date| format!("there is no run `{number}` of {date}"),
    )
}
