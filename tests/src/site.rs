//! API and page on an address of their own, which can go away and come back there.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use chrono::Utc;
use lake::Lake;
use serde::de::DeserializeOwned;
use serve::{Settings, State};
use tideline::jobs::Jobs;
use tideline::s3::BUCKET;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::factory::Factory;
use crate::place;

/// The app over a factory's lake.
#[derive(Debug)]
pub struct Site {
    addr: SocketAddr,
    // Of its own, so that it takes its open connections with it when it goes.
    serving: Option<Runtime>,
}

impl Site {
    /// Serves a factory's numbers at the time that it is.
    pub async fn open(factory: &Factory) -> Self {
        let mut site = Self { addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), serving: None };
        site.come_back(factory).await;
        site
    }

    /// The address of the page or of something below it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// What the API answers, or why it does not.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        let answer = async { reqwest::get(self.url(path)).await?.error_for_status()?.json().await };
        answer.await.map_err(|error: reqwest::Error| format!("{path}: {error}"))
    }

    /// Ends at once, with all connections.
    pub async fn go_away(&mut self) {
        let serving = self.serving.take();
        tokio::task::spawn_blocking(move || drop(serving)).await.expect("the server ends");
    }

    /// Serves again on the same address.
    pub async fn come_back(&mut self, factory: &Factory) {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let (app, addr) = (app(factory), self.addr);
        let listener = runtime
            .spawn(TcpListener::bind(addr))
            .await
            .expect("a task")
            .unwrap_or_else(|error| panic!("{addr}: {error}"));
        self.addr = listener.local_addr().expect("an address");
        runtime.spawn(async { axum::serve(listener, app).await });
        self.serving = Some(runtime);
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.shutdown_background();
        }
    }
}

/// The app with a client of the lake and caches of its own, like a program that has just started.
fn app(factory: &Factory) -> Router {
    let server = factory.open.server.as_ref().expect("a lake in a folder");
    let settings = Settings {
        lake: format!("s3://{BUCKET}"),
        factory: factory.settings.factory_id.clone(),
        tz: factory.settings.factory_tz,
        stale_after_seconds: 900,
        dashboard_origin: None,
    };
    let lake = Lake::new(Arc::new(server.store(BUCKET)), "", &settings.factory);
    let jobs = Jobs::new(lake.clone(), factory.settings.clone());
    tideline::app::app(State::new(lake, settings, Utc::now), &place::page(), jobs)
}
