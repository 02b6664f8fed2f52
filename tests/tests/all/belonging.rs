//! Which run, batch and product a row belongs to: run numbers and batch codes are used again, stamps are
//! touched, and people write one code in several ways.

use lake::Mode;
use serde_json::{Value, json};
use tests::factory::{ErpAccess, Factory, moment};
use tests::site::Site;

over_both_ways!(
    a_touched_stamp_moves_no_row_to_another_run_of_its_number,
    codes_meet_in_any_case_and_are_shown_as_their_masters_write_them,
);

/// A run that is complete, with its number, date and the time at which the ERP made it.
fn add_run(factory: &Factory, number: &str, date: &str, created: &str) {
    factory.execute(&format!(
        "INSERT INTO RunNumber (RunNumber, ProductionDate, ProductCode, ProdLine, ShiftCode, Active, Complete, Created, Updated)
         VALUES ('{number}', '{date}', 'COD400', 'L1', 'AM', 1, 1, '{created}', '{created}')"
    ));
}

fn add_input(factory: &Factory, id: i64, run: &str, batch: &str, kg: f64, stamp: &str) {
    factory.execute(&format!(
        "INSERT INTO run_inputs (input_id, run_number, batch_code, species, qty_kg, updated_at) VALUES ({id}, '{run}', '{batch}', 'cod', {kg}, '{stamp}')"
    ));
}

fn add_output(factory: &Factory, id: i64, run: &str, product: &str, kg: f64, stamp: &str) {
    factory.execute(&format!(
        "INSERT INTO run_outputs (output_id, run_number, product_code, tier, qty_kg, updated_at) VALUES ({id}, '{run}', '{product}', 1, {kg}, '{stamp}')"
    ));
}

fn add_intake(factory: &Factory, id: &str, batch: &str, species: &str, vessel: &str, received: &str) {
    factory.execute(&format!(
        "INSERT INTO traceability (trace_id, batch_code, supplier, species, vessel_name, received_date, qty_kg, updated_at)
         VALUES ('{id}', '{batch}', 'North Catch', '{species}', '{vessel}', '{received}', 5000, '{received} 08:00:00')"
    ));
}

async fn job_at(factory: &Factory, now: &str, mode: Mode) {
    factory.now.set(moment(now));
    factory.job_ok(mode).await;
}

