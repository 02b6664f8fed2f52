//! `tideline sandbox`: a made-up factory's ERP.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{NaiveDateTime, Utc};
use chrono_tz::Tz;
use clap::Args;

use super::count;
use crate::sandbox::{self, Live};

/// Options of a sandbox.
#[derive(Debug, Args)]
pub struct Sandbox {
    /// Where to write it
    #[arg(long, default_value = "data/erp.db")]
    out: PathBuf,
    /// Days of history
    #[arg(long, default_value_t = 90)]
    days: u32,
    /// The same seed and end give the same rows
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep producing as the clock runs
    #[arg(long)]
    live: bool,
    /// Replace what is there
    #[arg(long)]
    fresh: bool,
}

impl Sandbox {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let tz = super::settings()?.factory_tz;
        if self.fresh {
            sandbox::remove(&self.out)?;
        }
        if !(self.live && self.out.exists()) {
            create(&self.out, self.days, self.seed, tz).await?;
        }
        let settings = settings_beside(&self.out)?;
        println!("its settings: {}; `tideline settings put` brings them into the lake", settings.display());
        if self.live {
            println!("producing into {}; stop with Ctrl-C", self.out.display());
            tokio::select! {
                done = produce(self.out, tz) => done?,
                signal = tokio::signal::ctrl_c() => signal.context("listening for Ctrl-C")?,
            }
        }
        Ok(())
    }
}

/// Writes a sandbox that ends now, telling how far it is.
pub(super) async fn create(path: &Path, days: u32, seed: u64, tz: Tz) -> anyhow::Result<()> {
    println!("making a sandbox factory with {days} days of history in {} …", path.display());
    let (path, began) = (path.to_owned(), Instant::now());
    let summary = tokio::task::spawn_blocking(move || {
        let mut told = Instant::now();
        sandbox::create(&path, now(tz), days, seed, |progress| {
            if told.elapsed() > Duration::from_secs(2) {
                told = Instant::now();
                println!(
                    "  {} of {} days, {} rows",
                    progress.days_done,
                    progress.days,
                    count(progress.rows.try_into().unwrap_or(i64::MAX))
                );
            }
        })
    })
    .await??;
    println!(
        "  {} rows in {:.1} s",
        count(summary.total().try_into().unwrap_or(i64::MAX)),
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Writes the settings of the sandbox factory beside its ERP, unless a file of that name is there: somebody
/// may have changed it. Returns where they are.
pub(super) fn settings_beside(erp: &Path) -> anyhow::Result<PathBuf> {
    let path = erp.with_file_name("factory.toml");
    match File::create_new(&path).and_then(|mut file| file.write_all(sandbox::factory_toml().as_bytes())) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("writing `{}`", path.display()))
        }
        _ => Ok(path),
    }
}

/// Keeps a sandbox producing.
pub(super) async fn produce(path: PathBuf, tz: Tz) -> anyhow::Result<()> {
    const PAUSE: Duration = Duration::from_secs(2);
    let mut live = Some(tokio::task::spawn_blocking(move || Live::open(&path)).await??);
    loop {
        let Some(mut current) = live.take() else { return Ok(()) };
        let (back, advance) = tokio::task::spawn_blocking(move || {
            let advance = current.advance_to(now(tz));
            (current, advance)
        })
        .await?;
        live = Some(back);
        if advance?.is_caught_up {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The factory's wall clock.
fn now(tz: Tz) -> NaiveDateTime {
    Utc::now().with_timezone(&tz).naive_local()
}
