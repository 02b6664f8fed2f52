//! `cargo xtask generate`: writes what follows from the declarations into the files that people and other
//! programs read. A program of the tests does this, because it knows the declarations. `xtask` itself knows
//! no crate.

use anyhow::Result;

use crate::command::{cargo, show, step};
use crate::setup;

/// Builds the program and has it renew the files.
pub(crate) fn run() -> Result<()> {
    setup::disk_space("tideline")?;
    setup::rust()?;
    step("Renewing what follows from the declarations", || {
        // Without --package: that would select other features of the dependencies, and compile them again.
        show(cargo(&["run", "--bin", "generate"]))
    })
}
