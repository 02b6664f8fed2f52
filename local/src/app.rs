//! API and dashboard on one address: the routes of all functions under `/` and `/api/`, the page at `/`,
//! the description of the API at `/docs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use pipeline_function::StartJob;
use serve::{Routes, State};

use crate::jobs::Jobs;
use crate::load::{Load, Weight};
use crate::page::{self, Page};

/// Everything that is served, from the lake in `state` and the files of the page. `jobs` does the jobs that
/// requests ask for.
pub fn app(state: State, page: impl Into<Page>, jobs: Jobs) -> Router {
    let load = Load::new();
    let mut alike = BTreeMap::<Weight, Routes>::new();
    for (name, routes) in functions(Arc::new(jobs)) {
        let of_weight = alike.entry(weight_of(name)).or_default();
        *of_weight = std::mem::take(of_weight).merge(routes);
    }
    let bound = alike.into_iter().map(|(weight, routes)| load.bound(weight, routes));
    let bound = bound.fold(Router::new(), Router::merge);
    serve::finish_with_page(bound, page::routes(&page.into()), state)
}

/// How much a function takes.
fn weight_of(function: &str) -> Weight {
    match function {
        "health" => Weight::Light,
        "pipeline" => Weight::Middle,
        _ => Weight::Heavy,
    }
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
