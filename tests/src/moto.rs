//! moto: an independent implementation of S3 and other services of AWS, on this machine.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};

/// A running moto, in its own process.
pub struct Moto {
    process: Child,
    pub endpoint: String,
}

impl Moto {
    /// Both its access key and its secret key.
    pub const KEY: &str = "testing";
    /// A bucket that it has.
    pub const BUCKET: &str = "another-lake";

    /// Starts moto on a free port.
    pub async fn start() -> Self {
        let program = crate::place::python_program("moto_server");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let process =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
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
