//! Objects as plain files below a folder that several processes share. This file knows nothing of HTTP.
//!
//! The body of an object lies at `<root>/<key>`. The hidden folder belongs to the server and holds a record
//! per key, temporary files, and a lock. A writer takes the lock, checks its condition and renames its files
//! into place. The system frees the lock when its holder dies. Readers take no lock: they look at the body,
//! then at its record.
//!
//! A record has the hash of its body. A body that is read is held against it, so that what was changed on the
//! disk is an error and not a wrong number. Listings and conditions go by the records. A file that is not the one
//! that its record names is hashed for them too: it may be a copy, or something else.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use s3s::crypto::{Md5, Sha256};
use tempfile::NamedTempFile;

use super::disk::{
    create_own_folders, drop_empty_folders, hash, hash_of, is_behind_link, lock, open_plain_file, plain_file,
    publish, remove, standing,
};
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
    /// The MD5 of files that no record names.
    hashes: Mutex<HashMap<Fingerprint, String>>,
}

/// Why a folder cannot hold objects.
#[derive(Debug, thiserror::Error)]
#[error("the lake folder `{}` cannot be {what}: {source}{}", root.display(), advice(source))]
pub struct FolderError {
    root: PathBuf,
    what: &'static str,
    source: io::Error,
}

/// What to do about a folder that is refused. A lock that is held says so itself.
fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::TimedOut => "",
        _ => "; choose a folder on a local disk in which this user may write",
    }
}

