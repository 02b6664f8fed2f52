//! What every reader must see at any moment: one manifest, everything that it names, and marts that agree
//! with each other.

use std::collections::{BTreeMap, BTreeSet};

use api::temperature::TemperatureSummary;
use chrono::{NaiveDate, NaiveDateTime};
use domain::bookings::{quantity_kg, sum_kg};
use lake::{Lake, Manifest, Mode};
use polars::prelude::DataFrame;
use warehouse::marts::{
    ALL, BreachRow, DailyYieldRow, FindingRow, ReadMart, RunInputRow, RunOutputRow, RunRow, RunWeightsRow,
    rows,
};

/// A run by number and production date.
type RunKey = (String, NaiveDate);
/// A figure by name, as a run tells it and as the daily yield does, which adds up the runs.
type Figure = (&'static str, fn(&RunRow) -> Option<f64>, fn(&DailyYieldRow) -> Option<f64>);

/// The marts that are compared with each other.
const COMPARED: [&str; 8] = [
    "runs",
    "fct_daily_yield",
    "run_inputs",
    "run_outputs",
    "run_weights",
    "temperature_breaches",
    "fct_temp_breaches",
    "fct_compliance_checks",
];

/// Reads all that a reader can see and says what does not fit together. `latest_start` is the latest start of
/// any job on the factory's clock, if the test knows it. Returns the generation that was read, or 0 if there
/// is no manifest yet.
pub async fn see_one_version(lake: &Lake, latest_start: Option<NaiveDateTime>) -> Result<u64, String> {
    let Some((manifest, _)) = lake.manifest().await.map_err(|error| error.to_string())? else { return Ok(0) };
    segments_are_there(lake, &manifest, latest_start).await?;
    // A manifest without marts only notes what the first job is about to do.
    if !manifest.marts.is_empty() {
        marts_agree(&Marts::read(lake, &manifest).await?)?;
    }
    Ok(manifest.generation)
}

/// Reads the marts that a reader can see and says what does not fit together. What cannot be read is answered
/// with 503, and no wrong number.
pub async fn see_no_wrong_numbers(lake: &Lake) -> Result<(), String> {
    let Ok(Some((manifest, _))) = lake.manifest().await else { return Ok(()) };
    let Ok(marts) = Marts::read(lake, &manifest).await else { return Ok(()) };
    marts_agree(&marts)
}

async fn segments_are_there(
    lake: &Lake,
    manifest: &Manifest,
    latest_start: Option<NaiveDateTime>,
) -> Result<(), String> {
    for (table, state) in &manifest.tables {
        let parts: BTreeSet<String> =
            lake.staging_parts(table).await.map_err(|error| error.to_string())?.into_iter().collect();
        let lost: Vec<_> = state.parts.keys().filter(|part| !parts.contains(*part)).collect();
        ensure(lost.is_empty(), || {
            format!("staging/{table} lacks the parts {lost:?} that the manifest names")
        })?;
        if state.applied > 0 {
            let info = lake.segment_info(table, state.applied).await.map_err(|error| error.to_string())?;
            let info = info.ok_or_else(|| {
                format!("{table}: the manifest has applied segment {}, which does not exist", state.applied)
            })?;
            ensure(info.watermark == state.watermark, || {
                format!(
                    "{table}: the watermark is {:?}, that of segment {} is {:?}",
                    state.watermark, state.applied, info.watermark
                )
            })?;
            ensure(info.mode == Mode::Full || state.open_reload.is_none() || info.reload.is_none(), || {
                format!("{table}: {info:?}")
            })?;
        }
        if let (Some(watermark), Some(start)) = (&state.watermark, latest_start) {
            let watermark: NaiveDateTime = watermark
                .parse()
                .map_err(|error| format!("{table}: the watermark is {watermark}: {error}"))?;
            ensure(watermark <= start, || {
                format!(
                    "{table}: the watermark {watermark} is ahead of every job's start, {start} at the latest"
                )
            })?;
        }
    }
    Ok(())
}

/// The marts of a manifest, as they were read.
struct Marts(BTreeMap<&'static str, Vec<DataFrame>>);

impl Marts {
    async fn read(lake: &Lake, manifest: &Manifest) -> Result<Self, String> {
        let missing: Vec<_> =
            ALL.iter().filter(|mart| !manifest.marts.contains_key(mart.name)).map(|mart| mart.name).collect();
        ensure(missing.is_empty(), || format!("the manifest has some marts, but not {missing:?}"))?;
        let mut all = BTreeMap::<_, Vec<_>>::new();
        for mart in COMPARED {
            for (name, part) in &manifest.marts[mart] {
                let frame = lake.mart_part(part, None).await.map_err(|error| {
                    format!("{mart}/{name} of generation {}: {error}", manifest.generation)
                })?;
                ensure(frame.height() == part.rows, || {
                    format!("{mart}/{name} has {} rows, the manifest says {}", frame.height(), part.rows)
                })?;
                all.entry(mart).or_default().push(frame);
            }
        }
        Ok(Self(all))
    }

    fn rows<T: ReadMart>(&self, mart: &str) -> Result<Vec<T>, String> {
        let mut all = Vec::new();
        for frame in self.0.get(mart).into_iter().flatten() {
            all.extend(rows::<T>(frame).map_err(|error| format!("{mart}: {error}"))?);
        }
        Ok(all)
    }
}

fn marts_agree(marts: &Marts) -> Result<(), String> {
    let runs: Vec<RunRow> = marts.rows("runs")?;
    let known: BTreeSet<RunKey> = runs.iter().map(run_key).collect();
    ensure(known.len() == runs.len(), || "a run is in `runs` twice".to_owned())?;
    days_agree(marts, &runs)?;
    rows_of_runs_agree(marts, &runs)?;
    readings_and_findings_agree(marts, &known)
}

/// Compares complete runs with the daily yield that adds them up.
fn days_agree(marts: &Marts, runs: &[RunRow]) -> Result<(), String> {
    let days: Vec<DailyYieldRow> = marts.rows("fct_daily_yield")?;
    let complete = || runs.iter().filter(|run| run.complete);
    let counted = by_date(complete().map(|run| (run.production_date, Some(1.0))));
    same("runs", &counted, &by_date(days.iter().map(|day| (day.production_date, Some(day.runs as f64)))))?;
    let figures: [Figure; 3] = [
        ("input_kg", |run| run.input_kg, |day| day.input_kg),
        ("actual_kg", |run| run.actual_kg, |day| day.total_kg),
        ("target_kg", |run| run.target_kg, |day| day.target_kg),
    ];
    for (name, of_run, of_day) in figures {
        let of_runs = by_date(complete().map(|run| (run.production_date, of_run(run))));
        same(name, &of_runs, &by_date(days.iter().map(|day| (day.production_date, of_day(day)))))?;
    }
    Ok(())
}

/// Compares runs with their inputs, outputs and packs.
fn rows_of_runs_agree(marts: &Marts, runs: &[RunRow]) -> Result<(), String> {
    let inputs: Vec<RunInputRow> = marts.rows("run_inputs")?;
    same(
        "the inputs of runs",
        &by_run(runs.iter().map(|run| (run_key(run), run.input_kg))),
        &booked(inputs.iter().map(|row| (key(&row.run_number, row.production_date), row.input.qty_kg))),
    )?;
    let outputs: Vec<RunOutputRow> = marts.rows("run_outputs")?;
    let outputs =
        booked(outputs.iter().map(|row| (key(&row.run_number, row.production_date), row.output.qty_kg)));
    // A run without outputs goes by its totals.
    let with_outputs = runs.iter().filter(|run| outputs.contains_key(&run_key(run)));
    same("the outputs of runs", &by_run(with_outputs.map(|run| (run_key(run), run.actual_kg))), &outputs)?;
    let weights: Vec<RunWeightsRow> = marts.rows("run_weights")?;
    let weighed = weights.iter().map(|row| (key(&row.run_number, row.production_date), row.weights.packs));
    for (run, packs) in weighed {
        let of_run = runs.iter().find(|row| run_key(row) == run).map(|row| row.packs);
        // Only packs with a weight are judged.
        ensure(of_run.is_some_and(|all| all >= packs), || {
            format!("run {run:?} has {of_run:?} packs, of which {packs} were weighed")
        })?;
    }
    Ok(())
}

/// Compares temperature breaches with the days that count them and with the findings of the checks. Every
/// finding must be of a known run.
fn readings_and_findings_agree(marts: &Marts, known: &BTreeSet<RunKey>) -> Result<(), String> {
    let breaches: Vec<BreachRow> = marts.rows("temperature_breaches")?;
    let breaches = by_date(breaches.iter().map(|row| (row.reading_date, Some(1.0))));
    let breach_days: Vec<TemperatureSummary> = marts.rows("fct_temp_breaches")?;
    let counted = breach_days
        .iter()
        .filter(|day| day.breaches > 0)
        .map(|day| (day.reading_date, Some(day.breaches as f64)));
    same("temperature breaches", &breaches, &by_date(counted))?;
    let checks: Vec<FindingRow> = marts.rows("fct_compliance_checks")?;
    let of_readings = checks
        .iter()
        .filter(|row| row.finding.check == "temperature_breach")
        .map(|row| (row.detected_on, Some(1.0)));
    same("the checks of readings", &breaches, &by_date(of_readings))?;
    for FindingRow { finding, .. } in &checks {
        if let (Some(number), Some(date)) = (&finding.run_number, finding.production_date) {
            ensure(known.contains(&(number.clone(), date)), || {
                format!("{} was found in run {number} of {date}, which does not exist", finding.check)
            })?;
        }
    }
    Ok(())
}

fn run_key(run: &RunRow) -> RunKey {
    key(&run.run_number, run.production_date)
}

fn key(run_number: &str, production_date: NaiveDate) -> RunKey {
    (run_number.to_owned(), production_date)
}

fn by_date(rows: impl Iterator<Item = (NaiveDate, Option<f64>)>) -> BTreeMap<NaiveDate, f64> {
    sums(rows)
}

fn by_run(rows: impl Iterator<Item = (RunKey, Option<f64>)>) -> BTreeMap<RunKey, f64> {
    sums(rows)
}

/// What the bookings of each run add up to, where that is known and not less than nothing.
fn booked(rows: impl Iterator<Item = (RunKey, Option<f64>)>) -> BTreeMap<RunKey, f64> {
    let mut bookings = BTreeMap::<RunKey, Vec<Option<f64>>>::new();
    for (run, kg) in rows {
        bookings.entry(run).or_default().push(kg);
    }
    bookings.into_iter().filter_map(|(run, kg)| Some((run, quantity_kg(sum_kg(kg))?))).collect()
}

fn sums<K: Ord>(rows: impl Iterator<Item = (K, Option<f64>)>) -> BTreeMap<K, f64> {
    let mut sums = BTreeMap::new();
    for (key, value) in rows {
        if let Some(value) = value {
            *sums.entry(key).or_insert(0.0) += value;
        }
    }
    sums
}

fn same<K: Ord + std::fmt::Debug>(
    what: &str,
    one: &BTreeMap<K, f64>,
    other: &BTreeMap<K, f64>,
) -> Result<(), String> {
    let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6 * (1.0 + a.abs());
    let equal = one.keys().eq(other.keys()) && one.values().zip(other.values()).all(close);
    ensure(equal, || format!("two marts do not agree about {what}: {one:?} and {other:?}"))
}

fn ensure(holds: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint()) }
}
