//! Clocks that are changed, rows that are committed late, stamps that tie or lie in the future: none of these
//! loses a row or keeps later rows from being read.

use chrono::{NaiveDateTime, TimeDelta};
use lake::{Mode, Slot};
use tests::factory::moment;
use tests::faults::Goal;
use tests::faults::small::Small;
use warehouse::sources::{ALL, Owner, RUN_INPUTS};

/// A factory with the ERP's own tables and `run_inputs`, read by stamps or by keys.
fn factory(now: &str, is_indexed: bool) -> Small {
    let tables = ALL.into_iter().filter(|source| source.owner == Owner::Erp || *source == &RUN_INPUTS);
    Small::new(moment(now), tables, |_| is_indexed)
}

/// Commits a row with a stamp on the factory's clock.
fn commit(factory: &Small, input_id: usize, stamp: &str) {
    factory.execute(&format!("INSERT INTO run_inputs (input_id, run_number, qty_kg, updated_at) VALUES ({input_id}, '1', {input_id}, '{stamp}')"));
}

/// Runs a job at a moment of UTC. Returns how many rows were new.
async fn run_at(factory: &Small, now: &str, mode: Mode) -> i64 {
    factory.set_now(moment(now));
    let record = factory.job_ok(mode).await;
    record.tables.iter().map(|table| table.written).sum()
}

/// How far the lake says that it has read.
async fn watermark(factory: &Small) -> Option<NaiveDateTime> {
    let (manifest, _) = factory.lake().manifest().await.unwrap().unwrap();
    manifest.tables[RUN_INPUTS.staging].watermark.as_deref().map(|text| text.parse().unwrap())
}

/// Fails unless the watermark is as expected. It may lag behind if rows are read by key and not in the order
/// of their stamps.
async fn assert_watermark(factory: &Small, is_indexed: bool, expected: &str) {
    let (watermark, expected) = (watermark(factory).await, moment(expected).naive_utc());
    assert!(
        if is_indexed { watermark == Some(expected) } else { watermark <= Some(expected) },
        "{watermark:?}, not {expected}"
    );
}

