//! The newest manifest, asked for at most once a second.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use lake::{ETag, Lake, LakeError, Manifest};
use tokio::sync::Mutex;

use crate::{Error, Result};

/// How long a manifest is trusted without asking.
const TRUST: TimeDelta = TimeDelta::seconds(1);

/// The newest manifest, and when it was asked for.
#[derive(Default)]
pub(crate) struct Latest {
    // The lock is held while the lake is asked: requests that come meanwhile wait and share the answer.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    current: Option<Current>,
    failed: Option<(DateTime<Utc>, Arc<LakeError>)>,
}

struct Current {
    manifest: Arc<Manifest>,
    etag: ETag,
    checked_at: DateTime<Utc>,
}

impl Latest {
    /// The newest manifest. `None` before the first job.
    pub(crate) async fn get(
        &self,
        lake: &Lake,
        clock: &(dyn Fn() -> DateTime<Utc> + Send + Sync),
    ) -> Result<Option<Arc<Manifest>>> {
        let asked_at = clock();
        let mut known = self.known.lock().await;
        if let Some(current) = &known.current
            && (TimeDelta::zero()..TRUST).contains(&(clock() - current.checked_at))
        {
            return Ok(Some(current.manifest.clone()));
        }
        // The lake refused another request while this one waited for the lock. This one is refused too,
        // instead of waiting for the lake in its turn.
        if let Some((failed_at, error)) = &known.failed
            && *failed_at > asked_at
        {
            return Err(Error::Lake(error.clone()));
        }
        match refreshed(lake, known.current.take(), clock).await {
            Ok(current) => {
                let manifest = current.as_ref().map(|current| current.manifest.clone());
                *known = Known { current, failed: None };
                Ok(manifest)
            }
            Err(error) => {
                let error = Arc::new(error);
                known.failed = Some((clock(), error.clone()));
                Err(Error::Lake(error))
            }
        }
    }

    /// Trusts the known manifest no longer: the next request asks the lake.
    pub(crate) async fn forget(&self) {
        self.known.lock().await.current = None;
    }
}

async fn refreshed(
    lake: &Lake,
    known: Option<Current>,
    clock: &(dyn Fn() -> DateTime<Utc> + Send + Sync),
) -> lake::Result<Option<Current>> {
    let checked_at = clock();
    let fetched = match known {
        None => lake.manifest().await?,
        Some(current) => match lake.manifest_if_changed(&current.etag).await {
            Ok(None) => return Ok(Some(Current { checked_at, ..current })),
            Ok(fetched) => fetched,
            // The manifest is gone. The lake may have been emptied to begin anew.
            Err(LakeError::Corrupt { .. }) => lake.manifest().await?,
            Err(error) => return Err(error),
        },
    };
    Ok(fetched.map(|(manifest, etag)| Current { manifest: Arc::new(manifest), etag, checked_at }))
}
