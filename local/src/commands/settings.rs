//! `tideline settings`: what the factory tells us once, as the file `factory.toml`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use domain::settings::FactorySettings;
use lake::{Fetched, Lake, keys};
use warehouse::settings::{State, known_lines, look_at, parse, told_bad};

use crate::place;

/// What is done with the settings.
#[derive(Debug, Args)]
pub struct Settings {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say whether a file can be taken, and else what is wrong in which line
    Check { file: PathBuf },
    /// Check a file and put it into the lake; the next run takes it
    Put { file: PathBuf },
    /// Print the file that is in the lake
    Show,
}

impl Settings {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (address, factory) = (super::ENVIRONMENT.lake(), super::ENVIRONMENT.factory_id()?);
        match self.action {
            // To open the folder would make it.
            Action::Check { file } if !address.contains("://") && !Path::new(&address).exists() => {
                told(&checked(&file, &read(&file)?, None)?, None);
            }
            Action::Check { file } => {
                let open = place::open(&address, &factory).await?;
                let lines = lines(&open.lake).await?;
                told(&checked(&file, &read(&file)?, lines.as_ref())?, lines.as_ref());
            }
            Action::Put { file } => {
                let open = place::open(&address, &factory).await?;
                put(&open.lake, &file).await?;
                println!("put into the lake as {}: the next run takes it", keys::SETTINGS);
            }
            Action::Show => show(&place::open(&address, &factory).await?.lake).await?,
        }
        Ok(())
    }
}

/// Checks a file of settings and puts it into the lake.
pub(super) async fn put(lake: &Lake, file: &Path) -> anyhow::Result<()> {
    let bytes = read(file)?;
    checked(file, &bytes, lines(lake).await?.as_ref())?;
    Ok(lake.put_settings_file(bytes).await?)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("`{}` cannot be read", file.display()))
}

fn checked(file: &Path, bytes: &[u8], lines: Option<&BTreeSet<String>>) -> anyhow::Result<FactorySettings> {
    parse(bytes, lines).map_err(|bad| anyhow!("`{}`, {bad}", file.display()))
}

/// The lines that the lake knows.
async fn lines(lake: &Lake) -> anyhow::Result<Option<BTreeSet<String>>> {
    let manifest = lake.manifest().await?.map(|(manifest, _)| manifest).unwrap_or_default();
    Ok(known_lines(lake, &manifest).await?)
}

fn told(settings: &FactorySettings, lines: Option<&BTreeSet<String>>) {
    let FactorySettings { shifts, lines: told, prices, .. } = settings;
    let prices = prices.products.len() + prices.tiers.len();
    println!("ok: {} shifts, {} lines, {prices} prices", shifts.len(), told.len());
    if lines.is_none() && !told.is_empty() {
        println!("whether the ERP has these lines is not known before a run has read them");
    }
}

async fn show(lake: &Lake) -> anyhow::Result<()> {
    let Fetched::New(file) = lake.settings_file(None).await? else {
        println!("# there is no {} in the lake: the defaults hold", keys::SETTINGS);
        return Ok(());
    };
    print!("{}", String::from_utf8_lossy(&file.bytes));
    let manifest = lake.manifest().await?.map(|(manifest, _)| manifest).unwrap_or_default();
    // Not among the lines of the file, so that these can be written to another file.
    match look_at(lake, &manifest).await? {
        Some(Ok(State::Waiting)) => eprintln!("not in force yet: the next run takes it"),
        Some(Err(bad)) => eprintln!("not in force: {}", told_bad(&bad)),
        Some(Ok(State::InForce)) | None => {}
    }
    Ok(())
}
