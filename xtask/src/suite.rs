//! `cargo xtask test` and `cargo xtask lint`. The checks come in order, and the first that fails is the last.
//! The last line of a test counts the tests.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::command::{cargo, program, show, step, succeeds, watch};
use crate::{page, place, setup};

/// Which tests are asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Every fault at every call, many more random schedules, and Spark as a second judge.
    all: bool,
    /// Only tests whose names contain this, and no other check.
    filter: Option<String>,
}

impl Options {
    /// Reads the words after `test`. The error says what is wrong with them.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        for argument in arguments {
            match argument.as_str() {
                "--all" => options.all = true,
                option if option.starts_with('-') => return Err(format!("`test` has no option `{option}`")),
                _ if options.filter.is_some() => {
                    return Err(format!("`test` takes one filter, `{argument}` is a second one"));
                }
                filter => options.filter = Some(filter.to_owned()),
            }
        }
        Ok(options)
    }
}

/// Runs all checks. The tests come last, and then their count.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    setup::disk_space("tideline")?;
    setup::rust()?;
    setup::browser()?;
    let python_programs = setup::python(options.all)?;
    if options.filter.is_none() {
        formatted_and_clean()?;
        step("The AWS template", || template(&python_programs))?;
    }
    page::build_if_changed()?;
    let (succeeded, counts) = step("Tests", || tests(options))?;
    if !succeeded {
        eprintln!("\nerror: tests failed, or do not compile: see above");
    }
    println!("\n{} passed, {} failed", counts.passed, counts.failed);
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the checks that execute nothing of the project.
pub(crate) fn lint() -> Result<()> {
    setup::rust()?;
    formatted_and_clean()?;
    if succeeds(cargo(&["deny", "--version"])) {
        step("Licences, bans and sources of the dependencies", || {
            show(cargo(&["deny", "--locked", "check", "bans", "licenses", "sources"]))
        })
    } else {
        println!(
            "\n    cargo-deny is not installed: licences, bans and sources of the dependencies were not checked"
        );
        Ok(())
    }
}

/// Formatting and lints of everything, with warnings as errors.
fn formatted_and_clean() -> Result<()> {
    step("Formatting", || show(cargo(&["fmt", "--all", "--check"])))?;
    step("Lints", || {
        show(cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
    })
}

/// Checks the template as it is written, and then as AWS will expand it. In the first form cfn-lint sees
/// little of what a function needs.
fn template(python_programs: &Path) -> Result<()> {
    let expanded = place::target().join("template.json");
    let mut expand = program(python_programs.join("python"), &["xtask/expand_template.py", "template.yaml"]);
    expand.arg(&expanded);
    show(expand)?;
    show(program(python_programs.join("cfn-lint"), &["template.yaml"]))?;
    // Expanding puts values in the place of some parameters. W2001 would call these parameters unused.
    let mut lint = program(python_programs.join("cfn-lint"), &["--ignore-checks", "W2001", "--template"]);
    lint.arg(&expanded);
    show(lint)
}

fn tests(options: &Options) -> Result<(bool, Counts)> {
    let mut command = cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
    if let Some(filter) = &options.filter {
        command.arg("--").arg(filter);
    }
    if options.all {
        command.env("TIDELINE_TEST_ALL", "1");
    }
    let mut counts = Counts::default();
    let succeeded = watch(command, |line| counts.add(line))?;
    if let (Some(filter), true, Counts { passed: 0, failed: 0 }) = (&options.filter, succeeded, &counts) {
        bail!("no test has a name that contains `{filter}`");
    }
    if !succeeded && counts.failed == 0 {
        // A test program that died, or that did not compile, has no summary to count.
        counts.failed = 1;
    }
    Ok((succeeded, counts))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
}

impl Counts {
    /// Adds what a line of the test runner says, if it is the summary of a test program.
    fn add(&mut self, line: &str) {
        let Some(summary) = line.strip_prefix("test result: ") else { return };
        let number_before = |word| {
            let words: Vec<&str> = summary.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
            words
                .windows(2)
                .find(|pair| pair[1] == word)
                .and_then(|pair| pair[0].parse::<u64>().ok())
                .unwrap_or(0)
        };
        self.passed += number_before("passed");
        self.failed += number_before("failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        Options::parse(&arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_summaries_of_several_test_programs_add_up() {
        let mut counts = Counts::default();
        for line in [
            "test a::b ... ok",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
            "the test result: 7 passed",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
            "",
        ] {
            counts.add(line);
        }
        assert_eq!(counts, Counts { passed: 15, failed: 2 });
    }

    #[test]
    fn options_and_one_filter_are_read_and_others_refused() {
        assert_eq!(parse(&[]).unwrap(), Options::default());
        assert_eq!(
            parse(&["--all", "paging"]).unwrap(),
            Options { all: true, filter: Some("paging".to_owned()) }
        );
        assert!(parse(&["--al"]).unwrap_err().contains("`--al`"));
        assert!(parse(&["one", "two"]).unwrap_err().contains("`two`"));
    }
}
