//! What a mart promises about its rows, checked before they can be seen.

use polars::prelude::*;

use crate::frames::fit;
use crate::marts::Mart;
use crate::{Result, WarehouseError};

/// The rows in the mart's columns and in the order of its grain, if they keep its contract: unique by the grain, no value missing where one must be.
pub(super) fn checked(mart: &'static Mart, rows: &DataFrame) -> Result<DataFrame> {
    let failed = |source| WarehouseError::Compute { step: format!("mart `{}`", mart.name), source };
    let broken = |reason: String| Err(WarehouseError::Contract { mart: mart.name, reason });
    let rows = fit(rows, &mart.schema()).map_err(failed)?;
    let grain: Vec<String> = mart.grain.iter().map(|name| (*name).to_owned()).collect();
    let rows = rows.sort(&grain, SortMultipleOptions::default()).map_err(failed)?;
    let distinct = rows.unique_stable(Some(&grain), UniqueKeepStrategy::First, None).map_err(failed)?.height();
    if distinct < rows.height() {
        return broken(format!("{} rows are not unique by {}", rows.height() - distinct, grain.join(", ")));
    }
    for column in mart.columns.iter().filter(|column| !column.nullable) {
        let missing = rows.column(column.name).map_err(failed)?.null_count();
        if missing > 0 {
            return broken(format!("{missing} rows have no {}", column.name));
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marts::FCT_TEMP_BREACHES;
    use chrono::NaiveDate;

    fn rows(locations: &[&str], readings: &[Option<i64>]) -> DataFrame {
        let day = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        df!("reading_date" => vec![day; locations.len()], "location" => locations, "readings" => readings, "breaches" => vec![0i64; locations.len()])
            .unwrap()
    }

    #[test]
    fn rows_that_break_the_grain_or_lack_a_value_are_refused() {
        let check = |frame: DataFrame| checked(&FCT_TEMP_BREACHES, &frame).map(|frame| frame.height()).map_err(|error| error.to_string());
        assert_eq!(check(rows(&["a", "b"], &[Some(1), Some(2)])), Ok(2));
        assert!(check(rows(&["a", "a"], &[Some(1), Some(2)])).unwrap_err().contains("1 rows are not unique by reading_date, location"));
        assert!(check(rows(&["a", "b"], &[Some(1), None])).unwrap_err().contains("1 rows have no readings"));
    }
}
