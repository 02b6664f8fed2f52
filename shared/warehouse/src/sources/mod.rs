//! The ERP's tables as data: one file per source table, from which SELECT, validation, Parquet schema,
//! staging and the sandbox's tables derive.
//!
//! Adding a source table is a new file here and its line in [`ALL`]. This module reads no database and holds
//! no rule beyond types, keys and ranges.

mod batch_lineage;
mod case_verification;
mod column;
mod despatch;
mod non_conformance;
mod part;
mod plu;
mod prod_lines;
mod product_catalogue;
mod run_inputs;
mod run_numbers;
mod run_outputs;
mod run_sheets;
mod run_totals;
mod shifts;
mod temperature_logs;
mod traceability;
mod transactions;

use polars::prelude::{Field, PlSmallStr, Schema};

pub use batch_lineage::BATCH_LINEAGE;
pub use case_verification::CASE_VERIFICATION;
pub use column::{Column, Kind, date, flag, number, signed, text, time, whole};
pub use despatch::DESPATCH;
pub use non_conformance::NON_CONFORMANCE;
pub use part::Part;
pub use plu::PLU;
pub use prod_lines::PROD_LINES;
pub use product_catalogue::PRODUCT_CATALOGUE;
pub use run_inputs::RUN_INPUTS;
pub use run_numbers::RUN_NUMBERS;
pub use run_outputs::RUN_OUTPUTS;
pub use run_sheets::RUN_SHEETS;
pub use run_totals::RUN_TOTALS;
pub use shifts::SHIFTS;
pub use temperature_logs::TEMPERATURE_LOGS;
pub use traceability::TRACEABILITY;
pub use transactions::TRANSACTIONS;

/// All source tables, the ERP's own four first.
pub const ALL: [&Source; 16] = [
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
];

/// Where a table lives in SQL Server, which also tells whether a factory must have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Schema `dbo`: the ERP's own table; without it there is nothing to extract.
    Erp,
    /// Schema `production`: the factory's table; one that is not there is skipped.
    Factory,
}

impl Owner {
    /// The schema's name in SQL Server.
    pub const fn schema(self) -> &'static str {
        match self {
            Self::Erp => "dbo",
            Self::Factory => "production",
        }
    }
}

/// One source table.
#[derive(Debug)]
pub struct Source {
    /// The table's name in the ERP.
    pub table: &'static str,
    /// Its schema, and whether it must be there.
    pub owner: Owner,
    /// What the lake calls it.
    pub staging: &'static str,
    /// The columns that are read, by their names in the ERP.
    pub columns: &'static [Column],
    /// The columns that identify a row.
    pub key: &'static [&'static str],
    /// The column that tells when a row last changed.
    pub watermark: &'static str,
    /// The column that stands in where the watermark is NULL (a row that was never changed since it was
    /// made).
    pub watermark_until_changed: Option<&'static str>,
    /// How staging divides the rows into objects.
    pub part: Part,
}

impl Source {
    /// The source of a staging name.
    pub fn of_staging(staging: &str) -> Option<&'static Source> {
        ALL.into_iter().find(|source| source.staging == staging)
    }

    /// The column of this ERP name.
    ///
    /// # Panics
    /// If the declaration itself is wrong: a test holds it over [`ALL`].
    pub fn column(&self, name: &str) -> &Column {
        self.columns
            .iter()
            .find(|column| column.source == name)
            .unwrap_or_else(|| panic!("{} declares no column {name}", self.table))
    }

    /// The key columns' names in the lake.
    pub fn key_names(&self) -> Vec<String> {
        self.key.iter().map(|name| self.column(name).name()).collect()
    }

    /// The names in the lake of the columns that tell a row's watermark: the first that is not NULL counts.
    pub fn watermark_names(&self) -> Vec<String> {
        [Some(self.watermark), self.watermark_until_changed]
            .into_iter()
            .flatten()
            .map(|name| self.column(name).name())
            .collect()
    }

    /// The dates or times whose day a row counts for, in the tables that marts take by day: the first that is
    /// not NULL.
    pub fn day_columns(&self) -> &'static [&'static str] {
        match self.staging {
            "temperature_logs" => &["reading_time"],
            "non_conformance" => &["nc_date"],
            "shifts" => &["shift_date"],
            "despatch" => &["despatch_date", "updated_at"],
            _ => &[],
        }
    }

    /// Whether marts take the table's rows by the batch that they name.
    pub fn counts_by_batch(&self) -> bool {
        ["traceability", "despatch"].contains(&self.staging)
    }

    /// The staging columns with their Polars types.
    pub fn schema(&self) -> Schema {
        self.columns
            .iter()
            .map(|column| Field::new(PlSmallStr::from_string(column.name()), column.kind.dtype()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_declaration_names_only_columns_that_it_has() {
        for source in ALL {
            let names: BTreeSet<_> = source.columns.iter().map(Column::name).collect();
            assert_eq!(names.len(), source.columns.len(), "{} names a column twice", source.table);
            for name in source.key.iter().chain([&source.watermark]).chain(&source.watermark_until_changed) {
                let _ = source.column(name);
            }
            if let Some(column) = source.part.column() {
                assert!(
                    source.key.contains(&column),
                    "{}: the part must be a function of the key",
                    source.table
                );
            }
            for name in source.watermark_names() {
                assert!(
                    source.columns.iter().any(|c| c.name() == name && c.kind == Kind::Time),
                    "{}: {name} is no time",
                    source.table
                );
            }
        }
    }

    #[test]
    fn tables_and_staging_names_are_unique() {
        assert_eq!(ALL.iter().map(|s| s.table).collect::<BTreeSet<_>>().len(), ALL.len());
        assert_eq!(ALL.iter().map(|s| s.staging).collect::<BTreeSet<_>>().len(), ALL.len());
    }
}
