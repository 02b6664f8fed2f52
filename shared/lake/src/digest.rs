//! Objects that carry a digest of their body in their metadata, so that no reader takes a damaged body for what
//! was written. S3 itself sees to that. A disk, a copy or a person may not.

use sha2::{Digest, Sha256};

use crate::{ETag, Fetched, Lake, LakeError, Metadata, Object, Put, PutMode, Result};

/// The metadata that holds the digest.
pub(crate) const DIGEST: &str = "digest";

impl Lake {
    /// Reads an object; `None` if there is none. Fails if its body is not the one that was written.
    pub(crate) async fn read(&self, key: &str) -> Result<Option<Object>> {
        self.store().get(key).await?.map(|object| checked(key, object)).transpose()
    }

    /// Reads an object unless it still is version `known`. Fails if its body is not the one that was written.
    pub(crate) async fn read_if_changed(&self, key: &str, known: &ETag) -> Result<Fetched> {
        Ok(match self.store().get_if_changed(key, known).await? {
            Fetched::New(object) => Fetched::New(checked(key, object)?),
            fetched => fetched,
        })
    }

    /// Reads an object, by its key below the lake's prefix, and tells why it is damaged; `None` if it is not, or
    /// if there is none.
    pub async fn why_damaged(&self, below: &str) -> Result<Option<String>> {
        match self.read(&self.key(below)).await {
            Err(error) if error.is_damage() => Ok(Some(error.to_string())),
            read => read.map(|_| None),
        }
    }

    /// Writes an object with the digest of its body.
    pub(crate) async fn write(
        &self,
        key: &str,
        bytes: Vec<u8>,
        mut metadata: Metadata,
        mode: PutMode,
    ) -> Result<Put> {
        metadata.insert(DIGEST.to_owned(), digest_of(&bytes));
        Ok(self.store().put(key, bytes, &metadata, mode).await?)
    }
}

/// An object whose body is the one that was written. Older versions of the program wrote no digest.
fn checked(key: &str, object: Object) -> Result<Object> {
    match object.metadata.get(DIGEST) {
        Some(written) if *written != digest_of(&object.bytes) => Err(LakeError::Corrupt {
            key: key.to_owned(),
            expected: "what was written",
            reason: "its body has another digest".to_owned(),
        }),
        _ => Ok(object),
    }
}

/// The digest of a body: the first half of its SHA-256.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..16])
}
