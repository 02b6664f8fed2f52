//! A program and all programs that it starts. None of them outlives the test, however the test ends.
//!
//! They are found by a mark in their environment. A program hands its environment on to the programs that it
//! starts, whichever process group they are in.

use std::fs;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const MARK: &str = "TIDELINE_TEST_TREE";

/// A running program and all programs that it started. They are killed when this value is dropped.
#[derive(Debug)]
pub struct Tree {
    root: Child,
    mark: String,
}

impl Tree {
    pub fn start(mut command: Command) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let value = format!("{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let root = command.env(MARK, &value).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { root, mark: format!("{MARK}={value}") }
    }

    pub fn root(&mut self) -> &mut Child {
        &mut self.root
    }

    /// Asks the first program to stop, as Ctrl-C does, and waits until all have ended. Fails if one does not.
    pub async fn interrupt(&mut self) -> ExitStatus {
        self.end_by("INT").await
    }

    /// Tells the first program to end, and waits until all have ended. Fails if one does not. Whoever runs the
    /// tests in the background of a shell hands on that interrupts are ignored, but not this.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.end_by("TERM").await
    }

    async fn end_by(&mut self, name: &str) -> ExitStatus {
        signal(name, &[self.root.id()]);
        for _ in 0..600 {
            if let Some(status) = self.root.try_wait().expect("a child")
                && self.members().is_empty()
            {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("these did not end: {:?}", self.members().into_iter().map(command_line).collect::<Vec<_>>());
    }

    /// The processes of the tree that still exist.
    pub fn members(&self) -> Vec<u32> {
        let processes = fs::read_dir("/proc").expect("a system with /proc").filter_map(Result::ok);
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter(|id| {
            fs::read(format!("/proc/{id}/environ")).is_ok_and(|environ| {
                environ.split(|byte| *byte == 0).any(|variable| variable == self.mark.as_bytes())
            })
        })
        .collect()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // Each pass may find processes that were only being started during the previous pass.
        for _ in 0..50 {
            let members = self.members();
            if members.is_empty() {
                break;
            }
            signal("KILL", &members);
            std::thread::sleep(Duration::from_millis(20));
            let _ = self.root.try_wait();
        }
        let _ = self.root.wait();
    }
}

fn signal(name: &str, processes: &[u32]) {
    let ids: Vec<_> = processes.iter().map(u32::to_string).collect();
    // The shell has its own `kill`, while not every system has the program. Complaints about processes that
    // have just ended are dropped.
    let _ = Command::new("sh").args(["-c", &format!("kill -{name} {} 2>/dev/null", ids.join(" "))]).status();
}

fn command_line(process: u32) -> String {
    let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).replace('\0', " ")
}
