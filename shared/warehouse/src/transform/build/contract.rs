//! What a mart promises about its rows, checked before they can be seen.

use api::shape::Accepted;
use api::{Field, Shape};
use polars::prelude::*;

use crate::frames::fit;
use crate::marts::Mart;
use crate::{Result, WarehouseError};

/// The rows with the mart's columns, sorted by its grain. It is an error if they break the contract: rows
/// must be unique by the grain, no value may be missing where one must be, and every value must be one that
/// is accepted.
pub(super) fn checked(mart: &'static Mart, rows: &DataFrame) -> Result<DataFrame> {
    let failed = |source| WarehouseError::Compute { step: format!("mart `{}`", mart.name), source };
    let broken = |reason: String| Err(WarehouseError::Contract { mart: mart.name, reason });
    let rows = fit(rows, &mart.schema()).map_err(failed)?;
    let grain: Vec<String> = mart.grain.iter().map(|name| (*name).to_owned()).collect();
    let rows = rows.sort(&grain, SortMultipleOptions::default()).map_err(failed)?;
    let distinct =
        rows.unique_stable(Some(&grain), UniqueKeepStrategy::First, None).map_err(failed)?.height();
    if distinct < rows.height() {
        return broken(format!("{} rows are not unique by {}", rows.height() - distinct, grain.join(", ")));
    }
    for column in mart.columns.iter().filter(|column| !matches!(column.shape, Shape::Nullable(_))) {
        let missing = rows.column(column.name).map_err(failed)?.null_count();
        if missing > 0 {
            return broken(format!("{missing} rows have no {}", column.name));
        }
    }
    for column in mart.columns {
        if let Some(value) = refused(column, &rows).map_err(failed)? {
            return broken(format!("`{value}` is no {}", column.name));
        }
    }
    Ok(rows)
}

/// A value of a column that is not accepted there, if any.
fn refused(column: &Field, rows: &DataFrame) -> PolarsResult<Option<String>> {
    let (least, most) = match column.accepted {
        Accepted::Any => return Ok(None),
        Accepted::OneOf(names) => {
            let mut texts = rows.column(column.name)?.str()?.iter().flatten();
            return Ok(texts.find(|text| !names.contains(text)).map(str::to_owned));
        }
        Accepted::AtLeast(least) => (f64::from(least), f64::INFINITY),
        Accepted::Within(least, most) => (f64::from(least), f64::from(most)),
    };
    let numbers = rows.column(column.name)?.cast(&DataType::Float64)?;
    let mut numbers = numbers.f64()?.iter().flatten();
    Ok(numbers.find(|number| !(least..=most).contains(number)).map(|number| number.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marts::{FCT_TEMP_BREACHES, STG_RUNS};
    use chrono::NaiveDate;

    fn rows(locations: &[&str], readings: &[Option<i64>]) -> DataFrame {
        let day = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let none = vec![0_i64; locations.len()];
        df!("reading_date" => vec![day; locations.len()], "location" => locations, "readings" => readings, "breaches" => &none, "episodes" => &none, "sensor_faults" => &none)
            .unwrap()
    }

    #[test]
    fn rows_that_break_the_grain_or_lack_a_value_are_refused() {
        let check = |frame: DataFrame| {
            checked(&FCT_TEMP_BREACHES, &frame).map(|frame| frame.height()).map_err(|error| error.to_string())
        };
        assert_eq!(check(rows(&["a", "b"], &[Some(1), Some(2)])), Ok(2));
        assert!(
            check(rows(&["a", "a"], &[Some(1), Some(2)]))
                .unwrap_err()
                .contains("1 rows are not unique by reading_date, location")
        );
        assert!(check(rows(&["a", "b"], &[Some(1), None])).unwrap_err().contains("1 rows have no readings"));
        assert!(check(rows(&["a", "b"], &[Some(1), Some(-2)])).unwrap_err().contains("`-2` is no readings"));
    }

    #[test]
    fn a_word_that_the_rules_do_not_know_is_refused() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let run = |species: Option<&str>| {
            let run =
                df!("run_number" => ["7"], "production_date" => [day], "active" => [true], "complete" => [false], "species" => [species]).unwrap();
            checked(&STG_RUNS, &run).map(|frame| frame.height()).map_err(|error| error.to_string())
        };
        assert_eq!((run(Some("cod")), run(None)), (Ok(1), Ok(1)));
        assert!(run(Some("kraken")).unwrap_err().contains("`kraken` is no species"));
    }
}
