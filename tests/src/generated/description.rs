//! The API's description, and the answers of the described factory that are its examples.
//!
//! Only GETs are asked here. The examples of all other methods are written into the file by hand, and kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use api::names::path_value;
use api::openapi::OPENAPI;
use api::operation::Media;
use api::pipeline::JOBS;
use api::{Method, Operation, operations};
use axum::Router;
use serde_json::Value;

use super::Generated;
use super::json::Json;
use crate::described::{ask, factory, path, state_over};
use crate::never_begun::NeverBegun;

/// Examples by endpoint, then by media type.
type Examples = BTreeMap<String, BTreeMap<String, Json>>;

/// The description, to be looked at when it changes.
pub(super) fn openapi(examples: &Generated) -> Result<Generated> {
    let document = health_function::openapi::document_with(&examples.text);
    let text = serde_json::to_string_pretty(&document)? + "\n";
    Ok(Generated { path: "tests/openapi.json", text })
}

/// Answers of the described factory, and those that were written by hand.
pub(super) async fn examples() -> Result<Generated> {
    let mut file = Generated { path: "functions/health/src/openapi/examples.json", text: String::new() };
    let mut examples: Examples = serde_json::from_str(&file.kept())
        .with_context(|| format!("`{}` is no JSON: take it from the version before", file.path))?;
    examples.retain(|id, _| {
        operations().any(|operation| operation.id() == *id && operation.method != Method::Get)
    });
    let factory = factory().await;
    let app = serve::finish(tideline::app::routes(Arc::new(NeverBegun)), state_over(&factory));
    for operation in
        operations().filter(|operation| operation.method == Method::Get && operation.path != OPENAPI.path())
    {
        examples.insert(operation.id(), recorded(&app, operation).await?);
    }
    // Every job gets a new id, but the description is to stay the same.
    let jobs = ask(&app, &JOBS.operation(), JOBS.path(), "application/json").await.json();
    let job_id = jobs[0]["job_id"].as_str().context("the factory has no job")?;
    let example = path_value("job_id").context("`job_id` has no example")?.example;
    file.text = written(&examples)?.replace(job_id, example);
    Ok(file)
}

/// What an endpoint answers in each of its forms.
async fn recorded(app: &Router, operation: &Operation) -> Result<BTreeMap<String, Json>> {
    let path = path(app, operation).await;
    let json = ("application/json", String::new());
    let others = operation
        .other_media()
        .filter(Media::is_text)
        .map(|media| (media.media_type, format!("&format={}", media.format)));
    let limit = if operation.is_list() { "&limit=2" } else { "" };
    let mut forms = BTreeMap::new();
    for (media_type, format) in std::iter::once(json).chain(others) {
        let address = format!("{path}?{limit}{format}");
        let reply = ask(app, operation, &address, "application/json").await;
        ensure!(reply.status == 200, "{address}: {}", reply.text);
        let sent = reply.headers["content-type"].to_str()?;
        ensure!(sent.starts_with(media_type), "{address}: `{sent}` instead of `{media_type}`");
        let example = if media_type.ends_with("json") {
            ensure!(
                reply.text != "[]",
                "{address} has nothing to show: give the described factory a row of it"
            );
            serde_json::from_str::<Json>(&reply.text)?.shortened()
        } else {
            Json::Plain(Value::String(reply.text))
        };
        forms.insert(media_type.to_owned(), example);
    }
    Ok(forms)
}

/// A line for each example.
fn written(examples: &Examples) -> Result<String> {
    let of_endpoint = |(id, forms): (&String, &BTreeMap<String, Json>)| {
        let lines: Vec<String> = forms
            .iter()
            .map(|(media_type, example)| {
                Ok(format!("    {media_type:?}: {}", serde_json::to_string(example)?))
            })
            .collect::<Result<_>>()?;
        Ok(format!("  {id:?}: {{\n{}\n  }}", lines.join(",\n")))
    };
    let all: Vec<String> = examples.iter().map(of_endpoint).collect::<Result<_>>()?;
    Ok(format!("{{\n{}\n}}\n", all.join(",\n")))
}
