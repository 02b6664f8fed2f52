//! Yield, efficiency, waste and giveaway of a run and of groups of runs. A figure that is not known, or whose
//! denominator is not above zero, is `None`: never 0, never infinite.

use crate::bookings::quantity_kg;
use crate::ratio::{Ratio, ratio_pct};

/// What came out: the sum of the booked outputs, or the weighing system's total where no output is booked.
///
/// Outputs that add up to less than nothing are wrong, and no other figure hides that.
pub fn actual_kg(outputs_kg: Option<f64>, total_weight_kg: Option<f64>) -> Option<f64> {
    outputs_kg.map_or(total_weight_kg, |kg| quantity_kg(Some(kg)))
}

/// What came out of what went in: actual / input.
pub fn yield_pct(actual_kg: Option<f64>, input_kg: Option<f64>) -> Option<f64> {
    ratio_pct(actual_kg?, input_kg?)
}

/// What came out of what was planned: actual / target.
pub fn efficiency_pct(actual_kg: Option<f64>, target_kg: Option<f64>) -> Option<f64> {
    ratio_pct(actual_kg?, target_kg?)
}

/// What went in and did not come out. Negative where more came out than is recorded to have gone in.
pub fn waste_kg(input_kg: Option<f64>, actual_kg: Option<f64>) -> Option<f64> {
    Some(input_kg? - actual_kg?)
}

/// Waste as a share of the input.
pub fn waste_pct(input_kg: Option<f64>, actual_kg: Option<f64>) -> Option<f64> {
    ratio_pct(waste_kg(input_kg, actual_kg)?, input_kg?)
}

/// Fish given away above the target: Σ(net - target) / Σ target, both over the same packs.
pub fn giveaway_pct(giveaway: Option<f64>, target: Option<f64>) -> Option<f64> {
    ratio_pct(giveaway?, target?)
}

/// What one run brings to a group of runs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RunKg {
    /// Fish that went in.
    pub input_kg: Option<f64>,
    /// Product that came out.
    pub actual_kg: Option<f64>,
    /// Product that was planned.
    pub target_kg: Option<f64>,
    /// How much all packs of the run weigh above their target weights.
    pub giveaway_kg: Option<f64>,
    /// The target weights of these packs, added up.
    pub pack_target_kg: Option<f64>,
    /// How much was given away by the weighing system's own sums. Only set where the packs do not tell.
    pub totals_giveaway_kg: Option<f64>,
    /// The target weight that `totals_giveaway_kg` is above.
    pub totals_target_kg: Option<f64>,
    /// Whether fish went in, and nobody knows how much.
    pub is_input_unknown: bool,
    /// Whether product came out, and nobody knows how much.
    pub is_output_unknown: bool,
}

impl RunKg {
    /// Adds what was given away by the weighing system's own sums. Does nothing where the packs tell it.
    ///
    /// `giveaway_pct` is a percentage of the target weight. That is the weight packed less the weight given
    /// away. The weight packed is `total_weight_kg`, or the output where that is not known.
    pub fn with_totals(
        mut self,
        giveaway_pct: Option<f64>,
        total_weight_kg: Option<f64>,
        total_giveaway_kg: Option<f64>,
    ) -> Self {
        let packed_kg = total_weight_kg
            .or(self.actual_kg)
            .filter(|_| self.pack_target_kg.is_none_or(|target_kg| target_kg <= 0.0));
        if let (Some(pct), Some(packed_kg)) = (giveaway_pct, packed_kg) {
            let target_kg = packed_kg - total_giveaway_kg.unwrap_or_default();
            self.totals_giveaway_kg = Some(pct / 100.0 * target_kg);
            self.totals_target_kg = Some(target_kg);
        }
        self
    }
}

/// A sum over runs. A run that has nothing to add leaves it as it is. A run that has an unknown part to add
/// makes it unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sum {
    known_kg: Option<f64>,
    unknown: u64,
}

impl Sum {
    fn add(&mut self, kg: Option<f64>) {
        if let Some(kg) = kg {
            self.known_kg = Some(self.known_kg.unwrap_or(0.0) + kg);
        }
    }

    fn kg(self) -> Option<f64> {
        self.known_kg.filter(|_| self.unknown == 0)
    }
}

