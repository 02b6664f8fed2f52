//! What Tideline expects of a storage: one suite that runs over every storage that it knows.
//!
//! Each case gets several handles to the same objects and uses them in turn, so that there are also races
//! between servers. Each case has its own keys. So the suite may run on a storage that is in use.

mod races;

use std::sync::Arc;

use futures::future::join_all;
use lake::{ETag, Fetched, Metadata, Put, PutMode, Store};
use sha2::{Digest, Sha256};

pub use races::increment;
use races::{
    a_counter_that_many_swap_loses_nothing, a_create_and_a_delete_at_once_leave_all_or_nothing,
    of_32_creates_at_once_exactly_one_wins, readers_never_see_the_metadata_of_another_body,
};

/// Several handles to one storage.
pub type Handles = [Arc<dyn Store>];

macro_rules! run {
    ($handles:expr; $($case:ident),* $(,)?) => {
        $(
            println!("case: {}", stringify!($case));
            $case($handles, concat!("suite/", stringify!($case))).await;
        )*
    };
}

/// Runs all cases. Prints the name of each case before it runs, and panics at the first that fails.
pub async fn behaves_like_s3(handles: &Handles) {
    answers_like_s3(handles).await;
    run!(handles;
        of_32_creates_at_once_exactly_one_wins,
        a_counter_that_many_swap_loses_nothing,
        readers_never_see_the_metadata_of_another_body,
        a_create_and_a_delete_at_once_leave_all_or_nothing,
    );
}

/// Runs the cases without races. They compare answers with a storage that promises nothing about races.
pub async fn answers_like_s3(handles: &Handles) {
    run!(handles;
        what_was_never_put_is_not_there,
        a_put_comes_back_whole_from_every_handle,
        an_overwrite_replaces_body_and_metadata_together,
        a_second_create_is_refused_and_changes_nothing,
        a_replace_holds_for_the_current_version_only,
        a_read_of_a_known_version_says_unchanged,
        a_listing_is_in_byte_order_and_begins_after_the_named_key,
        a_listing_of_more_than_a_page_is_whole,
        a_copy_takes_the_metadata_along_and_stands_alone,
        a_deleted_object_is_gone_and_may_be_deleted_again,
        an_empty_body_is_an_object,
        the_end_of_an_object_can_be_read_alone,
        a_body_of_6_mb_comes_back_unchanged,
        keys_may_have_blanks_accents_and_signs,
        metadata_that_headers_cannot_carry_is_refused,
    );
}

async fn what_was_never_put_is_not_there(handles: &Handles, at: &str) {
    let (store, key) = (&handles[0], format!("{at}/missing"));
    assert!(store.get(&key).await.unwrap().is_none());
    assert!(store.head(&key).await.unwrap().is_none());
    assert!(matches!(store.get_if_changed(&key, &ETag("0".into())).await.unwrap(), Fetched::Missing));
    assert_eq!(store.list(&format!("{at}/"), None).await.unwrap(), []);
    store.delete(&key).await.unwrap();
    let replaced =
        store.put(&key, b"x".to_vec(), &Metadata::new(), PutMode::Replace(ETag("0".into()))).await.unwrap();
    assert_eq!(replaced, Put::Refused);
    assert!(store.get(&key).await.unwrap().is_none(), "a refused put stored something");
    let error = store.copy(&key, &format!("{at}/copy")).await.unwrap_err();
    assert!(error.to_string().contains("NoSuchKey"), "{error}");
}

