//! The real tool `cargo lambda watch`. It serves the functions under their HTTP paths, and they answer there
//! what their routers answer here. They answer the same to the events that API Gateway makes of requests.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use api::compliance::{CHECKS, CheckQuery};
use api::pipeline::{JobRecord, START};
use api::runs::{ONE, RunQuery};
use api::trace::{TRACE, TraceQuery};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use chrono::{TimeDelta, Utc};
use lake::{Lake, Mode};
use reqwest::RequestBuilder;
use serde_json::Value;
use serve::{Routes, Settings, State};
use tests::factory::{ErpAccess, Factory};
use tests::gateway::event;
use tests::never_begun::NeverBegun;
use tests::place;
use tests::tree::Tree;
use tideline::jobs::Jobs;
use tideline::s3::{BUCKET, Credentials, Server};
use tower::ServiceExt;

const ACCESS_KEY: &str = "tideline";
const SECRET_KEY: &str = "tideline-local";

/// A function's first request may wait for its program to be linked.
const PATIENCE: Duration = Duration::from_mins(10);

/// The code of a run and of a batch. API Gateway decodes it in paths, and leaves it encoded in queries.
const CODE: &str = "A/1?b=c#2%25";

#[tokio::test(flavor = "multi_thread")]
async fn cargo_lambda_watch_serves_every_function_under_its_paths() {
    let now = Utc::now().format("%Y-%m-%dT%H:%M:%S").to_string();
    let factory = Factory::sandbox_with_settings(&now, 2).await.over(ErpAccess::SqlServer);
    add_code(&factory);
    let first = factory.job_ok(Mode::Incremental).await;
    let mut watch = Watch::start(&factory).await;

    let routes = routes();
    let served = functions(&factory).into_iter().flat_map(|(function, routes)| {
        routes.paths().into_iter().map(move |path| (path.to_owned(), function.to_owned()))
    });
    assert_eq!(
        routes,
        served.collect::<BTreeMap<_, _>>(),
        "the tool's routes (left) and every path of every function (right)"
    );
    let run_number: String = rusqlite::Connection::open(factory.erp())
        .unwrap()
        .query_row("SELECT run_number FROM run_inputs LIMIT 1", [], |row| row.get(0))
        .unwrap();
    for (path, function) in routes.iter().filter(|(path, _)| *path != START.path()) {
        let address = address(path, &run_number, &first.job_id);
        let (status, answer) = watch.get(&address).await;
        let expected = ask(router(function, watch.state(&factory), &factory), &address).await;
        assert_eq!((status, &answer), (expected.0, &expected.1), "{address}");
        assert_eq!(status, 200, "{address}: {answer}");
        assert!(
            answer
                .as_array()
                .is_none_or(|rows| ["/runs/active", "/shelf-life/expiring"].contains(&path.as_str())
                    || !rows.is_empty()),
            "{address} has no rows"
        );
    }

    for (address, function, status) in
        [("/yield/daily?days=0", "yield", 422), ("/runs/no-such-run", "runs", 404)]
    {
        let (seen, problem) = watch.get(address).await;
        assert_eq!((seen, &problem["status"]), (status, &status.into()), "{problem}");
        assert_eq!(
            (seen, problem),
            ask(router(function, watch.state(&factory), &factory), address).await,
            "{address}"
        );
    }
    assert_eq!(
        watch.http.get(watch.url("/nothing/here")).send().await.unwrap().status(),
        404,
        "a path of no function"
    );
    assert_codes_are_found_behind_the_gateway(&watch, &factory).await;

    factory.insert(
        "prod_lines",
        &[
            ("line_id", "'L99'"),
            ("line_name", "'Line 99'"),
            ("updated_at", &format!("'{}'", factory.local_now().format("%F %T"))),
        ],
    );
    let record = watch.invoke_extractor().await;
    assert_eq!((record.status.as_str(), record.mode.as_str(), &record.error), ("ok", "incremental", &None));
    let lines = record.tables.iter().find(|table| table.table == "prod_lines").unwrap();
    assert_eq!(lines.written, 1, "{lines:?}");
    factory.assert_lake_mirrors_erp().await;

    factory.execute("DELETE FROM prod_lines WHERE line_id = 'L99'");
    let started = watch.http.post(watch.url("/pipeline/run?reconcile=true")).send().await.unwrap();
    assert_eq!(started.status(), 202);
    let location = started.headers()["location"].to_str().unwrap().to_owned();
    let started: Value = started.json().await.unwrap();
    assert_eq!(
        (&started["mode"], location),
        (&"reconcile".into(), format!("/pipeline/runs/{}", started["job_id"].as_str().unwrap()))
    );
    let record = watch.ended(started["job_id"].as_str().unwrap()).await;
    assert_eq!(
        (&record["status"], &record["trigger"], &record["error"]),
        (&"ok".into(), &"api".into(), &Value::Null)
    );
    factory.assert_lake_mirrors_erp().await;

    watch.tool.interrupt().await;
}

