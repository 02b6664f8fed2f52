//! Where things are: the repository, and the build directory in which the tools are kept too.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the repository. Cargo tells where that is now. The path that was compiled in may be where the
/// repository was before it moved.
pub(crate) fn root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or_else(|| xtask.clone(), Path::to_path_buf)
}

/// Cargo's target directory: the one that this program was built into, wherever the user's settings put it.
/// It is known by the file with which cargo marks it as a cache.
pub(crate) fn target() -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    let marked = own.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    marked.map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// Where set-up puts the tools that are not the system's.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// The first of `names` that is a program on the PATH.
pub(crate) fn program(names: &[&'static str]) -> Option<&'static str> {
    let path = env::var_os("PATH")?;
    names.iter().copied().find(|name| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
