//! What was made of the newest version of all marts, so that it is not made again for the next request.

use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lake::Manifest;
use tokio::sync::OnceCell;

use crate::Result;

/// A value, and the tables that were read for it.
type Value = (Arc<dyn Any + Send + Sync>, BTreeSet<&'static str>);

/// What was made of a version by its type. Requests that want the same at the same time share its making.
#[derive(Clone, Default)]
pub(crate) struct Made(Arc<Mutex<HashMap<TypeId, Arc<OnceCell<Value>>>>>);

/// What was made of the version that was asked for last.
#[derive(Default)]
pub(crate) struct MadeOfLatest(Mutex<Option<(Arc<Manifest>, Made)>>);

impl MadeOfLatest {
    /// What was made of this version. What was made of another one is forgotten.
    pub(crate) fn of(&self, manifest: &Arc<Manifest>) -> Made {
        let mut latest = lock(&self.0);
        match &*latest {
            Some((of, made)) if Arc::ptr_eq(of, manifest) => made.clone(),
            _ => latest.insert((manifest.clone(), Made::default())).1.clone(),
        }
    }
}

impl Made {
    /// The value of this type. If making it fails, the next request tries again.
    pub(crate) async fn get_or_make<T: Send + Sync + 'static>(
        &self,
        make: impl AsyncFnOnce() -> Result<(T, BTreeSet<&'static str>)>,
    ) -> Result<(Arc<T>, BTreeSet<&'static str>)> {
        let cell = lock(&self.0).entry(TypeId::of::<T>()).or_default().clone();
        let make = async || {
            let (value, tables) = make().await?;
            Ok::<Value, crate::Error>((Arc::new(value), tables))
        };
        let (value, tables) = cell.get_or_try_init(make).await?.clone();
        let value = value.downcast().unwrap_or_else(|_| unreachable!("a value is found by its type"));
        Ok((value, tables))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A poisoned lock does no harm: nothing that happens under it can leave a map half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[tokio::test]
    async fn a_value_is_made_once_of_a_version_and_again_if_that_failed() {
        let (first, second) = (Arc::new(Manifest::default()), Arc::new(Manifest::default()));
        let latest = MadeOfLatest::default();
        let made = async |manifest, value: Result<u8>| {
            let made = latest.of(manifest);
            let (value, tables) = made.get_or_make(async || Ok((value?, BTreeSet::from(["runs"])))).await?;
            Ok::<_, Error>((*value, tables.len()))
        };
        assert!(made(&first, Err(Error::NoData)).await.is_err());
        assert_eq!(made(&first, Ok(1)).await.unwrap(), (1, 1));
        assert_eq!(made(&first, Ok(2)).await.unwrap(), (1, 1));
        assert_eq!(made(&second, Ok(3)).await.unwrap(), (3, 1));
        assert_eq!(made(&first, Ok(4)).await.unwrap(), (4, 1), "one version is kept");
        let other = latest.of(&first).get_or_make(async || Ok(("text", BTreeSet::new()))).await.unwrap();
        assert_eq!(*other.0, "text");
    }
}
