//! `stg_runs`: the runs with their line, product, species and product type; what they made is in the mart
//! `runs`.

use api::row;
use chrono::{NaiveDate, NaiveDateTime};
use domain::product_type::{ProductType, product_type_of};
use domain::species::{Species, species_of};
use polars::prelude::*;

use super::{Build, Mart, columns_of, left_join, prod_line::Lines, products};
use crate::frames;
use crate::scope::RunScope;
use crate::sources::{PLU, PROD_LINES, PRODUCT_CATALOGUE, RUN_NUMBERS};

row! {
    /// A run in the terms of the factory.
    pub struct NamedRunRow {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The run's own description.
        description: Option<String>,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The shift.
        shift_code: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// Who buys the product.
        customer: Option<String>,
        /// The product's own shelf life, days.
        #[at_least(0)]
        shelf_life_days: Option<i64>,
        /// The species, by the run's description, else by its product.
        #[one_of(Species::NAMES)]
        species: Option<String>,
        /// The kind of product, by the run's description, else by its product.
        #[one_of(ProductType::NAMES)]
        product_type: Option<String>,
        /// The specification that it is made to.
        spec: Option<String>,
        /// Whether the ERP calls it active.
        active: bool,
        /// Whether it is finished.
        complete: bool,
        /// When the ERP made it.
        created: Option<NaiveDateTime>,
        /// When the ERP changed it last.
        updated: Option<NaiveDateTime>,
    }
}

/// Runs with the line, product, species and product type that the ERP's texts mean.
pub const STG_RUNS: Mart = Mart {
    name: "stg_runs",
    columns: columns_of::<NamedRunRow>(),
    grain: &["run_number", "production_date"],
    month_of: Some("production_date"),
    batches: &[],
    tables: &[&[&RUN_NUMBERS, &PLU, &PROD_LINES, &PRODUCT_CATALOGUE]],
    builds: &[Build::Runs(build)],
};

/// The rows of the model, in the order of staging.
pub(super) fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    let product = products::by_code(&scope.products).select([
        col("product_code"),
        col("description").alias("product_description"),
        col("species").alias("product_species"),
        col("customer"),
        col("shelf_life_days"),
    ]);
    let mut runs = left_join(scope.runs.clone().lazy(), product, ["product_code"])
        .with_column(coalesce(&[col("product_description"), col("description")]).alias("product"))
        .collect()?;
    let known_lines = Lines::of(&scope.lines)?;
    let (lines, names) = known_lines.resolve_all(runs.column("prod_line")?.str()?);
    for column in [
        Column::new("prod_line".into(), lines),
        Column::new("line_name".into(), names),
        named(&runs, "species", |text| species_of(text).map(Species::as_str), "product_species")?,
        named(
            &runs,
            "product_type",
            |text| product_type_of(text).map(ProductType::as_str),
            "product_description",
        )?,
    ] {
        runs.with_column(column)?;
    }
    frames::fit(&runs, &STG_RUNS.schema())
}

/// What `rule` finds in the run's own description, else in the text of its product.
fn named(
    runs: &DataFrame,
    name: &str,
    rule: fn(&str) -> Option<&'static str>,
    of_product: &str,
) -> PolarsResult<Column> {
    let (own, product) = (runs.column("description")?.str()?, runs.column(of_product)?.str()?);
    let names: Vec<_> = own
        .iter()
        .zip(product.iter())
        .map(|(own, product)| own.and_then(rule).or_else(|| product.and_then(rule)))
        .collect();
    Ok(Column::new(name.into(), names))
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, no_runs, of_run, shown};
    use super::*;
    use crate::sources::RUN_NUMBERS;

    #[test]
    fn a_run_without_line_and_product_stays_as_the_erp_has_it() {
        let mut scope = no_runs();
        let runs = df![
            "run_number" => ["7", "8"],
            "production_date" => [day(2); 2],
            "description" => [Some("LEMON SOLE GOUJONS"), None],
            "prod_line" => [Some(" Line 3 "), None],
            "active" => [true, false],
            "complete" => [false, true],
        ];
        scope.runs = of_run(&RUN_NUMBERS, &runs.unwrap());
        let model = build(&scope).unwrap();
        assert_eq!(**model.schema(), STG_RUNS.schema());
        let columns = [
            "run_number",
            "prod_line",
            "line_name",
            "product",
            "species",
            "product_type",
            "active",
            "complete",
        ];
        assert_eq!(
            shown(&model, &columns),
            [
                "7 | Line 3 | Line 3 | LEMON SOLE GOUJONS | sole | goujon | true | false",
                "8 | - | - | - | - | - | false | true"
            ]
        );
    }
}
