//! Mart parts in memory. What lies under a part's key never changes, so a part is kept until its room is
//! needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lake::{Lake, PartRef};
use polars::prelude::DataFrame;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use crate::{Error, Result};

/// Mart parts by key, at most `limit_bytes` of them.
pub(crate) struct Parts {
    limit_bytes: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    parts: HashMap<String, Part>,
    /// Counts the uses: the part whose last use is longest ago goes first.
    uses: u64,
}

struct Part {
    // Requests that want the same part at the same time share its loading.
    frame: Arc<OnceCell<DataFrame>>,
    last_use: u64,
}

impl Parts {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, held: Mutex::default() }
    }

    /// The rows of a part.
    pub(crate) async fn get(&self, lake: &Lake, part: &PartRef) -> Result<DataFrame> {
        let cell = self.lock().used(&part.key);
        if let Some(frame) = cell.get() {
            return Ok(frame.clone());
        }
        let loaded = cell.get_or_try_init(|| load(lake.clone(), part.clone())).await.cloned();
        let mut held = self.lock();
        match loaded {
            Ok(frame) => {
                held.shrink_to(self.limit_bytes);
                Ok(frame)
            }
            Err(error) => {
                held.parts.remove(&part.key);
                Err(if error.is_damage() { Error::Part(error) } else { Error::Lake(Arc::new(error)) })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // A poisoned lock does no harm: nothing that happens under it can leave the map half changed.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a part on a thread that may block: to decode it takes long, and other requests need the threads that
/// wait for sockets.
async fn load(lake: Lake, part: PartRef) -> lake::Result<DataFrame> {
    let runtime = Handle::current();
    let loading = tokio::task::spawn_blocking(move || runtime.block_on(lake.mart_part(&part, None)));
    loading.await.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
}

impl Held {
    fn used(&mut self, key: &str) -> Arc<OnceCell<DataFrame>> {
        self.uses += 1;
        let part =
            self.parts.entry(key.to_owned()).or_insert_with(|| Part { frame: Arc::default(), last_use: 0 });
        part.last_use = self.uses;
        part.frame.clone()
    }

    fn shrink_to(&mut self, limit_bytes: usize) {
        // A load that was given up leaves an empty place behind.
        self.parts.retain(|_, part| part.frame.initialized() || Arc::strong_count(&part.frame) > 1);
        let size = |part: &Part| part.frame.get().map(DataFrame::estimated_size);
        let mut loaded: Vec<_> = self
            .parts
            .iter()
            .filter_map(|(key, part)| Some((part.last_use, size(part)?, key.clone())))
            .collect();
        let mut total_bytes: usize = loaded.iter().map(|(_, bytes, _)| bytes).sum();
        loaded.sort_unstable();
        for (_, bytes, key) in loaded {
            if total_bytes <= limit_bytes {
                break;
            }
            total_bytes -= bytes;
            self.parts.remove(&key);
        }
    }
}
