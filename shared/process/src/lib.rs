//! What every process of ours does before and after its work: it reads its settings from the environment,
//! begins to log, and says in one line why it failed. None of that prints a password.
//!
//! It knows no lake, no table and no HTTP.

mod chain;
mod environment;
pub mod logs;
mod masked;

pub use chain::chain;
pub use environment::{Environment, SettingsError, variable};
pub use masked::{masked, may_hold_password, shown};
