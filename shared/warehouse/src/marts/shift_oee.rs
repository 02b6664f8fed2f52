//! How effective a line was in a shift: the OEE of `fct_shift_productivity`, and the packs and the capacity
//! that it takes.

use std::collections::HashMap;

use domain::oee::{Oee, Production};
use domain::rules::weight_mismatch;
use polars::prelude::*;

use super::known;

/// What is known of the packs and the capacity behind each shift.
pub(super) struct ShiftOutput<'a> {
    made: HashMap<(i32, &'a str, &'a str), Made>,
    capacity_kg: HashMap<&'a str, f64>,
}

/// What the runs made that bear the date, the code and the line of a shift.
#[derive(Clone, Copy, Debug)]
struct Made {
    packs: Option<Packs>,
    /// What they made, by the weighing system's sums. It is unknown where that of one of them is.
    kg: Option<f64>,
    /// Whether one of them began before its date. So the shift that made it stands under the day before.
    is_of_the_night_before: bool,
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
        let mut by_shift: HashMap<_, Made> = HashMap::new();
        let dates = runs.column("production_date")?.date()?.physical();
        let (shifts, of_lines) = (runs.column("shift_code")?.str()?, runs.column("prod_line")?.str()?);
        let (made, rejected) = (runs.column("total_packs")?.i64()?, runs.column("reject_count")?.i64()?);
        let (weighed_kg, booked_kg) =
            (runs.column("total_weight_kg")?.f64()?, runs.column("actual_kg")?.f64()?);
        for (run, began_before) in began_before(runs)?.into_iter().enumerate() {
            let (Some(date), Some(shift), Some(line)) =
                (dates.get(run), known(shifts.get(run)), of_lines.get(run))
            else {
                continue;
            };
            let none = Made { packs: None, kg: Some(0.0), is_of_the_night_before: false };
            let of_shift = by_shift.entry((date, shift, line)).or_insert(none);
            let kg = weighed_kg.get(run).or(booked_kg.get(run));
            of_shift.kg = of_shift.kg.zip(kg).map(|(sum, kg)| sum + kg);
            of_shift.is_of_the_night_before |= began_before;
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
    /// runs. At night many factories date runs with the day on which the shift ends, and the shift with the
    /// day on which it begins.
    pub(super) fn packs(
        &self,
        date: Option<i32>,
        shift: Option<&str>,
        line: Option<&str>,
        output_kg: Option<f64>,
    ) -> Option<Packs> {
        let made = self.made.get(&(date?, shift?, line?))?;
        made.packs.filter(|_| !made.is_of_the_night_before && !weight_mismatch(output_kg, made.kg))
    }

    /// What a line can make in a shift, kg.
    pub(super) fn capacity_kg(&self, line: Option<&str>) -> Option<f64> {
        self.capacity_kg.get(line?).copied()
    }
}

/// Which runs began before the day that they are dated with, by their sheets. When the ERP made them tells
/// nothing: a planner may have been early.
fn began_before(runs: &DataFrame) -> PolarsResult<Vec<bool>> {
    let time = |name: &str| runs.column(name)?.cast(&DataType::Datetime(TimeUnit::Microseconds, None));
    let (dates, began, created) = (time("production_date")?, time("started_at")?, time("created")?);
    let (dates, began, created) =
        (dates.datetime()?.physical(), began.datetime()?.physical(), created.datetime()?.physical());
    let of_sheet =
        began.iter().zip(created.iter()).map(|(began, created)| began.filter(|_| began != created));
    let before =
        of_sheet.zip(dates.iter()).map(|(began, date)| began.zip(date).is_some_and(|(at, date)| at < date));
    Ok(before.collect())
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
