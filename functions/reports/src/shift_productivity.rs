//! `shift-productivity`.

use std::collections::BTreeMap;
use std::ops::Add;

use api::reports::{ShiftReportQuery, ShiftTotals};
use api::shifts::ShiftProductivity;
use domain::oee::{Oee, Production};
use domain::ratio::Ratio;
use serve::{Answer, Ask, Result, State, is_asked_for, is_line_asked_for};
use warehouse::marts::FCT_SHIFT_PRODUCTIVITY;

use crate::ask::{Keyed, of_mart};

pub(crate) async fn report(state: State, ask: Ask<ShiftReportQuery, Vec<ShiftTotals>>) -> Result<Answer> {
    of_mart(state, ask, &FCT_SHIFT_PRODUCTIVITY, totals).await
}

/// What rows are grouped and sorted by: line and shift.
type Key = (Option<String>, Option<String>);

/// Sums over those shifts that know all figures of which a line's performance is made.
#[derive(Clone, Copy, Default)]
struct Made {
    planned_hours: f64,
    actual_hours: f64,
    output_kg: f64,
    capacity_kg: f64,
}

impl Made {
    fn add(&mut self, shift: &ShiftProductivity) {
        if let (Some(planned), Some(actual), Some(output), Some(capacity)) =
            (shift.planned_hours, shift.actual_hours, shift.output_kg, shift.max_capacity_kg)
        {
            self.planned_hours += planned;
            self.actual_hours += actual;
            self.output_kg += output;
            self.capacity_kg += capacity;
        }
    }

    fn performance_pct(self) -> Option<f64> {
        let production = Production::of_shift(
            self.planned_hours,
            self.actual_hours,
            Some(self.output_kg),
            Some(self.capacity_kg),
        );
        Oee::of(&production).performance_pct
    }
}

/// A sum over shifts. It is unknown where that of one of them is.
#[derive(Clone, Copy, Default)]
struct Sum<T> {
    known: Option<T>,
    is_unknown: bool,
}

impl<T: Copy> Sum<T> {
    fn add(&mut self, part: Option<T>, add: fn(T, T) -> T) {
        match part {
            Some(part) => self.known = Some(self.known.map_or(part, |sum| add(sum, part))),
            None => self.is_unknown = true,
        }
    }

    fn value(self) -> Option<T> {
        self.known.filter(|_| !self.is_unknown)
    }
}

/// The shifts of one row, added up.
#[derive(Default)]
struct ShiftSums {
    line_name: Option<String>,
    shifts: i64,
    headcount: Sum<i64>,
    planned_hours: Sum<f64>,
    actual_hours: Sum<f64>,
    overtime_hours: Sum<f64>,
    output_kg: Sum<f64>,
    kg_per_head: Ratio,
    kg_per_hour: Ratio,
    overtime: Ratio,
    utilisation: Ratio,
    made: Made,
    good_packs: Ratio,
}

impl ShiftSums {
    fn add(&mut self, shift: ShiftProductivity) {
        self.shifts += 1;
        self.headcount.add(shift.headcount, i64::saturating_add);
        self.planned_hours.add(shift.planned_hours, Add::add);
        // A shift that is still going has booked none of these yet, so it has no part in their sums.
        let counted = [shift.actual_hours, shift.overtime_hours, shift.output_kg];
        if counted.iter().any(Option::is_some) {
            self.actual_hours.add(shift.actual_hours, Add::add);
            self.overtime_hours.add(shift.overtime_hours, Add::add);
            self.output_kg.add(shift.output_kg, Add::add);
        }
        self.kg_per_head.add(shift.output_kg, shift.headcount.map(|heads| heads as f64));
        self.kg_per_hour.add(shift.output_kg, shift.actual_hours);
        self.overtime.add(shift.overtime_hours, shift.actual_hours);
        self.utilisation.add(shift.actual_hours, shift.planned_hours);
        self.made.add(&shift);
        let good = shift.packs.zip(shift.rejected_packs).map(|(packs, rejected)| (packs - rejected) as f64);
        self.good_packs.add(good, shift.packs.map(|packs| packs as f64));
        self.line_name = self.line_name.take().or(shift.line_name);
    }

