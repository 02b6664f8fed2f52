//! An OpenAPI 3.1 document as types, as far as it is used here. The members of an object keep the order in
//! which they are given.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

#[derive(Debug, Serialize)]
pub struct Document {
    pub(super) openapi: &'static str,
    pub(super) info: Info,
    pub(super) servers: Vec<Server>,
    pub(super) tags: Vec<Tag>,
    pub(super) paths: Members<Members<Operation>>,
    pub(super) components: Components,
}

#[derive(Debug, Serialize)]
pub(super) struct Info {
    pub(super) title: &'static str,
    pub(super) version: &'static str,
    pub(super) description: &'static str,
    pub(super) license: License,
}

#[derive(Debug, Serialize)]
pub(super) struct License {
    pub(super) name: &'static str,
    pub(super) identifier: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Server {
    pub(super) url: &'static str,
    pub(super) description: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Tag {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Operation {
    #[serde(rename = "operationId")]
    pub(super) id: String,
    pub(super) tags: [&'static str; 1],
    pub(super) summary: &'static str,
    pub(super) description: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) responses: Members<Either<Response>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    #[serde(rename = "in")]
    pub(super) place: &'static str,
    pub(super) description: &'static str,
    pub(super) required: bool,
    pub(super) schema: Schema,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) example: Option<Literal>,
}

/// A value, or a reference to it among the components.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Either<T> {
    This(T),
    There {
        #[serde(rename = "$ref")]
        place: String,
    },
}

#[derive(Debug, Serialize)]
pub(super) struct Response {
    pub(super) description: String,
    #[serde(skip_serializing_if = "Members::is_empty")]
    pub(super) headers: Members<Either<Header>>,
    #[serde(skip_serializing_if = "Members::is_empty")]
    pub(super) content: Members<Content>,
    #[serde(skip_serializing_if = "Members::is_empty")]
    pub(super) links: Members<Link>,
}

#[derive(Debug, Serialize)]
pub(super) struct Header {
    pub(super) description: &'static str,
    pub(super) required: bool,
    pub(super) schema: Schema,
    pub(super) example: Literal,
}

#[derive(Debug, Serialize)]
pub(super) struct Content {
    pub(super) schema: Schema,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) example: Option<Box<RawValue>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    pub(super) operation_id: String,
    pub(super) parameters: Members<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Components {
    pub(super) schemas: Members<Schema>,
    pub(super) responses: Members<Response>,
    pub(super) headers: Members<Header>,
}

/// A JSON Schema of the 2020-12 draft.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Schema {
    #[serde(rename = "$ref", skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pattern: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) minimum: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum: Option<u32>,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    pub(super) one_of: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default: Option<Literal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<Box<Schema>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_items: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) properties: Option<Members<Schema>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) required: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) additional_properties: Option<Others>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) any_of: Vec<Schema>,
}

/// What a schema's `type` says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Kind {
    One(&'static str),
    OrNull([&'static str; 2]),
}

/// What an object may hold beside its properties.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Others {
    Refused(bool),
    Like(Box<Schema>),
}

/// A plain value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Literal {
    Text(&'static str),
    Whole(u32),
    Flag(bool),
}

/// The members of an object, in order.
#[derive(Debug, PartialEq)]
pub(super) struct Members<T>(pub(super) Vec<(String, T)>);

impl<T> Members<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<N: Into<String>, T> FromIterator<(N, T)> for Members<T> {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(members: I) -> Self {
        Self(members.into_iter().map(|(name, member)| (name.into(), member)).collect())
    }
}

impl<T: Serialize> Serialize for Members<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, member)| (name, member)))
    }
}
