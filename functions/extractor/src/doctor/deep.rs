//! The lake, read to its last object: raw by itself, and what is made of raw against what raw gives when all is
//! made again. That is done in memory, beside the lake.

mod derived;
mod tally;

use std::collections::BTreeSet;
use std::sync::Arc;

use api::pipeline::JobRecord;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use lake::{Lake, LakeObject, Manifest, MemoryStore, ObjectKey, StoredJob, keys};
use process::chain;
use warehouse::sources::ALL;
use warehouse::transform::{JobStamp, is_of_these_models, make_again};

use super::damage::{MADE_AGAIN, or_damage};
use super::objects::folder;
use super::raw::Segments;
use super::{Finding, Findings, Severity};
use derived::{Standing, Tallies, tallies};
use tally::Tally;

/// Reads every object of the lake, and compares counts and sums of what is made of raw with those that raw
/// gives. It needs memory for all segments and for a table's rows, and changes nothing. `now` is the present
/// moment.
pub async fn examine_deep(lake: &Lake, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = Findings::default();
    if let Err(error) = findings.deep(lake, now).await {
        findings.add(Severity::Failure, "lake", format!("cannot be read to its end: {}", chain(&error)));
    }
    findings.all
}

impl Findings {
    async fn deep(&mut self, lake: &Lake, now: DateTime<Utc>) -> lake::Result<()> {
        let standing = Standing::of(lake).await?;
        // Listed after the manifest was read, so that all segments are there that it has applied.
        let objects = lake.objects().await?;
        self.records(lake, &objects).await?;
        let none = Manifest::default();
        let (manifest, held) = match &standing {
            Standing::Still(manifest, held) => (manifest.as_ref(), Some(held)),
            Standing::Changing(manifest) => (manifest.as_ref(), None),
            Standing::Unknown => (&none, None),
        };
        let beside = Lake::new(Arc::new(MemoryStore::new()), "", "beside");
        let damaged = self.raw(lake, &objects, manifest, &beside).await?;
        let Some(held) = held else {
            if matches!(standing, Standing::Changing(_)) {
                let found =
                    "not compared with raw: a run is at work, or one has died; look again after the next run";
                self.add(Severity::Warning, "lake", found);
            }
            return Ok(());
        };
        if is_of_these_models(manifest) {
            self.against_raw(held, manifest, &beside, &damaged, now).await?;
        } else {
            let found = "not compared with raw: the next run makes all marts again, for another version made them or the \
                 last run could not end that";
            self.add(Severity::Warning, "lake", found);
        }
        self.published(lake, now).await
    }

    /// Whether the records of jobs can be read.
    async fn records(&mut self, lake: &Lake, objects: &[LakeObject]) -> lake::Result<()> {
        let records = objects.iter().filter(|object| matches!(object.is, Some(ObjectKey::JobRecord { .. })));
        for LakeObject { key, .. } in records {
            let parse = |body: Vec<u8>| {
                let record = serde_json::from_slice::<StoredJob<JobRecord>>(&body);
                record.map(|_| ()).map_err(|error| error.to_string())
            };
            let record = match or_damage(lake.body(key).await)? {
                Ok(None) => continue,
                Ok(Some(body)) => parse(body),
                Err(reason) => Err(reason),
            };
            if let Err(reason) = record {
                let found = format!("`{key}` is no record of a run ({reason}): move it away");
                self.add(Severity::Warning, folder(key), found);
            }
        }
        Ok(())
    }

