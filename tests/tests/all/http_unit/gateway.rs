//! Codes with characters that mean something in an address. API Gateway's HTTP API hands the path on decoded,
//! and the answer is the same as on one machine.

use api::names::path_value;
use api::runs::{ONE, RunQuery};
use api::trace::{TRACE, TraceQuery};
use axum::Router;
use chrono::NaiveDate;
use lambda_http::request::LambdaRequest;
use lambda_http::{Context, LambdaEvent};
use polars::prelude::*;
use serde_json::{Value, json};
use tests::gateway::event;
use tower::ServiceExt;
use warehouse::marts::RUNS;

use super::factory::{Factory, Reply, get};

const CODES: [&str; 12] =
    ["00/7", "A?b=c", "#1", "100%", "50%25", "%2F", "ä 1", "a+b&c", "/", "a//b", "x/../y", "007"];

async fn with_runs() -> Factory {
    let mut factory = Factory::with(Vec::new()).await;
    let date: NaiveDate = "2026-11-20".parse().unwrap();
    let (active, complete) = ([true; CODES.len()], [true; CODES.len()]);
    let runs = df!["run_number" => CODES, "production_date" => [date; CODES.len()], "active" => active, "complete" => complete];
    factory.put(&RUNS, "2026-11", runs.unwrap()).await;
    factory.publish().await;
    factory
}

/// What Lambda hands back for an event that API Gateway makes of a request.
async fn through_gateway(app: &Router, event: &Value) -> Value {
    let payload: LambdaRequest = serde_json::from_str(&event.to_string()).unwrap();
    let answer =
        serve::lambda::events(app.clone()).oneshot(LambdaEvent::new(payload, Context::default())).await;
    serde_json::to_value(answer.unwrap()).unwrap()
}

fn assert_same(reply: &Reply, answer: &Value, what: &str) {
    let body = |text: &str| {
        let mut body: Value =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{what}: {error}: {text}"));
        body.as_object_mut().and_then(|body| body.remove("request_id"));
        body
    };
    assert_eq!(answer["statusCode"], reply.status.as_u16(), "{what}: {answer}");
    assert_eq!(body(answer["body"].as_str().unwrap()), body(&reply.text), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_any_characters_is_found_behind_the_gateway_as_on_one_machine() {
    let app = with_runs().await.app();
    let date = "2026-11-20".parse().ok();
    for code in CODES {
        let here = get(&app, &ONE.address(&[code], &RunQuery { date })).await;
        assert_eq!(here.json()["run"]["run_number"], code);
        for before in ["/runs/", "/api/runs/"] {
            let path = format!("{before}{code}");
            let there = event(&path, Some(("run_number", code)), "date=2026-11-20");
            assert_same(&here, &through_gateway(&app, &there).await, &path);
        }
        // A code that nothing is known of comes back in the refusal as it was asked for.
        let here = get(
            &app,
            &TRACE.address(&[code], &TraceQuery { date: "2026-11-01".parse().ok(), ..TraceQuery::default() }),
        )
        .await;
        assert_eq!(here.status.as_u16(), 404, "{code}: {}", here.text);
        let there = event(&format!("/api/trace/{code}"), Some(("batch_code", code)), "date=2026-11-01");
        assert_same(&here, &through_gateway(&app, &there).await, code);
    }
    assert!(path_value("run_number").is_some() && path_value("batch_code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_names_no_value_is_taken_as_it_comes() {
    let app = with_runs().await.app();
    // The emulator leaves the path encoded. Other gateways decode it and do not say which value they found.
    for (raw_path, code) in [
        ("/runs/00%2F7", "00/7"),
        ("/runs/00/7", "00/7"),
        ("/runs/A?b=c", "A?b=c"),
        ("/runs/#1", "#1"),
        ("/runs/100%", "100%"),
    ] {
        let here = get(&app, &ONE.address(&[code], &RunQuery::default())).await;
        assert_same(&here, &through_gateway(&app, &event(raw_path, None, "")).await, raw_path);
    }
    let here = get(&app, "/runs/active?limit=3").await;
    assert_same(
        &here,
        &through_gateway(&app, &event("/api/runs/active", None, "limit=3")).await,
        "/runs/active",
    );
    // A slash is a part of the code, whether it was encoded or not.
    assert_eq!(get(&app, "/runs/00/7").await.json(), get(&app, "/runs/00%2F7").await.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_goes_through_the_gateway_as_bytes() {
    let app = with_runs().await.app();
    let here = get(&app, "/runs/active?format=xlsx").await;
    let answer = through_gateway(&app, &event("/api/runs/active", None, "format=xlsx")).await;
    assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(200), &json!(true)));
    assert_eq!(answer["body"].as_str().unwrap().len(), here.body.len().div_ceil(3) * 4);
    assert_eq!(answer["headers"]["content-disposition"], "attachment; filename=\"runs-active.xlsx\"");
}
