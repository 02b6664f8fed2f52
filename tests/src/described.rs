//! The factory that the API's description shows. The examples in the description are this factory's answers.
//! It is a sandbox of three days at a fixed time, so that its answers are the same every time.

use api::names::path_value;
use api::operation::Lead;
use api::{Operation, operations};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use lake::Mode;
use serde_json::Value;
use serve::{Settings, State};
use tower::ServiceExt;

use crate::factory::Factory;
use crate::never_begun::NeverBegun;

/// The factory's time: a Friday, in the middle of the morning shift.
pub const NOW: &str = "2026-11-20T12:00:00";

/// Where the dashboard lies.
pub const DASHBOARD: &str = "https://dashboard.example.com";

/// The factory after a job, with the settings of the sandbox.
pub async fn factory() -> Factory {
    let factory = factory_before_job().await;
    let settings = tideline::sandbox::factory_toml().into_bytes();
    factory.lake().put_settings_file(settings).await.expect("the lake");
    factory.job_ok(Mode::Incremental).await;
    factory
}

/// The factory with an empty lake.
pub async fn factory_before_job() -> Factory {
    let factory = Factory::sandbox(NOW, 3).await.with_lake_in_memory();
    add_old_run(&factory);
    factory
}

/// Adds a run of ten days ago of which something is left. It is made of a batch whose code the description
/// can use.
fn add_old_run(factory: &Factory) {
    let at = "'2026-11-10 06:00:00'";
    let run = |more: &[(&'static str, &'static str)]| {
        [&[("run_number", "'046101'"), ("updated_at", at)], more].concat()
    };
    factory.insert(
        "RunNumber",
        &[
            ("RunNumber", "'046101'"),
            ("ProductionDate", "'2026-11-10'"),
            ("ProductCode", "'SAL-201'"),
            ("ProdLine", "'Line 1'"),
            ("Complete", "1"),
            ("Created", at),
        ],
    );
    factory.insert(
        "traceability",
        &[
            ("trace_id", "'T-OLD'"),
            ("batch_code", "'SAL-2611-07'"),
            ("supplier", "'Lochside Salmon'"),
            ("species", "'salmon'"),
            ("qty_kg", "500"),
            ("updated_at", at),
        ],
    );
    factory.insert(
        "run_inputs",
        &run(&[
            ("input_id", "9000001"),
            ("batch_code", "'SAL-2611-07'"),
            ("grade", "'Premium'"),
            ("qty_kg", "400"),
        ]),
    );
    factory.insert(
        "run_outputs",
        &run(&[("output_id", "9000001"), ("product_code", "'SAL-201'"), ("tier", "1"), ("qty_kg", "380")]),
    );
    factory.insert(
        "despatch",
        &run(&[
            ("despatch_id", "9000001"),
            ("order_number", "'SO-7001'"),
            ("customer", "'Harbour Foods'"),
            ("product_code", "'SAL-201'"),
            ("batch_code", "'SAL-2611-07'"),
            ("qty_kg", "120"),
            ("despatch_date", "'2026-11-12'"),
            ("status", "'delivered'"),
        ]),
    );
}

/// The state of functions over the factory's lake.
pub fn state_over(factory: &Factory) -> State {
    let settings = Settings {
        factory_id: factory.settings.factory_id.clone(),
        factory_tz: factory.settings.factory_tz,
        stale_after_seconds: 900,
        dashboard_origin: Some(DASHBOARD.to_owned()),
    };
    let now = factory.now.get();
    State::new(factory.lake().clone(), settings, move || now)
}

/// The answer to a request.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// The body as a text.
    pub text: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// Asks an endpoint at an address.
pub async fn ask(app: &Router, operation: &Operation, address: &str, accept: &str) -> Reply {
    let request = Request::builder().method(operation.method.name()).uri(address).header("accept", accept);
    let request = request.body(Body::empty()).unwrap_or_else(|error| panic!("{address}: {error}"));
    let (parts, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let text = String::from_utf8_lossy(&body).into_owned();
    Reply { status: parts.status, headers: parts.headers, body, text }
}

/// The JSON that a factory's functions answer at its present moment.
///
/// # Panics
/// If the answer is an error.
pub async fn answer_of(factory: &Factory, address: &str) -> Value {
    let routes = tideline::app::routes(std::sync::Arc::new(NeverBegun));
    let app = serve::finish(routes, state_over(factory));
    let request =
        Request::get(address).body(Body::empty()).unwrap_or_else(|error| panic!("{address}: {error}"));
    let (parts, body) = app.oneshot(request).await.unwrap().into_parts();
    let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    assert_eq!(parts.status, StatusCode::OK, "{address}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{address}: {error}: {text}"))
}

/// The path of an endpoint with values that exist in this factory. If another endpoint's answer leads to a
/// value, the value is taken from that answer.
pub async fn path(app: &Router, operation: &Operation) -> String {
    let mut path = operation.path.to_owned();
    for name in operation.values() {
        let to_here = |other: &'static Operation| {
            other
                .leads
                .iter()
                .find(|lead| lead.path == operation.path && lead.value == name)
                .map(|lead| (other, lead))
        };
        let value = match operations().find_map(to_here) {
            Some((list, Lead { pointer, .. })) => {
                let answer = ask(app, list, list.path, "application/json").await.json();
                answer
                    .pointer(pointer)
                    .and_then(Value::as_str)
                    .unwrap_or_else(|| panic!("{} has no {pointer}", list.path))
                    .to_owned()
            }
            None => path_value(name).expect("a value that is described").example.to_owned(),
        };
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    path
}
