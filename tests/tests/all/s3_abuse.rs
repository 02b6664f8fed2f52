//! What the embedded S3 server makes of a folder that others have been at, and of callers who mean no good.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use lake::{Lake, Metadata, Mode, Put, PutMode, SegmentInfo, Store, Turn};
use polars::prelude::{Column, DataFrame};
use tempfile::TempDir;
use tideline::s3::{BUCKET, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn served() -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("lake")).await.unwrap();
    (folder, server)
}

/// The files that a server keeps beside the objects.
fn records(lake: &Path) -> Vec<std::path::PathBuf> {
    let folders = fs::read_dir(lake.join(".tideline-s3/records")).unwrap();
    let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

/// What happens to a file, and how.
type Damage<'a> = (&'a str, Box<dyn Fn() + 'a>);

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_the_one_that_was_put_is_an_error_until_it_is_put_again() {
    let (folder, server) = served().await;
    let (lake, store) = (folder.path().join("lake"), server.store(BUCKET));
    let body: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
    let put = store.put("a/b", body.clone(), &Metadata::new(), PutMode::Create).await.unwrap();
    let Put::Stored(etag) = put else { panic!("{put:?}") };
    let file = lake.join("a/b");
    let flipped = |at: usize| {
        let mut bytes = body.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    let damages: [Damage<'_>; 5] = [
        ("a bit that flipped", Box::new(|| fs::write(&file, flipped(70_000)).unwrap())),
        (
            "a bit that flipped on a disk that did not notice",
            Box::new(|| {
                let modified = fs::metadata(&file).unwrap().modified().unwrap();
                fs::write(&file, flipped(3)).unwrap();
                File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
            }),
        ),
        ("a body cut short", Box::new(|| fs::write(&file, &body[..500]).unwrap())),
        (
            "a record that is gone",
            Box::new(|| records(&lake).iter().for_each(|file| fs::remove_file(file).unwrap())),
        ),
        (
            "a record that is no record",
            Box::new(|| records(&lake).iter().for_each(|file| fs::write(file, "{").unwrap())),
        ),
    ];
    for (what, damage) in damages {
        damage();
        let error = store.get("a/b").await.expect_err(what);
        assert!(error.is_damaged() && error.to_string().contains("ObjectDamaged: "), "{what}: {error}");
        assert!(!error.to_string().contains(folder.path().to_str().unwrap()), "{what}: {error}");
        assert!(store.copy("a/b", "copy").await.unwrap_err().is_damaged(), "{what}");
        // Listings and conditions go by what was put, so that the object can be put again.
        let (listed, head) = (store.list("", None).await.unwrap(), store.head("a/b").await.unwrap().unwrap());
        assert_eq!(listed.iter().map(|line| line.key.as_str()).collect::<Vec<_>>(), ["a/b"], "{what}");
        assert_eq!(listed[0].etag, head.etag, "{what}");
        // Only a change that left no trace in the folder is met by nobody but who reads the body.
        assert_eq!(head.etag == etag, what.contains("did not notice"), "{what}");
        let again =
            store.put("a/b", body.clone(), &Metadata::new(), PutMode::Replace(head.etag)).await.unwrap();
        assert_eq!(again, Put::Stored(etag.clone()), "{what}");
        assert_eq!(store.get("a/b").await.unwrap().unwrap().bytes, body, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_storage_is_no_damage() {
    let (_folder, server) = served().await;
    let error = server.store("another").get("a").await.unwrap_err();
    assert!(!error.is_damaged(), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_pipes_and_hidden_files_are_neither_followed_nor_served_nor_removed() {
    let (folder, server) = served().await;
    let (lake, store) = (folder.path().join("lake"), server.store(BUCKET));
    store.put("a/own", b"own".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    symlink(&outside, lake.join("a/folder")).unwrap();
    symlink(outside.join("secret"), lake.join("a/file")).unwrap();
    symlink(outside.join("none"), lake.join("a/dangling")).unwrap();
    symlink(lake.join("a/own"), lake.join("a/within")).unwrap();
    assert!(Command::new("mkfifo").arg(lake.join("a/pipe")).status().unwrap().success());
    fs::write(lake.join("a/.hidden"), "hidden").unwrap();
    fs::write(lake.join("a/line\nbreak"), "x").unwrap();

    let listed = async |prefix| {
        let lines = store.list(prefix, None).await.unwrap();
        lines.into_iter().map(|line| line.key).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, ["a/own"]);
    assert!(listed("a/folder/").await.is_empty());
    for key in ["a/folder/secret", "a/file", "a/dangling", "a/within", "a/pipe", "a/.hidden"] {
        assert!(store.get(key).await.unwrap().is_none(), "`{key}` was read");
        assert!(store.head(key).await.unwrap().is_none(), "`{key}` was seen");
        assert!(store.copy(key, "copy").await.is_err(), "`{key}` was copied");
        let put = store.put(key, b"x".to_vec(), &Metadata::new(), PutMode::Overwrite).await.unwrap_err();
        let reason = if key == "a/.hidden" { "begins with `.`" } else { "no plain file stands" };
        assert!(put.to_string().contains(reason), "`{key}`: {put}");
        let _ = store.delete(key).await;
    }
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
    assert!(!outside.join("none").exists());
    for name in ["folder", "file", "dangling", "within", "pipe", ".hidden"] {
        assert!(fs::symlink_metadata(lake.join("a").join(name)).is_ok(), "`{name}` was removed");
    }
    assert_eq!(store.get("a/own").await.unwrap().unwrap().bytes, b"own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_the_server_that_is_a_link_is_refused_and_what_lies_behind_it_stays() {
    for name in ["records", "tmp"] {
        let (folder, server) = served().await;
        drop(server);
        let (lake, outside) = (folder.path().join("lake"), folder.path().join("outside"));
        fs::create_dir(&outside).unwrap();
        // It looks like what a put left behind that died long ago.
        let file = File::create(outside.join("1-old")).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(25)).unwrap();
        let own = lake.join(".tideline-s3").join(name);
        fs::remove_dir(&own).unwrap();
        symlink(&outside, &own).unwrap();
        let error = Server::start(&lake).await.unwrap_err().to_string();
        assert!(
            error.contains(&format!("cannot be used: its folder `.tideline-s3/{name}` is a link")),
            "{error}"
        );
        assert!(outside.join("1-old").exists(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_behind_a_link_is_neither_read_nor_replaced_nor_removed() {
    let (folder, server) = served().await;
    let (lake, store) = (folder.path().join("lake"), server.store(BUCKET));
    store.put("a", b"old".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    let record = records(&lake).remove(0);
    let (own, outside) = (record.parent().unwrap(), folder.path().join("outside"));
    fs::rename(own, &outside).unwrap();
    symlink(&outside, own).unwrap();
    let before = fs::read(&record).unwrap();

    assert!(store.get("a").await.unwrap_err().is_damaged());
    let put = store.put("a", b"new".to_vec(), &Metadata::new(), PutMode::Overwrite).await.unwrap_err();
    assert!(put.to_string().contains("no plain file stands"), "{put}");
    assert_eq!(fs::read(lake.join("a")).unwrap(), b"old");
    store.delete("a").await.unwrap();
    assert!(!lake.join("a").exists());
    assert_eq!(fs::read(&record).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_for_its_owner_alone() {
    let (folder, server) = served().await;
    let lake = folder.path().join("lake");
    server.store(BUCKET).put("a/b", b"x".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    let (mut folders, mut files) = (vec![lake.clone()], 0);
    while let Some(below) = folders.pop() {
        assert_eq!(mode(&below), 0o700, "{}", below.display());
        for entry in fs::read_dir(&below).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files += 1;
                assert_eq!(mode(&entry.path()), 0o600, "{}", entry.path().display());
            }
        }
    }
    assert_eq!(files, 3, "a body, its record and the lock");

    // A lake of an older version let others hold its lock.
    drop(server);
    fs::set_permissions(lake.join(".tideline-s3"), Permissions::from_mode(0o755)).unwrap();
    let _server = Server::start(&lake).await.unwrap();
    assert_eq!(mode(&lake.join(".tideline-s3")), 0o700);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_put_beside_the_records_and_segments_hides_none_of_them() {
    let (folder, server) = served().await;
    let lake = Lake::new(std::sync::Arc::new(server.store(BUCKET)), "", "main");
    let below = folder.path().join("lake/factory=main");
    for job_id in ["job-1", "job-2"] {
        lake.end_job(job_id, &serde_json::json!({"job_id": job_id})).await.unwrap();
    }
    let info = |rows: usize| SegmentInfo {
        watermark: None,
        mode: Mode::Full,
        rows,
        rejected: 0,
        job_id: "job-1".to_owned(),
        started_at: "2026-11-20T06:00:00+00:00".to_owned(),
        schema: "x".to_owned(),
        reload: None,
        pass: None,
    };
    let mut rows = DataFrame::new(1, vec![Column::new("a".into(), ["1"])]).unwrap();
    lake.commit_segment("plu", 1, &mut rows, &info(1), None).await.unwrap();
    for name in
        ["runs/foo", "runs/x y.json", "raw/plu/abc.parquet", "raw/plu/2.parquet", "raw/plu/00000003.csv"]
    {
        fs::write(below.join(name), "junk").unwrap();
    }
    fs::create_dir(below.join("raw/plu/00000004.parquet")).unwrap();
    assert_eq!(lake.newest_jobs(None, 10, chrono::Utc::now()).await.unwrap(), ["job-2", "job-1"]);
    assert_eq!(lake.segments_after("plu", 0).await.unwrap(), [1]);

    // Whoever reads that list of jobs that no longer is one begins anew, and makes it one again.
    let now = chrono::Utc::now();
    assert_eq!(lake.take_turn("job-3", now).await.unwrap(), Turn::Taken);
    for junk in ["junk", "[]"] {
        fs::write(below.join("running/jobs.json"), junk).unwrap();
        assert_eq!(lake.take_turn("job-4", now).await.unwrap(), Turn::Taken);
        assert_eq!(lake.take_turn("job-5", now).await.unwrap(), Turn::Held("job-4".to_owned()));
        lake.give_turn_back("job-4").await.unwrap();
    }
}

/// How long an answer may take before it is taken for one that never comes.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn who_did_not_sign_is_refused_before_the_body_is_read_and_no_form_is_taken() {
    let (_folder, server) = served().await;
    let host = server.endpoint().trim_start_matches("http://").to_owned();
    let form = "Content-Type: multipart/form-data; boundary=x\r\n";
    let signed = "Authorization: AWS4-HMAC-SHA256 Credential=nobody/20261120/us-east-1/s3/aws4_request, \
                  SignedHeaders=host, Signature=00\r\nX-Amz-Date: 20261120T000000Z\r\n\
                  X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\n";
    for (line, headers, status) in [
        ("PUT /lake/a", String::new(), 403),
        ("PUT /lake/a", "Expect: 100-continue\r\n".to_owned(), 403),
        ("PUT /lake/a", signed.to_owned(), 403),
        ("PUT /lake/a", format!("{signed}{form}"), 405),
        ("POST /lake", form.to_owned(), 405),
        ("POST /lake/a", format!("{signed}{form}"), 405),
        ("POST /lake/a?uploads", signed.to_owned(), 405),
        ("POST /", "Content-Type: text/plain\r\n".to_owned(), 405),
    ] {
        // The body is announced, and none of it is sent.
        let request =
            format!("{line} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: 629145600\r\n\r\n");
        let mut stream = TcpStream::connect(&host).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await.expect(line).unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}{answer}");
    }
    assert!(server.store(BUCKET).list("", None).await.unwrap().is_empty());
}

/// The time-out is 10 s, so this is not tested every time.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_another_holds_is_an_error_that_says_so_and_not_repeated() {
    if !tests::is_all() {
        return;
    }
    let (folder, server) = served().await;
    let lake = folder.path().join("lake");
    let held = File::options().write(true).open(lake.join(".tideline-s3/lock")).unwrap();
    held.lock().unwrap();
    let store = server.store(BUCKET);
    let put = async || store.put("a", b"x".to_vec(), &Metadata::new(), PutMode::Create).await;
    let error = put().await.unwrap_err().to_string();
    assert!(
        error.contains("Locked: another process has held the lock of the lake folder for 10 s"),
        "{error}"
    );
    let error = Server::start(&lake).await.unwrap_err().to_string();
    assert!(error.contains("` cannot be locked: another process has held the lock"), "{error}");
    held.unlock().unwrap();
    assert!(matches!(put().await.unwrap(), Put::Stored(_)));
}
