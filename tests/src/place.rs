//! Where the tests find what was set up and built before them. If something is missing, the test fails and
//! says what to do.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// The target directory that this test was built into. Cargo marks it as a cache, by which it is found.
pub fn target() -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    own.ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .map_or_else(|| root().join("target"), Path::to_owned)
}

/// A program of the Python environment that `cargo xtask test` sets up.
pub fn python_program(name: &str) -> PathBuf {
    there(target().join("tools/venv/bin").join(name))
}

/// The dashboard that `cargo xtask test` builds.
pub fn page() -> PathBuf {
    let page = root().join("frontend/dist");
    there(page.join("index.html"));
    page
}

/// The first of these programs that the PATH has.
pub fn program(names: &[&str]) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let places = names.iter().flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)));
    places
        .into_iter()
        .find(|place| place.is_file())
        .unwrap_or_else(|| panic!("no `{}` is on the PATH: run `cargo xtask test`", names.join("` or `")))
}

fn there(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "`{}` is not there: run `cargo xtask test`", path.display());
    path
}
