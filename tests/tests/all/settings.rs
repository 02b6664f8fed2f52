//! The factory's settings: what a job takes from `settings/factory.toml`, what it makes again, and what it
//! says of a file that it cannot take.

use api::runs::RunDetail;
use api::yields::YieldTotal;
use extractor_function::doctor::{Severity, examine_lake};
use lake::{Manifest, Mode};
use tests::described::answer_of;
use tests::factory::{ErpAccess, Factory};
use tests::site::Site;

const NOW: &str = "2026-11-20T14:00:00";

/// A complete run of yesterday: kilograms and grades of what went in, and kilograms of tier 1 with the grade
/// that it was made of.
fn add_run(factory: &Factory, run: &str, inputs: &[(&str, f64)], output: (&str, f64)) {
    let number = format!("'{run}'");
    factory.insert(
        "RunNumber",
        &[
            ("RunNumber", &number),
            ("ProductionDate", "'2026-11-19'"),
            ("ProductCode", "'P1'"),
            ("Complete", "1"),
            ("Created", "'2026-11-19 06:00:00'"),
        ],
    );
    let stamp = ("updated_at", "'2026-11-19 12:00:00'");
    for (place, (grade, kg)) in inputs.iter().enumerate() {
        let (id, grade, kg) = (format!("{run}{place}"), format!("'{grade}'"), kg.to_string());
        factory.insert(
            "run_inputs",
            &[("input_id", &id), ("run_number", &number), ("grade", &grade), ("qty_kg", &kg), stamp],
        );
    }
    let (grade, kg) = (format!("'{}'", output.0), output.1.to_string());
    factory.insert(
        "run_outputs",
        &[
            ("output_id", &format!("{run}0")),
            ("run_number", &number),
            ("product_code", "'P1'"),
            ("tier", "1"),
            ("source_grade", &grade),
            ("qty_kg", &kg),
            stamp,
        ],
    );
}

async fn put(factory: &Factory, settings: &str) {
    factory.lake().put_settings_file(settings.as_bytes().to_vec()).await.unwrap();
}

async fn manifest(factory: &Factory) -> Manifest {
    factory.lake().manifest().await.unwrap().expect("a manifest").0
}

/// What a program that has just started answers of a run: whether its yield is low, and its findings with
/// their limits.
async fn judged(factory: &Factory, run: &str) -> (Option<bool>, Vec<String>) {
    let detail: RunDetail = Site::open(factory).await.get(&format!("/runs/{run}")).await.unwrap();
    let limit = |limit: Option<f64>| limit.map_or_else(|| "-".to_owned(), |limit| format!("{limit:.1}"));
    let found = detail.checks.iter().map(|check| format!("{} {}", check.check, limit(check.limit)));
    (detail.is_low, found.collect())
}

/// A reading of yesterday that is too warm.
fn add_reading(factory: &Factory, celsius: &str) {
    let at = "'2026-11-19 12:00:00'";
    factory.insert(
        "temperature_logs",
        &[
            ("log_id", "1"),
            ("location", "'Chill'"),
            ("reading_time", at),
            ("temp_celsius", celsius),
            ("target_max", "5.0"),
            ("updated_at", at),
        ],
    );
}

