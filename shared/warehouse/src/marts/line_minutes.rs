//! `line_minutes`: what each run packed on a line, minute by minute. What is told of shifts follows from it.

use api::row;
use chrono::{NaiveDate, NaiveDateTime};
use domain::stops::stop_after_minutes;
use polars::prelude::*;

use super::prod_line::Lines;
use super::run_weights::{PLACED, marked};
use super::{Build, Mart, RUN_KEY, RUN_TABLES, columns_of, left_join};
use crate::frames;
use crate::scope::RunScope;

row! {
    /// What packs add up to.
    pub struct PackSums {
        /// Packs that are placed on the market.
        #[at_least(0)]
        packs: i64,
        /// The other packs: without a weight, or without a label.
        #[at_least(0)]
        packs_excluded: i64,
        /// What the packs weigh that are placed on the market, kg.
        #[at_least(0)]
        made_kg: f64,
        /// What the packs whose net and target weight are both known weigh above their targets, kg.
        giveaway_kg: f64,
        /// What these packs had to weigh, kg.
        #[at_least(0)]
        pack_target_kg: f64,
    }
}

row! {
    /// The packs of a run that were made on a line in a minute.
    pub struct LineMinuteRow {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The line that weighed them, else the run's: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The day on which they were made.
        packed_on: NaiveDate,
        /// The minute, at its start.
        minute: NaiveDateTime,
        /// When the first of them was made.
        first_pack_at: NaiveDateTime,
        /// When the last of them was made.
        last_pack_at: NaiveDateTime,
        /// After how long without a pack the line has stopped, by the pace of the run on it, minutes.
        #[at_least(0)]
        stop_after_minutes: f64,
        ..made: PackSums,
    }
}

/// Minutes in which packs were made. Packs without a time are left out, and all packs of a run whose stamps
/// are dates alone: nobody knows in which shift they were made. Times are whole seconds.
pub const LINE_MINUTES: Mart = Mart {
    name: "line_minutes",
    columns: columns_of::<LineMinuteRow>(),
    grain: &["run_number", "production_date", "prod_line", "minute"],
    month_of: Some("packed_on"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::RunMinutes(build)],
};

/// The packs of a run on a line.
const RUN_LINE: [&str; 3] = ["run_number", "production_date", "prod_line"];

fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    let packs = timed(scope)?;
    let (net, target) = (|| col("net_weight"), || col("target_weight"));
    let weighed = || net().is_not_null().and(target().is_not_null());
    let minutes = packs
        .clone()
        .with_column(col("trans_date").dt().truncate(lit("1m")).alias("minute"))
        .group_by_stable([cols(RUN_LINE).as_expr(), col("line_name"), col("product_code"), col("minute")])
        .agg([
            col("trans_date").min().alias("first_pack_at"),
            col("trans_date").max().alias("last_pack_at"),
            col(PLACED).sum().alias("packs"),
            col(PLACED).not().sum().alias("packs_excluded"),
            net().filter(col(PLACED)).sum().alias("made_kg"),
            (net() - target()).filter(weighed()).sum().alias("giveaway_kg"),
            target().filter(weighed()).sum().alias("pack_target_kg"),
        ]);
    // Packs of no line have gaps as well.
    let with_nulls = JoinArgs {
        maintain_order: MaintainOrderJoin::Left,
        nulls_equal: true,
        ..JoinArgs::new(JoinType::Left)
    };
    let keys = || RUN_LINE.map(col);
    let minutes = minutes.join(median_gaps(packs), keys(), keys(), with_nulls);
    let mut minutes = minutes.with_column(col("minute").cast(DataType::Date).alias("packed_on")).collect()?;
    // Not by Polars, which divides now and then by way of the reciprocal: then the last digit is another one.
    for name in ["made_kg", "giveaway_kg", "pack_target_kg"] {
        let kg: Vec<f64> =
            minutes.column(name)?.f64()?.iter().flatten().map(|grams| grams / 1000.0).collect();
        minutes.with_column(Column::new(name.into(), kg))?;
    }
    let stop_minutes = scope.settings.limits.stop_minutes;
    let gaps = minutes.column("median_gap_seconds")?.f64()?;
    let stop_after: Vec<f64> = gaps.iter().map(|gap| stop_after_minutes(stop_minutes, gap)).collect();
    minutes.with_column(Column::new("stop_after_minutes".into(), stop_after))?;
    frames::fit(&minutes, &LINE_MINUTES.schema())
}

