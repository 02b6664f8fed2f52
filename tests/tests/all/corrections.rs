//! What the ERP corrects or moves shows once and in its new place, in every number that is made of it. What
//! it deletes shows no more.

use api::compliance::CheckFinding;
use api::runs::{ActiveRun, RunDetail};
use api::yields::DailyYield;
use lake::{Mode, Slot};
use tests::factory::{ErpAccess, Factory, moment};
use tests::site::Site;
use warehouse::sources::RUN_INPUTS;

over_both_ways!(
    a_run_that_moves_is_counted_in_its_new_place_alone,
    a_correction_counts_once_and_a_deletion_no_more,
    a_late_row_counts_when_keys_are_compared,
    of_rows_whose_keys_differ_in_blanks_alone_the_later_counts_whatever_is_compared_beside_it
);

/// A complete run of 100 kg in, 95 kg out, and its totals.
async fn factory(access: ErpAccess) -> Factory {
    let factory = Factory::empty("2026-11-20T14:00:00").await.over(access);
    factory.insert(
        "RunNumber",
        &[
            ("RunNumber", "'007'"),
            ("ProductionDate", "'2026-11-20'"),
            ("ProdLine", "'Line 1'"),
            ("ProductCode", "'COD-1'"),
            ("Active", "0"),
            ("Complete", "1"),
            ("Created", "'2026-11-20 06:00:00'"),
            ("Updated", "'2026-11-20 13:00:00'"),
        ],
    );
    for (id, line) in [("L1", "Line 1"), ("L2", "Line 2")] {
        factory.insert(
            "prod_lines",
            &[
                ("line_id", &format!("'{id}'")),
                ("line_name", &format!("'{line}'")),
                ("updated_at", "'2026-11-01 00:00:00'"),
            ],
        );
    }
    let at = "'2026-11-20 12:00:00'";
    factory.insert(
        "run_inputs",
        &[
            ("input_id", "1"),
            ("run_number", "'007'"),
            ("batch_code", "'B1'"),
            ("qty_kg", "100"),
            ("updated_at", at),
        ],
    );
    factory.insert(
        "run_outputs",
        &[
            ("output_id", "1"),
            ("run_number", "'007'"),
            ("product_code", "'COD-1'"),
            ("tier", "2"),
            ("qty_kg", "95"),
            ("updated_at", at),
        ],
    );
    factory.job_ok(Mode::Incremental).await;
    factory
}

/// Date, line, kg in and kg out of each row of the daily yield.
async fn daily(site: &Site) -> Vec<(String, String, f64, f64)> {
    let rows: Vec<DailyYield> = site.get("/yield/daily?from=2026-11-01&to=2026-11-30").await.unwrap();
    rows.into_iter()
        .map(|row| {
            (
                row.production_date.to_string(),
                row.prod_line.unwrap_or_default(),
                row.input_kg.unwrap_or_default(),
                row.total_kg.unwrap_or_default(),
            )
        })
        .collect()
}

fn row(date: &str, line: &str, input_kg: f64, total_kg: f64) -> (String, String, f64, f64) {
    (date.to_owned(), line.to_owned(), input_kg, total_kg)
}

async fn a_run_that_moves_is_counted_in_its_new_place_alone(access: ErpAccess) {
    let factory = factory(access).await;
    let mut site = Site::open(&factory).await;
    assert_eq!(daily(&site).await, [row("2026-11-20", "L1", 100.0, 95.0)]);

    factory.now.set(moment("2026-11-20T14:10:00"));
    factory.execute("UPDATE RunNumber SET ProdLine = 'L2', Updated = '2026-11-20 14:05:00'");
    factory.job_ok(Mode::Incremental).await;
    site.go_away().await;
    site.come_back(&factory).await;
    assert_eq!(daily(&site).await, [row("2026-11-20", "L2", 100.0, 95.0)]);

    // Another date is another key. That the old key is gone is found when keys are compared.
    factory.execute("UPDATE RunNumber SET ProductionDate = '2026-11-19', Updated = '2026-11-20 14:06:00'");
    factory.job_ok(Mode::Incremental).await;
    factory.job_ok(Mode::Reconcile).await;
    factory.assert_lake_mirrors_erp().await;
    site.go_away().await;
    site.come_back(&factory).await;
    assert_eq!(daily(&site).await, [row("2026-11-19", "L2", 100.0, 95.0)]);

    // The run is opened again: it leaves the complete runs and is among the active ones.
    factory.execute("UPDATE RunNumber SET Complete = 0, Active = 1, Updated = '2026-11-20 14:07:00'");
    factory.job_ok(Mode::Incremental).await;
    site.go_away().await;
    site.come_back(&factory).await;
    assert_eq!(daily(&site).await, []);
    let active: Vec<ActiveRun> = site.get("/runs/active").await.unwrap();
    assert_eq!(active.iter().map(|run| run.run_number.as_str()).collect::<Vec<_>>(), ["007"]);
}