/// Adds a batch and a run with the code [`CODE`]. Less than nothing came out of the run, which is a finding.
fn add_code(factory: &Factory) {
    let (now, code) = (factory.local_now(), format!("'{CODE}'"));
    let (today, now) = (format!("'{}'", now.date()), format!("'{}'", now.format("%F %T")));
    factory.insert("RunNumber", &[("RunNumber", &code), ("ProductionDate", &today), ("Created", &now)]);
    factory.insert(
        "run_outputs",
        &[("output_id", "9999999"), ("run_number", &code), ("qty_kg", "-1"), ("updated_at", &now)],
    );
    factory.insert("traceability", &[("trace_id", "'T-CODE'"), ("batch_code", &code), ("updated_at", &now)]);
}

/// Hands events of API Gateway to the functions. They answer what one machine answers to the same request.
async fn assert_codes_are_found_behind_the_gateway(watch: &Watch, factory: &Factory) {
    let here = serve::finish(tideline::app::routes(Arc::new(NeverBegun)), watch.state(factory));
    let findings = CHECKS.address(&[], &CheckQuery { run: Some(CODE.to_owned()), ..CheckQuery::default() });
    let (_, query) = findings.split_once('?').unwrap();
    for (function, there, address) in [
        (
            "runs",
            event(&format!("/api/runs/{CODE}"), Some(("run_number", CODE)), ""),
            ONE.address(&[CODE], &RunQuery::default()),
        ),
        (
            "trace",
            event(&format!("/api/trace/{CODE}"), Some(("batch_code", CODE)), ""),
            TRACE.address(&[CODE], &TraceQuery::default()),
        ),
        ("compliance", event("/api/compliance/checks", None, query), findings.clone()),
    ] {
        let (status, answer) = watch.invoke(function, &there).await;
        assert_eq!((status, &answer), (200, &ask(here.clone(), &address).await.1), "{address}");
        assert!(answer.to_string().contains(CODE), "{address}: {answer}");
    }
}

/// The running tool, over an S3 server of its own.
struct Watch {
    tool: Tree,
    port: u16,
    server: Server,
    http: reqwest::Client,
}