/// The packs whose time of day is known, each with its line and its product, in the order of their times.
fn timed(scope: &RunScope) -> PolarsResult<LazyFrame> {
    let lines = Lines::of(&scope.lines)?;
    let (ids, names) = lines.resolve_all(scope.packs.column("prod_line")?.str()?);
    let of_packs = [Column::new("pack_line".into(), ids), Column::new("pack_line_name".into(), names)];
    let packs = of_packs.into_iter().try_fold(marked(&scope.packs)?.collect()?, |mut packs, column| {
        packs.with_column(column)?;
        Ok::<_, PolarsError>(packs)
    })?;
    let of_runs = scope.finished.clone().lazy().select([
        cols(RUN_KEY).as_expr(),
        col("prod_line").alias("run_line"),
        col("line_name").alias("run_line_name"),
        col("product_code"),
    ]);
    let is_midnight = col("trans_date").dt().time().eq(lit(0).cast(DataType::Time));
    let dates_alone = is_midnight.all(true).over(RUN_KEY.map(col))?;
    let line = |of_pack: &str, of_run: &str, name: &str| {
        when(col("pack_line").is_not_null()).then(col(of_pack)).otherwise(col(of_run)).alias(name)
    };
    let kept =
        ["trans_no", "trans_date", "net_weight", "target_weight", PLACED, "pack_line", "pack_line_name"];
    let packs = packs.lazy().filter(col("trans_date").is_not_null());
    let packs = packs.select([cols(RUN_KEY).as_expr(), cols(kept).as_expr()]);
    Ok(left_join(packs, of_runs, RUN_KEY)
        .filter(dates_alone.not())
        .with_columns([
            line("pack_line", "run_line", "prod_line"),
            line("pack_line_name", "run_line_name", "line_name"),
            // No figure that follows is finer than a second.
            col("trans_date").dt().truncate(lit("1s")),
        ])
        // In a fixed order, since a sum of floats depends on the order.
        .sort(["trans_date", "trans_no"], SortMultipleOptions::new()))
}

