//! Jobs that do not go to plan, and what their records say. Tries fail, time runs out, and jobs die.

mod crashed;
mod deadline;
mod retries;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};

use api::pipeline::{JobRecord, JobTable};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use extractor_function::{JobRequest, run_job_from};
use lake::{Lake, MemoryStore, Mode, StoredJob};
use tests::factory::Factory;
use tests::faults::{Blow, Call, Fate, FaultyConnect, FaultyStore, Operation};
use tideline::place::OpenLake;
use tokio::sync::Semaphore;

const NOW: &str = "2026-11-20T14:00:00";

/// A factory whose ERP and storage do what a test has written down. Reading a page takes a second. Nothing
/// else takes time unless the test says so.
struct Trial {
    factory: Factory,
    script: Arc<Script>,
}

/// What a test has written down for the calls.
struct Script {
    blows: Mutex<Vec<Planned>>,
    calls: Mutex<Vec<Call>>,
    now: AtomicI64,
    /// How long it takes to connect to the ERP, in seconds.
    connecting_seconds: AtomicI64,
    /// Pages of this table wait until there are permits.
    waits: Mutex<Option<&'static str>>,
    permits: Semaphore,
}

struct Planned {
    times: usize,
    operation: Operation,
    subject: &'static str,
    blow: Blow,
}

impl Trial {
    async fn new() -> Self {
        Self::of(Factory::empty(NOW).await)
    }

    fn of(mut factory: Factory) -> Self {
        let script = Arc::new(Script {
            blows: Mutex::default(),
            calls: Mutex::default(),
            now: AtomicI64::new(factory.now.get().timestamp()),
            connecting_seconds: AtomicI64::new(0),
            waits: Mutex::default(),
            permits: Semaphore::new(0),
        });
        let fate: Arc<dyn Fate> = Arc::<Script>::clone(&script);
        let store = FaultyStore::new(MemoryStore::new(), fate);
        factory.open =
            OpenLake { lake: Lake::new(Arc::new(store), "", &factory.settings.factory_id), server: None };
        factory.settings.retries = 2;
        Self { factory, script }
    }

    /// Gives this blow to the next calls of this kind whose subject contains `subject`.
    fn plan(&self, times: usize, operation: Operation, subject: &'static str, blow: Blow) {
        lock(&self.script.blows).push(Planned { times, operation, subject, blow });
    }

    /// Lets all calls go well from now on.
    fn mend(&self) {
        lock(&self.script.blows).clear();
    }

    fn lake(&self) -> &Lake {
        self.factory.lake()
    }

    fn now(&self) -> DateTime<Utc> {
        self.script.now()
    }

    fn pass(&self, time: TimeDelta) {
        self.script.now.fetch_add(time.num_seconds(), Ordering::SeqCst);
    }

    async fn run(&self) -> JobRecord {
        self.run_for(Mode::Incremental, None).await
    }

    /// Runs a job that has so many seconds. With `None` it has all the time in the world. The record in the
    /// lake must be the one that came back.
    async fn run_for(&self, mode: Mode, seconds: Option<i64>) -> JobRecord {
        let deadline = seconds.map(|seconds| self.now() + TimeDelta::seconds(seconds));
        let request =
            JobRequest { mode, trigger: "test".to_owned(), deadline, accept_deletes: false, rebuild: false };
        let fate: Arc<dyn Fate> = Arc::<Script>::clone(&self.script);
        let erp = FaultyConnect { path: self.factory.erp(), fate };
        let script = &self.script;
        let record = run_job_from(&erp, self.lake(), &self.factory.settings, &request, || script.now()).await;
        let stored = self.lake().job::<JobRecord>(&record.job_id).await.unwrap().expect("a record");
        assert_eq!((&stored.record, stored.lease), (&record, None));
        assert_eq!(self.lake().living_job(self.now(), "").await.unwrap(), None, "{record:?}");
        record
    }

    /// A job's record as it is shown now.
    async fn told(&self, job_id: &str) -> JobRecord {
        told(self.lake(), job_id, self.now()).await
    }

    /// How many calls of this kind there have been.
    fn calls(&self, operation: Operation, subject: &str) -> usize {
        lock(&self.script.calls)
            .iter()
            .filter(|call| call.operation == operation && call.subject.contains(subject))
            .count()
    }
}

async fn told(lake: &Lake, job_id: &str, now: DateTime<Utc>) -> JobRecord {
    let StoredJob { record, lease }: StoredJob<JobRecord> =
        lake.job(job_id).await.unwrap().expect("a record");
    record.seen_at(now, lease.map(|lease| lease.expires_at))
}

fn table<'r>(record: &'r JobRecord, name: &str) -> &'r JobTable {
    record.tables.iter().find(|table| table.table == name).expect("a table of the record")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic under the lock")
}

impl Script {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.now.load(Ordering::SeqCst), 0).expect("a time")
    }
}

#[async_trait]
impl Fate for Script {
    async fn of(&self, call: &Call) -> Blow {
        lock(&self.calls).push(call.clone());
        if call.operation == Operation::Connect {
            self.now.fetch_add(self.connecting_seconds.load(Ordering::SeqCst), Ordering::SeqCst);
        }
        if call.operation == Operation::Page {
            let waits = *lock(&self.waits);
            if waits == Some(call.subject.as_str()) {
                self.permits.acquire().await.expect("permits").forget();
            }
            self.now.fetch_add(1, Ordering::SeqCst);
        }
        let mut blows = lock(&self.blows);
        let planned = blows.iter_mut().find(|planned| {
            planned.times > 0 && planned.operation == call.operation && call.subject.contains(planned.subject)
        });
        planned.map_or(Blow::Spared, |planned| {
            planned.times -= 1;
            planned.blow
        })
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a script")
    }
}

fn insert_inputs(factory: &Factory, ids: std::ops::Range<u32>, stamp: &str) {
    let rows: Vec<_> = ids.map(|id| format!("({id}, {id}.5, '{stamp}')")).collect();
    factory.execute(&format!(
        "INSERT INTO run_inputs (input_id, qty_kg, updated_at) VALUES {}",
        rows.join(", ")
    ));
}
