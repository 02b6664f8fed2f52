//! This API as OpenAPI 3.1, written from the types of its contract. What is not declared there is not said
//! here.
//!
//! Writing it needs no lake. The examples of answers were recorded from a sandbox factory.

mod document;
mod endpoint;
mod problems;
mod schema;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use api::{FAMILIES, Operation};
pub use document::Document;
use document::{Components, Header, Info, License, Literal, Members, Schema, Server, Tag};
use endpoint::{Examples, described};
use schema::{objects_in, of_object, typed};

const ABOUT: &str = "Yield, runs, temperatures and compliance of a fish factory, as they happen. \
    Lists are arrays of flat objects, newest first unless said otherwise, at most `limit` of them; `Link` leads to the next page. \
    `format=csv`, or `Accept: text/csv`, gives the same rows as CSV, `format=xlsx` as an Excel workbook. Each path also takes HEAD. \
    No answer is larger than 4.5 MB as AWS carries it: a list then ends before its `limit`, with a `Link` as always; anything else is refused with 422, which says what to ask for. \
    Weights of packs are grams (`_g`), quantities kilograms (`_kg`), percentages 0-100 (`_pct`), temperatures °C. \
    Dates and times are those of the factory's clock, without an offset, unless a field says otherwise. \
    On AWS requests are signed with the rights of an account that may call the API; on one machine nobody is asked.";

/// The description as compact JSON.
pub(crate) fn text() -> &'static [u8] {
    static TEXT: LazyLock<Vec<u8>> = LazyLock::new(|| serde_json::to_vec(&document()).unwrap_or_default());
    &TEXT
}

/// The description with the examples that were recorded last.
pub fn document() -> Document {
    document_with(include_str!("examples.json"))
}

/// The description with these examples: a JSON object by endpoint, then by media type.
pub fn document_with(examples: &str) -> Document {
    // A test asserts that the file can be read and has an example for each endpoint.
    let examples: Examples = serde_json::from_str(examples).unwrap_or_default();
    Document {
        openapi: "3.1.0",
        info: Info {
            title: "Tideline",
            version: env!("CARGO_PKG_VERSION"),
            description: ABOUT,
            license: License { name: "Apache License 2.0", identifier: "Apache-2.0" },
        },
        servers: vec![
            Server { url: "/api", description: "Beside the dashboard, on AWS and on one machine" },
            Server { url: "/", description: "On one machine" },
        ],
        tags: FAMILIES.iter().map(|family| Tag { name: family.name, description: family.doc }).collect(),
        paths: paths(&examples),
        components: Components { schemas: schemas(), responses: problems::responses(), headers: headers() },
    }
}

/// The endpoints by path: those of one path stand together.
fn paths(examples: &Examples) -> Members<Members<document::Operation>> {
    let mut paths: Members<Members<document::Operation>> = Members::default();
    for (family, operation) in
        FAMILIES.iter().flat_map(|family| family.operations().map(move |operation| (family, operation)))
    {
        let described = (operation.method.name().to_lowercase(), described(operation, family.name, examples));
        match paths.0.iter_mut().find(|(path, _)| path == operation.path) {
            Some((_, methods)) => methods.0.push(described),
            None => paths.0.push((operation.path.to_owned(), Members(vec![described]))),
        }
    }
    paths
}

/// Every object once.
fn schemas() -> Members<Schema> {
    let mut seen = BTreeSet::new();
    let objects = api::operations().map(|operation: &Operation| operation.answer).flat_map(objects_in);
    let new =
        objects.filter(|object| seen.insert(object.name)).map(|object| (object.name, of_object(object)));
    new.chain([("Problem", problems::problem())]).collect()
}

/// Headers under their names without hyphens.
fn headers() -> Members<Header> {
    let text = |description, required, example| Header {
        description,
        required,
        schema: typed("string"),
        example: Literal::Text(example),
    };
    let moment = Schema { format: Some("date-time"), ..typed("string") };
    let as_of = "Start of the last run that read all that this answer is made of.";
    [
        (
            "ETag",
            text(
                "Names this very answer, for `If-None-Match`.",
                true,
                "\"5f6e0b1c2d3a4958677685940a1b2c3d\"",
            ),
        ),
        (
            "XDataAsOf",
            Header {
                description: as_of,
                required: true,
                schema: moment,
                example: Literal::Text("2026-11-20T14:00:00+00:00"),
            },
        ),
        (
            "CacheControl",
            text("It may be kept, and must be asked about before it is used again.", true, "no-cache"),
        ),
        (
            "Link",
            text(
                "Where the next page is, if there is one.",
                false,
                "<?days=7&limit=2&after=%5B%222026-11-20%22%2C%22L1%22%5D>; rel=\"next\"",
            ),
        ),
        (
            "Location",
            text(
                "Where to ask what became of it.",
                true,
                "/pipeline/runs/019bd9a3-5c1e-7d20-9a41-0e6f7b8c9d10",
            ),
        ),
        ("XRequestId", text("Names this request in the logs.", true, "019bd9a3-5c1e-7d20-9a41-0e6f7b8c9d10")),
        ("RetryAfter", problems::retry_after()),
    ]
    .into_iter()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_objects_of_one_name_are_the_same() {
        let objects: Vec<_> = api::operations().flat_map(|operation| objects_in(operation.answer)).collect();
        for object in &objects {
            let other = objects.iter().find(|other| other.name == object.name && other != &object);
            assert_eq!(other, None, "two objects are called `{}`: components have room for one", object.name);
        }
    }

    #[test]
    fn every_form_of_every_answer_has_a_recorded_example() {
        let examples: Examples = serde_json::from_str(include_str!("examples.json")).unwrap();
        for operation in api::operations().filter(|operation| operation.path != api::openapi::OPENAPI.path())
        {
            let media_types =
                operation.other_media().filter(api::operation::Media::is_text).map(|media| media.media_type);
            let media_types = media_types.chain(["application/json"]);
            for media_type in media_types {
                let there = examples.get(&operation.id()).is_some_and(|of| of.contains_key(media_type));
                assert!(
                    there,
                    "{} has no example as {media_type}: run `cargo xtask generate`",
                    operation.id()
                );
            }
        }
    }
}