async fn a_put_comes_back_whole_from_every_handle(handles: &Handles, at: &str) {
    let key = format!("{at}/a.parquet");
    let metadata =
        metadata(&[("watermark", "2026-11-13 05:59:59.997"), ("run-id", "x=1; y=\"2\""), ("empty", "")]);
    let stored = handles[0].put(&key, b"body".to_vec(), &metadata, PutMode::Overwrite).await.unwrap();
    for store in handles {
        let object = store.get(&key).await.unwrap().unwrap();
        assert_eq!((object.bytes.as_slice(), &object.metadata), (&b"body"[..], &metadata));
        assert_eq!(Put::Stored(object.etag.clone()), stored);
        assert!(!object.etag.0.is_empty() && !object.etag.0.contains('"'));
        let head = store.head(&key).await.unwrap().unwrap();
        assert_eq!((head.etag, head.size_bytes, head.metadata), (object.etag, 4, metadata.clone()));
        let listed = store.list(&key, None).await.unwrap();
        assert_eq!((listed.len(), listed[0].key.as_str(), listed[0].size_bytes), (1, key.as_str(), 4));
    }
}

async fn an_overwrite_replaces_body_and_metadata_together(handles: &Handles, at: &str) {
    let (store, key) = (&handles[0], format!("{at}/a"));
    let first = etag(
        store
            .put(&key, b"one".to_vec(), &metadata(&[("n", "1"), ("only-first", "x")]), PutMode::Overwrite)
            .await
            .unwrap(),
    );
    let second =
        etag(store.put(&key, b"two!".to_vec(), &metadata(&[("n", "2")]), PutMode::Overwrite).await.unwrap());
    assert_ne!(first, second);
    let object = store.get(&key).await.unwrap().unwrap();
    assert_eq!(
        (object.bytes.as_slice(), object.metadata, object.etag),
        (&b"two!"[..], metadata(&[("n", "2")]), second.clone())
    );
    // For S3 the same body with other metadata has the same ETag. And yet it is a new object.
    let same = etag(
        store
            .put(&key, b"two!".to_vec(), &metadata(&[("n", "3")]), PutMode::Replace(second.clone()))
            .await
            .unwrap(),
    );
    assert_eq!(same, second);
    assert_eq!(store.get(&key).await.unwrap().unwrap().metadata, metadata(&[("n", "3")]));
}

