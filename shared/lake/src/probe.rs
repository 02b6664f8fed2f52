//! Whether the lake can be written, read and tidied: one object that is gone again afterwards.

use crate::{Lake, LakeError, Metadata, Put, PutMode, Result, keys};

impl Lake {
    /// Puts a small object under a key that nothing else uses, reads it back and removes it.
    pub async fn probe(&self) -> Result<()> {
        let key = self.key(&keys::probe(&uuid::Uuid::new_v4().to_string()));
        let put = self.store().put(&key, b"tideline".to_vec(), &Metadata::new(), PutMode::Create).await?;
        let read = self.store().get(&key).await;
        self.store().delete(&key).await?;
        match (put, read?) {
            (Put::Stored(_), Some(object)) if object.bytes == b"tideline" => Ok(()),
            _ => Err(LakeError::Corrupt {
                key,
                expected: "what was just written",
                reason: "it reads otherwise".to_owned(),
            }),
        }
    }
}
