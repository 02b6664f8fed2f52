//! A whole run: all tables one after the other, each tried again where that may help, then the marts, and a record of it all.

use api::pipeline::{RunRecord, TableRun};
use chrono::{DateTime, FixedOffset, SubsecRound, Utc};
use lake::{Lake, Mode, TableState};
use serve::chain;
use warehouse::sources::{ALL, Owner, Source};
use warehouse::transform::{self, RunStamp, Tables};

use crate::Settings;
use crate::extract::{Extraction, TableCounts, TableError};
use crate::source::{self, Erp, ErpError};

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// How rows are found.
    pub mode: Mode,
    /// What started it: `schedule`, `api`, `cli`.
    pub trigger: String,
}

/// How often a table is begun again because another run was faster.
const OVERTAKEN_MAX: u32 = 30;

/// Extracts all tables and brings the marts up to date. Failures are in the record that comes back, and in the lake as far as it can be written.
pub async fn run(lake: &Lake, settings: &Settings, request: &RunRequest, clock: impl Fn() -> DateTime<Utc>) -> RunRecord {
    let started_at = clock().with_timezone(&settings.factory_tz).fixed_offset().trunc_subsecs(3);
    let stamp = RunStamp { job_id: uuid::Uuid::now_v7().to_string(), started_at };
    let mut record = RunRecord {
        job_id: stamp.job_id.clone(),
        mode: request.mode.word().to_owned(),
        status: "running".to_owned(),
        trigger: request.trigger.clone(),
        started_at,
        finished_at: None,
        duration_ms: None,
        attempts: 0,
        extracted: 0,
        accepted: 0,
        rejected: 0,
        error: None,
        tables: Vec::new(),
        skipped: Vec::new(),
    };
    let result = match lake.put_run_record(&record.job_id, &record).await {
        Ok(()) => Run { lake, settings, mode: request.mode, stamp: &stamp, record: &mut record, tables: Tables::default() }.all(&clock).await,
        Err(error) => Err(format!("the lake cannot be written: {error}")),
    };
    finish(&mut record, result, clock().with_timezone(&settings.factory_tz).fixed_offset().trunc_subsecs(3));
    if let Err(error) = lake.put_run_record(&record.job_id, &record).await {
        tracing::error!(%error, job_id = record.job_id, "the run's record could not be written");
        "failed".clone_into(&mut record.status);
        record.error.get_or_insert_with(|| format!("the lake cannot be written: {error}"));
    }
    record
}

fn finish(record: &mut RunRecord, result: Result<(), String>, finished_at: DateTime<FixedOffset>) {
    let failed: Vec<&TableRun> = record.tables.iter().filter(|table| table.error.is_some()).collect();
    let status = match &result {
        Ok(()) if failed.is_empty() => "ok",
        Ok(()) if failed.len() < record.tables.len() => "partial",
        _ => "failed",
    };
    record.error = result.err().or_else(|| {
        let messages: Vec<String> = failed.iter().map(|table| format!("{}: {}", table.table, table.error.clone().unwrap_or_default())).collect();
        if messages.is_empty() { None } else { Some(messages.join("; ")) }
    });
    status.clone_into(&mut record.status);
    record.finished_at = Some(finished_at);
    record.duration_ms = Some((finished_at - record.started_at).num_milliseconds());
    let sum = |of: fn(&TableRun) -> i64| record.tables.iter().map(of).sum::<i64>();
    (record.extracted, record.accepted, record.rejected) = (sum(|t| t.extracted), sum(|t| t.accepted), sum(|t| t.rejected));
    tracing::info!(
        job_id = record.job_id,
        mode = record.mode,
        status = record.status,
        duration_ms = record.duration_ms,
        extracted = record.extracted,
        rejected = record.rejected,
        written = sum(|t| t.written),
        "run finished"
    );
}

struct Run<'a> {
    lake: &'a Lake,
    settings: &'a Settings,
    mode: Mode,
    stamp: &'a RunStamp,
    record: &'a mut RunRecord,
    tables: Tables<'static>,
}

