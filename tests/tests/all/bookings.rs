//! Bookings from the ERP to the answers: unweighed ones, corrections, packs that were never sold, and rows that
//! cannot be read.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use lake::Mode;
use serde_json::{Value, json};
use tests::described::state_over;
use tests::factory::{ErpAccess, Factory};
use tests::never_begun::NeverBegun;
use tower::ServiceExt;

over_both_ways!(
    corrections_add_up_and_less_than_nothing_is_a_finding,
    a_run_tells_which_of_its_rows_are_rejected_until_the_erp_mends_them,
);

/// The factory with a complete run 000100 of yesterday: 1000 kg of batch B100 in, 900 kg of COD400 out.
async fn one_run(access: ErpAccess) -> Factory {
    let factory = Factory::in_memory("2026-11-20T14:00:00").await.over(access);
    run(&factory, "000100");
    input(&factory, 1, "000100", "1000");
    let at = ("updated_at", "'2026-11-19 14:00:00'");
    let of_run = ("run_number", "'000100'");
    factory.insert(
        "run_outputs",
        &[("output_id", "1"), of_run, ("product_code", "'COD400'"), ("tier", "1"), ("qty_kg", "900"), at],
    );
    factory.insert(
        "traceability",
        &[("trace_id", "'T100'"), ("batch_code", "'B100'"), ("species", "'cod'"), ("qty_kg", "5000"), at],
    );
    factory
}

/// Adds a complete run of yesterday.
fn run(factory: &Factory, number: &str) {
    factory.insert(
        "RunNumber",
        &[
            ("RunNumber", &format!("'{number}'")),
            ("ProductionDate", "'2026-11-19'"),
            ("Description", "'COD LOINS 400G'"),
            ("ProductCode", "'COD400'"),
            ("ProdLine", "'L1'"),
            ("Complete", "1"),
            ("Created", "'2026-11-19 06:00:00'"),
            ("Updated", "'2026-11-19 14:00:00'"),
        ],
    );
}

/// Books fish of batch B100 into a run.
fn input(factory: &Factory, id: i64, number: &str, qty_kg: &str) {
    factory.insert(
        "run_inputs",
        &[
            ("input_id", &id.to_string()),
            ("run_number", &format!("'{number}'")),
            ("batch_code", "'B100'"),
            ("grade", "'Premium'"),
            ("qty_kg", qty_kg),
            ("updated_at", "'2026-11-20 12:00:00'"),
        ],
    );
}

