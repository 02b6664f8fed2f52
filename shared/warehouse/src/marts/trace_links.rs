//! `trace_links`: what ties batches, runs, products and orders together, one row per link of a run. A part's
//! zones tell which runs and batches it can name, so that a trace reads only those parts.

use api::row;
use chrono::{NaiveDate, NaiveDateTime};
use std::str::FromStr;

use domain::lineage::{Direction, LinkKind, ReturnMethod, batch_made};
use polars::prelude::*;

use super::{Build, Mart, columns_of, left_join, products};
use crate::frames;
use crate::scope::RunScope;
use crate::sources::{BATCH_LINEAGE, DESPATCH, PLU, PRODUCT_CATALOGUE, RUN_INPUTS, RUN_NUMBERS, RUN_OUTPUTS};

row! {
    /// A link of a run.
    pub struct LinkRow {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// What the link says. `input`: `batch_code` went in. `scan_in`: it was scanned in. `scan_back`: it
        /// was scanned back. If that made a batch, `new_batch_code` names it and `parent_batch` says what it
        /// was made of. `output`: `product_code` came out. `despatch`: an order took some of the run.
        #[one_of(LinkKind::NAMES)]
        link: String,
        /// The id of the source row that says so.
        link_id: i64,
        /// The batch.
        batch_code: Option<String>,
        /// The batch that a scan-back made.
        new_batch_code: Option<String>,
        /// What that batch was made of.
        parent_batch: Option<String>,
        /// How the fish went back.
        return_method: Option<String>,
        /// The grade of an input.
        grade: Option<String>,
        /// The species of an input.
        species: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// The tier: 1 Premium, 2 GG, 3 Export / Simply Salmon.
        tier: Option<i64>,
        /// The cut.
        piece_type: Option<String>,
        /// Packs, of an output.
        qty_packs: Option<i64>,
        /// Cases, of an order.
        qty_cases: Option<i64>,
        /// How much, kg.
        qty_kg: Option<f64>,
        /// The order, of a despatch.
        order_number: Option<String>,
        /// Who gets it.
        customer: Option<String>,
        /// When it leaves or left.
        despatch_date: Option<NaiveDate>,
        /// When it arrives or arrived.
        delivery_date: Option<NaiveDate>,
        /// `pending`, `loaded` or `delivered`.
        status: Option<String>,
        /// When it was scanned. If nothing was scanned or nobody knows when, when the source row last
        /// changed.
        linked_at: Option<NaiveDateTime>,
    }
}

pub const TRACE_LINKS: Mart = Mart {
    name: "trace_links",
    columns: columns_of::<LinkRow>(),
    grain: &["run_number", "production_date", "link", "link_id"],
    month_of: Some("production_date"),
    batches: &["batch_code", "new_batch_code", "parent_batch"],
    tables: &[&[
        &RUN_NUMBERS,
        &RUN_INPUTS,
        &RUN_OUTPUTS,
        &BATCH_LINEAGE,
        &DESPATCH,
        &PLU,
        &PRODUCT_CATALOGUE,
    ]],
    builds: &[Build::Runs(build)],
};

fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    let named =
        products::by_code(&scope.products).select([col("product_code"), col("description").alias("product")]);
    let of_product = |rows: LazyFrame| left_join(rows, named.clone(), ["product_code"]).collect();
    let links = [
        linked(&scope.inputs, LinkKind::Input, "input_id").collect()?,
        scans(&scope.lineage)?,
        of_product(linked(&scope.outputs, LinkKind::Output, "output_id"))?,
        of_product(linked(&scope.despatch, LinkKind::Despatch, "despatch_id"))?,
    ];
    frames::stack(links, &TRACE_LINKS.schema())
}

fn linked(rows: &DataFrame, link: LinkKind, id: &'static str) -> LazyFrame {
    rows.clone().lazy().with_columns([
        lit(link.as_str()).alias("link"),
        col(id).alias("link_id"),
        col("updated_at").alias("linked_at"),
    ])
}

/// The scans, read by the rules of lineage. A scan that tells neither its direction nor which batch it made
/// links nothing.
fn scans(lineage: &DataFrame) -> PolarsResult<DataFrame> {
    let texts = |name: &str| lineage.column(name).and_then(Column::str);
    let (directions, methods, made) =
        (texts("direction")?, texts("return_method")?, texts("new_batch_code")?);
    let (mut links, mut ways, mut news) = (Vec::new(), Vec::new(), Vec::new());
    for ((direction, method), made) in directions.iter().zip(methods.iter()).zip(made.iter()) {
        let (direction, method) = (read::<Direction>(direction), read::<ReturnMethod>(method));
        let made = batch_made(direction, method, made);
        links.push(match direction {
            Some(Direction::Input) => Some(LinkKind::ScanIn),
            Some(Direction::Scanback) => Some(LinkKind::ScanBack),
            None => made.map(|_| LinkKind::ScanBack),
        });
        ways.push(method.map(ReturnMethod::as_str));
        news.push(made.map(str::to_owned));
    }
    let mut scans = lineage.clone();
    for column in [
        Column::new("link".into(), links.iter().map(|link| link.map(LinkKind::as_str)).collect::<Vec<_>>()),
        Column::new("return_method".into(), ways),
        Column::new("new_batch_code".into(), news),
        Column::new("link_id".into(), lineage.column("lineage_id")?.as_materialized_series()),
    ] {
        scans.with_column(column)?;
    }
    let parent_of_new = when(col("new_batch_code").is_not_null())
        .then(col("parent_batch"))
        .otherwise(lit(NULL))
        .alias("parent_batch");
    let at = coalesce(&[col("scan_time"), col("updated_at")]).alias("linked_at");
    scans.lazy().filter(col("link").is_not_null()).with_columns([parent_of_new, at]).collect()
}

