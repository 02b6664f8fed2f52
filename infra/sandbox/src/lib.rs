//! Sets up the sandbox factory in a SQL Server on this machine, and nowhere else.
//!
//! - [`target`]: the servers that may be set up, checked before a connection is opened
//! - [`secret`]: passwords, which are never printed
//! - [`erp`]: the SQLite file of the sandbox factory, which is only read
//! - [`sql_type`], [`column`]: the types that hold the values of a column as they are
//! - [`script`], [`schema`], [`login`]: the files of `infra/sql`
//! - [`statements`]: the texts that are sent
//! - [`server`]: a connection to the server
//! - [`set_up`]: the whole set-up in order
//!
//! No other code in the repository can write to a SQL Server. No function uses this crate, and nothing that
//! is deployed contains it: `xtask/tests/tidy.rs` sees to that.

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

/// The database that is set up. No other database is ever made, written to or dropped.
pub const DATABASE: &str = "tideline_sandbox";
