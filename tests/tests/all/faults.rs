//! Every call of a job fails once, in every way that it can. Afterwards one clean job makes the lake as the
//! ERP is, and readers never see anything but one whole version.

pub(crate) mod scripts;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use api::pipeline::JobRecord;
use chrono::TimeDelta;
use lake::Mode;
use scripts::{CHANGES, LATER_MOVES, MOVES, ROWS, SILENT, about};
use tests::factory::moment;
use tests::faults::small::Small;
use tests::faults::{
    Blow, ErpFailure, Failure, Goal, Operation, Strike, check_published, check_staging_follows_raw,
    left_behind, see_one_version,
};
use tests::is_all;
use tokio::runtime::Builder;
use warehouse::sources::{ALL, Owner};

/// A factory with these tables and the four that no ERP lacks.
fn empty_factory(tables: &[&str]) -> Small {
    let present =
        ALL.into_iter().filter(|source| source.owner == Owner::Erp || tables.contains(&source.table));
    Small::new(moment("2026-11-20T13:00:00"), present, |_| true)
}

/// A job, with the factory before it and the lake that must come of it.
struct Case {
    name: &'static str,
    mode: Mode,
    /// The factory before the job.
    before: Mutex<Small>,
    goal: Goal,
    /// The calls of the job when nothing happens to it.
    calls: Vec<Operation>,
}

/// Four jobs, one after the other over one factory.
async fn cases(tables: &[&str]) -> Vec<Case> {
    let factory = empty_factory(tables);
    let jobs = [
        ("a first job", Mode::Incremental, ROWS),
        ("an incremental job", Mode::Incremental, CHANGES),
        ("a reconciliation", Mode::Reconcile, MOVES),
        ("a full reload", Mode::Full, SILENT),
    ];
    let mut cases = Vec::new();
    for (name, mode, script) in jobs {
        factory.execute(&about(script, tables));
        factory.set_now(factory.clock.now() + TimeDelta::minutes(30));
        let before = Mutex::new(factory.fork());
        let strike = Arc::new(Strike::on(0, Blow::Spared));
        let record = factory.job_struck(mode, &strike).await.unwrap();
        assert_eq!(record.status, "ok", "{name}: {record:?}");
        let goal = Goal::of(&factory).await;
        goal.check(&factory, Some(factory.local_now()))
            .await
            .unwrap_or_else(|complaint| panic!("{name}: {complaint}"));
        cases.push(Case { name, mode, before, goal, calls: strike.calls() });
    }
    cases
}

impl Case {
    fn fork(&self) -> Small {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).fork()
    }
}

/// What is done to a job at its n-th call.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Blow(Blow),
    Death,
    DiskFull,
}

/// Everything that can happen to a call.
fn faults_of(operation: Operation) -> Vec<Fault> {
    let blows: Vec<Blow> = match operation {
        Operation::Get | Operation::Head | Operation::List => vec![Blow::Fails(Failure::SlowDown)],
        Operation::Put | Operation::Copy | Operation::Delete => {
            vec![Blow::Fails(Failure::InternalError), Blow::DoneButFails(Failure::TimedOut)]
        }
        Operation::PutIf => {
            vec![
                Blow::Fails(Failure::Conflict),
                Blow::DoneButFails(Failure::Reset),
                Blow::DoneButRefused,
                Blow::Refused,
            ]
        }
        Operation::Connect | Operation::Table => ErpFailure::ALL.map(Blow::ErpFails).to_vec(),
        Operation::Page => ErpFailure::ALL.map(Blow::ErpFails).into_iter().chain([Blow::Cut(1)]).collect(),
    };
    let ends = if operation.writes() { vec![Fault::Death, Fault::DiskFull] } else { Vec::new() };
    blows.into_iter().map(Fault::Blow).chain(ends).collect()
}

/// Does something for every entry of `work`, on all processors. If something went wrong, it fails with how
/// often it did, and with the first complaints.
fn on_all_processors<T: Sync>(work: &[T], each: impl AsyncFn(&T) -> Result<(), String> + Sync) {
    let (next, complaints) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| {
                let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
                while let Some(item) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(complaint) = runtime.block_on(each(item)) {
                        complaints.lock().unwrap_or_else(PoisonError::into_inner).push(complaint);
                    }
                }
            });
        }
    });
    let complaints = complaints.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(
        complaints.is_empty(),
        "{} of {} went wrong:\n{}",
        complaints.len(),
        work.len(),
        complaints[..complaints.len().min(8)].join("\n")
    );
}

