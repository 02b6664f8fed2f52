//! What `/trace/{batch_code}` answers.

use chrono::NaiveDate;
use polars::prelude::*;
use serde_json::{Value, json};
use warehouse::marts::{BATCH_DESPATCHES, INTAKES, RUNS, TRACE_LINKS};

use super::factory::{AS_OF, Factory, ask, assert_problem, get};

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A link: run, day of November, kind of link, batch, new batch, parent, product, order, kg.
type Link = (
    &'static str,
    u32,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    f64,
);

pub(super) fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

pub(super) fn links(of: &[Link]) -> DataFrame {
    let text = |value: fn(&Link) -> &'static str| of.iter().map(|link| some(value(link))).collect::<Vec<_>>();
    let method = |link: &Link| match (link.2, link.4) {
        ("scan_back", "") => "PROD_RETURN",
        ("scan_back", _) => "OCM",
        _ => "",
    };
    df![
        "run_number" => of.iter().map(|link| link.0).collect::<Vec<_>>(),
        "production_date" => of.iter().map(|link| date(&format!("2026-11-{:02}", link.1))).collect::<Vec<_>>(),
        "link" => of.iter().map(|link| link.2).collect::<Vec<_>>(),
        "link_id" => of.iter().zip(0_i64..).map(|(_, id)| id).collect::<Vec<_>>(),
        "batch_code" => text(|link| link.3),
        "new_batch_code" => text(|link| link.4),
        "parent_batch" => text(|link| link.5),
        "return_method" => of.iter().map(|link| some(method(link))).collect::<Vec<_>>(),
        "product_code" => text(|link| link.6),
        "order_number" => text(|link| link.7),
        "qty_kg" => of.iter().map(|link| link.8).collect::<Vec<_>>(),
        "despatch_date" => of.iter().map(|link| (link.2 == "despatch").then(|| date("2026-11-20"))).collect::<Vec<_>>(),
        "status" => of.iter().map(|link| (link.2 == "despatch").then_some("loaded")).collect::<Vec<_>>(),
    ]
    .unwrap()
}

/// Complete runs: number, day of November, kg in and kg out.
pub(super) fn runs(of: &[(&str, u32, Option<f64>, Option<f64>)]) -> DataFrame {
    let flags = vec![true; of.len()];
    df![
        "run_number" => of.iter().map(|run| run.0).collect::<Vec<_>>(),
        "production_date" => of.iter().map(|run| date(&format!("2026-11-{:02}", run.1))).collect::<Vec<_>>(),
        "input_kg" => of.iter().map(|run| run.2).collect::<Vec<_>>(),
        "actual_kg" => of.iter().map(|run| run.3).collect::<Vec<_>>(),
        "product_code" => vec!["COD"; of.len()],
        "active" => &flags, "complete" => &flags, "has_sheet" => &flags, "has_totals" => &flags,
        "packs" => vec![0_i64; of.len()],
    ]
    .unwrap()
}

pub(super) fn intakes(codes: &[&str]) -> DataFrame {
    let all = |value: &'static str| vec![value; codes.len()];
    df![
        "trace_id" => codes.iter().map(|code| format!("TR-{code}")).collect::<Vec<_>>(),
        "batch_code" => codes,
        "known_since" => vec![date("2026-11-01"); codes.len()],
        "received_date" => vec![date("2026-11-01"); codes.len()],
        "supplier" => all("North Sea Fish"),
        "species" => all("Cod"),
        "vessel_name" => all("Aurora"),
        "catch_area" => all("FAO 27"),
        "certified" => all("MSC"),
        "qty_kg" => vec![500.0; codes.len()],
    ]
    .unwrap()
}

