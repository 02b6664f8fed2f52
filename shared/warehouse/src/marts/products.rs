//! `products`: the weighing system's products joined with the catalogue by product code.

use api::products::Product;
use api::row;
use domain::allergens::comma_separated;
use domain::description::normalise;
use domain::species::{Species, species_of};
use polars::prelude::*;

use super::{Build, Mart, columns_of, known};
use crate::frames;
use crate::scope::ProductScope;

row! {
    /// A product with its cut.
    pub struct ProductRow {
        /// The cut.
        piece_type: Option<String>,
        ..product: Product,
    }
}

/// Products, including those that only one of the two tables knows.
pub const PRODUCTS: Mart = Mart {
    name: "products",
    columns: columns_of::<ProductRow>(),
    grain: &["plu_number", "product_code"],
    month_of: None,
    batches: &[],
    tables: &[],
    builds: &[Build::Products(build)],
};

fn build(scope: &ProductScope) -> PolarsResult<DataFrame> {
    // Of entries whose codes differ in spelling alone, the one that changed last counts.
    let in_order = SortMultipleOptions::new();
    let catalogue = scope.catalogue.clone().lazy().sort(["updated_at", "product_code"], in_order);
    let catalogue = catalogue.select([
        code(),
        col("product_code").alias("catalogue_code"),
        col("description").alias("catalogue_description"),
        col("species").alias("catalogue_species"),
        col("brand"),
        col("tier"),
        col("customer"),
        col("pack_weight_g"),
        col("piece_type"),
        col("active").alias("catalogue_active"),
    ]);
    let catalogue = catalogue.unique_stable(Some(cols([CODE])), UniqueKeepStrategy::Last);
    let mut joined = scope
        .plu
        .clone()
        .lazy()
        .with_column(code())
        .join(
            catalogue,
            [col(CODE)],
            [col(CODE)],
            JoinArgs::new(JoinType::Full).with_coalesce(JoinCoalesce::CoalesceColumns),
        )
        .with_column(coalesce(&[col("product_code"), col("catalogue_code")]).alias("product_code"))
        .sort(["plu_number", "product_code"], SortMultipleOptions::new().with_nulls_last(true))
        .with_columns([
            coalesce(&[col("pack_size"), col("pack_weight_g")]).alias("pack_size_g"),
            col("shelf_life").alias("shelf_life_days"),
            coalesce(&[col("active"), col("catalogue_active"), lit(true)]).alias("active"),
        ])
        .collect()?;
    let descriptions = described(&joined)?;
    let species =
        joined.column("species")?.str()?.iter().zip(joined.column("catalogue_species")?.str()?.iter());
    let species: Vec<_> = descriptions
        .iter()
        .map(Option::as_deref)
        .zip(species)
        .map(|(description, (plu, catalogue))| {
            [description, plu, catalogue].into_iter().flatten().find_map(species_of).map(Species::as_str)
        })
        .collect();
    let allergens: Vec<_> = joined.column("allergens")?.str()?.iter().map(comma_separated).collect();
    joined.with_column(Column::new("allergens".into(), allergens))?;
    joined.with_column(Column::new("species".into(), species))?;
    joined.with_column(Column::new("description".into(), descriptions))?;
    frames::fit(&joined, &PRODUCTS.schema())
}

/// The column that products are joined by: see [`code`].
const CODE: &str = "_code";

/// The code of a product without regard to case.
fn code() -> Expr {
    col("product_code").str().to_lowercase().alias(CODE)
}

/// The weighing system's description of each product, else the catalogue's.
fn described(joined: &DataFrame) -> PolarsResult<Vec<Option<String>>> {
    let (plu, catalogue) =
        (joined.column("description")?.str()?, joined.column("catalogue_description")?.str()?);
    Ok(plu
        .iter()
        .zip(catalogue.iter())
        .map(|(plu, catalogue)| known(plu).or(known(catalogue)).map(normalise))
        .collect())
}

