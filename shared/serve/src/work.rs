//! Computing away from the threads that wait for sockets.

use crate::{Error, Result};

/// Runs a computation (Polars, serialising) on a thread that may block. Polars' lazy frames also refuse to be
/// collected on a thread that drives futures.
pub async fn work<T: Send + 'static>(compute: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(compute).await.map_err(Error::Panicked)?
}
