//! A factory so small that a test can make and compare thousands of them. It has an ERP in SQLite, a lake in
//! memory, and a clock that the test sets.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::pipeline::JobRecord;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use extractor_function::Reading;
use extractor_function::source::Cell;
use extractor_function::{JobRequest, Settings, run_job_from};
use lake::{Lake, MemoryStore, Mode};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tempfile::TempDir;
use warehouse::sources::Source;

use super::{Fate, FaultyConnect, FaultyStore, Strike, Unharmed};

/// A clock that stands still until it is set. All clones are one clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }

    pub fn set(&self, now: DateTime<Utc>) {
        self.0.store(now.timestamp_millis(), Ordering::SeqCst);
    }
}

#[derive(Debug)]
pub struct Small {
    folder: TempDir,
    erp: Connection,
    pub store: MemoryStore,
    /// How jobs read the ERP.
    pub settings: Settings,
    /// The clock that jobs look at.
    pub clock: Clock,
}

/// What one job works with. Its calls to the ERP and to the storage have a fate.
#[derive(Debug)]
pub struct Client {
    pub erp: FaultyConnect,
    pub store: FaultyStore,
    /// The lake over `store`.
    pub lake: Lake,
    settings: Settings,
    clock: Clock,
    /// How far the job's own clock is ahead of the factory's.
    pub clock_ahead: TimeDelta,
    /// How long the job may take. `None` for as long as it likes.
    pub time_limit: Option<TimeDelta>,
}

impl Small {
    /// A factory whose ERP has these tables, without rows. Columns have no type. Jobs read a table by stamps
    /// if it has indexes, and by keys if not.
    pub fn new<'a>(
        now: DateTime<Utc>,
        tables: impl IntoIterator<Item = &'a Source>,
        is_indexed: impl Fn(&Source) -> bool,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let erp = open(&folder);
        for source in tables {
            let columns: Vec<_> = source.columns.iter().map(|column| column.source).collect();
            let table = source.table;
            execute(&erp, &format!("CREATE TABLE {table} ({})", columns.join(", ")));
            if is_indexed(source) {
                let key = source.key.join(", ");
                for stamp in [Some(source.watermark), source.watermark_until_changed].into_iter().flatten() {
                    execute(&erp, &format!("CREATE INDEX {table}_{stamp} ON {table} ({stamp}, {key})"));
                }
            }
        }
        let settings = Settings {
            source_db: format!("sqlite://{}", folder.path().join("erp.db").display())
                .parse()
                .expect("an address"),
            factory_id: "test".to_owned(),
            factory_tz: Tz::Europe__London,
            reading: Reading { batch_size: 3, overlap_minutes: 120, reconcile_days: 3660 },
            retries: 0,
            retry_delay: Duration::ZERO,
        };
        let clock = Clock(Arc::default());
        clock.set(now);
        let store = MemoryStore::new();
        store.set_now(now);
        Self { folder, erp, store, settings, clock }
    }

    /// A copy of the factory with an ERP, a lake and a clock of its own.
    pub fn fork(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::copy(self.erp_path(), folder.path().join("erp.db")).expect("a copy of the ERP");
        let clock = Clock(Arc::default());
        clock.set(self.clock.now());
        let erp = open(&folder);
        Self { folder, erp, store: self.store.fork(), settings: self.settings.clone(), clock }
    }

    pub fn erp_path(&self) -> PathBuf {
        self.folder.path().join("erp.db")
    }

    /// Sets the time for jobs and storage.
    pub fn set_now(&self, now: DateTime<Utc>) {
        self.clock.set(now);
        self.store.set_now(now);
    }

    /// The present moment on the factory's clock.
    pub fn local_now(&self) -> NaiveDateTime {
        self.clock.now().with_timezone(&self.settings.factory_tz).naive_local()
    }

    /// Changes the ERP in one commit.
    pub fn execute(&self, sql: &str) {
        execute(&self.erp, &format!("BEGIN; {sql}; COMMIT"));
    }

    /// The rows of a table of the ERP. `None` if the ERP does not have the table.
    pub fn erp_rows(&self, source: &Source) -> Option<Vec<Vec<Cell>>> {
        let names: Vec<_> = source.columns.iter().map(|column| column.source).collect();
        let mut statement =
            self.erp.prepare_cached(&format!("SELECT {} FROM {}", names.join(", "), source.table)).ok()?;
        let rows =
            statement.query_map([], |row| (0..names.len()).map(|i| row.get_ref(i).map(cell)).collect());
        Some(rows.and_then(Iterator::collect).expect("rows"))
    }

    /// The cells that SQLite makes of SQL literals.
    pub fn evaluate(&self, literals: &[String]) -> Vec<Cell> {
        let row = self.erp.query_row(&format!("SELECT {}", literals.join(", ")), [], |row| {
            (0..literals.len()).map(|i| row.get_ref(i).map(cell)).collect()
        });
        row.unwrap_or_else(|error| panic!("{literals:?}: {error}"))
    }

    /// The lake over a storage that no fate strikes.
    pub fn lake(&self) -> Lake {
        self.lake_over(self.store.clone())
    }

    /// The lake over another storage.
    pub fn lake_over(&self, store: impl lake::Store + 'static) -> Lake {
        Lake::new(Arc::new(store), "", &self.settings.factory_id)
    }

    /// What a job with this fate works with.
    pub fn client(&self, fate: Arc<dyn Fate>) -> Client {
        let store = FaultyStore::new(self.store.clone(), Arc::clone(&fate));
        Client {
            erp: FaultyConnect { path: self.erp_path(), fate },
            lake: self.lake_over(store.clone()),
            store,
            settings: self.settings.clone(),
            clock: self.clock.clone(),
            clock_ahead: TimeDelta::zero(),
            time_limit: None,
        }
    }

    /// Runs a job that nothing happens to.
    pub async fn run(&self, mode: Mode) -> JobRecord {
        self.client(Arc::new(Unharmed)).run(mode).await
    }

    /// Runs a job that must go well.
    pub async fn job_ok(&self, mode: Mode) -> JobRecord {
        let record = self.run(mode).await;
        assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
        record
    }

    /// Runs a job that is struck. `None` if it dies of that.
    pub async fn job_struck(&self, mode: Mode, strike: &Arc<Strike>) -> Option<JobRecord> {
        let client = self.client(strike.clone());
        tokio::select! {
            record = client.run(mode) => Some(record),
            () = strike.reached() => None,
        }
    }
}

impl Client {
    /// Runs the job.
    pub async fn run(&self, mode: Mode) -> JobRecord {
        let clock = || self.clock.now() + self.clock_ahead;
        let request = JobRequest {
            mode,
            accept_deletes: false,
            rebuild: false,
            trigger: "test".to_owned(),
            deadline: self.time_limit.map(|limit| clock() + limit),
        };
        run_job_from(&self.erp, &self.lake, &self.settings, &request, clock).await
    }
}

fn open(folder: &TempDir) -> Connection {
    let erp = Connection::open(folder.path().join("erp.db")).expect("an ERP");
    // The tests kill jobs, never the ERP. So nothing has to reach the disk.
    execute(&erp, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY");
    erp
}

fn execute(erp: &Connection, sql: &str) {
    erp.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    }
}
