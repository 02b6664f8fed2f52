//! Makes an app of routes. It answers under `/` and `/api/`, with problems, conditional answers, CORS, and a
//! log line per request.
//!
//! This is done once for all routes, however many functions they come from.

use std::panic::AssertUnwindSafe;

use api::{Problem, problem};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as Extract};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK,
    LOCATION, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures::FutureExt;
use tower::Layer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::answer::Rows;
use crate::error::{self, Failure};
use crate::{Error, State};

/// The id that names a request in the logs. A request that comes with an id keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Says of a request that its `Origin` was looked at already, where all names of the server are known. A page
/// that it comes from is then the server's own or the dashboard's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownOrigin;

/// The response header that holds the request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest path and query that is taken.
const ADDRESS_MAX_BYTES: usize = 16 * 1024;

/// Makes an app of these routes.
pub fn finish(routes: impl Into<Router<State>>, state: State) -> Router {
    finish_with_page(routes, Router::new(), state)
}

/// Makes an app of these routes. The page answers at every other path outside of `/api/`.
pub fn finish_with_page(routes: impl Into<Router<State>>, page: Router, state: State) -> Router {
    let routes: Router<State> = routes.into();
    // A nested router does not see its own root with a slash.
    let api = routes.clone().fallback(no_such_path);
    let app = routes
        .nest("/api", api)
        .route("/api/", any(no_such_path))
        .with_state(state.clone())
        .fallback_service(page);
    let origin =
        state.settings().dashboard_origin.as_deref().and_then(|origin| HeaderValue::from_str(origin).ok());
    // This layer lies around the whole router, while the router's own layers lie around each route. Only out
    // here does a refusal already have its `Allow` header.
    let app = Router::new().fallback_service(from_fn_with_state(state, handled).layer(app));
    let app = match origin {
        Some(origin) => app.layer(cors(origin)),
        None => app,
    };
    // A browser takes an answer for what its type says, and for nothing that its bytes look like.
    app.layer(SetResponseHeaderLayer::overriding(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
}

async fn no_such_path() -> Error {
    Error::Unknown(NO_SUCH_PATH.to_owned())
}

fn cors(dashboard: HeaderValue) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list([dashboard]))
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers([IF_NONE_MATCH, CONTENT_TYPE])
        .expose_headers([
            HeaderName::from_static(api::DATA_AS_OF),
            LINK,
            LOCATION,
            ETAG,
            RETRY_AFTER,
            CONTENT_DISPOSITION,
            REQUEST_ID,
        ])
        .max_age(std::time::Duration::from_mins(10))
        .vary([])
}

/// What is done for every request before and after its endpoint answers.
async fn handled(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let began = state.now();
    let id =
        request.extensions().get().cloned().unwrap_or_else(|| RequestId(uuid::Uuid::now_v7().to_string()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let known = request.headers().get_all(IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();

    let response = answered(&state, request, next).await;
    let cause = response.extensions().get::<Failure>().map(|failure| failure.error.clone());
    let rows = response.extensions().get::<Rows>().map(|rows| rows.0);
    let mut response = unless_known(&known, as_problem(response, &id));
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("accept, origin"));
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, id);
    }

    let (id, status, ms) = (id.0, response.status().as_u16(), (state.now() - began).num_milliseconds());
    let is_busy = cause.as_deref().is_some_and(|error| matches!(error, Error::Busy));
    if response.status().is_server_error() && !is_busy {
        let cause = cause.map(|error| process::chain(&*error));
        tracing::error!(request_id = id, cause, "the request failed");
    }
    tracing::info!(request_id = id, %method, path, status, ms, rows, "request");
    response
}

/// Lets the endpoint answer. If a mart part could not be read, it answers once more with a new manifest.
async fn answered(state: &State, request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|address| address.as_str().len() > ADDRESS_MAX_BYTES) {
        return Error::TooLong { limit_bytes: ADDRESS_MAX_BYTES }.into_response();
    }
    let (parts, body) = request.into_parts();
    let again = parts.clone();
    let response = guarded(next.clone(), Request::from_parts(parts, body)).await;
    let unreadable = response
        .extensions()
        .get::<Failure>()
        .is_some_and(|failure| matches!(*failure.error, Error::Part(_)));
    if !unreadable {
        return response;
    }
    state.forget_manifest().await;
    guarded(next, Request::from_parts(again, Body::empty())).await
}

/// An endpoint that panics fails alone. The panic itself was logged where it happened.
async fn guarded(next: Next, request: Request) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Every error as `application/problem+json`, whoever made it.
fn as_problem(response: Response, id: &RequestId) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let mut problem = match response.extensions().get::<Failure>() {
        Some(failure) => failure.problem.clone(),
        None => plain_problem(status, response.headers()),
    };
    problem.request_id = Some(id.0.clone());
    let mut answer = (status, serde_json::to_vec(&problem).unwrap_or_default()).into_response();
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(problem::MEDIA_TYPE));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for kept in [ALLOW, RETRY_AFTER] {
        if let Some(value) = response.headers().get(&kept) {
            answer.headers_mut().insert(kept, value.clone());
        }
    }
    answer
}

const NO_SUCH_PATH: &str = "there is nothing at this path";

/// The problem for an error that a library answered.
fn plain_problem(status: StatusCode, headers: &HeaderMap) -> Problem {
    let detail = match status {
        StatusCode::NOT_FOUND => NO_SUCH_PATH.to_owned(),
        StatusCode::METHOD_NOT_ALLOWED => match headers.get(ALLOW).and_then(|allow| allow.to_str().ok()) {
            Some(allow) => format!("this path takes {allow}"),
            None => "this path does not take this method".to_owned(),
        },
        _ if status.is_server_error() => error::INTERNAL.to_owned(),
        _ => "the request cannot be read".to_owned(),
    };
    error::problem(status, detail)
}

/// 304 where the client says that it has this answer already.
fn unless_known(known: &[HeaderValue], mut response: Response) -> Response {
    let Some(etag) = response
        .headers()
        .get(ETAG)
        .and_then(|etag| etag.to_str().ok())
        .filter(|_| response.status() == StatusCode::OK)
    else {
        return response;
    };
    let is_this = |named: &str| named == "*" || named.strip_prefix("W/").unwrap_or(named) == etag;
    if !known
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|named| is_this(named.trim()))
    {
        return response;
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    for of_the_body in [CONTENT_TYPE, CONTENT_LENGTH] {
        response.headers_mut().remove(of_the_body);
    }
    response
}
