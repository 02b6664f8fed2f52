//! Overall equipment effectiveness (OEE): availability · performance · quality.
//!
//! A line may be faster than its stated capacity, so performance may exceed 100 %. Where the numbers
//! contradict each other, the factor is `None`.

use crate::ratio::ratio_pct;

/// What a line did in a shift.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Production {
    /// How long the line was planned to run.
    pub planned_minutes: Option<f64>,
    /// How much of that time the line stood still.
    pub downtime_minutes: Option<f64>,
    /// How much product the line made.
    pub actual_kg: Option<f64>,
    /// How much product the line can make in a shift.
    pub capacity_kg: Option<f64>,
    /// How long the shift is that the capacity is stated for.
    pub shift_minutes: Option<f64>,
    /// How many packs the line made, including rejected ones.
    pub packs: Option<u64>,
    /// How many packs were rejected.
    pub rejected_packs: Option<u64>,
}

impl Production {
    /// The production of a shift that worked some of its planned hours. The line's capacity is stated for a
    /// shift of the planned hours.
    ///
    /// A shift may work longer than planned. The plan is then taken to be the hours worked: the line was
    /// available all the time, and its rate is still that of the planned shift.
    pub fn of_shift(
        planned_hours: f64,
        worked_hours: f64,
        actual_kg: Option<f64>,
        capacity_kg: Option<f64>,
    ) -> Self {
        if planned_hours <= 0.0 {
            return Self::default();
        }
        Self {
            planned_minutes: Some(planned_hours.max(worked_hours) * 60.0),
            downtime_minutes: Some((planned_hours - worked_hours).max(0.0) * 60.0),
            actual_kg,
            capacity_kg,
            shift_minutes: Some(planned_hours * 60.0),
            ..Self::default()
        }
    }
}

/// The three factors of the effectiveness and their product, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Oee {
    /// The share of the planned time in which the line ran.
    pub availability_pct: Option<f64>,
    /// The share of its capacity that the line made while it ran.
    pub performance_pct: Option<f64>,
    /// The share of the packs that were not rejected.
    pub quality_pct: Option<f64>,
    /// The product of the three. `None` if one of them is unknown.
    pub oee_pct: Option<f64>,
}

impl Oee {
    /// The effectiveness of a production.
    pub fn of(production: &Production) -> Self {
        Self::of_factors(availability_pct(production), performance_pct(production), quality_pct(production))
    }

    /// The effectiveness that follows from these three factors.
    pub fn of_factors(
        availability_pct: Option<f64>,
        performance_pct: Option<f64>,
        quality_pct: Option<f64>,
    ) -> Self {
        let oee_pct = || Some(availability_pct? * performance_pct? * quality_pct? / 1e4);
        Self { availability_pct, performance_pct, quality_pct, oee_pct: oee_pct() }
    }
}

fn run_minutes(production: &Production) -> Option<f64> {
    let run_minutes = production.planned_minutes? - production.downtime_minutes?;
    (run_minutes >= 0.0).then_some(run_minutes)
}

fn availability_pct(production: &Production) -> Option<f64> {
    ratio_pct(run_minutes(production)?, production.planned_minutes?)
}

fn performance_pct(production: &Production) -> Option<f64> {
    let could_make_kg = production.capacity_kg? / production.shift_minutes? * run_minutes(production)?;
    ratio_pct(production.actual_kg?, could_make_kg)
}

fn quality_pct(production: &Production) -> Option<f64> {
    let packs = production.packs?;
    let good_packs = packs.checked_sub(production.rejected_packs?)?;
    ratio_pct(good_packs as f64, packs as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIFT: Production = Production {
        planned_minutes: Some(480.0),
        downtime_minutes: Some(120.0),
        actual_kg: Some(2_700.0),
        capacity_kg: Some(4_800.0),
        shift_minutes: Some(480.0),
        packs: Some(1_000),
        rejected_packs: Some(40),
    };

    #[test]
    fn a_shift_is_rated_by_its_three_factors() {
        let oee = Oee::of(&SHIFT);
        assert_eq!(oee.availability_pct, Some(75.0));
        assert_eq!(oee.performance_pct, Some(75.0));
        assert_eq!(oee.quality_pct, Some(96.0));
        assert!((oee.oee_pct.unwrap() - 54.0).abs() < 1e-9);
    }

    #[test]
    fn a_line_may_beat_its_stated_capacity() {
        assert_eq!(Oee::of(&Production { actual_kg: Some(4_500.0), ..SHIFT }).performance_pct, Some(125.0));
    }

    #[test]
    fn a_shift_is_available_for_the_hours_worked_of_those_planned_and_never_for_more() {
        let check = |planned, worked, availability, performance| {
            let oee = Oee::of(&Production::of_shift(planned, worked, Some(900.0), Some(1_200.0)));
            assert_eq!(
                (oee.availability_pct, oee.performance_pct),
                (availability, performance),
                "{worked} of {planned} hours"
            );
        };
        check(80.0, 80.0, Some(100.0), Some(75.0));
        check(80.0, 60.0, Some(75.0), Some(100.0));
        check(80.0, 120.0, Some(100.0), Some(50.0));
        check(80.0, 0.0, Some(0.0), None);
        check(0.0, 8.0, None, None);
    }

    #[test]
    fn a_factor_that_is_not_known_leaves_the_others() {
        let check = |production: Production, expect: [bool; 4]| {
            let Oee { availability_pct, performance_pct, quality_pct, oee_pct } = Oee::of(&production);
            let known = [availability_pct, performance_pct, quality_pct, oee_pct].map(|pct| pct.is_some());
            assert_eq!(known, expect, "{production:?}");
        };
        check(SHIFT, [true; 4]);
        check(Production { downtime_minutes: None, ..SHIFT }, [false, false, true, false]);
        check(Production { downtime_minutes: Some(481.0), ..SHIFT }, [false, false, true, false]);
        check(Production { downtime_minutes: Some(480.0), ..SHIFT }, [true, false, true, false]);
        check(
            Production { planned_minutes: Some(0.0), downtime_minutes: Some(0.0), ..SHIFT },
            [false, false, true, false],
        );
        check(Production { capacity_kg: Some(0.0), ..SHIFT }, [true, false, true, false]);
        check(Production { shift_minutes: Some(0.0), ..SHIFT }, [true, false, true, false]);
        check(Production { packs: Some(0), rejected_packs: Some(0), ..SHIFT }, [true, true, false, false]);
        check(Production { rejected_packs: Some(1_001), ..SHIFT }, [true, true, false, false]);
        check(Production::default(), [false; 4]);
    }
}
