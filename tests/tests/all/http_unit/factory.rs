//! A factory with its lake in memory, a storage that can be made to fail, and a clock that can be set.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use api::Shape;
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use lake::{
    ETag, Fetched, Head, Lake, Listed, Manifest, MemoryStore, Metadata, Object, Put, PutMode,
    SettingsInForce, Store, StoreError, TableState,
};
use polars::prelude::*;
use serve::{Settings, State};
use tests::never_begun::NeverBegun;
use tower::ServiceExt;
use warehouse::marts::Mart;
use warehouse::settings::parse;

/// The factory's time in all tests that do not move it: a Monday in winter.
pub(super) const NOW: &str = "2026-11-23T10:00:00Z";
/// When the factory's ERP was last read.
pub(super) const AS_OF: &str = "2026-11-23T09:58:30+00:00";
/// Where the factory's dashboard lies.
pub(super) const DASHBOARD: &str = "https://dashboard.example.com";

pub(super) struct Factory {
    pub(super) store: Faulty,
    pub(super) lake: Lake,
    pub(super) manifest: Manifest,
    version: Option<ETag>,
    now: Arc<Mutex<DateTime<Utc>>>,
}

impl Factory {
    /// A lake that nothing was ever written to.
    pub(super) fn new() -> Self {
        let store = Faulty::default();
        let lake = Lake::new(Arc::new(store.clone()), "", "main");
        let now = Arc::new(Mutex::new(NOW.parse().unwrap()));
        Self { store, lake, manifest: Manifest::default(), version: None, now }
    }

    /// A lake with these parts of marts. All other marts are there and have no parts.
    pub(super) async fn with(parts: Vec<(&'static Mart, &str, DataFrame)>) -> Self {
        let mut factory = Self::new();
        factory.manifest.marts =
            warehouse::marts::ALL.into_iter().map(|mart| (mart.name.to_owned(), BTreeMap::new())).collect();
        for (mart, part, frame) in parts {
            factory.put(mart, part, frame).await;
        }
        factory.publish().await;
        factory
    }

    /// Writes a part of a mart. Readers see it once it is published.
    pub(super) async fn put(&mut self, mart: &'static Mart, part: &str, frame: DataFrame) {
        let mut frame = fitted(mart, frame);
        let zone = warehouse::staging::zones::mart_zone_of(mart, &frame).unwrap();
        let written = self
            .lake
            .put_mart_part(mart.name, part, self.manifest.generation, &mut frame, zone)
            .await
            .unwrap();
        self.manifest.marts.entry(mart.name.to_owned()).or_default().insert(part.to_owned(), written);
        for source in mart.tables() {
            let state = TableState { as_of: AS_OF.parse().ok(), ..TableState::default() };
            self.manifest.tables.entry(source.staging.to_owned()).or_insert(state);
        }
    }

    /// Lets readers see what was put.
    pub(super) async fn publish(&mut self) {
        self.manifest.generation += 1;
        match self.lake.swap_manifest(&self.manifest, self.version.take()).await.unwrap() {
            Put::Stored(version) => self.version = Some(version),
            Put::Refused => panic!("somebody else wrote the manifest"),
        }
    }

    pub(super) fn state(&self) -> State {
        let settings = Settings {
            factory_id: "main".to_owned(),
            factory_tz: chrono_tz::Tz::Europe__London,
            stale_after_seconds: 900,
            dashboard_origin: Some(DASHBOARD.to_owned()),
        };
        let now = self.now.clone();
        State::new(self.lake.clone(), settings, move || *now.lock().unwrap())
    }

    /// All functions' endpoints as one app.
    pub(super) fn app(&self) -> Router {
        serve::finish(tideline::app::routes(Arc::new(NeverBegun)), self.state())
    }

    pub(super) fn set_now(&self, now: &str) {
        *self.now.lock().unwrap() = now.parse().unwrap();
    }

    pub(super) fn wait(&self, ms: i64) {
        *self.now.lock().unwrap() += TimeDelta::milliseconds(ms);
    }
}

/// A frame with all columns of a mart. Columns that the given frame lacks are null, or 0 where every row must
/// have a value.
fn fitted(mart: &Mart, frame: DataFrame) -> DataFrame {
    let schema = mart.schema();
    let columns = mart.columns.iter().map(|column| {
        let value = match column.shape {
            _ if frame.column(column.name).is_ok() => col(column.name),
            Shape::Nullable(_) => lit(NULL),
            _ => lit(0),
        };
        value.cast(schema.get(column.name).unwrap().clone()).alias(column.name)
    });
    let columns: Vec<Expr> = columns.collect();
    frame.lazy().select(columns).collect().unwrap()
}

/// A date as text.
pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A time as text.
pub(super) fn time(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

/// Puts a factory's settings in force.
pub(super) async fn with_settings(factory: &mut Factory, settings: &str) {
    let values = serde_json::to_value(parse(settings.as_bytes(), None).unwrap()).unwrap();
    factory.manifest.settings = Some(SettingsInForce { version: ETag(settings.len().to_string()), values });
    factory.publish().await;
}

/// The answer to a request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// One field of each row of a list.
    pub(super) fn each(&self, field: &str) -> Vec<serde_json::Value> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json().as_array().unwrap().iter().map(|row| row[field].clone()).collect()
    }

