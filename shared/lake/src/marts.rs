//! Mart parts: immutable versions that the manifest names, copied to fixed keys for other engines.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::DataFrame;

use crate::digest::digest_of;
use crate::manifest::{PartRef, Zone};
use crate::parquet::{from_parquet, to_parquet};
use crate::{ETag, Head, Lake, LakeError, Listed, Manifest, Metadata, ObjectKey, Put, PutMode, Result, keys};

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
        // Nobody else has this key. A put that is repeated meets its own object.
        let bytes = to_parquet(frame)?;
        let digest = Some(digest_of(&bytes));
        let put = self.write(&self.key(&key), bytes, metadata, PutMode::Overwrite).await?;
        let etag = match put {
            Put::Stored(etag) => Some(etag),
            Put::Refused => None,
        };
        Ok(PartRef { key, etag, digest, rows, zone })
    }

    /// Reads a version of a mart part, or only some of its columns.
    pub async fn mart_part(&self, part: &PartRef, columns: Option<&[String]>) -> Result<DataFrame> {
        let key = self.key(&part.key);
        // The digest that the manifest notes says more than the one that the object carries.
        let object = match &part.digest {
            Some(_) => self.store().get(&key).await?,
            None => self.read(&key).await?,
        };
        let object = object.ok_or_else(|| not_there(part))?;
        if part.digest.as_ref().is_some_and(|noted| *noted != digest_of(&object.bytes)) {
            return Err(LakeError::Corrupt {
                key: part.key.clone(),
                expected: "a mart part",
                reason: "it is not the version that the manifest names".to_owned(),
            });
        }
        from_parquet(&key, object.bytes, columns)
    }

    /// Copies the mart parts that the manifest calls unpublished to their fixed keys, where they are not
    /// there yet. Returns the versions of their copies, by `mart/part`.
    pub async fn publish(&self, manifest: &Manifest) -> Result<BTreeMap<String, ETag>> {
        let mut copies = BTreeMap::new();
        for name in &manifest.unpublished {
            let Some((mart, part)) = name.split_once('/') else { continue };
            let Some(current) = manifest.marts.get(mart).and_then(|parts| parts.get(part)) else { continue };
            let to = self.key(&keys::published(mart, part));
            let there = self.store().head(&to).await?;
            let is_current = |head: &Head| {
                head.metadata.get("version") == Some(&current.key)
                    && Some(&head.etag) == current.etag.as_ref()
            };
            let etag = match there.filter(is_current) {
                Some(head) => head.etag,
                None => self.copied(current, &to).await?,
            };
            copies.insert(name.clone(), etag);
        }
        Ok(copies)
    }

    async fn copied(&self, part: &PartRef, to: &str) -> Result<ETag> {
        let from = self.key(&part.key);
        let error = match self.store().copy(&from, to).await {
            Ok(etag) => return Ok(etag),
            Err(error) => error,
        };
        match self.store().head(&from).await? {
            Some(_) => Err(error.into()),
            None => Err(not_there(part)),
        }
    }

    /// Copies a mart part to its fixed key, whatever is there. Returns the version of the copy; `None` if the
    /// part itself is not there.
    pub async fn publish_again(&self, mart: &str, part: &str, current: &PartRef) -> Result<Option<ETag>> {
        match self.copied(current, &self.key(&keys::published(mart, part))).await {
            Err(error) if error.is_damage() => Ok(None),
            copied => copied.map(Some),
        }
    }

    /// Removes the published copy of a mart part.
    pub async fn unpublish(&self, mart: &str, part: &str) -> Result<()> {
        Ok(self.store().delete(&self.key(&keys::published(mart, part))).await?)
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
                let below = object.key.strip_prefix(&self.prefix).unwrap_or_default();
                object.last_modified < now - TimeDelta::minutes(KEEP_MINUTES)
                    && below != current.key
                    && matches!(ObjectKey::parse(below), Some(ObjectKey::MartVersion { .. }))
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

fn not_there(part: &PartRef) -> LakeError {
    LakeError::Corrupt {
        key: part.key.clone(),
        expected: "a mart part",
        reason: "it is not there".to_owned(),
    }
}