async fn a_second_create_is_refused_and_changes_nothing(handles: &Handles, at: &str) {
    let key = format!("{at}/00000001.parquet");
    let first = handles[0]
        .put(&key, b"first".to_vec(), &metadata(&[("run-id", "1")]), PutMode::Create)
        .await
        .unwrap();
    assert!(matches!(first, Put::Stored(_)));
    for store in handles {
        let second = store
            .put(&key, b"second".to_vec(), &metadata(&[("run-id", "2")]), PutMode::Create)
            .await
            .unwrap();
        assert_eq!(second, Put::Refused);
        let object = store.get(&key).await.unwrap().unwrap();
        assert_eq!((object.bytes.as_slice(), object.metadata), (&b"first"[..], metadata(&[("run-id", "1")])));
    }
    // A deleted object may be created again.
    handles[0].delete(&key).await.unwrap();
    let again = handles[0].put(&key, b"again".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    assert!(matches!(again, Put::Stored(_)));
}

async fn a_replace_holds_for_the_current_version_only(handles: &Handles, at: &str) {
    let (store, key) = (&handles[0], format!("{at}/manifest.json"));
    let old = etag(store.put(&key, b"1".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap());
    let new = etag(
        store
            .put(&key, b"2".to_vec(), &metadata(&[("n", "2")]), PutMode::Replace(old.clone()))
            .await
            .unwrap(),
    );
    for store in handles {
        let late = store
            .put(&key, b"3".to_vec(), &metadata(&[("n", "3")]), PutMode::Replace(old.clone()))
            .await
            .unwrap();
        assert_eq!(late, Put::Refused);
    }
    let object = store.get(&key).await.unwrap().unwrap();
    assert_eq!(
        (object.bytes.as_slice(), object.metadata, &object.etag),
        (&b"2"[..], metadata(&[("n", "2")]), &new)
    );
    store.delete(&key).await.unwrap();
    let gone = store.put(&key, b"4".to_vec(), &Metadata::new(), PutMode::Replace(new)).await.unwrap();
    assert_eq!(gone, Put::Refused);
    assert!(store.get(&key).await.unwrap().is_none());
}

async fn a_read_of_a_known_version_says_unchanged(handles: &Handles, at: &str) {
    let key = format!("{at}/manifest.json");
    let old = etag(handles[0].put(&key, b"1".to_vec(), &Metadata::new(), PutMode::Overwrite).await.unwrap());
    for store in handles {
        assert!(matches!(store.get_if_changed(&key, &old).await.unwrap(), Fetched::Unchanged));
    }
    let new = etag(
        handles[0].put(&key, b"2".to_vec(), &metadata(&[("n", "2")]), PutMode::Overwrite).await.unwrap(),
    );
    for store in handles {
        let Fetched::New(object) = store.get_if_changed(&key, &old).await.unwrap() else {
            panic!("the new version was not seen")
        };
        assert_eq!(
            (object.bytes, object.metadata, object.etag),
            (b"2".to_vec(), metadata(&[("n", "2")]), new.clone())
        );
    }
    handles[0].delete(&key).await.unwrap();
    assert!(matches!(handles[0].get_if_changed(&key, &new).await.unwrap(), Fetched::Missing));
}

async fn a_listing_is_in_byte_order_and_begins_after_the_named_key(handles: &Handles, at: &str) {
    let store = &handles[0];
    // `.` and `-` come before `/`, `0` comes after it. Capitals come before small letters.
    let keys =
        ["Z", "a-b/x", "a.b", "a/b", "a/b.c", "a/c/d", "a0", "b", "é"].map(|name| format!("{at}/{name}"));
    for (index, key) in keys.iter().enumerate().rev() {
        store.put(key, vec![0; index], &Metadata::new(), PutMode::Overwrite).await.unwrap();
    }
    let beside = format!("{at}-beside");
    store.put(&beside, Vec::new(), &Metadata::new(), PutMode::Overwrite).await.unwrap();
    let listed = store.list(&format!("{at}/"), None).await.unwrap();
    assert_eq!(listed.iter().map(|line| line.key.as_str()).collect::<Vec<_>>(), keys);
    assert_eq!(
        listed.iter().map(|line| line.size_bytes).collect::<Vec<_>>(),
        (0..keys.len() as u64).collect::<Vec<_>>()
    );
    for (index, key) in keys.iter().enumerate() {
        let after = names(store, &format!("{at}/"), Some(key)).await;
        assert_eq!(after, keys[index + 1..], "after {key}");
    }
    assert_eq!(names(store, &format!("{at}/a"), None).await, keys[1..7]);
    assert_eq!(names(store, &format!("{at}/a/"), None).await, keys[3..6]);
    assert_eq!(names(store, &format!("{at}/a/b"), Some(&format!("{at}/a/b"))).await, keys[4..5]);
    // The name after which a listing begins need not be an object, and need not begin with the prefix.
    assert_eq!(names(store, &format!("{at}/a/"), Some(&format!("{at}/a/bb"))).await, keys[5..6]);
    assert_eq!(names(store, &format!("{at}/a/"), Some("0")).await, keys[3..6]);
    assert_eq!(names(store, &format!("{at}/a/"), Some("~")).await, Vec::<String>::new());

    let before = listed[0].last_modified;
    store.put(&keys[0], b"new".to_vec(), &Metadata::new(), PutMode::Overwrite).await.unwrap();
    assert!(store.list(&keys[0], None).await.unwrap()[0].last_modified >= before);
}

async fn a_listing_of_more_than_a_page_is_whole(handles: &Handles, at: &str) {
    let keys: Vec<String> = (0..1005).map(|number| format!("{at}/{:02}/{number:05}", number % 7)).collect();
    for chunk in keys.chunks(16) {
        let puts = chunk
            .iter()
            .enumerate()
            .map(|(index, key)| handles[index % handles.len()].put(key, Vec::new(), &NONE, PutMode::Create));
        for put in join_all(puts).await {
            assert!(matches!(put.unwrap(), Put::Stored(_)));
        }
    }
    let mut expected = keys;
    expected.sort_unstable();
    assert_eq!(names(&handles[0], &format!("{at}/"), None).await, expected);
    assert_eq!(names(&handles[0], &format!("{at}/"), Some(&expected[1])).await, expected[2..]);
    for limit in [0, 1, 1000, 1001, 2000] {
        let first = handles[0].list_first(&format!("{at}/"), Some(&expected[1]), limit).await.unwrap();
        let keys: Vec<&String> = first.iter().map(|object| &object.key).collect();
        assert_eq!(keys, expected[2..].iter().take(limit).collect::<Vec<_>>(), "{limit}");
    }
}

async fn a_copy_takes_the_metadata_along_and_stands_alone(handles: &Handles, at: &str) {
    let (store, from, to) =
        (&handles[0], format!("{at}/marts/1 é+.parquet"), format!("{at}/published/part.parquet"));
    store
        .put(&to, b"what stood there".to_vec(), &metadata(&[("old", "x")]), PutMode::Overwrite)
        .await
        .unwrap();
    let put = etag(
        store.put(&from, b"mart".to_vec(), &metadata(&[("generation", "7")]), PutMode::Create).await.unwrap(),
    );
    store.copy(&from, &to).await.unwrap();
    store.delete(&from).await.unwrap();
    let copy = store.get(&to).await.unwrap().unwrap();
    assert_eq!(
        (copy.bytes.as_slice(), copy.metadata, copy.etag),
        (&b"mart"[..], metadata(&[("generation", "7")]), put)
    );
    assert!(store.get(&from).await.unwrap().is_none());
}

async fn a_deleted_object_is_gone_and_may_be_deleted_again(handles: &Handles, at: &str) {
    let (deleted, stays) = (format!("{at}/a/b/c"), format!("{at}/a/d"));
    for key in [&deleted, &stays] {
        handles[0].put(key, b"x".to_vec(), &metadata(&[("n", "1")]), PutMode::Create).await.unwrap();
    }
    for store in handles {
        store.delete(&deleted).await.unwrap();
        assert!(store.get(&deleted).await.unwrap().is_none());
        assert!(store.head(&deleted).await.unwrap().is_none());
        assert_eq!(names(store, at, None).await, [stays.as_str()]);
    }
    // A new object has nothing of the deleted one. And an object may lie where a folder was.
    handles[0].put(&deleted, b"x".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    assert_eq!(handles[0].get(&deleted).await.unwrap().unwrap().metadata, Metadata::new());
    handles[0].delete(&deleted).await.unwrap();
    handles[0].put(&format!("{at}/a/b"), b"y".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    assert_eq!(handles[0].get(&format!("{at}/a/b")).await.unwrap().unwrap().bytes, b"y");
}

async fn an_empty_body_is_an_object(handles: &Handles, at: &str) {
    let (store, key) = (&handles[0], format!("{at}/empty"));
    let put = etag(store.put(&key, Vec::new(), &metadata(&[("rows", "0")]), PutMode::Create).await.unwrap());
    let object = store.get(&key).await.unwrap().unwrap();
    assert_eq!((object.bytes.len(), object.metadata, &object.etag), (0, metadata(&[("rows", "0")]), &put));
    assert_eq!(store.head(&key).await.unwrap().unwrap().size_bytes, 0);
    let refused = store.put(&key, b"x".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    assert_eq!(refused, Put::Refused);
}

async fn the_end_of_an_object_can_be_read_alone(handles: &Handles, at: &str) {
    let (store, key) = (&handles[0], format!("{at}/a"));
    store.put(&key, b"0123456789".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
    for (most_bytes, end) in [(1, "9"), (4, "6789"), (10, "0123456789"), (1000, "0123456789")] {
        let read = store.tail(&key, most_bytes).await.unwrap();
        assert_eq!(read.as_deref(), Some(end.as_bytes()), "{most_bytes} bytes");
    }
    let empty = format!("{at}/empty");
    store.put(&empty, Vec::new(), &Metadata::new(), PutMode::Create).await.unwrap();
    assert_eq!(store.tail(&empty, 4).await.unwrap().as_deref(), Some(&b""[..]));
    assert_eq!(store.tail(&format!("{at}/missing"), 4).await.unwrap(), None);
}

async fn a_body_of_6_mb_comes_back_unchanged(handles: &Handles, at: &str) {
    let (store, key) = (&handles[0], format!("{at}/large"));
    let body: Vec<u8> =
        (0..6 * 1024 * 1024_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    store.put(&key, body.clone(), &metadata(&[("sha256", &hash(&body))]), PutMode::Create).await.unwrap();
    let object = store.get(&key).await.unwrap().unwrap();
    assert!(object.bytes == body, "{} bytes came back", object.bytes.len());
    assert_eq!(store.head(&key).await.unwrap().unwrap().size_bytes, body.len() as u64);
}

async fn keys_may_have_blanks_accents_and_signs(handles: &Handles, at: &str) {
    let store = &handles[0];
    let odd = [
        "with blank",
        "factory=x/part=2026-11",
        "Île & co+%20%2F",
        "a?b#c",
        "鮭/サーモン",
        "it's (1)!*",
        "a..dots..",
        "<xml>\"&amp;",
        "a\\b",
    ];
    for name in odd {
        let key = format!("{at}/{name}");
        store.put(&key, name.as_bytes().to_vec(), &metadata(&[("n", "1")]), PutMode::Create).await.unwrap();
        assert_eq!(store.get(&key).await.unwrap().unwrap().bytes, name.as_bytes(), "{key}");
        assert_eq!(names(store, &key, None).await, [key.as_str()]);
        let copy = format!("{at}/copies/{name}");
        store.copy(&key, &copy).await.unwrap();
        assert_eq!(store.get(&copy).await.unwrap().unwrap().bytes, name.as_bytes(), "{copy}");
        store.delete(&key).await.unwrap();
        assert!(store.head(&key).await.unwrap().is_none(), "{key}");
    }
}

async fn metadata_that_headers_cannot_carry_is_refused(handles: &Handles, at: &str) {
    let (store, key) = (&handles[0], format!("{at}/a"));
    let long = "x".repeat(2048);
    for (name, value) in [
        ("Upper", "x"),
        ("", "x"),
        ("a b", "x"),
        ("a", "ünicode"),
        ("a", "two\nlines"),
        ("a", " blank"),
        ("a", &long),
    ] {
        let error = store
            .put(&key, b"x".to_vec(), &metadata(&[(name, value)]), PutMode::Overwrite)
            .await
            .unwrap_err();
        assert!(error.to_string().starts_with(&format!("storage: put `{key}` failed: ")), "{error}");
    }
    assert!(store.get(&key).await.unwrap().is_none());
    let most = metadata(&[("a", &long[1..])]);
    store.put(&key, b"x".to_vec(), &most, PutMode::Overwrite).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap().unwrap().metadata, most);
}

static NONE: Metadata = Metadata::new();

/// The metadata from which [`is_whole`] knows the body.
pub fn whole(body: &[u8]) -> Metadata {
    metadata(&[("sha256", &hash(body)), ("size", &body.len().to_string())])
}

/// Whether body and metadata of an object come from the same put.
pub fn is_whole(object: &lake::Object) -> bool {
    let expected = whole(&object.bytes);
    expected.iter().all(|(name, value)| object.metadata.get(name) == Some(value))
}

fn hash(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

fn metadata(pairs: &[(&str, &str)]) -> Metadata {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn turn(handles: &Handles, number: usize) -> Arc<dyn Store> {
    Arc::clone(&handles[number % handles.len()])
}

fn etag(put: Put) -> ETag {
    match put {
        Put::Stored(etag) => etag,
        Put::Refused => panic!("the put was refused"),
    }
}

async fn names(store: &Arc<dyn Store>, prefix: &str, after: Option<&str>) -> Vec<String> {
    store.list(prefix, after).await.unwrap().into_iter().map(|line| line.key).collect()
}
