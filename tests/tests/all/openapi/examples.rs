//! The examples in the description: recorded from the factory, and valid by the very schemas that they
//! illustrate.
//!
//! `TIDELINE_RENEW=1 cargo test --workspace --test all -- openapi::` records them again; a second time, it
//! renews the description that they are in. What is not a GET is not asked here: its example is written into
//! the file by hand, and kept.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Command;

use api::names::path_value;
use api::pipeline::JOBS;
use api::{Method, operations};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use tests::place;

use super::{app, ask, path};

const EXAMPLES: &str = "functions/health/src/openapi/examples.json";

/// How many of a list an example shows.
const SHOWN: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn examples_are_answers_of_the_factory() {
    let file = place::root().join(EXAMPLES);
    let mut recorded: BTreeMap<String, BTreeMap<String, Json>> =
        serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let app = app().await;
    for operation in operations()
        .filter(|operation| operation.method == Method::Get && operation.path != api::openapi::OPENAPI.path())
    {
        let path = path(&app, operation).await;
        let json = ("application/json", String::new());
        let others =
            operation.other_media().map(|media| (media.media_type, format!("&format={}", media.format)));
        for (media_type, format) in std::iter::once(json).chain(others) {
            let limit = if operation.is_list() { "&limit=2" } else { "" };
            let address = format!("{path}?{limit}{format}");
            let reply = ask(&app, operation, &address, "application/json").await;
            let sent = reply.headers["content-type"].to_str().unwrap();
            assert!(sent.starts_with(media_type), "{address}: {sent}");
            assert_eq!(reply.status, 200, "{address}: {}", reply.text);
            let example = if media_type.ends_with("json") {
                assert_ne!(reply.text, "[]", "{address} has nothing to show");
                serde_json::from_str::<Json>(&reply.text).unwrap().shortened()
            } else {
                Json::Plain(Value::String(reply.text))
            };
            recorded.entry(operation.id()).or_default().insert(media_type.to_owned(), example);
        }
    }
    if std::env::var_os("TIDELINE_RENEW").is_some() {
        recorded.retain(|id, _| operations().any(|operation| operation.id() == *id));
        let line = |media_type: &str, example: &Json| {
            format!("    {media_type:?}: {}", serde_json::to_string(example).unwrap())
        };
        let of = |id: &str, of: &BTreeMap<String, Json>| {
            format!(
                "  {id:?}: {{\n{}\n  }}",
                of.iter()
                    .map(|(media_type, example)| line(media_type, example))
                    .collect::<Vec<_>>()
                    .join(",\n")
            )
        };
        let all = recorded.iter().map(|(id, examples)| of(id, examples)).collect::<Vec<_>>().join(",\n");
        // Each job has an id of its own; the description is to stay the same.
        let jobs = ask(
            &app,
            operations().find(|operation| operation.path == JOBS.path()).unwrap(),
            JOBS.path(),
            "application/json",
        )
        .await
        .json();
        let all = all.replace(jobs[0]["job_id"].as_str().unwrap(), path_value("job_id").unwrap().example);
        std::fs::write(&file, format!("{{\n{all}\n}}\n")).unwrap();
    }
}

/// The judge is not ours: OpenAPI's own schema for the document, JSON Schema for each example.
#[test]
fn the_description_is_valid_and_every_example_in_it_is() {
    let file = tempfile::NamedTempFile::new().unwrap();
    serde_json::to_writer(&file, &health_function::openapi::document()).unwrap();
    let script = place::root().join("tests/check_openapi.py");
    let output = Command::new(place::python_program("python")).arg(script).arg(file.path()).output().unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    let checked: usize = said.split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{said}"));
    assert!(checked >= operations().count() * 5, "too few examples: {said}");
}

/// JSON whose members keep their order.
enum Json {
    Plain(Value),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The same with the first few of each list.
    fn shortened(self) -> Self {
        match self {
            Self::List(items) => Self::List(items.into_iter().take(SHOWN).map(Self::shortened).collect()),
            Self::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, value.shortened())).collect())
            }
            plain @ Self::Plain(_) => plain,
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Plain(Value::Null))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Plain(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Plain(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Plain(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Json::Plain(value.into()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Plain(value.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Json::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
                let mut object = Vec::new();
                while let Some(member) = members.next_entry()? {
                    object.push(member);
                }
                Ok(Json::Object(object))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
