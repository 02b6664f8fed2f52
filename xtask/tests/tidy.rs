//! What no compiler checks: which crate may use which, and that the tables which name the functions agree
//! with each other.
//!
//! The arrows are those of ARCHITECTURE.md. A new crate or function makes a test here fail until it has its
//! place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

/// A file with more lines should be two files.
const MAX_LINES: usize = 800;

/// What each crate may use of the workspace. Functions without a line of their own share one, and no function
/// may use another. The extractor does not use `serve`: it asks an ERP and answers no HTTP.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("api", &["domain"]),
    ("process", &[]),
    ("lake", &["process"]),
    ("warehouse", &["domain", "api", "lake"]),
    ("serve", &["domain", "api", "lake", "process", "warehouse"]),
    ("extractor-function", &["domain", "api", "lake", "process", "warehouse"]),
    ("live", &["domain", "api", "warehouse", "serve"]),
    ("functions/*", &["domain", "api", "lake", "process", "warehouse", "serve", "live"]),
    ("frontend", &["domain", "api"]),
    ("sql-server-sandbox", &["process", "warehouse"]),
    ("xtask", &[]),
];

/// The only crates that the rules and the HTTP contract may use: they build for the page, and do no I/O.
const PURE: &[&str] =
    &["chrono", "chrono-tz", "domain", "percent-encoding", "regex", "serde", "statrs", "thiserror"];

/// Names that say nothing of what a module holds.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "manager", "misc", "util", "utils"];

/// The root of the repository. Cargo tells where that is now. The path that was compiled in may be where the
/// repository was before it moved.
fn root() -> PathBuf {
    PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).parent().unwrap().to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(&path))
        .unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// What cargo knows of the workspace, dependencies of dependencies left out.
fn metadata() -> Value {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    serde_json::from_slice(&cargo.stdout).unwrap()
}

struct Package {
    name: String,
    folder: String,
    /// What the code itself uses: tests may use more.
    uses: BTreeSet<String>,
    /// Whether it asks chrono for the clock.
    reads_clock: bool,
    programs: Vec<String>,
}

fn packages(metadata: &Value) -> Vec<Package> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let package = |package: &Value| {
        let used: Vec<Value> =
            list(&package["dependencies"]).into_iter().filter(|used| used["kind"] != "dev").collect();
        Package {
            name: text(&package["name"]),
            folder: Path::new(&text(&package["manifest_path"]))
                .parent()
                .unwrap()
                .strip_prefix(root())
                .unwrap()
                .display()
                .to_string(),
            uses: used.iter().map(|used| text(&used["name"])).collect(),
            reads_clock: used.iter().any(|used| {
                used["name"] == "chrono" && list(&used["features"]).iter().any(|feature| feature == "clock")
            }),
            programs: list(&package["targets"])
                .iter()
                .filter(|target| target["kind"][0] == "bin")
                .map(|target| text(&target["name"]))
                .collect(),
        }
    };
    list(&metadata["packages"]).iter().map(package).collect()
}

fn functions(metadata: &Value) -> Vec<Package> {
    packages(metadata).into_iter().filter(|package| package.folder.starts_with("functions/")).collect()
}

/// Path -> function, as `cargo lambda watch` serves them.
fn watch_routes(metadata: &Value) -> BTreeMap<String, String> {
    let table = metadata["metadata"]["lambda"]["watch"]["router"]
        .as_object()
        .expect("Cargo.toml has a table of watch routes");
    table.iter().map(|(path, function)| (path.clone(), function.as_str().unwrap().to_owned())).collect()
}

/// Files of the repository that are text and written by hand.
fn own_files() -> Vec<PathBuf> {
    let git = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
    let listed = String::from_utf8(git.stdout).unwrap();
    let written = |path: &Path| {
        path.is_file()
            && path.extension().is_none_or(|kind| kind != "snap" && kind != "lock")
            && !path.ends_with("tests/openapi.json")
    };
    listed.lines().map(|line| root().join(line)).filter(|path| written(path)).collect()
}

fn text_of(path: &Path) -> Option<String> {
    String::from_utf8(fs::read(path).unwrap()).ok()
}

#[test]
fn crates_use_each_other_only_along_the_arrows() {
    let metadata = metadata();
    let packages = packages(&metadata);
    let ours: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    // These run or test everything.
    let unbound = ["tideline", "tests"];
    for package in packages.iter().filter(|package| !unbound.contains(&package.name.as_str())) {
        let line = |name: &str| ARROWS.iter().find(|(line, _)| *line == name);
        let shared = || line("functions/*").filter(|_| package.folder.starts_with("functions/"));
        let (_, allowed) = line(&package.name)
            .or_else(shared)
            .unwrap_or_else(|| panic!("the crate `{}` has no line in ARROWS", package.name));
        for used in package.uses.iter().filter(|used| ours.contains(used.as_str())) {
            assert!(allowed.contains(&used.as_str()), "`{}` may not use `{used}`", package.name);
        }
    }
    for (name, _) in ARROWS.iter().filter(|(name, _)| !name.ends_with('*')) {
        assert!(ours.contains(name), "ARROWS names the crate `{name}`, which is gone");
    }
}

