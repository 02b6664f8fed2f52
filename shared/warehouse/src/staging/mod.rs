//! Staging: raw segments folded into the current version of each row.
//!
//! - [`incoming`]: the rows of a segment that fall into one part
//! - [`fold`]: what the rows of some segments do to the rows that are there; pure
//! - [`first_stamps`]: the stamp that each row was first read with, which later changes leave as it is
//! - [`open`]: which rejected rows are still open; pure
//! - [`rejected`]: which runs these belong to; pure
//! - [`stamps`]: when rows changed, and which time and day they count for
//! - [`rekeyed`]: which keys were used again for other rows; pure
//! - [`divide`]: which part each row lies in
//! - [`zones`]: what a part notes of its rows

pub mod divide;
pub mod first_stamps;
pub mod fold;
pub mod incoming;
pub mod open;
pub mod rejected;
pub mod rekeyed;
pub mod stamps;
pub mod zones;
