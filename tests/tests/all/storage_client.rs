//! How the S3 client finds its endpoint, and what it makes of answers that no real storage gives on demand.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lake::{ETag, Metadata, Put, PutMode, S3Store, Store, StoreError};
use tideline::s3::{BUCKET, Server};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_leads_to_the_storage() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await.unwrap();
    server.store(BUCKET).put("a/b c", b"found".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    let endpoint = server.endpoint();
    let keys = [("AWS_ACCESS_KEY_ID", server.access_key()), ("AWS_SECRET_ACCESS_KEY", server.secret_key())];

    for endpoints in [
        vec![("AWS_ENDPOINT_URL", &*endpoint)],
        vec![("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_ENDPOINT_URL_S3", &endpoint)],
    ] {
        let (out, error) = read(keys.into_iter().chain(endpoints).collect()).await;
        assert_eq!((out.as_str(), error.as_str()), ("found", ""));
    }
    let (_, error) = read(keys.to_vec()).await;
    assert!(error.contains("set AWS_REGION"), "{error}");
    let wrong = vec![
        ("AWS_ACCESS_KEY_ID", "other"),
        ("AWS_SECRET_ACCESS_KEY", "hidden"),
        ("AWS_ENDPOINT_URL", &endpoint),
    ];
    let (_, error) = read(wrong).await;
    assert!(error.contains("storage: get `a/b c` failed: ") && !error.contains("hidden"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conditional_put_that_meets_another_is_tried_again() {
    let scripted = Scripted::start(&[CONFLICT, CONFLICT, "200 OK\r\nETag: \"v2\""]).await;
    let put = scripted.put(PutMode::Replace(ETag("v1".into()))).await.unwrap();
    assert_eq!(put, Put::Stored(ETag("v2".into())));
    assert_eq!(scripted.calls(), 3);

    let scripted = Scripted::start(&[CONFLICT, "412 Precondition Failed"]).await;
    assert_eq!(scripted.put(PutMode::Create).await.unwrap(), Put::Refused);

    let scripted = Scripted::start(&[CONFLICT]).await;
    let error = scripted.put(PutMode::Create).await.unwrap_err().to_string();
    assert_eq!(
        (error.as_str(), scripted.calls()),
        ("storage: put `a` failed: ConditionalRequestConflict (HTTP 409)", 5)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_bucket_is_an_error_and_no_refusal() {
    let scripted = Scripted::start(&["404 Not Found\r\nx-code: NoSuchBucket"]).await;
    let error = scripted.put(PutMode::Replace(ETag("v1".into()))).await.unwrap_err().to_string();
    assert_eq!(error, "storage: put `a` failed: NoSuchBucket (HTTP 404)");
    let scripted = Scripted::start(&["404 Not Found\r\nx-code: NoSuchKey"]).await;
    assert_eq!(scripted.put(PutMode::Replace(ETag("v1".into()))).await.unwrap(), Put::Refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_fails_for_a_moment_is_asked_again() {
    let scripted =
        Scripted::start(&["503 Service Unavailable", "500 Internal Server Error", "200 OK\r\nETag: \"v1\""])
            .await;
    assert_eq!(scripted.put(PutMode::Overwrite).await.unwrap(), Put::Stored(ETag("v1".into())));
    let scripted = Scripted::start(&["503 Service Unavailable"]).await;
    assert!(scripted.put(PutMode::Overwrite).await.is_err());
    assert_eq!(scripted.calls(), 3);
    let scripted = Scripted::start(&["200 OK"]).await;
    let error = scripted.put(PutMode::Overwrite).await.unwrap_err().to_string();
    assert_eq!(error, "storage: put `a` failed: the storage's answer is incomplete: no ETag");
}

const CONFLICT: &str = "409 Conflict\r\nx-code: ConditionalRequestConflict";

/// A storage that answers one call after the other as it is told, and gives the last answer for ever. A line
/// `x-code` in an answer becomes the S3 error code.
struct Scripted {
    store: S3Store,
    calls: Arc<AtomicUsize>,
}

impl Scripted {
    async fn start(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let store =
            S3Store::at(&format!("http://{}", listener.local_addr().unwrap()), "key", "secret", "bucket");
        let calls = Arc::new(AtomicUsize::new(0));
        let (answers, counted) = (answers.to_vec(), Arc::clone(&calls));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let call = counted.fetch_add(1, Ordering::SeqCst);
                answer(stream, answers[call.min(answers.len() - 1)]).await;
            }
        });
        Self { store, calls }
    }

    async fn put(&self, mode: PutMode) -> Result<Put, StoreError> {
        self.store.put("a", b"body".to_vec(), &Metadata::new(), mode).await
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

async fn answer(stream: TcpStream, head: &str) {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        match line.to_ascii_lowercase().trim_end().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    let code = head
        .split_once("x-code: ")
        .map(|(_, code)| format!("<Error><Code>{code}</Code></Error>"))
        .unwrap_or_default();
    let answer =
        format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{code}", code.len());
    stream.write_all(answer.as_bytes()).await.unwrap();
}

/// Runs a program that reads `a/b c`, with nothing but this environment. Returns its output and its errors.
async fn read(environment: Vec<(&str, &str)>) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storage_reader"));
    command
        .args([BUCKET, "a/b c"])
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", "/nonexistent")
        .envs(environment);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}
