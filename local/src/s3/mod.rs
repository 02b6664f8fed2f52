//! An S3 server inside this program, over a folder of plain files. aws-sdk-s3 speaks to it on a machine that
//! has no S3.
//!
//! Several programs may serve the same folder at the same time, and each of them may be killed at any moment.
//! The crate s3s speaks the protocol, [`folder`] holds the objects. This module does not know what the lake
//! keeps in them.

mod body;
mod disk;
mod folder;
mod gate;
mod key;
mod listing;
mod record;
mod refusal;
mod service;

use std::fmt;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use hyper::{Request, Response, StatusCode};
use lake::S3Store;
use rand::TryRng;
use rand::rngs::SysRng;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use folder::FolderError;
pub(crate) use key::HIDDEN;
pub use key::KeyError;

use crate::hosts::{Hosts, Named};
use crate::server::{self, Asked, Limits};

/// The only bucket. Its root is the folder itself.
pub const BUCKET: &str = "lake";

/// A running server. It stops when this value is dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    credentials: Credentials,
    serving: JoinHandle<()>,
}

/// The keys with which a client must sign its requests.
#[derive(Clone)]
pub struct Credentials {
    pub access_key: String,
    pub secret_key: String,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the S3 server cannot listen on `{addr}`: {source}")]
    Listen { addr: SocketAddr, source: io::Error },
    #[error("the system gives no random bytes for the S3 server's credentials")]
    Random(#[source] rand::rngs::SysError),
}

impl Server {
    /// Serves `root` on a free port of this machine, with random credentials.
    pub async fn start(root: &Path) -> Result<Self, StartError> {
        Self::start_on(root, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Credentials::random()?).await
    }

    /// Serves `root` on this address, to clients that sign with these credentials.
    pub async fn start_on(
        root: &Path,
        addr: SocketAddr,
        credentials: Credentials,
    ) -> Result<Self, StartError> {
        let root = root.to_owned();
        let opened = tokio::task::spawn_blocking(move || folder::Folder::open(&root)).await;
        let folder = opened.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))?;
        let listen = |source| StartError::Listen { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        let mut service = S3ServiceBuilder::new(service::FolderS3::new(folder));
        service.set_auth(SimpleAuth::from_single(
            credentials.access_key.clone(),
            credentials.secret_key.clone(),
        ));
        service.set_config(Arc::new(gate::limits()));
        let (service, hosts) = (service.build(), Arc::new(Hosts::of(addr).with_any_port()));
        let answer = move |request| answer(service.clone(), Arc::clone(&hosts), request);
        let serving = tokio::spawn(server::serve(listener, Limits::of_storage(), answer, pending()));
        Ok(Self { addr, credentials, serving })
    }

    /// The URL for S3 clients. They must use path-style addressing.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn access_key(&self) -> &str {
        &self.credentials.access_key
    }

    pub fn secret_key(&self) -> &str {
        &self.credentials.secret_key
    }

    /// A client of this server. Any bucket but [`BUCKET`] is one that is missing.
    pub fn store(&self, bucket: &str) -> S3Store {
        S3Store::at(&self.endpoint(), self.access_key(), self.secret_key(), bucket)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The task holds the open connections, so they end with it. File work that has begun still finishes.
        self.serving.abort();
    }
}

impl Credentials {
    /// Credentials that nobody can guess.
    pub fn random() -> Result<Self, StartError> {
        let mut bytes = [0; 40];
        SysRng.try_fill_bytes(&mut bytes).map_err(StartError::Random)?;
        let text = hex::encode(bytes);
        let (access_key, secret_key) = text.split_at(20);
        Ok(Self { access_key: access_key.to_owned(), secret_key: secret_key.to_owned() })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// Answers only as this server: the keys of a folder on a fixed port may be known to the page of another
/// site.
async fn answer(
    service: S3Service,
    hosts: Arc<Hosts>,
    request: Request<Asked>,
) -> Result<Response<Body>, HttpError> {
    let status = match hosts.are_named(request.uri(), request.headers()) {
        Named::This => {
            return match gate::refusal(&request) {
                Some(refusal) => refusal.to_http_response().map_err(|error| HttpError::new(Box::new(error))),
                None => service.call(request.map(Body::http_body_unsync)).await,
            };
        }
        Named::Another => StatusCode::FORBIDDEN,
        Named::NotOne => StatusCode::BAD_REQUEST,
    };
    let mut refusal = Response::new(Body::empty());
    *refusal.status_mut() = status;
    Ok(refusal)
}