/// The median time between two packs that each run made one after the other on a line. The packs are sorted by
/// time.
fn median_gaps(packs: LazyFrame) -> LazyFrame {
    let at = || col("trans_date");
    let gap = (at() - at().shift(lit(1))).cast(DataType::Int64).cast(DataType::Float64);
    let seconds = gap / lit(1e6);
    packs.group_by_stable(RUN_LINE.map(col)).agg([seconds.median().alias("median_gap_seconds")])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::small_factory::{at, day, no_runs, of_run, rows, runs, shown};
    use super::*;
    use crate::sources::{PROD_LINES, TRANSACTIONS};
    use chrono::TimeDelta;

    /// Packs of (run, seconds after six, line, net weight, target weight, label).
    type Pack<'a> = (&'a str, i64, Option<&'a str>, Option<f64>, Option<f64>, Option<bool>);

    fn made(packs: &[Pack<'_>], stop_minutes: f64) -> DataFrame {
        let times = packs.iter().map(|pack| at(2, 6, 0) + TimeDelta::milliseconds(pack.1 * 1000 + 900));
        stamped(packs, &times.collect::<Vec<_>>(), stop_minutes)
    }

    fn stamped(packs: &[Pack<'_>], times: &[NaiveDateTime], stop_minutes: f64) -> DataFrame {
        let mut scope = no_runs();
        let mut settings = domain::settings::FactorySettings::default();
        settings.limits.stop_minutes = stop_minutes;
        scope.settings = Arc::new(settings);
        scope.lines = rows(
            &PROD_LINES,
            &df!["line_id" => ["L1"], "line_name" => ["Line 1"], "active" => [true]].unwrap(),
        );
        let two = df!["run_number" => ["1", "2"], "production_date" => [day(2), day(2)], "product_code" => [Some("A"), None], "prod_line" => [Some("L1"), None], "line_name" => [Some("Line 1"), None]];
        scope.finished = runs(&two.unwrap());
        let packs = df![
            "trans_no" => (1_i64..).take(packs.len()).collect::<Vec<_>>(),
            "run_number" => packs.iter().map(|pack| pack.0).collect::<Vec<_>>(),
            "production_date" => vec![day(2); packs.len()],
            "trans_date" => times,
            "prod_line" => packs.iter().map(|pack| pack.2).collect::<Vec<_>>(),
            "net_weight" => packs.iter().map(|pack| pack.3).collect::<Vec<_>>(),
            "target_weight" => packs.iter().map(|pack| pack.4).collect::<Vec<_>>(),
            "label_printed" => packs.iter().map(|pack| pack.5).collect::<Vec<_>>(),
        ];
        scope.packs = of_run(&TRANSACTIONS, &packs.unwrap());
        let mart = build(&scope).unwrap();
        assert_eq!(**mart.schema(), LINE_MINUTES.schema());
        mart
    }

    #[test]
    fn packs_of_a_minute_are_one_row_and_those_that_are_not_sold_are_counted_beside_it() {
        let packs = [
            ("1", 1, None, Some(210.0), Some(200.0), None),
            ("1", 59, None, Some(40.0), None, Some(true)),
            ("1", 30, None, Some(190.0), Some(200.0), Some(false)),
            ("1", 40, None, None, Some(200.0), None),
            ("1", 60, None, Some(200.0), Some(200.0), None),
        ];
        let figures = [
            "prod_line",
            "minute",
            "first_pack_at",
            "last_pack_at",
            "packs",
            "packs_excluded",
            "made_kg",
            "giveaway_kg",
            "pack_target_kg",
        ];
        assert_eq!(
            shown(&made(&packs, 3.0), &figures),
            [
                "L1 | 2026-11-02 06:00:00 | 2026-11-02 06:00:01 | 2026-11-02 06:00:59 | 2 | 2 | 0.25 | 0 | 0.4",
                "L1 | 2026-11-02 06:01:00 | 2026-11-02 06:01:00 | 2026-11-02 06:01:00 | 1 | 0 | 0.2 | 0 | 0.2"
            ]
        );
    }

    #[test]
    fn a_pack_is_of_the_line_that_it_names_else_of_that_of_its_run() {
        let pack = |run, line| (run, 0, line, Some(200.0), None, None);
        let packs =
            [pack("1", Some(" ")), pack("1", Some("L7 ")), pack("2", Some("line 1")), pack("2", None)];
        let mut lines = shown(&made(&packs, 3.0), &["run_number", "prod_line", "line_name", "product_code"]);
        lines.sort();
        assert_eq!(lines, ["1 | L1 | Line 1 | A", "1 | L7 | L7 | A", "2 | - | - | -", "2 | L1 | Line 1 | -"]);
    }

    #[test]
    fn a_line_has_stopped_after_eight_of_the_gaps_that_its_run_has_there() {
        let pack = |run, second, line| (run, second, line, Some(200.0), None, None);
        let packs = [
            pack("1", 0, None),
            pack("1", 30, None),
            pack("1", 90, None),
            pack("1", 690, None),
            // On another line the same run is slower, and one pack has no gap.
            pack("1", 0, Some("L2")),
            pack("1", 240, Some("L2")),
            pack("2", 0, None),
        ];
        let mut after = shown(&made(&packs, 2.5), &["run_number", "prod_line", "stop_after_minutes"]);
        after.sort();
        after.dedup();
        assert_eq!(after, ["1 | L1 | 8", "1 | L2 | 32", "2 | - | 2.5"]);
    }

    #[test]
    fn a_run_whose_stamps_are_dates_alone_tells_no_minutes() {
        let pack = |run| (run, 0, None, Some(200.0), None, None);
        let times = [at(2, 0, 0), at(3, 0, 0), at(2, 0, 0), at(2, 0, 1)];
        let made = stamped(&[pack("1"), pack("1"), pack("2"), pack("2")], &times, 3.0);
        assert_eq!(
            shown(&made, &["run_number", "minute"]),
            ["2 | 2026-11-02 00:00:00", "2 | 2026-11-02 00:01:00"]
        );
    }
}
