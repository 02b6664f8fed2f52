//! Compares what template.yaml allows each deployed function to do in the lake with what the function asks of
//! a storage.
//!
//! The rights are read from the CloudFormation that AWS makes of the template. The roles that SAM adds are
//! included.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use api::Method;
use async_trait::async_trait;
use axum::Router;
use lake::{
    ETag, Fetched, Head, Lake, Listed, MemoryStore, Metadata, Mode, Object, Put, PutMode, Store, StoreError,
};
use pipeline_function::{PromisedJob, StartJob};
use serde_json::Value;
use serve::State;
use tests::described::{ask, factory_before_job, path, state_over};
use tests::place;
use tideline::place::OpenLake;
use warehouse::marts;

const GET: &str = "s3:GetObject";
const PUT: &str = "s3:PutObject";
const DELETE: &str = "s3:DeleteObject";
const LIST: &str = "s3:ListBucket";

/// An action and the place below the factory's folder of the lake. An action on the whole bucket has an empty
/// place.
type Right = (String, String);

/// What each function's role allows it to do in the lake, by the name of the function's program.
fn rights() -> BTreeMap<String, BTreeSet<Right>> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut expand = Command::new(place::python_program("python"));
    expand.current_dir(place::root()).args(["xtask/expand_template.py", "template.yaml"]).arg(file.path());
    let output = expand.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let template: Value = serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap();
    let resources = &template["Resources"];
    let functions = resources
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::Lambda::Function");
    let of = |(name, function): (&String, &Value)| {
        let role =
            &resources[function["Properties"]["Role"]["Fn::GetAtt"][0].as_str().unwrap()]["Properties"];
        let managed =
            items(&role["ManagedPolicyArns"]).into_iter().filter_map(|policy| policy["Ref"].as_str());
        let managed = managed.map(|name| &resources[name]["Properties"]["PolicyDocument"]);
        let own = items(&role["Policies"]).into_iter().map(|policy| &policy["PolicyDocument"]);
        let statements = managed.chain(own).flat_map(|document| items(&document["Statement"]));
        (name.to_lowercase(), statements.flat_map(rights_of).collect())
    };
    functions.map(of).collect()
}

fn rights_of(statement: &Value) -> Vec<Right> {
    assert_eq!(
        (&statement["Effect"], &statement["Condition"]),
        (&"Allow".into(), &Value::Null),
        "this test does not understand {statement}"
    );
    let actions = items(&statement["Action"]).into_iter().map(|action| action.as_str().unwrap());
    let of_lake: Vec<&str> = actions.filter(|action| *action == "*" || action.starts_with("s3:")).collect();
    let pairs = of_lake
        .into_iter()
        .flat_map(|action| items(&statement["Resource"]).into_iter().map(move |resource| (action, resource)));
    pairs.map(|(action, resource)| (action.to_owned(), place_of(resource))).collect()
}

fn place_of(resource: &Value) -> String {
    if resource["Fn::GetAtt"] == serde_json::json!(["Lake", "Arn"]) {
        return String::new();
    }
    let below =
        resource["Fn::Sub"].as_str().and_then(|arn| arn.strip_prefix("${Lake.Arn}/factory=${FactoryId}/"));
    below.unwrap_or_else(|| panic!("{resource} is not in the factory's part of the lake")).to_owned()
}

/// The elements of a list. CloudFormation may write a list of one without brackets, and leaves out an empty
/// one.
fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn covers((action, pattern): &Right, (asked, key): &Right) -> bool {
    action == asked && matches(pattern, key)
}

/// Whether a text matches a pattern. A `*` stands for any text, slashes too.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            rest.char_indices().any(|(at, _)| matches(tail, &rest[at..])) || tail.is_empty()
        }),
    }
}

