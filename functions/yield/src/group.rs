//! Complete runs added up by group.

use std::collections::BTreeMap;

use api::yields::YieldQuery;
use chrono::NaiveDate;
use domain::yields::YieldSum;
use warehouse::marts::RunRow;

use crate::which::is_wanted;

/// Runs of one group.
#[derive(Clone, Debug)]
pub(crate) struct GroupedRuns {
    pub(crate) sum: YieldSum,
    pub(crate) line_name: Option<String>,
    pub(crate) first_date: NaiveDate,
    pub(crate) last_date: NaiveDate,
}

impl GroupedRuns {
    fn of(run: &RunRow) -> Self {
        let (first_date, last_date) = (run.production_date, run.production_date);
        Self { sum: YieldSum::default(), line_name: None, first_date, last_date }
    }

    fn add(&mut self, run: &RunRow) {
        self.sum.add(&run.kg());
        if self.line_name.is_none() {
            self.line_name.clone_from(&run.line_name);
        }
        self.first_date = self.first_date.min(run.production_date);
        self.last_date = self.last_date.max(run.production_date);
    }

    /// How many runs were added.
    pub(crate) fn runs(&self) -> i64 {
        i64::try_from(self.sum.runs()).unwrap_or(i64::MAX)
    }
}

/// The complete runs that were asked for, by group.
pub(crate) fn grouped<K: Ord>(
    runs: &[RunRow],
    query: &YieldQuery,
    key: impl Fn(&RunRow) -> K,
) -> BTreeMap<K, GroupedRuns> {
    let mut groups = BTreeMap::new();
    let wanted = |run: &&RunRow| {
        let line = [run.prod_line.as_deref(), run.line_name.as_deref()];
        run.complete && is_wanted(query, line, run.shift_code.as_deref(), run.species.as_deref())
    };
    for run in runs.iter().filter(wanted) {
        groups.entry(key(run)).or_insert_with(|| GroupedRuns::of(run)).add(run);
    }
    groups
}