/// The sums of a group of runs, as they are kept to be added to those of other groups.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct KeptSums {
    /// How many runs were added.
    pub runs: u64,
    /// [`YieldSum::input_kg`].
    pub input_kg: Option<f64>,
    /// [`YieldSum::total_kg`].
    pub total_kg: Option<f64>,
    /// [`YieldSum::yield_input_kg`].
    pub yield_input_kg: Option<f64>,
    /// [`YieldSum::yield_output_kg`].
    pub yield_output_kg: Option<f64>,
    /// The runs of which nobody knows how much went in.
    pub unknown_inputs: u64,
    /// The runs of which nobody knows how much came out.
    pub unknown_outputs: u64,
    /// The runs with inputs of which nobody knows how much went in, or how much of it came out.
    pub unknown_wastes: u64,
}

/// Runs added up. A sum with an unknown part is unknown. Each percentage is a ratio of sums over those runs
/// that know both sides of it. So a run without inputs counts in `total_kg`, but not in `yield_pct`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct YieldSum {
    runs: u64,
    input: Sum,
    target: Sum,
    total: Sum,
    unknown_wastes: u64,
    with_input: Ratio,
    with_target: Ratio,
    giveaway: Ratio,
    totals_giveaway: Ratio,
}

impl YieldSum {
    /// Adds one run.
    pub fn add(&mut self, run: &RunKg) {
        self.runs += 1;
        self.input.add(run.input_kg);
        self.input.unknown += u64::from(run.is_input_unknown);
        self.target.add(run.target_kg);
        self.total.add(run.actual_kg);
        self.total.unknown += u64::from(run.is_output_unknown);
        let is_waste_unknown = run.is_input_unknown || (run.input_kg.is_some() && run.is_output_unknown);
        self.unknown_wastes += u64::from(is_waste_unknown);
        self.with_input.add(run.actual_kg, run.input_kg);
        self.with_target.add(run.actual_kg, run.target_kg);
        self.giveaway.add(run.giveaway_kg, run.pack_target_kg);
        self.totals_giveaway.add(run.totals_giveaway_kg, run.totals_target_kg);
    }

    /// Adds a group of runs by the sums that were kept of it.
    pub fn add_kept(&mut self, kept: &KeptSums) {
        self.runs += kept.runs;
        self.input.add(kept.input_kg);
        self.input.unknown += kept.unknown_inputs;
        self.total.add(kept.total_kg);
        self.total.unknown += kept.unknown_outputs;
        self.unknown_wastes += kept.unknown_wastes;
        self.with_input.add(kept.yield_output_kg, kept.yield_input_kg);
    }

    /// The sums that [`Self::add_kept`] takes.
    pub fn kept(&self) -> KeptSums {
        KeptSums {
            runs: self.runs,
            input_kg: self.input_kg(),
            total_kg: self.total_kg(),
            yield_input_kg: self.yield_input_kg(),
            yield_output_kg: self.yield_output_kg(),
            unknown_inputs: self.input.unknown,
            unknown_outputs: self.total.unknown,
            unknown_wastes: self.unknown_wastes,
        }
    }

    /// How many runs were added.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The sum of all inputs. `None` where no run has any, or where those of a run are unknown.
    pub fn input_kg(&self) -> Option<f64> {
        self.input.kg()
    }

    /// The sum of all targets. `None` where no run has any.
    pub fn target_kg(&self) -> Option<f64> {
        self.target.kg()
    }

    /// The sum of all product, of runs without inputs too. `None` where no run has any, or where that of a run
    /// is unknown.
    pub fn total_kg(&self) -> Option<f64> {
        self.total.kg()
    }

    /// Whether product of a run is unknown.
    pub fn is_total_unknown(&self) -> bool {
        self.total.unknown > 0
    }

    /// Yield of the runs with inputs.
    pub fn yield_pct(&self) -> Option<f64> {
        self.with_input.pct()
    }

    /// Product of the runs with inputs.
    pub fn yield_output_kg(&self) -> Option<f64> {
        self.with_input.numerator()
    }

    /// Inputs of the runs that know what came out of them.
    pub fn yield_input_kg(&self) -> Option<f64> {
        self.with_input.denominator()
    }

    /// Efficiency of the runs with a target.
    pub fn efficiency_pct(&self) -> Option<f64> {
        self.with_target.pct()
    }

