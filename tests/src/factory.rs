//! A factory on one machine: an ERP in SQLite, a lake behind the embedded S3, and jobs that bring the one
//! into the other. The test chooses the present moment.

use std::cell::Cell as TestClock;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use api::pipeline::JobRecord;
use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use extractor_function::Reading;
use extractor_function::source::Cell;
use extractor_function::validate::validate;
use extractor_function::value::Value;
use extractor_function::{JobRequest, Settings, run_job};
use lake::{Commit, Fetched, Lake, Mode, Segment, Slot};
use polars::prelude::*;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tempfile::TempDir;
use tideline::place::{self, OpenLake};
use warehouse::sources::{ALL, Column, Source};

use crate::tds::TdsEndpoint;

/// A factory with its ERP and its lake.
pub struct Factory {
    /// The folder of the factory, which is removed with it.
    pub folder: TempDir,
    pub open: OpenLake,
    /// How jobs read the ERP.
    pub settings: Settings,
    /// The present moment of jobs.
    pub now: TestClock<DateTime<Utc>>,
    endpoint: Option<TdsEndpoint>,
}

/// How jobs reach the ERP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErpAccess {
    /// They open the SQLite file.
    Sqlite,
    /// They connect over TDS, as to a SQL Server.
    SqlServer,
}

impl Factory {
    /// A factory whose ERP has all tables with their indexes, but no rows. Columns have no type, so that any
    /// value can be stored.
    pub async fn empty(now: &str) -> Self {
        let factory = Self::without_indexes(now).await;
        for source in ALL {
            let key = source.key.join(", ");
            factory.execute(&format!("CREATE INDEX {table}_key ON {table} ({key})", table = source.table));
            for stamp in [Some(source.watermark), source.watermark_until_changed].into_iter().flatten() {
                factory.execute(&format!(
                    "CREATE INDEX {table}_{stamp} ON {table} ({stamp}, {key})",
                    table = source.table
                ));
            }
        }
        factory
    }

    /// Like [`Self::empty`], but without any index.
    pub async fn without_indexes(now: &str) -> Self {
        let factory = Self::without_erp(now).await;
        let tables = ALL.into_iter().map(|source| {
            let columns: Vec<_> = source.columns.iter().map(|column| column.source).collect();
            format!("CREATE TABLE {} ({});", source.table, columns.join(", "))
        });
        factory.execute(&tables.collect::<String>());
        factory
    }

    /// Like [`Self::empty`], but with the lake in memory, for tests with many small factories.
    pub async fn in_memory(now: &str) -> Self {
        Self::empty(now).await.with_lake_in_memory()
    }

    /// The same factory, but with an empty lake in memory.
    pub fn with_lake_in_memory(mut self) -> Self {
        let lake =
            Lake::new(std::sync::Arc::new(lake::MemoryStore::default()), "", &self.settings.factory_id);
        self.open = OpenLake { lake, server: None };
        self
    }

    /// A factory whose ERP is a sandbox with so many days of history.
    pub async fn sandbox(now: &str, days: u32) -> Self {
        Self::sandbox_of(now, days, 7).await
    }

    /// The same, and its lake has the settings that such a factory has.
    pub async fn sandbox_with_settings(now: &str, days: u32) -> Self {
        let factory = Self::sandbox(now, days).await;
        let settings = tideline::sandbox::factory_toml().into_bytes();
        factory.lake().put_settings_file(settings).await.expect("the lake");
        factory
    }

    /// A sandbox of another seed.
    pub async fn sandbox_of(now: &str, days: u32, seed: u64) -> Self {
        let factory = Self::without_erp(now).await;
        let end = factory.now.get().with_timezone(&factory.settings.factory_tz).naive_local();
        tideline::sandbox::create(&factory.erp(), end, days, seed, |_| {}).expect("a sandbox");
        factory
    }

    /// A factory whose ERP does not exist.
    pub async fn without_erp(now: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = Settings {
            source_db: format!("sqlite://{}", folder.path().join("erp.db").display())
                .parse()
                .expect("an address"),
            factory_id: "test".to_owned(),
            factory_tz: Tz::Europe__London,
            reading: Reading { batch_size: 5000, overlap_minutes: 120, reconcile_days: 35 },
            retries: 0,
            retry_delay: Duration::ZERO,
        };
        let open = place::open(&folder.path().join("lake").display().to_string(), &settings.factory_id)
            .await
            .expect("a lake");
        Self { folder, open, settings, now: TestClock::new(moment(now)), endpoint: None }
    }

