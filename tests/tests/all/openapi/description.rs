//! The description itself: it is the one that the tests keep, it names every path that is served, and it
//! needs no lake.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::openapi::OPENAPI;
use api::operations;
use lake::{Lake, MemoryStore};
use tests::place;

use super::{app, ask, path};

/// Renewed by `TIDELINE_RENEW=1`.
const GOLDEN: &str = "tests/openapi.json";

#[test]
fn the_description_is_the_one_that_was_looked_at_last() {
    let file = place::root().join(GOLDEN);
    let now = serde_json::to_string_pretty(&health_function::openapi::document()).unwrap() + "\n";
    if std::env::var_os("TIDELINE_RENEW").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    let different = now
        .lines()
        .zip(kept.lines())
        .position(|(now, kept)| now != kept)
        .unwrap_or(kept.lines().count().min(now.lines().count()));
    assert!(
        now == kept,
        "the API's description differs from {GOLDEN} at line {}: `{}` instead of `{}`. If that is what you want, renew it with \
         `TIDELINE_RENEW=1 cargo test --workspace --test all -- openapi::` (twice, if an example is missing or has changed) and look at the difference",
        different + 1,
        now.lines().nth(different).unwrap_or_default().trim(),
        kept.lines().nth(different).unwrap_or_default().trim(),
    );
}

#[test]
fn every_path_that_is_deployed_is_described_and_every_other_way_round() {
    let routes: BTreeSet<String> = crate::lambda_watch::routes().into_keys().collect();
    for route in &routes {
        assert!(
            operations().any(|operation| is_on(operation.path, route)),
            "{route} is served, and not in api::FAMILIES"
        );
    }
    for operation in operations() {
        let on = routes.iter().filter(|route| is_on(operation.path, route)).count();
        assert!(on >= 1, "{} is in api::FAMILIES, and in no function's routes in Cargo.toml", operation.path);
    }
}

/// Whether a route serves a path: its values stand for any segment.
pub(in super::super) fn is_on(path: &str, route: &str) -> bool {
    let (path, route): (Vec<_>, Vec<_>) = (path.split('/').collect(), route.split('/').collect());
    path.len() == route.len()
        && path.iter().zip(&route).all(|(segment, of_route)| segment == of_route || of_route.starts_with('{'))
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
