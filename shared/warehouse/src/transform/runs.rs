//! Brings together what belongs to a set of runs: finds the staging parts that can hold their rows, and puts
//! each row under the run it counts for.

use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use futures::{StreamExt, TryStreamExt, stream};
use lake::Slot;
use polars::prelude::*;

use super::Work;
use super::batches::known_batches;
use super::stage::READS_AT_ONCE;
use crate::frames::{compute, stack, texts, with_text_in};
use crate::marts::RUNS;
use crate::scope::RunScope;
use crate::sources::{self, Source};
use crate::staging::fold::with_watermark;
use crate::staging::parts::{may_hold, run_groups};
use crate::touched::Touched;
use crate::{Result, WarehouseError};

/// So many runs are made at once: their packs are held in memory together.
const RUNS_AT_ONCE: usize = 600;

/// The touched run numbers in handy sets.
pub(super) async fn run_chunks(work: &Work<'_>, touched: &Touched) -> Result<Vec<BTreeSet<String>>> {
    let mut numbers: Vec<String> = touched.runs.iter().cloned().collect();
    if touched.all_runs {
        let runs = staged_columns(
            work,
            &sources::RUN_NUMBERS,
            part_names(work, &sources::RUN_NUMBERS),
            Some(&["run_number".to_owned()]),
        )
        .await?;
        numbers = texts(&runs, "run_number").map_err(failed)?.into_iter().collect();
    }
    // Neighbouring numbers lie in the same parts.
    Ok(numbers.chunks(RUNS_AT_ONCE).map(|chunk| chunk.iter().cloned().collect()).collect())
}

/// Everything that belongs to the runs of these numbers.
pub(super) async fn load_runs(
    work: &Work<'_>,
    numbers: &BTreeSet<String>,
    lines: &DataFrame,
    products: &DataFrame,
) -> Result<RunScope> {
    let by_number = |source: &'static Source| {
        let parts: BTreeSet<String> = numbers.iter().map(|number| source.part.of_text(number)).collect();
        let known = part_names(work, source);
        staged_columns(work, source, parts.into_iter().filter(|part| known.contains(part)).collect(), None)
    };
    let groups = run_groups(numbers);
    let pack_columns =
        ["trans_no", "run_number", "trans_date", "net_weight", "target_weight"].map(str::to_owned);
    let runs = by_number(&sources::RUN_NUMBERS).await?;
    let sheets = by_number(&sources::RUN_SHEETS).await?;
    let totals = by_number(&sources::RUN_TOTALS).await?;
    let inputs = staged(work, &sources::RUN_INPUTS, "run_group", &groups, None).await?;
    let outputs = staged(work, &sources::RUN_OUTPUTS, "run_group", &groups, None).await?;
    let packs = staged(work, &sources::TRANSACTIONS, "run_group", &groups, Some(&pack_columns)).await?;
    let lineage = staged(work, &sources::BATCH_LINEAGE, "run_group", &groups, None).await?;
    let despatch = staged(work, &sources::DESPATCH, "run_group", &groups, None).await?;
    let case_columns = ["run_number", "label_seq", "expected_plu", "scanned_plu", "scan_time", "updated_at"]
        .map(str::to_owned);
    let cases = staged(work, &sources::CASE_VERIFICATION, "run_group", &groups, Some(&case_columns)).await?;
    let known = known_batches(work, numbers, &inputs, &lineage).await?;
    let unread = work.unread.clone();
    let (numbers, lines, products) = (numbers.clone(), lines.clone(), products.clone());
    compute("the rows of runs", move || {
        let runs = with_text_in(&runs, "run_number", &numbers)?;
        let index = RunIndex::of(&runs)?;
        let of_run = |source: &Source, rows: DataFrame| -> PolarsResult<DataFrame> {
            let rows = with_text_in(&rows, "run_number", &numbers)?;
            let times = own_time(source, &rows)?;
            index.assign(rows, &times)
        };
        Ok(RunScope {
            totals: of_run(&sources::RUN_TOTALS, totals)?,
            inputs: of_run(&sources::RUN_INPUTS, inputs)?,
            outputs: of_run(&sources::RUN_OUTPUTS, outputs)?,
            packs: of_run(&sources::TRANSACTIONS, packs)?,
            lineage: of_run(&sources::BATCH_LINEAGE, lineage)?,
            despatch: of_run(&sources::DESPATCH, despatch)?,
            cases: of_run(&sources::CASE_VERIFICATION, cases)?,
            batches: known.batches,
            intakes: known.intakes,
            unread,
            sheets: with_text_in(&sheets, "run_number", &numbers)?,
            runs,
            lines,
            products,
            finished: DataFrame::empty_with_schema(&RUNS.schema()),
        })
    })
    .await
}

