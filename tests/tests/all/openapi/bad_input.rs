//! Every parameter of every endpoint is given what cannot be right. The answer is a refusal that names the
//! parameter, and never a list that leaves the filter out. A new endpoint is covered once it is described.

use std::fmt::Write;

use api::health::HEALTH;
use api::query::{ParameterDoc, ParameterKind};
use api::{Operation, Problem, operations};
use axum::Router;
use serde_json::Value;

use super::{Reply, app, ask, path};

/// These stand in the address as they are. A query is percent-encoded text, and some of these are not.
const WRONG_FOR_ALL: &[&str] = &["", "%00", "%zz", "%ff", "%", "%2", "%C3%28", "%ED%A0%80", "a%0Ab"];
const WRONG_FOR_NUMBERS: &[&str] = &[
    "-1",
    "+1",
    "%2B1",
    "1.0",
    "1e0",
    "0x1",
    "1,0",
    "%201",
    "1%20",
    "NaN",
    "null",
    "true",
    "%D9%A3",
    "18446744073709551617",
    "🐟",
    "a/b",
    "1;2",
];
const WRONG_FOR_DATES: &[&str] = &[
    "2026-02-30",
    "2026-13-01",
    "2026-00-10",
    "2026-1-5",
    "20261123",
    "2026-11-23T00:00:01",
    "2026-11-23T10:00:00",
    "2026-11-23T00:00:00Z",
    "2026-11-23T00:00:00.",
    "T00:00:00",
    "23.11.2026",
    "-2026-11-23",
    "12026-11-23",
    "today",
    "0",
    "366",
    "🐟",
    "a/b",
];
const WRONG_FOR_FLAGS: &[&str] = &["1", "0", "yes", "TRUE", "True", "t", "null", "🐟", "a/b"];
const WRONG_FOR_WORDS: &[&str] = &["nothing-of-the-kind", "json,csv", "*", "null", "0", "🐟", "a/b", "%25"];
const WRONG_PLACES: &[&str] =
    &["x", "[]", "{}", "null", "[1,2,3]", "[[[[[", "🐟", "a/b", "%25", "2026-11-20"];
