//! `/pipeline/…` over real HTTP: jobs that are started, listed and refused, and the rows that they reject.

mod protocol;
mod records;
mod rejected;
mod starts;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::pipeline::JobRecord;
use chrono::{DateTime, TimeDelta, Utc};
use lake::Lake;
use pipeline_function::StartJob;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use serve::{Settings, State};
use tests::factory::Factory;
use tideline::jobs::Jobs;
use tideline::s3::BUCKET;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const DASHBOARD: &str = "https://dashboard.example.com";

/// The function `pipeline` on a port of its own, with its own client of the lake.
struct Api {
    url: String,
    lake: Lake,
    jobs: Jobs,
    /// How many milliseconds its clock is ahead of the real one.
    ahead_ms: Arc<AtomicI64>,
    http: reqwest::Client,
    serving: JoinHandle<()>,
}

impl Drop for Api {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Api {
    /// Serves the API. Jobs are carried out in this process, as the program on one machine does it.
    async fn over(factory: &Factory) -> Self {
        Self::with(factory, |jobs| Arc::new(jobs)).await
    }

    async fn with(factory: &Factory, start: impl FnOnce(Jobs) -> Arc<dyn StartJob>) -> Self {
        let server = factory.open.server.as_ref().unwrap();
        let settings = Settings {
            factory_id: factory.settings.factory_id.clone(),
            factory_tz: factory.settings.factory_tz,
            stale_after_seconds: 900,
            dashboard_origin: Some(DASHBOARD.to_owned()),
        };
        let lake = Lake::new(Arc::new(server.store(BUCKET)), "", &settings.factory_id);
        let jobs = Jobs::new(lake.clone(), factory.settings.clone());
        let ahead_ms = Arc::new(AtomicI64::new(0));
        let ahead = Arc::clone(&ahead_ms);
        let state = State::new(lake.clone(), settings, move || {
            Utc::now() + TimeDelta::milliseconds(ahead.load(Ordering::SeqCst))
        });
        let router = serve::finish(pipeline_function::routes(start(jobs.clone())), state);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, lake, jobs, ahead_ms, http: reqwest::Client::new(), serving }
    }

    fn set_now(&self, now: &str) {
        self.ahead_ms
            .store((now.parse::<DateTime<Utc>>().unwrap() - Utc::now()).num_milliseconds(), Ordering::SeqCst);
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path).send().await.unwrap()).await
    }

    async fn post(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::POST, path).send().await.unwrap()).await
    }

    /// The list at a path. Fails if there is none.
    async fn list(&self, path: &str) -> Vec<Value> {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        serde_json::from_str(&reply.text).unwrap()
    }

    /// Starts a job, which must be accepted. Returns its id.
    async fn start(&self, path: &str) -> String {
        let reply = self.post(path).await;
        assert_eq!(reply.status, 202, "{}", reply.text);
        reply.json()["job_id"].as_str().unwrap().to_owned()
    }

    /// The record of a job, once it has ended.
    async fn ended(&self, job_id: &str) -> Value {
        loop {
            let reply = self.get(&format!("/pipeline/runs/{job_id}")).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            if reply.json()["status"] != "running" {
                return reply.json();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

struct Reply {
    status: u16,
    headers: reqwest::header::HeaderMap,
    text: String,
}

impl Reply {
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn assert_problem(&self, status: u16, detail: &str) {
        assert_eq!(
            (self.status, self.header("content-type")),
            (status, Some("application/problem+json")),
            "{}",
            self.text
        );
        assert!(
            self.json()["detail"].as_str().unwrap().contains(detail),
            "`{detail}` is not in {}",
            self.text
        );
    }
}

/// A factory at the present moment of the real clock, by which new rows are recent.
async fn factory() -> Factory {
    Factory::empty(&Utc::now().format("%Y-%m-%dT%H:%M:%S").to_string()).await
}

/// Adds inputs of a run to the ERP, stamped a minute ago.
fn insert_inputs(factory: &Factory, rows: &[(i64, &str)]) {
    let stamp = (factory.local_now() - TimeDelta::minutes(1)).format("'%F %T'").to_string();
    for (id, qty_kg) in rows {
        factory.insert(
            "run_inputs",
            &[
                ("input_id", &id.to_string()),
                ("run_number", "'007'"),
                ("qty_kg", qty_kg),
                ("updated_at", &stamp),
            ],
        );
    }
}

/// Writes what a job leaves that has begun elsewhere and is sure to live until this moment.
async fn begin_elsewhere(lake: &Lake, job_id: &str, lives_until: DateTime<Utc>) {
    let record = JobRecord::begun(job_id, "full", "api", Utc::now().fixed_offset());
    assert!(lake.begin_job(job_id, &record, lives_until).await.unwrap());
    lake.share_turn(job_id, Utc::now()).await.unwrap();
}

/// Writes the promise of a job, which is waited for until this moment.
async fn promise(lake: &Lake, job_id: &str, until: DateTime<Utc>) {
    let record = JobRecord::begun(job_id, "full", "api", Utc::now().fixed_offset());
    lake.promise_job(job_id, &record, until).await.unwrap();
}
