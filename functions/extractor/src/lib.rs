//! The extractor: pulls rows out of the ERP while the shift runs, validates them, commits them to the lake,
//! and brings the marts up to date.
//!
//! - [`source`]: the ERP, which only ever sees SELECT statements
//! - [`guard`]: lets nothing but one plain SELECT pass
//! - [`value`]: legacy cells to typed values; [`validate`]: rows, or a reason why not
//! - `extract`: one table into raw segments; [`mod@job`]: all tables, retries, the record of the job
//! - [`trigger()`]: one job at a time, where a schedule or a request begins it; [`Nightly`]: when a
//!   comparison is due
//! - [`doctor`]: what stands in the way of all that, and what to do about it
//! - [`settings`]: what the environment says; [`secret`]: the ERP's address where the environment only names
//!   it

mod current_rows;
mod cursor;
mod deletes;
pub mod doctor;
mod error;
mod extract;
mod full;
pub mod guard;
mod incremental;
pub mod job;
mod key;
mod nightly;
mod reconcile;
mod rows;
pub mod secret;
pub mod settings;
pub mod source;
mod stream;
mod time_left;
mod trigger;
pub mod validate;
pub mod value;

pub use job::{JobRequest, run_job, run_job_from};
pub use nightly::Nightly;
pub use settings::{Reading, Settings};
pub use trigger::{Occasion, trigger};