    /// Examines raw, and copies what has been applied into the lake beside. Returns the tables of which what is
    /// shown follows from a segment that is damaged.
    async fn raw(
        &mut self,
        lake: &Lake,
        objects: &[LakeObject],
        manifest: &Manifest,
        beside: &Lake,
    ) -> lake::Result<BTreeSet<&'static str>> {
        let (mut damaged, mut count) = (BTreeSet::new(), 0);
        for source in ALL {
            let applied = manifest.tables.get(source.staging).map_or(0, |table| table.applied);
            let segments = Segments::read(lake, source, objects, applied, beside).await?;
            if self.damaged_raw(&segments) {
                damaged.insert(source.staging);
            }
            for found in &segments.copies {
                self.add(Severity::Warning, "rejected", found);
            }
            count += segments.numbers.len();
        }
        if damaged.is_empty() {
            self.add(Severity::Ok, "raw", format!("all {count} segments are there and whole"));
        }
        Ok(damaged)
    }

    /// Tells what is wrong with the segments of a table. Returns whether what is shown follows from one of them.
    pub(super) fn damaged_raw(&mut self, segments: &Segments) -> bool {
        let mut any_matters = false;
        for (matters, found) in segments.told() {
            any_matters |= matters;
            self.add(if matters { Severity::Failure } else { Severity::Warning }, "raw", found);
        }
        any_matters
    }

    /// Compares what is made of raw with what raw gives.
    async fn against_raw(
        &mut self,
        held: &Tallies,
        manifest: &Manifest,
        beside: &Lake,
        damaged: &BTreeSet<&'static str>,
        now: DateTime<Utc>,
    ) -> lake::Result<()> {
        // The manifest says by which zone its marts were made.
        let stamp = JobStamp { job_id: "doctor".to_owned(), started_at: now.fixed_offset(), zone: Tz::UTC };
        let given = match make_again(beside, manifest, &stamp).await {
            Ok(made) => tallies(beside, &made).await?,
            Err(error) => {
                let found = format!("nothing can be made of it again: {}", chain(&error));
                self.add(Severity::Failure, "raw", found);
                return Ok(());
            }
        };
        // Marts are made of several tables, so of none of them can be said what it should be.
        let is_compared = |name: &&String| match name.split('/').collect::<Vec<_>>().as_slice() {
            ["marts", ..] => damaged.is_empty(),
            [_, table, ..] => !damaged.contains(table),
            _ => true,
        };
        let names: BTreeSet<&String> = held.keys().chain(given.keys()).filter(is_compared).collect();
        let mut is_well = true;
        for name in &names {
            if let Some(wrong) = difference(held.get(*name), given.get(*name)) {
                is_well = false;
                self.add(Severity::Failure, folder(name), format!("`{name}` {wrong}: {MADE_AGAIN}"));
            }
        }
        if !damaged.is_empty() {
            let found = "the marts, and tables whose raw is damaged, are not compared with raw";
            self.add(Severity::Warning, "lake", found);
        } else if is_well {
            let found = format!("all {} parts of staging and marts are what raw gives", names.len());
            self.add(Severity::Ok, "lake", found);
        }
        Ok(())
    }

    /// Whether the parts at fixed keys are the versions that the manifest names.
    async fn published(&mut self, lake: &Lake, now: DateTime<Utc>) -> lake::Result<()> {
        let Some((manifest, version)) = lake.manifest().await? else { return Ok(()) };
        let mut wrong = Vec::new();
        for (mart, parts) in &manifest.marts {
            for (part, current) in parts {
                let key = keys::published(mart, part);
                let copy = or_damage(lake.body(&key).await)?;
                let version = or_damage(lake.body(&current.key).await)?;
                // What is missing, and a version that cannot be read, is told elsewhere.
                match (copy, version) {
                    (Err(reason), _) => {
                        wrong.push(format!("`{key}` cannot be read ({reason}): {MADE_AGAIN}"));
                    }
                    (Ok(Some(copy)), Ok(Some(version))) if copy != version => {
                        wrong.push(format!("`{key}` is not the version `{}`: {MADE_AGAIN}", current.key));
                    }
                    _ => {}
                }
            }
        }
        // Copies are made after the manifest was swapped.
        let is_at_work =
            lake.living_job(now, "").await?.is_some() || lake.manifest_if_changed(&version).await?.is_some();
        match (wrong.is_empty(), is_at_work) {
            (true, _) => {
                self.add(Severity::Ok, "published", "every copy is the current version of its part");
            }
            (false, true) => self.add(
                Severity::Warning,
                "published",
                "not all copies are current: a run is at work, look again after it",
            ),
            (false, false) => {
                for found in wrong {
                    self.add(Severity::Failure, "published", found);
                }
            }
        }
        Ok(())
    }
}

/// In what a part differs from what raw gives; `None` if in nothing. A part without rows may be there or not.
fn difference(held: Option<&Result<Tally, String>>, given: Option<&Result<Tally, String>>) -> Option<String> {
    let none = Ok(Tally::default());
    let (missing, held) = (held.is_none(), held.unwrap_or(&none));
    match (held, given.unwrap_or(&none)) {
        (Err(reason), _) => Some(format!("cannot be read ({reason})")),
        (Ok(_), Err(reason)) => Some(format!("cannot be compared with raw ({reason})")),
        (Ok(_), Ok(given)) if missing => {
            (given.rows > 0).then(|| format!("is missing, raw gives it {} rows", given.rows))
        }
        (Ok(held), Ok(given)) => held.difference(given),
    }
}
