//! All that is made of raw, read whole and added up.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{Lake, LakeError, Manifest, Slot, keys};
use polars::prelude::{DataFrame, PolarsResult};
use warehouse::sources::ALL;

use super::super::damage::or_damage;
use super::tally::Tally;

const READS_AT_ONCE: usize = 4;

/// How often the parts are read again because a job changed them meanwhile.
const ATTEMPTS: usize = 3;

/// The columns of open lists that follow from raw alone. Which job found a row first is told of the jobs as
/// they went.
const OF_OPEN_LISTS: [&str; 4] = ["key", "reason", "row", "watermark"];

/// What parts add up to, or why they cannot be read. Staging parts and open lists go by their keys, mart parts
/// by `marts/mart/part`.
pub(super) type Tallies = BTreeMap<String, Result<Tally, String>>;

/// A lake as it stood for as long as it was read.
pub(super) enum Standing {
    /// This manifest, and what its parts add up to.
    Still(Box<Manifest>, Tallies),
    /// Jobs changed it all the time, or one of them died before it had come to its end.
    Changing(Box<Manifest>),
    /// It has no manifest that can be read.
    Unknown,
}

impl Standing {
    /// Reads a lake at which jobs may be at work.
    pub(super) async fn of(lake: &Lake) -> lake::Result<Self> {
        let mut manifest = manifest_of(lake).await?;
        for _ in 0..ATTEMPTS {
            let Some(before) = manifest else { return Ok(Self::Unknown) };
            let read = if before.pending.is_null() { Some(tallies(lake, &before).await?) } else { None };
            manifest = manifest_of(lake).await?;
            match (manifest.as_ref(), read) {
                // Whatever changes staging is noted in the manifest before.
                (Some(after), Some(read)) if is_same(&before, after) => {
                    return Ok(Self::Still(Box::new(before), read));
                }
                _ => {}
            }
        }
        Ok(manifest.map_or(Self::Unknown, |manifest| Self::Changing(Box::new(manifest))))
    }
}

async fn manifest_of(lake: &Lake) -> lake::Result<Option<Manifest>> {
    let read = or_damage(lake.manifest().await)?;
    Ok(read.ok().flatten().map(|(manifest, _)| manifest))
}

fn is_same(before: &Manifest, after: &Manifest) -> bool {
    let applied = |manifest: &Manifest| -> Vec<_> {
        manifest.tables.iter().map(|(name, table)| (name.clone(), table.applied)).collect()
    };
    after.pending.is_null() && before.marts == after.marts && applied(before) == applied(after)
}

/// What staging, the open lists and the parts of a manifest's marts add up to.
pub(super) async fn tallies(lake: &Lake, manifest: &Manifest) -> lake::Result<Tallies> {
    let mut all = Tallies::new();
    for source in ALL {
        let table = source.staging;
        let parts = lake.staging_parts(table).await?;
        let held: Vec<_> = stream::iter(parts)
            .map(|part| async move {
                let held = lake.held(table, Slot::Part(&part), None).await;
                (keys::staging(table, &part), held.map(|held| held.map(|held| held.frame)))
            })
            .buffered(READS_AT_ONCE)
            .collect()
            .await;
        for (key, held) in held {
            add(&mut all, key, held, Tally::of)?;
        }
        let open = lake.held(table, Slot::Rejected, None).await.map(|held| held.map(|held| held.frame));
        add(&mut all, keys::rejected_open(table), open, |open| Tally::of(&open.select(OF_OPEN_LISTS)?))?;
    }
    let current = manifest.marts.iter().flat_map(|(mart, parts)| {
        parts.iter().map(move |(part, current)| (format!("marts/{mart}/{part}"), current))
    });
    let mut read = stream::iter(current)
        .map(|(name, current)| async move {
            Ok::<_, LakeError>((name, lake.mart_part(current, None).await.map(Some)))
        })
        .buffered(READS_AT_ONCE);
    while let Some((name, rows)) = read.try_next().await? {
        add(&mut all, name, rows, Tally::of)?;
    }
    Ok(all)
}

/// Adds what a part adds up to, if it is there.
fn add(
    all: &mut Tallies,
    name: String,
    rows: lake::Result<Option<DataFrame>>,
    tally: impl Fn(&DataFrame) -> PolarsResult<Tally>,
) -> lake::Result<()> {
    let counted = match or_damage(rows)? {
        Ok(None) => return Ok(()),
        Ok(Some(rows)) => tally(&rows).map_err(|error| error.to_string()),
        Err(reason) => Err(reason),
    };
    all.insert(name, counted);
    Ok(())
}
