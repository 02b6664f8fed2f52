//! API and dashboard on one address: the routes of all functions under `/` and `/api/`, the page at `/`,
//! the description of the API at `/docs`.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue};
use axum::response::Html;
use pipeline_function::StartJob;
use serve::{Routes, State};
use tower_http::compression::CompressionLayer;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::jobs::Jobs;

/// What the page may do: load its own files and ask its own origin.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Everything that is served, from the lake in `state` and the built page in `page`. `jobs` does the jobs
/// that requests ask for.
pub fn app(state: State, page: &Path, jobs: Jobs) -> Router {
    serve::finish_with_page(routes(Arc::new(jobs)), dashboard(page), state)
}

/// The endpoints of all functions.
pub fn routes(jobs: Arc<dyn StartJob>) -> Routes {
    functions(jobs).into_iter().map(|(_, routes)| routes).fold(Routes::new(), Routes::merge)
}

/// The functions that answer HTTP by name, each with its endpoints.
pub fn functions(jobs: Arc<dyn StartJob>) -> Vec<(&'static str, Routes)> {
    vec![
        ("health", health_function::routes()),
        ("yield", yield_function::routes()),
        ("runs", runs_function::routes()),
        ("compliance", compliance_function::routes()),
        ("temperature", temperature_function::routes()),
        ("products", products_function::routes()),
        ("shifts", shifts_function::routes()),
        ("trace", trace_function::routes()),
        ("pipeline", pipeline_function::routes(jobs)),
        ("reports", reports_function::routes()),
    ]
}

fn dashboard(page: &Path) -> Router {
    let router = if page.join("index.html").is_file() {
        // A folder's page stands under its name with a slash; the contract names it without.
        let docs = ServeFile::new(page.join("docs/index.html"));
        Router::new()
            .route_service("/docs", docs)
            .fallback_service(ServeDir::new(page))
            .layer(CompressionLayer::new())
    } else {
        Router::new().route("/", axum::routing::get(async || Html(NOT_BUILT)))
    };
    router
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)))
}

const NOT_BUILT: &str = "<!doctype html><title>Tideline</title><p>The dashboard is not built yet: run <code>cargo xtask page</code>, then start again. The API answers.";
