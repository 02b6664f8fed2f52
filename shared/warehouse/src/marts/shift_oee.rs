//! How effective a line was in a shift: what the OEE of `fct_shift_productivity` is made of beside people and
//! hours.

use std::collections::HashMap;

use domain::oee::{Oee, Production};
use polars::prelude::*;

use super::known;

/// What is known of the packs and the capacity behind each shift.
pub(super) struct ShiftOutput<'a> {
    packs: HashMap<(i32, &'a str, &'a str), Packs>,
    capacity_kg: HashMap<&'a str, f64>,
}

/// The packs of the runs of a shift, as the weighing system counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Packs {
    /// All of them.
    pub(super) made: i64,
    /// Those of them that were rejected.
    pub(super) rejected: i64,
}

impl<'a> ShiftOutput<'a> {
    /// From rows of the mart `runs` and staging `prod_lines`. Runs of which one of the two counts is not
    /// known are left out of both.
    pub(super) fn of(runs: &'a DataFrame, lines: &'a DataFrame) -> PolarsResult<Self> {
        let mut packs: HashMap<_, Packs> = HashMap::new();
        let dates = runs.column("production_date")?.date()?.physical();
        let (shifts, of_lines) = (runs.column("shift_code")?.str()?, runs.column("prod_line")?.str()?);
        let (made, rejected) = (runs.column("total_packs")?.i64()?, runs.column("reject_count")?.i64()?);
        for run in 0..runs.height() {
            if let (Some(date), Some(shift), Some(line)) =
                (dates.get(run), known(shifts.get(run)), of_lines.get(run))
                && let (Some(made), Some(rejected)) = (made.get(run), rejected.get(run))
            {
                let packs = packs.entry((date, shift, line)).or_default();
                packs.made = packs.made.saturating_add(made);
                packs.rejected = packs.rejected.saturating_add(rejected);
            }
        }
        let capacities =
            lines.column("line_id")?.str()?.iter().zip(lines.column("max_capacity_kg")?.f64()?.iter());
        let capacity_kg = capacities.filter_map(|(line, kg)| Some((known(line)?, kg?))).collect();
        Ok(Self { packs, capacity_kg })
    }

    /// The packs of a date, shift and line. Which runs a shift without a code or a line without a name had is
    /// not known.
    pub(super) fn packs(&self, date: Option<i32>, shift: Option<&str>, line: Option<&str>) -> Option<Packs> {
        self.packs.get(&(date?, shift?, line?)).copied()
    }

    /// What a line can make in a shift, kg.
    pub(super) fn capacity_kg(&self, line: Option<&str>) -> Option<f64> {
        self.capacity_kg.get(line?).copied()
    }
}

/// Hours of bookings that know all that is made of them, and the output of these where that is one of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hours {
    pub(super) planned: f64,
    pub(super) worked: f64,
    pub(super) output_kg: Option<f64>,
}

impl Hours {
    fn production(&self, capacity_kg: Option<f64>) -> Production {
        Production::of_shift(self.planned, self.worked, self.output_kg, capacity_kg)
    }
}

/// How effective a shift was: available by the hours `worked`, fast by those of them whose output is known,
/// good by its packs.
pub(super) fn oee(worked: &Hours, made: &Hours, capacity_kg: Option<f64>, packs: Option<Packs>) -> Oee {
    let count = |packs: i64| u64::try_from(packs).ok();
    let packs = Production {
        packs: packs.and_then(|packs| count(packs.made)),
        rejected_packs: packs.and_then(|packs| count(packs.rejected)),
        ..Production::default()
    };
    Oee::of_factors(
        Oee::of(&worked.production(None)).availability_pct,
        Oee::of(&made.production(capacity_kg)).performance_pct,
        Oee::of(&packs).quality_pct,
    )
}
