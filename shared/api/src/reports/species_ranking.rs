//! `species-ranking`: the species, by how much of their fish becomes product.

use super::ShiftReportQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// The complete runs of one species.
    pub struct SpeciesRank {
        /// Its place by yield, the best first; those of one yield share a place, and those without a yield
        /// the last.
        rank: i64,
        /// The species; null for the runs of which it is not known.
        species: Option<String>,
        /// Complete runs.
        runs: i64,
        /// Fish that went in, kg.
        input_kg: Option<f64>,
        /// Product that came out, kg.
        total_kg: Option<f64>,
        /// Input less output of the runs with inputs, kg; null where that of one is unknown.
        waste_kg: Option<f64>,
        /// Output of input, over the runs whose input is known, %.
        yield_pct: Option<f64>,
        /// Its share of the product of all species, %.
        share_pct: Option<f64>,
    }
}

endpoints! {
    /// The best yield first.
    pub const SPECIES_RANKING: Endpoint<ShiftReportQuery, Vec<SpeciesRank>> =
        Endpoint::get("/reports/species-ranking", "Species by yield of their complete runs");
}
