//! Tables that are suddenly empty, or nearly so, and numbers that are given out again: what a job takes away
//! or replaces, what it keeps, and what it says about that.

use api::pipeline::{JobRecord, JobTable};
use lake::{Mode, Slot};
use tests::factory::{ErpAccess, Factory, moment};
use warehouse::sources::{DESPATCH, RUN_INPUTS, TRANSACTIONS};

const NOW: &str = "2026-11-20T14:00:00";

over_both_ways!(
    a_table_that_is_emptied_keeps_its_rows_until_somebody_agrees,
    a_table_that_the_erp_no_longer_shows_is_named_and_keeps_its_rows,
    numbers_that_are_given_out_again_are_counted_and_named,
);

fn table<'r>(record: &'r JobRecord, name: &str) -> &'r JobTable {
    record.tables.iter().find(|table| table.table == name).expect("a table of the record")
}

/// Adds inputs with these ids, stamped that day.
fn insert_inputs(factory: &Factory, ids: std::ops::RangeInclusive<usize>, day: &str) {
    let rows: Vec<String> = ids.map(|id| format!("({id}, '7', {id}, '2026-11-{day} 09:00:00')")).collect();
    factory.execute(&format!(
        "INSERT INTO run_inputs (input_id, run_number, qty_kg, updated_at) VALUES {}",
        rows.join(", ")
    ));
}

/// How many inputs staging holds, how many of them weigh 1 t, and how many rejections are open.
async fn held(factory: &Factory) -> (usize, usize, usize) {
    let staged = factory.staged(&RUN_INPUTS).await;
    let heavy = staged.values().filter(|row| row.contains(&"1000.0".to_owned())).count();
    let open = factory.lake().held(RUN_INPUTS.staging, Slot::Rejected, None).await.unwrap();
    (staged.len(), heavy, open.map_or(0, |open| open.frame.height()))
}

