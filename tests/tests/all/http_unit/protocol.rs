//! How HTTP is spoken: ETags, methods, errors, CORS.

use axum::Router;
use axum::extract::State as Extract;
use axum::http::Method;
use axum::routing::get as on_get;
use polars::prelude::*;
use serve::State;
use warehouse::marts::PRODUCTS;

use super::factory::{AS_OF, DASHBOARD, Factory, ask, assert_problem, get};

async fn with_products() -> Factory {
    let frame = df!["plu_number" => [1_i64, 2], "product_code" => ["A", "B"], "active" => [true, true]];
    Factory::with(vec![(&PRODUCTS, "all", frame.unwrap())]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_client_has_is_not_sent_again() {
    let mut factory = with_products().await;
    let app = factory.app();
    let first = get(&app, "/products").await;
    let etag = first.header("etag").unwrap().to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'));
    for named in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
        let again = ask(&app, Method::GET, "/products", &[("if-none-match", &named)]).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{named}");
        assert_eq!((again.header("etag"), again.header("x-data-as-of")), (Some(etag.as_str()), Some(AS_OF)));
        assert_eq!(again.header("content-type"), None);
    }
    for (address, named) in [
        ("/products", "\"x\""),
        ("/products?format=csv", etag.as_str()),
        ("/products?limit=1", etag.as_str()),
    ] {
        assert_eq!(
            ask(&app, Method::GET, address, &[("if-none-match", named)]).await.status,
            200,
            "{address} {named}"
        );
    }
    let more = df!["plu_number" => [3_i64], "product_code" => ["C"], "active" => [true]];
    factory.put(&PRODUCTS, "all", more.unwrap()).await;
    factory.publish().await;
    factory.wait(1000);
    let changed = ask(&app, Method::GET, "/products", &[("if-none-match", &etag)]).await;
    assert_eq!((changed.status.as_u16(), changed.each("product_code")), (200, vec!["C".into()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_age_of_an_answer_is_that_of_the_tables_it_is_made_of() {
    let mut factory = with_products().await;
    factory.manifest.tables.get_mut("plu").unwrap().as_of = "2026-11-23T08:00:00.250+00:00".parse().ok();
    factory.manifest.tables.insert(
        "shifts".to_owned(),
        lake::TableState { as_of: "2026-01-01T00:00:00Z".parse().ok(), ..Default::default() },
    );
    factory.publish().await;
    let app = factory.app();
    assert_eq!(get(&app, "/products").await.header("x-data-as-of"), Some("2026-11-23T08:00:00.250+00:00"));
    // None of the mart's tables is there. Then its age is that of the oldest table of all.
    assert_eq!(
        get(&app, "/temperature/breaches").await.header("x-data-as-of"),
        Some("2026-01-01T00:00:00+00:00")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_get_without_a_body() {
    let app = with_products().await.app();
    let (whole, head) = (get(&app, "/products").await, ask(&app, Method::HEAD, "/products", &[]).await);
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    for name in ["etag", "content-type", "x-data-as-of", "cache-control", "vary"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
        assert!(head.header(name).is_some(), "{name}");
    }
    let known = head.header("etag").unwrap();
    assert_eq!(ask(&app, Method::HEAD, "/products", &[("if-none-match", known)]).await.status, 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_hold_under_api_too_and_others_are_not_found() {
    let app = with_products().await.app();
    assert_eq!(get(&app, "/api/products").await.text, get(&app, "/products").await.text);
    for path in [
        "/",
        "/nothing",
        "/api",
        "/api/",
        "/api/nothing",
        "/products/",
        "/runs",
        "/yield/daily/x",
        "//products",
    ] {
        assert_problem(&get(&app, path).await, 404, "there is nothing at this path");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_lie_beside_the_endpoints_but_not_below_api() {
    let factory = with_products().await;
    let page = Router::new().route("/", on_get("the page")).fallback("the page too");
    let app = serve::finish_with_page(products_function::routes(), page, factory.state());
    assert_eq!(
        (get(&app, "/").await.text, get(&app, "/style.css").await.text),
        ("the page".to_owned(), "the page too".to_owned())
    );
    assert_eq!(get(&app, "/products").await.each("plu_number"), [1, 2]);
    for path in ["/api/", "/api/style.css"] {
        assert_problem(&get(&app, path).await, 404, "there is nothing at this path");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_path_does_not_take_is_refused_with_those_it_does() {
    let app = with_products().await.app();
    for (method, path) in
        [(Method::POST, "/products"), (Method::DELETE, "/runs/1"), (Method::PUT, "/api/health")]
    {
        let refused = ask(&app, method, path, &[]).await;
        assert_problem(&refused, 405, "this path takes GET,HEAD");
        assert_eq!(refused.header("allow"), Some("GET,HEAD"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_cannot_be_read_is_refused_by_the_parameter_s_name() {
    let app = with_products().await.app();
    for (query, name) in [
        ("species=%FF", "species"),
        ("species=%2", "species"),
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("limit=", "limit"),
        ("x=1", "x"),
        ("tier=1&tier=2", "tier"),
    ] {
        let refused = get(&app, &format!("/products?{query}")).await;
        assert_problem(&refused, 422, &format!("parameter `{name}`"));
        assert_eq!(
            (refused.json()["parameter"].as_str(), refused.json()["type"].as_str()),
            (Some(name), Some("about:blank"))
        );
        assert_eq!((refused.header("etag"), refused.header("cache-control")), (None, Some("no-store")));
    }
    assert_problem(
        &get(&app, &format!("/products?species={}", "x".repeat(300))).await,
        422,
        "is longer than 200 characters",
    );
    assert_problem(
        &get(&app, &format!("/products?species={}", "x".repeat(20_000))).await,
        414,
        "the address is longer than",
    );
    assert_eq!(get(&app, "/health?x=1").await.status, 200, "a prober may add what it likes");
    assert_eq!(get(&app, "/products?_=1795898992").await.status, 200, "what keeps caches away means nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_dashboard_s_origin_may_read_across_origins() {
    let app = with_products().await.app();
    let from = async |method, path: &str, origin| {
        ask(
            &app,
            method,
            path,
            &[
                ("origin", origin),
                ("access-control-request-method", "GET"),
                ("access-control-request-headers", "if-none-match"),
            ],
        )
        .await
    };
    for path in ["/products", "/products?limit=0", "/nothing"] {
        assert_eq!(
            from(Method::GET, path, DASHBOARD).await.header("access-control-allow-origin"),
            Some(DASHBOARD),
            "{path}"
        );
        assert_eq!(
            from(Method::GET, path, "https://evil.example.com").await.header("access-control-allow-origin"),
            None,
            "{path}"
        );
    }
    let answer = from(Method::GET, "/products", DASHBOARD).await;
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in ["x-data-as-of", "link", "etag", "retry-after", "x-request-id"] {
        assert!(exposed.contains(name), "{name}: {exposed}");
    }
    assert_eq!(answer.header("vary"), Some("accept, origin"));

    let preflight = from(Method::OPTIONS, "/products", DASHBOARD).await;
    assert!(preflight.status.is_success());
    let allowed =
        ["access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers"]
            .map(|name| preflight.header(name));
    assert_eq!(allowed, [Some(DASHBOARD), Some("GET,HEAD,POST"), Some("if-none-match,content-type")]);
    assert_eq!(
        from(Method::OPTIONS, "/products", "https://evil.example.com")
            .await
            .header("access-control-allow-origin"),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_panics_answers_with_a_problem_and_the_next_request_is_served() {
    async fn panics(_: Extract<State>) -> String {
        panic!("a secret of ours")
    }
    let routes = Router::new().route("/panics", on_get(panics)).route("/works", on_get("fine"));
    let app = serve::finish(routes, with_products().await.state());
    let failed = get(&app, "/panics").await;
    assert_problem(&failed, 500, "something went wrong here");
    assert!(!failed.text.contains("secret"));
    assert_eq!(get(&app, "/works").await.text, "fine");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_taken_for_another_type_than_it_says() {
    let factory = with_products().await;
    let page = Router::new().route("/", on_get("the page"));
    let app = serve::finish_with_page(products_function::routes(), page, factory.state());
    let preflight = [("origin", DASHBOARD), ("access-control-request-method", "GET")];
    for (method, path, headers) in [
        (Method::GET, "/products", &[][..]),
        (Method::HEAD, "/products", &[]),
        (Method::GET, "/products?limit=0", &[]),
        (Method::GET, "/nothing", &[]),
        (Method::POST, "/products", &[]),
        (Method::GET, "/", &[]),
        (Method::OPTIONS, "/products", &preflight),
    ] {
        let answer = ask(&app, method.clone(), path, headers).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_with_an_id_keeps_it() {
    let app = with_products().await.app().layer(axum::Extension(serve::RequestId("from-lambda".to_owned())));
    assert_eq!(get(&app, "/products").await.header("x-request-id"), Some("from-lambda"));
    let problem = get(&app, "/nothing").await;
    assert_eq!(problem.json()["request_id"], "from-lambda");
}
