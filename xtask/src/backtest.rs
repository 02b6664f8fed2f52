//! `cargo xtask backtest`: how well the projection of shifts would have told the shifts of sandbox factories. A
//! program of the tests does this, because it makes the factories. `xtask` itself knows no crate.

use anyhow::Result;

use crate::command::{cargo, show, step};
use crate::setup;

/// Three factories of 90 days.
const USUAL: [&str; 4] = ["90", "1", "2", "3"];

/// Builds the program and has it print its table. `arguments` are the days and the seeds.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    setup::disk_space("tideline")?;
    setup::rust()?;
    let asked: Vec<&str> =
        if arguments.is_empty() { USUAL.to_vec() } else { arguments.iter().map(String::as_str).collect() };
    step("Telling the shifts of sandbox factories", || {
        // Without --package: that would select other features of the dependencies, and compile them again.
        show(cargo(&[&["run", "--bin", "backtest", "--"], asked.as_slice()].concat()))
    })
}
