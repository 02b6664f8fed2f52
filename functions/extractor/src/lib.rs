//! The extractor: pulls rows out of the ERP while the shift runs, validates them, commits them to the lake, and brings the marts up to date.
//!
//! - [`source`]: the ERP, which only ever sees SELECT statements
//! - [`validate`]: legacy cells to typed values, or a reason why not
//! - [`extract`]: one table into raw batches; [`mod@run`]: all tables, retries, the record of the run
//! - [`settings`]: what the environment says

pub mod extract;
mod known;
mod reconcile;
mod rows;
pub mod run;
pub mod settings;
pub mod source;
mod stream;
pub mod validate;

pub use run::{RunRequest, run};
pub use settings::Settings;
