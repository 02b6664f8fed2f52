//! The records of objects: what is kept beside a body, and how the two stay together.
//!
//! Two files cannot appear in one step, but one file can. So the record of a new version is written first,
//! next to the record of the current version. It names the file that will be the body. Then that file is
//! renamed into place, which makes body and record current at the same moment. A server that dies in between
//! leaves a record without a body, which is never used.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::Metadata;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::disk::open_plain_file;

/// Identifies a file. No two files that exist at the same time have the same fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    inode: u64,
    size_bytes: u64,
    modified_seconds: i64,
    modified_ns: i64,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inode, size_bytes, modified_seconds, modified_ns } = self;
        write!(f, "{inode:x}-{size_bytes:x}-{modified_seconds:x}.{modified_ns:x}")
    }
}

impl Fingerprint {
    pub(super) fn of(file: &Metadata) -> Self {
        Self {
            inode: file.ino(),
            size_bytes: file.len(),
            modified_seconds: file.mtime(),
            modified_ns: file.mtime_nsec(),
        }
    }
}

/// What is kept beside one body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) etag: String,
    /// The file that is the body.
    pub(super) body: Fingerprint,
    pub(super) metadata: BTreeMap<String, String>,
}

/// The records of one key: that of the current version, and that of a version whose put goes on or died.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Records(Vec<Record>);

impl Records {
    /// The records while `next` is put. It comes first.
    pub(super) fn new(next: Record, current: Option<Record>) -> Self {
        Self(std::iter::once(next).chain(current).collect())
    }

    /// Reads the records at `path`. There are none if there is no such file, or if it was damaged: the body is
    /// then one of which nothing is known.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let Some(mut file) = open_plain_file(path)? else { return Ok(Self::default()) };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    pub(super) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(io::Error::from)
    }

    /// The record whose body is this file.
    pub(super) fn of_file(&self, body: Fingerprint) -> Option<&Record> {
        self.0.iter().find(|record| record.body == body)
    }

    /// The record of the version that has this content.
    pub(super) fn of_content(&self, etag: &str) -> Option<&Record> {
        self.0.iter().find(|record| record.etag == etag)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