/// Three runs that hang together, and a run 9 of other fish:
///
/// - B1 goes alone into run 1, which gives back some of it as N1.
/// - N1 and B2 go into run 2, which gives back fish of B2 as B2. It also gives back N2, and nobody knows of
///   which of the two.
/// - N2 goes into run 3, which also names a parent that nobody knows.
pub(super) async fn small() -> Factory {
    let links = links(&[
        ("1", 2, "input", "B1", "", "", "", "", 100.0),
        ("1", 2, "scan_in", "B1", "", "", "", "", 100.0),
        ("1", 2, "scan_back", "B1", "N1", "B1", "", "", 10.0),
        ("1", 2, "output", "", "", "", "COD", "", 85.0),
        ("1", 2, "despatch", "B1", "", "", "COD", "SO-1", 80.0),
        ("2", 3, "input", "N1", "", "", "", "", 10.0),
        ("2", 3, "input", "B2", "", "", "", "", 50.0),
        ("2", 3, "scan_back", "B2", "", "", "", "", 20.0),
        ("2", 3, "scan_back", "N2", "N2", "", "", "", 4.0),
        ("2", 3, "output", "", "", "", "COD", "", 30.0),
        ("3", 4, "input", "N2", "", "", "", "", 4.0),
        ("3", 4, "scan_back", "", "N3", "LOST", "", "", 1.0),
        ("9", 4, "input", "B9", "", "", "", "", 70.0),
        ("9", 4, "output", "", "", "", "COD", "", 70.0),
        ("9", 4, "despatch", "B9", "", "", "COD", "SO-9", 70.0),
    ]);
    let runs = runs(&[
        ("1", 2, Some(100.0), Some(85.0)),
        ("2", 3, Some(60.0), Some(30.0)),
        ("3", 4, Some(4.0), Some(3.0)),
        ("9", 4, Some(70.0), Some(70.0)),
    ]);
    let orders = df![
        "despatch_id" => [4_i64, 14, 50],
        "batch_code" => ["B1", "B9", "B1"],
        "known_since" => [date("2026-11-20"); 3],
        "run_number" => [Some("1"), Some("9"), None],
        "order_number" => ["SO-1", "SO-9", "SO-50"],
        "qty_kg" => [80.0, 70.0, 5.0],
        "despatch_date" => [date("2026-11-20"), date("2026-11-20"), date("2026-11-21")],
    ];
    Factory::with(vec![
        (&TRACE_LINKS, "2026-11", links),
        (&RUNS, "2026-11", runs),
        (&INTAKES, "2026-11", intakes(&["B1", "B2", "B9"])),
        (&BATCH_DESPATCHES, "2026-11", orders.unwrap()),
    ])
    .await
}

/// One field of each element of a list, with its depth.
fn each(trace: &Value, list: &str, field: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    trace[list]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{}:{}", text(&row[field]), row["depth"]))
        .collect()
}

