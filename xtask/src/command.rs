//! Running other programs: announced, timed, and with one plain line when one fails.
//!
//! Builds and tests show their own output. Downloads only show that they go on: their output says little
//! while they work, and far too much when there is no network. When a download fails, its output is kept in a
//! log.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::place;

/// How often a quiet step says that it goes on.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// A program that will run in the repository's root.
pub(crate) fn program(name: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(place::root());
    command
}

/// The cargo that started this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// Does a step between two lines that say what it is and how long it took.
pub(crate) fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n==> {title}");
    let started = Instant::now();
    let outcome = work()?;
    println!("    done in {:.1} s", started.elapsed().as_secs_f32());
    Ok(outcome)
}

/// Runs a program that shows its own output.
pub(crate) fn show(mut command: Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(&command))?;
    if !status.success() {
        bail!("`{}` failed, see above", line(&command));
    }
    Ok(())
}

/// Runs a program that shows its own output, and gives each line of its standard output to `on_line`. Tells
/// whether it succeeded.
pub(crate) fn watch(mut command: Command, mut on_line: impl FnMut(&str)) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| cannot_start(&command))?;
    let output = child.stdout.take().context("no standard output to read")?;
    for read in BufReader::new(output).split(b'\n') {
        let bytes = read?;
        let text = String::from_utf8_lossy(&bytes);
        println!("{text}");
        on_line(&text);
    }
    Ok(child.wait()?.success())
}

/// Runs a program without showing its output. Tells whether it succeeded.
pub(crate) fn succeeds(mut command: Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a program that fetches something, without showing its output. If it fails, the error says that `what`
/// could not be fetched, and `advice` says what to do then.
pub(crate) fn fetch(what: &str, advice: &str, mut command: Command) -> Result<()> {
    println!("    fetching {what}");
    let shown = line(&command);
    let (done, waiting) = channel();
    thread::spawn(move || done.send(command.stdin(Stdio::null()).output()));
    let started = Instant::now();
    let output = loop {
        match waiting.recv_timeout(SIGN_OF_LIFE) {
            Ok(output) => {
                break output.with_context(|| format!("`{shown}` could not be started: {advice}"))?;
            }
            Err(RecvTimeoutError::Timeout) => println!("    … {} s", started.elapsed().as_secs()),
            Err(RecvTimeoutError::Disconnected) => bail!("`{shown}` was lost"),
        }
    };
    if output.status.success() {
        return Ok(());
    }
    let log = place::tools().join("failed.log");
    let complaint = String::from_utf8_lossy(&output.stderr);
    fs::create_dir_all(place::tools())?;
    fs::write(&log, format!("{shown}\n{}{complaint}", String::from_utf8_lossy(&output.stdout)))?;
    Err(anyhow!(
        "could not fetch {what} ({}): {advice}; details are in {}",
        reason(&complaint),
        log.display()
    ))
}

/// The one line of a program's complaint that says most: its last cause if it names causes, else its first
/// error, else its last line.
fn reason(complaint: &str) -> &str {
    let lines = || complaint.lines().map(str::trim).filter(|line| !line.is_empty());
    let after_cause = complaint
        .rsplit_once("Caused by:")
        .and_then(|(_, causes)| causes.lines().map(str::trim).find(|line| !line.is_empty()));
    let errors = ["error", "npm error", "npm ERR!", "E:"];
    let first_error = || {
        lines().find(|line| {
            errors.iter().any(|error| line.starts_with(error) || line.starts_with(&error.to_uppercase()))
        })
    };
    after_cause.or_else(first_error).or_else(|| lines().next_back()).unwrap_or("it gave no reason")
}

fn cannot_start(command: &Command) -> String {
    format!("`{}` could not be started", line(command))
}

fn line(command: &Command) -> String {
    let name = std::path::Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(name).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_line_that_says_most() {
        let cargo = "error: failed to download `x`\n\nCaused by:\n  unable to get packages\n\nCaused by:\n  Could not resolve hostname\n";
        assert_eq!(reason(cargo), "Could not resolve hostname");
        assert_eq!(
            reason("warning: y\nerror: could not download file\nnote: z\n"),
            "error: could not download file"
        );
        assert_eq!(
            reason("WARNING: retrying\nERROR: No matching distribution found\n"),
            "ERROR: No matching distribution found"
        );
        assert_eq!(
            reason("W: old\nE: Unable to fetch some archives\nE: later\n"),
            "E: Unable to fetch some archives"
        );
        assert_eq!(reason("first\nlast\n\n"), "last");
        assert_eq!(reason("\n"), "it gave no reason");
    }

    #[test]
    fn a_failed_fetch_says_what_why_and_what_to_do() {
        let failing = program("sh", &["-c", "echo noise >&2; echo 'error: no route' >&2; exit 3"]);
        let message = fetch("the moon", "look up", failing).unwrap_err().to_string();
        assert!(message.starts_with("could not fetch the moon (error: no route): look up; "), "{message}");
    }

    #[test]
    fn every_line_of_a_watched_program_passes_and_its_outcome_is_told() {
        let mut seen = Vec::new();
        assert!(
            !watch(program("sh", &["-c", "printf 'one\\ntwo\\377\\nthree'; exit 1"]), |line| seen
                .push(line.to_owned()))
            .unwrap()
        );
        assert_eq!(seen, ["one", "two\u{fffd}", "three"]);
        assert!(watch(program("true", &[]), |_| ()).unwrap());
    }
}
