//! How much is worked on at once, and how much is held in memory for clients that do not read.
//!
//! What reads marts takes processors and memory. So only a few such requests are worked on at once, some more
//! wait for their turn, and any others are told to come again (503). Light requests go past all of them, so
//! that `/health` and the page answer whatever else is asked.

use std::sync::Arc;
use std::thread;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::error_handling::HandleErrorLayer;
use axum::extract::{Request, State as Extract};
use axum::middleware::{Next, from_fn, map_response_with_state};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serve::{Error, Routes, State};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;

/// How much is worked on and held for all routes of an app.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    unsent: Arc<Semaphore>,
}

/// Routes that share their turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// They take next to nothing, and never wait.
    Light,
    /// They read a few objects of the lake.
    Middle,
    /// They read marts.
    Heavy,
}

/// How many requests may wait for their turn, or have it. A browser asks six at once, so this is a hall full of
/// screens.
const MOST_AT_ONCE: usize = 64;

/// How many requests of middle weight are worked on at once.
const MIDDLE_AT_ONCE: usize = 4;

/// How many processors heavy requests may take.
const PROCESSORS_MAX: usize = 4;

/// How much may lie finished in memory, until clients take it.
const UNSENT_KIB: usize = 48 * 1024;

/// An answer up to this size does not count: there are never more of them than connections.
const SMALL_BYTES: usize = 16 * 1024;

impl Load {
    pub(crate) fn new() -> Self {
        Self { unsent: Arc::new(Semaphore::new(UNSENT_KIB)) }
    }

    /// These routes with turns among them.
    pub(crate) fn bound(&self, weight: Weight, routes: Routes) -> Router<State> {
        let routes = Router::from(routes);
        let at_once = match weight {
            Weight::Light => None,
            Weight::Middle => Some(MIDDLE_AT_ONCE),
            Weight::Heavy => Some(heavy_at_once()),
        };
        let routes = match at_once {
            Some(at_once) => in_turn(routes, at_once),
            None => routes,
        };
        self.counted(routes)
    }

    /// These routes, with their answers counted until they are sent.
    fn counted<S: Clone + Send + Sync + 'static>(&self, routes: Router<S>) -> Router<S> {
        routes.layer(map_response_with_state(Arc::clone(&self.unsent), held))
    }
}

/// One more than there are processors: a request that waits for the lake leaves its own to another. Each takes
/// memory too, so on a large machine they are fewer.
fn heavy_at_once() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(PROCESSORS_MAX) + 1
}

/// These routes with a few turns among them. A router does not pass on that it is at its limit, so those that
/// are let in wait for the inner limit.
fn in_turn<S: Clone + Send + Sync + 'static>(routes: Router<S>, at_once: usize) -> Router<S> {
    let busy = HandleErrorLayer::new(async |_: tower::BoxError| Error::Busy);
    let together = ServiceBuilder::new()
        .layer(from_fn(to_the_end))
        .layer(busy)
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(MOST_AT_ONCE));
    routes.layer(GlobalConcurrencyLimitLayer::new(at_once)).layer(together)
}

/// Works on a request though its client goes away, because what computes goes on anyway: its turn is over when
/// it has ended, and not before.
async fn to_the_end(request: Request, next: Next) -> Response {
    let answer = tokio::spawn(next.run(request)).await;
    answer.unwrap_or_else(|error| Error::Panicked(error).into_response())
}

/// Counts the bytes of an answer until the system has taken them. Where too many lie there, it is refused.
async fn held(Extract(unsent): Extract<Arc<Semaphore>>, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return Error::Write(error.into()).into_response(),
    };
    if bytes.len() <= SMALL_BYTES {
        return Response::from_parts(parts, Body::from(bytes));
    }
    let kib = u32::try_from(bytes.len().div_ceil(1024)).unwrap_or(u32::MAX);
    match unsent.try_acquire_many_owned(kib) {
        Ok(room) => Response::from_parts(parts, Body::from(Bytes::from_owner(Unsent { bytes, _room: room }))),
        Err(_) => Error::Busy.into_response(),
    }
}

/// An answer that takes room until it is sent.
struct Unsent {
    bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Unsent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::http::header::RETRY_AFTER;
    use axum::routing::get;
    use tokio::task::{JoinHandle, JoinSet};
    use tower::ServiceExt;

    use super::*;

    /// Requests that are begun, and may go on when the test says so.
    #[derive(Clone)]
    struct Gate {
        begun: Arc<Semaphore>,
        go: Arc<Semaphore>,
    }

    fn gate(at_once: usize) -> (Gate, Router) {
        let gate = Gate { begun: Arc::new(Semaphore::new(0)), go: Arc::new(Semaphore::new(0)) };
        let Gate { begun, go } = gate.clone();
        let pass = async move || {
            begun.add_permits(1);
            go.acquire().await.unwrap().forget();
        };
        (gate, in_turn(Router::new().route("/", get(pass)), at_once))
    }

    fn ask(app: &Router) -> JoinHandle<Response> {
        let request = Request::get("/").body(Body::empty()).unwrap();
        let answer = app.clone().oneshot(request);
        tokio::spawn(async { answer.await.unwrap() })
    }

    impl Gate {
        async fn begun(&self, requests: u32) {
            self.begun.acquire_many(requests).await.unwrap().forget();
        }
    }

    #[tokio::test]
    async fn a_few_requests_are_worked_on_at_once_some_wait_and_the_others_are_told_to_come_again() {
        let (gate, app) = gate(2);
        let mut answers = JoinSet::new();
        for _ in 0..MOST_AT_ONCE + 10 {
            let answer = ask(&app);
            answers.spawn(async { answer.await.unwrap() });
        }
        for _ in 0..10 {
            let refused = answers.join_next().await.unwrap().unwrap();
            assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(refused.headers()[RETRY_AFTER], "5");
        }
        gate.begun(2).await;
        assert_eq!(gate.begun.available_permits(), 0);
        gate.go.add_permits(MOST_AT_ONCE);
        while let Some(answer) = answers.join_next().await {
            assert_eq!(answer.unwrap().status(), StatusCode::OK);
        }
    }

    #[tokio::test]
    async fn a_request_whose_client_went_away_keeps_its_turn_until_it_has_ended() {
        let (gate, app) = gate(1);
        let left = ask(&app);
        gate.begun(1).await;
        left.abort();
        assert!(left.await.unwrap_err().is_cancelled());
        let next = ask(&app);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(gate.begun.available_permits(), 0, "the turn is taken");
        gate.go.add_permits(2);
        assert_eq!(next.await.unwrap().status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn no_more_is_held_for_clients_than_there_is_room_and_what_is_small_does_not_count() {
        const MIB: usize = 1024 * 1024;
        let routes = Router::new()
            .route("/large", get(async || vec![0_u8; 4 * MIB]))
            .route("/small", get(async || vec![0_u8; SMALL_BYTES]));
        let app = Load::new().counted(routes);
        let asked = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap()
        };
        let mut unsent = Vec::new();
        for _ in 0..UNSENT_KIB * 1024 / (4 * MIB) {
            unsent.push(asked("/large").await);
        }
        assert!(unsent.iter().all(|answer| answer.status() == StatusCode::OK));
        assert_eq!(asked("/large").await.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(asked("/small").await.status(), StatusCode::OK);
        let body = to_bytes(unsent.pop().unwrap().into_body(), usize::MAX).await.unwrap();
        assert_eq!(asked("/large").await.status(), StatusCode::SERVICE_UNAVAILABLE, "it is not sent yet");
        drop(body);
        assert_eq!(asked("/large").await.status(), StatusCode::OK);
    }
}
