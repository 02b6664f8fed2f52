//! The ERP's tables as data: one file per source table, which says all there is to say of it. SELECT,
//! validation, Parquet schema, staging, the sandbox's tables and what a changed row touches follow from it.
//!
//! Adding a source table is a new file here and its line in [`ALL`]. This module reads no database and holds
//! no rule beyond these declarations.

mod batch_lineage;
mod case_verification;
mod column;
mod despatch;
mod division;
mod downgrade_log;
mod non_conformance;
mod plu;
mod prod_lines;
mod product_catalogue;
mod run_inputs;
mod run_numbers;
mod run_outputs;
mod run_sheets;
mod run_totals;
mod shifts;
mod source;
mod temperature_logs;
mod traceability;
mod transactions;

pub use batch_lineage::BATCH_LINEAGE;
pub use case_verification::CASE_VERIFICATION;
pub use column::{Column, Kind, date, flag, number, signed, text, time, whole};
pub use despatch::DESPATCH;
pub use division::Division;
pub use downgrade_log::DOWNGRADE_LOG;
pub use non_conformance::NON_CONFORMANCE;
pub use plu::PLU;
pub use prod_lines::PROD_LINES;
pub use product_catalogue::PRODUCT_CATALOGUE;
pub use run_inputs::RUN_INPUTS;
pub use run_numbers::RUN_NUMBERS;
pub use run_outputs::RUN_OUTPUTS;
pub use run_sheets::RUN_SHEETS;
pub use run_totals::RUN_TOTALS;
pub use shifts::SHIFTS;
pub use source::{FIRST_STAMP, OfRun, Owner, Source, Touches};
pub use temperature_logs::TEMPERATURE_LOGS;
pub use traceability::TRACEABILITY;
pub use transactions::TRANSACTIONS;

/// All source tables, the ERP's own four first.
pub const ALL: [&Source; 17] = [
    &RUN_NUMBERS,
    &TRANSACTIONS,
    &PLU,
    &RUN_TOTALS,
    &PROD_LINES,
    &PRODUCT_CATALOGUE,
    &TRACEABILITY,
    &RUN_SHEETS,
    &RUN_INPUTS,
    &RUN_OUTPUTS,
    &BATCH_LINEAGE,
    &TEMPERATURE_LOGS,
    &NON_CONFORMANCE,
    &CASE_VERIFICATION,
    &DESPATCH,
    &SHIFTS,
    &DOWNGRADE_LOG,
];

impl Source {
    /// The source of a staging name.
    pub fn of_staging(staging: &str) -> Option<&'static Source> {
        ALL.into_iter().find(|source| source.staging == staging)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_declaration_names_only_columns_that_it_has() {
        for source in ALL {
            let table = source.table;
            let names: BTreeSet<_> = source.columns.iter().map(Column::name).collect();
            assert_eq!(names.len(), source.columns.len(), "{table} names a column twice");
            let kind_of = |name: &str| source.column(name).kind;
            assert!(!source.key_names().is_empty(), "{table} has no key");
            for stamp in [Some(source.watermark), source.watermark_until_changed].into_iter().flatten() {
                assert_eq!(kind_of(stamp), Kind::Time, "{table}.{stamp}");
            }
            if let Some(column) = source.division.column() {
                assert!(source.key.contains(&column), "{table}: the part must be a function of the key");
            }
            for day in source.days {
                assert!([Kind::Date, Kind::Time].contains(&kind_of(day)), "{table}.{day} is no day");
            }
            for batch in source.batch.into_iter().chain(source.named_batch).chain(source.told_batches()) {
                assert_eq!(kind_of(batch), Kind::Text, "{table}.{batch}");
            }
        }
    }

    #[test]
    fn a_row_of_a_run_names_it_as_the_marts_do_and_keeps_the_columns_that_tell_which_run_it_is_of() {
        for source in ALL.into_iter().filter(|source| source.run != OfRun::None) {
            let mut needed = vec!["run_number".to_owned()];
            match source.run {
                OfRun::Dated => needed.push("production_date".to_owned()),
                OfRun::AtTime(column) | OfRun::AtEndOf(column) => needed.extend(source.names(&[column])),
                OfRun::None | OfRun::AtFirstStamp => {}
            }
            needed.extend(source.watermark_names());
            let all: Vec<_> = source.columns.iter().map(Column::name).collect();
            let kept = source.mart_columns.map_or(all, |columns| source.names(columns));
            for column in needed {
                assert!(kept.contains(&column), "{}: marts need {column}", source.table);
            }
        }
    }

    #[test]
    fn a_table_whose_rows_may_lack_a_time_of_their_own_keeps_their_first_stamps() {
        let kept: Vec<_> = ALL.iter().filter(|source| source.keeps_first_stamp()).map(|s| s.table).collect();
        let expect = ["SI_OCM_TOTALS", "run_inputs", "run_outputs", "batch_lineage", "case_verification"];
        assert_eq!(kept, [expect.as_slice(), &["despatch"]].concat());
        for source in ALL.into_iter().filter(|source| source.keeps_first_stamp()) {
            assert_eq!(
                source.key.len(),
                1,
                "{}: the note of rows that are gone has one key each",
                source.table
            );
            assert!(source.columns.iter().all(|column| column.name() != FIRST_STAMP), "{}", source.table);
        }
    }

    #[test]
    fn a_change_in_any_table_touches_something() {
        for source in ALL {
            let touches = source.run != OfRun::None
                || source.batch.is_some()
                || !source.days.is_empty()
                || !source.touches.is_empty();
            assert!(touches, "{}: no mart would notice a change", source.table);
            for other in source.touches {
                if let Touches::EveryDayOf(other) = other {
                    assert!(!other.days.is_empty(), "{} is not taken by day", other.table);
                }
            }
        }
    }

    #[test]
    fn the_tables_that_are_keyed_by_run_number_are_divided_by_it() {
        for source in ALL.into_iter().filter(|source| source.key_names()[0] == "run_number") {
            assert!(
                matches!(source.division, Division::Digits("RunNumber" | "run_number", _)),
                "{}",
                source.table
            );
        }
    }

    #[test]
    fn tables_and_staging_names_are_unique() {
        assert_eq!(ALL.iter().map(|s| s.table).collect::<BTreeSet<_>>().len(), ALL.len());
        assert_eq!(ALL.iter().map(|s| s.staging).collect::<BTreeSet<_>>().len(), ALL.len());
    }
}
