//! `cargo xtask demo`: from a fresh clone to the running system. What would go wrong is said before the long
//! build, not after it, where it can be known.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{cargo, program, show, step};
use crate::{page, place, setup};

const DEFAULT_PORT: u16 = 8000;

/// Sets up, builds, and becomes `tideline demo` with these options.
pub(crate) fn run(options: &[String]) -> Result<()> {
    port_is_free(port(options)?)?;
    setup::disk_space("tideline")?;
    setup::rust()?;
    page::build_if_changed()?;
    step("Building tideline (several minutes at first, seconds later)", || {
        show(cargo(&["build", "--bin", "tideline", "--locked"]))
    })?;
    let mut tideline = program(place::target().join("debug").join("tideline"), &["demo"]);
    tideline.args(options);
    println!("\n==> Starting the system: Ctrl-C stops it");
    become_program(tideline)
}

/// The port that the options ask for.
fn port(options: &[String]) -> Result<u16> {
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let value = if option == "--port" {
            options.next().map(String::as_str)
        } else {
            option.strip_prefix("--port=")
        };
        if let Some(value) = value {
            return value
                .parse()
                .with_context(|| format!("`--port {value}` is no port: a number up to 65535 is wanted"));
        }
    }
    Ok(DEFAULT_PORT)
}

fn port_is_free(port: u16) -> Result<()> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let other = if port < u16::MAX { port + 1 } else { DEFAULT_PORT };
            bail!(
                "port {port} is in use: stop the program that has it, or take another one: `cargo xtask demo --port {other}`"
            )
        }
        Err(error) => Err(error)
            .with_context(|| format!("port {port} cannot be opened: take another one with `--port`")),
        Ok(_) => Ok(()),
    }
}

/// Replaces this process by the program. So signals reach the program alone, and the shell sees its exit
/// code.
#[cfg(unix)]
fn become_program(mut program: Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(program.exec()).context("tideline could not be started")
}

#[cfg(not(unix))]
fn become_program(program: Command) -> Result<()> {
    show(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port_of(options: &[&str]) -> Result<u16> {
        port(&options.iter().map(|option| (*option).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_port_is_found_in_both_ways_of_writing_it() {
        assert_eq!(port_of(&[]).unwrap(), 8000);
        assert_eq!(port_of(&["--fresh", "--port", "8123", "--days", "7"]).unwrap(), 8123);
        assert_eq!(port_of(&["--port=8124"]).unwrap(), 8124);
        assert!(port_of(&["--port", "http"]).unwrap_err().to_string().contains("`--port http`"));
    }

    #[test]
    fn a_port_in_use_is_named_with_another_one_to_take() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let message = port_is_free(port).unwrap_err().to_string();
        assert!(message.starts_with(&format!("port {port} is in use: ")), "{message}");
        drop(taken);
        port_is_free(port).unwrap();
    }
}
