//! A storage whose calls a test can strike. A struck call ends as the real client lets it end: after its own
//! retries, and with its own reading of 409 and 412.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lake::{ETag, Fetched, Head, Listed, MemoryStore, Metadata, Object, Put, PutMode, Store, StoreError};

use super::fate::{Blow, Call, Failure, Fate, Operation};

/// A storage in memory, as a client sees it whose calls have a fate.
#[derive(Clone, Debug)]
pub struct FaultyStore {
    inner: MemoryStore,
    fate: Arc<dyn Fate>,
    late: Arc<Mutex<Vec<LatePut>>>,
}

/// A conditional write that is still on its way.
#[derive(Debug)]
struct LatePut {
    key: String,
    bytes: Vec<u8>,
    metadata: Metadata,
    mode: PutMode,
}

impl FaultyStore {
    /// The storage as seen by a client with this fate.
    pub fn new(inner: MemoryStore, fate: Arc<dyn Fate>) -> Self {
        Self { inner, fate, late: Arc::default() }
    }

    /// Lets the writes arrive that were still on their way. Returns how many they were.
    pub async fn deliver(&self) -> usize {
        let late = std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner));
        let count = late.len();
        for put in late {
            self.inner
                .put(&put.key, put.bytes, &put.metadata, put.mode)
                .await
                .expect("the memory takes what it took before");
        }
        count
    }

    /// Makes or fails a call, as its fate wants it. A conditional write has more outcomes than this.
    async fn plain<T>(
        &self,
        call: Call,
        made: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self.fate.of(&call).await {
            Blow::Fails(failure) => Err(failure.of(&call)),
            Blow::DoneButFails(failure) => {
                made.await?;
                Err(failure.of(&call))
            }
            _ => made.await,
        }
    }
}

fn call(operation: Operation, subject: &str) -> Call {
    Call { operation, subject: subject.to_owned() }
}

#[async_trait]
impl Store for FaultyStore {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.plain(call(Operation::Get, key), self.inner.get(key)).await
    }

    async fn get_if_changed(&self, key: &str, known: &ETag) -> Result<Fetched, StoreError> {
        self.plain(call(Operation::Get, key), self.inner.get_if_changed(key, known)).await
    }

    async fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        self.plain(call(Operation::Head, key), self.inner.head(key)).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        metadata: &Metadata,
        mode: PutMode,
    ) -> Result<Put, StoreError> {
        if mode == PutMode::Overwrite {
            return self.plain(call(Operation::Put, key), self.inner.put(key, bytes, metadata, mode)).await;
        }
        let call = call(Operation::PutIf, key);
        match self.fate.of(&call).await {
            Blow::Refused => Ok(Put::Refused),
            Blow::Fails(failure) => Err(failure.of(&call)),
            Blow::DoneButRefused => {
                self.inner.put(key, bytes, metadata, mode).await?;
                Ok(Put::Refused)
            }
            Blow::DoneButFails(failure) => {
                self.inner.put(key, bytes, metadata, mode).await?;
                Err(failure.of(&call))
            }
            Blow::DoneLater => {
                let late = LatePut { key: key.to_owned(), bytes, metadata: metadata.clone(), mode };
                self.late.lock().unwrap_or_else(PoisonError::into_inner).push(late);
                Err(Failure::TimedOut.of(&call))
            }
            _ => self.inner.put(key, bytes, metadata, mode).await,
        }
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Vec<Listed>, StoreError> {
        self.plain(call(Operation::List, prefix), self.inner.list(prefix, after)).await
    }

    async fn copy(&self, from: &str, to: &str) -> Result<ETag, StoreError> {
        self.plain(call(Operation::Copy, to), self.inner.copy(from, to)).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.plain(call(Operation::Delete, key), self.inner.delete(key)).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::Strike;
    use super::*;

    async fn struck(blow: Blow) -> (Result<Put, StoreError>, Option<Object>, usize) {
        let memory = MemoryStore::new();
        let store = FaultyStore::new(memory.clone(), Arc::new(Strike::on(1, blow)));
        let answer = store.put("k", b"x".to_vec(), &Metadata::new(), PutMode::Create).await;
        let stored = memory.get("k").await.unwrap();
        let late = store.deliver().await;
        (answer, stored, late)
    }

    #[tokio::test]
    async fn each_blow_does_to_a_conditional_write_what_it_says() {
        let (answer, stored, _) = struck(Blow::Spared).await;
        assert!(matches!(answer, Ok(Put::Stored(_))) && stored.is_some());
        let (answer, stored, _) = struck(Blow::Fails(Failure::SlowDown)).await;
        assert!(answer.unwrap_err().to_string().contains("SlowDown") && stored.is_none());
        let (answer, stored, _) = struck(Blow::DoneButFails(Failure::Reset)).await;
        assert!(answer.is_err() && stored.is_some());
        let (answer, stored, _) = struck(Blow::Refused).await;
        assert!(matches!(answer, Ok(Put::Refused)) && stored.is_none());
        let (answer, stored, _) = struck(Blow::DoneButRefused).await;
        assert!(matches!(answer, Ok(Put::Refused)) && stored.is_some());
        let (answer, stored, late) = struck(Blow::DoneLater).await;
        assert!(answer.is_err() && stored.is_none() && late == 1);
    }
}
