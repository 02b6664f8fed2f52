//! The objects of the lake, as a listing and their ends show them: which are none of ours, which are missing,
//! and which are no whole Parquet. What lies within them is read by [`examine_deep`](super::examine_deep).

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use lake::{Footer, Lake, LakeError, LakeObject, Manifest, ObjectKey, keys};
use process::chain;
use warehouse::marts::Mart;
use warehouse::sources::ALL;

use super::damage::{MADE_AGAIN, or_damage};
use super::raw::Segments;
use super::{Finding, Findings, Severity};

/// How many objects are looked at at once.
const READS_AT_ONCE: usize = 8;

/// Of how many foreign objects each is named.
const FOREIGN_NAMED_MAX: usize = 10;

/// Looks at the lake's objects from outside: their keys, and the ends of those that are made of raw.
pub async fn examine_objects(lake: &Lake) -> Vec<Finding> {
    let mut findings = Findings::default();
    if let Err(error) = findings.objects(lake).await {
        findings.add(Severity::Failure, "lake", format!("its objects cannot be read: {}", chain(&error)));
    }
    findings.all
}

impl Findings {
    async fn objects(&mut self, lake: &Lake) -> lake::Result<()> {
        // The manifest is read first: what a job writes after that is more than it names, not less.
        let mut is_missing = false;
        let manifest = match lake.manifest().await {
            Ok(manifest) => {
                is_missing = manifest.is_none();
                manifest.map(|(manifest, _)| manifest)
            }
            // That it cannot be read is told where the lake is examined.
            Err(error) if error.is_damage() => None,
            Err(error) => return Err(error),
        };
        let objects = lake.objects().await?;
        self.foreign(&objects);
        let has_raw =
            is_missing && objects.iter().any(|object| matches!(object.is, Some(ObjectKey::Segment { .. })));
        if has_raw {
            let found = format!("`{}` is missing, though there is raw: {MADE_AGAIN}", keys::MANIFEST);
            self.add(Severity::Failure, "lake", found);
        }
        // Without a manifest nobody can say what else should be there.
        if let Some(manifest) = &manifest {
            self.missing(&objects, manifest);
        }
        let manifest = manifest.unwrap_or_default();
        self.raw_listed(lake, &objects, &manifest).await?;
        self.ends(lake, &objects, &manifest).await
    }

    /// Names the segments that are missing, and the tables that are not shown because of one.
    async fn raw_listed(
        &mut self,
        lake: &Lake,
        objects: &[LakeObject],
        manifest: &Manifest,
    ) -> lake::Result<()> {
        for source in ALL {
            let state = manifest.tables.get(source.staging);
            let segments =
                Segments::listed(lake, source, objects, state.map_or(0, |table| table.applied)).await?;
            self.damaged_raw(&segments);
            for found in segments.told_strays() {
                self.add(Severity::Warning, "raw", found);
            }
            let lost = state.and_then(|table| table.lost.as_ref());
            if let Some(lost) = lost.filter(|lost| !segments.damage.contains_key(&lost.number)) {
                let found = format!(
                    "{}: nothing more is read of `{}` until `tideline extract --full` has read all of it anew",
                    lost.reason, source.table
                );
                self.add(Severity::Failure, "raw", found);
            }
        }
        Ok(())
    }

    /// Names what has no place in a lake.
    fn foreign(&mut self, objects: &[LakeObject]) {
        let foreign: Vec<&str> =
            objects.iter().filter(|object| is_foreign(object)).map(|object| object.key.as_str()).collect();
        for key in foreign.iter().take(FOREIGN_NAMED_MAX) {
            let found = format!("`{key}` is none of this version's objects and is left alone: move it away");
            self.add(Severity::Warning, "lake", found);
        }
        let more = foreign.len().saturating_sub(FOREIGN_NAMED_MAX);
        if more > 0 {
            self.add(Severity::Warning, "lake", format!("{more} more objects are none of this version's"));
        }
    }

