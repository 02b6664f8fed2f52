//! What a job left in the storage, without what differs each time. Of several lakes that differ in ids only,
//! a test looks at one.

use std::hash::{DefaultHasher, Hash, Hasher};

use lake::{MemoryStore, Store};
use serde_json::Value;

/// A number for the state of a lake. It is the same for lakes that differ only in the records of jobs, in the
/// ids of jobs, and in what makes names unique.
pub async fn left_behind(store: &MemoryStore) -> u64 {
    let mut lines = Vec::new();
    for listed in store.list("", None).await.expect("the memory") {
        if listed.key.contains("/runs/") || listed.key.contains("/running/") {
            continue;
        }
        let object = store.get(&listed.key).await.expect("the memory").expect("a listed object");
        let mut metadata = object.metadata;
        metadata.retain(|name, _| name != "run-id" && name != "put-id");
        if let Some(version) = metadata.get_mut("version") {
            *version = without_ids(version).to_owned();
        }
        let content = if listed.key.ends_with("manifest.json") {
            manifest(serde_json::from_slice(&object.bytes).expect("a manifest"))
        } else if listed.key.ends_with("open.parquet") {
            // Its rows name the jobs that rejected them, so only its size is compared.
            object.bytes.len().to_string()
        } else {
            object.etag.to_string()
        };
        lines.push(format!("{} {content} {metadata:?}", without_ids(&listed.key)));
    }
    lines.sort_unstable();
    let mut hasher = DefaultHasher::new();
    lines.hash(&mut hasher);
    hasher.finish()
}

fn manifest(mut manifest: Value) -> String {
    manifest["job_id"] = Value::Null;
    for parts in manifest["marts"].as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        for part in parts.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
            part["key"] = without_ids(part["key"].as_str().unwrap_or_default()).into();
        }
    }
    manifest.to_string()
}

/// A key without what differs each time: the ids of jobs, and what makes the names of mart versions unique.
pub(super) fn without_ids(key: &str) -> &str {
    let cut = |folder: &str| key.find(folder).map(|at| &key[..at + folder.len()]);
    let version =
        || key.contains("marts/").then(|| key.rsplit_once('-').map(|(version, _)| version)).flatten();
    cut("/runs/").or_else(|| cut("/running/")).or_else(version).unwrap_or(key)
}