async fn ask(site: &Site, path: &str) -> Value {
    site.get(path).await.unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What went into and came out of a run, kg.
async fn kg(site: &Site, run: &str, date: &str) -> (Option<f64>, Option<f64>) {
    let run = ask(site, &format!("/runs/{run}?date={date}")).await["run"].clone();
    (run["input_kg"].as_f64(), run["actual_kg"].as_f64())
}

/// One field of each element of a list.
fn each(answer: &Value, list: &str, field: &str) -> Vec<Value> {
    answer[list].as_array().unwrap().iter().map(|row| row[field].clone()).collect()
}

async fn a_touched_stamp_moves_no_row_to_another_run_of_its_number(access: ErpAccess) {
    let factory = Factory::empty("2026-11-20T10:00:00").await.over(access);
    for (id, date) in [(1, "2026-10-31"), (2, "2026-11-18")] {
        add_run(&factory, "000300", date, &format!("{date} 06:00:00"));
        let (stamp, kg) = (format!("{date} 07:00:00"), 100.0 * id as f64);
        add_input(&factory, id, "000300", "B1", kg, &stamp);
        add_output(&factory, id, "000300", "COD400", kg * 0.9, &stamp);
    }
    factory.job_ok(Mode::Incremental).await;
    let site = Site::open(&factory).await;
    let (old, new) = ((Some(100.0), Some(90.0)), (Some(200.0), Some(180.0)));
    let check = async |what: &str| {
        assert_eq!(
            (kg(&site, "000300", "2026-10-31").await, kg(&site, "000300", "2026-11-18").await),
            (old, new),
            "{what}"
        );
    };
    check("as read").await;
    factory.execute("UPDATE run_inputs SET updated_at = '2026-11-20 09:50:00' WHERE input_id = 1; UPDATE run_outputs SET updated_at = '2026-11-20 09:50:00' WHERE output_id = 1");
    for (hour, mode) in [(11, Mode::Incremental), (12, Mode::Full), (13, Mode::Reconcile)] {
        job_at(&factory, &format!("2026-11-20T{hour}:00:00"), mode).await;
        check(mode.word()).await;
    }
    // It is rejected for a while.
    factory.execute(
        "UPDATE run_inputs SET qty_kg = 'many', updated_at = '2026-11-20 13:10:00' WHERE input_id = 1",
    );
    job_at(&factory, "2026-11-20T14:00:00", Mode::Incremental).await;
    assert_eq!(kg(&site, "000300", "2026-10-31").await.0, None);
    factory
        .execute("UPDATE run_inputs SET qty_kg = 100, updated_at = '2026-11-20 14:10:00' WHERE input_id = 1");
    job_at(&factory, "2026-11-20T15:00:00", Mode::Incremental).await;
    check("mended").await;
    // It is gone for a while.
    factory.execute("DELETE FROM run_inputs WHERE input_id = 1");
    job_at(&factory, "2026-11-20T16:00:00", Mode::Reconcile).await;
    assert_eq!(kg(&site, "000300", "2026-10-31").await.0, None);
    add_input(&factory, 1, "000300", "B1", 100.0, "2026-11-20 16:10:00");
    job_at(&factory, "2026-11-20T17:00:00", Mode::Incremental).await;
    check("back").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_made_ahead_takes_nothing_of_the_run_that_goes_on() {
    let factory = Factory::empty("2026-11-20T14:00:00").await;
    add_run(&factory, "000101", "2026-11-19", "2026-11-19 06:00:00");
    add_run(&factory, "000101", "2026-11-21", "2026-11-19 06:00:01");
    add_input(&factory, 1, "000101", "B1", 100.0, "2026-11-19 07:00:00");
    add_output(&factory, 1, "000101", "COD400", 90.0, "2026-11-19 13:00:00");
    for (id, at) in [(1, "2026-11-19 08:00:00"), (2, "2026-11-20 11:59:00"), (3, "2026-11-20 22:00:00")] {
        factory.execute(&format!("INSERT INTO SI_OCM_TRANS (TransNo, RunNumber, TransDate, NetWeight, TargetWeight) VALUES ({id}, '000101', '{at}', 402, 400)"));
    }
    factory.job_ok(Mode::Incremental).await;
    let site = Site::open(&factory).await;
    assert_eq!(kg(&site, "000101", "2026-11-19").await, (Some(100.0), Some(90.0)));
    assert_eq!(kg(&site, "000101", "2026-11-21").await, (None, None));
    for (date, packs) in [("2026-11-19", 2), ("2026-11-21", 1)] {
        let run = ask(&site, &format!("/runs/000101?date={date}")).await;
        assert_eq!(run["run"]["packs"], packs, "the night shift packs for the next day: {date}");
    }
}

async fn codes_meet_in_any_case_and_are_shown_as_their_masters_write_them(access: ErpAccess) {
    let factory = Factory::empty("2026-11-20T14:00:00").await.over(access);
    factory.execute(
        "INSERT INTO prod_lines (line_id, line_name, updated_at) VALUES ('L1', 'Line 1', '2026-11-01 00:00:00');
         INSERT INTO SI_OCM_PLU (PLUNumber, ProductCode, Description, PackSize, Updated) VALUES (100, 'COD400', 'COD LOINS', 400, '2026-11-01 00:00:00');
         INSERT INTO product_catalogue (product_code, customer, updated_at) VALUES ('Cod400', 'Harbour Foods', '2026-11-01 00:00:00')",
    );
    add_run(&factory, "R100a", "2026-11-19", "2026-11-19 06:00:00");
    factory.execute(
        "UPDATE RunNumber SET ProductCode = 'cod400', ProdLine = 'l1';
         INSERT INTO run_sheets (run_number, production_date, target_qty_kg, updated_at) VALUES ('r100A', '2026-11-19', 900, '2026-11-19 06:00:00');
         INSERT INTO SI_OCM_TOTALS (RunNumber, TotalPacks, TotalWeight, RejectCount, Updated) VALUES ('R100A ', 10, 930, 1, '2026-11-19 14:00:00');
         INSERT INTO SI_OCM_TRANS (TransNo, RunNumber, TransDate, NetWeight, TargetWeight) VALUES (1, 'r100a', '2026-11-19 08:00:00', 402, 400);
         INSERT INTO batch_lineage (lineage_id, run_number, batch_code, direction, return_method, new_batch_code, parent_batch, qty_kg, scan_time, updated_at)
             VALUES (1, 'r100A', 'b100', 'SCANBACK', 'OCM', 'N7', 'b100', 20, '2026-11-19 12:00:00', '2026-11-19 12:00:00');
         INSERT INTO despatch (despatch_id, order_number, product_code, run_number, qty_kg, despatch_date, status, updated_at)
             VALUES (1, 'so-1', 'COD400', 'R100A', 300, '2026-11-20', 'loaded', '2026-11-20 08:00:00'),
                    (2, 'SO-1', 'cod400', 'r100a', 200, '2026-11-20', 'loaded', '2026-11-20 08:00:00')",
    );
    add_intake(&factory, "T100", "B100", "cod", "Dawn", "2026-11-17");
    add_input(&factory, 1, "R100A", "b100", 950.0, "2026-11-19 07:00:00");
    add_input(&factory, 2, "R100a", "B100 ", 50.0, "2026-11-19 07:00:00");
    add_output(&factory, 1, "r100a", "cod400", 930.0, "2026-11-19 13:00:00");
    add_run(&factory, "000101", "2026-11-20", "2026-11-20 06:00:00");
    add_input(&factory, 3, "000101", "n7", 20.0, "2026-11-20 07:00:00");
    factory.job_ok(Mode::Incremental).await;
    let site = Site::open(&factory).await;

    let run = ask(&site, "/runs/r100A").await;
    let of_run = |field: &str| run["run"][field].clone();
    assert_eq!(
        ["run_number", "product_code", "product", "prod_line", "line_name", "input_kg", "target_kg", "packs"]
            .map(of_run),
        [
            json!("R100a"),
            json!("COD400"),
            json!("COD LOINS"),
            json!("L1"),
            json!("Line 1"),
            json!(1000.0),
            json!(900.0),
            json!(1)
        ]
    );
    assert_eq!(
        (&run["totals"]["reject_count"], &run["outputs"][0]["product_code"]),
        (&json!(1), &json!("COD400"))
    );
    assert_eq!(each(&run, "inputs", "batch_code"), ["B100", "B100"]);
    assert_eq!(ask(&site, "/weights/r100a").await["run_number"], "R100a");
    assert_eq!(ask(&site, "/yield/daily?from=2026-11-19&to=2026-11-19&line=l1").await[0]["input_kg"], 1000.0);

    let trace = ask(&site, "/trace/b100").await;
    assert_eq!(
        (&trace["batch_code"], each(&trace, "origin", "trace_id")),
        (&json!("B100"), vec![json!("T100")])
    );
    assert_eq!(each(&trace, "descendants", "batch_code"), ["N7"]);
    assert_eq!(each(&trace, "runs", "run_number"), ["R100a", "000101"]);
    assert_eq!(each(&trace, "runs", "traced_kg"), [1000.0, 20.0]);
    assert_eq!(trace["mass_balance"]["input_kg"], 1020.0);
    assert_eq!(trace, ask(&site, "/trace/B100").await, "asked for in another case");
    assert_eq!(each(&ask(&site, "/trace/n7").await, "ancestors", "batch_code"), ["B100"]);
    assert_eq!(ask(&site, "/trace/r100a?date=2026-11-19").await["batch_code"], "R100a");

    let checks = ask(&site, "/compliance/checks?run=R100A").await;
    assert_eq!(checks, json!([]), "nothing is wrong with this run: {checks}");
    let orders = ask(&site, "/reports/order-fulfilment?order=so-1").await;
    assert_eq!((orders.as_array().unwrap().len(), &orders[0]["qty_kg"]), (1, &json!(500.0)));
    assert_eq!((&orders[0]["order_number"], &orders[0]["product_code"]), (&json!("SO-1"), &json!("COD400")));
    let batches = ask(&site, "/reports/traceability?from=2026-11-19&to=2026-11-19").await;
    assert_eq!((batches.as_array().unwrap().len(), &batches[0]["vessel_name"]), (1, &json!("Dawn")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_code_that_is_used_again_is_another_batch() {
    let factory = Factory::empty("2026-11-20T14:00:00").await;
    add_intake(&factory, "T1", "B100", "haddock", "Old Vessel", "2024-05-01");
    add_intake(&factory, "T2", "B100", "cod", "New Vessel", "2026-11-17");
    for (number, date, product_kg) in [("000050", "2024-05-02", 90.0), ("000100", "2026-11-19", 950.0)] {
        add_run(&factory, number, date, &format!("{date} 06:00:00"));
        let id = number.parse().unwrap();
        add_input(&factory, id, number, "B100", product_kg + 10.0, &format!("{date} 07:00:00"));
        add_output(&factory, id, number, "COD400", product_kg, &format!("{date} 13:00:00"));
    }
    factory.execute("INSERT INTO SI_OCM_PLU (PLUNumber, ProductCode, Description, Updated) VALUES (100, 'COD400', 'COD LOINS', '2024-01-01 00:00:00')");
    factory.execute("UPDATE run_inputs SET species = NULL");
    factory.execute("INSERT INTO despatch (despatch_id, order_number, batch_code, qty_kg, despatch_date, status, updated_at) VALUES (1, 'SO-1', 'b100', 5, '2024-05-03', 'delivered', '2024-05-03 08:00:00')");
    factory.job_ok(Mode::Incremental).await;
    let site = Site::open(&factory).await;

    let new = ask(&site, "/trace/B100").await;
    assert_eq!(
        (each(&new, "origin", "vessel_name"), each(&new, "runs", "run_number")),
        (vec![json!("New Vessel")], vec![json!("000100")])
    );
    assert_eq!(
        (&new["batch_code"], &new["received_date"], &new["other_received_dates"]),
        (&json!("B100"), &json!("2026-11-17"), &json!(["2024-05-01"]))
    );
    assert_eq!((&new["mass_balance"]["input_kg"], &new["despatches"]), (&json!(960.0), &json!([])));
    let old = ask(&site, "/trace/b100?received=2024-05-01").await;
    assert_eq!(
        (each(&old, "origin", "vessel_name"), each(&old, "runs", "run_number")),
        (vec![json!("Old Vessel")], vec![json!("000050")])
    );
    assert_eq!(
        (&old["mass_balance"]["input_kg"], each(&old, "despatches", "order_number")),
        (&json!(100.0), vec![json!("SO-1")])
    );
    let unknown = reqwest::get(site.url("/trace/B100?received=2025-01-01")).await.unwrap();
    assert_eq!(unknown.status().as_u16(), 404);

    // A run is traced to the delivery that it took.
    let run = ask(&site, "/trace/000050").await;
    assert_eq!(
        (each(&run, "origin", "trace_id"), each(&run, "ancestors", "batch_code")),
        (vec![json!("T1")], vec![json!("B100")])
    );
    assert_eq!(each(&run, "ancestors", "received_date"), ["2024-05-01"]);
    // In EPCIS they are two lots with one lot number.
    let document = ask(&site, "/trace/B100?format=epcis").await.to_string();
    assert!(document.contains("fish.B100-20261117") && !document.contains("Old Vessel"), "{document}");
    assert!(document.contains("\"cbvmda:lotNumber\":\"B100\""), "{document}");

    // What a run took tells its origin and its species: there is no haddock in the cod of today.
    let rows = ask(&site, "/reports/traceability?from=2024-01-01&to=2026-11-20").await;
    let vessels: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["vessel_name"].clone()).collect();
    assert_eq!(vessels, ["New Vessel", "Old Vessel"]);
    let found = |run: &str| format!("/runs/{run}");
    let wrong = |run: &Value| each(run, "checks", "check").contains(&json!("species_mismatch"));
    assert!(!wrong(&ask(&site, &found("000100")).await), "cod of cod");
    assert!(wrong(&ask(&site, &found("000050")).await), "cod of haddock");
}
