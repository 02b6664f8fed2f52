//! Whatever happens to the rows of all tables, the marts that followed it are those that one job makes from
//! nothing. A failure names its seed. `TIDELINE_SEED=<seed>` plays that seed alone.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use lake::Mode;
use tests::factory::Factory;
use tests::is_all;
use tests::random_edits::{edit, untie};
use tests::random_factory::fill;

use super::judge::SETTINGS;
use super::marts::compared_with_those_made_from_nothing;

/// How many random factories are edited.
const FACTORIES: u64 = 5;
/// The same under `cargo xtask test --all`.
const ALL_FACTORIES: u64 = 60;
/// How often each factory is edited.
const ROUNDS: i64 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn marts_that_followed_random_edits_of_all_tables_are_those_made_from_nothing() {
    let seeds: Vec<u64> = match std::env::var("TIDELINE_SEED") {
        Ok(seed) => vec![seed.parse().expect("TIDELINE_SEED is a number")],
        Err(_) => (1..=if is_all() { ALL_FACTORIES } else { FACTORIES }).collect(),
    };
    let mut compared = BTreeMap::new();
    for seed in &seeds {
        follow_random_edits(*seed, &mut compared).await;
    }
    let never: Vec<_> = compared.iter().filter(|(_, rows)| **rows == 0).collect();
    assert!(never.is_empty() || seeds.len() == 1, "nothing was compared of {never:?}");
}

/// Edits a random factory and compares its marts after each edit. Adds how many rows were compared of each
/// mart.
async fn follow_random_edits(seed: u64, compared: &mut BTreeMap<&'static str, usize>) {
    let factory = Factory::in_memory("2026-11-02T14:00:00").await;
    factory.lake().put_settings_file(SETTINGS.as_bytes().to_vec()).await.unwrap();
    fill(&factory, seed, 1);
    untie(&factory);
    factory.job_ok(Mode::Incremental).await;
    for round in 1..=ROUNDS {
        // This is later than all rows that the factory began with, and now and then on another day.
        let at =
            factory.local_now() + TimeDelta::milliseconds(TimeDelta::hours(11).num_milliseconds() + round);
        let mode = edit(&factory, seed * 1000 + round.unsigned_abs(), at);
        println!("TIDELINE_SEED={seed}, round {round}, {mode:?}");
        factory.now.set(factory.now.get() + TimeDelta::minutes(11 * 60 + 2));
        // Now and then all rows of a table are deleted.
        if mode == Mode::Incremental {
            factory.job_ok(mode).await;
        } else {
            assert_eq!(factory.run_accepting_deletes(mode).await.error, None);
        }
        factory.assert_lake_mirrors_erp().await;
        for (mart, rows) in compared_with_those_made_from_nothing(&factory).await {
            *compared.entry(mart).or_default() += rows;
        }
    }
}
