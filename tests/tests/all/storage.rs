//! One behavioural suite over every storage: in memory, the embedded S3 server, two of them over one folder, and, but for its races, an
//! independent S3 (moto).

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use lake::{MemoryStore, S3Store};
use tests::storage_suite::{answers_like_s3, behaves_like_s3};
use tideline::s3::{BUCKET, Server};

#[tokio::test(flavor = "multi_thread")]
async fn the_storage_in_memory_behaves_like_s3() {
    let store = MemoryStore::new();
    behaves_like_s3(&[Arc::new(store.clone()), Arc::new(store)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_server_behaves_like_s3() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await.unwrap();
    behaves_like_s3(&[Arc::new(server.store(BUCKET))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_embedded_servers_over_one_folder_behave_like_one_s3() {
    let folder = tempfile::tempdir().unwrap();
    let one = Server::start(folder.path()).await.unwrap();
    let other = Server::start(folder.path()).await.unwrap();
    behaves_like_s3(&[Arc::new(one.store(BUCKET)), Arc::new(other.store(BUCKET))]).await;
}

/// The races are left out: moto 5.2 checks a condition, then stores the body, then its metadata, without a lock around the three. On a busy
/// machine two creates of one key now and then both succeed there, and a reader may find a body without its metadata; S3 allows neither.
#[tokio::test(flavor = "multi_thread")]
async fn another_s3_answers_as_the_suite_says() {
    let moto = Moto::start().await;
    answers_like_s3(&[Arc::new(S3Store::at(&moto.endpoint, Moto::KEY, Moto::KEY, Moto::BUCKET))]).await;
}

/// An S3 that is not ours, in its own process.
struct Moto {
    process: Child,
    endpoint: String,
}

impl Moto {
    const KEY: &str = "testing";
    const BUCKET: &str = "another-lake";

    async fn start() -> Self {
        let program = tool("moto_server");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut moto = Self { process, endpoint: format!("http://127.0.0.1:{port}") };
        for _ in 0..600 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                moto.create_bucket().await;
                return moto;
            }
            assert_eq!(moto.process.try_wait().unwrap(), None, "moto_server ended before it answered");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("moto_server did not answer within a minute");
    }

    async fn create_bucket(&self) {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new(Self::KEY, Self::KEY, None, None, "test"))
            .endpoint_url(&self.endpoint)
            .force_path_style(true)
            .build();
        aws_sdk_s3::Client::from_conf(config).create_bucket().bucket(Self::BUCKET).send().await.unwrap();
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _: io::Result<()> = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program of the Python environment that `cargo xtask test` sets up.
fn tool(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = root.join("target/tools/venv/bin").join(name);
    assert!(path.is_file(), "{} is not there: run `cargo xtask test`, which installs it", path.display());
    path
}
