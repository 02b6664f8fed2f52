//! What can go wrong around a job: storages and ERPs whose calls fail where a test wants them to. A small
//! factory is there for it to happen in, and checks of what must hold meanwhile and afterwards.
//!
//! Every call to a storage or an ERP first asks a [`Fate`] what is to become of it. A fate may fail the n-th
//! call ([`Strike`]), or let calls of several jobs through in an order that a seed decides ([`schedule`]).
//! Nothing here knows how the extractor works. Only its calls are seen.

mod erp;
mod fate;
mod left_behind;
pub mod schedule;
mod settled;
pub mod small;
mod snapshot;
mod store;
mod strike;
mod wire;

pub use erp::FaultyConnect;
pub use fate::{Blow, Call, ErpFailure, Failure, Fate, Operation, Unharmed};
pub use left_behind::left_behind;
pub use settled::{Goal, check_published, check_staging_follows_raw};
pub use snapshot::{see_no_wrong_numbers, see_one_version};
pub use store::FaultyStore;
pub use strike::Strike;
pub use wire::{Outage, Wire};
