//! Objects by key: the six S3 calls that the lake is built on, with their conditions.
//!
//! [`Store`] says what the rest of the project may expect of a storage. [`S3Store`](crate::S3Store) speaks to
//! a real endpoint, and [`MemoryStore`](crate::MemoryStore) keeps objects in memory. One behavioural suite
//! runs over each. This file knows no key and no format.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// The version of an object's content, as the storage names it, without quotes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ETag(pub String);

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// User metadata of an object: ASCII names and values, 2 KB in all (a limit of S3).
pub type Metadata = BTreeMap<String, String>;

/// An object as it was read: body, metadata and version belong together.
#[derive(Clone, Debug)]
pub struct Object {
    /// The body.
    pub bytes: Vec<u8>,
    /// The version that this body is.
    pub etag: ETag,
    /// The metadata that was put with this body.
    pub metadata: Metadata,
}

/// An object without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The current version.
    pub etag: ETag,
    /// Length of the body in bytes.
    pub size_bytes: u64,
    /// The metadata that was put with the body.
    pub metadata: Metadata,
}

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The object's whole key.
    pub key: String,
    /// The current version.
    pub etag: ETag,
    /// Length of the body in bytes.
    pub size_bytes: u64,
    /// When the object was last written, by the storage's clock.
    pub last_modified: DateTime<Utc>,
}

/// On what condition an object is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutMode {
    /// Whatever is there (`PutObject` without a condition).
    Overwrite,
    /// Only if nothing has this key (`If-None-Match: *`).
    Create,
    /// Only if the object still is this version (`If-Match`).
    Replace(ETag),
}

/// What became of a conditional put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// The object is stored, as this version.
    Stored(ETag),
    /// The condition did not hold (412, or 404 under `If-Match`): somebody else was first. This call has
    /// changed nothing, unless an earlier attempt of the same put was carried out without our hearing of it.
    Refused,
}

/// What a read brought that asked whether something has changed.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// The object is no longer the version that was named.
    New(Object),
    /// The object still is that version (304).
    Unchanged,
    /// There is no such object.
    Missing,
}

/// Why a call to the storage failed. `doing` names the call and the key, never a secret.
#[derive(Debug, thiserror::Error)]
#[error("storage: {doing} failed: {reason}")]
pub struct StoreError {
    /// The call and its key: "get `runs/1.json`".
    pub doing: String,
    /// What the storage or the connection said, in one line.
    pub reason: String,
    /// The error below, where there is one.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// An object whose body is not the one that was put. No other attempt reads it. It can only be put again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct DamagedObject(String);

impl StoreError {
    /// A read of an object whose body is not the one that was put.
    pub fn damaged(doing: String, reason: String) -> Self {
        let source = DamagedObject(reason.clone());
        Self { doing, reason, source: Some(source.into()) }
    }

    /// Whether a read failed because the object's body is not the one that was put.
    pub fn is_damaged(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.is::<DamagedObject>())
    }
}

/// Objects by key. Each call does all that it says, or nothing. A read after a write sees what was written.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// Reads an object with its metadata; `None` if there is none.
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError>;

    /// Reads an object unless it still is version `known` (`If-None-Match`).
    async fn get_if_changed(&self, key: &str, known: &ETag) -> Result<Fetched, StoreError>;

    /// Reads the last bytes of an object, at most `most_bytes` of them (at least 1); `None` if there is no
    /// such object. A storage that can reads no more than these.
    async fn tail(&self, key: &str, most_bytes: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(Object { mut bytes, .. }) = self.get(key).await? else { return Ok(None) };
        let most = usize::try_from(most_bytes).unwrap_or(usize::MAX);
        bytes.drain(..bytes.len().saturating_sub(most));
        Ok(Some(bytes))
    }

    /// Reads version and metadata only; `None` if there is no such object.
    async fn head(&self, key: &str) -> Result<Option<Head>, StoreError>;

    /// Writes body and metadata in one step, on the condition of `mode`.
    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        metadata: &Metadata,
        mode: PutMode,
    ) -> Result<Put, StoreError>;

    /// All objects whose keys begin with `prefix` and come after `after`, in byte order.
    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Vec<Listed>, StoreError>;

    /// Like [`list`](Self::list), but only the first `limit` objects. A storage that answers by pages reads
    /// no more of them than it needs.
    async fn list_first(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        let mut listed = self.list(prefix, after).await?;
        listed.truncate(limit);
        Ok(listed)
    }

    /// Copies an object with its metadata inside the storage, whatever stands at `to`. Returns the version of
    /// the copy, which may be another than that of the original.
    async fn copy(&self, from: &str, to: &str) -> Result<ETag, StoreError>;

    /// Removes an object; removing what is not there is no error.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;
}

/// The most that S3 takes as user metadata, names and values together.
const METADATA_LIMIT_BYTES: usize = 2048;

/// Refuses metadata that HTTP headers would not bring back as it was given.
pub(crate) fn check_metadata(key: &str, metadata: &Metadata) -> Result<(), StoreError> {
    let refused = |reason: String| Err(StoreError { doing: format!("put `{key}`"), reason, source: None });
    for (name, value) in metadata {
        if name.is_empty()
            || !name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        {
            return refused(format!(
                "the metadata name `{name}` is not of lower-case letters, digits, `-` and `_`"
            ));
        }
        if value.trim() != value || !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return refused(format!("the metadata `{name}` is not plain ASCII without blanks around it"));
        }
    }
    let size_bytes: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size_bytes > METADATA_LIMIT_BYTES {
        return refused(format!(
            "its metadata has {size_bytes} bytes, at most {METADATA_LIMIT_BYTES} are stored"
        ));
    }
    Ok(())
}
