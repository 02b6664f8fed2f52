//! The command line. Exit code 0 means done, 1 refused or failed (one line says why), 2 wrong usage.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use process::variable;

use crate::DATABASE;
use crate::erp::Erp;
use crate::secret::{ReaderPassword, Secret};
use crate::server::SqlServer;
use crate::set_up::{Existing, Progress, set_up};
use crate::target::{DEFAULT_ADDRESS, Target};

/// How often a long load says how far it has come.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Loads the sandbox factory into a SQL Server on this machine.
///
/// SANDBOX_SA_PASSWORD is the server's password, READER_PASSWORD the one that the login `pipeline_reader`
/// gets.
#[derive(Parser)]
#[command(name = "sql-server-sandbox", version)]
struct Arguments {
    /// The sandbox factory's SQLite file, made by `tideline sandbox`
    #[arg(long)]
    erp: PathBuf,
    /// A SQL Server on this machine; its password is better kept in SANDBOX_SA_PASSWORD
    #[arg(long, default_value = DEFAULT_ADDRESS)]
    address: String,
    /// Replace the sandbox that is there
    #[arg(long)]
    fresh: bool,
}

pub fn program() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            error.exit()
        }
        Err(error) => {
            // clap's own message repeats the arguments, which may be an address with its password.
            eprintln!("error: {}\n\n{}", error.kind(), Arguments::command().render_usage());
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    // Everything that can be refused is refused before anything is opened.
    // Passwords are taken as they are: a blank at an end belongs to them.
    let target = Target::read(&arguments.address, variable("SANDBOX_SA_PASSWORD").map(Secret::new))?;
    let reader = ReaderPassword::new(&variable("READER_PASSWORD").unwrap_or_default())?;
    let erp = Erp::open(&arguments.erp)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(load(
        &target,
        &erp,
        &reader,
        if arguments.fresh { Existing::Replace } else { Existing::Keep },
    ))
}

async fn load(target: &Target, erp: &Erp, reader: &ReaderPassword, existing: Existing) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut told = began;
    let mut server = SqlServer::connect(target, "master").await?;
    println!("loading into `{DATABASE}` on {target} …");
    let loaded = set_up(&mut server, erp, reader, existing, |Progress { table, rows, of }| {
        if told.elapsed() > TELL_EVERY {
            told = Instant::now();
            println!("  {table}: {rows} of {of} rows");
        }
    })
    .await?;
    let rows: u64 = loaded.rows.iter().map(|(_, rows)| rows).sum();
    println!("  {rows} rows in {} tables, {:.1} s", loaded.rows.len(), began.elapsed().as_secs_f64());
    println!(
        "  as messy as they are, these columns are not what schema.sql says: {}",
        loaded.widened.join(", ")
    );
    println!("\nTideline reads it with\n\n  {}", source_db(target));
    Ok(())
}

/// The line with which people go on. The password stays in its variable. Its characters need no encoding.
fn source_db(target: &Target) -> String {
    let plain = if target.encrypt { "" } else { "encrypt=false&" };
    format!(
        "export SOURCE_DB=\"mssql://pipeline_reader:$READER_PASSWORD@{target}/{DATABASE}?{plain}trust_server_certificate=true\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_to_type_names_the_reader_and_no_password() {
        let target = Target::read("mssql://sa:Correct-horse-1@localhost:1433", None).unwrap();
        let line = "export SOURCE_DB=\"mssql://pipeline_reader:$READER_PASSWORD@localhost:1433/tideline_sandbox?trust_server_certificate=true\"";
        assert_eq!(source_db(&target), line);
    }

    #[test]
    fn the_command_line_is_one_that_clap_can_parse() {
        Arguments::command().debug_assert();
    }
}
