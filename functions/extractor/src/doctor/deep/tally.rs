//! What the rows of a part add up to, so that two parts are compared without keeping their rows.

use std::hash::{DefaultHasher, Hash, Hasher};

use polars::prelude::{Column, DataFrame, DataType, PolarsResult};

/// The counts and sums of a part's rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) rows: usize,
    columns: Vec<Total>,
    /// Tells rows apart that have the same values in each column, but not together.
    together: u64,
}

/// What a column adds up to.
#[derive(Clone, Debug, PartialEq)]
struct Total {
    name: String,
    missing: usize,
    /// The sum of a column of numbers.
    sum: Option<f64>,
    /// Tells values apart, whichever order they are in.
    values: u64,
}

impl Tally {
    /// Counts and adds up the rows of a part, in whichever order they are.
    pub(super) fn of(frame: &DataFrame) -> PolarsResult<Self> {
        let mut rows = vec![0_u64; frame.height()];
        let mut columns = Vec::new();
        for column in frame.columns() {
            let values = digests(column)?;
            for (row, value) in rows.iter_mut().zip(&values) {
                *row = (row.rotate_left(9) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
            columns.push(Total {
                name: column.name().to_string(),
                missing: column.null_count(),
                sum: sum(column)?,
                values: values.into_iter().fold(0, u64::wrapping_add),
            });
        }
        Ok(Self { rows: frame.height(), columns, together: rows.into_iter().fold(0, u64::wrapping_add) })
    }

    /// In what a part differs from what it should be; `None` if in nothing. The order of rows does not count.
    pub(super) fn difference(&self, expected: &Self) -> Option<String> {
        if self.rows != expected.rows {
            return Some(format!("has {} rows, raw gives {}", self.rows, expected.rows));
        }
        // A part without rows may have been made before its columns were what they are.
        if self == expected || self.rows == 0 {
            return None;
        }
        let names = |tally: &Self| tally.columns.iter().map(|total| total.name.clone()).collect::<Vec<_>>();
        if names(self) != names(expected) {
            let (has, gives) = (names(self).join(", "), names(expected).join(", "));
            return Some(format!("has the columns {has}, raw gives {gives}"));
        }
        let totals = self.columns.iter().zip(&expected.columns);
        let wrong: Vec<String> = totals.filter(|(is, raw)| is != raw).map(|(is, raw)| is.told(raw)).collect();
        Some(if wrong.is_empty() {
            "has the values of raw, but not in the same rows".to_owned()
        } else {
            format!("differs from raw: {}", wrong.join(", "))
        })
    }
}

impl Total {
    fn told(&self, raw: &Self) -> String {
        let name = &self.name;
        match (self.sum, raw.sum) {
            _ if self.missing != raw.missing => {
                format!("`{name}` is missing in {} rows instead of {}", self.missing, raw.missing)
            }
            (Some(is), Some(raw)) if (is - raw).abs() > 1e-9 * raw.abs() => {
                format!("`{name}` adds up to {is} instead of {raw}")
            }
            _ => format!("`{name}` has other values"),
        }
    }
}

/// A hash of each value.
fn digests(column: &Column) -> PolarsResult<Vec<u64>> {
    let values = column.as_materialized_series();
    Ok(match values.dtype() {
        DataType::String => values.str()?.iter().map(digest).collect(),
        DataType::Boolean => values.bool()?.iter().map(digest).collect(),
        DataType::Float64 => values.f64()?.iter().map(|value| digest(value.map(f64::to_bits))).collect(),
        _ => values.cast(&DataType::Int64)?.i64()?.iter().map(digest).collect(),
    })
}

fn digest(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The sum of a column of numbers.
fn sum(column: &Column) -> PolarsResult<Option<f64>> {
    if !column.dtype().is_primitive_numeric() {
        return Ok(None);
    }
    let numbers = column.cast(&DataType::Float64)?;
    Ok(Some(numbers.f64()?.iter().flatten().sum()))
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    fn tally(names: &[&str], kg: &[Option<f64>]) -> Tally {
        Tally::of(&df!("name" => names, "kg" => kg).unwrap()).unwrap()
    }

    #[test]
    fn a_part_differs_in_what_can_be_named_and_never_by_the_order_of_its_rows() {
        let raw = tally(&["a", "b"], &[Some(84.0), Some(1.5)]);
        assert_eq!(tally(&["b", "a"], &[Some(1.5), Some(84.0)]).difference(&raw), None);
        let told = |is: Tally| is.difference(&raw).unwrap();
        assert_eq!(told(tally(&["a"], &[Some(84.0)])), "has 1 rows, raw gives 2");
        assert_eq!(
            told(tally(&["a", "b"], &[Some(85.0), Some(1.5)])),
            "differs from raw: `kg` adds up to 86.5 instead of 85.5"
        );
        assert_eq!(
            told(tally(&["a", "c"], &[Some(84.0), None])),
            "differs from raw: `name` has other values, `kg` is missing in 1 rows instead of 0"
        );
        assert_eq!(
            told(tally(&["a", "b"], &[Some(1.5), Some(84.0)])),
            "has the values of raw, but not in the same rows"
        );
        let narrow = Tally::of(&df!("name" => ["a", "b"]).unwrap()).unwrap();
        assert_eq!(told(narrow), "has the columns name, raw gives name, kg");
    }
}
