//! What the lake holds and how it is derived: the source tables as data, staging from raw segments, marts from
//! staging.
//!
//! - [`sources`]: the ERP's tables, columns, keys and watermarks
//! - [`segment`]: what a raw segment's rows look like; [`rejected_csv`]: those that were rejected, for people
//! - [`staging`]: raw segments folded into the current version of each row
//! - [`marts`]: what readers ask; [`finding_id`]: what findings of checks are called
//! - [`whole_episodes`]: what a mart cuts at midnight, joined
//! - [`settings`]: what the factory tells us once
//! - [`transform`]: catches staging and marts up with raw, and publishes
//!
//! The crate asks no ERP, serves no HTTP and reads no clock.

mod error;
pub mod finding_id;
mod frames;
pub mod marts;
pub mod rejected_csv;
pub mod scope;
pub mod segment;
pub mod settings;
pub mod sources;
pub mod staging;
mod touched;
pub mod transform;
pub mod whole_episodes;

pub use error::{Result, WarehouseError};
