//! File work for the S3 server: moves files into place and creates and removes folders so that the change
//! survives a power cut, and hashes contents.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use s3s::crypto::{Checksum, Md5};
use tempfile::NamedTempFile;

/// Moves a temporary file to its place under `top`, and creates the folders between.
pub(super) fn publish(file: NamedTempFile, top: &Path, path: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(top);
    create_folders(parent, top)?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(parent)
}

/// Like `create_dir_all`, but the new folders survive a power cut.
fn create_folders(folder: &Path, top: &Path) -> io::Result<()> {
    if folder == top || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(top);
    create_folders(parent, top)?;
    fs::create_dir(folder)?;
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
