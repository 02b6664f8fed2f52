//! Objects as plain files below a folder that several processes share. This file knows nothing of HTTP.
//!
//! The body of an object lies at `<root>/<key>`. The hidden folder belongs to the server and holds a record
//! per key, temporary files, and a lock. A writer takes the lock, checks its condition and renames its files
//! into place. The system frees the lock when its holder dies. Readers take no lock: they open the body, then
//! look for its record.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use s3s::crypto::{Md5, Sha256};
use tempfile::NamedTempFile;

use super::disk::{drop_empty_folders, hash, hash_of, is_absent, publish, remove};
use super::key::{HIDDEN, Key};
use super::record::{Fingerprint, Record, Records};

/// A temporary file older than this cannot belong to a put that is still going on.
const LEFT_OVER_AFTER: Duration = Duration::from_hours(24);

/// How often a read begins again because the object was replaced twice while it looked.
const READ_ATTEMPTS: u32 = 100;

/// A folder of objects.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    records: PathBuf,
    temporary: PathBuf,
    lock: PathBuf,
}

/// Why a folder cannot hold objects.
#[derive(Debug, thiserror::Error)]
#[error("the lake folder `{}` cannot be {what}: {source}; choose a folder on a local disk in which this user may write", root.display())]
pub struct FolderError {
    root: PathBuf,
    what: &'static str,
    source: io::Error,
}

/// One version of an object: its open body and what is known about it.
#[derive(Debug)]
pub(super) struct ObjectVersion {
    body: File,
    /// The MD5 of the body, like S3's own ETag of a plain put: other tools compare it with theirs. It tells
    /// contents apart and serves no security.
    pub(super) etag: String,
    pub(super) size_bytes: u64,
    pub(super) modified: SystemTime,
    /// The metadata of the put. Empty for a file that a person placed in the folder.
    pub(super) metadata: BTreeMap<String, String>,
    record: Option<Record>,
}

/// What must be true of the current object, or else a put does not happen.
#[derive(Debug)]
pub(super) enum Condition {
    Always,
    Absent,
    Present,
    /// The current object has this ETag.
    Version(String),
}

