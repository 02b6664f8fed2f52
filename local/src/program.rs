//! The command line. Exit code 0: done; 1: failed, and one line says why; 2: wrong usage.

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::server::raise_open_files;

/// Tideline on one machine: a live view of a fish factory's production
#[derive(Parser)]
#[command(name = "tideline", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Does what the command line asks for.
pub fn program() -> ExitCode {
    let arguments = Arguments::parse();
    process::logs::init_for_people("warn,tideline=info,extractor_function=info,warehouse=info");
    raise_open_files();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let done = runtime.block_on(arguments.command.run());
    // Work on files that is still going on is not waited for: every write is one atomic step.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {}", process::chain(error.as_ref()));
    ExitCode::FAILURE
}
