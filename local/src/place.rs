//! Where the lake is: a folder behind an embedded S3 server of this process, or a bucket.

use std::path::Path;
use std::sync::Arc;

use lake::{Lake, LakeError};
use process::may_hold_password;

use crate::s3::{BUCKET, Server, StartError};

/// An open lake, with the server that it may need to stay open.
#[derive(Debug)]
pub struct OpenLake {
    /// The lake.
    pub lake: Lake,
    /// The embedded S3 server, where `LAKE` is a folder.
    pub server: Option<Server>,
}

/// Why the lake could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The folder cannot be served.
    #[error(transparent)]
    Folder(#[from] StartError),
    /// The bucket cannot be reached.
    #[error(transparent)]
    Bucket(#[from] LakeError),
}

/// Opens the lake that `LAKE` names.
pub async fn open(address: &str, factory: &str) -> Result<OpenLake, PlaceError> {
    if address.contains("://") || may_hold_password(address) {
        return Ok(OpenLake { lake: Lake::connect(address, factory).await?, server: None });
    }
    let server = Server::start(Path::new(address)).await?;
    let lake = Lake::new(Arc::new(server.store(BUCKET)), "", factory);
    Ok(OpenLake { lake, server: Some(server) })
}
