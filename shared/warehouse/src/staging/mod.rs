//! Staging: raw segments folded into the current version of each row.
//!
//! - [`fold`]: what the rows of some segments do to the rows that are there; pure
//! - [`open`]: which rejected rows are still open; pure
//! - [`parts`]: which part a row lies in, and what a part holds

pub mod fold;
pub mod open;
pub mod parts;
