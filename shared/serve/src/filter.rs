//! Comparing what is known with what was asked for.

use chrono::NaiveDate;
use domain::code::folded;
use polars::prelude::{DataFrame, Expr, PolarsResult, Scalar, lit};

/// A day as a literal to compare a column of dates with. Polars' own literal of a date counts nanoseconds,
/// and panics for days before 1677 or after 2262.
pub fn day(date: NaiveDate) -> Expr {
    lit(Scalar::new_date(date.to_epoch_days()))
}

/// The rows of a frame that are picked. A stretch of rows is not copied.
pub fn picked(frame: &DataFrame, is_picked: &[bool]) -> PolarsResult<DataFrame> {
    let count = is_picked.iter().filter(|is_picked| **is_picked).count();
    let first = is_picked.iter().position(|is_picked| *is_picked).unwrap_or(0);
    if is_picked[first..first + count].iter().all(|is_picked| *is_picked) {
        return Ok(frame.tail(Some(frame.height() - first)).head(Some(count)));
    }
    frame.filter_seq(&is_picked.iter().copied().collect())
}

/// Whether a filter lets a text pass. Where nothing was asked for, everything passes.
pub fn is_asked_for(known: Option<&str>, asked: Option<&str>) -> bool {
    asked.is_none_or(|asked| same_text(known, asked))
}

/// Whether a filter lets a line pass, which may be asked for by its id or by its name.
pub fn is_line_asked_for(id_and_name: [Option<&str>; 2], asked: Option<&str>) -> bool {
    id_and_name.into_iter().any(|known| is_asked_for(known, asked))
}

/// Whether a text is the one that was asked for. Case and blanks around it do not matter. An unknown text is
/// never the one.
fn same_text(known: Option<&str>, asked: &str) -> bool {
    known.is_some_and(|known| folded(known) == folded(asked))
}

#[cfg(test)]
mod tests {
    use polars::prelude::{AnyValue, IntoLazy, col, df};

    use super::*;

    #[test]
    fn a_day_is_found_whatever_its_century() {
        for text in
            ["0001-01-01", "1564-08-16", "1677-09-20", "1970-01-01", "2026-11-23", "2262-04-12", "9999-12-31"]
        {
            let date: NaiveDate = text.parse().unwrap();
            let days = df!["date" => [date.to_epoch_days()]]
                .unwrap()
                .lazy()
                .select([col("date").cast(polars::prelude::DataType::Date)]);
            let found = days.filter(col("date").eq(day(date))).collect().unwrap();
            assert_eq!(
                found.column("date").unwrap().get(0).unwrap(),
                AnyValue::Date(date.to_epoch_days()),
                "{text}"
            );
        }
    }

    #[test]
    fn rows_are_picked_wherever_they_lie() {
        let frame = df!["row" => [0_i32, 1, 2, 3]].unwrap();
        for rows in [vec![], vec![0], vec![1, 2], vec![3], vec![0, 3], vec![1, 3], vec![0, 1, 2, 3]] {
            let is_picked: Vec<bool> = (0..4).map(|row| rows.contains(&row)).collect();
            let found = picked(&frame, &is_picked).unwrap();
            assert_eq!(found, df!["row" => &rows].unwrap(), "{rows:?}");
        }
        assert_eq!(picked(&frame.clear(), &[]).unwrap().height(), 0);
    }

    #[test]
    fn where_nothing_is_asked_for_even_the_unknown_passes() {
        assert!(
            is_asked_for(None, None)
                && is_asked_for(Some("L1"), None)
                && is_asked_for(Some("L1"), Some("l1"))
        );
        assert!(!is_asked_for(None, Some("L1")) && !is_asked_for(Some("L2"), Some("L1")));
    }

    #[test]
    fn a_line_is_asked_for_by_its_id_or_its_name() {
        let line = [Some("L1"), Some("Line 1")];
        assert!(
            is_line_asked_for(line, None)
                && is_line_asked_for(line, Some("l1"))
                && is_line_asked_for(line, Some(" LINE 1"))
        );
        assert!(!is_line_asked_for(line, Some("L10")) && !is_line_asked_for([None, None], Some("L1")));
        assert!(is_line_asked_for([None, None], None));
    }

    #[test]
    fn case_and_blanks_around_do_not_matter_and_the_unknown_matches_nothing() {
        assert!(same_text(Some("Línea 1 "), "LÍNEA 1"));
        assert!(!same_text(Some("L1"), "L10"));
        assert!(!same_text(None, ""));
    }
}