    /// The address of the next page, as a client finds it from `address`.
    pub(super) fn next(&self, address: &str) -> Option<String> {
        let query = self.header("link")?.strip_prefix("<?")?.strip_suffix(">; rel=\"next\"")?;
        Some(format!("{}?{query}", address.split('?').next()?))
    }
}

pub(super) async fn get(app: &Router, address: &str) -> Reply {
    ask(app, Method::GET, address, &[]).await
}

pub(super) async fn ask(app: &Router, method: Method, address: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::builder().method(method).uri(address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let text = String::from_utf8_lossy(&body).into_owned();
    Reply { status: parts.status, headers: parts.headers, body, text }
}

/// A problem's status, title, parameter and detail.
pub(super) fn assert_problem(reply: &Reply, status: u16, detail: &str) {
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{}", reply.text);
    let problem: api::Problem = serde_json::from_str(&reply.text).unwrap();
    assert_eq!((reply.status.as_u16(), problem.status), (status, status));
    assert!(problem.detail.contains(detail), "`{detail}` is not in: {}", problem.detail);
    assert_eq!(problem.request_id.as_deref(), reply.header("x-request-id"));
    assert!(problem.request_id.is_some_and(|id| !id.is_empty()));
}

/// A storage in memory that can be made to fail, and that counts what is read of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Faulty {
    objects: MemoryStore,
    fails: Arc<AtomicBool>,
    manifests: Arc<AtomicUsize>,
    parts: Arc<AtomicUsize>,
}

impl Faulty {
    pub(super) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    /// How often the manifest was asked for since the last call of this, and how often mart parts were.
    pub(super) fn reads(&self) -> (usize, usize) {
        (self.manifests.swap(0, Ordering::SeqCst), self.parts.swap(0, Ordering::SeqCst))
    }

    async fn read(&self, key: &str) -> Result<(), StoreError> {
        let counter = if key.ends_with("manifest.json") { &self.manifests } else { &self.parts };
        counter.fetch_add(1, Ordering::SeqCst);
        // Lets other requests come in between, as a network does.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreError {
                doing: format!("get `{key}`"),
                reason: "AccessDenied for AKIASECRET".to_owned(),
                source: None,
            });
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Faulty {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.read(key).await?;
        self.objects.get(key).await
    }

    async fn get_if_changed(&self, key: &str, known: &ETag) -> Result<Fetched, StoreError> {
        self.read(key).await?;
        self.objects.get_if_changed(key, known).await
    }

    async fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        self.objects.head(key).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        metadata: &Metadata,
        mode: PutMode,
    ) -> Result<Put, StoreError> {
        self.objects.put(key, bytes, metadata, mode).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Vec<Listed>, StoreError> {
        self.objects.list(prefix, after).await
    }

    async fn copy(&self, from: &str, to: &str) -> Result<ETag, StoreError> {
        self.objects.copy(from, to).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.objects.delete(key).await
    }
}
