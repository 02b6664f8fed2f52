//! What must be on the machine before a build or a test: disk space, crates, the wasm target, wasm-opt,
//! Python programs, a browser.
//!
//! Each is fetched once and kept. A later start only sees that it is there.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, fetch, program, step, succeeds};
use crate::place;

/// The target that the dashboard is compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The npm package that holds wasm-opt.
const BINARYEN: &str = "binaryen@132.0.0";

const NETWORK: &str = "check the network (and the proxy, if there is one) and start again";

const GIGABYTE: u64 = 1_000_000_000;
/// What a first build writes, with some room.
const FIRST_BUILD_BYTES: u64 = 6 * GIGABYTE;
/// What a build after that may add.
const LATER_BUILD_BYTES: u64 = GIGABYTE;

/// Checks that a build will fit on the disk. `built` is a program that the first build leaves behind.
pub(crate) fn disk_space(built: &str) -> Result<()> {
    let target = place::target();
    let needed =
        if target.join("debug").join(built).exists() { LATER_BUILD_BYTES } else { FIRST_BUILD_BYTES };
    let free = fs4::available_space(&target)
        .with_context(|| format!("the free space of `{}` is unknown", target.display()))?;
    if let Some(missing) = missing_gb(needed, free) {
        bail!(
            "not enough disk space in `{}`: the build needs {} GB, {missing} GB are missing: free them and start again",
            target.display(),
            needed / GIGABYTE
        );
    }
    Ok(())
}

fn missing_gb(needed: u64, free: u64) -> Option<String> {
    let missing = needed.checked_sub(free).filter(|missing| *missing > 0)?;
    Some(format!("{:.1}", (missing as f64 / GIGABYTE as f64).max(0.1)))
}

/// The crates of Cargo.lock and the wasm target.
pub(crate) fn rust() -> Result<()> {
    let host = format!("--target={}", host()?);
    let wasm = format!("--target={WASM}");
    let crates = ["fetch", "--locked", "--quiet", &host, &wasm];
    if !succeeds(cargo(&[&crates[..], &["--offline"]].concat())) {
        step("Fetching the crates (a few minutes at first)", || {
            fetch("the crates of Cargo.lock", NETWORK, cargo(&crates))
        })?;
    }
    if !wasm_target_is_there()? {
        let advice =
            "the dashboard needs it: check the network, or install it the way this Rust was installed";
        step("Adding the wasm target", || {
            fetch("the Rust target for wasm", advice, program("rustup", &["target", "add", WASM]))
        })?;
    }
    Ok(())
}

fn host() -> Result<String> {
    let version =
        answer(program("rustc", &["-vV"])).context("`rustc` does not answer: install Rust with rustup")?;
    let host =
        version.lines().find_map(|line| line.strip_prefix("host: ")).context("`rustc -vV` names no host")?;
    Ok(host.to_owned())
}

fn wasm_target_is_there() -> Result<bool> {
    let library = answer(program("rustc", &["--print", "target-libdir", "--target", WASM]))?;
    Ok(PathBuf::from(library.trim()).is_dir())
}

/// wasm-opt. `None`, with a warning, where npm is missing or cannot fetch it: the page works without, only
/// larger.
pub(crate) fn wasm_opt() -> Option<Command> {
    let folder = place::tools().join(BINARYEN);
    let installed = folder.join("node_modules").join("binaryen").join("bin").join("wasm-opt");
    if !installed.is_file() {
        let fetched = if place::program(&["npm"]).is_some() {
            let mut npm = program(
                "npm",
                &[
                    "install",
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts",
                    "--fetch-retries=1",
                    "--fetch-retry-mintimeout=1000",
                ],
            );
            npm.arg("--prefix").arg(&folder).arg(BINARYEN);
            fetch("wasm-opt (npm package binaryen)", NETWORK, npm)
        } else {
            Err(anyhow::anyhow!("npm is not installed: `apt-get install nodejs npm` brings it"))
        };
        if let Err(error) = fetched {
            println!("    warning: the page stays larger than it could be: {error:#}");
            return None;
        }
    }
    let mut command = program("node", &[]);
    command.arg(installed);
    Some(command)
}

/// Installs the Python programs of requirements.txt in an environment of their own, and for `--all` those of
/// requirements-all.txt too. Gives the folder that holds the programs.
pub(crate) fn python(all: bool) -> Result<PathBuf> {
    let environment = place::tools().join("venv");
    let programs = environment.join("bin");
    let mut lists = vec![("requirements.txt", include_str!("../requirements.txt"))];
    if all {
        if place::program(&["java"]).is_none() {
            bail!("Spark needs Java 17: `apt-get install openjdk-17-jre-headless` brings it");
        }
        lists.push(("requirements-all.txt", include_str!("../requirements-all.txt")));
    }
    for (list, wanted) in lists {
        let stamp = environment.join(format!("installed-{list}"));
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            continue;
        }
        step(&format!("Installing the Python programs of xtask/{list}"), || {
            let Some(python) = place::program(&["python3", "python"]) else {
                bail!("Python 3 is not installed: `apt-get install python3 python3-venv` brings it");
            };
            let mut create = program(python, &["-m", "venv"]);
            create.arg(&environment);
            fetch("a Python environment", "install the module venv: `apt-get install python3-venv`", create)?;
            // Not the script `pip` itself: its first line names the folder that the environment was made in,
            // and the environment may have been copied since.
            let mut install = program(
                programs.join("python"),
                &[
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--retries=2",
                    "--requirement",
                ],
            );
            install.arg(place::root().join("xtask").join(list));
            fetch(&format!("the Python packages of xtask/{list}"), NETWORK, install)?;
            Ok(fs::write(&stamp, wanted)?)
        })?;
    }
    Ok(programs)
}

/// Chromium and its driver, from the system's packages where that is possible.
pub(crate) fn browser() -> Result<()> {
    let is_there = || {
        place::program(&["chromium", "chromium-browser", "google-chrome"]).is_some()
            && place::program(&["chromedriver"]).is_some()
    };
    if is_there() {
        return Ok(());
    }
    let by_hand = "install the packages `chromium` and `chromium-driver` (a Chrome or Chromium, and `chromedriver`, on the PATH)";
    let is_root = answer(program("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    if !is_root || place::program(&["apt-get"]).is_none() {
        bail!("the browser tests need Chromium and its driver: {by_hand}");
    }
    step("Installing Chromium and its driver", || {
        fetch("the list of system packages", NETWORK, program("apt-get", &["update", "--quiet"]))?;
        let mut install = program(
            "apt-get",
            &["install", "--yes", "--quiet", "--no-install-recommends", "chromium", "chromium-driver"],
        );
        install.env("DEBIAN_FRONTEND", "noninteractive");
        fetch("Chromium and its driver", by_hand, install)
    })?;
    if !is_there() {
        bail!("the packages brought no `chromium` and `chromedriver` onto the PATH: {by_hand}");
    }
    Ok(())
}

fn answer(mut command: Command) -> Result<String> {
    let output = command.stderr(Stdio::null()).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_disk_space_is_told_and_enough_is_not() {
        assert_eq!(missing_gb(6 * GIGABYTE, 6 * GIGABYTE), None);
        assert_eq!(missing_gb(6 * GIGABYTE, u64::MAX), None);
        assert_eq!(missing_gb(6 * GIGABYTE, 2_100_000_000).as_deref(), Some("3.9"));
        assert_eq!(missing_gb(GIGABYTE, GIGABYTE - 1).as_deref(), Some("0.1"));
    }
}
