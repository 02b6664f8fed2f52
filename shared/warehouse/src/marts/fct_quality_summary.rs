//! `fct_quality_summary`: quality records per date, type and severity, how many of them are closed and how
//! long that took.

use api::quality::QualitySummary;
use polars::prelude::*;

use super::stg_non_conformance::{self, CLOSED, INVESTIGATING, OPEN};
use super::{Build, Mart, columns_of};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::NON_CONFORMANCE;

/// Quality records by the date that they were raised on. A record without that date is in no row. A status
/// that is none of the three counts in `total` only.
pub const FCT_QUALITY_SUMMARY: Mart = Mart {
    name: "fct_quality_summary",
    columns: columns_of::<QualitySummary>(),
    grain: &["nc_date", "nc_type", "severity"],
    month_of: Some("nc_date"),
    batches: &[],
    tables: &[],
    builds: &[Build::Days(&NON_CONFORMANCE, build)],
};

fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let number_of =
        |status: &'static str| col("status").eq(lit(status)).sum().cast(DataType::Int64).alias(status);
    let summary = stg_non_conformance::build(scope)?
        .lazy()
        .group_by(FCT_QUALITY_SUMMARY.grain.iter().map(|name| col(*name)).collect::<Vec<_>>())
        .agg([
            len().cast(DataType::Int64).alias("total"),
            number_of(OPEN),
            number_of(INVESTIGATING),
            number_of(CLOSED),
            col("days_to_close").mean().alias("avg_days_to_close"),
        ])
        .with_column(
            (col("closed").cast(DataType::Float64) / col("total").cast(DataType::Float64) * lit(100.0))
                .alias("closure_rate_pct"),
        )
        .sort(FCT_QUALITY_SUMMARY.grain.to_vec(), SortMultipleOptions::new())
        .collect()?;
    frames::fit(&summary, &FCT_QUALITY_SUMMARY.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, days_of, shown};
    use super::*;

    fn built(named: PolarsResult<DataFrame>) -> Vec<String> {
        let mart = build(&days_of(&NON_CONFORMANCE, &named.unwrap())).unwrap();
        assert_eq!(**mart.schema(), FCT_QUALITY_SUMMARY.schema());
        shown(&mart, &FCT_QUALITY_SUMMARY.columns.iter().map(|column| column.name).collect::<Vec<_>>())
    }

    #[test]
    fn a_row_is_a_date_type_and_severity_and_an_unknown_status_counts_in_the_total_only() {
        let records = df![
            "nc_id" => [1_i64, 2, 3, 4, 5, 6, 7, 8],
            "nc_date" => [Some(day(2)), Some(day(2)), Some(day(2)), Some(day(2)), Some(day(2)), Some(day(2)), Some(day(3)), None],
            "nc_type" => [Some("bones"), Some("bones"), Some("bones "), Some("bones"), Some("bones"), None, Some("bones"), Some("bones")],
            "severity" => [Some("major"), Some("Major"), Some("major"), Some("major"), Some("minor"), None, Some("major"), Some("major")],
            "status" => [Some("closed"), Some(" CLOSED"), Some("Open"), Some("on hold"), Some("investigating"), None, Some("closed"), Some("closed")],
            "closed_date" => [Some(day(4)), Some(day(7)), None, None, None, None, None, Some(day(9))],
        ];
        assert_eq!(
            built(records),
            [
                "2026-11-02 | - | - | 1 | 0 | 0 | 0 | 0 | -",
                "2026-11-02 | bones | major | 4 | 1 | 0 | 2 | 50 | 3.5",
                "2026-11-02 | bones | minor | 1 | 0 | 1 | 0 | 0 | -",
                "2026-11-03 | bones | major | 1 | 0 | 0 | 1 | 100 | -",
            ]
        );
    }

    #[test]
    fn the_mean_of_days_leaves_out_a_closed_record_without_a_closing_date() {
        let records = df![
            "nc_id" => [1_i64, 2, 3],
            "nc_date" => [day(2); 3],
            "status" => ["closed"; 3],
            "closed_date" => [Some(day(3)), None, Some(day(4))],
        ];
        assert_eq!(built(records), ["2026-11-02 | - | - | 3 | 0 | 0 | 3 | 100 | 1.5"]);
    }

    #[test]
    fn no_records_make_an_empty_mart() {
        assert_eq!(built(Ok(DataFrame::empty())), [""; 0]);
    }
}