    pub fn erp(&self) -> PathBuf {
        self.folder.path().join("erp.db")
    }

    /// The same factory, but jobs reach its ERP by this access.
    pub fn over(mut self, access: ErpAccess) -> Self {
        self.endpoint = (access == ErpAccess::SqlServer).then(|| TdsEndpoint::start(self.erp()));
        self.settings.source_db = self.source_db().parse().expect("an address");
        self
    }

    /// The endpoint that stands for the factory's SQL Server.
    pub fn server(&self) -> &TdsEndpoint {
        self.endpoint.as_ref().expect("a factory whose ERP is reached over TDS")
    }

    /// The value of `SOURCE_DB` for this ERP.
    pub fn source_db(&self) -> String {
        self.endpoint
            .as_ref()
            .map_or_else(|| format!("sqlite://{}", self.erp().display()), TdsEndpoint::address)
    }

    pub fn lake(&self) -> &Lake {
        &self.open.lake
    }

    /// The present moment on the factory's clock.
    pub fn local_now(&self) -> NaiveDateTime {
        self.now.get().with_timezone(&self.settings.factory_tz).naive_local()
    }

    /// Runs SQL in the ERP.
    pub fn execute(&self, sql: &str) {
        Connection::open(self.erp())
            .and_then(|erp| erp.execute_batch(sql))
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Adds a row to the ERP. Columns that are not named are NULL.
    pub fn insert(&self, table: &str, values: &[(&str, &str)]) {
        let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
        let literals: Vec<_> = values.iter().map(|(_, literal)| *literal).collect();
        self.execute(&format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), literals.join(", ")));
    }

    /// Runs a job.
    pub async fn run(&self, mode: Mode) -> JobRecord {
        run_into(self.lake(), &self.settings, mode, self.now.get()).await
    }

    /// Runs a job for somebody who agrees that rows are removed, however many they are.
    pub async fn run_accepting_deletes(&self, mode: Mode) -> JobRecord {
        let (request, now) = (JobRequest { accept_deletes: true, ..request(mode) }, self.now.get());
        run_job(self.lake(), &self.settings, &request, move || now).await
    }

    /// Runs a job that must go well.
    pub async fn job_ok(&self, mode: Mode) -> JobRecord {
        let record = self.run(mode).await;
        assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
        record
    }

    /// The rows of a table that staging should hold, as texts by key. These are the valid rows, and of
    /// several with one key the one with the latest watermark. If that one is rejected, none is held.
    pub fn expected(&self, source: &'static Source) -> BTreeMap<Vec<String>, Vec<String>> {
        let mut rows = BTreeMap::<Vec<String>, (Option<NaiveDateTime>, _)>::new();
        for cells in self.erp_rows(source) {
            let read = validate(source, cells, self.settings.factory_tz);
            let is_valid = read.is_ok();
            let (values, watermark) = match read {
                Ok(row) => (row.values, Some(row.watermark)),
                Err(row) => (row.values, row.watermark),
            };
            let shown: Vec<String> = values.iter().map(shown).collect();
            let key = key_of(source, &shown);
            if rows.get(&key).is_none_or(|(newest, _)| *newest <= watermark) {
                rows.insert(key, (watermark, is_valid.then_some(shown)));
            }
        }
        rows.into_iter().filter_map(|(key, (_, row))| Some((key, row?))).collect()
    }

    /// The rows that staging holds, as texts by key. Fails if a key is there twice.
    pub async fn staged(&self, source: &'static Source) -> BTreeMap<Vec<String>, Vec<String>> {
        let mut rows = BTreeMap::new();
        for part in self.lake().staging_parts(source.staging).await.expect("the lake") {
            let held = self
                .lake()
                .held(source.staging, Slot::Part(&part), Some(&own_columns(source)))
                .await
                .expect("the lake")
                .expect("a part that is listed");
            for row in rows_of(&held.frame) {
                let key = key_of(source, &row);
                assert!(
                    rows.insert(key.clone(), row).is_none(),
                    "{}: {key:?} is in staging twice",
                    source.staging
                );
            }
        }
        rows
    }

    /// Fails unless staging holds the valid rows of the ERP, each of them once, and no others.
    pub async fn assert_lake_mirrors_erp(&self) {
        for source in ALL {
            let (expected, staged) = (self.expected(source), self.staged(source).await);
            let missing: Vec<_> = expected.keys().filter(|key| !staged.contains_key(*key)).take(3).collect();
            let extra: Vec<_> = staged.keys().filter(|key| !expected.contains_key(*key)).take(3).collect();
            let wrong: Vec<_> = expected
                .iter()
                .filter(|(key, row)| staged.get(*key).is_some_and(|held| held != *row))
                .take(3)
                .collect();
            assert!(
                missing.is_empty() && extra.is_empty() && wrong.is_empty(),
                "{}: missing {missing:?}, too many {extra:?}, wrong {wrong:?}",
                source.staging
            );
        }
    }

    /// The rows of a table in the ERP, in the order in which they lie there.
    pub(crate) fn erp_rows(&self, source: &Source) -> Vec<Vec<Cell>> {
        let erp = Connection::open(self.erp()).expect("the ERP");
        let named = "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?1";
        if !erp.prepare(named).and_then(|mut named| named.exists([source.table])).expect("the ERP") {
            return Vec::new();
        }
        let names: Vec<_> = source.columns.iter().map(|column| column.source).collect();
        let mut statement =
            erp.prepare(&format!("SELECT {} FROM {}", names.join(", "), source.table)).expect("a table");
        let rows = statement.query_map([], |row| {
            (0..names.len())
                .map(|i| {
                    Ok(match row.get_ref(i)? {
                        ValueRef::Null => Cell::Null,
                        ValueRef::Integer(value) => Cell::Int(value),
                        ValueRef::Real(value) => Cell::Real(value),
                        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
                        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
                    })
                })
                .collect()
        });
        rows.expect("rows").collect::<rusqlite::Result<_>>().expect("rows")
    }
}

