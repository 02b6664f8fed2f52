//! A bad line to a real S3 endpoint. Requests pass through it one by one. Some requests or their answers get
//! lost on the way, or are refused.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, to_bytes};
use axum::http::header::{IF_MATCH, IF_NONE_MATCH, TRANSFER_ENCODING};
use axum::http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use lake::S3Store;
use tideline::s3::{BUCKET, Server};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// What happens to a request on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// The connection breaks before the endpoint hears of it.
    LostRequest,
    /// The endpoint does what it is asked, but the connection breaks before its answer arrives.
    LostAnswer,
    /// The endpoint hears nothing of it. The client is answered with this status and error code.
    Refused(u16, &'static str),
    /// The endpoint does what it is asked. The client is answered with this status and error code.
    DoneButRefused(u16, &'static str),
}

/// A line to an embedded S3 server. It breaks down when this value is dropped.
#[derive(Debug)]
pub struct Wire {
    addr: SocketAddr,
    keys: (String, String),
    relay: Arc<Relay>,
    serving: JoinHandle<()>,
}

/// Passes requests on to the server, or does to them what the plan says.
#[derive(Debug)]
struct Relay {
    upstream: String,
    client: reqwest::Client,
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    /// Requests so far, and conditional writes among them.
    requests: usize,
    conditional: usize,
    /// The number of the request that is struck, and what happens to it.
    strike: Option<(usize, Outage)>,
    /// The request that was struck, and how often it still is when the client repeats it.
    struck: Option<(Method, String, usize)>,
    /// How often the request is struck in all.
    times: usize,
}

impl Wire {
    /// A line to a server.
    pub async fn to(server: &Server) -> io::Result<Self> {
        let relay =
            Relay { upstream: server.endpoint(), client: reqwest::Client::new(), plan: Mutex::default() };
        let relay = Arc::new(relay);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let serving = tokio::spawn(serve(listener, Arc::clone(&relay)));
        Ok(Self {
            addr,
            keys: (server.access_key().to_owned(), server.secret_key().to_owned()),
            relay,
            serving,
        })
    }

    /// A client of the server at the end of the line.
    pub fn store(&self) -> S3Store {
        S3Store::at(&format!("http://{}", self.addr), &self.keys.0, &self.keys.1, BUCKET)
    }

    /// Strikes the n-th request from now, counted from 1. If the client repeats the request, it is struck so
    /// many times in all. A refusal with 409 or 412 strikes only conditional writes, and only these are
    /// counted for it.
    pub fn strike(&self, n: usize, times: usize, outage: Outage) {
        *self.relay.lock() = Plan { strike: Some((n, outage)), times, ..Plan::default() };
    }

    /// The requests and the conditional writes among them since the last strike was planned.
    pub fn requests(&self) -> (usize, usize) {
        let plan = self.relay.lock();
        (plan.requests, plan.conditional)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Relay {
    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass(&self, request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
        let (head, body) = request.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await.map_err(io::Error::other)?;
        let target = head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let is_conditional = head.method == Method::PUT
            && (head.headers.contains_key(IF_MATCH) || head.headers.contains_key(IF_NONE_MATCH));
        let outage = self.lock().next(&head.method, &target, is_conditional);
        match outage {
            Some(Outage::LostRequest) => return Err(io::ErrorKind::ConnectionReset.into()),
            Some(Outage::Refused(status, code)) => return Ok(refusal(status, code)),
            _ => {}
        }
        let call = self
            .client
            .request(head.method, format!("{}{target}", self.upstream))
            .headers(head.headers)
            .body(body);
        let answer = call.send().await.map_err(io::Error::other)?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(io::Error::other)?;
        match outage {
            Some(Outage::LostAnswer) => Err(io::ErrorKind::ConnectionReset.into()),
            Some(Outage::DoneButRefused(status, code)) => Ok(refusal(status, code)),
            _ => {
                headers.remove(TRANSFER_ENCODING);
                let mut response = Response::new(Body::from(body));
                (*response.status_mut(), *response.headers_mut()) = (status, headers);
                Ok(response)
            }
        }
    }
}

impl Plan {
    /// What happens to the next request.
    fn next(&mut self, method: &Method, target: &str, is_conditional: bool) -> Option<Outage> {
        self.requests += 1;
        self.conditional += usize::from(is_conditional);
        let (n, outage) = self.strike?;
        if let Some((struck_method, struck_target, left)) = &mut self.struck {
            let again = struck_method == method && struck_target == target && *left > 0;
            *left -= usize::from(again);
            return again.then_some(outage);
        }
        let of_conditions = matches!(outage, Outage::Refused(409 | 412, _));
        let reached =
            if of_conditions { is_conditional && self.conditional == n } else { self.requests == n };
        if reached {
            self.struck = Some((method.clone(), target.to_owned(), self.times - 1));
        }
        reached.then_some(outage)
    }
}

fn refusal(status: u16, code: &str) -> Response<Body> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>struck on the way</Message></Error>"
    );
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

async fn serve(listener: TcpListener, relay: Arc<Relay>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let relay = Arc::clone(&relay);
        let service = service_fn(move |request| {
            let relay = Arc::clone(&relay);
            async move { relay.pass(request).await }
        });
        // A request that fails here ends its connection without an answer. That is the breakdown.
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