pub(super) async fn traced(factory: &Factory, address: &str) -> Value {
    let reply = get(&factory.app(), address).await;
    assert_eq!(reply.status, 200, "{address}: {}", reply.text);
    reply.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_followed_to_all_that_was_made_of_it_and_to_who_got_it() {
    let factory = small().await;
    let reply = get(&factory.app(), "/trace/B1").await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("x-data-as-of"), reply.header("content-type")),
        (200, Some(AS_OF), Some("application/json"))
    );
    let trace = reply.json();
    assert_eq!((&trace["batch_code"], &trace["ancestors"]), (&json!("B1"), &json!([])));
    assert_eq!(
        trace["origin"],
        json!([{
            "trace_id": "TR-B1", "batch_code": "B1", "supplier": "North Sea Fish", "species": "Cod", "grade": null, "catch_area": "FAO 27",
            "catch_method": null, "vessel_name": "Aurora", "landing_date": null, "kill_date": null, "received_date": "2026-11-01",
            "received_temp_c": null, "qty_kg": 500.0, "use_by_date": null, "country_origin": null, "certified": "MSC"
        }])
    );
    assert_eq!(each(&trace, "descendants", "batch_code"), ["N1:1", "N2:2", "N3:3"]);
    assert_eq!(
        trace["descendants"][0],
        json!({"batch_code": "N1", "received_date": null, "depth": 1, "known": true, "run_number": "1", "production_date": "2026-11-02", "scanned_at": null, "qty_kg": 10.0})
    );
    assert_eq!(each(&trace, "runs", "run_number"), ["1:0", "2:1", "3:2"]);
    assert_eq!(each(&trace, "runs", "batch_code"), ["B1:0", "N1:1", "N2:2"]);
    assert_eq!(each(&trace, "runs", "traced_kg"), ["100.0:0", "10.0:1", "4.0:2"]);
    // Run 3 has no outputs, so the weighing system tells what it made.
    assert_eq!(each(&trace, "products", "qty_kg"), ["85.0:0", "30.0:1", "3.0:2"]);
    assert_eq!(each(&trace, "products", "product_code"), ["COD:0", "COD:1", "COD:2"]);
    // One order took from the run, the other names only the batch. The first also names the batch, and still
    // it is listed once.
    assert_eq!(each(&trace, "despatches", "order_number"), ["SO-1:0", "SO-50:0"]);
    assert_eq!(
        (
            &trace["despatches"][0]["run_number"],
            &trace["despatches"][1]["run_number"],
            &trace["despatches"][1]["batch_code"]
        ),
        (&json!("1"), &json!(null), &json!("B1"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mass_balance_shares_mixed_runs_and_counts_each_once() {
    let factory = small().await;
    // In went 100 + 10 + 4. Back came 10 of run 1, a sixth of the 4 of run 2, and 1 of run 3.
    // Out came 85 of run 1, all 3 of run 3, and of the 30 of run 2 the share of what stayed in of N1:
    // 10 - 4/6 of 36.
    let balance = traced(&factory, "/trace/B1").await["mass_balance"].clone();
    assert_eq!(
        balance,
        json!({"input_kg": 114.0, "output_kg": 95.8, "returned_kg": 11.7, "unexplained_kg": 6.6, "unexplained_pct": 5.8, "unknown_lines": []})
    );
    // B2 has the rest of run 2: 50 went in, 20 and five sixths of 4 came back, and 26.67 of 36 times 30 came
    // out. Run 3 is reached too.
    let balance = traced(&factory, "/trace/B2").await["mass_balance"].clone();
    assert_eq!(
        balance,
        json!({"input_kg": 54.0, "output_kg": 25.2, "returned_kg": 24.3, "unexplained_kg": 4.4, "unexplained_pct": 8.2, "unknown_lines": []})
    );
    let balance = traced(&factory, "/trace/B9").await["mass_balance"].clone();
    assert_eq!(
        balance,
        json!({"input_kg": 70.0, "output_kg": 70.0, "returned_kg": 0.0, "unexplained_kg": 0.0, "unexplained_pct": 0.0, "unknown_lines": []})
    );
    // Of this batch nothing is known but that something was made of it.
    let balance = traced(&factory, "/trace/LOST").await["mass_balance"].clone();
    assert_eq!(
        balance,
        json!({"input_kg": 0.0, "output_kg": 0.0, "returned_kg": 0.0, "unexplained_kg": 0.0, "unexplained_pct": null, "unknown_lines": []})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_batch_is_followed_back_to_its_intakes_and_to_parents_that_nobody_knows() {
    let factory = small().await;
    let trace = traced(&factory, "/trace/N3").await;
    assert_eq!(each(&trace, "ancestors", "batch_code"), ["LOST:1", "N2:1", "B2:2", "N1:2", "B1:3"]);
    assert_eq!(each(&trace, "ancestors", "known"), ["false:1", "true:1", "true:2", "true:2", "true:3"]);
    assert_eq!(
        trace["origin"].as_array().unwrap().iter().map(|intake| &intake["batch_code"]).collect::<Vec<_>>(),
        ["B1", "B2"]
    );
    assert_eq!((&trace["descendants"], &trace["runs"]), (&json!([]), &json!([])));
    // B2, which went into run 2 beside N1, is none of N1's ancestors.
    let trace = traced(&factory, "/trace/N1").await;
    assert_eq!(
        (each(&trace, "ancestors", "batch_code"), each(&trace, "descendants", "batch_code")),
        (vec!["B1:1".into()], vec!["N2:1".into(), "N3:2".into()])
    );
    assert_eq!(each(&traced(&factory, "/trace/LOST").await, "descendants", "batch_code"), ["N3:1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_traced_with_all_its_inputs_and_a_batch_of_the_same_code_comes_first() {
    let factory = small().await;
    let trace = traced(&factory, "/trace/2").await;
    assert_eq!(trace["batch_code"], json!("2"));
    assert_eq!(each(&trace, "ancestors", "batch_code"), ["B2:1", "N1:1", "B1:2"]);
    assert_eq!(each(&trace, "descendants", "batch_code"), ["N2:1", "N3:2"]);
    assert_eq!(
        (each(&trace, "runs", "run_number"), &trace["runs"][0]["batch_code"]),
        (vec!["2:0".into(), "3:1".into()], &json!(null))
    );
    assert_eq!(
        trace["mass_balance"],
        json!({"input_kg": 64.0, "output_kg": 33.0, "returned_kg": 25.0, "unexplained_kg": 6.0, "unexplained_pct": 9.4, "unknown_lines": []})
    );

    let links = links(&[
        ("7", 2, "input", "8", "", "", "", "", 1.0),
        ("8", 2, "input", "B1", "", "", "", "", 2.0),
        ("8", 9, "input", "B2", "", "", "", "", 3.0),
    ]);
    let runs = runs(&[("7", 2, Some(1.0), None), ("8", 2, Some(2.0), None), ("8", 9, Some(3.0), None)]);
    let factory =
        Factory::with(vec![(&TRACE_LINKS, "2026-11", links.clone()), (&RUNS, "2026-11", runs.clone())]).await;
    assert_eq!(each(&traced(&factory, "/trace/8").await, "runs", "run_number"), ["7:0"], "the batch");
    assert_eq!(
        each(&traced(&factory, "/trace/8?date=2026-11-02").await, "ancestors", "batch_code"),
        ["B1:1"],
        "the run of that date"
    );
    let without = links.lazy().filter(col("run_number").eq(lit("8"))).collect().unwrap();
    let factory = Factory::with(vec![(&TRACE_LINKS, "2026-11", without), (&RUNS, "2026-11", runs)]).await;
    assert_eq!(
        each(&traced(&factory, "/trace/8").await, "ancestors", "batch_code"),
        ["B2:1"],
        "the newest run of the number"
    );
    assert_problem(
        &get(&factory.app(), "/trace/8?date=2026-11-05").await,
        404,
        "there is no run `8` of 2026-11-05",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn circles_come_to_an_end_and_diamonds_count_once() {
    let links = links(&[
        ("1", 2, "input", "A", "", "", "", "", 100.0),
        ("1", 2, "scan_back", "A", "B", "A", "", "", 40.0),
        ("1", 2, "scan_back", "A", "C", "A", "", "", 40.0),
        ("2", 3, "input", "B", "", "", "", "", 40.0),
        ("2", 3, "input", "C", "", "", "", "", 40.0),
        ("2", 3, "scan_back", "B", "A", "B", "", "", 5.0),
        ("2", 3, "scan_back", "C", "C", "C", "", "", 5.0),
    ]);
    let runs = runs(&[("1", 2, Some(100.0), Some(20.0)), ("2", 3, Some(80.0), Some(70.0))]);
    let factory = Factory::with(vec![(&TRACE_LINKS, "2026-11", links), (&RUNS, "2026-11", runs)]).await;
    let trace = traced(&factory, "/trace/A").await;
    assert_eq!(
        (each(&trace, "descendants", "batch_code"), each(&trace, "ancestors", "batch_code")),
        (vec!["B:1".into(), "C:1".into()], vec!["B:1".into()])
    );
    assert_eq!(each(&trace, "runs", "run_number"), ["1:0", "2:1"]);
    assert_eq!(
        trace["mass_balance"],
        json!({"input_kg": 180.0, "output_kg": 90.0, "returned_kg": 90.0, "unexplained_kg": 0.0, "unexplained_pct": 0.0, "unknown_lines": []})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flat_list_has_a_line_for_each_step() {
    let factory = small().await;
    let app = factory.app();
    let list = get(&app, "/trace/N2?format=csv").await;
    let lines = [
        "step,depth,batch_code,known,supplier,species,catch_area,vessel_name,certified,run_number,date,prod_line,product_code,product,tier,order_number,customer,status,qty_kg",
        "origin,,B1,true,North Sea Fish,Cod,FAO 27,Aurora,MSC,,2026-11-01,,,,,,,,500.0",
        "origin,,B2,true,North Sea Fish,Cod,FAO 27,Aurora,MSC,,2026-11-01,,,,,,,,500.0",
        "ancestor,1,B2,true,,,,,,,,,,,,,,,500.0",
        "ancestor,1,N1,true,,,,,,1,2026-11-02,,,,,,,,10.0",
        "ancestor,2,B1,true,,,,,,,,,,,,,,,500.0",
        "descendant,1,N3,true,,,,,,3,2026-11-04,,,,,,,,1.0",
        "run,0,N2,,,,,,,3,2026-11-04,,COD,,,,,,4.0",
        "product,0,N2,,,,,,,3,2026-11-04,,COD,,,,,,3.0",
        "",
    ];
    assert_eq!(
        (list.header("content-type"), list.text.as_str()),
        (Some("text/csv; charset=utf-8"), lines.join("\r\n").as_str())
    );
    let accepted = ask(&app, axum::http::Method::GET, "/trace/N2", &[("accept", "text/csv")]).await;
    assert_eq!(accepted.text, list.text);
    assert_eq!(
        ask(&app, axum::http::Method::GET, "/trace/N2?format=json", &[("accept", "text/csv")]).await.json()["batch_code"],
        "N2"
    );
}