/// All rows of a table.
pub(super) async fn staged_all(work: &Work<'_>, source: &'static Source) -> Result<DataFrame> {
    staged_columns(work, source, part_names(work, source), None).await
}

/// Some columns of all rows of a table.
pub(super) async fn staged_whole(
    work: &Work<'_>,
    source: &'static Source,
    columns: &[String],
) -> Result<DataFrame> {
    staged_columns(work, source, part_names(work, source), Some(columns)).await
}

/// The rows of the parts that can hold a row of one of these groups (more rows than that: the caller
/// filters).
pub(super) async fn staged(
    work: &Work<'_>,
    source: &'static Source,
    zone: &str,
    groups: &BTreeSet<String>,
    columns: Option<&[String]>,
) -> Result<DataFrame> {
    let table = work.manifest.tables.get(source.staging);
    let parts = table
        .iter()
        .flat_map(|table| &table.parts)
        .filter(|(_, held)| may_hold(held, zone, groups))
        .map(|(part, _)| part.clone());
    staged_columns(work, source, parts.collect(), columns).await
}

fn part_names(work: &Work<'_>, source: &Source) -> BTreeSet<String> {
    work.manifest
        .tables
        .get(source.staging)
        .map(|table| table.parts.keys().cloned().collect())
        .unwrap_or_default()
}

async fn staged_columns(
    work: &Work<'_>,
    source: &'static Source,
    parts: BTreeSet<String>,
    columns: Option<&[String]>,
) -> Result<DataFrame> {
    let lake = work.lake;
    let frames: Vec<DataFrame> = stream::iter(parts)
        .map(|part| async move {
            Ok::<_, WarehouseError>(
                lake.held(source.staging, Slot::Part(&part), columns).await?.map(|held| held.frame),
            )
        })
        .buffered(READS_AT_ONCE)
        .try_filter_map(|frame| async { Ok(frame) })
        .try_collect()
        .await?;
    let mut schema = source.schema();
    if let Some(columns) = columns {
        schema = schema
            .iter_fields()
            .filter(|field| columns.iter().any(|name| name == field.name().as_str()))
            .collect();
    }
    compute("staging rows", move || stack(frames, &schema)).await
}

/// The time by which a row is put under a run: its own, else its watermark.
fn own_time(source: &Source, rows: &DataFrame) -> PolarsResult<Column> {
    if source.staging == "transactions" {
        return Ok(rows.column("trans_date")?.clone());
    }
    let watermark = with_watermark(source, rows)?.column("_watermark")?.clone();
    if source.staging == "despatch" {
        // An order leaves on its day, whenever that is: by the end of it, all runs of the day have begun.
        let micros = DataType::Datetime(TimeUnit::Microseconds, None);
        let midnight = rows.column("despatch_date")?.cast(&micros)?.cast(&DataType::Int64)?;
        let end = (&midnight + (24 * 60 * 60 * 1_000_000_i64 - 1)).cast(&micros)?;
        return end.zip_with(&end.is_not_null(), &watermark.cast(&micros)?);
    }
    match rows.column("scan_time") {
        Ok(scanned) => scanned.zip_with(&scanned.is_not_null(), &watermark),
        Err(_) => Ok(watermark),
    }
}

/// When the runs of each number began.
struct RunIndex {
    began: HashMap<String, Vec<(NaiveDateTime, NaiveDate)>>,
}

