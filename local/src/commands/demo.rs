//! `tideline demo`: a sandbox factory that produces, extraction every minute, API and dashboard, on one
//! address.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::Utc;
use clap::Args;
use lake::Fetched;

use super::sandbox::{create, produce, settings_beside};
use super::serve::{LOCALHOST, guarded, listen, serve};
use super::settings::put;
use crate::jobs::Jobs;
use crate::{app, place, sandbox, schedule};

/// Options of the demo.
#[derive(Debug, Args)]
pub struct Demo {
    /// The port on this machine
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Days of history in a new sandbox
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// Begin again with a new sandbox and an empty lake
    #[arg(long)]
    fresh: bool,
}

/// Seconds between the starts of two jobs.
const EVERY: Duration = Duration::from_mins(1);

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let listener = listen(LOCALHOST, self.port).await?;
        let settings = super::settings()?;
        let (file, address) = (super::sandbox_file(&settings)?, super::ENVIRONMENT.lake());
        if self.fresh {
            sandbox::remove(&file)?;
            remove_lake(&address)?;
        }
        let open = place::open(&address, &settings.factory_id).await?;
        let state =
            ::serve::State::new(open.lake.clone(), ::serve::Settings::read(&super::ENVIRONMENT)?, Utc::now);
        let nightly = super::nightly(&settings)?;
        let jobs = Jobs::new(open.lake.clone(), settings.clone()).with_comparisons(nightly);
        let router = guarded(&listener, app::app(state.clone(), super::page(), jobs.clone()), &state)?;
        println!("Tideline is on http://{}; stop with Ctrl-C", listener.local_addr()?);
        let factory = async {
            if !file.exists() {
                create(&file, self.days, 1, settings.factory_tz).await?;
            }
            // What somebody has put into the lake stays.
            if matches!(open.lake.settings_file(None).await?, Fetched::Missing) {
                put(&open.lake, &settings_beside(&file)?).await?;
            }
            println!("the factory is producing; numbers follow it every {} s", EVERY.as_secs());
            tokio::select! {
                done = produce(file, settings.factory_tz) => done,
                () = schedule::run_every(&jobs, EVERY) => Ok(()),
            }
        };
        let done = tokio::select! {
            () = serve(listener, router) => Ok(()),
            done = factory => done,
        };
        jobs.abandon().await;
        done
    }
}

/// Removes a lake folder that an embedded S3 has served; anything else is left alone.
fn remove_lake(address: &str) -> anyhow::Result<()> {
    let folder = Path::new(address);
    if address.contains("://") {
        bail!(
            "LAKE is a bucket: --fresh only removes a lake folder; empty the bucket yourself, or unset LAKE"
        );
    }
    if folder.exists() && !folder.join(crate::s3::HIDDEN).exists() {
        let address = process::shown(address);
        bail!("`{address}` is not a lake folder: it is not removed; name another with LAKE");
    }
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing `{address}`"))
        }
        _ => Ok(()),
    }
}