/// One version of an object, without its body.
#[derive(Debug)]
pub(super) struct ObjectVersion {
    /// The MD5 of the body that was put, like S3's own ETag of a plain put: other tools compare it with theirs.
    /// It tells contents apart and serves no security.
    pub(super) etag: String,
    pub(super) size_bytes: u64,
    pub(super) modified: SystemTime,
    /// The metadata of the put.
    pub(super) metadata: BTreeMap<String, String>,
    file: Fingerprint,
    /// There is none for a file that nobody put, and none where it was lost.
    record: Option<Record>,
}

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error(
        "the file of this object is not what was put: it was damaged, changed, or placed in the lake folder by \
         other means; put the object again"
    )]
    Damaged,
    #[error(transparent)]
    Io(#[from] io::Error),
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
    #[error(
        "a link or something else that is no plain file stands in the lake folder where this object or its \
         record would lie: remove it there"
    )]
    IsForeign,
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
            hashes: Mutex::default(),
        };
        let is_without_records = !hidden.exists() && holds_files(root);
        create_own_folders(root).map_err(failed("created"))?;
        for own in [&hidden, &folder.records, &folder.temporary] {
            if standing(own).map_err(failed("read"))?.is_some_and(|there| there.is_symlink()) {
                let name = own.strip_prefix(root).unwrap_or(own).display();
                return Err(failed("used")(io::Error::other(format!("its folder `{name}` is a link"))));
            }
            create_own_folders(own).map_err(failed("written"))?;
        }
        // Older versions let others in, who could then hold the lock.
        if fs::metadata(&hidden).map_err(failed("read"))?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(&hidden, Permissions::from_mode(0o700)).map_err(failed("written"))?;
        }
        if is_without_records {
            tracing::warn!(
                "the folder `{}` holds files, but no `{HIDDEN}` that says what they are: if it is a copy of a lake, \
                 copy `{HIDDEN}` too; without it none of them is read",
                root.display()
            );
        }
        let probe = folder.written(b"probe").map_err(failed("written"))?;
        drop(lock(&folder.lock).map_err(failed("locked"))?);
        // A new file carries the time of the disk's own clock, which the ages of temporary files go by.
        let now = probe.as_file().metadata().and_then(|probe| probe.modified()).map_err(failed("read"))?;
        folder.sweep(now).map_err(failed("read"))?;
        Ok(folder)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The current version of this object, if there is one.
    pub(super) fn find(&self, key: &Key) -> io::Result<Option<ObjectVersion>> {
        let path = key.below(&self.root);
        for _ in 0..READ_ATTEMPTS {
            let Some(file) = plain_file(&self.root, &path)? else { return Ok(None) };
            let fingerprint = Fingerprint::of(&file);
            let records = self.records_of(key)?;
            let record = match records.of_file(fingerprint) {
                Some(record) => Some(record.clone()),
                // A file that no record names may have been replaced meanwhile: then the look begins again.
                None if self.fingerprint(&path)? != Some(fingerprint) => continue,
                None => self
                    .copied(&records, &path, fingerprint)?
                    .map(|copied| Record { body: fingerprint, ..copied.clone() }),
            };
            let (etag, metadata) = match &record {
                Some(record) => (record.etag.clone(), record.metadata.clone()),
                None => (format!("unrecorded-{fingerprint}"), BTreeMap::new()),
            };
            let (size_bytes, modified) = (file.len(), file.modified()?);
            return Ok(Some(ObjectVersion {
                etag,
                size_bytes,
                modified,
                metadata,
                file: fingerprint,
                record,
            }));
        }
        Err(changes_too_fast())
    }

    /// The current version of this object with its body, still unread, if there is one.
    pub(super) fn open_object(&self, key: &Key) -> io::Result<Option<(ObjectVersion, File)>> {
        let path = key.below(&self.root);
        for _ in 0..READ_ATTEMPTS {
            let Some(object) = self.find(key)? else { return Ok(None) };
            if let Some(body) = open_plain_file(&path)?
                && Fingerprint::of(&body.metadata()?) == object.file
            {
                return Ok(Some((object, body)));
            }
        }
        Err(changes_too_fast())
    }

    /// The record of a file that none of them names, if it has the content that was put: in a copied lake, no
    /// file is the one that its record names. Each file is hashed once.
    fn copied<'r>(
        &self,
        records: &'r Records,
        path: &Path,
        file: Fingerprint,
    ) -> io::Result<Option<&'r Record>> {
        if records.is_empty() {
            return Ok(None);
        }
        let known = self.hashes().get(&file).cloned();
        if let Some(hash) = known {
            return Ok(records.of_content(&hash));
        }
        let Some(mut body) = open_plain_file(path)? else { return Ok(None) };
        // What cannot be read is damaged.
        let Ok(hash) = hash_of(&mut body) else { return Ok(None) };
        let record = records.of_content(&hash);
        if Fingerprint::of(&body.metadata()?) == file {
            self.hashes().insert(file, hash);
        }
        Ok(record)
    }

    fn hashes(&self) -> MutexGuard<'_, HashMap<Fingerprint, String>> {
        // A poisoned lock does no harm: an entry is there or not.
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fingerprint(&self, path: &Path) -> io::Result<Option<Fingerprint>> {
        Ok(plain_file(&self.root, path)?.as_ref().map(Fingerprint::of))
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

        let _lock = lock(&self.lock)?;
        let (path, record_path) = (key.below(&self.root), self.record_path(key));
        let current = self.find(key)?;
        check(condition, current.as_ref())?;
        if is_behind_link(&self.root, &path)? || is_behind_link(&self.root, &record_path)? {
            return Err(PutError::IsForeign);
        }
        match standing(&path)? {
            None => {}
            // An empty folder holds no object: a put that died left it behind.
            Some(there) if there.is_dir() => fs::remove_dir(&path).map_err(|_| PutError::IsFolder)?,
            Some(there) if there.is_file() => {}
            Some(_) => return Err(PutError::IsForeign),
        }
        let records = Records::new(next, current.and_then(|current| current.record));
        publish(self.written(&records.to_bytes()?)?, &self.records, &record_path)?;
        publish(body, &self.root, &path).map_err(under_object)?;
        Ok(etag)
    }

    /// Removes an object. It is no error if there is none.
    pub(super) fn delete(&self, key: &Key) -> io::Result<()> {
        let _lock = lock(&self.lock)?;
        let path = key.below(&self.root);
        if plain_file(&self.root, &path)?.is_none() && standing(&path)?.is_some() {
            return Ok(());
        }
        // An object without its body is gone, so the body is removed first.
        if remove(&path)? {
            drop_empty_folders(&path, &self.root)?;
        }
        let record_path = self.record_path(key);
        if !is_behind_link(&self.root, &record_path)? {
            remove(&record_path)?;
        }
        Ok(())
    }

    /// The records of a key. Behind a link there are none.
    fn records_of(&self, key: &Key) -> io::Result<Records> {
        let path = self.record_path(key);
        if is_behind_link(&self.root, &path)? { Ok(Records::default()) } else { Records::read(&path) }
    }

    /// The path of a key's record. Its name is a hash: otherwise the record of one key could stand where that
    /// of another key needs a folder.
    fn record_path(&self, key: &Key) -> PathBuf {
        let name = hash::<Sha256>(key.as_str().as_bytes());
        self.records.join(&name[..2]).join(format!("{name}.json"))
    }

    /// Writes `bytes` through to the disk, into a temporary file that is removed when it is dropped.
    fn written(&self, bytes: &[u8]) -> io::Result<NamedTempFile> {
        // Temporary files are readable by their owner alone, and stay so when they are moved into place.
        let mut builder = tempfile::Builder::new();
        let file = builder.prefix(&format!("{}-", std::process::id())).tempfile_in(&self.temporary);
        // The errors of the crate tempfile name the path, which no client may see.
        let mut file = file.map_err(|error| io::Error::from(error.kind()))?;
        file.as_file_mut().write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Removes the temporary files of puts that died long ago, and nothing that somebody else put there.
    fn sweep(&self, now: SystemTime) -> io::Result<()> {
        for entry in fs::read_dir(&self.temporary)? {
            let entry = entry?;
            let Ok(file) = entry.metadata() else { continue };
            let Ok(modified) = file.modified() else { continue };
            if !file.is_file() || !is_temporary(&entry.file_name()) {
                continue;
            }
            if now.duration_since(modified).is_ok_and(|age| age > LEFT_OVER_AFTER) {
                // Another server may have removed it already.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

impl ObjectVersion {
    /// Reads the whole body, and holds it against the hash that was recorded when it was put.
    pub(super) fn read(&self, body: File) -> Result<Vec<u8>, ReadError> {
        let Some(record) = &self.record else { return Err(ReadError::Damaged) };
        let mut bytes = Vec::with_capacity(usize::try_from(self.size_bytes).unwrap_or_default());
        body.take(self.size_bytes).read_to_end(&mut bytes)?;
        if hash::<Md5>(&bytes) == record.etag { Ok(bytes) } else { Err(ReadError::Damaged) }
    }
}

/// Whether anything is in a folder.
fn holds_files(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether [`Folder::written`] gives such names, which begin with the number of a process.
fn is_temporary(name: &OsStr) -> bool {
    let process = name.to_str().and_then(|name| name.split_once('-')).map(|(process, _)| process);
    process.is_some_and(|process| process.parse::<u32>().is_ok())
}

fn changes_too_fast() -> io::Error {
    io::Error::other("the object changes faster than it can be read")
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