    fn oee(&self) -> Oee {
        let hours = Option::unwrap_or_default;
        let worked = Production::of_shift(
            hours(self.utilisation.denominator()),
            hours(self.utilisation.numerator()),
            None,
            None,
        );
        // More rejected packs than packs contradict each other: the quality is then unknown.
        let quality_pct = self.good_packs.pct().filter(|pct| *pct >= 0.0);
        Oee::of_factors(Oee::of(&worked).availability_pct, self.made.performance_pct(), quality_pct)
    }
}

fn totals(shifts: Vec<ShiftProductivity>, query: &ShiftReportQuery) -> Keyed<Key, ShiftTotals> {
    let mut groups = BTreeMap::<Key, ShiftSums>::new();
    for shift in shifts {
        let line = [shift.prod_line.as_deref(), shift.line_name.as_deref()];
        let is_wanted = is_line_asked_for(line, query.line.as_deref())
            && is_asked_for(shift.shift_code.as_deref(), query.shift.as_deref());
        if is_wanted {
            groups.entry((shift.prod_line.clone(), shift.shift_code.clone())).or_default().add(shift);
        }
    }
    groups.into_iter().map(|(key, group)| (key.clone(), row(key, group))).collect()
}

fn row((prod_line, shift_code): Key, group: ShiftSums) -> ShiftTotals {
    let oee = group.oee();
    ShiftTotals {
        shift_code,
        prod_line,
        line_name: group.line_name,
        shifts: group.shifts,
        headcount: group.headcount.value(),
        planned_hours: group.planned_hours.value(),
        actual_hours: group.actual_hours.value(),
        overtime_hours: group.overtime_hours.value(),
        output_kg: group.output_kg.value(),
        kg_per_head: group.kg_per_head.value(),
        kg_per_hour: group.kg_per_hour.value(),
        overtime_pct: group.overtime.pct(),
        hours_utilisation_pct: group.utilisation.pct(),
        availability_pct: oee.availability_pct,
        performance_pct: oee.performance_pct,
        quality_pct: oee.quality_pct,
        oee_pct: oee.oee_pct,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shift on a line that can make 1,000 kg. It made 100 packs, of which 5 were rejected.
    fn shift(headcount: i64, planned: f64, actual: f64, output_kg: f64) -> ShiftProductivity {
        ShiftProductivity {
            shift_date: "2026-11-02".parse().unwrap(),
            shift_code: Some("AM".to_owned()),
            prod_line: Some("L1".to_owned()),
            line_name: Some("Line 1".to_owned()),
            headcount: Some(headcount),
            planned_hours: Some(planned),
            actual_hours: Some(actual),
            overtime_hours: Some(4.0),
            output_kg: Some(output_kg),
            kg_per_head: None,
            kg_per_hour: None,
            overtime_pct: None,
            hours_utilisation_pct: None,
            max_capacity_kg: Some(1000.0),
            packs: Some(100),
            rejected_packs: Some(5),
            availability_pct: None,
            performance_pct: None,
            quality_pct: None,
            oee_pct: None,
        }
    }

    fn one(shifts: Vec<ShiftProductivity>) -> ShiftTotals {
        let mut rows = totals(shifts, &ShiftReportQuery::default());
        assert_eq!(rows.len(), 1);
        rows.remove(0).1
    }

    #[test]
    fn shifts_of_one_code_and_line_are_added_up_and_rated_together() {
        let row = one(vec![shift(10, 80.0, 60.0, 600.0), shift(30, 120.0, 100.0, 1000.0)]);
        assert_eq!(
            (row.shifts, row.headcount, row.planned_hours, row.actual_hours),
            (2, Some(40), Some(200.0), Some(160.0))
        );
        assert_eq!(
            (row.kg_per_head, row.kg_per_hour, row.overtime_pct, row.hours_utilisation_pct),
            (Some(40.0), Some(10.0), Some(5.0), Some(80.0))
        );
        // 10 kg an hour of 2,000 kg in 200 hours; 190 good packs of 200.
        assert_eq!(
            (row.availability_pct, row.performance_pct, row.quality_pct, row.oee_pct),
            (Some(80.0), Some(100.0), Some(95.0), Some(76.0))
        );
    }

    #[test]
    fn a_shift_that_does_not_know_a_side_counts_in_no_ratio_with_it() {
        let going = ShiftProductivity {
            actual_hours: None,
            overtime_hours: None,
            output_kg: None,
            ..shift(10, 80.0, 0.0, 0.0)
        };
        let bare = ShiftProductivity {
            max_capacity_kg: None,
            packs: None,
            rejected_packs: None,
            ..shift(10, 80.0, 40.0, 900.0)
        };
        let row = one(vec![shift(10, 80.0, 80.0, 500.0), going, bare]);
        assert_eq!(
            (row.headcount, row.planned_hours, row.actual_hours, row.output_kg),
            (Some(30), Some(240.0), Some(120.0), Some(1400.0))
        );
        assert_eq!(
            (row.kg_per_head, row.availability_pct, row.performance_pct),
            (Some(70.0), Some(75.0), Some(50.0))
        );
        // The shift that is still going has packs already: 200, of which 10 were rejected.
        assert_eq!(row.quality_pct, Some(95.0));
    }

    #[test]
    fn a_shift_that_is_over_and_lacks_a_figure_makes_its_sum_unknown() {
        let unweighed = ShiftProductivity { output_kg: None, ..shift(10, 80.0, 80.0, 0.0) };
        let row = one(vec![shift(10, 80.0, 80.0, 500.0), unweighed]);
        assert_eq!((row.actual_hours, row.output_kg, row.kg_per_hour), (Some(160.0), None, Some(6.25)));
        let uncounted = ShiftProductivity { headcount: None, ..shift(0, 80.0, 80.0, 500.0) };
        let row = one(vec![uncounted, shift(10, 80.0, 80.0, 500.0)]);
        assert_eq!((row.headcount, row.output_kg, row.kg_per_head), (None, Some(1000.0), Some(50.0)));
    }

    #[test]
    fn nothing_is_divided_by_nothing_and_overtime_makes_a_line_no_more_than_available() {
        let idle = one(vec![shift(0, 0.0, 0.0, 0.0)]);
        assert_eq!(
            (idle.kg_per_head, idle.kg_per_hour, idle.overtime_pct, idle.hours_utilisation_pct),
            (None, None, None, None)
        );
        assert_eq!(
            (idle.availability_pct, idle.performance_pct, idle.quality_pct, idle.oee_pct),
            (None, None, Some(95.0), None)
        );
        let long = one(vec![shift(10, 80.0, 100.0, 1000.0)]);
        assert_eq!(
            (long.hours_utilisation_pct, long.availability_pct, long.performance_pct),
            (Some(125.0), Some(100.0), Some(80.0))
        );
        let contradictory =
            one(vec![ShiftProductivity { rejected_packs: Some(101), ..shift(1, 8.0, 8.0, 8.0) }]);
        assert_eq!((contradictory.quality_pct, contradictory.oee_pct), (None, None));
    }

    #[test]
    fn rows_are_by_line_and_shift_and_filtered_by_both() {
        let of = |line: Option<&str>, code: &str| ShiftProductivity {
            prod_line: line.map(str::to_owned),
            shift_code: Some(code.to_owned()),
            ..shift(1, 8.0, 8.0, 8.0)
        };
        let shifts = vec![of(Some("L2"), "AM"), of(Some("L1"), "PM"), of(Some("L1"), "AM"), of(None, "AM")];
        let asked = |line: Option<&str>, code: Option<&str>| {
            let query = ShiftReportQuery {
                line: line.map(str::to_owned),
                shift: code.map(str::to_owned),
                ..ShiftReportQuery::default()
            };
            let shown = |row: ShiftTotals| {
                format!("{} {}", row.prod_line.unwrap_or_default(), row.shift_code.unwrap_or_default())
            };
            totals(shifts.clone(), &query).into_iter().map(|(_, row)| shown(row)).collect::<Vec<_>>()
        };
        assert_eq!(asked(None, None), [" AM", "L1 AM", "L1 PM", "L2 AM"]);
        assert_eq!(asked(Some("l1"), None), ["L1 AM", "L1 PM"]);
        assert_eq!(asked(Some("L1"), Some("pm")), ["L1 PM"]);
    }
}
