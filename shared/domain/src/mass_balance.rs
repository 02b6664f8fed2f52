//! The mass balance of batches over the runs that they reached: what went in, what came out, what went back,
//! and what nobody can explain.
//!
//! A run mixes batches. What stayed of a batch in a run is its input less what went back of it. The output
//! of the run is shared between the batches in proportion to what stayed of each.
//!
//! Each run counts once, however many ways lead to it. A balance below zero means that, by the records, more
//! came out than went in. A figure that follows from an unknown weight is unknown.

/// What the records of one run say, in kg. The balance is of the *traced* batches. `None` is an unknown
/// weight; what no record tells of is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunMasses {
    /// What went in of the traced batches.
    pub traced_in_kg: Option<f64>,
    /// What went in of other batches.
    pub other_in_kg: Option<f64>,
    /// What went back of the traced batches.
    pub traced_back_kg: Option<f64>,
    /// What went back of other batches.
    pub other_back_kg: Option<f64>,
    /// What went back of batches that no record names.
    pub unknown_back_kg: Option<f64>,
    /// What came out as product, of all batches.
    pub out_kg: Option<f64>,
}

impl Default for RunMasses {
    /// A run of which no record tells anything.
    fn default() -> Self {
        let nothing = Some(0.0);
        Self {
            traced_in_kg: nothing,
            other_in_kg: nothing,
            traced_back_kg: nothing,
            other_back_kg: nothing,
            unknown_back_kg: nothing,
            out_kg: nothing,
        }
    }
}

/// The mass balance of the traced batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MassBalance {
    /// What went into runs.
    pub input_kg: Option<f64>,
    /// The batches' share of the product that came out.
    pub output_kg: Option<f64>,
    /// What went back out of runs as fish.
    pub returned_kg: Option<f64>,
}

impl MassBalance {
    /// The balance over these runs.
    pub fn of(runs: impl IntoIterator<Item = RunMasses>) -> Self {
        let nothing = Self { input_kg: Some(0.0), output_kg: Some(0.0), returned_kg: Some(0.0) };
        let add = |sum: Option<f64>, kg: Option<f64>| Some(sum? + kg?);
        runs.into_iter().map(|run| run.balance()).fold(nothing, |sum, of_run| Self {
            input_kg: add(sum.input_kg, of_run.input_kg),
            output_kg: add(sum.output_kg, of_run.output_kg),
            returned_kg: add(sum.returned_kg, of_run.returned_kg),
        })
    }

    /// What went in and neither came out nor went back: waste, and what nobody has booked yet.
    pub fn unexplained_kg(&self) -> Option<f64> {
        Some(self.input_kg? - self.output_kg? - self.returned_kg?)
    }

    /// The unexplained share of what went in. `None` if nothing went in.
    pub fn unexplained_pct(&self) -> Option<f64> {
        crate::ratio::ratio_pct(self.unexplained_kg()?, self.input_kg?)
    }
}

impl RunMasses {
    fn balance(&self) -> MassBalance {
        let (share_in, returned_kg) = (self.share_in(), self.returned_kg());
        let share_out = if self.is_alone() { Some(1.0) } else { self.share_out(share_in, returned_kg) };
        let output_kg = self.out_kg.zip(share_out).map(|(out_kg, share)| out_kg * share);
        MassBalance { input_kg: self.traced_in_kg, output_kg, returned_kg }
    }

    /// Whether no other batch was in the run. All of the output is then that of the traced ones, whatever they
    /// weigh.
    fn is_alone(&self) -> bool {
        self.other_in_kg == Some(0.0) && self.other_back_kg == Some(0.0)
    }

    /// The traced batches' share of what went in. Where no input is recorded, a traced batch is the only one
    /// known to have been there, and it gets all.
    fn share_in(&self) -> Option<f64> {
        if self.other_in_kg == Some(0.0) {
            return Some(1.0);
        }
        let (traced, other) = self.traced_in_kg.zip(self.other_in_kg)?;
        Some(if traced + other > 0.0 { traced / (traced + other) } else { 1.0 })
    }

    /// What went back of the traced batches, with their share of what went back of nobody knows which.
    fn returned_kg(&self) -> Option<f64> {
        if self.unknown_back_kg == Some(0.0) {
            return self.traced_back_kg;
        }
        Some(self.traced_back_kg? + self.unknown_back_kg? * self.share_in()?)
    }

    /// The traced batches' share of what stayed in the run.
    fn share_out(&self, share_in: Option<f64>, returned_kg: Option<f64>) -> Option<f64> {
        let in_kg = self.traced_in_kg? + self.other_in_kg?;
        let stayed_kg = in_kg - self.traced_back_kg? - self.other_back_kg? - self.unknown_back_kg?;
        if stayed_kg > 0.0 {
            Some(((self.traced_in_kg? - returned_kg?) / stayed_kg).clamp(0.0, 1.0))
        } else {
            share_in
        }
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
        let near = |one: Option<f64>, other: f64| near(one.unwrap(), other);
        near(balance.input_kg, run.traced_in_kg.unwrap());
        near(balance.output_kg, output_kg);
        near(balance.returned_kg, returned_kg);
        near(balance.unexplained_kg(), unexplained_kg);
        assert_eq!(balance.unexplained_pct().map(f64::round), unexplained_pct);
    }

