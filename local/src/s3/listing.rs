//! Lists the keys below a folder page by page, in the byte order of S3.
//!
//! It reads only the folders that can hold a wanted key. So the cost of a listing follows the keys that it
//! returns, not those that the lake holds.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::disk::{is_absent, is_behind_link};
use super::key::is_hidden;

/// Which keys are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    /// The keys must begin with this.
    pub(super) prefix: String,
    /// Keys that agree up to this text after the prefix become one line. `/` lists like a folder.
    pub(super) delimiter: Option<String>,
    /// The keys must come after this key.
    pub(super) start_after: Option<String>,
    /// The last line of the previous page. The lines must come after it.
    pub(super) page_after: Option<String>,
    /// The most lines that the page may have.
    pub(super) limit: usize,
}

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The key of an object.
    Object(String),
    /// The beginning of several keys, up to and including the delimiter.
    Common(String),
}

impl Line {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Object(text) | Self::Common(text) => text,
        }
    }
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) lines: Vec<Line>,
    /// Whether more lines follow on the next page.
    pub(super) truncated: bool,
}

/// Reads a page of the keys below `root`.
pub(super) fn list(root: &Path, query: &Query) -> io::Result<Page> {
    let mut page = Page::default();
    if query.limit == 0 {
        return Ok(page);
    }
    let after = query.start_after.as_deref().max(query.page_after.as_deref()).unwrap_or_default();
    let walk = Walk { root, prefix: &query.prefix, after };
    // The prefix names the folder to begin in. The folders beside it are not read.
    let (folder, _) = query.prefix.rsplit_once('/').unwrap_or_default();
    if folder.split('/').any(is_hidden) || folder.starts_with('/') || folder.contains("//") {
        return Ok(page);
    }
    let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    if is_behind_link(root, &root.join(&below).join("any"))? {
        return Ok(page);
    }
    let _ = walk.visit(&below, &mut |key| {
        let line = query.line(key);
        if query.page_after.as_deref().is_some_and(|last| line.text() <= last)
            || page.lines.last() == Some(&line)
        {
            return ControlFlow::Continue(());
        }
        if page.lines.len() == query.limit {
            page.truncated = true;
            return ControlFlow::Break(());
        }
        page.lines.push(line);
        ControlFlow::Continue(())
    })?;
    Ok(page)
}

impl Query {
    fn line(&self, key: String) -> Line {
        let delimiter = self.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
        match delimiter
            .and_then(|delimiter| Some(key[self.prefix.len()..].find(delimiter)? + delimiter.len()))
        {
            Some(end) => Line::Common(key[..self.prefix.len() + end].to_owned()),
            None => Line::Object(key),
        }
    }
}

struct Walk<'a> {
    root: &'a Path,
    prefix: &'a str,
    after: &'a str,
}

