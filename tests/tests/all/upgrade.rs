//! A lake whose marts another version of the program made. Marts that this version cannot read are not shown,
//! and the next job makes all marts again.

use std::collections::BTreeMap;

use lake::{Manifest, Mode, Put, Slot};
use serde_json::{Value, json};
use tests::factory::{Factory, rows_of};
use tests::site::Site;
use warehouse::sources::FIRST_STAMP;

use crate::marts::assert_marts_are_those_made_from_nothing;

/// Writes the manifest as another version would have. That version had other columns in one mart, did not
/// know another, knew one that is gone, and noted what was pending in words of its own.
async fn made_by_another_version(factory: &Factory) -> Manifest {
    let lake = factory.lake();
    let (mut manifest, version) = lake.manifest().await.unwrap().unwrap();
    "another".clone_into(&mut manifest.models);
    manifest.pending = json!({"days": ["2026-11-02"], "what": 7});
    let products = manifest.marts.get_mut("products").unwrap().get_mut("all").unwrap();
    let mut narrow = lake.mart_part(products, None).await.unwrap().drop("allergens").unwrap();
    let part = lake
        .put_mart_part("products", "all", manifest.generation, &mut narrow, BTreeMap::new())
        .await
        .unwrap();
    *products = lake::PartRef { zone: products.zone.clone(), ..part };
    let gone = manifest.marts.remove("fct_product_mix").unwrap();
    manifest.marts.insert("fct_of_old".to_owned(), gone);
    // This mart is empty by rules that no longer hold, in parts that no new row touches.
    for part in manifest.marts.get_mut("fct_compliance_checks").unwrap().values_mut() {
        let mut none = lake.mart_part(part, None).await.unwrap().clear();
        *part = lake
            .put_mart_part("fct_compliance_checks", "old", manifest.generation, &mut none, BTreeMap::new())
            .await
            .unwrap();
    }
    assert!(matches!(lake.swap_manifest(&manifest, Some(version)).await.unwrap(), Put::Stored(_)));
    manifest
}

#[tokio::test(flavor = "multi_thread")]
async fn marts_of_another_version_are_made_again_by_the_next_job_and_not_shown_before_where_they_cannot_be_read()
 {
    let factory = Factory::sandbox_with_settings("2026-11-02T14:00:00", 2).await;
    factory.job_ok(Mode::Incremental).await;
    let old = made_by_another_version(&factory).await;

    let site = Site::open(&factory).await;
    let refused = reqwest::get(site.url("/products")).await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    assert!(refused.text().await.unwrap().contains("these numbers are being computed"));
    assert!(site.get::<Value>("/yield/daily").await.unwrap().is_array());

    factory.job_ok(Mode::Incremental).await;
    assert_marts_are_those_made_from_nothing(&factory).await;
    let (manifest, _) = factory.lake().manifest().await.unwrap().unwrap();
    assert_ne!(manifest.models, old.models);
    assert!(manifest.pending.is_null() && !manifest.marts.contains_key("fct_of_old"));
    assert!(!site.get::<Vec<Value>>("/products").await.unwrap().is_empty());

    // To make the marts again once is enough. A job without new rows writes no mart.
    factory.job_ok(Mode::Incremental).await;
    let (again, _) = factory.lake().manifest().await.unwrap().unwrap();
    assert_eq!(again.marts, manifest.marts);
}

#[tokio::test(flavor = "multi_thread")]
async fn marts_of_another_version_are_made_again_though_the_erp_is_away() {
    let factory = Factory::sandbox_with_settings("2026-11-02T14:00:00", 2).await;
    factory.job_ok(Mode::Incremental).await;
    made_by_another_version(&factory).await;
    let (erp, elsewhere) = (factory.erp(), factory.erp().with_extension("away"));
    std::fs::rename(&erp, &elsewhere).unwrap();
    assert_eq!(factory.run(Mode::Incremental).await.status, "failed");
    std::fs::rename(&elsewhere, &erp).unwrap();
    assert_marts_are_those_made_from_nothing(&factory).await;
}

/// Takes the column of first stamps from a table's parts, which an older version did not have.
async fn without_first_stamps(factory: &Factory, staging: &str) {
    let lake = factory.lake();
    for part in lake.staging_parts(staging).await.unwrap() {
        let held = lake.held(staging, Slot::Part(&part), None).await.unwrap().unwrap();
        let mut old = held.frame.drop(FIRST_STAMP).unwrap();
        let put = lake.hold(staging, Slot::Part(&part), &mut old, None, held.applied, Some(held.etag)).await;
        assert!(matches!(put, Ok(Put::Stored(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staging_of_another_version_gets_the_stamps_of_its_rows_as_their_first() {
    let factory = Factory::sandbox_with_settings("2026-11-02T14:00:00", 2).await;
    factory.job_ok(Mode::Incremental).await;
    made_by_another_version(&factory).await;
    for staging in ["run_inputs", "case_verification"] {
        without_first_stamps(&factory, staging).await;
    }
    factory.job_ok(Mode::Incremental).await;
    assert_marts_are_those_made_from_nothing(&factory).await;
    let lake = factory.lake();
    for (staging, stamp) in [("run_inputs", "updated_at"), ("case_verification", "updated_at")] {
        for part in lake.staging_parts(staging).await.unwrap() {
            let rows = lake.held(staging, Slot::Part(&part), None).await.unwrap().unwrap().frame;
            let first = rows.column(FIRST_STAMP).unwrap().clone().with_name(stamp.into());
            assert_eq!(&first, rows.column(stamp).unwrap(), "{staging}/{part}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_has_no_rows_by_this_versions_rules_is_emptied_for_other_engines_too() {
    let factory = Factory::sandbox_with_settings("2026-11-02T14:00:00", 2).await;
    factory.job_ok(Mode::Incremental).await;
    let lake = factory.lake();
    let (mut manifest, version) = lake.manifest().await.unwrap().unwrap();
    "another".clone_into(&mut manifest.models);
    let runs = manifest.marts.get_mut("runs").unwrap();
    let (_, part) = runs.iter().next().unwrap();
    let mut rows = lake.mart_part(part, None).await.unwrap();
    assert!(!rows_of(&rows).is_empty());
    let part =
        lake.put_mart_part("runs", "2020-01", manifest.generation, &mut rows, BTreeMap::new()).await.unwrap();
    runs.insert("2020-01".to_owned(), part);
    assert!(matches!(lake.swap_manifest(&manifest, Some(version)).await.unwrap(), Put::Stored(_)));

    factory.job_ok(Mode::Incremental).await;
    assert_marts_are_those_made_from_nothing(&factory).await;
    let (manifest, _) = lake.manifest().await.unwrap().unwrap();
    assert_eq!(manifest.marts["runs"]["2020-01"].rows, 0);
}