async fn a_correction_counts_once_and_a_deletion_no_more(access: ErpAccess) {
    let factory = factory(access).await;
    factory.execute("UPDATE run_outputs SET qty_kg = 80, piece_type = 'tail', tier = 1, updated_at = '2026-11-20 13:30:00'");
    factory.job_ok(Mode::Incremental).await;
    let mut site = Site::open(&factory).await;
    assert_eq!(daily(&site).await, [row("2026-11-20", "L1", 100.0, 80.0)]);
    let checks: Vec<CheckFinding> = site.get("/compliance/checks?days=365&run=007").await.unwrap();
    let mut named: Vec<_> = checks.iter().map(|check| check.check.as_str()).collect();
    named.sort_unstable();
    assert!(named.contains(&"low_yield"), "{named:?}");

    // The output is back within its bounds, and the run's input is gone.
    factory.execute("UPDATE run_outputs SET qty_kg = 96, piece_type = 'joint', tier = 2, updated_at = '2026-11-20 13:40:00'; DELETE FROM run_inputs");
    factory.job_ok(Mode::Reconcile).await;
    factory.assert_lake_mirrors_erp().await;
    site.go_away().await;
    site.come_back(&factory).await;
    let detail: RunDetail = site.get("/runs/007").await.unwrap();
    assert_eq!((detail.inputs.len(), detail.outputs.len()), (0, 1));
    let checks: Vec<CheckFinding> = site.get("/compliance/checks?days=365&run=007").await.unwrap();
    assert!(checks.iter().all(|check| check.check != "low_yield"), "{checks:?}");

    factory.execute("DELETE FROM RunNumber");
    factory.job_ok(Mode::Full).await;
    factory.assert_lake_mirrors_erp().await;
    site.go_away().await;
    site.come_back(&factory).await;
    assert_eq!(daily(&site).await, []);
    assert!(site.get::<RunDetail>("/runs/007").await.unwrap_err().contains("404"));
}

async fn a_late_row_counts_when_keys_are_compared(access: ErpAccess) {
    let factory = factory(access).await;
    factory.now.set(moment("2026-11-20T20:00:00"));
    factory.job_ok(Mode::Incremental).await;
    // This row is committed after the job, with a stamp from before the overlap.
    factory.insert(
        "run_inputs",
        &[
            ("input_id", "2"),
            ("run_number", "'007'"),
            ("qty_kg", "25"),
            ("updated_at", "'2026-11-20 06:30:00'"),
        ],
    );
    factory.execute("UPDATE RunNumber SET Updated = '2026-11-20 19:00:00'");
    factory.job_ok(Mode::Incremental).await;
    let mut site = Site::open(&factory).await;
    assert_eq!(daily(&site).await, [row("2026-11-20", "L1", 100.0, 95.0)]);
    factory.job_ok(Mode::Reconcile).await;
    factory.assert_lake_mirrors_erp().await;
    site.go_away().await;
    site.come_back(&factory).await;
    assert_eq!(daily(&site).await, [row("2026-11-20", "L1", 125.0, 95.0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_later_rejected_row_of_its_key_hides_stays_hidden_however_often_both_are_read() {
    let factory = Factory::in_memory("2026-11-20T14:00:00").await;
    for (kg, at) in [("'much'", "'2026-11-20 13:00:00'"), ("100", "'2026-11-20 12:00:00'")] {
        factory.insert("run_inputs", &[("input_id", "1"), ("qty_kg", kg), ("updated_at", at)]);
    }
    for mode in [Mode::Incremental, Mode::Incremental, Mode::Reconcile, Mode::Full, Mode::Incremental] {
        factory.job_ok(mode).await;
        assert!(factory.staged(&RUN_INPUTS).await.is_empty(), "{mode:?}");
        let open = factory.lake().held(RUN_INPUTS.staging, Slot::Rejected, None).await.unwrap();
        assert_eq!(open.map(|open| open.frame.height()), Some(1), "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_row_that_comes_or_goes_alone_shows_in_its_run() {
    let factory = factory(ErpAccess::Sqlite).await;
    let rejected = async || {
        let run: serde_json::Value = Site::open(&factory).await.get("/runs/007").await.unwrap();
        run["run"]["rejected_rows"].clone()
    };
    assert_eq!(rejected().await, 0);
    factory.insert(
        "run_inputs",
        &[
            ("input_id", "2"),
            ("run_number", "'007'"),
            ("qty_kg", "'much'"),
            ("updated_at", "'2026-11-20 13:00:00'"),
        ],
    );
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(rejected().await, 1);
    factory.execute("DELETE FROM run_inputs WHERE input_id = 2");
    factory.job_ok(Mode::Reconcile).await;
    assert_eq!(rejected().await, 0);
}

/// A comparison asks for a run of another date under the spelling that an overtaken row has too.
async fn of_rows_whose_keys_differ_in_blanks_alone_the_later_counts_whatever_is_compared_beside_it(
    access: ErpAccess,
) {
    let factory = Factory::empty("2026-11-20T14:00:00").await.over(access);
    for (number, date, line, updated) in [
        ("2", "2026-11-19", "Line 1", "11:00"),
        (" 2", "2026-11-19", "Line 9", "10:00"),
        (" 2", "2026-11-18", "Line 1", "09:00"),
    ] {
        factory.insert(
            "RunNumber",
            &[
                ("RunNumber", &format!("'{number}'")),
                ("ProductionDate", &format!("'{date}'")),
                ("ProdLine", &format!("'{line}'")),
                ("Created", "'2026-11-18 06:00:00'"),
                ("Updated", &format!("'2026-11-20 {updated}:00'")),
            ],
        );
    }
    factory.job_ok(Mode::Incremental).await;
    let site = Site::open(&factory).await;
    let line = async |date: &str| {
        let found: RunDetail = site.get(&format!("/runs/2?date={date}")).await.unwrap();
        found.run.prod_line
    };
    assert_eq!(line("2026-11-19").await.as_deref(), Some("Line 1"));
    // New rows are not looked for so far back.
    factory.execute(
        "UPDATE RunNumber SET ProdLine = 'Line 2', Updated = '2026-11-19 08:00:00' WHERE ProductionDate = '2026-11-18'",
    );
    factory.job_ok(Mode::Reconcile).await;
    assert_eq!(line("2026-11-18").await.as_deref(), Some("Line 2"));
    assert_eq!(line("2026-11-19").await.as_deref(), Some("Line 1"), "the later row of that date");
}
