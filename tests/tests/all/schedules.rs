//! Seeded random schedules of edits, jobs, readers and faults. A failure prints its seed.
//! `TIDELINE_SEED=<seed>` plays that schedule alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tests::faults::schedule::{Log, Tally, play, play_with_damage};
use tests::is_all;
use tokio::runtime::Builder;

/// How many schedules are played: of faults alone, and of damage too.
const SCHEDULES: [u64; 2] = [300, 40];
/// The same under `cargo xtask test --all`.
const ALL_SCHEDULES: [u64; 2] = [10_000, 2000];
/// More than there are processors, because jobs that get in each other's way wait a little.
const THREADS: usize = 6;

/// What happens in a schedule.
#[derive(Clone, Copy, Debug)]
enum Play {
    /// Calls fail and jobs die.
    Faults,
    /// The same, and a hand spoils objects.
    Damage,
}

#[test]
fn schedules_of_faults_end_with_the_lake_as_the_erp_is() {
    play_all(Play::Faults);
}

/// So it is with whatever is made of raw. Where raw itself is spoiled, a job names what it lacks.
#[test]
fn schedules_of_damage_end_with_the_lake_as_the_erp_is() {
    play_all(Play::Damage);
}

fn play_all(what: Play) {
    if let Ok(seed) = std::env::var("TIDELINE_SEED") {
        let seed = seed.parse().expect("TIDELINE_SEED is a number");
        let (log, outcome) = played(what, seed);
        println!("{}", log.text());
        return outcome.unwrap_or_else(|complaint| panic!("seed {seed}: {complaint}"));
    }
    let schedules = (if is_all() { ALL_SCHEDULES } else { SCHEDULES })[what as usize];
    let schedules = std::env::var("TIDELINE_SCHEDULES")
        .map_or(schedules, |text| text.parse().expect("TIDELINE_SCHEDULES is a number"));
    let (next, total, failed) = (AtomicU64::new(0), Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= schedules || failed.lock().unwrap_or_else(PoisonError::into_inner).len() >= 5 {
                        return;
                    }
                    let (log, outcome) = played(what, seed);
                    total.lock().unwrap_or_else(PoisonError::into_inner).add(log.tally());
                    if let Err(complaint) = outcome {
                        eprintln!("seed {seed}: {complaint}");
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push((seed, complaint, log));
                    }
                }
            });
        }
    });
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "{schedules} schedules, {} jobs, {} of them killed, {} faults in {} calls, {} objects spoiled, in {:.0} s",
        total.jobs,
        total.deaths,
        total.faults,
        total.calls,
        total.damages,
        started.elapsed().as_secs_f32()
    );
    let mut failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_by_key(|(seed, ..)| *seed);
    if let Some((seed, complaint, log)) = failed.first() {
        let seeds: Vec<u64> = failed.iter().map(|(seed, ..)| *seed).collect();
        panic!(
            "{}\nseed {seed} of the failed {seeds:?}: {complaint}\nplay it again: TIDELINE_SEED={seed} cargo test --workspace --test all -- schedules_of_{} --nocapture",
            log.text(),
            format!("{what:?}").to_lowercase()
        );
    }
}

#[test]
fn a_seed_always_plays_the_same_schedule() {
    for seed in [3, 17, 50] {
        let [one, other] = [played(Play::Faults, seed), played(Play::Faults, seed)].map(|(log, _)| log);
        assert_eq!(
            one.tally(),
            other.tally(),
            "seed {seed}: {}",
            first_difference(&one.text(), &other.text())
        );
        assert!(one.tally().calls > 100);
    }
    assert_ne!(played(Play::Faults, 1).0.tally().trace, played(Play::Faults, 2).0.tally().trace);
}

fn first_difference(one: &str, other: &str) -> String {
    let differs = one.lines().zip(other.lines()).enumerate().find(|(_, (one, other))| one != other);
    differs.map_or_else(
        || "one goes on".to_owned(),
        |(line, (one, other))| format!("line {line}: {one}\n  against {other}"),
    )
}

/// Plays a schedule on a runtime of its own. A panic in it is a complaint too.
fn played(what: Play, seed: u64) -> (Log, Result<(), String>) {
    let log = Log::default();
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let outcome = catch_unwind(AssertUnwindSafe(|| match what {
        Play::Faults => runtime.block_on(play(seed, &log)),
        Play::Damage => runtime.block_on(play_with_damage(seed, &log)),
    }));
    let panicked = |panic: Box<dyn std::any::Any + Send>| {
        let text = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("panic: {}", text.unwrap_or_default()))
    };
    (log, outcome.unwrap_or_else(panicked))
}
