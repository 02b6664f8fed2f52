//! `tideline s3`: the lake folder as an S3 endpoint on a fixed port.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use lake::LakeError;

use crate::s3::{BUCKET, Credentials, Server};

/// Options of the S3 endpoint.
#[derive(Debug, Args)]
pub struct S3 {
    /// The port on this machine
    #[arg(long, default_value_t = 9000)]
    port: u16,
}

const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";

impl S3 {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let address = super::ENVIRONMENT.lake();
        if address.contains("://") {
            bail!("LAKE is a bucket already: this serves a lake folder such as data/lake");
        }
        if process::may_hold_password(&address) {
            return Err(LakeError::Address(address).into());
        }
        let given = given_credentials()?;
        let is_given = given.is_some();
        let credentials = given.map_or_else(Credentials::random, Ok)?;
        let server = Server::start_on(
            &PathBuf::from(&address),
            SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
            credentials,
        )
        .await?;
        println!("the lake `{address}` is on {} as bucket `{BUCKET}`; stop with Ctrl-C", server.endpoint());
        if !is_given {
            // The only time that they are shown. The next start makes others.
            println!("its keys, until it stops:");
            println!("export {ACCESS_KEY}={} {SECRET_KEY}={}", server.access_key(), server.secret_key());
        }
        tokio::signal::ctrl_c().await.context("listening for Ctrl-C")
    }
}

/// The keys that the environment gives. Nothing that is written in a document is a key.
fn given_credentials() -> anyhow::Result<Option<Credentials>> {
    match (super::ENVIRONMENT.given(ACCESS_KEY), super::ENVIRONMENT.given(SECRET_KEY)) {
        (Some(access_key), Some(secret_key)) => Ok(Some(Credentials { access_key, secret_key })),
        (None, None) => Ok(None),
        (Some(_), None) => {
            bail!("{ACCESS_KEY} is set and {SECRET_KEY} is not: set both, or neither for new keys")
        }
        (None, Some(_)) => {
            bail!("{SECRET_KEY} is set and {ACCESS_KEY} is not: set both, or neither for new keys")
        }
    }
}
