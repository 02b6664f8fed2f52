//! `traceability`: which batches went into which run, and where they came from.

use chrono::NaiveDate;

use super::RunReportQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// A batch that went into a run. Where it came from is null if the batch was never taken in under this
    /// code.
    pub struct TracedInput {
        /// The production date.
        production_date: NaiveDate,
        /// The run's number.
        run_number: String,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The code of the product that was made.
        product_code: Option<String>,
        /// The description of the product that was made.
        product: Option<String>,
        /// The batch; null for inputs without one.
        batch_code: Option<String>,
        /// Who sold it.
        supplier: Option<String>,
        /// The vessel that caught it.
        vessel_name: Option<String>,
        /// Where it was caught.
        catch_area: Option<String>,
        /// How it was caught.
        catch_method: Option<String>,
        /// Its certificate, such as `MSC`.
        certified: Option<String>,
        /// The country it comes from.
        country_origin: Option<String>,
        /// When it was landed.
        landing_date: Option<NaiveDate>,
        /// Its species, as it was taken in.
        batch_species: Option<String>,
        /// Its grade, as it was taken in.
        grade: Option<String>,
        /// What of it went into the run, kg.
        input_kg: Option<f64>,
        /// All that came out of the run, kg.
        run_output_kg: Option<f64>,
        /// Output of input, of the whole run, %.
        run_yield_pct: Option<f64>,
    }
}

endpoints! {
    /// The newest date first, then by run and batch.
    pub const TRACEABILITY: Endpoint<RunReportQuery, Vec<TracedInput>> =
        Endpoint::get("/reports/traceability", "The batches that went into each run, and their origin");
}
