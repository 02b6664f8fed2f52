//! A server of the API and the page. It can go away and come back on the same address.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use chrono::Utc;
use lake::Lake;
use serde::de::DeserializeOwned;
use serve::{Settings, State};
use tideline::jobs::Jobs;
use tideline::s3::BUCKET;
use tideline::server::{self, Limits};
use tokio::net::TcpSocket;
use tokio::runtime::{Builder, Runtime};

use crate::factory::Factory;
use crate::place;

/// The app over the lake of a factory.
#[derive(Debug)]
pub struct Site {
    addr: SocketAddr,
    // Keeps the address while the server is away: nobody else may take the port, and connections are refused.
    kept: Option<TcpSocket>,
    stale_after_seconds: u32,
    state: Option<State>,
    // The server has its own runtime, whose end also ends its open connections.
    serving: Option<Runtime>,
}

impl Site {
    /// Serves the numbers of a factory at its present moment.
    pub async fn open(factory: &Factory) -> Self {
        Self::with_numbers_stale_after(factory, 900).await
    }

    /// The same, with numbers that are stale after so many seconds.
    pub async fn with_numbers_stale_after(factory: &Factory, stale_after_seconds: u32) -> Self {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut site = Self { addr, kept: None, stale_after_seconds, state: None, serving: None };
        site.come_back(factory).await;
        site
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// The answer of the API, or why there is none. It is that of the last job, however soon it is asked for:
    /// a server trusts the manifest that it knows for a second, and a job may take less.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        if let Some(state) = &self.state {
            state.forget_manifest().await;
        }
        let answer = async { reqwest::get(self.url(path)).await?.error_for_status()?.json().await };
        answer.await.map_err(|error: reqwest::Error| format!("{path}: {error}"))
    }

    /// Ends the server at once, with all its connections.
    pub async fn go_away(&mut self) {
        let serving = self.serving.take();
        tokio::task::spawn_blocking(move || drop(serving)).await.expect("the server ends");
        self.kept = Some(bound(self.addr));
    }

    /// Starts the server again on the same address.
    pub async fn come_back(&mut self, factory: &Factory) {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let state = state(factory, self.stale_after_seconds);
        let jobs = Jobs::new(state.lake().clone(), factory.settings.clone());
        let app = tideline::app::app(state.clone(), &place::page(), jobs);
        self.state = Some(state);
        let socket = self.kept.take().unwrap_or_else(|| bound(self.addr));
        let listener =
            runtime.spawn(async { socket.listen(1024) }).await.expect("a task").expect("a listener");
        self.addr = listener.local_addr().expect("an address");
        runtime.spawn(server::serve_app(listener, Limits::of_page(), app, pending()));
        self.serving = Some(runtime);
    }
}

/// A socket that has an address but accepts no connection yet.
fn bound(addr: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an option of sockets");
    socket.bind(addr).unwrap_or_else(|error| panic!("{addr}: {error}"));
    socket
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.shutdown_background();
        }
    }
}

/// A new client of the lake and empty caches, as in a program that has just started.
fn state(factory: &Factory, stale_after_seconds: u32) -> State {
    let server = factory.open.server.as_ref().expect("a lake in a folder");
    let settings = Settings {
        factory_id: factory.settings.factory_id.clone(),
        factory_tz: factory.settings.factory_tz,
        stale_after_seconds,
        dashboard_origin: None,
    };
    let lake = Lake::new(Arc::new(server.store(BUCKET)), "", &settings.factory_id);
    State::new(lake, settings, Utc::now)
}