impl RunIndex {
    fn of(runs: &DataFrame) -> PolarsResult<Self> {
        let mut began: HashMap<String, Vec<(NaiveDateTime, NaiveDate)>> = HashMap::new();
        let (numbers, dates, created) =
            (runs.column("run_number")?, runs.column("production_date")?, runs.column("created")?);
        for ((number, date), created) in numbers
            .str()?
            .iter()
            .zip(dates.date()?.as_date_iter())
            .zip(created.datetime()?.as_datetime_iter())
        {
            if let (Some(number), Some(date)) = (number, date) {
                began
                    .entry(number.to_owned())
                    .or_default()
                    .push((created.unwrap_or_else(|| date.and_time(NaiveTime::MIN)), date));
            }
        }
        for runs in began.values_mut() {
            runs.sort_unstable();
        }
        Ok(Self { began })
    }

    /// The production date of the latest run of this number that began at or before `time`, else of the
    /// earliest.
    fn date(&self, number: &str, time: Option<NaiveDateTime>) -> Option<NaiveDate> {
        let runs = self.began.get(number)?;
        let before = time.map_or(0, |time| runs.partition_point(|(began, _)| *began <= time));
        Some(runs[before.saturating_sub(1)].1)
    }

    /// The rows that belong to a run, with its `production_date`.
    fn assign(&self, mut rows: DataFrame, times: &Column) -> PolarsResult<DataFrame> {
        let numbers = rows.column("run_number")?.clone();
        let dates = numbers
            .str()?
            .iter()
            .zip(times.datetime()?.as_datetime_iter())
            .map(|(number, time)| self.date(number?, time));
        let dates = DateChunked::from_naive_date_options("production_date".into(), dates);
        rows.with_column(dates.into_column())?;
        rows.drop_nulls(Some(&["production_date".to_owned()]))
    }
}

fn failed(source: PolarsError) -> WarehouseError {
    WarehouseError::Compute { step: "the numbers of runs".to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Part;

    fn at(day: u32, hour: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(hour, 0, 0).unwrap()
    }

    #[test]
    fn a_row_counts_for_the_latest_run_of_its_number_that_had_begun() {
        let runs = df!(
            "run_number" => ["7", "7", "8"],
            "production_date" => [at(1, 0).date(), at(20, 0).date(), at(3, 0).date()],
            "created" => [Some(at(1, 6)), None, Some(at(3, 6))],
        )
        .unwrap();
        let index = RunIndex::of(&runs).unwrap();
        let check = |number: &str, time, day: Option<u32>| {
            assert_eq!(index.date(number, time), day.map(|day| at(day, 0).date()))
        };
        check("7", Some(at(1, 6)), Some(1));
        check("7", Some(at(19, 23)), Some(1));
        check("7", Some(at(20, 0)), Some(20));
        check("7", Some(at(25, 0)), Some(20));
        check("7", Some(at(1, 5)), Some(1));
        check("7", None, Some(1));
        check("9", Some(at(1, 6)), None);
    }

    #[test]
    fn a_scan_counts_by_its_own_time_and_without_one_by_its_watermark() {
        let scans = df!["scan_time" => [Some(at(2, 6)), None], "updated_at" => [at(3, 6), at(3, 7)]].unwrap();
        for source in [&sources::CASE_VERIFICATION, &sources::BATCH_LINEAGE] {
            let times = own_time(source, &scans).unwrap();
            assert_eq!(
                times.datetime().unwrap().as_datetime_iter().collect::<Vec<_>>(),
                [Some(at(2, 6)), Some(at(3, 7))]
            );
        }
    }

    #[test]
    fn an_order_counts_by_the_end_of_its_day_and_without_one_by_its_watermark() {
        let orders =
            df!["despatch_date" => [Some(at(2, 0).date()), None], "updated_at" => [at(1, 6), at(3, 7)]]
                .unwrap();
        let end = at(2, 0).date().and_hms_micro_opt(23, 59, 59, 999_999);
        let times = own_time(&sources::DESPATCH, &orders).unwrap();
        assert_eq!(times.datetime().unwrap().as_datetime_iter().collect::<Vec<_>>(), [end, Some(at(3, 7))]);
    }

    #[test]
    fn the_tables_that_are_keyed_by_run_number_are_divided_by_it() {
        for source in [&sources::RUN_NUMBERS, &sources::RUN_SHEETS, &sources::RUN_TOTALS] {
            assert!(matches!(source.part, Part::Digits("RunNumber" | "run_number", _)), "{}", source.table);
        }
    }
}
