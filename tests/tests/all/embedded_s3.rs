//! What the embedded S3 server does beyond the suite: who may call it, what lies on disk, and what it
//! refuses.

use std::fs;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use lake::{Metadata, Put, PutMode, S3Store, Store};
use tempfile::TempDir;
use tideline::s3::{BUCKET, Server};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_the_servers_credentials_reads_or_writes() {
    let (_folder, server) = served().await;
    let other = served().await.1;
    server.store(BUCKET).put("a", b"x".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    assert_ne!(server.secret_key(), other.secret_key());

    let wrong_secret = S3Store::at(&server.endpoint(), server.access_key(), other.secret_key(), BUCKET);
    let error = wrong_secret.get("a").await.unwrap_err().to_string();
    assert!(error.contains("SignatureDoesNotMatch"), "{error}");
    let wrong_key = S3Store::at(&server.endpoint(), other.access_key(), server.secret_key(), BUCKET);
    assert!(wrong_key.put("a", b"y".to_vec(), &Metadata::new(), PutMode::Overwrite).await.is_err());
    assert!(wrong_key.delete("a").await.is_err());
    let unsigned = reqwest::get(format!("{}/{BUCKET}/a", server.endpoint())).await.unwrap();
    assert_eq!(unsigned.status(), 403);
    let put = reqwest::Client::new()
        .put(format!("{}/{BUCKET}/b", server.endpoint()))
        .body("y")
        .send()
        .await
        .unwrap();
    assert_eq!(put.status(), 403);
    // The page of another site, whose name was made to point here, is not even asked for a signature.
    let rebound = reqwest::Client::new().get(format!("{}/{BUCKET}/a", server.endpoint()));
    let rebound = rebound.header("host", "evil.example").send().await.unwrap();
    assert_eq!((rebound.status().as_u16(), rebound.text().await.unwrap()), (403, String::new()));
    let lines = server.store(BUCKET).list("", None).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.key.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(server.store(BUCKET).get("a").await.unwrap().unwrap().bytes, b"x");
    assert!(!format!("{server:?} {:?}", server.store(BUCKET)).contains(server.secret_key()));
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_plain_files_and_a_file_that_nobody_put_is_replaced_but_not_read() {
    let (folder, server) = served().await;
    let store = server.store(BUCKET);
    let key = "factory=x/staging/plu/0/part.parquet";
    store.put(key, b"parquet".to_vec(), &one("applied", "7"), PutMode::Create).await.unwrap();
    assert_eq!(fs::read(folder.path().join(key)).unwrap(), b"parquet");

    let by_hand = "factory=x/by-hand.csv";
    fs::write(folder.path().join(by_hand), "a,b\n").unwrap();
    assert!(store.get(by_hand).await.unwrap_err().is_damaged());
    let head = store.head(by_hand).await.unwrap().unwrap();
    assert_eq!((head.size_bytes, head.metadata), (4, Metadata::new()));
    let refused = store.put(by_hand, b"!".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    assert_eq!(refused, Put::Refused);
    let replaced =
        store.put(by_hand, b"c\n".to_vec(), &one("n", "1"), PutMode::Replace(head.etag)).await.unwrap();
    assert!(matches!(replaced, Put::Stored(_)));
    let object = store.get(by_hand).await.unwrap().unwrap();
    assert_eq!((object.bytes, object.metadata), (b"c\n".to_vec(), one("n", "1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_was_copied_elsewhere_keeps_its_metadata_and_versions() {
    let (folder, server) = served().await;
    let put = server
        .store(BUCKET)
        .put("raw/plu/1", b"rows".to_vec(), &one("watermark", "2026"), PutMode::Create)
        .await
        .unwrap();
    let copy = tempfile::tempdir().unwrap();
    let status = std::process::Command::new("cp")
        .arg("-r")
        .arg(folder.path().join("."))
        .arg(copy.path())
        .status()
        .unwrap();
    assert!(status.success());
    let server = Server::start(copy.path()).await.unwrap();
    let store = server.store(BUCKET);
    let object = store.get("raw/plu/1").await.unwrap().unwrap();
    assert_eq!((object.bytes.as_slice(), &object.metadata), (&b"rows"[..], &one("watermark", "2026")));
    assert_eq!(Put::Stored(object.etag.clone()), put);
    let next = store
        .put("raw/plu/1", b"more".to_vec(), &one("watermark", "2027"), PutMode::Replace(object.etag))
        .await
        .unwrap();
    assert!(matches!(next, Put::Stored(_)));
    assert_eq!(store.head("raw/plu/1").await.unwrap().unwrap().metadata, one("watermark", "2027"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_died_before_its_last_step_has_not_happened() {
    let (folder, server) = served().await;
    let store = server.store(BUCKET);
    store.put("a", b"old".to_vec(), &one("n", "1"), PutMode::Create).await.unwrap();
    // Such a put leaves the body of the old version and the records of both versions.
    let body = fs::read(folder.path().join("a")).unwrap();
    fs::hard_link(folder.path().join("a"), folder.path().join("kept")).unwrap();
    store.put("a", b"new".to_vec(), &one("n", "2"), PutMode::Overwrite).await.unwrap();
    fs::rename(folder.path().join("kept"), folder.path().join("a")).unwrap();

    let object = store.get("a").await.unwrap().unwrap();
    assert_eq!((object.bytes, &object.metadata), (body, &one("n", "1")));
    let again = store.put("a", b"new".to_vec(), &one("n", "3"), PutMode::Replace(object.etag)).await.unwrap();
    assert!(matches!(again, Put::Stored(_)));
    assert_eq!(store.get("a").await.unwrap().unwrap().metadata, one("n", "3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_cannot_be_files_are_refused_with_a_reason() {
    let (folder, server) = served().await;
    let store = server.store(BUCKET);
    store.put("a/b", b"x".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    let long = format!("a/{}", "x".repeat(256));
    let cases = [
        ("a/b/c", "nothing can lie under it"),
        ("a", "a folder cannot be one"),
        ("a//c", "cannot be a file"),
        ("a/", "cannot be a file"),
        ("a/../../outside", "cannot be a file"),
        (".tideline-s3/lock", "begins with `.`"),
        ("a/.hidden", "begins with `.`"),
        (&long, "more than 255 bytes"),
    ];
    for (key, reason) in cases {
        let error = store
            .put(key, b"y".to_vec(), &Metadata::new(), PutMode::Overwrite)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "`{key}`: {error}");
        assert!(!error.contains(folder.path().to_str().unwrap()), "a path of this machine in: {error}");
        assert!(store.get(key).await.unwrap().is_none(), "`{key}`");
    }
    assert_eq!(store.get("a/b").await.unwrap().unwrap().bytes, b"x");
    assert_eq!(store.list("", None).await.unwrap().len(), 1);
    assert!(!folder.path().parent().unwrap().join("outside").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_on_a_condition_or_of_a_range_is_answered_as_http_says() {
    let (_folder, server) = served().await;
    let client = client(&server);
    let put = client
        .put_object()
        .bucket(BUCKET)
        .key("a")
        .body(ByteStream::from_static(b"0123456789"))
        .send()
        .await
        .unwrap();
    let etag = put.e_tag.unwrap();

    let range = client.get_object().bucket(BUCKET).key("a").range("bytes=2-4").send().await.unwrap();
    assert_eq!(range.content_range.as_deref(), Some("bytes 2-4/10"));
    assert_eq!(range.body.collect().await.unwrap().to_vec(), b"234");
    let suffix =
        client.get_object().bucket(BUCKET).key("a").range("bytes=-3").if_match(&etag).send().await.unwrap();
    assert_eq!(suffix.body.collect().await.unwrap().to_vec(), b"789");
    let outside = client.get_object().bucket(BUCKET).key("a").range("bytes=10-").send().await.unwrap_err();
    assert_eq!((outside.code(), status(&outside)), (Some("InvalidRange"), 416));

    let same = client.head_object().bucket(BUCKET).key("a").if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(status(&same), 304);
    let other = client.head_object().bucket(BUCKET).key("a").if_match("\"other\"").send().await.unwrap_err();
    assert_eq!(status(&other), 412);
    let other = client.get_object().bucket(BUCKET).key("a").if_match("\"other\"").send().await.unwrap_err();
    assert_eq!((other.code(), status(&other)), (Some("PreconditionFailed"), 412));
    let unchanged =
        client.get_object().bucket(BUCKET).key("a").if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(unchanged.raw_response().unwrap().headers().get("etag"), Some(etag.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_carries_versions_and_folds_at_the_delimiter() {
    let (_folder, server) = served().await;
    let client = client(&server);
    let mut etags = Vec::new();
    for key in ["r/a/1", "r/b", "r/c/1", "r/c/2", "s"] {
        let put = client
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .body(ByteStream::from_static(b"x"))
            .send()
            .await
            .unwrap();
        etags.extend(put.e_tag);
    }
    let folded = client.list_objects_v2().bucket(BUCKET).prefix("r/").delimiter("/").send().await.unwrap();
    let prefixes: Vec<_> = folded.common_prefixes().iter().filter_map(|common| common.prefix()).collect();
    assert_eq!(prefixes, ["r/a/", "r/c/"]);
    assert_eq!(
        folded.contents().iter().map(|object| (object.key(), object.e_tag())).collect::<Vec<_>>(),
        [(Some("r/b"), Some(&*etags[1]))]
    );
    assert_eq!((folded.key_count(), folded.is_truncated()), (Some(3), Some(false)));

    let first =
        client.list_objects_v2().bucket(BUCKET).max_keys(2).start_after("r/a/1").send().await.unwrap();
    assert_eq!(
        first.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(),
        ["r/b", "r/c/1"]
    );
    let token = first.next_continuation_token.expect("more follow");
    let second =
        client.list_objects_v2().bucket(BUCKET).max_keys(2).continuation_token(token).send().await.unwrap();
    assert_eq!(
        second.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(),
        ["r/c/2", "s"]
    );
    assert_eq!(second.is_truncated(), Some(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_conditions_that_are_not_kept_are_refused_not_ignored() {
    let (_folder, server) = served().await;
    let client = client(&server);
    client.put_object().bucket(BUCKET).key("a").body(ByteStream::from_static(b"x")).send().await.unwrap();
    let tagging = client.get_object_tagging().bucket(BUCKET).key("a").send().await.unwrap_err();
    assert_eq!(status(&tagging), 501);
    let delete =
        client.delete_object().bucket(BUCKET).key("a").if_match("\"other\"").send().await.unwrap_err();
    assert_eq!(delete.code(), Some("NotImplemented"));
    let copy = client
        .copy_object()
        .bucket(BUCKET)
        .key("b")
        .copy_source(format!("{BUCKET}/a"))
        .copy_source_if_match("\"x\"")
        .send();
    assert_eq!(copy.await.unwrap_err().code(), Some("NotImplemented"));
    let put = client
        .put_object()
        .bucket(BUCKET)
        .key("a")
        .if_none_match("\"x\"")
        .body(ByteStream::from_static(b"y"))
        .send()
        .await;
    assert_eq!(put.unwrap_err().code(), Some("NotImplemented"));
    assert_eq!(server.store(BUCKET).get("a").await.unwrap().unwrap().bytes, b"x");
    let bucket = server.store("another").get("a").await.unwrap_err().to_string();
    assert_eq!(
        bucket,
        "storage: get `a` failed: NoSuchBucket: there is no bucket `another` here, only `lake`"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_changed_on_its_way_is_not_taken() {
    let (_folder, server) = served().await;
    let client = client(&server);
    let put = || client.put_object().bucket(BUCKET).key("a").body(ByteStream::from_static(b"whole"));
    // The sums of nothing.
    for (name, put) in [
        ("Content-MD5", put().content_md5("1B2M2Y8AsgTpgAmY7PhCfg==")),
        ("x-amz-checksum-crc32", put().checksum_crc32("AAAAAA==")),
        ("x-amz-checksum-sha256", put().checksum_sha256("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")),
    ] {
        let error = put.send().await.expect_err(name).into_service_error();
        assert_eq!(error.code(), Some("BadDigest"), "{name}: {error:?}");
    }
    assert!(server.store(BUCKET).list("", None).await.unwrap().is_empty());
    for put in [
        put().content_md5("NWye5g6doFMBrcO9lvazgw=="),
        put().checksum_sha256("XVdmzy14cBYUIAQY7hRQaQ2a8SyE1SVF5IAvABrVMJk="),
        put().checksum_algorithm(ChecksumAlgorithm::Crc32C),
        put().checksum_algorithm(ChecksumAlgorithm::Crc64Nvme),
    ] {
        put.send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_without_all_that_was_announced_is_not_taken() {
    let (_folder, server) = served().await;
    let client = client(&server);
    let put = |body| client.put_object().bucket(BUCKET).key("a").body(body);
    for (name, value) in [
        ("x-amz-decoded-content-length", "6"),
        ("x-amz-decoded-content-length", "4"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ] {
        let put = put(ByteStream::from_static(b"whole")).customize();
        let put = put.mutate_request(move |request| {
            request.headers_mut().insert(name, value);
        });
        let error = put.send().await.expect_err(name).into_service_error();
        assert_eq!(error.code(), Some("IncompleteBody"), "{name}: {error:?}");
    }
    assert!(server.store(BUCKET).list("", None).await.unwrap().is_empty());
    // The client sends a file in chunks, with the sum behind them.
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "whole").unwrap();
    put(ByteStream::from_path(file.path()).await.unwrap()).send().await.unwrap();
    assert_eq!(server.store(BUCKET).get("a").await.unwrap().unwrap().bytes, b"whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_one_is_named_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for root in [file.clone(), file.join("lake")] {
        let error = Server::start(&root).await.unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("the lake folder `{}` cannot be created: ", root.display())),
            "{error}"
        );
    }
    let taken = served().await.1;
    let addr = taken.endpoint().trim_start_matches("http://").parse().unwrap();
    let credentials = tideline::s3::Credentials::random().unwrap();
    let error = Server::start_on(folder.path(), addr, credentials).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("the S3 server cannot listen on `{addr}`: ")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stops_when_it_is_dropped_and_its_client_says_so_in_one_line() {
    let (_folder, server) = served().await;
    let store = server.store(BUCKET);
    store.put("a", b"x".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    let (access_key, secret_key) = (server.access_key().to_owned(), server.secret_key().to_owned());
    drop(server);
    let error = store.get("a").await.unwrap_err().to_string();
    assert!(
        error.starts_with("storage: get `a` failed: ") && error.contains("Connection refused"),
        "{error}"
    );
    assert!(!error.contains('\n') && !error.contains(&secret_key) && !error.contains(&access_key), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn temporary_files_go_when_they_are_old_and_stay_while_a_put_may_run() {
    let (folder, server) = served().await;
    server.store(BUCKET).put("a", b"x".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    let temporary = folder.path().join(".tideline-s3/tmp");
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "a put left its temporary files");
    let [old, young, notes] = ["1-old", "1-young", "my-notes"].map(|name| temporary.join(name));
    for (path, hours) in [(&old, 25), (&young, 23), (&notes, 25)] {
        fs::write(path, "half").unwrap();
        let written = SystemTime::now() - Duration::from_hours(hours);
        fs::File::options().write(true).open(path).unwrap().set_modified(written).unwrap();
    }
    let _second = Server::start(folder.path()).await.unwrap();
    assert_eq!((old.exists(), young.exists(), notes.exists()), (false, true, true));
}

async fn served() -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await.unwrap();
    (folder, server)
}

fn client(server: &Server) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new(server.access_key(), server.secret_key(), None, None, "test"))
        .endpoint_url(server.endpoint())
        .force_path_style(true)
        .build();
    Client::from_conf(config)
}

fn one(name: &str, value: &str) -> Metadata {
    Metadata::from([(name.to_owned(), value.to_owned())])
}

fn status<E>(error: &SdkError<E>) -> u16 {
    error.raw_response().map_or(0, |response| response.status().as_u16())
}
