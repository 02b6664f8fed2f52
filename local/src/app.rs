//! API and dashboard on one address: the routes of all functions under `/` and `/api/`, the page at `/`,
//! the description of the API at `/docs`.

use std::sync::Arc;

use axum::Router;
use pipeline_function::StartJob;
use serve::{Routes, State};

use crate::jobs::Jobs;
use crate::page::{self, Page};

/// Everything that is served, from the lake in `state` and the files of the page. `jobs` does the jobs that
/// requests ask for.
pub fn app(state: State, page: impl Into<Page>, jobs: Jobs) -> Router {
    serve::finish_with_page(routes(Arc::new(jobs)), page::routes(&page.into()), state)
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
