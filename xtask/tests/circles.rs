//! No circle of imports. At every level of a crate, the modules beside each other use one another in one
//! direction only. Each module stands for all that lies below it. So it can be read, moved and tested with
//! only those that it uses.
//!
//! In a `use`, what counts is a path that begins with `crate`, `self`, `super` or the name of a module below.
//! Anywhere else, it is a path that begins with `crate` or `super`. An item that a file passes on (`pub use`)
//! counts for the file that it comes from. A glob counts for the file that it names. A module may use the one
//! that it lies in, and the other way round.
//!
//! Not seen are methods that are called without a path to the file of their type, and what macros write.
//! Tests, and files that only tests have, may use what they like.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The path of a module, below the root of its crate.
type Module = Vec<String>;

/// The files of a crate: what each says, without comments and tests.
#[derive(Default)]
struct Crate {
    files: BTreeMap<Module, String>,
}

impl Crate {
    /// Reads the crate whose root lies in this folder.
    fn read(folder: &Path) -> Self {
        let mut files = Self::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(inside) = folders.pop() {
            for entry in fs::read_dir(inside).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|kind| kind == "rs") {
                    let place = path.strip_prefix(folder).unwrap().with_extension("");
                    let mut module: Module =
                        place.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
                    let is_root = module.len() == 1 && ["lib", "main"].contains(&module[0].as_str());
                    module.pop_if(|name| is_root || name == "mod");
                    files.add(module, &fs::read_to_string(&path).unwrap());
                }
            }
        }
        files.without_tests()
    }

    fn add(&mut self, module: Module, text: &str) {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        self.files.entry(module).or_default().extend(lines.flat_map(|line| [line, "\n"]));
    }

    /// The crate without the files that only its tests have.
    fn without_tests(mut self) -> Self {
        const ONLY_IN_TESTS: &str = "#[cfg(test)]\nmod ";
        let mut tests = Vec::new();
        for (module, text) in &self.files {
            let named = text.split(ONLY_IN_TESTS).skip(1).filter_map(|rest| rest.split_once(';'));
            tests.extend(named.map(|(name, _)| [module.as_slice(), &[name.to_owned()]].concat()));
        }
        self.files.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        self
    }

    /// The paths that a file names, each from the root of the crate and with the name that it has there.
    fn paths(&self, module: &Module) -> Vec<(String, Module)> {
        let mut paths = Vec::new();
        let mut rest = String::new();
        for (n, statement) in self.files[module].split("use ").enumerate() {
            // What stands before the first `use ` is none. Nor is a word that only ends with it.
            let (tree, other) = match statement.split_once(';') {
                Some((tree, other)) if n > 0 && is_tree(tree) => (tree, other),
                _ => ("", statement),
            };
            expand(Vec::new(), tree, &mut paths);
            rest.push_str(other);
        }
        let is_part = |c: char| c == ':' || c == '_' || c.is_alphanumeric();
        for start in ["crate::", "super::"] {
            for (at, _) in rest.match_indices(start).filter(|(at, _)| !rest[..*at].ends_with(is_part)) {
                let path: String = rest[at..].chars().take_while(|c| is_part(*c)).collect();
                expand(Vec::new(), path.trim_end_matches(':'), &mut paths);
            }
        }
        paths.into_iter().filter_map(|(name, path)| Some((name, self.place_of(module, &path)?))).collect()
    }

    /// The path from the root of the crate for a path that this module names, if that leads into the crate.
    fn place_of(&self, module: &Module, path: &[String]) -> Option<Module> {
        let mut from = module.clone();
        let mut path = path.iter().peekable();
        match path.peek()?.as_str() {
            "crate" => from.clear(),
            "self" | "super" => {}
            below => {
                from.push(below.to_owned());
                self.files.contains_key(&from).then_some(())?;
            }
        }
        if path.next()? == "super" {
            from.pop()?;
        }
        while path.next_if(|name| *name == "super").is_some() {
            from.pop()?;
        }
        from.extend(path.cloned());
        Some(from)
    }

    /// The file that the item at this path comes from. `passed` counts how often the item was passed on from
    /// file to file so far.
    fn file_of(&self, path: &[String], passed: usize) -> Module {
        let length = (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]));
        let (module, rest) = path.split_at(length.unwrap_or_default());
        let module = module.to_vec();
        let Some(name) = rest.first().filter(|_| passed < 9 && self.files.contains_key(&module)) else {
            return module;
        };
        match self.paths(&module).into_iter().find(|(known_as, path)| known_as == name && !path.is_empty()) {
            Some((_, path)) => self.file_of(&path, passed + 1),
            None => module,
        }
    }

    /// What each module uses of those beside it, in the same folder. Each stands for all that lies below it.
    fn uses(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let mut uses = BTreeMap::<Module, BTreeSet<Module>>::new();
        for module in self.files.keys() {
            for (_, path) in self.paths(module) {
                let file = self.file_of(&path, 0);
                let same = module.iter().zip(&file).take_while(|(ours, theirs)| ours == theirs).count();
                if same < module.len().min(file.len()) {
                    uses.entry(module[..=same].to_vec()).or_default().insert(file[..=same].to_vec());
                }
            }
        }
        uses
    }

    /// The shortest circle of each module that is in one.
    fn circles(&self) -> Vec<Vec<Module>> {
        let uses = self.uses();
        let circle = |start: &Module| {
            let mut ways = VecDeque::from([vec![start.clone()]]);
            let mut seen = BTreeSet::new();
            while let Some(way) = ways.pop_front() {
                for next in uses.get(way.last()?).into_iter().flatten() {
                    if next == start {
                        return Some(way);
                    }
                    if seen.insert(next) {
                        ways.push_back([way.clone(), vec![next.clone()]].concat());
                    }
                }
            }
            None
        };
        uses.keys().filter_map(circle).collect()
    }
}

