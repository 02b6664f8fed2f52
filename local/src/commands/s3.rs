//! `tideline s3`: the lake folder as an S3 endpoint on a fixed port.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use crate::s3::{BUCKET, Credentials, Server};

/// Options of the S3 endpoint.
#[derive(Debug, Args)]
pub struct S3 {
    /// The port on this machine
    #[arg(long, default_value_t = 9000)]
    port: u16,
}

impl S3 {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let address = super::ENVIRONMENT.lake();
        if address.contains("://") {
            bail!("LAKE is a bucket already: this serves a lake folder such as data/lake");
        }
        let credentials = Credentials {
            access_key: super::ENVIRONMENT
                .given("AWS_ACCESS_KEY_ID")
                .unwrap_or_else(|| "tideline".to_owned()),
            secret_key: super::ENVIRONMENT
                .given("AWS_SECRET_ACCESS_KEY")
                .unwrap_or_else(|| "tideline-local".to_owned()),
        };
        let server = Server::start_on(
            &PathBuf::from(&address),
            SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
            credentials,
        )
        .await?;
        println!("the lake `{address}` is on {} as bucket `{BUCKET}`; stop with Ctrl-C", server.endpoint());
        tokio::signal::ctrl_c().await.context("listening for Ctrl-C")
    }
}