impl Walk<'_> {
    /// Calls `show` with every wanted key that begins with `below`, in order, until `show` breaks. `below` is
    /// empty or ends in `/`.
    fn visit(
        &self,
        below: &str,
        show: &mut dyn FnMut(String) -> ControlFlow<()>,
    ) -> io::Result<ControlFlow<()>> {
        for name in self.names(below)? {
            let key = format!("{below}{name}");
            let seen = if name.ends_with('/') {
                if self.may_hold(&key) { self.visit(&key, show)? } else { ControlFlow::Continue(()) }
            } else if key.starts_with(self.prefix) && key.as_str() > self.after {
                show(key)
            } else {
                ControlFlow::Continue(())
            };
            if seen.is_break() {
                return Ok(seen);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether a wanted key can begin with `folder`.
    fn may_hold(&self, folder: &str) -> bool {
        let begins_right = folder.starts_with(self.prefix) || self.prefix.starts_with(folder);
        begins_right && (folder > self.after || self.after.starts_with(folder))
    }

    /// The sorted names in a folder. Names of folders end in `/`, so that whole keys come in byte order.
    fn names(&self, below: &str) -> io::Result<Vec<String>> {
        let folder: PathBuf = self.root.join(below);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            // A name that is not UTF-8 cannot be a key. We never write such a file.
            let Ok(mut name) = entry.file_name().into_string() else { continue };
            if is_hidden(&name) || name.chars().any(char::is_control) {
                continue;
            }
            // Links and pipes are neither folders nor files.
            let kind = entry.file_type()?;
            if kind.is_dir() {
                name.push('/');
                names.push(name);
            } else if kind.is_file() {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lake(keys: &[&str]) -> tempfile::TempDir {
        let lake = tempfile::tempdir().unwrap();
        for key in keys {
            let path = lake.path().join(key);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        lake
    }

    fn object(key: &str) -> Line {
        Line::Object(key.into())
    }

    #[test]
    fn keys_come_in_byte_order_whatever_the_folders_do() {
        let lake =
            lake(&["a/b", "a.b", "a0", "a-b/c", "Z", "é", ".tideline-s3/lock", "x/.b", "x/.c/d", "x/e"]);
        let page = list(lake.path(), &Query { limit: 100, ..Query::default() }).unwrap();
        let expected = ["Z", "a-b/c", "a.b", "a/b", "a0", "x/e", "é"].map(object);
        assert_eq!(page, Page { lines: expected.into(), truncated: false });
    }

    #[test]
    fn a_delimiter_folds_what_lies_below_and_pages_go_on_after_the_fold() {
        let lake = lake(&["r/a/1", "r/a/2", "r/b", "r/c/1", "s"]);
        let query = Query { prefix: "r/".into(), delimiter: Some("/".into()), limit: 2, ..Query::default() };
        let first = list(lake.path(), &query).unwrap();
        assert_eq!(first, Page { lines: vec![Line::Common("r/a/".into()), object("r/b")], truncated: true });
        let second = list(lake.path(), &Query { page_after: Some("r/b".into()), ..query.clone() }).unwrap();
        assert_eq!(second, Page { lines: vec![Line::Common("r/c/".into())], truncated: false });
        let after_fold =
            list(lake.path(), &Query { page_after: Some("r/a/".into()), limit: 1, ..query }).unwrap();
        assert_eq!(after_fold, Page { lines: vec![object("r/b")], truncated: true });
    }

    #[test]
    fn a_prefix_that_points_outside_lists_nothing() {
        let lake = lake(&["inside/a/b"]);
        for prefix in ["../", "/", "inside/../", "./", "//", "none/"] {
            let root = lake.path().join("inside");
            let page = list(&root, &Query { prefix: prefix.into(), limit: 9, ..Query::default() }).unwrap();
            assert_eq!(page, Page::default(), "{prefix}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// With a small alphabet, prefixes, folders and neighbours of `/` meet often.
        #[test]
        fn pages_put_together_are_the_filtered_and_sorted_keys(
            keys in prop::collection::btree_set("[a-c][.0]?(/[a-c][.0]?){0,2}", 0..12),
            prefix in "([a-c][.0]?(/[a-c]?)?)?",
            start_after in prop::option::of("[a-c][.0]?(/[a-c]?)?"),
            limit in 1_usize..4,
        ) {
            let clash = |key: &str| keys.iter().any(|other| other.starts_with(&format!("{key}/")));
            let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| !clash(key)).collect();
            let lake = lake(&keys);
            let mut query = Query { prefix: prefix.clone(), start_after: start_after.clone(), limit, ..Query::default() };
            let mut listed = Vec::new();
            loop {
                let page = list(lake.path(), &query).unwrap();
                prop_assert!(page.lines.len() <= limit);
                listed.extend(page.lines.iter().map(|line| line.text().to_owned()));
                if !page.truncated {
                    break;
                }
                query.page_after = listed.last().cloned();
            }
            let mut expected: Vec<&str> = keys
                .into_iter()
                .filter(|key| key.starts_with(&prefix) && start_after.as_deref().is_none_or(|after| *key > after))
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(listed, expected);
        }
    }
}
