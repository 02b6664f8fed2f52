//! Staging and marts made again from raw alone, in a lake beside the one whose raw it is.

use std::sync::Arc;

use lake::{Lake, Manifest};

use super::work::{JobStamp, Work};
use super::{Search, build, stage};
use crate::Result;
use crate::settings::in_force;

/// Makes staging and marts in `beside`, a lake that holds raw segments and nothing else, as they were made for
/// `like`: by the settings that were in force, and of the tables that had been read. Returns the manifest of
/// what was made. Nothing is published.
pub async fn make_again(beside: &Lake, like: &Manifest, job: &JobStamp) -> Result<Manifest> {
    let mut work = Work::load(beside, job, &Search::default()).await?;
    stage::catch_up(&mut work).await?;
    let read: Vec<&str> = like
        .tables
        .iter()
        .filter(|(_, table)| table.as_of.is_some())
        .map(|(name, _)| name.as_str())
        .collect();
    work.count_as_read(read.iter());
    for (name, table) in &like.tables {
        work.manifest.tables.entry(name.clone()).or_default().as_of = table.as_of;
    }
    work.settings = Arc::new(in_force(like)?);
    work.zone = like.zone.as_ref().and_then(|zone| zone.parse().ok()).unwrap_or(work.zone);
    build::build(&mut work).await?;
    Ok(work.manifest)
}
