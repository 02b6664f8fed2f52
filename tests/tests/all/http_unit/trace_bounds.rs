//! How `/trace/{batch_code}` bears codes of any make, long chains and a long history.

use api::trace::{TRACE, TraceFormat, TraceQuery};
use axum::http::Method;
use polars::prelude::*;
use serde_json::json;
use warehouse::marts::{INTAKES, RUNS, TRACE_LINKS};

use super::factory::{Factory, Reply, ask, assert_problem, get};
use super::trace::{date, intakes, small, some, traced};

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_taken_as_they_are_whatever_they_are_made_of() {
    let long = "x".repeat(10_000);
    let codes = ["00/7 %", "🐟", "a+b&c=d?e#f", "..", long.as_str()];
    let rows: Vec<DataFrame> = codes.iter().map(|code| intakes(&[code])).collect();
    let intakes = rows[1..].iter().fold(rows[0].clone(), |all, one| all.vstack(one).unwrap());
    let factory = Factory::with(vec![(&INTAKES, "2026-11", intakes)]).await;
    for code in codes {
        let trace = traced(&factory, &TRACE.address(&[code], &TraceQuery::default())).await;
        assert_eq!((&trace["batch_code"], trace["origin"].as_array().unwrap().len()), (&json!(code), 1));
        let document = get(&factory.app(), &TRACE.address(&[code], &epcis_query())).await;
        assert_eq!(document.json()["epcisBody"]["eventList"][0]["cbvmda:lotNumber"], json!(code));
    }
    let app = factory.app();
    let twice = "y".repeat(10_000);
    for (code, shown) in
        [("nothing", "`nothing`"), ("b%2Fb", "`b/b`"), ("%25", "`%`"), ("%0D%0Ax", "`x`"), (&twice, "yyy…`")]
    {
        let reply = get(&app, &format!("/trace/{code}")).await;
        assert_problem(&reply, 404, shown);
        assert!(reply.text.len() < 400, "{}", reply.text);
    }
    assert_problem(&get(&app, "/trace/%FF").await, 400, "cannot be read");
    assert_problem(&get(&app, &format!("/trace/{}", "y".repeat(20_000))).await, 414, "longer than");
    assert_problem(&get(&app, "/trace/B1?format=xml").await, 422, "is none of json csv xlsx epcis");
    assert_problem(&get(&app, "/trace/B1?date=yesterday").await, 422, "`date`");
    assert_problem(&get(&app, "/trace/B1?limit=5").await, 422, "`limit`");
    assert_problem(&get(&app, "/trace").await, 404, "nothing at this path");
    assert_problem(&ask(&app, Method::POST, "/trace/B1", &[]).await, 405, "this path takes");
    assert_problem(&get(&app, "/products?format=epcis").await, 422, "is none of json csv");
}

fn epcis_query() -> TraceQuery {
    TraceQuery { date: None, received: None, format: Some(TraceFormat::Epcis), bom: None }
}

/// A factory that has worked for so many months. In the n-th, batch `B<1000 n>` goes into run `<1000 n>`.
async fn old(months: u32) -> Factory {
    let mut factory = small().await;
    for n in 1..=months {
        let (code, run) = (format!("B{}", 1000 * n), (1000 * n).to_string());
        let part = format!("20{:02}-{:02}", n / 12, n % 12 + 1);
        let day = date(&format!("{part}-02"));
        let links = df![
            "run_number" => [run.as_str()], "production_date" => [day], "link" => ["input"], "link_id" => [i64::from(n)],
            "batch_code" => [code.as_str()], "qty_kg" => [1.0],
        ];
        factory.put(&TRACE_LINKS, &part, links.unwrap()).await;
        let run = df!["run_number" => [run.as_str()], "production_date" => [day], "active" => [true], "complete" => [true], "packs" => [0_i64], "has_sheet" => [true], "has_totals" => [true]];
        factory.put(&RUNS, &part, run.unwrap()).await;
        factory.put(&INTAKES, &part, intakes(&[&code])).await;
    }
    factory.publish().await;
    factory
}

#[tokio::test(flavor = "multi_thread")]
async fn how_much_is_read_does_not_grow_with_history() {
    let (young, old) = (old(1).await, old(100).await);
    for (address, status) in [
        ("/trace/B1", 200),
        ("/trace/N3", 200),
        ("/trace/2", 200),
        ("/trace/B1?format=epcis", 200),
        ("/trace/B1000", 200),
        ("/trace/nothing", 404),
    ] {
        let reads = async |factory: &Factory| {
            factory.store.reads();
            let reply: Reply = get(&factory.app(), address).await;
            assert_eq!(reply.status, status, "{address}: {}", reply.text);
            (Some(reply.text).filter(|_| status == 200), factory.store.reads())
        };
        let (of_young, of_old) = (reads(&young).await, reads(&old).await);
        assert_eq!(of_young, of_old, "{address}: what is answered, and how many objects are read for it");
        assert!(of_young.1.1 <= 6, "{address}: {:?}", of_young.1);
    }
    assert_eq!(traced(&old, "/trace/B50000").await["runs"][0]["run_number"], "50000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_five_thousand_batches_is_traced_to_its_end() {
    let codes: Vec<String> = (0..5_000).map(|n| format!("C{n}")).collect();
    let made = |n: usize| codes.get(n + 1).map_or("", String::as_str);
    let dates = vec![date("2026-11-02"); 2 * codes.len()];
    let (mut numbers, mut kinds, mut batches, mut news) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (n, code) in codes.iter().enumerate() {
        numbers.extend([n.to_string(), n.to_string()]);
        kinds.extend(["input", "scan_back"]);
        batches.extend([Some(code.as_str()), Some(code.as_str())]);
        news.extend([None, some(made(n))]);
    }
    let links = df![
        "run_number" => numbers, "production_date" => dates, "link" => kinds, "link_id" => (0..10_000_i64).collect::<Vec<_>>(),
        "batch_code" => &batches, "parent_batch" => &batches, "new_batch_code" => news, "qty_kg" => vec![1.0; 10_000],
    ];
    let factory = Factory::with(vec![(&TRACE_LINKS, "2026-11", links.unwrap())]).await;
    let trace = traced(&factory, "/trace/C0").await;
    assert_eq!(
        (trace["descendants"].as_array().unwrap().len(), trace["runs"].as_array().unwrap().len()),
        (4_999, 5_000)
    );
    let trace = traced(&factory, "/trace/C4999").await;
    assert_eq!(
        (&trace["ancestors"][4_998]["batch_code"], &trace["ancestors"][4_998]["depth"]),
        (&json!("C0"), &json!(4_999))
    );
}