/// The lakes that were looked at. Most faults leave a lake that another fault has left too.
#[derive(Default)]
struct Seen(Mutex<HashSet<(&'static str, u64)>>);

impl Seen {
    /// Whether this is the first lake of its kind.
    async fn is_new(&self, case: &Case, factory: &Small) -> bool {
        let left = left_behind(&factory.store).await;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((case.name, left))
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

fn blocking<T>(work: impl Future<Output = T>) -> T {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(work)
}

/// The tables that have rows: a few of every shape, or all under `cargo xtask test --all`.
fn tables() -> Vec<&'static str> {
    const FEW: [&str; 4] = ["RunNumber", "SI_OCM_TRANS", "run_inputs", "temperature_logs"];
    if is_all() { ALL.iter().map(|source| source.table).collect() } else { FEW.to_vec() }
}

#[test]
fn whatever_fails_at_whichever_call_the_next_job_brings_everything_right() {
    let started = Instant::now();
    let cases = blocking(cases(&tables()));
    let mut work = Vec::new();
    for (first, case) in cases.iter().enumerate() {
        // The jobs are alike, so that a call which one of them skips is struck in the next ones.
        let (first, step) = if is_all() { (0, 1) } else { (first % 3, 3) };
        for (turn, (i, operation)) in case.calls.iter().enumerate().skip(first).step_by(step).enumerate() {
            let faults = faults_of(*operation);
            // The calls take turns at the ways in which they can fail.
            let one = turn % faults.len();
            let faults = if is_all() { &faults[..] } else { &faults[one..=one] };
            work.extend(faults.iter().map(|fault| (case, i + 1, *fault)));
        }
    }
    let seen = Seen::default();
    on_all_processors(&work, async |(case, n, fault)| {
        let outcome = strike(case, *n, *fault, &seen).await;
        outcome.map_err(|complaint| {
            format!("{} with {fault:?} at call {n} ({:?}): {complaint}", case.name, case.calls[n - 1])
        })
    });
    let calls: usize = cases.iter().map(|case| case.calls.len()).sum();
    println!(
        "{} faults at {calls} calls left {} different lakes behind, in {:.0} s",
        work.len(),
        seen.count(),
        started.elapsed().as_secs_f32()
    );
}

async fn strike(case: &Case, n: usize, fault: Fault, seen: &Seen) -> Result<(), String> {
    let mut factory = case.fork();
    // Every second job of those that are struck tries again by itself.
    factory.settings.retries = (n / 2 % 2) as u32;
    let strike = Arc::new(match fault {
        Fault::Blow(blow) => Strike::on(n, blow),
        Fault::Death => Strike::death_at(n + 1),
        Fault::DiskFull => Strike::disk_full_from(n),
    });
    factory.job_struck(case.mode, &strike).await;
    assert!(strike.calls().len() >= n, "the job has fewer calls than before");
    if !seen.is_new(case, &factory).await {
        return Ok(());
    }
    see_one_version(&factory.lake(), Some(factory.local_now())).await?;
    settle(case, &factory).await?;
    case.goal.check(&factory, Some(factory.local_now())).await
}

/// Runs one clean job, so late that a job that died no longer counts as alive.
async fn settle(case: &Case, factory: &Small) -> Result<(), String> {
    factory.set_now(factory.clock.now() + TimeDelta::minutes(70));
    let record = factory.run(case.mode).await;
    // What a job left half done is no damage.
    if record.status == "ok" && record.healed.is_none() {
        Ok(())
    } else {
        let JobRecord { status, error, healed, .. } = record;
        Err(format!("the clean job ends {status}: {error:?}, {healed:?}"))
    }
}

/// What happens in the ERP while a job is held, and the mode of another job that goes through meanwhile.
#[derive(Clone, Copy, Debug)]
struct Meanwhile {
    script: &'static str,
    other: Option<Mode>,
}

/// A row comes, one job commits it, and it goes before that job has staged it. Another job finds both out
/// meanwhile. A staging part is then what it was before, byte for byte. The held job must not take it for the
/// version that it read.
#[test]
fn a_row_that_comes_and_goes_while_a_job_is_held_leaves_no_trace() {
    let tables = ["RunNumber", "SI_OCM_TRANS"];
    let (case, goal) = blocking(async {
        let factory = empty_factory(&tables);
        factory.set_now(moment("2026-11-20T13:30:00"));
        factory.execute(&about(ROWS, &tables));
        factory.job_ok(Mode::Incremental).await;
        let goal = Goal::of(&factory).await;
        factory.execute(
            "INSERT INTO SI_OCM_TRANS (TransNo, RunNumber, TransDate, NetWeight, TargetWeight) VALUES (6, '1', '2026-11-20 13:05:00', 210, 200)",
        );
        let (before, strike) = (Mutex::new(factory.fork()), Arc::new(Strike::on(0, Blow::Spared)));
        factory.job_struck(Mode::Incremental, &strike).await;
        (
            Case {
                name: "a job",
                mode: Mode::Incremental,
                before,
                goal: Goal::of(&factory).await,
                calls: strike.calls(),
            },
            goal,
        )
    });
    let seen = Seen::default();
    let meanwhile =
        Meanwhile { script: "DELETE FROM SI_OCM_TRANS WHERE TransNo = 6", other: Some(Mode::Reconcile) };
    let work: Vec<usize> = (1..=case.calls.len()).collect();
    on_all_processors(&work, async |n| {
        let outcome = overtake(&case, &tables, &goal, *n, meanwhile, &seen).await;
        outcome.map_err(|complaint| format!("held at call {n} ({:?}): {complaint}", case.calls[n - 1]))
    });
}

#[test]
fn a_job_that_is_overtaken_at_whichever_call_does_no_harm() {
    let started = Instant::now();
    let tables = tables();
    let cases = blocking(cases(&tables));
    let mut work = Vec::new();
    for (case, script) in cases.iter().zip([CHANGES, MOVES, LATER_MOVES, LATER_MOVES]) {
        let goal = blocking(async {
            let factory = case.fork();
            factory.execute(&about(script, &tables));
            Goal::of(&factory).await
        });
        let goal = Arc::new(goal);
        for (i, other) in (0..case.calls.len())
            .flat_map(|i| [Some(Mode::Reconcile), Some(Mode::Incremental), None].map(|other| (i, other)))
            .enumerate()
        {
            // A prime number lies between two holds, so that each kind of job comes after each kind of call.
            if is_all() || i % 29 == 0 {
                work.push((case, Arc::clone(&goal), other.0 + 1, Meanwhile { script, other: other.1 }));
            }
        }
    }
    let seen = Seen::default();
    on_all_processors(&work, async |(case, goal, n, meanwhile)| {
        let outcome = overtake(case, &tables, goal, *n, *meanwhile, &seen).await;
        let by = meanwhile.other;
        outcome.map_err(|complaint| {
            format!(
                "{} held at call {n} ({:?}), overtaken by {by:?}: {complaint}",
                case.name,
                case.calls[n - 1]
            )
        })
    });
    println!(
        "{} holds left {} different lakes behind, in {:.0} s",
        work.len(),
        seen.count(),
        started.elapsed().as_secs_f32()
    );
}

async fn overtake(
    case: &Case,
    tables: &[&str],
    goal: &Goal,
    n: usize,
    meanwhile: Meanwhile,
    seen: &Seen,
) -> Result<(), String> {
    let factory = case.fork();
    let strike = Arc::new(Strike::hold_at(n));
    let held = factory.client(strike.clone());
    let overtaking = async {
        strike.reached().await;
        factory.execute(&about(meanwhile.script, tables));
        if let Some(mode) = meanwhile.other {
            factory.job_ok(mode).await;
            see_one_version(&factory.lake(), Some(factory.local_now())).await?;
        }
        strike.let_go_on();
        Ok::<_, String>(())
    };
    let (record, overtaken) = tokio::join!(held.run(case.mode), overtaking);
    overtaken?;
    if record.status != "ok" {
        return Err(format!("the held job ends {}: {:?}", record.status, record.error));
    }
    if !seen.is_new(case, &factory).await {
        return Ok(());
    }
    see_one_version(&factory.lake(), Some(factory.local_now())).await?;
    let (manifest, _) = factory.lake().manifest().await.unwrap().unwrap();
    check_published(&factory.store, &manifest).await?;
    check_staging_follows_raw(&factory).await?;
    factory.job_ok(Mode::Reconcile).await;
    goal.check(&factory, Some(factory.local_now())).await
}