/// `sql-server-sandbox` is the one crate that holds statements which write to a SQL Server. Only `tests` runs
/// it. What is deployed, and `tideline`, do not even contain it.
#[test]
fn only_tests_use_what_can_write_to_a_sql_server() {
    let packages = packages(&metadata());
    let users = |of: &str| {
        packages
            .iter()
            .filter(|package| package.uses.contains(of))
            .map(|package| package.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(users("sql-server-sandbox"), ["tests"]);
    let mut speakers = users("tiberius");
    speakers.sort();
    assert_eq!(
        speakers,
        ["extractor-function", "sql-server-sandbox", "tests"],
        "these speak to a SQL Server"
    );
    assert!(!read("template.yaml").contains("sandbox"), "the sandbox's set-up is deployed");
}

#[test]
fn the_rules_and_the_http_contract_depend_on_nothing_that_does_io() {
    for package in
        packages(&metadata()).iter().filter(|package| ["domain", "api"].contains(&package.name.as_str()))
    {
        for used in &package.uses {
            assert!(PURE.contains(&used.as_str()), "`{}` may not use `{used}`, only {PURE:?}", package.name);
        }
        assert!(!package.reads_clock, "`{}` may not read the clock", package.name);
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for package in packages(&metadata()) {
        let manifest = read(Path::new(&package.folder).join("Cargo.toml"));
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "`{}` has no `[lints] workspace = true`",
            package.name
        );
    }
}

#[test]
fn a_function_is_a_package_and_a_program_of_its_folders_name() {
    for function in functions(&metadata()) {
        let family = function.folder.trim_start_matches("functions/");
        assert_eq!(function.name, format!("{family}-function"));
        assert_eq!(function.programs, [family]);
    }
}

/// A program without tests says so in its manifest, so that no test program is linked of it. Tests that are written
/// into it would never run.
#[test]
fn what_says_that_it_has_no_tests_has_none() {
    for package in metadata()["packages"].as_array().unwrap() {
        for target in package["targets"].as_array().unwrap().iter().filter(|target| target["test"] == false) {
            let source = read(target["src_path"].as_str().unwrap());
            let holds = |word: &str| source.lines().any(|line| line.trim_start().starts_with(word));
            assert!(
                !holds("#[test]") && !holds("#[tokio::test") && !holds("mod ") && !holds("pub(crate) mod "),
                "{}: its tests, or those of its modules, do not run: take `test = false` out of its manifest",
                target["src_path"]
            );
        }
    }
}

/// The paths themselves are not compared here: they are generated in both places.
#[test]
fn every_function_is_deployed_and_served_locally_if_it_answers_http() {
    let metadata = metadata();
    let functions = functions(&metadata);
    let programs: BTreeSet<&str> =
        functions.iter().flat_map(|function| &function.programs).map(String::as_str).collect();
    let template = read("template.yaml");
    let deployed: BTreeSet<&str> =
        template.lines().filter_map(|line| line.trim().strip_prefix("CodeUri: target/lambda/")).collect();
    assert_eq!(deployed, programs, "template.yaml (left) and functions/ (right) differ");

    let routes = watch_routes(&metadata);
    let served: BTreeSet<&str> = routes.values().map(String::as_str).collect();
    let answering: BTreeSet<&str> = programs.into_iter().filter(|program| *program != "extractor").collect();
    assert_eq!(
        served, answering,
        "the functions that have a path (left) and those that answer HTTP (right) differ"
    );
}

#[test]
fn no_file_is_too_long_to_be_one_thing() {
    for path in own_files() {
        let lines = text_of(&path).map_or(0, |text| text.lines().count());
        assert!(
            lines <= MAX_LINES,
            "{} has {lines} lines: more than {MAX_LINES} are two files",
            path.display()
        );
    }
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    for path in own_files().iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs")) {
        let inside = path.strip_prefix(root()).unwrap().with_extension("");
        let empty = inside
            .iter()
            .map(|part| part.to_string_lossy())
            .find(|part| EMPTY_NAMES.contains(&part.as_ref()));
        assert_eq!(empty, None, "{}", path.display());
    }
}

#[test]
fn no_file_needs_anything_outside_of_the_repository() {
    // Written in two parts, so that this file does not contain what it looks for.
    let workplace = concat!("/wo", "rk/");
    for path in own_files() {
        let Some(text) = text_of(&path) else { continue };
        let folders_above = path.strip_prefix(root()).unwrap().components().count() - 1;
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}: {line}", path.display(), number + 1);
            assert!(!line.contains(workplace), "{place}");
            for (at, up) in line.match_indices(concat!("../sha", "red")) {
                let ups = 1 + (line[..at].len() - line[..at].trim_end_matches("../").len()) / 3;
                assert!(ups <= folders_above, "`{up}` is outside of the repository: {place}");
            }
        }
    }
}
