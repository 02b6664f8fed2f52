//! The program itself, served from a folder, with what the system knows of it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::{env, fs};

/// A program that serves until its test ends.
pub(super) struct Program {
    pub(super) addr: SocketAddr,
    child: Child,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program that was built with the tests, or the one that the environment names.
fn path() -> PathBuf {
    named().unwrap_or_else(|| env!("CARGO_BIN_EXE_tideline_program").into())
}

/// The program that is to be measured, such as one that was built for release.
pub(super) fn named() -> Option<PathBuf> {
    env::var_os("TIDELINE_PROGRAM").map(PathBuf::from)
}

impl Program {
    /// Serves the lake of a folder, with no job but those that are asked for. It may open so many files.
    pub(super) fn serve(folder: &Path, open_files: Option<u64>) -> Self {
        let mut command = match open_files {
            None => Command::new(path()),
            Some(open_files) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("ulimit -n {open_files}; exec \"$0\" \"$@\"")]).arg(path());
                shell
            }
        };
        command.args(["serve", "--no-schedule", "--port", "0"]);
        let mut child = in_folder(&mut command, folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut told = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut told).unwrap();
        let addr = told.split("http://").nth(1).and_then(|told| told.split(';').next()).expect("an address");
        Self { addr: addr.parse().unwrap(), child }
    }

    /// How many files it has open, its connections among them. Nobody knows where there is no `/proc`.
    pub(super) fn open_files(&self) -> Option<usize> {
        Some(fs::read_dir(format!("/proc/{}/fd", self.child.id())).ok()?.count())
    }

    /// The most memory that it has ever had, in MB.
    pub(super) fn peak_mb(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kib * 1024 / 1_000_000)
    }
}

/// Makes a sandbox factory of so many days in a folder, and brings it into the lake there.
pub(super) fn fill(folder: &Path, days: u32) {
    let days = days.to_string();
    for arguments in [&["sandbox", "--fresh", "--days", days.as_str(), "--out", "erp.db"][..], &["extract"]] {
        let Output { status, stderr, .. } =
            in_folder(Command::new(path()).args(arguments), folder).output().unwrap();
        assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    }
}

fn in_folder<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command
        .current_dir(folder)
        .env("SOURCE_DB", format!("sqlite://{}", folder.join("erp.db").display()))
        .env("LAKE", folder.join("lake"))
        .env_remove("RUST_LOG")
}