    #[test]
    fn a_batch_that_was_alone_in_its_run_has_all_that_came_out() {
        let run = RunMasses { traced_in_kg: Some(100.0), out_kg: Some(90.0), ..RunMasses::default() };
        check(run, 90.0, 0.0, 10.0, Some(10.0));
        check(RunMasses { traced_back_kg: Some(6.0), ..run }, 90.0, 6.0, 4.0, Some(4.0));
        check(RunMasses { unknown_back_kg: Some(6.0), ..run }, 90.0, 6.0, 4.0, Some(4.0));
        check(RunMasses { out_kg: Some(103.0), ..run }, 103.0, 0.0, -3.0, Some(-3.0));
    }

    #[test]
    fn batches_that_were_mixed_share_what_came_out_by_what_stayed_in_of_each() {
        let run = RunMasses {
            traced_in_kg: Some(100.0),
            other_in_kg: Some(300.0),
            out_kg: Some(380.0),
            ..RunMasses::default()
        };
        check(run, 95.0, 0.0, 5.0, Some(5.0));
        // 50 of 350 stayed.
        check(
            RunMasses { traced_back_kg: Some(50.0), out_kg: Some(350.0), ..run },
            50.0,
            50.0,
            0.0,
            Some(0.0),
        );
        check(
            RunMasses { other_back_kg: Some(200.0), out_kg: Some(190.0), ..run },
            95.0,
            0.0,
            5.0,
            Some(5.0),
        );
        check(
            RunMasses { unknown_back_kg: Some(40.0), out_kg: Some(324.0), ..run },
            81.0,
            10.0,
            9.0,
            Some(9.0),
        );
        check(RunMasses { traced_in_kg: Some(0.0), ..run }, 0.0, 0.0, 0.0, None);
    }

    #[test]
    fn records_that_contradict_themselves_are_shown_as_they_are() {
        let run = RunMasses { out_kg: Some(50.0), ..RunMasses::default() };
        check(run, 50.0, 0.0, -50.0, None);
        check(
            RunMasses { traced_in_kg: Some(10.0), traced_back_kg: Some(30.0), out_kg: Some(5.0), ..run },
            5.0,
            30.0,
            -25.0,
            Some(-250.0),
        );
        check(
            RunMasses {
                traced_in_kg: Some(10.0),
                other_in_kg: Some(90.0),
                traced_back_kg: Some(30.0),
                out_kg: Some(70.0),
                ..run
            },
            0.0,
            30.0,
            -20.0,
            Some(-200.0),
        );
    }

    #[test]
    fn only_what_follows_from_an_unknown_weight_is_unknown() {
        let mixed = RunMasses {
            traced_in_kg: Some(100.0),
            other_in_kg: Some(300.0),
            out_kg: Some(380.0),
            ..RunMasses::default()
        };
        let check = |run: RunMasses, input_kg, output_kg, returned_kg| {
            let balance = MassBalance::of([run, RunMasses::default()]);
            let shown = (balance.input_kg, balance.output_kg, balance.returned_kg);
            assert_eq!(shown, (input_kg, output_kg, returned_kg), "{run:?}");
            let is_known = balance.unexplained_kg().is_some();
            assert_eq!(is_known, input_kg.and(output_kg).and(returned_kg).is_some(), "{run:?}");
        };
        check(mixed, Some(100.0), Some(95.0), Some(0.0));
        check(RunMasses { traced_in_kg: None, ..mixed }, None, None, Some(0.0));
        check(RunMasses { other_in_kg: None, ..mixed }, Some(100.0), None, Some(0.0));
        check(RunMasses { traced_back_kg: None, ..mixed }, Some(100.0), None, None);
        check(RunMasses { unknown_back_kg: None, ..mixed }, Some(100.0), None, None);
        check(RunMasses { other_back_kg: None, ..mixed }, Some(100.0), None, Some(0.0));
        check(RunMasses { out_kg: None, ..mixed }, Some(100.0), None, Some(0.0));
        // Alone in its run, a batch has all that came out, whatever it weighs.
        let alone = RunMasses { traced_in_kg: None, out_kg: Some(90.0), ..RunMasses::default() };
        check(alone, None, Some(90.0), Some(0.0));
        check(RunMasses { unknown_back_kg: Some(5.0), ..alone }, None, Some(90.0), Some(5.0));
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
                RunMasses {
                    traced_in_kg: Some(traced),
                    other_in_kg: Some(other),
                    traced_back_kg: Some(traced_back_kg),
                    other_back_kg: Some(other_back_kg),
                    unknown_back_kg: Some(unknown_back_kg),
                    out_kg: Some((left - unknown_back_kg) * out),
                }
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
            prop_assert!(one.unexplained_kg().unwrap() > -1e-6, "{:?}", one);
            let went_in = |run: &&RunMasses| run.traced_in_kg.unwrap() + run.other_in_kg.unwrap() > 0.0;
            let out_kg: f64 = of_traced.iter().filter(went_in).filter_map(|run| run.out_kg).sum();
            let both_kg = one.output_kg.unwrap() + other.output_kg.unwrap();
            prop_assert!((both_kg - out_kg).abs() < 1e-6, "{:?} {:?} {}", one, other, out_kg);
        }
    }
}
