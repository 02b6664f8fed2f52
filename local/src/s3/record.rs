//! What is kept about an object beside its body, and how the two are held together.
//!
//! Two files cannot appear in one step, but one can: the record of a new version is written first, next to
//! the record of the current one, and names the very file that will be its body. When that file is then
//! renamed into place, body and record have become current together. A server that dies in between leaves a
//! record that no body answers to.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::disk::is_absent;

/// Which file a body is: two files that exist at the same time never share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    inode: u64,
    size_bytes: u64,
    modified_seconds: i64,
    modified_ns: i64,
}

impl Fingerprint {
    /// Of the file that this is said of.
    pub(super) fn of(file: &Metadata) -> Self {
        Self {
            inode: file.ino(),
            size_bytes: file.len(),
            modified_seconds: file.mtime(),
            modified_ns: file.mtime_nsec(),
        }
    }
}

/// What belongs to one body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Hash of the body.
    pub(super) etag: String,
    /// The file that holds the body.
    pub(super) body: Fingerprint,
    /// What its writer put with it.
    pub(super) metadata: BTreeMap<String, String>,
}

/// The records of one key: of the current version, and of the one that is being put or was when its server
/// died.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Records(Vec<Record>);

impl Records {
    /// The record of a version that is about to be put, before that of the current one.
    pub(super) fn new(next: Record, current: Option<Record>) -> Self {
        Self(std::iter::once(next).chain(current).collect())
    }

    /// Those at `path`, none if there is no such file.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
            Err(error) if is_absent(&error) => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// As they lie on disk.
    pub(super) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(io::Error::from)
    }

    /// The record of this very file.
    pub(super) fn of_file(&self, body: Fingerprint) -> Option<&Record> {
        self.0.iter().find(|record| record.body == body)
    }

    /// The record of this content: for a lake that was copied, whose files are others now.
    pub(super) fn of_content(&self, etag: &str) -> Option<&Record> {
        self.0.iter().find(|record| record.etag == etag)
    }
}
