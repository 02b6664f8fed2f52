//! The description itself: it names every endpoint that is served, and it needs no lake.

use std::sync::Arc;

use api::openapi::OPENAPI;
use api::operations;
use lake::{Lake, MemoryStore};
use tests::never_begun::NeverBegun;

use super::{app, ask, path};

#[test]
fn every_endpoint_that_is_served_is_described_and_every_other_way_round() {
    let mut served: Vec<String> =
        tideline::app::routes(Arc::new(NeverBegun)).operations().iter().map(api::Operation::id).collect();
    let mut described: Vec<String> = operations().map(api::Operation::id).collect();
    served.sort();
    described.sort();
    assert_eq!(served, described, "what the functions serve (left) and api::FAMILIES (right) differ");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_that_is_described_is_served_here_too() {
    let app = app().await;
    for operation in operations().filter(|operation| operation.method == api::Method::Get) {
        let address = path(&app, operation).await;
        let reply = ask(&app, operation, &address, "*/*").await;
        assert_eq!(reply.status, 200, "{address}: {}", reply.text);
        assert_eq!(
            reply.headers.contains_key(api::DATA_AS_OF),
            operation.dated || operation.path != OPENAPI.path(),
            "{address}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_answered_without_any_lake_and_not_sent_twice() {
    let state = super::state_over(&tests::factory::Factory::without_erp(super::NOW).await);
    let nothing = serve::State::new(
        Lake::new(Arc::new(MemoryStore::default()), "", "main"),
        state.settings().clone(),
        chrono::Utc::now,
    );
    let site = axum::serve(
        tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(),
        serve::finish(health_function::routes(), nothing),
    );
    let address = format!("http://{}", site.local_addr().unwrap());
    tokio::spawn(async { site.await });
    for base in ["", "/api"] {
        let url = format!("{address}{base}{}", OPENAPI.path());
        let first = reqwest::get(&url).await.unwrap();
        let header = |name: &str| first.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!((first.status().as_u16(), header("cache-control").as_deref()), (200, Some("no-cache")));
        assert_eq!(header("content-type").as_deref(), Some("application/json"));
        let etag = header("etag").unwrap();
        let again = reqwest::Client::new().get(&url).header("if-none-match", &etag).send().await.unwrap();
        assert_eq!((again.status().as_u16(), again.text().await.unwrap().as_str()), (304, ""));
        let description: serde_json::Value = first.json().await.unwrap();
        assert_eq!(description["openapi"], "3.1.0");
        assert_eq!(description, serde_json::to_value(health_function::openapi::document()).unwrap());
    }
}
