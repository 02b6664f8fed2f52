//! What changed rows touch: the runs, days and tables whose marts must be made again.
//!
//! It is written into the manifest *before* staging is overwritten. From then on the old rows are gone, and with them the knowledge of where they
//! counted; a run that dies between staging and marts leaves this note to the next one.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use polars::prelude::*;
use serde::{Deserialize, Serialize};

use crate::sources::Source;

/// More runs or days than this are noted as "all".
const NOTE_MAX: usize = 2000;

/// What has to be made again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Touched {
    /// Every run, whatever `runs` says.
    #[serde(default)]
    pub(crate) all_runs: bool,
    /// Run numbers.
    #[serde(default)]
    pub(crate) runs: BTreeSet<String>,
    /// Every day with readings, whatever `days` says.
    #[serde(default)]
    pub(crate) all_days: bool,
    /// Days of temperature readings.
    #[serde(default)]
    pub(crate) days: BTreeSet<NaiveDate>,
    /// Staging names of tables with changes.
    #[serde(default)]
    pub(crate) tables: BTreeSet<String>,
}

impl Touched {
    /// What `rows` of `source` (old versions or new) touch.
    pub(crate) fn by(source: &Source, rows: &DataFrame) -> PolarsResult<Self> {
        let mut touched = Self::default();
        if rows.height() == 0 {
            return Ok(touched);
        }
        touched.tables.insert(source.staging.to_owned());
        match source.staging {
            // What a line or a product is called stands in every run of theirs.
            "prod_lines" | "plu" | "product_catalogue" => touched.all_runs = true,
            "temperature_logs" => {
                let days = rows.column("reading_time")?.cast(&DataType::Date)?.unique()?;
                touched.days.extend(days.date()?.as_date_iter().flatten());
            }
            "run_numbers" | "transactions" | "run_totals" | "run_sheets" | "run_inputs" | "run_outputs" => {
                touched.runs = crate::frames::texts(rows, "run_number")?;
            }
            _ => {}
        }
        Ok(touched)
    }

    /// Adds what another change touches.
    pub(crate) fn merge(&mut self, other: Self) {
        self.all_runs |= other.all_runs;
        self.all_days |= other.all_days;
        self.runs.extend(other.runs);
        self.days.extend(other.days);
        self.tables.extend(other.tables);
        if self.all_runs || self.runs.len() > NOTE_MAX {
            self.all_runs = true;
            self.runs.clear();
        }
        if self.all_days || self.days.len() > NOTE_MAX {
            self.all_days = true;
            self.days.clear();
        }
    }

    /// Whether nothing is touched.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_runs_are_noted_as_all() {
        let mut touched = Touched { runs: (0..1500).map(|n| n.to_string()).collect(), ..Touched::default() };
        touched.merge(Touched { runs: (1000..2000).map(|n| n.to_string()).collect(), ..Touched::default() });
        assert!(!touched.all_runs && touched.runs.len() == 2000);
        touched.merge(Touched { runs: BTreeSet::from(["x".to_owned()]), ..Touched::default() });
        assert!(touched.all_runs && touched.runs.is_empty());
    }
}
