//! An S3 server inside this program, over a folder of plain files: what aws-sdk-s3 speaks to on a machine
//! without S3.
//!
//! Several programs may each run one over the same folder at the same time, and each may be killed at any
//! moment. The protocol is the crate s3s; [`folder`] holds the objects. This module knows nothing of what the
//! lake keeps in them.

mod disk;
mod folder;
mod key;
mod listing;
mod record;
mod refusal;
mod service;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use lake::S3Store;
use rand::TryRng;
use rand::rngs::SysRng;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub use folder::FolderError;
pub(crate) use key::HIDDEN;
pub use key::KeyError;

/// The one bucket; its root is the folder itself.
pub const BUCKET: &str = "lake";

/// A running server; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    credentials: Credentials,
    serving: JoinHandle<()>,
}

/// What a caller must sign its requests with.
#[derive(Clone)]
pub struct Credentials {
    /// The public half.
    pub access_key: String,
    /// The secret half.
    pub secret_key: String,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder cannot hold objects.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The address cannot be listened on.
    #[error("the S3 server cannot listen on `{addr}`: {source}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for the S3 server's credentials")]
    Random(#[source] rand::rngs::SysError),
}

impl Server {
    /// Serves `root` on a free port of this machine, to those who are given its credentials.
    pub async fn start(root: &Path) -> Result<Self, StartError> {
        Self::start_on(root, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Credentials::random()?).await
    }

    /// Serves `root` on an address, to those who know `credentials`.
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
        let serving = tokio::spawn(serve(listener, service.build()));
        Ok(Self { addr, credentials, serving })
    }

    /// The URL to give an S3 client, with path-style addressing.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The public half of its credentials.
    pub fn access_key(&self) -> &str {
        &self.credentials.access_key
    }

    /// The secret half of its credentials.
    pub fn secret_key(&self) -> &str {
        &self.credentials.secret_key
    }

    /// A client of this server for a bucket; there is only [`BUCKET`].
    pub fn store(&self, bucket: &str) -> S3Store {
        S3Store::at(&self.endpoint(), self.access_key(), self.secret_key(), bucket)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The open connections end with the task that holds them; file work that has begun is finished.
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

async fn serve(listener: TcpListener, service: S3Service) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Answers are small and waited for; a failure here costs milliseconds only.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "the S3 server could not take a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