/// Runs a job into a lake.
pub async fn run_into(lake: &Lake, settings: &Settings, mode: Mode, now: DateTime<Utc>) -> JobRecord {
    run_job(lake, settings, &request(mode), move || now).await
}

/// The request for a job that nobody waits for.
pub fn request(mode: Mode) -> JobRequest {
    JobRequest { mode, accept_deletes: false, rebuild: false, trigger: "test".to_owned(), deadline: None }
}

/// The names in the lake of the columns that are read from the ERP.
pub(crate) fn own_columns(source: &Source) -> Vec<String> {
    source.columns.iter().map(Column::name).collect()
}

/// Copies all segments of a lake into another one, and what the factory has told. What staging keeps of the
/// past, such as the stamps that rows were first read with, follows from the segments.
pub async fn copy_raw(from: &Lake, to: &Lake) {
    if let Fetched::New(settings) = from.settings_file(None).await.expect("the lake") {
        to.put_settings_file(settings.bytes).await.expect("the lake");
    }
    for source in ALL {
        for number in from.segments_after(source.staging, 0).await.expect("the lake") {
            let Segment { mut frame, info, .. } =
                from.segment(source.staging, number, None).await.expect("a segment that is listed");
            let put = to.commit_segment(source.staging, number, &mut frame, &info, None).await;
            assert!(matches!(put, Ok(Commit::Done)), "{put:?}");
        }
    }
}

/// A moment in UTC from a text such as `2026-11-23T14:00:00`.
pub fn moment(text: &str) -> DateTime<Utc> {
    text.parse::<NaiveDateTime>().expect("a moment").and_utc()
}

pub(crate) fn key_of(source: &Source, row: &[String]) -> Vec<String> {
    source
        .columns
        .iter()
        .zip(row)
        .filter(|(column, _)| source.key.contains(&column.source))
        .map(|(_, text)| text.clone())
        .collect()
}

pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Text(text) => format!("{text:?}"),
        Value::Whole(value) => value.to_string(),
        Value::Number(value) => format!("{value:?}"),
        Value::Flag(value) => value.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.and_utc().timestamp_micros().to_string(),
    }
}

/// The rows of a frame as texts, in the spelling of [`shown`].
pub fn rows_of(frame: &DataFrame) -> Vec<Vec<String>> {
    let mut rows = vec![Vec::new(); frame.height()];
    for column in frame.columns() {
        for (row, value) in rows.iter_mut().zip(column.as_materialized_series().iter()) {
            row.push(match value {
                AnyValue::Null => "null".to_owned(),
                AnyValue::String(text) => format!("{text:?}"),
                AnyValue::Float64(value) => format!("{value:?}"),
                AnyValue::Datetime(micros, _, _) => micros.to_string(),
                value => value.to_string(),
            });
        }
    }
    rows
}
