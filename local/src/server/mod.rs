//! How this program listens: one loop, for the page with the API and for the embedded S3.
//!
//! Whoever reaches the socket can open connections and leave them as they are. So a head that does not come, a
//! body that stops and an answer that nobody reads are given up after a while. There are never more
//! connections than leave descriptors to the jobs. If one more comes, the one that has waited longest for a
//! request makes room. hyper speaks HTTP, and most of the limits are those of kept crates.

mod asked;
mod connections;
mod limits;
mod sending;

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutWriter;
use tower::ServiceExt;

use connections::{Connections, Doing};
use sending::Sending;

pub use asked::Asked;
pub use limits::{Limits, raise_open_files};

/// How long no connection is taken after the system gave none.
const PAUSE: Duration = Duration::from_millis(100);

/// How long it takes at most to see that there is room again.
const MOMENT: Duration = Duration::from_millis(20);

/// How often connections are looked at that may have been at work for too long.
const LOOK: Duration = Duration::from_millis(250);

/// The most of a head that is taken, and of an answer that is held beside its body.
const BUFFER_BYTES: usize = 32 * 1024;

/// Serves this listener until `stop` ends. Answers that have begun are then brought to an end.
pub async fn serve<Answer, Answering, B, E>(
    listener: TcpListener,
    limits: Limits,
    answer: Answer,
    stop: impl Future<Output = ()>,
) where
    Answer: Fn(Request<Asked>) -> Answering + Clone + Send + 'static,
    Answering: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    let mut connections = Connections::new(limits);
    let mut look = tokio::time::interval(LOOK);
    let mut is_refused = false;
    tokio::pin!(stop);
    loop {
        let has_room = connections.have_room();
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept(), if has_room => match accepted {
                Ok((stream, _)) => {
                    is_refused = false;
                    let answer = answer.clone();
                    connections.add(|doing, stopping| connection(stream, limits, answer, doing, stopping));
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_refused, true) {
                        tracing::warn!(%error, "a connection could not be taken; it is tried again");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            },
            () = connections.one_ends() => {}
            () = tokio::time::sleep(MOMENT), if !has_room => {}
            _ = look.tick() => connections.end_what_takes_too_long(),
        }
    }
    drop(listener);
    connections.finish().await;
}

/// Serves an app as [`serve`] does.
pub async fn serve_app(listener: TcpListener, limits: Limits, app: Router, stop: impl Future<Output = ()>) {
    let answer = move |request: Request<Asked>| app.clone().oneshot(request.map(axum::body::Body::new));
    serve(listener, limits, answer, stop).await;
}

/// Answers the requests of one connection, one after the other.
async fn connection<Answer, Answering, B, E>(
    stream: TcpStream,
    limits: Limits,
    answer: Answer,
    doing: Doing,
    stopping: Watcher,
) where
    Answer: Fn(Request<Asked>) -> Answering,
    Answering: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    // Answers are small and clients wait for them. A failure here only costs milliseconds.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(limits.answer_pause));
    let answers = service_fn(move |request: Request<Incoming>| {
        let at_work = doing.begin();
        let answering = answer(request.map(|body| Asked::new(body, limits.body_pause)));
        async move {
            let mut response = answering.await?;
            response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            Ok::<_, E>(response.map(|body| Sending::new(body, at_work)))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(Box::pin(stream)), answers);
    // A connection that breaks, or that is given up, is of interest to its client alone.
    let _ = stopping.watch(connection).await;
}