impl Watch {
    async fn start(factory: &Factory) -> Self {
        let credentials =
            Credentials { access_key: ACCESS_KEY.to_owned(), secret_key: SECRET_KEY.to_owned() };
        let server = Server::start_on(
            &factory.folder.path().join("lake"),
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            credentials,
        )
        .await
        .unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut command = cargo_lambda();
        command.args(["watch", "--offline", "--ignore-changes", "-A", "127.0.0.1", "-P", &port.to_string()]);
        command.envs([
            ("LAKE", format!("s3://{BUCKET}")),
            ("FACTORY_ID", factory.settings.factory_id.clone()),
            ("SOURCE_DB", factory.source_db()),
            ("AWS_ENDPOINT_URL", server.endpoint()),
            ("AWS_ENDPOINT_URL_LAMBDA", format!("http://127.0.0.1:{port}")),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_REGION", "eu-west-2".to_owned()),
        ]);
        let log = place::target().join("lambda-watch.log");
        let output = File::create(&log).unwrap();
        command.stdout(output.try_clone().unwrap()).stderr(output);
        println!("what `cargo lambda watch` says is in {}", log.display());
        let tool = Tree::start(command);
        let watch =
            Self { tool, port, server, http: reqwest::Client::builder().timeout(PATIENCE).build().unwrap() };
        for _ in 0..600 {
            if tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
                return watch;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("`cargo lambda watch` does not listen on port {port}");
    }

    fn url(&self, address: &str) -> String {
        format!("http://127.0.0.1:{}{address}", self.port)
    }

    async fn get(&self, address: &str) -> (u16, Value) {
        let (status, answer) = answer(&self.http.get(self.url(address))).await;
        (status, comparable(answer))
    }

    /// What a function answers to an event, unpacked as API Gateway unpacks it.
    async fn invoke(&self, function: &str, event: &Value) -> (u16, Value) {
        let url = self.url(&format!("/2015-03-31/functions/{function}/invocations"));
        let (status, answer) = answer(&self.http.post(url).json(event)).await;
        assert_eq!(status, 200, "{function}: {answer}");
        let status = answer["statusCode"].as_u64().unwrap();
        let body = answer["body"].as_str().unwrap_or_else(|| panic!("{function}: {answer}"));
        (u16::try_from(status).unwrap(), comparable(serde_json::from_str(body).unwrap()))
    }

    async fn invoke_extractor(&self) -> JobRecord {
        let mut command = cargo_lambda();
        command.args([
            "invoke",
            "extractor",
            "--invoke-address",
            "127.0.0.1",
            "--invoke-port",
            &self.port.to_string(),
            "--data-ascii",
            "{}",
        ]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// The record of a started job, once the job has ended.
    async fn ended(&self, job_id: &str) -> Value {
        loop {
            let (status, record) = self.get(&format!("/pipeline/runs/{job_id}")).await;
            assert_eq!(status, 200, "{record}");
            if record["status"] != "running" {
                return record;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The state of a function that has just been started.
    fn state(&self, factory: &Factory) -> State {
        let settings = Settings {
            factory_id: factory.settings.factory_id.clone(),
            factory_tz: factory.settings.factory_tz,
            stale_after_seconds: 900,
            dashboard_origin: None,
        };
        let lake = Lake::new(Arc::new(self.server.store(BUCKET)), "", &settings.factory_id);
        State::new(lake, settings, Utc::now)
    }
}

/// Asks again if the emulator fails. It does so now and then, with a large answer on a busy machine. Its
/// problem has another type than the problems that the functions answer.
async fn answer(request: &RequestBuilder) -> (u16, Value) {
    for _ in 0..5 {
        let (status, answer) = answer_once(request).await;
        if answer["type"] != "https://httpstatuses.com/500" {
            return (status, answer);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    answer_once(request).await
}

async fn answer_once(request: &RequestBuilder) -> (u16, Value) {
    let response = request.try_clone().unwrap().send().await.unwrap();
    let (status, url) = (response.status().as_u16(), response.url().clone());
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{url}: {status}: {error}: {text}")))
}

/// The tool in the repository's root, as `cargo` would start it.
fn cargo_lambda() -> Command {
    let mut command = Command::new(place::python_program("cargo-lambda"));
    command.arg("lambda").current_dir(place::root()).stdin(Stdio::null());
    command
}

/// The table of paths and functions in the root Cargo.toml, as cargo reads it.
fn routes() -> BTreeMap<String, String> {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(place::root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(metadata["metadata"]["lambda"]["watch"]["router"].clone()).unwrap()
}

fn functions(factory: &Factory) -> Vec<(&'static str, Routes)> {
    let jobs = Jobs::new(factory.lake().clone(), factory.settings.clone());
    tideline::app::functions(Arc::new(jobs))
}

fn router(function: &str, state: State, factory: &Factory) -> Router {
    let mut functions = functions(factory).into_iter();
    let routes = functions.find_map(|(name, routes)| (name == function).then_some(routes));
    serve::finish(routes.unwrap_or_else(|| panic!("there is no function `{function}`")), state)
}

/// An address under a path. Its answer is the same a minute later, because its window is wider than what the
/// factory has.
fn address(path: &str, run_number: &str, job_id: &str) -> String {
    let query = match path {
        "/yield/daily" | "/yield/waterfall" | "/yield/downgrades" | "/pipeline/rejected" => "?days=30",
        "/compliance/checks" => "?days=30&limit=7",
        "/temperature/breaches" => "?hours=720",
        "/stops" => "?days=2",
        _ => "",
    };
    // The shift that is on may have begun just now.
    let yesterday = (Utc::now() - TimeDelta::days(1)).format("?date=%Y-%m-%d").to_string();
    let query = if path == "/shift/hours" { yesterday.as_str() } else { query };
    path.replace("{run_number}", run_number)
        .replace("{batch_code}", run_number)
        .replace("{job_id}", job_id)
        .replace("{name}", "daily-yield")
        + query
}

async fn ask(router: Router, address: &str) -> (u16, Value) {
    let response = router.oneshot(Request::get(address).body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, comparable(serde_json::from_slice(&body).unwrap()))
}

/// An answer without what differs from request to request.
fn comparable(mut answer: Value) -> Value {
    if let Some(object) = answer.as_object_mut() {
        for name in ["age_seconds", "request_id"] {
            object.remove(name);
        }
    }
    answer
}