/// Whether this text can be what a `use` names.
fn is_tree(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_:{},*".contains(c))
}

/// Adds the paths of a tree like `a::{b, c::d as e}`, each with its name.
fn expand(before: Module, tree: &str, paths: &mut Vec<(String, Module)>) {
    let tree = tree.trim();
    if let Some((path, inside)) = tree.strip_suffix('}').and_then(|tree| tree.split_once('{')) {
        let before = [before, segments(path)].concat();
        let mut depth = 0;
        let branches = inside.split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        for branch in branches {
            expand(before.clone(), branch, paths);
        }
    } else if !tree.is_empty() {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
        let mut path = [before, segments(path)].concat();
        path.pop_if(|last| ["self", "*"].contains(&last.as_str()));
        let name = if name.is_empty() { path.last().cloned().unwrap_or_default() } else { name.to_owned() };
        paths.push((name, path));
    }
}

fn segments(path: &str) -> Module {
    path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The root of the repository. Cargo tells where that is now. The path that was compiled in may be where the
/// repository was before it moved.
fn root() -> PathBuf {
    PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).parent().unwrap().to_owned()
}

/// The folders of the repository that hold the root of a crate.
fn crates() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        if ["lib.rs", "main.rs"].iter().any(|name| folder.join(name).is_file()) {
            found.push(folder);
            continue;
        }
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_str())
            {
                folders.push(path);
            }
        }
    }
    found
}

#[test]
fn modules_beside_each_other_use_one_another_in_no_circle() {
    let crates = crates();
    assert!(crates.len() > 15, "{crates:?}");
    let mut found = BTreeSet::new();
    for folder in crates {
        let name = folder.parent().unwrap().strip_prefix(root()).unwrap().display().to_string();
        for mut circle in Crate::read(&folder).circles() {
            circle.sort();
            found.insert((name.clone(), circle.iter().map(|module| module.join("::")).collect::<Vec<_>>()));
        }
    }
    assert!(found.is_empty(), "move what both need to where it belongs: {found:#?}");
}

#[test]
fn a_circle_is_found_however_a_module_is_named() {
    let check = |files: &[(&str, &str)], expect: &[&str]| {
        let mut all = Crate::default();
        for (module, text) in files {
            all.add(segments(module), text);
        }
        let found: Vec<_> = all
            .without_tests()
            .circles()
            .iter()
            .map(|circle| circle.iter().map(|module| module.join("::")).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(found, expect, "{files:?}");
    };
    let fold = ("staging::fold", "use crate::segment::{self, OP, OP_DELETE};");
    let both = ["segment staging", "staging segment"];
    check(&[("segment", "fn csv() { crate::staging::fold::of_op(rows) }"), fold], &both);
    check(
        &[
            ("segment", "use super::{staging::{self, fold::of_op}, other};"),
            ("staging", "pub mod fold;"),
            fold,
        ],
        &both,
    );
    check(
        &[
            ("segment", "use crate::staging::of_op;"),
            ("staging", "mod fold;\npub(crate) use fold::{of_op as of_op};"),
            fold,
        ],
        &both,
    );
    check(
        &[
            ("segment", "use crate::of_op;"),
            ("", "pub use staging::fold::of_op;"),
            ("staging", "mod fold;"),
            fold,
        ],
        &both,
    );
    check(&[("segment", "use crate::of_op;"), ("", "pub fn of_op() {}"), fold], &[]);
    check(
        &[
            ("segment", "// crate::staging::fold\n#[cfg(test)]\nmod tests {\n use crate::staging::fold;"),
            fold,
        ],
        &[],
    );
    check(
        &[
            ("staging", "#[cfg(test)]\nmod small;"),
            ("staging::small", "use crate::segment;"),
            ("segment", "use crate::staging::Staged;"),
        ],
        &[],
    );
    check(&[("job", "mod table; use table::read;"), ("job::table", "use super::Job;")], &[]);
    check(
        &[("a", "use super::b::B;"), ("b", "use crate::c::*;"), ("c", "use super::a;")],
        &["a b c", "b c a", "c a b"],
    );
}
