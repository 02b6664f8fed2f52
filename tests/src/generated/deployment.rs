//! Which function answers which path, under `cargo lambda watch` and on AWS, and which marts it may read on
//! AWS. These are the marts that its sources name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serve::Routes;
use warehouse::marts::Mart;

use super::Generated;
use super::marked::Marked;
use crate::never_begun::NeverBegun;
use crate::place;

/// What reads marts for the functions that call it.
const LIVE_FINDINGS: &str = "live::findings";

fn functions() -> Vec<(&'static str, Routes)> {
    tideline::app::functions(Arc::new(NeverBegun))
}

/// The routes of `cargo lambda watch`.
pub(super) fn watch_routes() -> Result<Generated> {
    let mut cargo = Marked::read("Cargo.toml")?;
    let routes = functions().into_iter().flat_map(|(function, routes)| {
        routes.paths().into_iter().map(move |path| format!("\"{path}\" = \"{function}\""))
    });
    cargo.put("the routes of the functions", routes)?;
    Ok(cargo.done())
}

/// The HTTP events of the functions, and the marts that they may read.
pub(super) fn template() -> Result<Generated> {
    let mut template = Marked::read("template.yaml")?;
    for (function, routes) in functions() {
        template.put(&format!("the events of {function}"), routes.paths().into_iter().map(event))?;
        let folder = place::root().join("functions").join(function);
        let mut named = marts_named_in(&folder.join("src"))?;
        if sources_contain(&folder.join("src"), LIVE_FINDINGS)? {
            named.extend(marts_named_in(&place::root().join("shared/live/src"))?);
        }
        if !named.is_empty() {
            template.put(&format!("the marts of {function}"), may_read(&named))?;
        }
    }
    Ok(template.done())
}

fn event(path: &str) -> String {
    let mut name = String::new();
    for word in path.replace('{', "by_").split(|c: char| !c.is_ascii_alphanumeric()) {
        let (first, rest) = word.split_at(word.len().min(1));
        name += &(first.to_uppercase() + rest);
    }
    // The gateway decodes a path before it looks for its route, so a value may hold slashes.
    let path = path.replace('}', "+}");
    format!("{name}: {{Type: HttpApi, Properties: {{ApiId: !Ref Api, Method: ANY, Path: \"/api{path}\"}}}}")
}

fn may_read(marts: &BTreeSet<&str>) -> Vec<String> {
    let statement = ["- Statement:", "    - Effect: Allow", "      Action: s3:GetObject", "      Resource:"]
        .map(str::to_owned);
    let each = marts
        .iter()
        .map(|mart| format!("        - !Sub ${{Lake.Arn}}/factory=${{FactoryId}}/marts/{mart}/*"));
    statement.into_iter().chain(each).collect()
}

/// Whether a source below a folder contains a text.
fn sources_contain(folder: &Path, text: &str) -> Result<bool> {
    for entry in fs::read_dir(folder).with_context(|| format!("`{}` cannot be read", folder.display()))? {
        let path = entry?.path();
        if if path.is_dir() {
            sources_contain(&path, text)?
        } else {
            fs::read_to_string(&path)?.contains(text)
        } {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The marts whose constants are named by the sources below a folder. A mart's constant is its name in
/// capitals.
fn marts_named_in(folder: &Path) -> Result<BTreeSet<&'static str>> {
    let mut named = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| format!("`{}` cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            named.extend(marts_named_in(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path)?;
            let hides_one =
                text.contains("Mart::named") || text.contains("marts::ALL") || text.contains("marts::*");
            ensure!(!hides_one, "`{}`: nobody could tell which marts it reads", path.display());
            for constant in text.split("marts::").skip(1).flat_map(imported) {
                if constant.to_uppercase() == constant {
                    let mart = Mart::named(&constant.to_lowercase());
                    let mart = mart
                        .with_context(|| format!("`{}`: no mart is called `{constant}`", path.display()))?;
                    named.insert(mart.name);
                }
            }
        }
    }
    Ok(named)
}

/// The names behind `marts::`: one, or several in braces.
fn imported(rest: &str) -> Vec<&str> {
    let is_no_name = |c: char| !c.is_alphanumeric() && c != '_';
    let names = rest
        .strip_prefix('{')
        .map_or_else(|| rest.split_inclusive(is_no_name).next(), |list| list.split('}').next());
    names.unwrap_or_default().split(is_no_name).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_named_by_its_path() {
        let name = |path| event(path).split(':').next().unwrap_or_default().to_owned();
        assert_eq!(name("/yield/by-line"), "YieldByLine");
        assert_eq!(name("/runs/{run_number}"), "RunsByRunNumber");
        assert_eq!(name("/openapi.json"), "OpenapiJson");
        assert!(event("/runs/{run_number}").ends_with("Path: \"/api/runs/{run_number+}\"}}"));
    }

    #[test]
    fn marts_are_found_alone_and_in_braces() {
        assert_eq!(imported("{Mart, RUNS, month};\nX"), ["Mart", "RUNS", "month"]);
        assert_eq!(imported("FCT_DAILY_YIELD;\nuse x::{Y}"), ["FCT_DAILY_YIELD"]);
    }
}
