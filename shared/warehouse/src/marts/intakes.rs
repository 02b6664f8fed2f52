//! `intakes`: the fish that was taken in, by the batch that it became, and `batch_despatches`: the orders
//! that name a batch. The rows of both count for a batch, not for a run.

use api::row;
use api::trace::TraceIntake;
use chrono::NaiveDate;
use polars::prelude::*;

use super::{Build, Mart, columns_of};
use crate::frames;
use crate::sources::{DESPATCH, TRACEABILITY};

row! {
    /// An intake with its place in the mart.
    pub struct IntakeRow {
        /// The first day that is known of it.
        known_since: NaiveDate,
        ..intake: TraceIntake,
    }
}

/// Intakes. A batch may have come in several of them. An intake without a batch code cannot be asked for and
/// is left out.
pub const INTAKES: Mart = Mart {
    name: "intakes",
    columns: columns_of::<IntakeRow>(),
    grain: &["trace_id"],
    month_of: Some("known_since"),
    batches: &["batch_code"],
    tables: &[],
    builds: &[Build::Batches(&TRACEABILITY, intakes)],
};

fn intakes(rows: &DataFrame) -> PolarsResult<DataFrame> {
    with_day(rows, &["received_date", "landing_date", "kill_date"], &INTAKES)
}

row! {
    /// An order that names a batch.
    pub struct BatchDespatchRow {
        /// The id of the order line.
        despatch_id: i64,
        /// The batch that the order names.
        batch_code: String,
        /// The first day that is known of it.
        known_since: NaiveDate,
        /// The run that the order names.
        run_number: Option<String>,
        /// The order.
        order_number: Option<String>,
        /// Who buys it.
        customer: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// Cases.
        qty_cases: Option<i64>,
        /// How much, kg.
        qty_kg: Option<f64>,
        /// When it leaves or left.
        despatch_date: Option<NaiveDate>,
        /// When it arrives or arrived.
        delivery_date: Option<NaiveDate>,
        /// `pending`, `loaded` or `delivered`.
        status: Option<String>,
    }
}

/// Orders under the batch that they name, whether or not they also name a run that is known.
pub const BATCH_DESPATCHES: Mart = Mart {
    name: "batch_despatches",
    columns: columns_of::<BatchDespatchRow>(),
    grain: &["despatch_id"],
    month_of: Some("known_since"),
    batches: &["batch_code"],
    tables: &[],
    builds: &[Build::Batches(&DESPATCH, batch_despatches)],
};

fn batch_despatches(rows: &DataFrame) -> PolarsResult<DataFrame> {
    with_day(rows, &["despatch_date"], &BATCH_DESPATCHES)
}

/// The rows with `known_since`: the first of these dates that is known, else the day of the last change. Its
/// month decides which part a row lies in.
fn with_day(rows: &DataFrame, dates: &[&'static str], mart: &Mart) -> PolarsResult<DataFrame> {
    let days = dates
        .iter()
        .map(|name| col(*name))
        .chain([col("updated_at").cast(DataType::Date)])
        .collect::<Vec<_>>();
    frames::fit(
        &rows.clone().lazy().with_column(coalesce(&days).alias("known_since")).collect()?,
        &mart.schema(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{at, day, rows, shown};
    use super::*;

    #[test]
    fn an_intake_lies_under_the_day_it_came_in_or_else_the_first_day_that_is_known() {
        let named = df![
            "trace_id" => ["T1", "T2", "T3"], "batch_code" => ["B1", "B1", "B2"], "supplier" => [Some("North Sea Fish"), None, None],
            "received_date" => [Some(day(2)), None, None], "kill_date" => [Some(day(1)), Some(day(1)), None], "updated_at" => [at(5, 6, 0); 3],
        ];
        let mart = intakes(&rows(&TRACEABILITY, &named.unwrap())).unwrap();
        assert_eq!(
            shown(&mart, &["trace_id", "batch_code", "supplier", "known_since"]),
            ["T1 | B1 | North Sea Fish | 2026-11-02", "T2 | B1 | - | 2026-11-01", "T3 | B2 | - | 2026-11-05"]
        );
    }

    #[test]
    fn an_order_lies_under_its_batch_with_or_without_a_run() {
        let named = df![
            "despatch_id" => [1_i64, 2], "batch_code" => ["B1", "B1"], "run_number" => [Some("7"), None], "despatch_date" => [Some(day(4)), None],
            "qty_kg" => [10.0, 20.0], "updated_at" => [at(5, 6, 0); 2],
        ];
        let mart = batch_despatches(&rows(&DESPATCH, &named.unwrap())).unwrap();
        assert_eq!(
            shown(&mart, &["despatch_id", "batch_code", "run_number", "known_since", "qty_kg"]),
            ["1 | B1 | 7 | 2026-11-04 | 10", "2 | B1 | - | 2026-11-05 | 20"]
        );
    }
}
