//! Complete runs added up by group.

use std::collections::BTreeMap;

use api::yields::YieldQuery;
use chrono::NaiveDate;
use domain::yields::{RunKg, YieldSum, ratio_pct};
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
    /// Giveaway and target of the runs whose packs are not known, by the weighing system's own sums.
    totals_giveaway_kg: f64,
    totals_target_kg: f64,
}

impl Group {
    fn of(run: &Run) -> Self {
        let (first_date, last_date) = (run.production_date, run.production_date);
        Self { sum: YieldSum::default(), line_name: None, first_date, last_date, totals_giveaway_kg: 0.0, totals_target_kg: 0.0 }
    }

    fn add(&mut self, run: &Run) {
        let kg = |grams: Option<f64>| grams.map(|grams| grams / 1000.0);
        self.sum.add(&RunKg {
            input_kg: run.input_kg,
            actual_kg: run.actual_kg,
            target_kg: run.target_kg,
            giveaway_kg: kg(run.pack_giveaway_g),
            pack_target_kg: kg(run.pack_target_g),
        });
        if self.line_name.is_none() {
            self.line_name.clone_from(&run.line_name);
        }
        self.first_date = self.first_date.min(run.production_date);
        self.last_date = self.last_date.max(run.production_date);
        let packed_kg = run.total_weight_kg.or(run.actual_kg).filter(|_| run.pack_target_g.is_none_or(|target_g| target_g <= 0.0));
        if let (Some(pct), Some(packed_kg)) = (run.giveaway_pct, packed_kg) {
            let target_kg = packed_kg - run.total_giveaway_kg.unwrap_or_default();
            self.totals_giveaway_kg += pct / 100.0 * target_kg;
            self.totals_target_kg += target_kg;
        }
    }

    /// How many runs were added.
    pub(crate) fn runs(&self) -> i64 {
        i64::try_from(self.sum.runs()).unwrap_or(i64::MAX)
    }

    /// Giveaway of the runs whose packs are known; where no run's are, of the sums that the weighing system keeps.
    pub(crate) fn giveaway_pct(&self) -> Option<f64> {
        self.sum.giveaway_pct().or_else(|| ratio_pct(self.totals_giveaway_kg, self.totals_target_kg))
    }
}

/// The complete runs that were asked for, by group.
pub(crate) fn grouped<K: Ord>(runs: &[Run], query: &YieldQuery, key: impl Fn(&Run) -> K) -> BTreeMap<K, Group> {
    let mut groups = BTreeMap::new();
    for run in runs.iter().filter(|run| run.complete && run.is_wanted(query)) {
        groups.entry(key(run)).or_insert_with(|| Group::of(run)).add(run);
    }
    groups
}
