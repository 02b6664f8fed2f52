//! `allergen-changeovers`: where a line went over to a product of other allergens.

use chrono::NaiveDate;

use super::LineReportQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// Two runs, one after the other on one line, whose products' allergens differ or are not known. Lists
    /// are in alphabetical order.
    pub struct AllergenChangeover {
        /// The production date of the run after.
        production_date: NaiveDate,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: String,
        /// The line's name.
        line_name: Option<String>,
        /// The run before.
        from_run: String,
        /// The code of its product.
        from_product_code: Option<String>,
        /// The allergens of its product: `none` where it has none, null where they are not known.
        from_allergens: Option<String>,
        /// The run after.
        to_run: String,
        /// The code of its product.
        to_product_code: Option<String>,
        /// The allergens of its product: `none` where it has none, null where they are not known.
        to_allergens: Option<String>,
        /// Allergens that only the run after has; null where there are none, or it is not known.
        added: Option<String>,
        /// Allergens that only the run before had; null where there are none, or it is not known.
        removed: Option<String>,
        /// Whether an allergen was on the line that the run after must not have; null where it is not known.
        cleaning_required: Option<bool>,
        /// From the end of the run before, by its sheet, to the start of the run after; below 0 where they
        /// overlap.
        gap_minutes: Option<f64>,
    }
}

endpoints! {
    /// The newest date first, then by line, then the latest change first. The run before may be of a day
    /// before the days that were asked for.
    pub const ALLERGEN_CHANGEOVERS: Endpoint<LineReportQuery, Vec<AllergenChangeover>> =
        Endpoint::get("/reports/allergen-changeovers", "Consecutive runs of a line whose allergens differ or are not known");
}