impl Run<'_> {
    async fn all(&mut self, clock: &impl Fn() -> DateTime<Utc>) -> Result<(), String> {
        let erp = self.connect().await.map_err(|error| error.to_string())?;
        let mut manifest = transform::stage(self.lake, self.stamp).await.map_err(|error| chain(&error))?;
        // What keeps one table from being read after all tries keeps the others too: they are not waited for one by one.
        let mut given_up: Option<String> = None;
        for source in ALL {
            let state = manifest.tables.remove(source.staging).unwrap_or_default();
            if let Some(reason) = &given_up {
                let counts = TableCounts::default();
                self.record.tables.push(table_run(source, &counts, state.watermark, 0, Some(format!("not tried: {reason}"))));
                self.tables.failed.insert(source.staging);
                continue;
            }
            match self.table(erp.as_ref(), source, state).await {
                Outcome::Absent => self.record.skipped.push(source.table.to_owned()),
                Outcome::Read(table) => {
                    self.tables.read.insert(source.staging);
                    self.record.tables.push(table);
                }
                Outcome::Failed(table, cause) => {
                    self.tables.failed.insert(source.staging);
                    if cause == Cause::Everywhere {
                        given_up.clone_from(&table.error);
                    }
                    self.record.tables.push(table);
                }
            }
        }
        if self.tables.read.is_empty() {
            return Ok(());
        }
        transform::transform(self.lake, self.stamp, &self.tables, clock()).await.map(|_| ()).map_err(|error| chain(&error))
    }

    async fn connect(&mut self) -> Result<Box<dyn Erp>, ErpError> {
        loop {
            self.record.attempts += 1;
            match source::open(&self.settings.source_db).await {
                Err(error) if error.is_passing() && self.record.attempts <= self.settings.retries.into() => {
                    tracing::warn!(%error, attempt = self.record.attempts, "connecting to the ERP failed; trying again");
                    tokio::time::sleep(self.settings.retry_delay).await;
                }
                done => return done,
            }
        }
    }

    /// Extracts a table, again where that may help.
    async fn table(&self, erp: &dyn Erp, source: &'static Source, mut state: TableState) -> Outcome {
        let (mut attempts, mut overtaken, mut written) = (0, 0, 0);
        loop {
            attempts += 1;
            let mut extraction = Extraction::new(self.lake, erp, source, &self.settings.reading, self.stamp, self.mode, state.clone());
            let result = match present(erp, source).await {
                Ok(false) => return Outcome::Absent,
                Ok(true) => match self.mode {
                    Mode::Incremental => extraction.incremental().await,
                    Mode::Reconcile => extraction.reconcile().await,
                    Mode::Full => extraction.full().await,
                },
                Err(error) => Err(error.into()),
            };
            written += extraction.counts.written;
            let watermark = extraction.state.watermark.clone();
            let counts = TableCounts { written, ..extraction.counts.clone() };
            let error = match result {
                Ok(()) => return Outcome::Read(table_run(source, &counts, watermark, attempts, None)),
                Err(error) => error,
            };
            if matches!(error, TableError::Overtaken) && overtaken < OVERTAKEN_MAX {
                overtaken += 1;
                attempts -= 1;
            } else if error.is_passing() && attempts <= i64::from(self.settings.retries) {
                tracing::warn!(table = source.table, error = chain(&error), attempt = attempts, "reading a table failed; trying again");
                tokio::time::sleep(self.settings.retry_delay).await;
            } else {
                tracing::error!(table = source.table, error = chain(&error), "reading a table failed");
                let cause = if error.is_passing() { Cause::Everywhere } else { Cause::Table };
                return Outcome::Failed(table_run(source, &counts, watermark, attempts, Some(chain(&error))), cause);
            }
            match transform::stage(self.lake, self.stamp).await {
                Ok(mut manifest) => state = manifest.tables.remove(source.staging).unwrap_or_default(),
                Err(error) => return Outcome::Failed(table_run(source, &counts, watermark, attempts, Some(chain(&error))), Cause::Everywhere),
            }
        }
    }
}

/// What became of a table.
enum Outcome {
    /// The ERP does not have it and need not.
    Absent,
    /// It was read.
    Read(TableRun),
    /// It was not.
    Failed(TableRun, Cause),
}

/// Where a failure lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// In the table.
    Table,
    /// In the ERP or the lake as a whole.
    Everywhere,
}

/// Whether the ERP has the table, with all the columns that are read.
async fn present(erp: &dyn Erp, source: &'static Source) -> Result<bool, ErpError> {
    let Some(columns) = erp.columns(source).await? else {
        return if source.owner == Owner::Erp { Err(ErpError::NoTable(source.table)) } else { Ok(false) };
    };
    let missing = source.columns.iter().find(|column| !columns.iter().any(|name| name.eq_ignore_ascii_case(column.source)));
    match missing {
        Some(column) => Err(ErpError::NoColumn { table: source.table, column: column.source.to_owned() }),
        None => Ok(true),
    }
}

fn table_run(source: &Source, counts: &TableCounts, watermark: Option<String>, attempts: i64, error: Option<String>) -> TableRun {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    TableRun {
        table: source.table.to_owned(),
        extracted: count(counts.extracted),
        accepted: count(counts.accepted),
        rejected: count(counts.rejected),
        written: count(counts.written),
        watermark,
        attempts,
        error,
    }
}
