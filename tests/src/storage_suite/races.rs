//! The cases with races: many writers at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use lake::{Metadata, Put, PutMode, Store};

use super::{Handles, is_whole, metadata, names, turn, whole};

pub(super) async fn of_32_creates_at_once_exactly_one_wins(handles: &Handles, at: &str) {
    for round in 0..5 {
        let key = format!("{at}/{round}");
        let puts = (0..32_usize).map(|writer| {
            let (store, key) = (turn(handles, writer), key.clone());
            tokio::spawn(async move {
                let body = format!("body of {writer}").into_bytes();
                store
                    .put(&key, body, &metadata(&[("writer", &writer.to_string())]), PutMode::Create)
                    .await
                    .unwrap()
            })
        });
        let outcomes: Vec<Put> = join_all(puts).await.into_iter().map(Result::unwrap).collect();
        let winners: Vec<usize> = (0..32).filter(|writer| outcomes[*writer] != Put::Refused).collect();
        assert_eq!(winners.len(), 1, "round {round}: {winners:?} won");
        let object = handles[0].get(&key).await.unwrap().unwrap();
        assert_eq!(object.bytes, format!("body of {}", winners[0]).into_bytes());
        assert_eq!(object.metadata, metadata(&[("writer", &winners[0].to_string())]));
    }
}

pub(super) async fn a_counter_that_many_swap_loses_nothing(handles: &Handles, at: &str) {
    const WRITERS: usize = 8;
    const SWAPS: usize = 10;
    let key = format!("{at}/counter");
    handles[0].put(&key, b"0".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    let writers = (0..WRITERS).map(|writer| {
        let (store, key) = (turn(handles, writer), key.clone());
        tokio::spawn(async move {
            for _ in 0..SWAPS {
                increment(store.as_ref(), &key).await;
            }
        })
    });
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    let object = handles[0].get(&key).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(object.bytes).unwrap(), (WRITERS * SWAPS).to_string());
}

/// Adds one to a counter by compare-and-swap. Tries again as often as another writer is first.
pub async fn increment(store: &dyn Store, key: &str) {
    loop {
        let object = store.get(key).await.unwrap().unwrap();
        let number: u64 = String::from_utf8(object.bytes).unwrap().parse().unwrap();
        let next = (number + 1).to_string();
        if store.put(key, next.into_bytes(), &Metadata::new(), PutMode::Replace(object.etag)).await.unwrap()
            != Put::Refused
        {
            return;
        }
    }
}

pub(super) async fn readers_never_see_the_metadata_of_another_body(handles: &Handles, at: &str) {
    let key = format!("{at}/part.parquet");
    let write = |number: usize| {
        let body = vec![(number % 251) as u8; 1 + (number * 7919) % 50_000];
        let (store, key) = (turn(handles, number), key.clone());
        async move { store.put(&key, body.clone(), &whole(&body), PutMode::Overwrite).await.unwrap() }
    };
    write(0).await;
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4_usize)
        .map(|reader| {
            let (store, key, done) = (turn(handles, reader), key.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut seen = BTreeSet::new();
                while !done.load(Ordering::Relaxed) {
                    let object = store.get(&key).await.unwrap().unwrap();
                    assert!(
                        is_whole(&object),
                        "a body of {} bytes came with {:?}",
                        object.bytes.len(),
                        object.metadata
                    );
                    seen.insert(object.etag.0);
                    let head = store.head(&key).await.unwrap().unwrap();
                    assert_eq!(head.metadata["size"], head.size_bytes.to_string());
                    tokio::task::yield_now().await;
                }
                seen.len()
            })
        })
        .collect();
    for number in 0..100 {
        join_all([write(2 * number + 1), write(2 * number + 2)]).await;
        tokio::task::yield_now().await;
    }
    done.store(true, Ordering::Relaxed);
    let seen: usize = join_all(readers).await.into_iter().map(Result::unwrap).sum();
    assert!(seen > 8, "the readers saw {seen} versions: the case proves nothing");
}

pub(super) async fn a_create_and_a_delete_at_once_leave_all_or_nothing(handles: &Handles, at: &str) {
    for round in 0..10_usize {
        // Two keys in the same folder come and go. Neither may remove the folder while the other needs it.
        let keys = [format!("{at}/{round}/a/one"), format!("{at}/{round}/a/two")];
        let tasks = (0..8_usize).map(|task| {
            let (store, key) = (turn(handles, task), keys[(task / 2) % 2].clone());
            tokio::spawn(async move {
                let body = vec![task as u8; 100 * task];
                if task % 2 == 0 {
                    store.put(&key, body.clone(), &whole(&body), PutMode::Create).await.unwrap();
                } else {
                    store.delete(&key).await.unwrap();
                }
            })
        });
        for task in join_all(tasks).await {
            task.unwrap();
        }
        let listed = names(&handles[0], &format!("{at}/{round}/"), None).await;
        for key in &keys {
            let object = turn(handles, round).get(key).await.unwrap();
            assert_eq!(object.is_some(), listed.contains(key));
            assert!(object.as_ref().is_none_or(is_whole), "{object:?}");
        }
    }
}
