//! A program that a test kills. It writes into a folder through its own embedded S3 server until it dies, and
//! prints what the storage has confirmed.
//!
//! It prints the lines `ready`, `created <number>` and `counted`. A line comes after the answer of the
//! storage, so one more write than printed may be done.

use std::env;
use std::hash::{BuildHasher, RandomState};
use std::io::{Write, stdout};
use std::path::PathBuf;

use anyhow::{Context, Result};
use lake::{Metadata, Put, PutMode, Store};
use tests::storage_suite::{increment, whole};
use tideline::s3::{BUCKET, Server};

/// The key of the object that counts the swaps of all writers.
const COUNTER: &str = "counter";

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1);
    let root = PathBuf::from(arguments.next().context("the folder to write in is missing")?);
    let name =
        arguments.next().and_then(|name| name.into_string().ok()).context("the writer's name is missing")?;
    let server = Server::start(&root).await?;
    let store = server.store(BUCKET);
    store.put(COUNTER, b"0".to_vec(), &Metadata::new(), PutMode::Create).await?;
    say("ready")?;

    let mut number = store.list("created/", None).await?.len();
    for round in 0_u64.. {
        let chance = RandomState::new().hash_one(round);
        let body: Vec<u8> = (0..chance % 200_000).map(|index| (index ^ chance) as u8).collect();
        store
            .put(&format!("replaced/{}", chance % 5), body.clone(), &whole(&body), PutMode::Overwrite)
            .await?;

        let mut metadata = whole(&body);
        metadata.insert("writer".into(), name.clone());
        let created =
            store.put(&format!("created/{number:06}"), body.clone(), &metadata, PutMode::Create).await?;
        if created != Put::Refused {
            say(&format!("created {number}"))?;
        }
        number += 1;

        increment(&store, COUNTER).await;
        say("counted")?;

        let passing = format!("passing/{name}/{}", chance % 3);
        store.put(&passing, body.clone(), &whole(&body), PutMode::Overwrite).await?;
        store.copy(&passing, &format!("copied/{}", chance % 3)).await?;
        store.delete(&passing).await?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
