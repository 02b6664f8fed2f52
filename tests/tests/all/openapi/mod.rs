//! Compares what the API says of itself with what it does: the description, its examples, its paths, and the
//! answers to what it does not allow.
//!
//! All tests use the same factory: a sandbox of three days at a fixed time, so that its answers are the same
//! every time.

mod answers;
mod bad_input;
mod browser;
mod description;
mod every_endpoint;
mod examples;
mod schemathesis;
mod workbooks;

use std::net::Ipv4Addr;

use axum::Router;
use tests::described::{DASHBOARD, NOW, Reply, ask, factory, path, state_over};
use tests::factory::Factory;
use tests::place;
use tideline::jobs::Jobs;
use tokio::net::TcpListener;

/// All functions as one app.
async fn app() -> Router {
    let factory = factory().await;
    tideline::app::app(state_over(&factory), &place::page(), jobs(&factory))
}

fn jobs(factory: &Factory) -> Jobs {
    Jobs::new(factory.lake().clone(), factory.settings.clone())
}

/// Serves API and page on a port of their own until the test ends. Returns the address.
async fn serve_all() -> String {
    let factory = factory().await;
    serve(tideline::app::app(state_over(&factory), &place::page(), jobs(&factory)), factory).await
}

/// Serves the app of a factory on a port of its own until the test ends. Returns the address.
async fn serve(app: Router, factory: Factory) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        // The factory is kept, because the jobs that are asked for read its ERP.
        let _factory = factory;
        axum::serve(listener, app).await
    });
    address
}
