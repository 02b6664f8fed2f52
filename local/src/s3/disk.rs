//! File work for the S3 server: opens plain files alone, moves files into place and creates and removes
//! folders so that the change survives a power cut, takes a lock, and hashes contents.
//!
//! What is created here is for its owner alone. Links, pipes and devices are not followed, opened or removed.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use s3s::crypto::{Checksum, Md5};
use tempfile::NamedTempFile;

/// How long a lock is waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest pause before a lock is tried again.
const LOCK_PAUSE: Duration = Duration::from_millis(40);

/// What is known of the plain file at `path` below `top`. `None` if there is none, if something else stands
/// there, or if a link leads there.
pub(super) fn plain_file(top: &Path, path: &Path) -> io::Result<Option<fs::Metadata>> {
    if is_behind_link(top, path)? {
        return Ok(None);
    }
    Ok(standing(path)?.filter(fs::Metadata::is_file))
}

/// Opens the plain file at `path` to read it; `None` if something else stands there.
pub(super) fn open_plain_file(path: &Path) -> io::Result<Option<File>> {
    // A pipe is opened at once instead of when somebody writes into it.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => Ok(file.metadata()?.is_file().then_some(file)),
        Err(error) if is_absent(&error) || is_special(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What stands at `path`, links not followed.
pub(super) fn standing(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(there) => Ok(Some(there)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether one of the folders between `top` and `path` is a link, which may lead anywhere.
pub(super) fn is_behind_link(top: &Path, path: &Path) -> io::Result<bool> {
    for folder in path.ancestors().skip(1).take_while(|folder| *folder != top) {
        if standing(folder)?.is_some_and(|there| there.is_symlink()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Creates a folder and those above it, for this user alone. It is no error if there is one.
pub(super) fn create_own_folders(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Takes the lock of a file, which is made if it is missing. The lock is held until the file is closed. Each
/// call opens the file anew, because a lock belongs to an opened file.
pub(super) fn lock(path: &Path) -> io::Result<File> {
    lock_within(path, LOCK_TIMEOUT)
}

fn lock_within(path: &Path, patience: Duration) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).mode(0o600).custom_flags(flags).open(path)?;
    let (began, mut pause) = (Instant::now(), Duration::from_millis(1));
    // The system would wait for ever, and keep a thread and the opened file as long.
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        let left = patience.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, LOCKED));
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(LOCK_PAUSE);
    }
}

/// What is said of a lock that another process does not let go of.
const LOCKED: &str = "another process has held the lock of the lake folder for 10 s: `fuser -v` or `lsof` \
                      with its file `.tideline-s3/lock` names that process; stop it, and try again";

/// Moves a temporary file to its place under `top`, and creates the folders between.
pub(super) fn publish(file: NamedTempFile, top: &Path, path: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(top);
    create_folders(parent, top)?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(parent)
}

/// Like [`create_own_folders`], but the new folders survive a power cut.
fn create_folders(folder: &Path, top: &Path) -> io::Result<()> {
    if folder == top || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(top);
    create_folders(parent, top)?;
    DirBuilder::new().mode(0o700).create(folder)?;
    sync_folder(parent)
}

/// Removes a file. Returns whether there was one.
pub(super) fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes the folders that became empty when `removed` was removed, up to `top`.
pub(super) fn drop_empty_folders(removed: &Path, top: &Path) -> io::Result<()> {
    let mut folder = removed.parent().unwrap_or(top);
    while folder != top && fs::remove_dir(folder).is_ok() {
        folder = folder.parent().unwrap_or(top);
    }
    sync_folder(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Whether an error means that there is no such file.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

/// Whether an error means that a link or a socket was not opened.
fn is_special(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ELOOP | libc::ENXIO))
}

/// The hash of the bytes, in hexadecimal digits.
pub(super) fn hash<H: Checksum>(bytes: &[u8]) -> String {
    let mut hasher = H::new();
    hasher.update(bytes);
    hex::encode(hasher.finalize())
}

/// The MD5 of the rest of a file, in hexadecimal digits.
pub(super) fn hash_of(file: &mut File) -> io::Result<String> {
    let mut hasher = Md5::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            read => hasher.update(&chunk[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_is_waited_for_and_given_up_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = lock(&path).unwrap();
        let error = lock_within(&path, Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(error.to_string().contains("`fuser -v`"), "{error}");
        let waiting = thread::spawn({
            let path = path.clone();
            move || lock(&path).map(drop)
        });
        drop(held);
        waiting.join().unwrap().unwrap();
        lock(&path).unwrap();
    }

    #[test]
    fn a_lock_that_was_given_up_is_no_longer_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("lock");
        let _held = lock(&path).unwrap();
        for _ in 0..3 {
            lock_within(&path, Duration::from_millis(20)).unwrap_err();
        }
        // Only Linux tells what a process has open.
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            let open = open.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
            assert_eq!(open.filter(|open| *open == path).count(), 1, "the one that is held");
        }
    }

    #[test]
    fn many_that_wait_for_a_lock_all_get_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let _held = lock(&path).unwrap();
                        thread::sleep(Duration::from_millis(5));
                    }
                });
            }
        });
    }

    #[test]
    fn a_link_or_a_pipe_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (link, pipe) = (folder.path().join("link"), folder.path().join("pipe"));
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(lock(&link).is_err() && !folder.path().join("elsewhere").exists());
        assert!(lock(&pipe).is_err());
    }
}
