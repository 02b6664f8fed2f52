//! `downgrades`: product that went down a tier while a run was on, with what that cost.

use api::row;
use api::yields::Downgrade;
use chrono::NaiveDateTime;
use domain::downgrades::{SoldAs, lost_money};
use domain::tier::Tier;
use polars::prelude::*;

use super::{Build, Mart, RUN_TABLES, columns_of, known};
use crate::frames;
use crate::scope::RunScope;
use crate::sources::DOWNGRADE_LOG;

row! {
    /// A downgrade with its place in the mart.
    pub struct DowngradeRow {
        /// The id of the downgrade.
        downgrade_id: i64,
        /// When it was logged.
        logged_at: NaiveDateTime,
        ..downgrade: Downgrade,
    }
}

/// Downgrades under the runs that they were logged in. One of a run that the ERP does not have has no
/// production date: staging alone holds it.
pub const DOWNGRADES: Mart = Mart {
    name: "downgrades",
    columns: columns_of::<DowngradeRow>(),
    grain: &["downgrade_id"],
    month_of: Some("production_date"),
    batches: &[],
    tables: &[RUN_TABLES, &[&DOWNGRADE_LOG]],
    builds: &[Build::Runs(build)],
};

fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    let mut rows = scope.downgrades.clone();
    let lost: Vec<Option<f64>> = {
        let (from, to) = (rows.column("from_product")?.str()?, rows.column("to_product")?.str()?);
        let (from_tier, to_tier) = (rows.column("from_tier")?.i64()?, rows.column("to_tier")?.i64()?);
        let qty_kg = rows.column("qty_kg")?.f64()?;
        let lost = |row| {
            let from = sold_as(from.get(row), from_tier.get(row));
            let to = sold_as(to.get(row), to_tier.get(row));
            lost_money(&scope.settings.prices, qty_kg.get(row), from, to)
        };
        (0..rows.height()).map(lost).collect()
    };
    rows.with_column(Column::new("lost_money".into(), lost))?;
    frames::fit(&rows, &DOWNGRADES.schema())
}

fn sold_as(product: Option<&str>, tier: Option<i64>) -> SoldAs<'_> {
    SoldAs { product: known(product), tier: tier.and_then(|tier| Tier::try_from(tier).ok()) }
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{at, day, no_runs, of_run, shown};
    use super::*;
    use domain::settings::FactorySettings;
    use std::sync::Arc;

    fn logged() -> RunScope {
        let named = df![
            "downgrade_id" => [1_i64, 2, 3],
            "run_number" => ["7"; 3],
            "production_date" => [day(2); 3],
            "from_product" => [Some("A"), Some("A"), None],
            "to_product" => [Some("B"), Some("C"), None],
            "from_tier" => [Some(1_i64), Some(1), None],
            "to_tier" => [Some(2_i64), Some(3), Some(2)],
            "reason" => [Some("visual"), Some("dropped"), None],
            "qty_kg" => [Some(2.0), Some(4.0), Some(1.0)],
            "logged_at" => [at(2, 9, 0); 3],
        ];
        let mut scope = no_runs();
        scope.downgrades = of_run(&DOWNGRADE_LOG, &named.unwrap());
        scope
    }

    #[test]
    fn a_downgrade_costs_the_difference_of_the_prices_that_are_known() {
        let mut scope = logged();
        let lost = |scope: &RunScope| shown(&build(scope).unwrap(), &["downgrade_id", "lost_money"]);
        assert_eq!(lost(&scope), ["1 | -", "2 | -", "3 | -"]);
        let mut settings = FactorySettings::default();
        settings.prices.tiers.extend([(1, 16.0), (2, 12.0), (3, 6.5)]);
        settings.prices.products.extend([("a".to_owned(), 20.0), ("B".to_owned(), 15.0)]);
        scope.settings = Arc::new(settings);
        assert_eq!(lost(&scope), ["1 | 10", "2 | 38", "3 | -"]);
    }

    #[test]
    fn a_downgrade_stands_under_its_run_as_it_was_logged() {
        let mart = build(&logged()).unwrap();
        assert_eq!(**mart.schema(), DOWNGRADES.schema());
        assert_eq!(
            shown(&mart, &DOWNGRADES.columns.iter().map(|column| column.name).collect::<Vec<_>>())[1..],
            [
                "2 | 2026-11-02 09:00:00 | 7 | 2026-11-02 | A | C | 1 | 3 | dropped | 4 | -",
                "3 | 2026-11-02 09:00:00 | 7 | 2026-11-02 | - | - | - | 2 | - | 1 | -",
            ]
        );
        assert_eq!(build(&no_runs()).unwrap(), DataFrame::empty_with_schema(&DOWNGRADES.schema()));
    }
}
