//! What the API says of itself, against what it does: the description, its examples, its paths, and answers
//! to what it does not allow.
//!
//! All of it over one factory: a sandbox of three days at a fixed time, so that the same is answered every
//! time.

mod answers;
mod bad_input;
mod browser;
mod description;
mod every_endpoint;
mod examples;
mod schemathesis;

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

/// API and page on a port of their own, until the test ends. Gives the address.
async fn serve_all() -> String {
    let factory = factory().await;
    serve(tideline::app::app(state_over(&factory), &place::page(), jobs(&factory)), factory).await
}

/// The app of a factory on a port of its own, until the test ends. Gives the address.
async fn serve(app: Router, factory: Factory) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        // The jobs that are asked for read its ERP.
        let _factory = factory;
        axum::serve(listener, app).await
    });
    address
}
