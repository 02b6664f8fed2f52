//! The command line. Exit code 0: done; 1: failed, and one line says why; 2: wrong usage.

use std::env::args_os;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use process::may_hold_password;

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
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return unparsed(&error),
    };
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

/// Says what is wrong with the command line, or prints the help that it asks for.
fn unparsed(error: &clap::Error) -> ExitCode {
    // A password may have blanks, and a shell takes it apart there. So all arguments are looked at together.
    let line: Vec<_> = args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    if error.use_stderr() && may_hold_password(&line.join(" ")) {
        // clap's own message repeats the arguments.
        eprintln!(
            "error: {}; no argument is repeated, because one may hold a password: addresses are given by \
             SOURCE_DB and LAKE\n\n{}",
            error.kind(),
            Arguments::command().render_usage()
        );
    } else {
        // Whoever closed the output does not read it.
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {}", process::chain(error.as_ref()));
    ExitCode::FAILURE
}
