//! Connections that are left as they are, on a server that is like the page's and the embedded S3's but for
//! what it answers.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use futures::future::join_all;
use hyper::{Request, Response};
use tideline::server::{self, Asked, Limits};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task::JoinHandle;

use super::raw::{HALF_A_HEAD, answer, begun, get, rest, status};

const SOON: Duration = Duration::from_millis(200);
const NEVER: Duration = Duration::from_hours(1);

/// More than the system takes of an answer that nobody reads.
const LARGE_BYTES: usize = 32 * 1024 * 1024;

/// Limits of which a test sets the one that it is about.
const LIMITS: Limits =
    Limits { connections: 8, head: NEVER, body_pause: NEVER, answer_pause: NEVER, request: NEVER };

struct Served {
    addr: SocketAddr,
    told: Arc<Told>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

/// What the server and the test tell each other.
struct Told {
    /// That a large answer was sent or given up.
    large_ended: Notify,
    /// How many requests for `/later` were begun.
    begun: Semaphore,
    /// How many of them may be answered.
    go: Semaphore,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Served {
    /// Waits until so many requests for `/later` were begun.
    async fn all_begun(&self, requests: usize) {
        self.told.begun.acquire_many(requests as u32).await.unwrap().forget();
    }
}

async fn served(limits: Limits) -> Served {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let told = Arc::new(Told { large_ended: Notify::new(), begun: Semaphore::new(0), go: Semaphore::new(0) });
    let of_answers = Arc::clone(&told);
    let answers = move |request| answered(request, Arc::clone(&of_answers));
    let stop_asked = async move {
        let _ = stopped.await;
    };
    let serving = tokio::spawn(server::serve(listener, limits, answers, stop_asked));
    Served { addr, told, stop: Some(stop), serving }
}

async fn answered(request: Request<Asked>, told: Arc<Told>) -> Result<Response<Body>, Infallible> {
    let body = match request.uri().path() {
        "/large" => Body::from(Bytes::from_owner(Large { bytes: vec![b'x'; LARGE_BYTES], told })),
        "/read" => to_bytes(Body::new(request.into_body()), usize::MAX)
            .await
            .map_or_else(|_| Body::from("it stopped"), Body::from),
        "/later" => {
            told.begun.add_permits(1);
            told.go.acquire().await.unwrap().forget();
            Body::from("later")
        }
        _ => Body::from("fine"),
    };
    Ok(Response::new(body))
}

struct Large {
    bytes: Vec<u8>,
    told: Arc<Told>,
}

impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        self.told.large_ended.notify_one();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_only_wait_make_room_for_those_that_ask() {
    let served = served(LIMITS).await;
    let mut left = Vec::new();
    for _ in 0..20 {
        left.push(begun(served.addr, HALF_A_HEAD).await);
        left.push(begun(served.addr, "").await);
    }
    for _ in 0..10 {
        let answered = answer(served.addr, &get(served.addr, "/")).await;
        assert!(
            answered.starts_with("HTTP/1.1 200 OK\r\n") && answered.ends_with("\r\n\r\nfine"),
            "{answered}"
        );
        assert!(answered.contains("\r\nx-content-type-options: nosniff\r\n"), "{answered}");
    }
    // All but the last few have ended, without an answer.
    for stream in left.into_iter().take(30) {
        assert_eq!(rest(stream).await, b"");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_all_connections_are_at_work_others_wait_and_are_answered_then() {
    let served = served(LIMITS).await;
    let (addr, most) = (served.addr, LIMITS.connections);
    let later = (0..most).map(|_| begun(addr, "GET /later HTTP/1.1\r\nConnection: close\r\n\r\n"));
    let later = join_all(later).await;
    served.all_begun(most).await;
    let one_more = tokio::spawn(async move { answer(addr, &get(addr, "/")).await });
    served.told.go.add_permits(1);
    assert_eq!(status(&one_more.await.unwrap()), 200);
    served.told.go.add_permits(most - 1);
    for answered in join_all(later.into_iter().map(rest)).await {
        assert!(answered.ends_with(b"later"), "it was ended before its answer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_and_a_connection_that_lies_idle_are_given_up() {
    let served = served(Limits { head: SOON, ..LIMITS }).await;
    let half = begun(served.addr, HALF_A_HEAD).await;
    let nothing = begun(served.addr, "").await;
    let answered = begun(served.addr, &get(served.addr, "/")).await;
    for (stream, expect) in [(half, ""), (nothing, ""), (answered, "fine")] {
        let came = String::from_utf8(rest(stream).await).unwrap();
        assert!(came.ends_with(expect) && came.is_empty() == expect.is_empty(), "{came}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stops_is_given_up_and_a_whole_one_is_read() {
    let served = served(Limits { body_pause: SOON, ..LIMITS }).await;
    let asked = "POST /read HTTP/1.1\r\nContent-Length: 4\r\n\r\n";
    assert!(answer(served.addr, &format!("{asked}body")).await.ends_with("\r\n\r\nbody"));
    let stopped = String::from_utf8(rest(begun(served.addr, &format!("{asked}bo")).await).await).unwrap();
    assert!(stopped.ends_with("\r\n\r\nit stopped"), "{stopped}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_reads_is_given_up_by_its_pause_or_by_all_the_time_that_it_takes() {
    for limits in [Limits { answer_pause: SOON, ..LIMITS }, Limits { request: SOON, ..LIMITS }] {
        let served = served(limits).await;
        let unread = begun(served.addr, &get(served.addr, "/large")).await;
        served.told.large_ended.notified().await;
        assert!(rest(unread).await.len() < LARGE_BYTES, "{limits:?}");
        assert_eq!(status(&answer(served.addr, &get(served.addr, "/")).await), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_take_no_answers_keep_nobody_out() {
    let served = served(LIMITS).await;
    let asked = get(served.addr, "/large").repeat(3);
    let unread = join_all((0..2 * LIMITS.connections).map(|_| begun(served.addr, &asked))).await;
    let asked = get(served.addr, "/");
    let answered = tokio::time::timeout(Duration::from_mins(1), answer(served.addr, &asked)).await;
    assert_eq!(status(&answered.expect("others are kept out")), 200);
    drop(unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_on_its_way_makes_no_room_and_comes_whole() {
    let served = served(Limits { connections: 2, ..LIMITS }).await;
    let mut slow = begun(served.addr, &get(served.addr, "/large")).await;
    slow.read_exact(&mut [0; 1000]).await.unwrap();
    for _ in 0..20 {
        assert_eq!(status(&answer(served.addr, &get(served.addr, "/")).await), 200);
    }
    let mut more = vec![0; LARGE_BYTES - 1000];
    slow.read_exact(&mut more).await.unwrap();
    assert!(more.ends_with(b"xxx"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_what_waits_and_brings_to_an_end_what_is_at_work() {
    let mut served = served(LIMITS).await;
    let addr = served.addr;
    let waiting = begun(addr, "").await;
    let at_work = begun(addr, &get(addr, "/later")).await;
    served.all_begun(1).await;
    served.stop.take().unwrap().send(()).unwrap();
    assert_eq!(rest(waiting).await, b"");
    assert!(!served.serving.is_finished());
    served.told.go.add_permits(1);
    let came = String::from_utf8(rest(at_work).await).unwrap();
    assert!(came.ends_with("later"), "{came}");
    (&mut served.serving).await.unwrap();
    assert!(TcpStream::connect(addr).await.is_err());
}