fn read<T: FromStr>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{at, day, no_runs, of_run, products, shown};
    use super::*;
    use crate::sources::{BATCH_LINEAGE, DESPATCH, RUN_INPUTS, RUN_OUTPUTS};

    const RUN: [&str; 1] = ["7"];

    #[test]
    fn a_run_is_linked_to_what_went_in_what_came_out_and_who_got_it() {
        let mut scope = no_runs();
        assert_eq!(build(&scope).unwrap(), DataFrame::empty_with_schema(&TRACE_LINKS.schema()));
        let date = [day(2)];
        scope.inputs = of_run(
            &RUN_INPUTS,
            &df!["input_id" => [1_i64], "run_number" => RUN, "production_date" => date, "batch_code" => ["B1"], "qty_kg" => [100.0]].unwrap(),
        );
        scope.outputs = of_run(
            &RUN_OUTPUTS,
            &df!["output_id" => [1_i64], "run_number" => RUN, "production_date" => date, "product_code" => ["A"], "tier" => [1_i64], "qty_kg" => [90.0]]
                .unwrap(),
        );
        let order = df![
            "despatch_id" => [1_i64], "run_number" => RUN, "production_date" => date, "product_code" => ["gone"], "order_number" => ["SO-1"],
            "customer" => ["Harbour Foods"], "qty_kg" => [80.0], "despatch_date" => [day(4)], "status" => ["loaded"],
        ];
        scope.despatch = of_run(&DESPATCH, &order.unwrap());
        scope.products = products(
            &df!["product_code" => ["A"], "description" => ["COD LOIN"], "active" => [true]].unwrap(),
        );
        let mart = build(&scope).unwrap();
        assert_eq!(**mart.schema(), TRACE_LINKS.schema());
        assert_eq!(
            shown(
                &mart,
                &[
                    "run_number",
                    "link",
                    "link_id",
                    "batch_code",
                    "product",
                    "tier",
                    "qty_kg",
                    "order_number",
                    "customer",
                    "status"
                ]
            ),
            [
                "7 | input | 1 | B1 | - | - | 100 | - | - | -",
                "7 | output | 1 | - | COD LOIN | 1 | 90 | - | - | -",
                "7 | despatch | 1 | - | - | - | 80 | SO-1 | Harbour Foods | loaded",
            ]
        );
    }

    #[test]
    fn scans_are_read_by_what_they_say_and_a_parent_stands_only_beside_the_batch_it_became() {
        let mut scope = no_runs();
        let lineage = df![
            "lineage_id" => [1_i64, 2, 3, 4, 5, 6],
            "run_number" => ["7"; 6],
            "production_date" => [day(2); 6],
            "batch_code" => [Some("B1"), Some("B1"), Some("B1"), None, Some("B1"), Some("B1")],
            "direction" => [Some(" input"), Some("scanback"), Some("SCANBACK"), None, None, Some("INPUT")],
            "return_method" => [None, Some("ocm "), Some("PROD_RETURN"), Some("mislaid"), Some("OCM"), None],
            "new_batch_code" => [None, Some("N1"), Some("N2"), Some("N3"), None, Some("N4")],
            "parent_batch" => [None, Some("B1"), Some("B9"), None, Some("B1"), Some("B8")],
            "scan_time" => [None, Some(at(2, 9, 0)), None, None, None, None],
            "updated_at" => [at(3, 0, 0); 6],
        ];
        scope.lineage = of_run(&BATCH_LINEAGE, &lineage.unwrap());
        let mart = build(&scope).unwrap();
        assert_eq!(
            shown(
                &mart,
                &[
                    "link_id",
                    "link",
                    "batch_code",
                    "return_method",
                    "new_batch_code",
                    "parent_batch",
                    "linked_at"
                ]
            ),
            [
                "1 | scan_in | B1 | - | - | - | 2026-11-03 00:00:00",
                "2 | scan_back | B1 | OCM | N1 | B1 | 2026-11-02 09:00:00",
                "3 | scan_back | B1 | PROD_RETURN | - | - | 2026-11-03 00:00:00",
                "4 | scan_back | - | - | N3 | - | 2026-11-03 00:00:00",
                "6 | scan_in | B1 | - | - | - | 2026-11-03 00:00:00",
            ]
        );
    }
}
