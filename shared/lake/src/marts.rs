//! Mart parts: immutable versions that the manifest names, copied to fixed keys for other engines.

use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::DataFrame;

use crate::manifest::{PartRef, Zone};
use crate::parquet::{from_parquet, to_parquet};
use crate::{Lake, LakeError, Listed, Manifest, Metadata, PutMode, Result, keys};

/// How long a version that is no longer current stays readable. No request or job lives nearly as long.
const KEEP_MINUTES: i64 = 60;

impl Lake {
    /// Writes a version of a mart part under a key of its own.
    pub async fn put_mart_part(
        &self,
        mart: &str,
        part: &str,
        generation: u64,
        frame: &mut DataFrame,
        zone: Zone,
    ) -> Result<PartRef> {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let key = keys::mart(mart, part, generation, &unique[..12]);
        let metadata = Metadata::from([("version".to_owned(), key.clone())]);
        let rows = frame.height();
        self.store().put(&self.key(&key), to_parquet(frame)?, &metadata, PutMode::Overwrite).await?;
        Ok(PartRef { key, rows, zone })
    }

    /// Reads a version of a mart part, or only some of its columns.
    pub async fn mart_part(&self, part: &PartRef, columns: Option<&[String]>) -> Result<DataFrame> {
        let key = self.key(&part.key);
        let object = self.store().get(&key).await?.ok_or_else(|| LakeError::Corrupt {
            key: part.key.clone(),
            expected: "a mart part",
            reason: "it is not there".to_owned(),
        })?;
        from_parquet(&key, object.bytes, columns)
    }

    /// Copies the mart parts that the manifest calls unpublished to their fixed keys, where they are not
    /// there yet.
    pub async fn publish(&self, manifest: &Manifest) -> Result<()> {
        for name in &manifest.unpublished {
            let Some((mart, part)) = name.split_once('/') else { continue };
            let Some(current) = manifest.marts.get(mart).and_then(|parts| parts.get(part)) else { continue };
            let to = self.key(&keys::published(mart, part));
            let there = self.store().head(&to).await?;
            if there.is_none_or(|head| head.metadata.get("version") != Some(&current.key)) {
                self.store().copy(&self.key(&current.key), &to).await?;
            }
        }
        Ok(())
    }

    /// Removes old versions of the parts that the manifest calls unpublished, which are the newly written
    /// ones. Old is a version that is not current and was written more than an hour ago, by the storage's
    /// time `now`. The newest two of the old ones stay: somebody may still be reading them.
    pub async fn collect_garbage(&self, manifest: &Manifest, now: DateTime<Utc>) -> Result<()> {
        for name in &manifest.unpublished {
            let Some((mart, part)) = name.split_once('/') else { continue };
            let Some(current) = manifest.marts.get(mart).and_then(|parts| parts.get(part)) else { continue };
            let listed = self.store().list(&self.key(&keys::mart_folder(mart, part)), None).await?;
            let is_old = |object: &Listed| {
                object.last_modified < now - TimeDelta::minutes(KEEP_MINUTES)
                    && object.key != self.key(&current.key)
            };
            let mut old: Vec<Listed> = listed.into_iter().filter(is_old).collect();
            // Versions are listed oldest first. Keep the last two: readers may still use either.
            old.truncate(old.len().saturating_sub(2));
            for object in old {
                self.store().delete(&object.key).await?;
            }
        }
        Ok(())
    }
}
