//! The table of endpoints in the README.

use anyhow::Result;
use api::query::ParameterKind;
use api::{Method, Operation, operations};

use super::Generated;
use super::marked::Marked;

pub(super) fn endpoints() -> Result<Generated> {
    let mut readme = Marked::read("README.md")?;
    let head = ["| endpoint | tells |".to_owned(), "|---|---|".to_owned()];
    readme.put("the endpoints", head.into_iter().chain(operations().map(line)))?;
    Ok(readme.done())
}

fn line(operation: &Operation) -> String {
    let method =
        if operation.method == Method::Get { String::new() } else { format!("{} ", operation.method.name()) };
    let parameters: Vec<String> = operation
        .own_parameters
        .iter()
        .map(|parameter| match parameter.kind {
            ParameterKind::Whole { default: Some(default), .. } => format!("`{}={default}`", parameter.name),
            _ => format!("`{}`", parameter.name),
        })
        .collect();
    let parameters =
        if parameters.is_empty() { String::new() } else { format!(" ({})", parameters.join(", ")) };
    let forms =
        operation.media.iter().map(|media| format!(". `format={}`: {}", media.format, lower(media.doc)));
    let refusals = operation.refusals.iter().map(|(status, when)| format!(". {status}: {}", lower(when)));
    let more: String = forms.chain(refusals).collect();
    format!("| `{method}{}`{parameters} | {}{more} |", operation.path, operation.summary)
}

/// The text with a small first letter, because it goes on after a colon.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