/// Texts that are allowed, but that are the name of nothing in the factory.
const KNOWN_TO_NOBODY: &[&str] = &[
    "🐟🐟",
    "a/b",
    "..%2F..%2Fmanifest.json",
    "%25",
    "%27%20OR%201=1%20--",
    "*",
    "null",
    "%3Cscript%3E",
    "%EF%BF%BD",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_of_the_wrong_kind_is_refused_by_name_at_every_endpoint() {
    let app = app().await;
    for operation in operations() {
        let path = path(&app, operation).await;
        for parameter in operation.parameters() {
            let name = parameter.name;
            for value in wrong_values(parameter) {
                assert_refused(&app, operation, &format!("{path}?{name}={value}"), name).await;
            }
            let good = good_value(parameter);
            assert_refused(&app, operation, &format!("{path}?{name}={good}&{name}={good}"), name).await;
            assert_refused(&app, operation, &format!("{path}?{name}"), name).await;
        }
        for stranger in ["dayz=7", "Limit=1", "days%00=7", "🐟=1", "limit[]=1"] {
            let (name, address) =
                (stranger.split('=').next().unwrap().replace("%00", " "), format!("{path}?{stranger}"));
            if operation.path == HEALTH.path() {
                let reply = ask(&app, operation, &encoded(&address), "application/json").await;
                assert_eq!(reply.status, 200, "a prober asks {address}");
            } else {
                assert_refused(&app, operation, &address, &name).await;
            }
        }
        assert_refused(&app, operation, &format!("{path}?%zz=1"), "%zz").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_that_are_upside_down_are_refused_at_every_endpoint_that_takes_both() {
    let app = app().await;
    let mut endpoints = 0;
    for operation in operations() {
        let takes = |name| operation.parameters().any(|parameter| parameter.name == name);
        if takes("from") && takes("to") {
            let path = path(&app, operation).await;
            assert_refused(&app, operation, &format!("{path}?from=2026-11-20&to=2026-11-19"), "from").await;
            assert_eq!(
                ask(&app, operation, &format!("{path}?from=2026-11-20&to=2026-11-20"), "*/*").await.status,
                200,
                "{path}"
            );
            endpoints += 1;
        }
    }
    assert!(endpoints >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_nothing_is_called_finds_nothing_and_never_everything() {
    let app = app().await;
    let mut filters = 0;
    for operation in operations() {
        let path = path(&app, operation).await;
        for parameter in operation.parameters().filter(|parameter| parameter.kind == ParameterKind::Text) {
            let all = ask(&app, operation, &path, "application/json").await.json();
            assert!(!finds_nothing(&all), "{path} has rows to leave out");
            for value in KNOWN_TO_NOBODY {
                let address = format!("{path}?{}={value}", parameter.name);
                let reply = ask(&app, operation, &encoded(&address), "application/json").await;
                assert!(
                    (reply.status == 200 && finds_nothing(&reply.json()))
                        || [404, 422].contains(&reply.status.as_u16()),
                    "{address}: {} {}",
                    reply.status,
                    reply.text
                );
            }
            filters += 1;
        }
    }
    assert!(filters >= 3, "filters by text: {filters}");
}

/// Whether an answer is an empty list, or adds up no run.
fn finds_nothing(answer: &Value) -> bool {
    match answer {
        Value::Array(rows) => rows.is_empty(),
        sum => sum["runs"] == 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_in_a_path_may_be_anything_and_is_then_not_found() {
    let app = app().await;
    let long = "x".repeat(10_000);
    let emoji = "%F0%9F%90%9F".repeat(800);
    let strange = [
        "%20",
        "%25",
        "%2F",
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "%0D%0Ax",
        "%F0%9F%90%9F",
        "%zz",
        "%ff",
        "%ED%A0%80",
        "-1",
        "null",
        &long,
        &emoji,
    ];
    for operation in operations().filter(|operation| operation.values().next().is_some()) {
        for name in operation.values() {
            for value in strange {
                let address = operation.path.replace(&format!("{{{name}}}"), value);
                let reply = ask(&app, operation, &address, "*/*").await;
                let problem = problem(&reply, &address);
                assert!([400, 404].contains(&problem.status), "{address}: {problem:?}");
                assert!(
                    problem.detail.len() < 400 && !problem.detail.contains(char::is_control),
                    "{address}: {problem:?}"
                );
            }
        }
        let address = operation.path.replace('{', "x").replace('}', &"y".repeat(20_000));
        assert_eq!(problem(&ask(&app, operation, &address, "*/*").await, &address).status, 414);
    }
}

fn wrong_values(parameter: &ParameterDoc) -> Vec<String> {
    let of_kind = match parameter.kind {
        ParameterKind::Whole { .. } => WRONG_FOR_NUMBERS,
        ParameterKind::Date => WRONG_FOR_DATES,
        ParameterKind::Flag => WRONG_FOR_FLAGS,
        ParameterKind::OneOf(_) => WRONG_FOR_WORDS,
        ParameterKind::After => WRONG_PLACES,
        ParameterKind::Text => &["%20", "%E3%80%80", "%7F", "%C2%85"],
    };
    let mut values: Vec<String> = WRONG_FOR_ALL.iter().chain(of_kind).map(|value| encoded(value)).collect();
    values.push("x".repeat(10_000));
    values.push("%F0%9F%90%9F".repeat(1000));
    match parameter.kind {
        ParameterKind::Whole { min, max, .. } => {
            values.extend([(i64::from(min) - 1).to_string(), (i64::from(max) + 1).to_string()]);
        }
        ParameterKind::OneOf(words) => values.extend(words.iter().map(|word| format!("{word}x"))),
        _ => {}
    }
    values
}

fn good_value(parameter: &ParameterDoc) -> String {
    match parameter.kind {
        ParameterKind::Whole { min, .. } => min.to_string(),
        ParameterKind::Date | ParameterKind::Text => {
            encoded(api::names::example(parameter.name).unwrap()).replace(' ', "%20")
        }
        ParameterKind::Flag => "true".to_owned(),
        ParameterKind::OneOf(words) => words[0].to_owned(),
        ParameterKind::After => String::new(),
    }
}

/// A text with every character percent-encoded that is not ASCII or may not stand in an address. Percent
/// signs stay as they are.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>[]{}|^`\\".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
    }
    encoded
}

async fn assert_refused(app: &Router, operation: &Operation, address: &str, parameter: &str) {
    let reply = ask(app, operation, &encoded(address), "*/*").await;
    let problem = problem(&reply, address);
    assert_eq!(
        (problem.status, problem.parameter.as_deref()),
        (422, Some(parameter)),
        "{address}: {problem:?}"
    );
    assert!(
        problem.detail.contains(&format!("`{parameter}`")) && problem.detail.len() < 900,
        "{address}: {problem:?}"
    );
}

/// The problem that was answered. Fails if the answer is no problem.
fn problem(reply: &Reply, address: &str) -> Problem {
    let start: String = address.chars().take(200).collect();
    assert!(reply.status.is_client_error(), "{start}: {} {}", reply.status, reply.text);
    assert_eq!(reply.headers["content-type"], "application/problem+json", "{start}");
    let problem: Problem =
        serde_json::from_str(&reply.text).unwrap_or_else(|error| panic!("{start}: {error}: {}", reply.text));
    assert_eq!(problem.status, reply.status.as_u16(), "{start}");
    problem
}