async fn assert_mirrors(factory: &Small) {
    Goal::of(factory).await.check(factory, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hour_that_comes_twice_in_autumn_loses_no_row() {
    for is_indexed in [true, false] {
        // London goes back from 02:00 to 01:00 at 01:00 UTC.
        let factory = factory("2026-10-25T00:00:00", is_indexed);
        commit(&factory, 1, "2026-10-25 00:58:00");
        assert_eq!(run_at(&factory, "2026-10-25T00:00:00", Mode::Incremental).await, 1);
        commit(&factory, 2, "2026-10-25 01:30:00");
        commit(&factory, 3, "2026-10-25 01:59:59");
        assert_eq!(run_at(&factory, "2026-10-25T00:59:59", Mode::Incremental).await, 2);
        assert_watermark(&factory, is_indexed, "2026-10-25T01:59:59").await;
        // It is one o'clock again. These rows come after those that were read, with earlier stamps.
        commit(&factory, 4, "2026-10-25 01:00:00");
        commit(&factory, 5, "2026-10-25 01:30:00");
        assert_eq!(run_at(&factory, "2026-10-25T01:31:00", Mode::Incremental).await, 2);
        // The watermark is never ahead of the job's own start.
        assert_watermark(&factory, is_indexed, "2026-10-25T01:31:00").await;
        commit(&factory, 6, "2026-10-25 01:45:00");
        commit(&factory, 7, "2026-10-25 02:05:00");
        assert_eq!(run_at(&factory, "2026-10-25T02:06:00", Mode::Incremental).await, 2);
        assert_mirrors(&factory).await;
    }
}

/// The inputs that the lake holds, with their weights.
async fn weights(factory: &Small) -> Vec<(i64, f64)> {
    let lake = factory.lake();
    let mut weights = Vec::new();
    for part in lake.staging_parts(RUN_INPUTS.staging).await.unwrap() {
        let rows = lake.held(RUN_INPUTS.staging, Slot::Part(&part), None).await.unwrap().unwrap().frame;
        let (ids, kgs) = (rows.column("input_id").unwrap(), rows.column("qty_kg").unwrap());
        let pairs = ids.i64().unwrap().iter().flatten().zip(kgs.f64().unwrap().iter().flatten());
        weights.extend(pairs);
    }
    weights.sort_by_key(|(id, _)| *id);
    weights
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_row_changed_in_both_of_these_hours_what_the_erp_says_now_counts() {
    for is_indexed in [true, false] {
        let factory = factory("2026-10-25T00:50:00", is_indexed);
        for (id, stamp) in [(1, "01:50:00"), (2, "01:55:00"), (3, "00:50:00")] {
            commit(&factory, id, &format!("2026-10-25 {stamp}"));
        }
        assert_eq!(run_at(&factory, "2026-10-25T00:56:00", Mode::Incremental).await, 3);
        // This is half an hour later by the sun and half an hour earlier by the clock on the wall.
        let set = |id: usize, qty_kg: &str, stamp: &str| {
            factory.execute(&format!(
                "UPDATE run_inputs SET qty_kg = {qty_kg}, updated_at = '2026-10-25 {stamp}' WHERE input_id = {id}"
            ));
        };
        set(1, "9", "01:20:00");
        set(2, "'much'", "01:20:00");
        // This stamp went back too, but out of an hour that is shown once: the version is an old one.
        set(3, "9", "00:40:00");
        run_at(&factory, "2026-10-25T01:25:00", Mode::Incremental).await;
        assert_eq!(
            weights(&factory).await,
            [(1, 9.0), (3, 3.0)],
            "a version that was rejected hides the old one"
        );
        assert_eq!(run_at(&factory, "2026-10-25T01:26:00", Mode::Incremental).await, 0);
        // Once more, and mended.
        set(1, "8", "01:10:00");
        set(2, "7", "01:05:00");
        run_at(&factory, "2026-10-25T01:27:00", Mode::Incremental).await;
        assert_eq!(weights(&factory).await, [(1, 8.0), (2, 7.0), (3, 3.0)]);
        // All the segments, folded again from nothing, say the same.
        tests::faults::check_staging_follows_raw(&factory).await.unwrap();
        assert_eq!(run_at(&factory, "2026-10-25T01:28:00", Mode::Reconcile).await, 1);
        assert_mirrors(&factory).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hour_that_is_missing_in_spring_loses_no_row() {
    for is_indexed in [true, false] {
        // London goes forward from 01:00 to 02:00 at 01:00 UTC.
        let factory = factory("2026-03-29T00:59:00", is_indexed);
        commit(&factory, 1, "2026-03-29 00:58:00");
        assert_eq!(run_at(&factory, "2026-03-29T00:59:00", Mode::Incremental).await, 1);
        commit(&factory, 2, "2026-03-29 02:00:30");
        // A machine that missed the change writes times that do not exist.
        commit(&factory, 3, "2026-03-29 01:01:00");
        assert_eq!(run_at(&factory, "2026-03-29T01:02:00", Mode::Incremental).await, 2);
        assert_mirrors(&factory).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_committed_late_are_found_as_long_as_the_overlap_and_later_by_a_comparison() {
    for is_indexed in [true, false] {
        let factory = factory("2026-11-20T14:00:00", is_indexed);
        commit(&factory, 1, "2026-11-20 14:00:00");
        run_at(&factory, "2026-11-20T14:00:00", Mode::Incremental).await;
        for late_minutes in [1, 59, 119, 120] {
            let stamp = moment("2026-11-20T14:00:00").naive_utc() - TimeDelta::minutes(late_minutes);
            commit(&factory, 100 + late_minutes as usize, &stamp.to_string());
            assert_eq!(
                run_at(&factory, "2026-11-20T14:00:00", Mode::Incremental).await,
                1,
                "{late_minutes} minutes late"
            );
        }
        commit(&factory, 2, "2026-11-20 11:59:59");
        commit(&factory, 3, "2026-09-01");
        assert_eq!(run_at(&factory, "2026-11-20T14:00:00", Mode::Incremental).await, 0, "beyond the overlap");
        assert_eq!(run_at(&factory, "2026-11-20T14:00:00", Mode::Reconcile).await, 2);
        assert_mirrors(&factory).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stamps_in_the_future_keep_no_later_row_from_being_found() {
    for is_indexed in [true, false] {
        let factory = factory("2026-11-20T14:00:00", is_indexed);
        commit(&factory, 1, "2026-11-20 13:59:00");
        commit(&factory, 2, "2026-11-23 09:00:00");
        commit(&factory, 3, "9999-12-31 23:59:59");
        assert_eq!(run_at(&factory, "2026-11-20T14:00:00", Mode::Incremental).await, 3);
        assert_watermark(&factory, is_indexed, "2026-11-20T14:00:00").await;
        commit(&factory, 4, "2026-11-20 14:05:00");
        assert_eq!(run_at(&factory, "2026-11-20T14:06:00", Mode::Incremental).await, 1);
        factory.execute(
            "UPDATE run_inputs SET qty_kg = 8, updated_at = '2026-11-23 09:00:01' WHERE input_id = 2",
        );
        assert_eq!(run_at(&factory, "2026-11-20T14:07:00", Mode::Incremental).await, 1);
        assert_mirrors(&factory).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_stamps_over_many_pages_are_read_to_the_end_and_only_once() {
    for (is_indexed, page) in [(true, 1), (true, 7), (false, 1), (false, 7)] {
        let mut factory = factory("2026-11-20T14:00:00", is_indexed);
        factory.settings.reading.batch_size = page;
        for input_id in 0..60 {
            commit(&factory, input_id, "2026-11-20 13:30:00");
        }
        let first = factory.job_ok(Mode::Incremental).await;
        let inputs = first.tables.iter().find(|table| table.table == RUN_INPUTS.table).unwrap();
        assert_eq!((inputs.extracted, inputs.written), (60, 60), "pages of {page}");
        commit(&factory, 60, "2026-11-20 13:30:00");
        assert_eq!(
            run_at(&factory, "2026-11-20T14:01:00", Mode::Incremental).await,
            1,
            "one more with the same stamp"
        );
        assert_mirrors(&factory).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_clock_is_wrong_by_an_hour_hides_nothing_from_the_next() {
    for ahead_minutes in [-60, 60] {
        let factory = factory("2026-11-20T14:00:00", true);
        commit(&factory, 1, "2026-11-20 13:59:00");
        commit(&factory, 2, "2026-11-20 14:50:00");
        let mut client = factory.client(std::sync::Arc::new(tests::faults::Unharmed));
        client.clock_ahead = TimeDelta::minutes(ahead_minutes);
        assert_eq!(client.run(Mode::Incremental).await.status, "ok");
        let start = moment("2026-11-20T14:00:00").naive_utc() + TimeDelta::minutes(ahead_minutes);
        assert!(watermark(&factory).await <= Some(start), "never ahead of the job's own start");
        commit(&factory, 3, "2026-11-20 14:01:00");
        assert_eq!(
            run_at(&factory, "2026-11-20T14:02:00", Mode::Incremental).await,
            1,
            "{ahead_minutes} minutes ahead"
        );
        assert_mirrors(&factory).await;
    }
}