    /// Names what the manifest names and is not there, and the parts that it does not name.
    fn missing(&mut self, objects: &[LakeObject], manifest: &Manifest) {
        let there: BTreeSet<&str> = objects.iter().map(|object| object.key.as_str()).collect();
        let named = Named::by(manifest);
        for (key, _) in named.parts.iter().filter(|(key, _)| !there.contains(key.as_str())) {
            self.add(Severity::Failure, folder(key), format!("`{key}` is missing: {MADE_AGAIN}"));
        }
        // A job that is at work, or that died, may have written a part that the manifest does not name yet.
        if !manifest.pending.is_null() {
            return;
        }
        for object in objects.iter().filter(|object| !is_foreign(object)) {
            let is_part =
                matches!(object.is, Some(ObjectKey::StagingPart { .. } | ObjectKey::Published { .. }));
            if is_part && !named.parts.contains_key(&object.key) {
                let found =
                    format!("`{}` is a part that the manifest does not name: {MADE_AGAIN}", object.key);
                self.add(Severity::Warning, folder(&object.key), found);
            }
        }
    }

    /// Reads the ends of all that is made of raw and that readers may see.
    async fn ends(&mut self, lake: &Lake, objects: &[LakeObject], manifest: &Manifest) -> lake::Result<()> {
        let named = Named::by(manifest);
        let looked_at = objects.iter().filter(|object| match object.is {
            Some(ObjectKey::MartVersion { .. }) => named.parts.contains_key(&object.key),
            Some(
                ObjectKey::StagingPart { .. } | ObjectKey::OpenRejected { .. } | ObjectKey::Published { .. },
            ) => !is_foreign(object),
            _ => false,
        });
        let ends: Vec<(&LakeObject, Result<Option<Footer>, String>)> = stream::iter(looked_at)
            .map(|object| async move { Ok::<_, LakeError>((object, or_damage(lake.footer(object).await)?)) })
            .buffered(READS_AT_ONCE)
            .try_collect()
            .await?;
        let (looked_at, told) = (ends.len(), self.all.len());
        for (LakeObject { key, .. }, end) in ends {
            let expected = named.parts.get(key).copied().flatten();
            let wrong = match end {
                Err(reason) => format!("cannot be read ({reason})"),
                Ok(Some(Footer { rows })) if expected.is_some_and(|expected| expected != rows) => {
                    format!("has {rows} rows, the manifest says {}", expected.unwrap_or_default())
                }
                Ok(_) => continue,
            };
            self.add(Severity::Failure, folder(key), format!("`{key}` {wrong}: {MADE_AGAIN}"));
        }
        if told == self.all.len() {
            let found = format!("the ends of all {looked_at} parts of staging and marts can be read");
            self.add(Severity::Ok, "lake", found);
        }
        Ok(())
    }
}

/// The parts that a manifest names, by key, with their rows where it tells them.
struct Named {
    parts: BTreeMap<String, Option<usize>>,
}

impl Named {
    fn by(manifest: &Manifest) -> Self {
        let staging = manifest.tables.iter().flat_map(|(table, state)| {
            state.parts.keys().map(move |part| (keys::staging(table, part), None))
        });
        let marts = manifest.marts.iter().flat_map(|(mart, parts)| {
            parts.iter().flat_map(move |(part, current)| {
                // Its rows are those of the version, unless a newer one has not been copied yet.
                [(current.key.clone(), Some(current.rows)), (keys::published(mart, part), None)]
            })
        });
        Self { parts: staging.chain(marts).collect() }
    }
}

/// Whether an object has no place in a lake: nothing has such a key, or it names a table or a mart that there
/// is not.
fn is_foreign(object: &LakeObject) -> bool {
    match &object.is {
        None => true,
        Some(
            ObjectKey::Segment { table, .. }
            | ObjectKey::RejectedRows { table, .. }
            | ObjectKey::OpenRejected { table }
            | ObjectKey::StagingPart { table, .. },
        ) => ALL.iter().all(|source| source.staging != table),
        Some(ObjectKey::MartVersion { mart, .. } | ObjectKey::Published { mart, .. }) => {
            Mart::named(mart).is_none()
        }
        Some(
            ObjectKey::JobRecord { .. }
            | ObjectKey::RunningJobs
            | ObjectKey::Probe
            | ObjectKey::Settings
            | ObjectKey::Manifest,
        ) => false,
    }
}

/// The first folder of a key.
pub(super) fn folder(key: &str) -> &str {
    key.split('/').next().unwrap_or_default()
}
