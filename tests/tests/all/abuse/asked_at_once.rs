//! The program with few files, with all connections taken and everything asked for at once.

use std::net::SocketAddr;
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::program::{Program, fill};
use super::raw::{HALF_A_HEAD, answer, begun, get, rest, status};

/// What reads marts, in every form.
pub(super) const HEAVY: [&str; 6] = [
    "/reports/traceability?days=90&limit=10000",
    "/reports/temperature-audit?days=90&limit=10000&format=xlsx",
    "/reports/daily-yield?days=90&limit=10000&format=csv",
    "/compliance/checks?days=90&limit=10000",
    "/temperature/episodes?days=90&limit=10000",
    "/reports/order-fulfilment?days=90&limit=10000",
];

/// Asks for everything at once, so often. Fails unless each is answered, or told to come again.
pub(super) async fn ask_at_once(addr: SocketAddr, requests: usize) -> [usize; 2] {
    let ask = |i: usize| tokio::spawn(is_answered(format!("http://{addr}{}", HEAVY[i % HEAVY.len()])));
    let answers = join_all((0..requests).map(ask)).await.into_iter().map(Result::unwrap);
    let (answered, refused): (Vec<bool>, Vec<bool>) = answers.partition(|answered| *answered);
    [answered.len(), refused.len()]
}

/// Whether an address is answered. Otherwise the client is told to come again.
async fn is_answered(url: String) -> bool {
    let mut answer = reqwest::get(&url).await;
    // On a busy machine a client may take the second that it has to send its request. It asks again.
    for _ in 0..3 {
        if answer.as_ref().is_err_and(reqwest::Error::is_request) {
            answer = reqwest::get(&url).await;
        }
    }
    let answer = answer.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    if status == 200 {
        return true;
    }
    let again = headers.get("retry-after").and_then(|seconds| seconds.to_str().ok());
    assert_eq!((status, again), (503, Some("5")), "{url}: {body:?}");
    assert_eq!(headers["content-type"], "application/problem+json", "{url}");
    false
}

/// Starts a job and waits until it has ended well.
pub(super) async fn do_a_job(addr: SocketAddr) {
    let started = answer(addr, &format!("POST /pipeline/run HTTP/1.1\r\nHost: {addr}\r\n\r\n")).await;
    assert_eq!(status(&started), 202, "{started}");
    let location = started.lines().find_map(|line| line.strip_prefix("location: ")).expect("a location");
    loop {
        let record = answer(addr, &get(addr, location)).await;
        assert_eq!(status(&record), 200, "{record}");
        let record: Value = serde_json::from_str(record.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        if record["status"] != "running" {
            assert_eq!((&record["status"], &record["error"]), (&"ok".into(), &Value::Null));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_and_light_requests_go_on_while_others_take_all_connections_and_ask_for_everything() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 1);
    // A quarter of them, 32, may be connections.
    let program = Program::serve(folder.path(), Some(128));
    let addr = program.addr;
    let mut left = Vec::new();
    for i in 0..100 {
        left.push(begun(addr, if i % 2 == 0 { HALF_A_HEAD } else { "" }).await);
    }
    do_a_job(addr).await;
    assert!(program.open_files().is_none_or(|open| open < 100), "{:?}", program.open_files());
    // Together these are fewer than the connections that there may be, so that none is taken from another.
    let unread = join_all((0..4).map(async |i| begun(addr, &get(addr, HEAVY[i % HEAVY.len()])).await)).await;
    let light = async {
        for _ in 0..20 {
            assert_eq!(status(&answer(addr, &get(addr, "/health")).await), 200);
        }
    };
    let ([answered, _], (), ()) = tokio::join!(ask_at_once(addr, 12), light, do_a_job(addr));
    assert!(answered > 0);
    drop((left, rest(unread.into_iter().next().unwrap())));
}
