//! Segments that are lost, exchanged or none of ours: nothing can be made again without them.

use std::sync::Arc;

use chrono::TimeDelta;
use extractor_function::doctor::{Finding, Severity, examine_deep, examine_objects};
use lake::{ETag, Listed, Mode, Object, Store};
use tests::faults::{Goal, Strike};

use super::{Damaged, Harm, keys, put, rebuild};

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_is_lost_is_named_and_only_a_reload_makes_good_for_it() {
    let damaged = Damaged::new().await;
    let segments = keys(&damaged.small, "raw/run_inputs/").await;
    assert!(segments.len() >= 3, "{segments:?}");
    for (i, harm) in [
        (0, Harm::Deleted),
        (1, Harm::Truncated),
        (1, Harm::OfAnotherKey),
        (segments.len() - 1, Harm::Deleted),
    ] {
        let about = format!("{harm:?} {}", segments[i]);
        let named = segments[i].strip_prefix("factory=test/").unwrap();
        let small = damaged.fork();
        harm.strike(&small, &segments[i], &segments[0], &damaged.older).await;
        // What was made of it is whole: jobs go on, and tell at most of the segment that they came to last.
        let record = small.job_ok(Mode::Incremental).await;
        assert_eq!(record.healed, None, "{about}");
        let is_last = i == segments.len() - 1;
        assert_eq!(record.warning.is_some_and(|warning| warning.contains(named)), is_last, "{about}");
        damaged.goal.check_rows(&small).await.unwrap();
        if let Harm::Deleted = harm {
            // What is asked for is not done where it would only lose rows.
            let record = rebuild(&small).await;
            assert_eq!((record.status.as_str(), &record.error), ("ok", &None), "{about}");
            assert!(record.healed.is_some_and(|told| told.starts_with("everything but `run_inputs` ")));
            assert!(record.warning.is_some_and(|warning| warning.contains(named)), "{about}");
            damaged.goal.check_rows(&small).await.unwrap();
            small.store.delete(&keys(&small, "staging/run_inputs/").await[0]).await.unwrap();
        }
        // Without it the table cannot be made again.
        let record = rebuild(&small).await;
        let findings = examine_objects(&small.lake()).await;
        let names_it = |found: &Finding| found.severity == Severity::Failure && found.found.contains(named);
        assert!(findings.iter().any(names_it), "{about}: {findings:?}");
        let error = record.error.unwrap();
        assert_eq!(record.status, "partial", "{about}: {error}");
        assert!(error.contains(named) && error.contains("tideline extract --full"), "{about}: {error}");
        for mode in [Mode::Incremental, Mode::Reconcile] {
            let record = small.run(mode).await;
            assert!(record.error.is_some_and(|error| error.contains(named)), "{about}");
            let (manifest, _) = small.lake().manifest().await.unwrap().unwrap();
            assert_eq!(manifest.never_read(["run_inputs"]), Some("run_inputs"), "{about}: it is not shown");
        }
        // The rest is.
        small.job_ok(Mode::Full).await;
        let (manifest, _) = small.lake().manifest().await.unwrap().unwrap();
        assert_eq!(manifest.never_read(["run_inputs"]), None, "{about}");
        assert_eq!(small.job_ok(Mode::Incremental).await.healed, None, "{about}");
        damaged.goal.check_rows(&small).await.unwrap();
        let record = rebuild(&small).await;
        assert_eq!(
            (record.status.as_str(), &record.error),
            ("ok", &None),
            "{about}: a reload makes good for it"
        );
        damaged.goal.check_rows(&small).await.unwrap();
        let findings = examine_deep(&small.lake(), small.clock.now()).await;
        let failed = findings.iter().filter(|finding| finding.severity == Severity::Failure);
        assert_eq!(failed.count(), 0, "{about}: {findings:?}");
        let is_compared = findings.iter().any(|finding| finding.found.contains("are what raw gives"));
        assert!(is_compared, "{about}: {findings:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_somebody_has_put_between_the_segments_is_named_and_hides_nothing() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let stray = "factory=test/raw/run_inputs/00000099.parquet";
    let body = Object { bytes: b"x".to_vec(), metadata: lake::Metadata::new(), etag: ETag(String::new()) };
    put(&small, stray, body).await;
    for mode in [Mode::Incremental, Mode::Reconcile] {
        let record = small.job_ok(mode).await;
        assert!(record.warning.is_some_and(|warning| warning.contains("raw/run_inputs/00000099.parquet")));
    }
    let record = rebuild(&small).await;
    assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
    assert!(record.healed.is_some_and(|told| told.starts_with("everything was made again")));
    damaged.goal.check_rows(&small).await.unwrap();
    for findings in
        [examine_objects(&small.lake()).await, examine_deep(&small.lake(), small.clock.now()).await]
    {
        assert!(findings.iter().all(|finding| finding.severity < Severity::Failure), "{findings:?}");
    }
    small.store.delete(stray).await.unwrap();
    assert_eq!(small.job_ok(Mode::Incremental).await.warning, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_that_are_lost_with_the_manifest_are_named_from_the_first_to_the_last() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let segments = keys(&small, "raw/run_inputs/").await;
    let [first, last] = [2, 1].map(|from_end| &segments[segments.len() - from_end]);
    let [of_first, of_last] = [first, last].map(|key| key.strip_prefix("factory=test/").unwrap());
    let mut gone = Vec::new();
    for key in [first, last] {
        gone.push(small.store.get(key).await.unwrap().unwrap());
        small.store.delete(key).await.unwrap();
    }
    small.store.delete("factory=test/manifest.json").await.unwrap();
    let record = small.run(Mode::Incremental).await;
    let (error, healed) = (record.error.unwrap(), record.healed.unwrap());
    let both = format!("`{of_first}` to `{of_last}` are missing");
    assert!(record.status == "partial" && error.contains(&both), "{error}");
    assert!(healed.contains("`manifest.json` was missing"), "{healed}");
    // One comes back, the other is missed still. With both, all is as it was.
    put(&small, first, gone[0].clone()).await;
    for _ in 0..2 {
        let error = small.run(Mode::Incremental).await.error.unwrap();
        assert!(error.contains(&format!("`{of_last}` is missing")), "{error}");
    }
    put(&small, last, gone[1].clone()).await;
    small.job_ok(Mode::Incremental).await;
    damaged.goal.check_rows(&small).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_cannot_go_on_is_begun_again_and_harms_nothing() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let open_reload = async || {
        let (manifest, _) = small.lake().manifest().await.unwrap().unwrap();
        manifest.tables["run_inputs"].open_reload.clone()
    };
    // A job dies in the middle of its reload.
    for call in (1..).step_by(3) {
        let struck = Arc::new(Strike::death_at(call));
        assert!(small.job_struck(Mode::Full, &struck).await.is_none(), "no job died in a reload");
        small.set_now(small.clock.now() + TimeDelta::minutes(20));
        small.job_ok(Mode::Incremental).await;
        if open_reload().await.is_some() {
            break;
        }
    }
    let generation = open_reload().await.unwrap().generation;
    let key = format!("factory=test/{}", lake::keys::raw("run_inputs", generation));
    Harm::Truncated.strike(&small, &key, &key, &damaged.older).await;
    let record = small.job_ok(Mode::Full).await;
    assert!(record.warning.is_some_and(|warning| warning.contains("begun again")));
    assert_eq!((record.healed, open_reload().await), (None, None));
    damaged.goal.check_rows(&small).await.unwrap();
    let record = rebuild(&small).await;
    assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
    damaged.goal.check_rows(&small).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_another_storage_names_otherwise_is_not_lost() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let (mut manifest, version) = small.lake().manifest().await.unwrap().unwrap();
    let mut changed = 0;
    for (staging, table) in &mut manifest.tables {
        let Some(tail) = &mut table.tail else { continue };
        tail.version = ETag("of another storage".to_owned());
        // Older versions of the program wrote no digest.
        let key = format!("factory=test/{}", lake::keys::raw(staging, table.applied));
        let mut segment = small.store.get(&key).await.unwrap().unwrap();
        segment.metadata.remove("digest");
        put(&small, &key, segment).await;
        changed += 1;
    }
    assert!(changed > 3);
    small.lake().swap_manifest(&manifest, Some(version)).await.unwrap();
    let record = small.job_ok(Mode::Incremental).await;
    assert_eq!((record.warning, record.healed), (None, None));
    let record = rebuild(&small).await;
    assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_segment_that_cannot_be_read_keeps_its_table_as_it_was() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let before = small.store.fork();
    small.execute("UPDATE run_inputs SET qty_kg = 36, updated_at = '2026-11-20 13:40:00' WHERE input_id = 1");
    small.job_ok(Mode::Incremental).await;
    // A job has committed the segment and died before it took account of it. Then the segment was damaged.
    for folder in ["staging/", "rejected/", "manifest.json", "marts/", "published/"] {
        for key in keys(&small, folder).await {
            small.store.delete(&key).await.unwrap();
        }
        for Listed { key, .. } in before.list(&format!("factory=test/{folder}"), None).await.unwrap() {
            put(&small, &key, before.get(&key).await.unwrap().unwrap()).await;
        }
    }
    let last = keys(&small, "raw/run_inputs/").await.pop().unwrap();
    Harm::Truncated.strike(&small, &last, &last, &damaged.older).await;
    for _ in 0..2 {
        let record = small.run(Mode::Incremental).await;
        let error = record.error.unwrap();
        assert_eq!((record.status.as_str(), record.healed), ("partial", None), "{error}");
        assert!(error.contains(last.strip_prefix("factory=test/").unwrap()), "{error}");
        assert!(error.contains("it brought 1 rows and 0 rejected ones"), "{error}");
        damaged.goal.check_rows(&small).await.unwrap();
    }
    small.job_ok(Mode::Full).await;
    Goal::of_rows(&small).check_rows(&small).await.unwrap();
}
