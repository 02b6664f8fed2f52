//! One endpoint: its parameters, its good answer in every form, and what it refuses.

use std::collections::{BTreeMap, BTreeSet};

use api::names::{example, path_value};
use api::operation::Lead;
use api::query::{ParameterDoc, ParameterKind};
use api::{Method, Operation};
use serde_json::value::RawValue;

use super::document::{self, Content, Either, Link, Literal, Members, Parameter, Response, Schema};
use super::problems::refusal;
use super::schema::{of_answer, of_parameter, typed};

/// Recorded answers: by operation, then by media type.
pub(super) type Examples = BTreeMap<String, BTreeMap<String, Box<RawValue>>>;

/// The endpoint as OpenAPI has it.
pub(super) fn described(
    operation: &'static Operation,
    family: &'static str,
    examples: &Examples,
) -> document::Operation {
    let recorded = examples.get(&operation.id());
    let about = if operation.about.is_empty() { operation.summary } else { operation.about.trim() };
    let good = (operation.success.to_string(), Either::This(good_answer(operation, recorded)));
    let unchanged = (operation.method == Method::Get).then(|| ("304".to_owned(), Either::This(unchanged())));
    document::Operation {
        id: operation.id(),
        tags: [family],
        summary: operation.summary,
        description: about.to_owned(),
        parameters: parameters(operation),
        responses: Members(std::iter::once(good).chain(unchanged).chain(refusals(operation)).collect()),
    }
}

fn parameters(operation: &'static Operation) -> Vec<Parameter> {
    let in_path = operation.values().map(|name| {
        let known = path_value(name);
        Parameter {
            name,
            place: "path",
            description: known.map_or("", |value| value.doc),
            required: true,
            schema: Schema { min_length: Some(1), ..typed("string") },
            example: known.map(|value| Literal::Text(value.example)),
        }
    });
    let in_query = operation.parameters().map(|parameter| Parameter {
        name: parameter.name,
        place: "query",
        description: parameter.doc.trim(),
        required: false,
        schema: of_parameter(parameter.kind),
        example: example_of(parameter),
    });
    let condition = (operation.method == Method::Get).then(|| Parameter {
        name: "If-None-Match",
        place: "header",
        description: "The `ETag` of the answer that the caller has: 304 if it is still the same.",
        required: false,
        schema: typed("string"),
        example: Some(Literal::Text("\"0\"")),
    });
    in_path.chain(in_query).chain(condition).collect()
}

fn example_of(parameter: &ParameterDoc) -> Option<Literal> {
    match parameter.kind {
        ParameterKind::Whole { min, default, .. } => Some(Literal::Whole(default.unwrap_or(min))),
        ParameterKind::Date | ParameterKind::Text => example(parameter.name).map(Literal::Text),
        ParameterKind::Flag => Some(Literal::Flag(true)),
        ParameterKind::OneOf(words) => words.first().copied().map(Literal::Text),
        // Only an answer can give one.
        ParameterKind::After => None,
    }
}

fn good_answer(
    operation: &'static Operation,
    recorded: Option<&BTreeMap<String, Box<RawValue>>>,
) -> Response {
    let example = |media_type: &str| recorded.and_then(|of| of.get(media_type)).cloned();
    let json =
        ("application/json", Content { schema: of_answer(operation), example: example("application/json") });
    let others = operation.other_media().map(|media| {
        // What is no text has no type in JSON Schema.
        let form = match media.media_type {
            json if json.ends_with("json") => typed("object"),
            _ if media.is_text() => typed("string"),
            _ => Schema::default(),
        };
        (
            media.media_type,
            Content {
                schema: Schema { description: Some(media.doc), ..form },
                example: example(media.media_type),
            },
        )
    });
    let headers: &[&str] = match operation.method {
        Method::Get if operation.is_list() => {
            &["ETag", "X-Data-As-Of", "Cache-Control", "Link", "X-Request-Id"]
        }
        Method::Get if operation.dated => &["ETag", "X-Data-As-Of", "Cache-Control", "X-Request-Id"],
        Method::Get => &["ETag", "Cache-Control", "X-Request-Id"],
        Method::Post => &["Location", "X-Request-Id"],
    };
    Response {
        description: format!("{}.", operation.summary),
        headers: headers.iter().map(|name| (*name, header(name))).collect(),
        content: std::iter::once(json).chain(others).collect(),
        links: operation.leads.iter().map(link).collect(),
    }
}

fn unchanged() -> Response {
    Response {
        description: "The caller has this answer already.".to_owned(),
        headers: ["ETag"].into_iter().map(|name| (name, header(name))).collect(),
        content: Members::default(),
        links: Members::default(),
    }
}

fn header(name: &str) -> Either<document::Header> {
    Either::There { place: format!("#/components/headers/{}", name.replace('-', "")) }
}

fn link(lead: &Lead) -> (String, Link) {
    let operation_id = lead.operation_id();
    let value = format!("$response.body#{}", lead.pointer);
    (operation_id.clone(), Link { operation_id, parameters: Members::from_iter([(lead.value, value)]) })
}

/// What this endpoint refuses with: the statuses of every endpoint, those that follow from what it is, and
/// those that it declares itself.
fn refusals(operation: &'static Operation) -> Vec<(String, Either<Response>)> {
    let mut statuses: BTreeSet<u16> = BTreeSet::from([414, 422, 503]);
    if operation.values().next().is_some() {
        statuses.extend([400, 404]);
    }
    statuses.extend(operation.refusals.iter().map(|(status, _)| *status));
    let when =
        |status| operation.refusals.iter().find(|(refused, _)| *refused == status).map(|(_, when)| *when);
    statuses.into_iter().map(|status| refusal(status, when(status))).collect()
}
