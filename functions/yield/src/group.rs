//! Complete runs added up by group.

use std::collections::BTreeMap;

use api::yields::YieldQuery;
use chrono::NaiveDate;
use domain::yields::{RunKg, YieldSum};
use serde::Deserialize;

use crate::which::is_wanted;

/// What a run of the mart brings to a group.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Run {
    pub(crate) production_date: NaiveDate,
    pub(crate) prod_line: Option<String>,
    line_name: Option<String>,
    shift_code: Option<String>,
    species: Option<String>,
    complete: bool,
    input_kg: Option<f64>,
    actual_kg: Option<f64>,
    target_kg: Option<f64>,
    pack_giveaway_g: Option<f64>,
    pack_target_g: Option<f64>,
    giveaway_pct: Option<f64>,
    total_weight_kg: Option<f64>,
    total_giveaway_kg: Option<f64>,
}

impl Run {
    fn is_wanted(&self, query: &YieldQuery) -> bool {
        let line = [self.prod_line.as_deref(), self.line_name.as_deref()];
        is_wanted(query, line, self.shift_code.as_deref(), self.species.as_deref())
    }
}

/// Runs of one group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) sum: YieldSum,
    pub(crate) line_name: Option<String>,
    pub(crate) first_date: NaiveDate,
    pub(crate) last_date: NaiveDate,
}

impl Group {
    fn of(run: &Run) -> Self {
        let (first_date, last_date) = (run.production_date, run.production_date);
        Self { sum: YieldSum::default(), line_name: None, first_date, last_date }
    }

    fn add(&mut self, run: &Run) {
        let kg = |grams: Option<f64>| grams.map(|grams| grams / 1000.0);
        let run_kg = RunKg {
            input_kg: run.input_kg,
            actual_kg: run.actual_kg,
            target_kg: run.target_kg,
            giveaway_kg: kg(run.pack_giveaway_g),
            pack_target_kg: kg(run.pack_target_g),
            ..RunKg::default()
        };
        self.sum.add(&run_kg.with_totals(run.giveaway_pct, run.total_weight_kg, run.total_giveaway_kg));
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
    runs: &[Run],
    query: &YieldQuery,
    key: impl Fn(&Run) -> K,
) -> BTreeMap<K, Group> {
    let mut groups = BTreeMap::new();
    for run in runs.iter().filter(|run| run.complete && run.is_wanted(query)) {
        groups.entry(key(run)).or_insert_with(|| Group::of(run)).add(run);
    }
    groups
}