async fn a_table_that_is_emptied_keeps_its_rows_until_somebody_agrees(access: ErpAccess) {
    let mut factory = Factory::in_memory(NOW).await.over(access);
    factory.settings.reading.batch_size = 40;
    insert_inputs(&factory, 1..=150, "19");
    factory.execute(
        "INSERT INTO run_inputs (input_id, qty_kg, updated_at) VALUES (999, 'much', '2026-11-19 09:00:00')",
    );
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(held(&factory).await, (150, 0, 1));

    // All but 30 are gone, as while the ERP makes the table anew. One of those that are left has changed, and
    // one is new.
    factory.execute("DELETE FROM run_inputs WHERE input_id > 30");
    factory.execute(
        "UPDATE run_inputs SET qty_kg = 1000, updated_at = '2026-11-20 13:00:00' WHERE input_id = 7",
    );
    insert_inputs(&factory, 200..=200, "20");
    for (mode, option) in [(Mode::Reconcile, "extract --accept"), (Mode::Full, "extract --full --accept")] {
        for _ in 0..2 {
            let record = factory.run(mode).await;
            let inputs = table(&record, "run_inputs");
            let error = inputs.error.clone().unwrap();
            assert_eq!(
                (record.status.as_str(), record.withheld, inputs.withheld),
                ("partial", Some(120), Some(120))
            );
            assert!(error.starts_with("120 of the 15") && error.contains(option), "{error}");
            assert!(error.contains("accept_deletes=true") && record.error.unwrap().contains(&error));
            assert_eq!(held(&factory).await, (151, 1, 1), "{mode:?}");
        }
    }
    // Where no row is missing, nothing is left undone. New rows go on being fetched meanwhile.
    insert_inputs(&factory, 201..=201, "20");
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(held(&factory).await, (152, 1, 1));

    let record = factory.run_accepting_deletes(Mode::Reconcile).await;
    assert_eq!((record.status.as_str(), record.withheld, record.error), ("ok", Some(0), None));
    factory.assert_lake_mirrors_erp().await;
    assert_eq!(held(&factory).await, (32, 1, 0));

    // A hundred rows are not too many, whatever share of the table they are.
    insert_inputs(&factory, 300..=367, "19");
    factory.job_ok(Mode::Reconcile).await;
    factory.execute("DELETE FROM run_inputs");
    factory.job_ok(if access == ErpAccess::Sqlite { Mode::Full } else { Mode::Reconcile }).await;
    assert_eq!(held(&factory).await, (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_somebody_agrees_to_removes_what_a_reload_before_it_has_kept() {
    let mut factory = Factory::in_memory(NOW).await;
    factory.settings.reading.batch_size = 50;
    insert_inputs(&factory, 1..=120, "19");
    factory.job_ok(Mode::Full).await;
    factory.execute("DELETE FROM run_inputs WHERE input_id > 1");
    assert_eq!(factory.run(Mode::Full).await.withheld, Some(119));
    assert_eq!(factory.staged(&RUN_INPUTS).await.len(), 120);
    assert_eq!(factory.run_accepting_deletes(Mode::Full).await.status, "ok");
    factory.assert_lake_mirrors_erp().await;
}

async fn a_table_that_the_erp_no_longer_shows_is_named_and_keeps_its_rows(access: ErpAccess) {
    let factory = Factory::in_memory(NOW).await.over(access);
    factory.insert("despatch", &[("despatch_id", "1"), ("updated_at", "'2026-11-20 09:00:00'")]);
    let hide = |is_hidden| match access {
        ErpAccess::SqlServer => factory.server().hide("despatch", is_hidden),
        ErpAccess::Sqlite if is_hidden => factory.execute("ALTER TABLE despatch RENAME TO put_aside"),
        ErpAccess::Sqlite => factory.execute("ALTER TABLE put_aside RENAME TO despatch"),
    };
    // An empty table that disappears is not missed.
    hide(true);
    assert!(factory.job_ok(Mode::Incremental).await.skipped.contains(&"despatch".to_owned()));
    hide(false);
    factory.job_ok(Mode::Incremental).await;

    hide(true);
    for mode in [Mode::Incremental, Mode::Reconcile, Mode::Full] {
        let record = factory.run(mode).await;
        let error = record.error.unwrap();
        assert_eq!((record.status.as_str(), record.skipped.len()), ("partial", 0), "{mode:?}: {error}");
        let told = "despatch: the ERP no longer shows the table `despatch`, of which the lake holds rows: check that the login";
        assert!(error.starts_with(told), "{error}");
        assert_eq!(factory.staged(&DESPATCH).await.len(), 1);
    }
    // It is gone for good, and somebody says so.
    let record = factory.run_accepting_deletes(Mode::Full).await;
    assert_eq!((record.status.as_str(), factory.staged(&DESPATCH).await.len()), ("ok", 0));
    factory.now.set(moment("2026-11-21T14:00:00"));
    assert_eq!(factory.job_ok(Mode::Incremental).await.skipped, ["despatch"]);
    let (manifest, _) = factory.lake().manifest().await.unwrap().unwrap();
    let tables = manifest.tables.keys().map(String::as_str);
    assert_eq!(manifest.as_of(tables), Some(factory.now.get().fixed_offset()), "it makes nothing older");
}

async fn numbers_that_are_given_out_again_are_counted_and_named(access: ErpAccess) {
    let factory = Factory::in_memory(NOW).await.over(access);
    let pack = |number: usize, run: &str, time: &str| {
        factory.insert(
            "SI_OCM_TRANS",
            &[
                ("TransNo", &number.to_string()),
                ("RunNumber", &format!("'{run}'")),
                ("TransDate", &format!("'{time}'")),
            ],
        );
    };
    (1..=20).for_each(|number| pack(number, "000100", "2026-11-18 09:00:00"));
    let first = factory.job_ok(Mode::Incremental).await;
    assert_eq!((first.rekeyed, &first.warning), (Some(0), &None));

    // Numbers begin again: 1 to 9 are packs of another run. Pack 20 was only booked on the wrong run.
    factory.execute("DELETE FROM SI_OCM_TRANS WHERE TransNo < 10");
    (1..=9).for_each(|number| pack(number, "000200", "2026-11-20 13:30:00"));
    factory.execute(
        "UPDATE SI_OCM_TRANS SET RunNumber = '000101', TransDate = '2026-11-18 11:00:00' WHERE TransNo = 20",
    );
    let mode = if access == ErpAccess::Sqlite { Mode::Incremental } else { Mode::Full };
    let record = factory.job_ok(mode).await;
    let packs = table(&record, "SI_OCM_TRANS");
    assert_eq!((record.rekeyed, packs.rekeyed), (Some(9), Some(9)));
    let warning = packs.warning.clone().unwrap();
    assert!(warning.starts_with("keys name other rows than before"), "{warning}");
    assert!(warning.contains("(9 in all; the first: 1, 2, 3, 4, 5)"), "{warning}");
    assert_eq!(record.warning, Some(format!("SI_OCM_TRANS: {warning}")));
    let again = factory.job_ok(Mode::Reconcile).await;
    assert_eq!((again.rekeyed, again.warning), (Some(0), None));
    assert_eq!(factory.staged(&TRANSACTIONS).await.len(), 20);
    factory.assert_lake_mirrors_erp().await;
}
