//! Complete runs added up by group.

use std::collections::BTreeMap;

use api::yields::YieldQuery;
use chrono::NaiveDate;
use domain::yields::YieldSum;
use warehouse::marts::RunRow;

use crate::which::is_wanted;

/// The runs of one group, added up.
#[derive(Clone, Debug)]
pub(crate) struct GroupedRuns {
    pub(crate) sum: YieldSum,
    pub(crate) line_name: Option<String>,
    pub(crate) first_date: NaiveDate,
    pub(crate) last_date: NaiveDate,
}

impl GroupedRuns {
    /// A group without runs yet. The first run to be added is of this date.
    pub(crate) fn since(date: NaiveDate) -> Self {
        Self { sum: YieldSum::default(), line_name: None, first_date: date, last_date: date }
    }

    fn add(&mut self, run: &RunRow) {
        self.sum.add(&run.kg());
        self.cover(run.line_name.as_ref(), run.production_date, run.production_date);
    }

    /// Notes the line and the dates of runs that were added.
    pub(crate) fn cover(&mut self, line_name: Option<&String>, first_date: NaiveDate, last_date: NaiveDate) {
        self.line_name = self.line_name.take().or_else(|| line_name.cloned());
        self.first_date = self.first_date.min(first_date);
        self.last_date = self.last_date.max(last_date);
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
        groups.entry(key(run)).or_insert_with(|| GroupedRuns::since(run.production_date)).add(run);
    }
    groups
}
