//! The lake: Parquet objects on S3, one prefix per factory.
//!
//! This crate alone knows object keys, metadata and conditional writes. It knows no table, no rule and no
//! HTTP: it is told names, rows and numbers.
//!
//! - [`Store`]: the S3 calls, with [`S3Store`] and [`MemoryStore`]
//! - raw segments: [`Lake::commit_segment`] puts rows and watermark in one step
//! - staging parts: [`Lake::held`] and [`Lake::hold`]
//! - the manifest: [`Lake::manifest`] and [`Lake::swap_manifest`], which alone publishes
//! - the factory's settings: [`Lake::settings_file`], which people write
//! - mart parts: [`Lake::put_mart_part`] and [`Lake::publish`]
//! - what is there: [`Lake::objects`], and [`Lake::footer`] for a cheap look at one of them
//! - jobs: [`new_job_id`] and [`Lake::begin_job`]; [`Lake::take_turn`] lets one begin at a time

#![warn(missing_docs)]

mod derived;
mod digest;
mod error;
mod footer;
mod history;
mod jobs;
pub mod keys;
mod manifest;
mod marts;
mod memory;
mod object_key;
mod parquet;
mod probe;
mod raw;
mod retries;
mod s3;
mod settings;
mod staging;
mod store;

use std::sync::Arc;

pub use derived::Derived;
pub use error::{LakeError, Result};
pub use footer::Footer;
pub use history::{is_job_id, new_job_id};
pub use jobs::{JOB_LEASE, JobLease, StoredJob, Turn};
pub use keys::SegmentNumber;
pub use manifest::{Healed, LostSegment, Manifest, PartRef, SettingsInForce, TableState, Tail, Zone};
pub use memory::MemoryStore;
pub use object_key::{LakeObject, ObjectKey};
pub use parquet::{from_parquet, to_parquet};
pub use raw::{Commit, Mode, Reload, Segment, SegmentInfo};
pub use retries::{Pause, Retries};
pub use s3::{OBJECT_DAMAGED, S3Store};
pub use staging::{Held, Slot, SlotInfo};
pub use store::{ETag, Fetched, Head, Listed, Metadata, Object, Put, PutMode, Store, StoreError};

/// The lake of one factory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lake {
    store: Arc<dyn Store>,
    prefix: String,
}

impl Lake {
    /// The lake of `factory` below `prefix` in a storage. The prefix may be empty.
    pub fn new(store: Arc<dyn Store>, prefix: &str, factory: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        let separator = if prefix.is_empty() { "" } else { "/" };
        Self { store, prefix: format!("{prefix}{separator}factory={factory}/") }
    }

    /// The lake at `s3://bucket/prefix`, reached as the usual `AWS_*` variables say.
    pub async fn connect(address: &str, factory: &str) -> Result<Self> {
        let place = address.strip_prefix("s3://").ok_or_else(|| LakeError::Address(address.to_owned()))?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        // Keys are no part of the address, and later errors name the bucket.
        if bucket.is_empty() || process::may_hold_password(place) {
            return Err(LakeError::Address(address.to_owned()));
        }
        Ok(Self::new(Arc::new(S3Store::connect(bucket).await?), prefix, factory))
    }

    fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    fn key(&self, below: &str) -> String {
        format!("{}{below}", self.prefix)
    }
}
