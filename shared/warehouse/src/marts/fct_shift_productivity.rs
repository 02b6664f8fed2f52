//! `fct_shift_productivity`: what the people and hours of a shift brought on a line.

use api::shifts::ShiftProductivity;
use std::collections::BTreeMap;
use std::ops::Add;

use chrono::NaiveDate;
use domain::oee::Oee;
use domain::ratio::Ratio;
use polars::prelude::*;

use super::prod_line::Lines;
use super::shift_oee::{Hours, Packs, ShiftOutput, oee};
use super::{Build, Mart, columns_of, known};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::{PROD_LINES, RUN_NUMBERS, RUN_SHEETS, RUN_TOTALS, SHIFTS};

/// Labour per date, shift and line. A booking is a row of `shifts`, and one without a date counts nowhere.
///
/// A sum with an unknown part is unknown. Each ratio is a [`Ratio`] of sums over the bookings that know both
/// sides of it. A shift that is still going has people and planned hours, but no output per head yet.
///
/// The OEE follows from the hours, the line's capacity and the packs of the line's runs that count in that
/// shift. The capacity is stated for a shift of the planned hours. The packs and the quality are null where
/// the output that was booked is not that of these runs.
pub const FCT_SHIFT_PRODUCTIVITY: Mart = Mart {
    name: "fct_shift_productivity",
    columns: columns_of::<ShiftProductivity>(),
    grain: &["shift_date", "shift_code", "prod_line"],
    month_of: Some("shift_date"),
    batches: &[],
    tables: &[&[&SHIFTS, &PROD_LINES, &RUN_NUMBERS, &RUN_SHEETS, &RUN_TOTALS]],
    builds: &[Build::DaysWithRuns(&SHIFTS, build)],
};

/// What tells one row from another: date (days since 1970), shift code and line.
type Key<'a> = (Option<i32>, Option<&'a str>, Option<&'a str>);

/// The figures of one booking.
struct Booking {
    headcount: Option<i64>,
    planned_hours: Option<f64>,
    actual_hours: Option<f64>,
    overtime_hours: Option<f64>,
    output_kg: Option<f64>,
}

/// A sum over the bookings of a row. It is unknown where that of one of them is.
struct Sum<T>(Option<T>);

impl<T: Copy + Default> Default for Sum<T> {
    fn default() -> Self {
        Self(Some(T::default()))
    }
}

impl<T: Copy> Sum<T> {
    fn add(&mut self, value: Option<T>, add: fn(T, T) -> T) {
        self.0 = self.0.zip(value).map(|(sum, value)| add(sum, value));
    }
}

/// The bookings of one row.
#[derive(Default)]
struct Bookings<'a> {
    line_name: Option<&'a str>,
    headcount: Sum<i64>,
    planned_hours: Sum<f64>,
    actual_hours: Sum<f64>,
    overtime_hours: Sum<f64>,
    output_kg: Sum<f64>,
    kg_per_head: Ratio,
    kg_per_hour: Ratio,
    overtime: Ratio,
    utilisation: Ratio,
    made: Hours,
    capacity_kg: Option<f64>,
    packs: Option<Packs>,
}

impl Bookings<'_> {
    fn add(&mut self, booking: &Booking) {
        let Booking { headcount, planned_hours, actual_hours, overtime_hours, output_kg } = *booking;
        self.headcount.add(headcount, i64::saturating_add);
        self.planned_hours.add(planned_hours, Add::add);
        self.actual_hours.add(actual_hours, Add::add);
        self.overtime_hours.add(overtime_hours, Add::add);
        self.output_kg.add(output_kg, Add::add);
        self.kg_per_head.add(output_kg, headcount.map(|heads| heads as f64));
        self.kg_per_hour.add(output_kg, actual_hours);
        self.overtime.add(overtime_hours, actual_hours);
        self.utilisation.add(actual_hours, planned_hours);
        self.add_made(planned_hours, actual_hours, output_kg);
    }

    fn add_made(&mut self, planned: Option<f64>, worked: Option<f64>, output_kg: Option<f64>) {
        if let (Some(planned), Some(worked), Some(output_kg)) = (planned, worked, output_kg) {
            self.made.planned += planned;
            self.made.worked += worked;
            self.made.output_kg = Some(self.made.output_kg.unwrap_or_default() + output_kg);
        }
    }

    fn oee(&self) -> Oee {
        let worked = Hours {
            planned: self.utilisation.denominator().unwrap_or_default(),
            worked: self.utilisation.numerator().unwrap_or_default(),
            output_kg: None,
        };
        oee(&worked, &self.made, self.capacity_kg, self.packs)
    }
}

fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    // In a fixed order, since a sum of floats depends on the order.
    let shifts = scope
        .rows
        .clone()
        .lazy()
        .filter(col("shift_date").is_not_null())
        .sort(["shift_id"], SortMultipleOptions::new())
        .collect()?;
    let lines = Lines::of(&scope.lines)?;
    let outputs = ShiftOutput::of(&scope.runs, &scope.lines, &scope.settings.shifts)?;
    let rows = rows_of(&grouped(&shifts, &lines, &outputs)?)?;
    frames::fit(&rows, &FCT_SHIFT_PRODUCTIVITY.schema())
}

/// The bookings of each row of the mart.
fn grouped<'a>(
    shifts: &'a DataFrame,
    lines: &'a Lines,
    outputs: &ShiftOutput<'_>,
) -> PolarsResult<BTreeMap<Key<'a>, Bookings<'a>>> {
    let numbers = |name| shifts.column(name)?.f64();
    let (dates, codes) =
        (shifts.column("shift_date")?.date()?.physical(), shifts.column("shift_code")?.str()?);
    let (lines, line_names) = lines.resolve_all(shifts.column("line_id")?.str()?);
    let heads = shifts.column("headcount")?.i64()?;
    let (planned_hours, actual_hours) = (numbers("planned_hours")?, numbers("actual_hours")?);
    let (overtime_hours, outputs_kg) = (numbers("overtime_hours")?, numbers("output_kg")?);

    let mut groups = BTreeMap::<Key<'a>, Bookings<'a>>::new();
    for row in 0..shifts.height() {
        let (date, code, line) = (dates.get(row), known(codes.get(row)), lines[row]);
        let group = groups.entry((date, code, line)).or_default();
        group.line_name = line_names[row];
        group.capacity_kg = outputs.capacity_kg(line);
        group.add(&Booking {
            headcount: heads.get(row),
            planned_hours: planned_hours.get(row),
            actual_hours: actual_hours.get(row),
            overtime_hours: overtime_hours.get(row),
            output_kg: outputs_kg.get(row),
        });
    }
    for ((date, code, line), group) in &mut groups {
        let date = date.and_then(NaiveDate::from_epoch_days);
        group.packs = outputs.packs(date, *code, *line, group.output_kg.0);
    }
    Ok(groups)
}

/// The rows of the mart, one for each group of bookings.
fn rows_of(groups: &BTreeMap<Key<'_>, Bookings<'_>>) -> PolarsResult<DataFrame> {
    let texts = |text: fn(&Bookings) -> Option<String>| groups.values().map(text).collect::<Vec<_>>();
    let figures = |figure: fn(&Bookings) -> Option<f64>| groups.values().map(figure).collect::<Vec<_>>();
    let oees: Vec<_> = groups.values().map(Bookings::oee).collect();
    df![
        "shift_date" => groups.keys().map(|key| key.0).collect::<Vec<_>>(),
        "shift_code" => groups.keys().map(|key| key.1).collect::<Vec<_>>(),
        "prod_line" => groups.keys().map(|key| key.2).collect::<Vec<_>>(),
        "line_name" => texts(|group| group.line_name.map(str::to_owned)),
        "headcount" => groups.values().map(|group| group.headcount.0).collect::<Vec<_>>(),
        "planned_hours" => figures(|group| group.planned_hours.0),
        "actual_hours" => figures(|group| group.actual_hours.0),
        "overtime_hours" => figures(|group| group.overtime_hours.0),
        "output_kg" => figures(|group| group.output_kg.0),
        "kg_per_head" => figures(|group| group.kg_per_head.value()),
        "kg_per_hour" => figures(|group| group.kg_per_hour.value()),
        "overtime_pct" => figures(|group| group.overtime.pct()),
        "hours_utilisation_pct" => figures(|group| group.utilisation.pct()),
        "max_capacity_kg" => figures(|group| group.capacity_kg),
        "packs" => groups.values().map(|group| group.packs.map(|packs| packs.made)).collect::<Vec<_>>(),
        "rejected_packs" => groups.values().map(|group| group.packs.map(|packs| packs.rejected)).collect::<Vec<_>>(),
        "availability_pct" => oees.iter().map(|oee| oee.availability_pct).collect::<Vec<_>>(),
        "performance_pct" => oees.iter().map(|oee| oee.performance_pct).collect::<Vec<_>>(),
        "quality_pct" => oees.iter().map(|oee| oee.quality_pct).collect::<Vec<_>>(),
        "oee_pct" => oees.iter().map(|oee| oee.oee_pct).collect::<Vec<_>>(),
    ]
}

#[cfg(test)]
mod tests;