/// The findings of readings, with their limits.
async fn found_in_readings(factory: &Factory) -> Vec<String> {
    let found = answer_of(factory, "/compliance/checks").await;
    let of_places = found.as_array().unwrap().iter().filter(|finding| !finding["location"].is_null());
    of_places.map(|row| format!("{} {}", row["check"].as_str().unwrap(), row["limit"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_limits_is_judged_by_at_once_and_a_bad_file_leaves_the_last_good_one_in_force() {
    let factory = Factory::empty(NOW).await;
    factory.insert("prod_lines", &[("line_id", "'L1'"), ("updated_at", "'2026-11-01 06:00:00'")]);
    add_run(&factory, "1", &[("Premium", 1000.0)], ("Premium", 910.0));
    add_reading(&factory, "50.0");
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(judged(&factory, "1").await, (Some(false), vec![]));
    assert_eq!(found_in_readings(&factory).await, ["temperature_breach 5.0"]);
    assert_eq!(manifest(&factory).await.settings, None);

    put(&factory, "[limits]\nlow_yield_pct = 92.5\nsensor_max_c = 40\n[lines.l1]\nshift_target_kg = 700\n")
        .await;
    factory.job_ok(Mode::Incremental).await;
    let strict = (Some(true), vec!["low_yield 92.5".to_owned()]);
    assert_eq!(judged(&factory, "1").await, strict);
    assert_eq!(found_in_readings(&factory).await, ["sensor_fault 40.0"], "no temperature breaks a limit");
    let site = Site::open(&factory).await;
    let total: YieldTotal = site.get("/yield/total?from=2026-11-19&to=2026-11-19").await.unwrap();
    assert_eq!((total.low_yield_pct, total.is_low, total.dates[0].is_low), (92.5, Some(true), Some(true)));

    // The same settings once more make nothing again.
    let before = manifest(&factory).await;
    factory.job_ok(Mode::Incremental).await;
    let after = manifest(&factory).await;
    assert_eq!((&after.marts, &after.settings), (&before.marts, &before.settings));

    for (bad, told) in [
        ("[limits]\nlow_yield = 80\n", "`settings/factory.toml`: line 2: unknown field `low_yield`, "),
        ("[lines.L9]\n", "`settings/factory.toml`: line 1: there is no line `L9`: the ERP has L1; "),
    ] {
        put(&factory, bad).await;
        let record = factory.run(Mode::Incremental).await;
        let error = record.error.unwrap_or_default();
        assert_eq!(record.status, "partial");
        assert!(
            error.starts_with(told) && error.ends_with("; the settings before it stay in force"),
            "{error}"
        );
        assert_eq!(judged(&factory, "1").await, strict);
        assert_eq!(manifest(&factory).await.settings, before.settings);
        let found = examine_lake(factory.lake(), factory.now.get()).await;
        let settings = found.iter().find(|finding| finding.about == "settings").unwrap();
        assert!(settings.severity == Severity::Warning && settings.found == error, "{settings:?}");
    }

    // A line that the ERP gets makes the same file right.
    factory.insert("prod_lines", &[("line_id", "'L9'"), ("updated_at", "'2026-11-20 13:00:00'")]);
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(judged(&factory, "1").await, (Some(false), vec![]), "by the default limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_hold_for_what_is_read_later_and_for_marts_that_another_version_made() {
    let factory = Factory::empty(NOW).await.with_lake_in_memory();
    put(&factory, "[limits]\ngiveaway_pct = 1\n[shifts]\n").await;
    add_run(&factory, "1", &[("Premium", 1000.0)], ("Premium", 960.0));
    let record = factory.run(Mode::Incremental).await;
    assert_eq!(record.status, "partial", "nothing was ever in force, so the defaults are: {record:?}");
    assert_eq!((record.tables.iter().filter(|table| table.error.is_some()).count(), record.accepted), (0, 3));
    put(&factory, "[limits]\nlow_yield_pct = 97\n").await;
    factory.job_ok(Mode::Incremental).await;
    add_run(&factory, "2", &[("Premium", 1000.0)], ("Premium", 960.0));
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(findings(&factory).await, 2);

    let (mut manifest, version) = factory.lake().manifest().await.unwrap().unwrap();
    "another".clone_into(&mut manifest.models);
    manifest.settings.as_mut().unwrap().values = serde_json::json!({"limits": {"of_old": 1}});
    factory.lake().swap_manifest(&manifest, Some(version)).await.unwrap();
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(findings(&factory).await, 2, "the file is read again, though it is the same");

    // Nobody can read the settings that the marts were made with.
    put(&factory, "[limits]\nlow_yield_pct = 50\n").await;
    let (mut manifest, version) = factory.lake().manifest().await.unwrap().unwrap();
    manifest.settings.as_mut().unwrap().values = serde_json::json!("none");
    factory.lake().swap_manifest(&manifest, Some(version)).await.unwrap();
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(findings(&factory).await, 0, "all runs are judged again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_job_knows_the_lines_that_it_has_read_and_refuses_others() {
    let factory = Factory::empty(NOW).await.with_lake_in_memory();
    factory.insert("prod_lines", &[("line_id", "'L1'"), ("updated_at", "'2026-11-01 06:00:00'")]);
    put(&factory, "[lines.L9]\nshift_target_kg = 700\n").await;
    let record = factory.run(Mode::Incremental).await;
    assert_eq!(record.status, "partial");
    let error = record.error.unwrap_or_default();
    assert!(error.contains("line 1: there is no line `L9`: the ERP has L1"), "{error}");
    assert_eq!(manifest(&factory).await.settings, None);
}

/// How many findings there are.
async fn findings(factory: &Factory) -> usize {
    manifest(factory).await.marts["fct_compliance_checks"].values().map(|part| part.rows).sum()
}

over_both_ways!(a_grade_is_judged_by_what_the_factory_says_it_means_and_named_until_it_says_so);

async fn a_grade_is_judged_by_what_the_factory_says_it_means_and_named_until_it_says_so(access: ErpAccess) {
    let factory = Factory::empty(NOW).await.over(access);
    // Of 100 kg that may be Premium 95 came out as tier 1; then as much of a standard grade.
    add_run(&factory, "1", &[("RSPCA Assured", 60.0), (" rspca assured", 40.0)], ("RSPCA", 95.0));
    add_run(&factory, "2", &[("Std", 100.0)], ("Std", 95.0));
    let record = factory.job_ok(Mode::Incremental).await;
    let warning = record.warning.expect("a warning");
    assert!(warning.starts_with("unknown grades `RSPCA`, `RSPCA Assured`, `Std`: "), "{warning}");
    for run in ["1", "2"] {
        assert_eq!(judged(&factory, run).await.1, [""; 0], "nobody knows what its fish is");
    }
    let about_grades = async || {
        let found = examine_lake(factory.lake(), factory.now.get()).await;
        found.into_iter().filter(|finding| finding.about == "grades").collect::<Vec<_>>()
    };
    let told = about_grades().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].severity == Severity::Warning && told[0].found == warning, "{told:?}");

    put(&factory, "[grades]\nPremium = [\"RSPCA\", \"RSPCA Assured\"]\nGG = [\"std\"]\n").await;
    let record = factory.job_ok(Mode::Incremental).await;
    assert_eq!(record.warning, None);
    assert_eq!(judged(&factory, "1").await.1, [""; 0]);
    assert_eq!(judged(&factory, "2").await.1, ["gg_in_premium 0.0"]);
    assert!(about_grades().await.is_empty());
    let site = Site::open(&factory).await;
    let detail: RunDetail = site.get("/runs/1").await.unwrap();
    assert_eq!(detail.inputs[0].grade.as_deref(), Some("RSPCA Assured"), "as the ERP writes it");
}
