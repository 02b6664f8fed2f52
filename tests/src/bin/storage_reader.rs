//! Prints an object: `storage_reader <bucket> <key>`. The `AWS_…` variables name the storage.

use std::env;

use anyhow::{Context, Result};
use lake::{S3Store, Store};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let (bucket, key) = arguments.next().zip(arguments.next()).context("a bucket and a key are missing")?;
    let object = S3Store::connect(&bucket).await?.get(&key).await?.context("there is no such object")?;
    print!("{}", String::from_utf8(object.bytes)?);
    Ok(())
}
