//! How effective a line was in a shift: the OEE of `fct_shift_productivity`, and the packs and the capacity
//! that it takes.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::code::folded;
use domain::oee::{Oee, Production};
use domain::rules::weight_mismatch;
use domain::settings::ShiftTimes;
use polars::prelude::*;

use super::known;
use super::run_shifts::{RunShift, run_shifts};

/// What is known of the packs and the capacity behind each shift.
pub(super) struct ShiftOutput<'a> {
    /// By date, [folded] code and line.
    made: HashMap<(NaiveDate, String, &'a str), Made>,
    capacity_kg: HashMap<&'a str, f64>,
}

/// What the runs made that count in a shift of a line.
#[derive(Clone, Copy, Debug)]
struct Made {
    packs: Option<Packs>,
    /// What they made, by the weighing system's sums. It is unknown where that of one of them is.
    kg: Option<f64>,
    /// Whether the shift of the day before made one of them.
    is_of_the_night_before: bool,
    /// Whether the next shift may have made a part of one of them.
    may_go_on: bool,
}

impl Made {
    const NOTHING: Self =
        Self { packs: None, kg: Some(0.0), is_of_the_night_before: false, may_go_on: false };

    /// Whether the output that was booked for the shift is that of these runs, as far as anybody knows. Runs
    /// that may go on need proof: only weights that agree tell that the whole of them was booked here.
    fn is_what_was_booked(&self, output_kg: Option<f64>) -> bool {
        let is_proof = output_kg.is_some() && self.kg.is_some();
        !self.is_of_the_night_before && (is_proof || !self.may_go_on) && !weight_mismatch(output_kg, self.kg)
    }
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
    /// From rows of the mart `runs` and of staging `prod_lines`, and the factory's shift times. A run of
    /// which only one of the two pack counts is known adds to neither.
    pub(super) fn of(runs: &'a DataFrame, lines: &'a DataFrame, shifts: &[ShiftTimes]) -> PolarsResult<Self> {
        let mut by_shift: HashMap<_, Made> = HashMap::new();
        let of_lines = runs.column("prod_line")?.str()?;
        let (made, rejected) = (runs.column("total_packs")?.i64()?, runs.column("reject_count")?.i64()?);
        let (weighed_kg, booked_kg) =
            (runs.column("total_weight_kg")?.f64()?, runs.column("actual_kg")?.f64()?);
        for (run, shift) in run_shifts(runs, shifts)?.into_iter().enumerate() {
            let (Some(RunShift { date, code: Some(code), is_of_the_night_before, may_go_on }), Some(line)) =
                (shift, of_lines.get(run))
            else {
                continue;
            };
            let of_shift = by_shift.entry((date, code, line)).or_insert(Made::NOTHING);
            let kg = weighed_kg.get(run).or(booked_kg.get(run));
            of_shift.kg = of_shift.kg.zip(kg).map(|(sum, kg)| sum + kg);
            of_shift.is_of_the_night_before |= is_of_the_night_before;
            of_shift.may_go_on |= may_go_on;
            if let (Some(made), Some(rejected)) = (made.get(run), rejected.get(run)) {
                let packs = of_shift.packs.get_or_insert_default();
                packs.made = packs.made.saturating_add(made);
                packs.rejected = packs.rejected.saturating_add(rejected);
            }
        }
        let capacities =
            lines.column("line_id")?.str()?.iter().zip(lines.column("max_capacity_kg")?.f64()?.iter());
        let capacity_kg = capacities.filter_map(|(line, kg)| Some((known(line)?, kg?))).collect();
        Ok(Self { made: by_shift, capacity_kg })
    }

    /// The packs of a date, shift and line that booked `output_kg`. `None` without a shift code or a line:
    /// nobody knows which runs are meant. `None` also where the output that was booked is not that of these
    /// runs.
    pub(super) fn packs(
        &self,
        date: Option<NaiveDate>,
        shift: Option<&str>,
        line: Option<&str>,
        output_kg: Option<f64>,
    ) -> Option<Packs> {
        let made = self.made.get(&(date?, folded(shift?), line?))?;
        made.packs.filter(|_| made.is_what_was_booked(output_kg))
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
