//! The rules of the factory: what a description means, what a yield is, when a pack is too light.
//!
//! Every function here maps values to values. The crate does not know where rows come from or where they go:
//! no files, no network, no data frames, no HTTP. It never asks for the time: `today` is an argument. It
//! rounds only in [`rounding`]. The crate also builds for the browser, where the page uses the same rules.
//!
//! | question | module |
//! |---|---|
//! | what is this text? | [`description`], [`species`], [`product_type`], [`piece_type`], [`lineage`], [`flag`] |
//! | do these codes mean the same? | [`code`] |
//! | what must not get into this product? | [`allergens`] |
//! | what did the instrument say? | [`single_precision`] |
//! | may this fish go into this pack? | [`tier`] |
//! | what do bookings add up to? | [`bookings`] |
//! | how much was made of what went in? | [`yields`], [`oee`], as a [`ratio`] of sums |
//! | what does it cost to go down a tier? | [`downgrades`] |
//! | which days count? | [`window`], [`shelf_life`] |
//! | where did this batch come from and go to? | [`trace`], [`mass_balance`] |
//! | which delivery of a batch code is meant? | [`intake`] |
//! | what is not known of a delivery? | [`key_data_elements`] |
//! | is this run on? | [`run_state`] |
//! | what has the factory told us? | [`settings`] |
//! | which shift was on, which one made this run? | [`shift_instance`] |
//! | has this order left? | [`despatch`] |
//! | what is wrong with this run? | [`checks`] names the checks, [`rules`] judges, [`label_gap`] lists labels |
//! | how long was it too warm? | [`episodes`] |
//! | was it written down, and put right? | [`quality_records`] |
//! | can a probe be believed? | [`probes`] |
//! | are the packs heavy enough, is the line steady? | [`average_quantity`], [`spc`], [`histogram`] |
//! | how heavy need packs be, and will a lot pass? | [`setpoint`], [`lot_forecast`] |
//! | how is a figure shown? | [`rounding`] |

#![warn(missing_docs)]

pub mod allergens;
pub mod average_quantity;
pub mod bookings;
pub mod checks;
pub mod clock;
pub mod code;
pub mod description;
pub mod despatch;
pub mod downgrades;
pub mod episodes;
pub mod flag;
mod float_dust;
pub mod histogram;
pub mod intake;
pub mod key_data_elements;
pub mod label_gap;
pub mod lineage;
pub mod lot_forecast;
pub mod mass_balance;
pub mod named;
pub mod oee;
pub mod pace;
pub mod piece_type;
pub mod probes;
pub mod product_type;
pub mod projection;
pub mod quality_records;
pub mod ratio;
pub mod rounding;
pub mod rules;
pub mod run_state;
pub mod setpoint;
pub mod settings;
pub mod shelf_life;
pub mod shift_instance;
pub mod single_precision;
pub mod spc;
pub mod species;
pub mod spelled;
pub mod stops;
pub mod tier;
pub mod trace;
pub mod window;
pub mod working_time;
pub mod yields;
