//! [`Store`] in memory: the conditions of S3 without S3, for tests that need many storages, faults or races.
//!
//! Its clones share their objects. Its clock stands still until it is set.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::store::check_metadata;
use crate::{ETag, Fetched, Head, Listed, Metadata, Object, Put, PutMode, Store, StoreError};

/// Objects in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    now: DateTime<Utc>,
    objects: BTreeMap<String, Stored>,
}

#[derive(Clone, Debug)]
struct Stored {
    object: Object,
    last_modified: DateTime<Utc>,
}

impl MemoryStore {
    /// An empty storage whose clock stands at the start of 1970.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time that objects written from now on are stamped with.
    pub fn set_now(&self, now: DateTime<Utc>) {
        self.lock().now = now;
    }

    /// A storage of its own that begins with the same objects.
    pub fn fork(&self) -> Self {
        let inner = self.lock();
        Self { inner: Arc::new(Mutex::new(Inner { now: inner.now, objects: inner.objects.clone() })) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No code under the lock can leave an object half written, so the panic of a test elsewhere spoils
        // nothing.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        Ok(self.lock().objects.get(key).map(|stored| stored.object.clone()))
    }

    async fn get_if_changed(&self, key: &str, known: &ETag) -> Result<Fetched, StoreError> {
        Ok(match self.lock().objects.get(key) {
            None => Fetched::Missing,
            Some(stored) if stored.object.etag == *known => Fetched::Unchanged,
            Some(stored) => Fetched::New(stored.object.clone()),
        })
    }

    async fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        Ok(self.lock().objects.get(key).map(|stored| Head {
            etag: stored.object.etag.clone(),
            size_bytes: stored.object.bytes.len() as u64,
            metadata: stored.object.metadata.clone(),
        }))
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        metadata: &Metadata,
        mode: PutMode,
    ) -> Result<Put, StoreError> {
        check_metadata(key, metadata)?;
        let etag = etag(&bytes);
        let mut inner = self.lock();
        let current = inner.objects.get(key).map(|stored| &stored.object.etag);
        let holds = match &mode {
            PutMode::Overwrite => true,
            PutMode::Create => current.is_none(),
            PutMode::Replace(version) => current == Some(version),
        };
        if !holds {
            return Ok(Put::Refused);
        }
        let object = Object { bytes, etag: etag.clone(), metadata: metadata.clone() };
        let last_modified = inner.now;
        inner.objects.insert(key.to_owned(), Stored { object, last_modified });
        Ok(Put::Stored(etag))
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Vec<Listed>, StoreError> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let inner = self.lock();
        let keys = inner.objects.range::<str, _>((from, Bound::Unbounded));
        let listed = keys.take_while(|(key, _)| key.starts_with(prefix)).map(|(key, stored)| Listed {
            key: key.clone(),
            etag: stored.object.etag.clone(),
            size_bytes: stored.object.bytes.len() as u64,
            last_modified: stored.last_modified,
        });
        Ok(listed.collect())
    }

    async fn copy(&self, from: &str, to: &str) -> Result<ETag, StoreError> {
        let mut inner = self.lock();
        let Some(object) = inner.objects.get(from).map(|stored| stored.object.clone()) else {
            let reason = "NoSuchKey: there is no such object".into();
            return Err(StoreError { doing: format!("copy `{from}` to `{to}`"), reason, source: None });
        };
        let (etag, last_modified) = (object.etag.clone(), inner.now);
        inner.objects.insert(to.to_owned(), Stored { object, last_modified });
        Ok(etag)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.lock().objects.remove(key);
        Ok(())
    }
}

/// A hash of the content, as S3's is: two puts of the same bytes are the same version.
fn etag(bytes: &[u8]) -> ETag {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    ETag(format!("{:016x}", hasher.finish()))
}
