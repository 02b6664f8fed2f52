//! What the lake holds of all that is made of its segments. A job compares it with what the manifest says.

use std::collections::BTreeMap;

use crate::{ETag, Lake, Result, keys};

/// The versions of the objects that are made of the segments, by key below the lake's prefix. The lists of
/// rejected rows are not among them.
#[derive(Clone, Debug, Default)]
pub struct Derived {
    /// Of the staging parts.
    pub staging: BTreeMap<String, ETag>,
    /// Of the mart parts, old versions included.
    pub marts: BTreeMap<String, ETag>,
    /// Of the published copies.
    pub published: BTreeMap<String, ETag>,
}

impl Lake {
    /// Lists all that is made of the segments.
    pub async fn derived(&self) -> Result<Derived> {
        let (staging, marts, published) = tokio::try_join!(
            self.versions_below(keys::STAGING),
            self.versions_below(keys::MARTS),
            self.versions_below(keys::PUBLISHED)
        )?;
        Ok(Derived { staging, marts, published })
    }

    async fn versions_below(&self, folder: &str) -> Result<BTreeMap<String, ETag>> {
        let listed = self.store().list(&self.key(folder), None).await?;
        let below = |key: &str| key.strip_prefix(&self.prefix).map(str::to_owned);
        Ok(listed.into_iter().filter_map(|object| Some((below(&object.key)?, object.etag))).collect())
    }
}
