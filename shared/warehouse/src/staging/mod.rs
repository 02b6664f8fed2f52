//! Staging: raw segments folded into the current version of each row.
//!
//! - [`fold`]: what the rows of some segments do to the rows that are there; pure
//! - [`open`]: which rejected rows are still open; pure
//! - [`stamps`]: when rows changed, and which time and day they count for
//! - [`divide`]: which part each row lies in
//! - [`zones`]: what a part notes of its rows

pub mod divide;
pub mod fold;
pub mod open;
pub mod stamps;
pub mod zones;
