//! How effective a line was in a shift: the OEE of `fct_shift_productivity`, and the packs and the capacity
//! that it takes.

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
    /// All packs, including rejected ones.
    pub(super) made: i64,
    /// The rejected packs.
    pub(super) rejected: i64,
}

impl<'a> ShiftOutput<'a> {
    /// From rows of the mart `runs` and of staging `prod_lines`. A run of which only one of the two pack
    /// counts is known adds to neither.
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

    /// The packs of a date, shift and line. `None` without a shift code or a line: nobody knows which runs
    /// are meant.
    pub(super) fn packs(&self, date: Option<i32>, shift: Option<&str>, line: Option<&str>) -> Option<Packs> {
        self.packs.get(&(date?, shift?, line?)).copied()
    }

    /// What a line can make in a shift, kg.
    pub(super) fn capacity_kg(&self, line: Option<&str>) -> Option<f64> {
        self.capacity_kg.get(line?).copied()
    }
}

/// The hours of some bookings added up, and their output where it is asked for. Only bookings that know all
/// of these values count.
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

/// How effective a shift was. `worked` has the bookings that know their hours: they tell the availability.
/// `made` has the bookings that know their output too: they tell the performance. The packs tell the quality.
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