/// What the API answers now.
async fn get(factory: &Factory, address: &str) -> Value {
    let app = serve::finish(tideline::app::routes(Arc::new(NeverBegun)), state_over(factory));
    let answer = app.oneshot(Request::get(address).body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    assert_eq!(status, 200, "{address}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

/// Fields of an object.
fn of(value: &Value, names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| value[name].clone()).collect()
}

/// The findings of a run: check, severity and words.
fn findings(run: &Value) -> Vec<String> {
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let words = |finding: &Value| ["check", "severity", "detail"].map(|name| text(finding, name)).join(" | ");
    run["checks"].as_array().unwrap().iter().map(words).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_input_without_a_weight_makes_unknown_what_follows_from_it_and_is_named() {
    let factory = one_run(ErpAccess::Sqlite).await;
    // What is known alone would be a yield of 135 %.
    input(&factory, 2, "000100", "NULL");
    factory.job_ok(Mode::Incremental).await;
    let run = get(&factory, "/runs/000100").await;
    let figures =
        ["input_kg", "actual_kg", "yield_pct", "waste_kg", "inputs_without_weight", "outputs_without_weight"];
    let expected = [json!(null), json!(900.0), json!(null), json!(null), json!(1), json!(0)];
    assert_eq!(of(&run["run"], &figures), expected);
    assert_eq!(findings(&run), [""; 0], "no check is judged from it");
    for list in ["/yield/daily", "/yield/by-line", "/reports/daily-yield", "/reports/species-ranking"] {
        let row = get(&factory, list).await[0].clone();
        let figures = of(&row, &["runs", "input_kg", "total_kg", "yield_pct", "waste_kg"]);
        assert_eq!(figures, [json!(1), json!(null), json!(900.0), json!(null), json!(null)], "{list}");
    }
    let of_waterfall = get(&factory, "/yield/waterfall").await[0].clone();
    let figures = of(&of_waterfall, &["input_kg", "tier1_kg", "tier1_pct", "inputs_without_weight"]);
    assert_eq!(figures, [json!(null), json!(900.0), json!(null), json!(1)]);

    let trace = get(&factory, "/trace/B100").await;
    let names = ["input_kg", "output_kg", "returned_kg", "unexplained_kg", "unexplained_pct"];
    let expected = [json!(null), json!(900.0), json!(0.0), json!(null), json!(null)];
    assert_eq!(of(&trace["mass_balance"], &names), expected);
    let lines = trace["mass_balance"]["unknown_lines"].as_array().unwrap();
    let shown: Vec<_> =
        lines.iter().map(|line| of(line, &["run_number", "link", "link_id", "qty_kg"])).collect();
    assert_eq!(shown, [[json!("000100"), json!("input"), json!(2), json!(null)]]);
    assert_eq!(of(&trace["runs"][0], &["traced_kg", "input_kg"]), [json!(null), json!(null)]);
    let events = get(&factory, "/trace/B100?format=epcis").await["epcisBody"]["eventList"].clone();
    let made = events.as_array().unwrap().iter().find(|event| event["bizStep"] == "commissioning").unwrap();
    assert_eq!(made["inputQuantityList"][0].get("quantity"), None);
    assert_eq!(made["outputQuantityList"][0]["quantity"], 900.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_takes_the_ratio_over_the_runs_that_know_both_sides() {
    let factory = one_run(ErpAccess::Sqlite).await;
    // A complete run with input whose output nobody booked: over all input the yield would be 60 %.
    run(&factory, "000101");
    input(&factory, 2, "000101", "500");
    factory.job_ok(Mode::Incremental).await;
    let answers = [
        ("/yield/total", ""),
        ("/yield/total", "/dates/0"),
        ("/yield/daily", "/0"),
        ("/yield/by-line", "/0"),
        ("/yield/by-line?days=7", "/0"),
        ("/reports/daily-yield", "/0"),
        ("/reports/species-ranking", "/0"),
    ];
    for (address, place) in answers {
        let answer = get(&factory, address).await;
        let row = answer.pointer(place).unwrap();
        let figures = of(row, &["runs", "input_kg", "total_kg", "waste_kg", "yield_pct"]);
        let expected = [json!(2), json!(1500.0), json!(900.0), json!(100.0), json!(90.0)];
        assert_eq!(figures, expected, "{address}{place}");
    }
    let week = get(&factory, "/reports/weekly-cumulative").await[0].clone();
    assert_eq!(of(&week, &["cumulative_input_kg", "cumulative_yield_pct"]), [json!(1500.0), json!(90.0)]);
    let run = get(&factory, "/runs/000101").await;
    let unknown = of(&run["run"], &["actual_kg", "yield_pct", "waste_kg", "outputs_without_weight"]);
    assert_eq!(unknown, [json!(null), json!(null), json!(null), json!(0)]);

    // An output without a weight is booked. The scales do not stand in for it, and all waste is unknown.
    let (of_run, at) = (("run_number", "'000101'"), ("updated_at", "'2026-11-20 13:00:00'"));
    factory.insert("run_outputs", &[("output_id", "2"), of_run, ("qty_kg", "NULL"), at]);
    factory.insert(
        "SI_OCM_TOTALS",
        &[("RunNumber", "'000101'"), ("TotalWeight", "300"), ("Updated", "'2026-11-20 13:00:00'")],
    );
    factory.job_ok(Mode::Incremental).await;
    let run = get(&factory, "/runs/000101").await;
    let unknown = of(&run["run"], &["actual_kg", "yield_pct", "waste_kg", "outputs_without_weight"]);
    assert_eq!(unknown, [json!(null), json!(null), json!(null), json!(1)]);
    for (address, place) in answers {
        let answer = get(&factory, address).await;
        let figures = of(answer.pointer(place).unwrap(), &["input_kg", "total_kg", "waste_kg", "yield_pct"]);
        assert_eq!(figures, [json!(1500.0), json!(null), json!(null), json!(90.0)], "{address}{place}");
    }
    let balance = get(&factory, "/trace/B100").await["mass_balance"].clone();
    let figures = of(&balance, &["input_kg", "output_kg", "returned_kg", "unexplained_kg"]);
    assert_eq!(figures, [json!(1500.0), json!(null), json!(0.0), json!(null)]);
    let line = of(&balance["unknown_lines"][0], &["run_number", "link", "link_id"]);
    assert_eq!(line, [json!("000101"), json!("output"), json!(2)]);
}

async fn corrections_add_up_and_less_than_nothing_is_a_finding(access: ErpAccess) {
    let factory = one_run(access).await;
    input(&factory, 2, "000100", "-50");
    let order = |id: &str, qty_kg: &str| {
        factory.insert(
            "despatch",
            &[
                ("despatch_id", id),
                // Whoever corrects an order may write its number in another case.
                ("order_number", if id == "2" { "'so-1'" } else { "'SO-1'" }),
                ("customer", "'Harbour Foods'"),
                ("product_code", "'COD400'"),
                ("run_number", "'000100'"),
                ("qty_cases", "1"),
                ("qty_kg", qty_kg),
                ("despatch_date", "'2026-11-20'"),
                ("status", "'delivered'"),
                ("updated_at", "'2026-11-20 13:00:00'"),
            ],
        );
    };
    order("1", "300");
    order("2", "'-100'");
    let record = factory.job_ok(Mode::Incremental).await;
    assert_eq!(record.rejected, 0);
    let run = get(&factory, "/runs/000100").await;
    assert_eq!(
        of(&run["run"], &["input_kg", "waste_kg", "yield_pct"]),
        [json!(950.0), json!(50.0), json!(94.7)]
    );
    assert_eq!(findings(&run), [""; 0]);
    let line = get(&factory, "/reports/order-fulfilment").await[0].clone();
    assert_eq!(
        of(&line, &["qty_kg", "delivered_kg", "fulfilled_pct"]),
        [json!(200.0), json!(200.0), json!(100.0)]
    );
    let trace = get(&factory, "/trace/B100").await;
    let balance = of(&trace["mass_balance"], &["input_kg", "output_kg", "unexplained_kg", "unknown_lines"]);
    assert_eq!(balance, [json!(950.0), json!(900.0), json!(50.0), json!([])]);
    let events = get(&factory, "/trace/B100?format=epcis").await["epcisBody"]["eventList"].clone();
    let shipped: Vec<_> =
        events.as_array().unwrap().iter().filter(|event| event["bizStep"] == "shipping").collect();
    assert_eq!((shipped.len(), &shipped[0]["quantityList"][0]["quantity"]), (1, &json!(200.0)));
    factory.now.set(tests::factory::moment("2026-11-30T09:00:00"));
    let left = get(&factory, "/shelf-life/expiring").await[0].clone();
    assert_eq!(of(&left, &["run_number", "qty_kg"]), [json!("000100"), json!(700.0)]);

    // More is taken back than was booked.
    factory.execute(
        "UPDATE run_inputs SET qty_kg = -1100, updated_at = '2026-11-30 08:00:00' WHERE input_id = 2",
    );
    factory.execute(
        "UPDATE despatch SET qty_kg = -301, updated_at = '2026-11-30 08:00:00' WHERE despatch_id = 2",
    );
    factory.job_ok(Mode::Incremental).await;
    let run = get(&factory, "/runs/000100").await;
    assert_eq!(
        of(&run["run"], &["input_kg", "actual_kg", "yield_pct"]),
        [json!(null), json!(900.0), json!(null)]
    );
    let words = "inputs add up to -100.0 kg, despatches add up to -1.0 kg";
    assert_eq!(findings(&run), [format!("negative_quantity | MAJOR | {words}")]);
    let trace = get(&factory, "/trace/B100").await["mass_balance"].clone();
    assert_eq!(of(&trace, &["input_kg", "output_kg"]), [json!(null), json!(900.0)]);
    assert_eq!(of(&trace["unknown_lines"][0], &["link_id", "qty_kg"]), [json!(2), json!(-1100.0)]);
    let left = get(&factory, "/shelf-life/expiring").await[0].clone();
    assert_eq!(of(&left, &["run_number", "qty_kg"]), [json!("000100"), json!(null)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pack_that_was_never_sold_fails_no_lot_and_is_counted() {
    let factory = one_run(ErpAccess::Sqlite).await;
    let packs = [("402", "1"), ("400", "NULL"), ("0", "0"), ("150", "0"), ("NULL", "1")];
    for (id, (net_g, label)) in packs.iter().enumerate() {
        factory.insert(
            "SI_OCM_TRANS",
            &[
                ("TransNo", &(id + 1).to_string()),
                ("RunNumber", "'000100'"),
                ("TransDate", "'2026-11-19 07:00:00'"),
                ("TargetWeight", "400"),
                ("NetWeight", net_g),
                ("LabelPrinted", label),
            ],
        );
    }
    factory.job_ok(Mode::Incremental).await;
    let weights = get(&factory, "/weights/000100").await;
    let figures = of(&weights, &["packs", "packs_excluded", "mean_g", "below_t2", "verdict", "failures"]);
    assert_eq!(figures, [json!(2), json!(3), json!(401.0), json!(0), json!("pass"), json!([])]);
    let run = get(&factory, "/runs/000100").await;
    assert_eq!(
        of(&run["weights"], &["packs", "packs_excluded", "verdict"]),
        [json!(2), json!(3), json!("pass")]
    );
    assert_eq!((&run["run"]["packs"], findings(&run)), (&json!(5), Vec::new()));

    factory.execute(
        "UPDATE SI_OCM_TRANS SET LabelPrinted = 1, TransDate = '2026-11-20 13:00:00' WHERE TransNo = 4",
    );
    factory.job_ok(Mode::Incremental).await;
    let weights = get(&factory, "/weights/000100").await;
    let figures = of(&weights, &["packs", "packs_excluded", "below_t2", "verdict"]);
    assert_eq!(figures, [json!(3), json!(2), json!(1), json!("fail")]);
}

async fn a_run_tells_which_of_its_rows_are_rejected_until_the_erp_mends_them(access: ErpAccess) {
    let factory = one_run(access).await;
    // A run of the same number a month ago, and another run, which have nothing to do with it.
    factory.execute(
        "INSERT INTO RunNumber (RunNumber, ProductionDate, Complete, Created) VALUES ('000100', '2026-10-19', 1, '2026-10-19 06:00:00')",
    );
    run(&factory, "000101");
    input(&factory, 2, " 000100 ", "'12,5 kg'");
    let sheet = [
        ("run_number", "'000100'"),
        ("production_date", "'2026-11-19'"),
        ("baskets", "-3"),
        ("updated_at", "'2026-11-20 12:00:00'"),
    ];
    factory.insert("run_sheets", &sheet);
    factory.insert(
        "SI_OCM_TRANS",
        &[("RunNumber", "'000100'"), ("TransDate", "'2026-11-19 07:00:00'"), ("NetWeight", "400")],
    );
    factory.job_ok(Mode::Incremental).await;
    let rejected = async |address: &str| get(&factory, address).await["run"]["rejected_rows"].clone();
    let run = get(&factory, "/runs/000100").await;
    assert_eq!(run["run"]["rejected_rows"], 3);
    let found = findings(&run);
    let words = "rejected_rows | MAJOR | SI_OCM_TRANS a row without a key: key `TransNo` is NULL; \
         run_inputs 2: `qty_kg` is `12,5 kg`, not a number; run_sheets 000100, 2026-11-19: `baskets` is -3, below 0";
    assert_eq!(found, [words]);
    assert_eq!(rejected("/runs/000100?date=2026-10-19").await, 0);
    assert_eq!(rejected("/runs/000101").await, 0);
    let waterfall = get(&factory, "/yield/waterfall").await;
    assert_eq!(of(&waterfall[0], &["run_number", "rejected_rows"]), [json!("000100"), json!(3)]);
    assert_eq!(get(&factory, "/trace/B100").await["runs"][0]["rejected_rows"], 3);

    // A good row that goes bad joins them. Mended and deleted rows leave.
    factory.execute("UPDATE run_outputs SET tier = 7, updated_at = '2026-11-20 13:00:00'");
    factory.execute("UPDATE run_sheets SET baskets = 3, updated_at = '2026-11-20 13:00:00'");
    factory.job_ok(Mode::Incremental).await;
    let run = get(&factory, "/runs/000100").await;
    assert_eq!((&run["run"]["rejected_rows"], &run["sheet"]["baskets"]), (&json!(3), &json!(3)));
    assert!(findings(&run)[0].contains("run_outputs 1: `tier` is 7"), "{run}");
    assert!(!findings(&run)[0].contains("run_sheets"), "{run}");
    factory.execute("DELETE FROM SI_OCM_TRANS; DELETE FROM run_inputs WHERE input_id = 2;");
    factory.execute("UPDATE run_outputs SET tier = 1, updated_at = '2026-11-20 13:30:00'");
    factory.job_ok(Mode::Full).await;
    let run = get(&factory, "/runs/000100").await;
    assert_eq!((&run["run"]["rejected_rows"], findings(&run)), (&json!(0), Vec::new()));
}
