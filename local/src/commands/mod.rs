//! What the command line offers.

pub mod demo;
pub mod doctor;
pub mod extract;
pub mod s3;
pub mod sandbox;
pub mod serve;
pub mod settings;

use std::path::PathBuf;

use clap::Subcommand;
use extractor_function::source::Address;
use extractor_function::{Nightly, Settings};
use process::Environment;

use crate::page::Page;

/// A command with its options.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole system with a sandbox factory
    Demo(demo::Demo),
    /// Write a sandbox factory's ERP (SQLite)
    Sandbox(sandbox::Sandbox),
    /// Extract from the ERP once, and bring the marts up to date
    Extract(extract::Extract),
    /// Check ERP, login, tables, clock and lake without changing anything
    Doctor(doctor::Doctor),
    /// Serve API and dashboard, and extract on a schedule
    Serve(serve::Serve),
    /// Check, put or show what the factory tells us once: shifts, grades, limits, prices
    Settings(settings::Settings),
    /// Serve the lake folder as S3 on a fixed port, for `cargo lambda watch` and other S3 clients
    S3(s3::S3),
}

impl Command {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Demo(demo) => demo.run().await,
            Self::Sandbox(sandbox) => sandbox.run().await,
            Self::Extract(extract) => extract.run().await,
            Self::Doctor(doctor) => doctor.run().await,
            Self::Serve(serve) => serve.run().await,
            Self::Settings(settings) => settings.run().await,
            Self::S3(s3) => s3.run().await,
        }
    }
}

/// The variables of this process.
const ENVIRONMENT: Environment<fn(&str) -> Option<String>> = Environment(process::variable);

/// The settings that the environment gives.
fn settings() -> anyhow::Result<Settings> {
    Ok(Settings::read(&ENVIRONMENT)?)
}

/// When the ERP is compared with the lake.
fn nightly(settings: &Settings) -> anyhow::Result<Nightly> {
    Ok(Nightly::read(&ENVIRONMENT, settings.factory_tz)?)
}

/// The dashboard: that of the folder `DASHBOARD`, or the one inside this program.
fn page() -> Page {
    ENVIRONMENT.given("DASHBOARD").map_or(Page::Inside, |folder| Page::Folder(folder.into()))
}

/// The SQLite file of a sandbox, if that is what `SOURCE_DB` names.
fn sandbox_file(settings: &Settings) -> anyhow::Result<PathBuf> {
    match &settings.source_db {
        Address::Sqlite(path) => Ok(path.clone()),
        Address::SqlServer(_) => anyhow::bail!(
            "SOURCE_DB does not name a SQLite file: the demo brings its own sandbox factory, so unset SOURCE_DB"
        ),
    }
}

/// A count with separators between thousands.
fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if n < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    #[test]
    fn counts_are_separated_by_thousands() {
        for (n, expect) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")]
        {
            assert_eq!(super::count(n), expect);
        }
    }
}
