//! `cargo xtask <command>`: everything a developer starts, from set-up to the running system, without a shell
//! script.
//!
//! It knows the tools and the order of the steps. It knows no crate of the workspace: it must start before
//! any of them compiles.

mod backtest;
mod command;
mod demo;
mod generate;
mod page;
mod place;
mod setup;
mod suite;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  demo [--port 8000] [--days 30] [--fresh]
                          set everything up, build it, and run the whole system with a sandbox factory;
                          further options go to `tideline demo`
  page                    build the dashboard into frontend/dist
  test [--all] [filter]   formatting, lints, all tests, the AWS template; --all plays many more
                          random schedules of faults, and every fault at every call of a job,
                          and has Spark judge the marts too;
                          a filter runs only the tests whose names contain it
  backtest [days seed…]   how well the projection of shifts would have told those of sandbox factories;
                          three factories of 90 days where none are named
  lint                    formatting and lints, and the licences and sources of the dependencies if cargo-deny is there
  generate                renew the files that follow from the declarations: the API's description with its
                          examples, routes and rights, the README's table, the staging tables in SQL
  help                    this";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) =
        arguments.split_first().map_or(("help", &[][..]), |(command, rest)| (command.as_str(), rest));
    let outcome = match command {
        "demo" => demo::run(rest).map(|()| ExitCode::SUCCESS),
        "page" if rest.is_empty() => page::build().map(|()| ExitCode::SUCCESS),
        "test" => match suite::Options::parse(rest) {
            Ok(options) => suite::run(&options),
            Err(wrong) => return wrong_usage(&wrong),
        },
        "backtest" => backtest::run(rest).map(|()| ExitCode::SUCCESS),
        "generate" if rest.is_empty() => generate::run().map(|()| ExitCode::SUCCESS),
        "lint" if rest.is_empty() => suite::lint().map(|()| ExitCode::SUCCESS),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        "page" | "generate" | "lint" => {
            return wrong_usage(&format!("`{command}` takes no argument, `{}` was given", rest[0]));
        }
        other => return wrong_usage(&format!("there is no command `{other}`")),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("\nerror: {error:#}");
        ExitCode::FAILURE
    })
}

fn wrong_usage(wrong: &str) -> ExitCode {
    eprintln!("error: {wrong}\n\n{HELP}");
    ExitCode::from(2)
}
