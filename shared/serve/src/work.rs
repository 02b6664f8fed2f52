//! Computing away from the threads that wait for sockets.

use crate::{Error, Result};

/// Runs what computes (Polars, serialising) where it may block: Polars' lazy frames also refuse to be
/// collected on a thread that drives futures.
pub async fn work<T: Send + 'static>(job: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(job).await.map_err(Error::Panicked)?
}
