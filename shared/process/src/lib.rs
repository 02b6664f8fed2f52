//! What every process of ours does before and after its work: it reads its settings from the environment,
//! begins to log, and says in one line why it failed.
//!
//! It knows no lake, no table and no HTTP.

mod chain;
mod environment;
pub mod logs;

pub use chain::chain;
pub use environment::{Environment, SettingsError, variable};
