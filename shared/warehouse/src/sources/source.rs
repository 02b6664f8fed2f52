//! What the declaration of a source table says.

use std::collections::BTreeSet;

use polars::prelude::{DataType, Field, PlSmallStr, Schema, TimeUnit};

use super::{Column, Division};

/// One source table. No field has a default: whoever declares a table has to think of each.
#[derive(Debug)]
pub struct Source {
    /// The table's name in the ERP.
    pub table: &'static str,
    /// Which schema it lies in, which also tells whether it must be there.
    pub owner: Owner,
    /// What the lake calls it.
    pub staging: &'static str,
    /// The columns that are read. The other fields name columns by their names in the ERP.
    pub columns: &'static [Column],
    /// The columns that identify a row.
    pub key: &'static [&'static str],
    /// The column that tells when a row last changed.
    pub watermark: &'static str,
    /// The column that stands in where the watermark is NULL (a row that was never changed since it was
    /// made).
    pub watermark_until_changed: Option<&'static str>,
    /// How staging divides the rows into parts.
    pub division: Division,
    /// Which run a row counts for. A change of the row touches all runs of that number.
    pub run: OfRun,
    /// The column that names a batch whose data in other tables this run's marts use.
    pub named_batch: Option<&'static str>,
    /// The columns that tell the day that a row counts for, if marts take the table by day. The first that is
    /// not NULL counts. A change touches that day.
    pub days: &'static [&'static str],
    /// The column that tells the batch that a row counts for, if marts take the table by batch. A change
    /// touches the table's rows of that batch.
    pub batch: Option<&'static str>,
    /// What a change touches besides the run, day and batch that the row counts for.
    pub touches: &'static [Touches],
    /// The columns that the marts of runs need; `None` is all of them. The other columns of a long table are
    /// left unread.
    pub mart_columns: Option<&'static [&'static str]>,
}

/// The column that staging adds to a table whose rows may have no time of their own: the stamp that a row was
/// first read with. A row that is changed later keeps it, and so keeps its run.
pub const FIRST_STAMP: &str = "first_stamp";

/// Where a table lives in SQL Server, which also tells whether a factory must have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Schema `dbo`: the ERP's own table; without it there is nothing to extract.
    Erp,
    /// Schema `production`: the factory's table; one that is not there is skipped.
    Factory,
}

/// Which run a row counts for. Rows name runs by `run_number`, and numbers recur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfRun {
    /// None: marts put the row under no run.
    None,
    /// The run of its `run_number` and `production_date`.
    Dated,
    /// The latest run of its `run_number` that began by the time in this column, or by the stamp that the row
    /// was first read with where that is NULL.
    AtTime(&'static str),
    /// The same by the end of the day in this column.
    AtEndOf(&'static str),
    /// The same by the stamp that the row was first read with: the row has no time of its own.
    AtFirstStamp,
}

/// What a changed row touches beyond what it counts for itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Touches {
    /// All runs.
    EveryRun,
    /// The runs that name the batch in this column.
    RunsNaming(&'static str),
    /// All days of another table.
    EveryDayOf(&'static Source),
    /// The products.
    Products,
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

/// A table is declared once, so its name identifies the declaration.
impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.table == other.table
    }
}

impl Eq for Source {}

impl Source {
    /// The column of this ERP name.
    ///
    /// # Panics
    /// If the declaration has no such column. A test checks all names that the declarations in
    /// [`ALL`](super::ALL) use.
    pub fn column(&self, name: &str) -> &Column {
        self.columns
            .iter()
            .find(|column| column.source == name)
            .unwrap_or_else(|| panic!("{} declares no column {name}", self.table))
    }

    /// The names in the lake of the columns with these ERP names.
    pub fn names(&self, columns: &[&str]) -> Vec<String> {
        columns.iter().map(|name| self.column(name).name()).collect()
    }

    /// The key columns' names in the lake.
    pub fn key_names(&self) -> Vec<String> {
        self.names(self.key)
    }

    /// The names in the lake of the columns that tell a row's watermark. The first that is not NULL counts.
    pub fn watermark_names(&self) -> Vec<String> {
        let columns: Vec<&str> =
            [Some(self.watermark), self.watermark_until_changed].into_iter().flatten().collect();
        self.names(&columns)
    }

    /// The columns that name the batches of which its rows tell something (see [`Touches::RunsNaming`]).
    pub fn told_batches(&self) -> impl Iterator<Item = &'static str> {
        self.touches.iter().filter_map(|touches| match touches {
            Touches::RunsNaming(column) => Some(*column),
            _ => None,
        })
    }

    /// The names in the lake of all columns by whose batches rows are looked for.
    pub fn batch_names(&self) -> BTreeSet<String> {
        let columns = self.batch.into_iter().chain(self.named_batch).chain(self.told_batches());
        columns.map(|name| self.column(name).name()).collect()
    }

    /// Whether staging keeps the stamp that each row was first read with: see [`FIRST_STAMP`].
    pub fn keeps_first_stamp(&self) -> bool {
        match self.run {
            OfRun::AtFirstStamp | OfRun::AtEndOf(_) => true,
            OfRun::AtTime(column) => column != self.watermark,
            OfRun::None | OfRun::Dated => false,
        }
    }

    /// The names in the lake of the columns that the marts of runs need; `None` is all of them.
    pub fn mart_column_names(&self) -> Option<Vec<String>> {
        let mut names = self.names(self.mart_columns?);
        names.extend(self.keeps_first_stamp().then(|| FIRST_STAMP.to_owned()));
        Some(names)
    }

    /// The columns of staging with their Polars types.
    pub fn staging_schema(&self) -> Schema {
        let mut schema = self.schema();
        if self.keeps_first_stamp() {
            schema.insert(FIRST_STAMP.into(), DataType::Datetime(TimeUnit::Microseconds, None));
        }
        schema
    }

    /// The columns that are read from the ERP, with their Polars types.
    pub fn schema(&self) -> Schema {
        self.columns
            .iter()
            .map(|column| Field::new(PlSmallStr::from_string(column.name()), column.kind.dtype()))
            .collect()
    }
}
