//! The file of the factory's settings, as it lies in the lake.

use crate::{ETag, Fetched, Lake, Metadata, PutMode, Result, keys};

impl Lake {
    /// Reads the file of settings, unless it still is version `known`.
    pub async fn settings_file(&self, known: Option<&ETag>) -> Result<Fetched> {
        let key = self.key(keys::SETTINGS);
        if let Some(known) = known {
            return Ok(self.store().get_if_changed(&key, known).await?);
        }
        Ok(self.store().get(&key).await?.map_or(Fetched::Missing, Fetched::New))
    }

    /// Puts a file of settings in the place of the one that is there. Jobs never call this.
    pub async fn put_settings_file(&self, bytes: Vec<u8>) -> Result<()> {
        let key = self.key(keys::SETTINGS);
        self.store().put(&key, bytes, &Metadata::new(), PutMode::Overwrite).await?;
        Ok(())
    }
}
