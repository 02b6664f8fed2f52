//! Sets up the sandbox factory in a SQL Server on this machine, and nowhere else.
//!
//! - [`target`]: the only servers that it may be, checked before a connection is opened
//! - [`secret`]: passwords, which are printed nowhere
//! - [`erp`]: the sandbox factory's SQLite file, which is only read
//! - [`sql_type`], [`column`]: which type holds every value of a column as it is
//! - [`script`], [`schema`], [`login`]: the files of `infra/sql`
//! - [`statements`]: the text of what is sent
//! - [`server`]: a connection to the server
//! - [`set_up`]: all of it in order
//!
//! This is the only code of the repository that can write to a SQL Server. No function uses it and nothing
//! deployed holds it: `xtask/tests/tidy.rs` sees to that.

pub mod column;
pub mod erp;
pub mod login;
mod program;
pub mod schema;
pub mod script;
pub mod secret;
pub mod server;
pub mod set_up;
pub mod sql_type;
pub mod statements;
pub mod target;

pub use program::program;

/// The database that is set up: no other is ever made, written to or dropped.
pub const DATABASE: &str = "tideline_sandbox";
