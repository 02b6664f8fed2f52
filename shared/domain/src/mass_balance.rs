//! The mass balance of batches over the runs that they reached: what went in, what came out, what went back,
//! and what nobody can explain.
//!
//! A run mixes batches. What stayed of a batch in a run is its input less what went back of it. The output
//! of the run is shared between the batches in proportion to what stayed of each.
//!
//! Each run counts once, however many ways lead to it. A balance below zero means that, by the records, more
//! came out than went in.

/// What the records of one run say, in kg. The balance is of the *traced* batches.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RunMasses {
    /// What went in of the traced batches.
    pub traced_in_kg: f64,
    /// What went in of other batches.
    pub other_in_kg: f64,
    /// What went back of the traced batches.
    pub traced_back_kg: f64,
    /// What went back of other batches.
    pub other_back_kg: f64,
    /// What went back of batches that no record names.
    pub unknown_back_kg: f64,
    /// What came out as product, of all batches.
    pub out_kg: f64,
}

/// The mass balance of the traced batches.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MassBalance {
    /// What went into runs.
    pub input_kg: f64,
    /// The batches' share of the product that came out.
    pub output_kg: f64,
    /// What went back out of runs as fish.
    pub returned_kg: f64,
}

impl MassBalance {
    /// The balance over these runs.
    pub fn of(runs: impl IntoIterator<Item = RunMasses>) -> Self {
        runs.into_iter().fold(Self::default(), |sum, run| {
            let of_run = run.balance();
            Self {
                input_kg: sum.input_kg + of_run.input_kg,
                output_kg: sum.output_kg + of_run.output_kg,
                returned_kg: sum.returned_kg + of_run.returned_kg,
            }
        })
    }

    /// What went in and neither came out nor went back: waste, and what nobody has booked yet.
    pub fn unexplained_kg(&self) -> f64 {
        self.input_kg - self.output_kg - self.returned_kg
    }

    /// The unexplained share of what went in. `None` if nothing went in.
    pub fn unexplained_pct(&self) -> Option<f64> {
        crate::ratio::ratio_pct(self.unexplained_kg(), self.input_kg)
    }
}

impl RunMasses {
    fn balance(&self) -> MassBalance {
        let in_kg = self.traced_in_kg + self.other_in_kg;
        // Where no input is recorded, the traced batch is the only one known to have been there. It gets all
        // of the output.
        let share_in = if in_kg > 0.0 { self.traced_in_kg / in_kg } else { 1.0 };
        let returned_kg = self.traced_back_kg + self.unknown_back_kg * share_in;
        let stayed_kg = in_kg - self.traced_back_kg - self.other_back_kg - self.unknown_back_kg;
        let share_out = if stayed_kg > 0.0 {
            ((self.traced_in_kg - returned_kg) / stayed_kg).clamp(0.0, 1.0)
        } else {
            share_in
        };
        MassBalance { input_kg: self.traced_in_kg, output_kg: self.out_kg * share_out, returned_kg }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(
        run: RunMasses,
        output_kg: f64,
        returned_kg: f64,
        unexplained_kg: f64,
        unexplained_pct: Option<f64>,
    ) {
        let balance = MassBalance::of([run]);
        let near =
            |one: f64, other: f64| assert!((one - other).abs() < 1e-9, "{one} and not {other}: {balance:?}");
        near(balance.input_kg, run.traced_in_kg);
        near(balance.output_kg, output_kg);
        near(balance.returned_kg, returned_kg);
        near(balance.unexplained_kg(), unexplained_kg);
        assert_eq!(balance.unexplained_pct().map(f64::round), unexplained_pct);
    }

    #[test]
    fn a_batch_that_was_alone_in_its_run_has_all_that_came_out() {
        let run = RunMasses { traced_in_kg: 100.0, out_kg: 90.0, ..RunMasses::default() };
        check(run, 90.0, 0.0, 10.0, Some(10.0));
        check(RunMasses { traced_back_kg: 6.0, ..run }, 90.0, 6.0, 4.0, Some(4.0));
        check(RunMasses { unknown_back_kg: 6.0, ..run }, 90.0, 6.0, 4.0, Some(4.0));
        check(RunMasses { out_kg: 103.0, ..run }, 103.0, 0.0, -3.0, Some(-3.0));
    }

    #[test]
    fn batches_that_were_mixed_share_what_came_out_by_what_stayed_in_of_each() {
        let run =
            RunMasses { traced_in_kg: 100.0, other_in_kg: 300.0, out_kg: 380.0, ..RunMasses::default() };
        check(run, 95.0, 0.0, 5.0, Some(5.0));
        // 50 of 350 stayed.
        check(RunMasses { traced_back_kg: 50.0, out_kg: 350.0, ..run }, 50.0, 50.0, 0.0, Some(0.0));
        check(RunMasses { other_back_kg: 200.0, out_kg: 190.0, ..run }, 95.0, 0.0, 5.0, Some(5.0));
        check(RunMasses { unknown_back_kg: 40.0, out_kg: 324.0, ..run }, 81.0, 10.0, 9.0, Some(9.0));
        check(RunMasses { traced_in_kg: 0.0, ..run }, 0.0, 0.0, 0.0, None);
    }

    #[test]
    fn records_that_contradict_themselves_are_shown_as_they_are() {
        let run = RunMasses { out_kg: 50.0, ..RunMasses::default() };
        check(run, 50.0, 0.0, -50.0, None);
        check(
            RunMasses { traced_in_kg: 10.0, traced_back_kg: 30.0, out_kg: 5.0, ..run },
            5.0,
            30.0,
            -25.0,
            Some(-250.0),
        );
        check(
            RunMasses { traced_in_kg: 10.0, other_in_kg: 90.0, traced_back_kg: 30.0, out_kg: 70.0, ..run },
            0.0,
            30.0,
            -20.0,
            Some(-200.0),
        );
    }

    proptest! {
        #[test]
        fn runs_whose_own_books_balance_never_leave_a_batch_below_zero_and_its_parts_add_up(
            runs in prop::collection::vec((0.0..500.0_f64, 0.0..500.0_f64, 0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64), 0..8),
        ) {
            let masses = |(traced, other, back_traced, back_other, back_unknown, out): (f64, f64, f64, f64, f64, f64)| {
                let (traced_back_kg, other_back_kg) = (traced * back_traced * 0.5, other * back_other * 0.5);
                let left = traced + other - traced_back_kg - other_back_kg;
                // No more than half of either went back, so that enough is left to share what went back of
                // unknown batches.
                let unknown_back_kg = left * back_unknown * 0.5;
                RunMasses { traced_in_kg: traced, other_in_kg: other, traced_back_kg, other_back_kg, unknown_back_kg, out_kg: (left - unknown_back_kg) * out }
            };
            let of_traced: Vec<RunMasses> = runs.into_iter().map(masses).collect();
            let of_others = of_traced.iter().map(|run| RunMasses {
                traced_in_kg: run.other_in_kg,
                other_in_kg: run.traced_in_kg,
                traced_back_kg: run.other_back_kg,
                other_back_kg: run.traced_back_kg,
                ..*run
            });
            let (one, other) = (MassBalance::of(of_traced.clone()), MassBalance::of(of_others));
            prop_assert!(one.unexplained_kg() > -1e-6, "{:?}", one);
            let out_kg: f64 = of_traced.iter().filter(|run| run.traced_in_kg + run.other_in_kg > 0.0).map(|run| run.out_kg).sum();
            prop_assert!((one.output_kg + other.output_kg - out_kg).abs() < 1e-6, "{:?} {:?} {}", one, other, out_kg);
        }
    }
}