    /// Waste of the runs with inputs and outputs. A run that has nothing booked on one side has no part in it.
    /// `None` where there is no such run, or where the waste of one is unknown.
    pub fn waste_kg(&self) -> Option<f64> {
        waste_kg(self.yield_input_kg(), self.yield_output_kg()).filter(|_| self.unknown_wastes == 0)
    }

    /// Waste of the runs with inputs that know what came out of them, as a share of these inputs.
    pub fn waste_pct(&self) -> Option<f64> {
        waste_pct(self.yield_input_kg(), self.yield_output_kg())
    }

    /// Giveaway of the runs with packs. Where there are none, it follows from the weighing system's own sums.
    pub fn giveaway_pct(&self) -> Option<f64> {
        self.giveaway.pct().or_else(|| self.totals_giveaway.pct())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_formulas_follow_their_definition() {
        let (input, actual, target) = (Some(200.0), Some(180.0), Some(150.0));
        assert_eq!(yield_pct(actual, input), Some(90.0));
        assert_eq!(efficiency_pct(actual, target), Some(120.0));
        assert_eq!(waste_kg(input, actual), Some(20.0));
        assert_eq!(waste_pct(input, actual), Some(10.0));
        assert_eq!(waste_pct(Some(100.0), Some(110.0)), Some(-10.0));
        assert_eq!(giveaway_pct(Some(6.0), Some(200.0)), Some(3.0));
    }

    #[test]
    fn what_is_not_known_or_divided_by_zero_stays_unknown() {
        for (actual, input) in
            [(None, Some(1.0)), (Some(1.0), None), (Some(1.0), Some(0.0)), (Some(0.0), Some(0.0))]
        {
            assert_eq!(yield_pct(actual, input), None, "{actual:?} of {input:?}");
            assert_eq!(waste_pct(input, actual), None, "{actual:?} of {input:?}");
        }
        assert_eq!(waste_kg(Some(0.0), Some(5.0)), Some(-5.0));
    }

    fn sum(runs: &[RunKg]) -> YieldSum {
        let mut sum = YieldSum::default();
        for run in runs {
            sum.add(run);
        }
        sum
    }

    #[test]
    fn a_group_is_a_ratio_of_sums_over_the_runs_that_know_both_sides() {
        let run =
            |input_kg, actual_kg, target_kg| RunKg { input_kg, actual_kg, target_kg, ..RunKg::default() };
        let group = sum(&[
            run(Some(100.0), Some(50.0), Some(100.0)),
            run(Some(300.0), Some(270.0), None),
            run(None, Some(1000.0), Some(900.0)),
            run(Some(0.0), Some(7.0), None),
            run(Some(40.0), None, Some(30.0)),
        ]);
        assert_eq!(group.runs(), 5);
        assert_eq!(group.total_kg(), Some(1327.0));
        assert_eq!(group.input_kg(), Some(440.0));
        assert_eq!(group.target_kg(), Some(1030.0));
        assert_eq!(group.yield_pct(), Some(80.0));
        assert_eq!(group.waste_kg(), Some(80.0));
        assert_eq!(group.waste_pct(), Some(20.0));
        assert_eq!(group.efficiency_pct(), Some(105.0));
        assert_eq!(group.giveaway_pct(), None);
    }

    #[test]
    fn the_giveaway_of_a_group_weighs_runs_by_their_packs() {
        let run = |giveaway, target| RunKg {
            giveaway_kg: Some(giveaway),
            pack_target_kg: Some(target),
            ..RunKg::default()
        };
        assert_eq!(sum(&[run(5.0, 50.0), run(0.0, 150.0), RunKg::default()]).giveaway_pct(), Some(2.5));
    }

    #[test]
    fn the_weighing_system_s_sums_count_where_no_run_of_a_group_has_packs() {
        let run = |giveaway, target| RunKg {
            giveaway_kg: giveaway,
            pack_target_kg: target,
            actual_kg: Some(25.0),
            ..RunKg::default()
        };
        // 105 kg of which 5 were given away, and 25 kg, the output, of which none were.
        let summed = run(None, None).with_totals(Some(5.0), Some(105.0), Some(5.0));
        let even = run(None, Some(0.0)).with_totals(Some(0.0), None, None);
        assert_eq!(sum(&[summed, even]).giveaway_pct(), Some(4.0));
        let packed = run(Some(5.0), Some(50.0));
        assert_eq!(packed.with_totals(Some(50.0), Some(100.0), Some(50.0)), packed, "its packs tell");
        assert_eq!(sum(&[packed, summed]).giveaway_pct(), Some(10.0));
        assert_eq!(sum(&[run(None, None).with_totals(None, Some(105.0), Some(5.0))]).giveaway_pct(), None);
    }

    #[test]
    fn groups_whose_sums_were_kept_add_up_to_the_group_of_all_their_runs() {
        let run = |input_kg, actual_kg| RunKg { input_kg, actual_kg, ..RunKg::default() };
        let groups = [
            vec![run(Some(100.0), Some(50.0)), run(None, Some(1000.0)), run(Some(40.0), None)],
            vec![run(None, None)],
            vec![run(Some(300.0), Some(270.0)), run(Some(0.0), Some(7.0))],
        ];
        let mut all = YieldSum::default();
        for runs in &groups {
            all.add_kept(&sum(runs).kept());
        }
        assert_eq!(all, sum(&groups.concat()));
    }

    #[test]
    fn a_run_of_unknown_weight_makes_the_sums_of_its_group_unknown_and_leaves_the_ratios_to_the_others() {
        let run = |input_kg, actual_kg| RunKg { input_kg, actual_kg, ..RunKg::default() };
        let known = [run(Some(100.0), Some(90.0)), run(None, Some(5.0)), run(Some(40.0), None)];
        let unweighed_input = RunKg { is_input_unknown: true, ..run(None, Some(1350.0)) };
        let unweighed_output = RunKg { is_output_unknown: true, ..run(Some(50.0), None) };
        let unweighed_without_input = RunKg { is_output_unknown: true, ..RunKg::default() };
        let check = |runs: &[RunKg], input_kg, total_kg, waste_kg| {
            let mut kept = YieldSum::default();
            kept.add_kept(&sum(runs).kept());
            for group in [sum(runs), kept] {
                assert_eq!((group.input_kg(), group.total_kg()), (input_kg, total_kg), "{runs:?}");
                assert_eq!(group.waste_kg(), waste_kg, "{runs:?}");
                assert_eq!((group.yield_pct(), group.waste_pct()), (Some(90.0), Some(10.0)), "{runs:?}");
            }
        };
        check(&known, Some(140.0), Some(95.0), Some(10.0));
        check(&[&known[..], &[unweighed_input]].concat(), None, Some(1445.0), None);
        check(&[&[unweighed_output], &known[..]].concat(), Some(190.0), None, None);
        check(&[&known[..], &[unweighed_without_input]].concat(), Some(140.0), None, Some(10.0));
        check(&[&known[..], &[unweighed_input, unweighed_output]].concat(), None, None, None);
    }

    #[test]
    fn what_came_out_is_what_was_booked_else_what_the_scales_say_but_never_less_than_nothing() {
        assert_eq!(actual_kg(Some(900.0), Some(905.0)), Some(900.0));
        assert_eq!(actual_kg(None, Some(905.0)), Some(905.0));
        assert_eq!(actual_kg(Some(-100.0), Some(905.0)), None);
        assert_eq!(actual_kg(None, None), None);
    }

    #[test]
    fn a_group_without_runs_knows_nothing() {
        let none = sum(&[]);
        assert_eq!((none.runs(), none.total_kg(), none.yield_pct(), none.waste_kg()), (0, None, None, None));
    }

    proptest! {
        #[test]
        fn the_yield_of_a_group_lies_between_those_of_its_runs(
            runs in prop::collection::vec((1.0..5000.0_f64, 0.0..6000.0_f64), 1..20)
        ) {
            let runs: Vec<RunKg> = runs.iter()
                .map(|(input, actual)| RunKg { input_kg: Some(*input), actual_kg: Some(*actual), ..RunKg::default() })
                .collect();
            let each: Vec<f64> = runs.iter().filter_map(|run| yield_pct(run.actual_kg, run.input_kg)).collect();
            let group = sum(&runs).yield_pct().unwrap();
            prop_assert!(each.iter().any(|pct| *pct <= group + 1e-6) && each.iter().any(|pct| *pct >= group - 1e-6));
            prop_assert!((group + sum(&runs).waste_pct().unwrap() - 100.0).abs() < 1e-6);
        }
    }
}