/// Why an object was not stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum PutError {
    #[error("there is no such object")]
    Missing,
    #[error("the condition of the put does not hold")]
    ConditionFailed,
    #[error(
        "other objects lie under this key with a `/`, and objects are plain files here: a folder cannot be one"
    )]
    IsFolder,
    #[error(
        "an object has the first part of this key, and objects are plain files here: nothing can lie under it"
    )]
    UnderObject,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Folder {
    /// Opens `root` as a folder of objects, and creates what is missing in it.
    pub(super) fn open(root: &Path) -> Result<Self, FolderError> {
        let failed = |what| move |source| FolderError { root: root.to_owned(), what, source };
        let hidden = root.join(HIDDEN);
        let folder = Self {
            root: root.to_owned(),
            records: hidden.join("records"),
            temporary: hidden.join("tmp"),
            lock: hidden.join("lock"),
        };
        fs::create_dir_all(root).map_err(failed("created"))?;
        fs::create_dir_all(&folder.records).map_err(failed("written"))?;
        fs::create_dir_all(&folder.temporary).map_err(failed("written"))?;
        let probe = folder.written(b"probe").map_err(failed("written"))?;
        drop(folder.locked().map_err(failed("locked"))?);
        // A new file carries the time of the disk's own clock, which the ages of temporary files go by.
        let now = probe.as_file().metadata().and_then(|probe| probe.modified()).map_err(failed("read"))?;
        folder.sweep(now).map_err(failed("read"))?;
        Ok(folder)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The object with this key, if there is one.
    pub(super) fn find(&self, key: &Key) -> io::Result<Option<ObjectVersion>> {
        let path = key.below(&self.root);
        for _ in 0..READ_ATTEMPTS {
            let mut body = match File::open(&path) {
                Ok(body) => body,
                Err(error) if is_absent(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            let file = body.metadata()?;
            if !file.is_file() {
                return Ok(None);
            }
            let fingerprint = Fingerprint::of(&file);
            let records = Records::read(&self.record_path(key))?;
            let mut record = records.of_file(fingerprint).cloned();
            let etag = match &record {
                Some(record) => record.etag.clone(),
                // A current file has its record, unless a person placed it there. A file without a record may
                // have been replaced meanwhile: then the read begins again.
                None if fs::metadata(&path).map(|now| Fingerprint::of(&now)).ok() != Some(fingerprint) => {
                    continue;
                }
                None => hash_of(&mut body)?,
            };
            if record.is_none() {
                record =
                    records.of_content(&etag).map(|copied| Record { body: fingerprint, ..copied.clone() });
            }
            let metadata = record.as_ref().map(|record| record.metadata.clone()).unwrap_or_default();
            return Ok(Some(ObjectVersion {
                body,
                etag,
                size_bytes: file.len(),
                modified: file.modified()?,
                metadata,
                record,
            }));
        }
        Err(io::Error::other("the object changes faster than it can be read"))
    }

    /// Stores an object, whole or not at all, if the condition holds. Returns its ETag.
    pub(super) fn put(
        &self,
        key: &Key,
        bytes: &[u8],
        metadata: BTreeMap<String, String>,
        condition: &Condition,
    ) -> Result<String, PutError> {
        let etag = hash::<Md5>(bytes);
        // Writing the body through to the disk is slow, so it comes before the lock.
        let body = self.written(bytes)?;
        let fingerprint = Fingerprint::of(&body.as_file().metadata()?);
        let next = Record { etag: etag.clone(), body: fingerprint, metadata };

        let _lock = self.locked()?;
        let path = key.below(&self.root);
        let current = self.find(key)?;
        check(condition, current.as_ref())?;
        // An empty folder holds no object: a put that died left it behind.
        if path.is_dir() && fs::remove_dir(&path).is_err() {
            return Err(PutError::IsFolder);
        }
        let records = Records::new(next, current.and_then(|current| current.record));
        publish(self.written(&records.to_bytes()?)?, &self.records, &self.record_path(key))?;
        publish(body, &self.root, &path).map_err(under_object)?;
        Ok(etag)
    }

    /// Removes an object. It is no error if there is none.
    pub(super) fn delete(&self, key: &Key) -> io::Result<()> {
        let _lock = self.locked()?;
        let path = key.below(&self.root);
        if path.is_dir() {
            return Ok(());
        }
        // An object without its body is gone, so the body is removed first.
        if remove(&path)? {
            drop_empty_folders(&path, &self.root)?;
        }
        remove(&self.record_path(key))?;
        Ok(())
    }

    /// The path of a key's record. Its name is a hash: otherwise the record of one key could stand where that
    /// of another key needs a folder.
    fn record_path(&self, key: &Key) -> PathBuf {
        let name = hash::<Sha256>(key.as_str().as_bytes());
        self.records.join(&name[..2]).join(format!("{name}.json"))
    }

    /// Writes `bytes` through to the disk, into a temporary file that is removed when it is dropped.
    fn written(&self, bytes: &[u8]) -> io::Result<NamedTempFile> {
        // Temporary files are readable by their owner alone. Others may read a lake, so the user's umask
        // decides instead.
        let everyone = Permissions::from_mode(0o666);
        let mut builder = tempfile::Builder::new();
        let file = builder
            .prefix(&format!("{}-", std::process::id()))
            .permissions(everyone)
            .tempfile_in(&self.temporary);
        // The errors of the crate tempfile name the path, which no client may see.
        let mut file = file.map_err(|error| io::Error::from(error.kind()))?;
        file.as_file_mut().write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Waits until no other thread or process writes here. Each call opens the lock file anew, because a lock
    /// belongs to an opened file.
    fn locked(&self) -> io::Result<File> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&self.lock)?;
        file.lock()?;
        Ok(file)
    }

    /// Removes the temporary files of puts that died long ago.
    fn sweep(&self, now: SystemTime) -> io::Result<()> {
        for entry in fs::read_dir(&self.temporary)? {
            let entry = entry?;
            let Ok(modified) = entry.metadata().and_then(|file| file.modified()) else { continue };
            if now.duration_since(modified).is_ok_and(|age| age > LEFT_OVER_AFTER) {
                // Another server may have removed it already.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

impl ObjectVersion {
    /// Reads the bytes of `range`, which must lie within the body.
    pub(super) fn read(mut self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let length = range.end - range.start;
        self.body.seek(SeekFrom::Start(range.start))?;
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        self.body.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file was cut short while it was read"))
        }
    }
}

fn check(condition: &Condition, current: Option<&ObjectVersion>) -> Result<(), PutError> {
    match (condition, current) {
        (Condition::Always, _) | (Condition::Absent, None) | (Condition::Present, Some(_)) => Ok(()),
        (Condition::Version(version), Some(current)) if current.etag == *version => Ok(()),
        (Condition::Present | Condition::Version(_), None) => Err(PutError::Missing),
        (Condition::Absent | Condition::Version(_), Some(_)) => Err(PutError::ConditionFailed),
    }
}

/// Names the case that a file stands where the put needs a folder.
fn under_object(error: io::Error) -> PutError {
    match error.kind() {
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => PutError::UnderObject,
        _ => PutError::Io(error),
    }
}
