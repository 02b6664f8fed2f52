//! The HTTP contract as types: what can be asked, under which path, with which parameters, and what the
//! answer looks like.
//!
//! The functions serve these types and the dashboard calls them, so each name and unit is declared once. The
//! crate does no I/O, reads no clock and builds for WebAssembly.
//!
//! Weights of packs are grams (`_g`), quantities kilograms (`_kg`), percentages 0-100 (`_pct`), temperatures
//! °C. Dates and times are the factory's wall-clock time unless a field says otherwise.
//!
//! - [`endpoint`]: an endpoint and its address
//! - [`operation`]: an endpoint without its types; [`FAMILIES`] lists them all
//! - [`query`]: parameters, their bounds and how they are parsed
//! - [`days`]: parameters that name days
//! - [`row`](mod@row): objects with named fields, which answers and marts are made of
//! - [`shape`]: how values and fields are described
//! - [`problem`]: errors as RFC 9457 writes them
//! - [`names`]: what the values in paths are, and an example of every text that can be asked for
//! - [`pages`]: the pages of the dashboard that answers link to
//! - one module per family of endpoints

#![warn(missing_docs)]

pub mod compliance;
pub mod days;
pub mod endpoint;
pub mod families;
pub mod handover;
pub mod health;
pub mod names;
pub mod openapi;
pub mod operation;
pub mod orders;
pub mod pages;
pub mod pipeline;
pub mod problem;
pub mod products;
pub mod quality;
pub mod query;
pub mod reports;
pub mod row;
mod run_row;
pub mod runs;
pub mod setpoints;
pub mod shape;
pub mod shelf_life;
pub mod shift;
pub mod shift_now;
pub mod shifts;
pub mod stops;
pub mod temperature;
pub mod trace;
pub mod weights;
pub mod yields;

pub use endpoint::Endpoint;
pub use families::{FAMILIES, Family, operations};
pub use operation::{Lead, Method, Operation};
pub use problem::Problem;
pub use query::{Format, ParameterError, Query, Whole};
pub use row::Row;
pub use shape::{Described, Field, Shape};

/// Response header: when the data was read from the ERP, ISO 8601 with offset.
pub const DATA_AS_OF: &str = "x-data-as-of";