/// Every endpoint is asked in every form, over a full lake and over an empty one.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_asks_the_lake_for_all_that_it_may_and_nothing_else() {
    let mut rights = rights();
    let (full, empty) = (Recording::default(), Recording::default());
    let mut factory = factory_before_job().await;
    let lake_in = |store: &Recording| Lake::new(Arc::new(store.clone()), "", &factory.settings.factory_id);
    let (in_full, in_empty) = (lake_in(&full), lake_in(&empty));
    factory.open = OpenLake { lake: in_full.clone(), server: None };
    // People put settings there, no function does.
    in_full.put_settings_file(tideline::sandbox::factory_toml().into_bytes()).await.unwrap();
    full.asked();
    for mode in [Mode::Incremental, Mode::Reconcile, Mode::Full] {
        factory.job_ok(mode).await;
    }
    // A copy that nobody made is removed.
    let foreign = format!("factory={}/published/runs/foreign/part.parquet", factory.settings.factory_id);
    full.objects.put(&foreign, Vec::new(), &Metadata::new(), PutMode::Create).await.unwrap();
    factory.job_ok(Mode::Incremental).await;
    let of_extractor = rights.remove("extractor").unwrap();
    for asked in full.asked() {
        assert!(
            of_extractor.iter().any(|right| covers(right, &asked)),
            "`extractor` asks for {asked:?}, and may not"
        );
    }

    let (settings, now) = (state_over(&factory).settings().clone(), factory.now.get());
    let app = |lake: &Lake| app(State::new(lake.clone(), settings.clone(), move || now));
    let functions = tideline::app::functions(Arc::new(EverySecond));
    let mut asked: BTreeMap<&str, BTreeSet<Right>> = BTreeMap::new();
    let operations = functions
        .iter()
        .flat_map(|(name, routes)| routes.operations().iter().map(move |operation| (*name, operation)));
    for (function, operation) in operations {
        let path = path(&app(&in_full), operation).await;
        let formats = operation.other_media().map(|media| format!("?format={}", media.format));
        for address in std::iter::once(String::new()).chain(formats).map(|query| path.clone() + &query) {
            full.asked();
            // A function keeps what it has read, so each request goes to an app that has read nothing yet.
            let reply = ask(&app(&in_full), operation, &address, "*/*").await;
            assert!(operation.method != Method::Get || reply.status == 200, "{address}: {}", reply.text);
            ask(&app(&in_empty), operation, &address, "*/*").await;
            asked.entry(function).or_default().extend(full.asked().into_iter().chain(empty.asked()));
        }
    }
    assert_eq!(
        rights.keys().collect::<Vec<_>>(),
        asked.keys().collect::<Vec<_>>(),
        "the functions that are deployed, and those that were asked"
    );
    for (function, asked) in asked {
        let rights = &rights[function];
        for asked in &asked {
            assert!(
                rights.iter().any(|right| covers(right, asked)),
                "`{function}` asks for {asked:?}, and may not"
            );
        }
        for right in rights {
            assert!(
                asked.iter().any(|asked| covers(right, asked)),
                "`{function}` may {right:?}, and never asks for it"
            );
        }
        // No right covers several marts.
        for mart in marts::ALL {
            let of_mart = (GET.to_owned(), format!("marts/{}/2026-11/00000001-a.parquet", mart.name));
            let may_read = rights.iter().any(|right| covers(right, &of_mart));
            let reads = asked.iter().any(|(_, key)| key.starts_with(&format!("marts/{}/", mart.name)));
            assert_eq!(may_read, reads, "whether `{function}` may read `{}`, and whether it does", mart.name);
        }
    }
}

fn app(state: State) -> Router {
    serve::finish(tideline::app::routes(Arc::new(EverySecond)), state)
}

/// Begins every second job. So one promise is given, and one turn is given back.
#[derive(Debug)]
struct EverySecond;

static IS_SECOND: AtomicBool = AtomicBool::new(false);

#[async_trait]
impl StartJob for EverySecond {
    async fn start(&self, _: PromisedJob) -> Result<(), Box<dyn Error + Send + Sync>> {
        if IS_SECOND.fetch_not(Ordering::SeqCst) { Ok(()) } else { Err("this job does not begin".into()) }
    }
}

/// A storage in memory that notes which rights each call takes on S3.
#[derive(Clone, Debug, Default)]
struct Recording {
    objects: MemoryStore,
    asked: Arc<Mutex<BTreeSet<Right>>>,
}

impl Recording {
    /// What was asked for since the last call of this.
    fn asked(&self) -> BTreeSet<Right> {
        std::mem::take(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, action: &str, key: &str) {
        let below = key.split_once('/').map_or("", |(_, below)| below);
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((action.to_owned(), below.to_owned()));
    }

    /// Notes a read. S3 says that an object is missing only to those who may list the bucket.
    fn note_read(&self, key: &str, is_there: bool) {
        self.note(GET, key);
        if !is_there {
            self.note(LIST, "");
        }
    }
}

#[async_trait]
impl Store for Recording {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        let object = self.objects.get(key).await?;
        self.note_read(key, object.is_some());
        Ok(object)
    }

    async fn get_if_changed(&self, key: &str, known: &ETag) -> Result<Fetched, StoreError> {
        let fetched = self.objects.get_if_changed(key, known).await?;
        self.note_read(key, !matches!(fetched, Fetched::Missing));
        Ok(fetched)
    }

    async fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        let head = self.objects.head(key).await?;
        self.note_read(key, head.is_some());
        Ok(head)
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        metadata: &Metadata,
        mode: PutMode,
    ) -> Result<Put, StoreError> {
        self.note(PUT, key);
        if let PutMode::Replace(_) = mode {
            self.note_read(key, self.objects.head(key).await?.is_some());
        }
        self.objects.put(key, bytes, metadata, mode).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Vec<Listed>, StoreError> {
        self.note(LIST, "");
        self.objects.list(prefix, after).await
    }

    async fn copy(&self, from: &str, to: &str) -> Result<ETag, StoreError> {
        self.note(GET, from);
        self.note(PUT, to);
        self.objects.copy(from, to).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.note(DELETE, key);
        self.objects.delete(key).await
    }
}