/// One product per code in whatever case, so that a join with it multiplies no rows. Of several PLUs with one
/// code an active one counts, then the one with the lowest number. Its spelling is that of all others.
pub fn by_code(products: &DataFrame) -> LazyFrame {
    let first_counts =
        SortMultipleOptions::new().with_order_descending_multi([true, false]).with_nulls_last(true);
    products
        .clone()
        .lazy()
        .filter(col("product_code").is_not_null().and(col("product_code").neq(lit(""))))
        .sort(["active", "plu_number"], first_counts)
        .with_column(code())
        .unique_stable(Some(cols([CODE])), UniqueKeepStrategy::First)
        .drop(cols([CODE]))
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{at, product_tables, products, shown};
    use super::*;

    fn built(
        plu: PolarsResult<DataFrame>,
        catalogue: PolarsResult<DataFrame>,
        columns: &[&str],
    ) -> Vec<String> {
        let mart = build(&product_tables(&plu.unwrap(), &catalogue.unwrap())).unwrap();
        assert_eq!(**mart.schema(), PRODUCTS.schema());
        shown(&mart, columns)
    }

    #[test]
    fn a_product_has_the_columns_of_both_tables() {
        let plu = df![
            "plu_number" => [7_i64],
            "product_code" => ["SF200"],
            "description" => ["SALMON FILLET 200G"],
            "category" => ["Retail"],
            "pack_size" => [200.0],
            "shelf_life" => [9_i64],
            "allergens" => ["fish,milk"],
            "active" => [false],
        ];
        let catalogue = df![
            "product_code" => ["SF200"],
            "description" => ["Something else"],
            "brand" => ["Seaview"],
            "tier" => [1_i64],
            "pack_weight_g" => [210.0],
            "customer" => ["Harbour Foods"],
            "piece_type" => ["center_cut"],
            "active" => [true],
        ];
        assert_eq!(
            built(plu, catalogue, &PRODUCTS.columns.iter().map(|column| column.name).collect::<Vec<_>>()),
            [
                "center_cut | 7 | SF200 | SALMON FILLET 200G | Retail | salmon | Seaview | 1 | Harbour Foods | 200 | 9 | fish,milk | false"
            ]
        );
    }

    #[test]
    fn products_that_only_one_table_knows_are_kept() {
        let plu = df!["plu_number" => [1_i64, 2], "product_code" => [Some("A"), None], "description" => ["COD LOIN", "HAKE"], "active" => [true, true]];
        let catalogue = df!["product_code" => ["B"], "description" => ["Smoked trout"], "pack_weight_g" => [150.0], "active" => [false]];
        assert_eq!(
            built(
                plu,
                catalogue,
                &["plu_number", "product_code", "description", "species", "pack_size_g", "active"]
            ),
            [
                "1 | A | COD LOIN | cod | - | true",
                "2 | - | HAKE | hake | - | true",
                "- | B | SMOKED TROUT | trout | 150 | false"
            ]
        );
    }

    #[test]
    fn every_plu_of_a_code_has_a_row() {
        let plu = df!["plu_number" => [2_i64, 1, 3], "product_code" => [Some("A"), Some("A"), None], "active" => [true, false, true]];
        let catalogue = df!["product_code" => ["A"], "customer" => ["Harbour Foods"], "active" => [true]];
        assert_eq!(
            built(plu, catalogue, &["plu_number", "product_code", "customer", "active"]),
            ["1 | A | Harbour Foods | false", "2 | A | Harbour Foods | true", "3 | - | - | true"]
        );
    }

    #[test]
    fn the_species_column_counts_where_the_description_names_none() {
        let plu = df![
            "plu_number" => [1_i64, 2, 3, 4],
            "product_code" => ["A", "B", "C", "D"],
            "description" => [Some("FISH PIE"), Some("COD LOIN"), Some(" "), None],
            "species" => [Some("Atlantic Salmon"), Some("Salmon"), Some("Dragon"), None],
            "active" => [true, true, true, true],
        ];
        let catalogue = df!["product_code" => ["C", "D"], "description" => ["family pack", " lemon sole "], "species" => ["Sea Bass", "cod"], "active" => [true, true]];
        assert_eq!(
            built(plu, catalogue, &["plu_number", "description", "species"]),
            [
                "1 | FISH PIE | salmon",
                "2 | COD LOIN | cod",
                "3 | FAMILY PACK | seabass",
                "4 | LEMON SOLE | sole"
            ]
        );
    }

    #[test]
    fn tables_meet_by_code_in_any_case_and_the_weighing_systems_spelling_is_shown() {
        let plu = df!["plu_number" => [1_i64, 2], "product_code" => ["COD400", "Ü/1"], "active" => [true; 2]];
        let catalogue = df!["product_code" => ["cod400", "Cod400", "ü/1", "new", "NEW"], "customer" => ["Old", "Harbour Foods", "Quay", "Late", "Early"],
            "updated_at" => [at(1, 0, 0), at(2, 0, 0), at(1, 0, 0), at(2, 0, 0), at(1, 0, 0)]];
        assert_eq!(
            built(plu, catalogue, &["plu_number", "product_code", "customer"]),
            ["1 | COD400 | Harbour Foods", "2 | Ü/1 | Quay", "- | new | Late"]
        );
    }

    #[test]
    fn allergens_are_listed_with_commas_whatever_the_master_has_between_them() {
        let plu = df![
            "plu_number" => [1_i64, 2, 3, 4],
            "product_code" => ["A", "B", "C", "D"],
            "allergens" => [Some("Milk,fish"), Some("FISH; MILK"), Some(" "), None],
            "active" => [true; 4],
        ];
        assert_eq!(
            built(plu, Ok(DataFrame::empty()), &["product_code", "allergens"]),
            ["A | Milk,fish", "B | fish, milk", "C | -", "D | -"]
        );
    }

    #[test]
    fn no_products_make_an_empty_mart() {
        assert_eq!(built(Ok(DataFrame::empty()), Ok(DataFrame::empty()), &["plu_number"]), [""; 0]);
    }

    #[test]
    fn of_several_plus_with_one_code_the_lowest_active_one_counts() {
        let mart = df![
            "plu_number" => [Some(1_i64), Some(5), Some(4), None, Some(9), Some(8)],
            "product_code" => [Some("A"), Some("A"), Some("A"), Some("B"), None, Some("")],
            "active" => [false, true, true, true, true, true],
        ];
        let one_each = by_code(&products(&mart.unwrap()))
            .sort(["product_code"], SortMultipleOptions::new())
            .collect()
            .unwrap();
        assert_eq!(shown(&one_each, &["product_code", "plu_number"]), ["A | 4", "B | -"]);
    }
}
