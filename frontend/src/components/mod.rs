//! The pieces that pages are made of.

pub(crate) mod active_runs;
pub(crate) mod attention;
pub(crate) mod banner;
pub(crate) mod breaches;
pub(crate) mod expiring;
pub(crate) mod figure;
pub(crate) mod findings;
pub(crate) mod header;
pub(crate) mod kpi_card;
pub(crate) mod lines;
pub(crate) mod section;
pub(crate) mod shift;
