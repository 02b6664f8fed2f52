//! Yield, efficiency, waste and giveaway of a run and of groups of runs. A figure that is not known, or whose
//! denominator is not above zero, is `None`: never 0, never infinite.

use crate::ratio::{Ratio, ratio_pct};

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

/// Runs added up. Each percentage is a ratio of sums over those runs that know both sides of it. So a run
/// without inputs counts in `total_kg`, but not in `yield_pct`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct YieldSum {
    runs: u64,
    input_kg: Option<f64>,
    target_kg: Option<f64>,
    total_kg: Option<f64>,
    with_input: Ratio,
    with_target: Ratio,
    giveaway: Ratio,
    totals_giveaway: Ratio,
}

impl YieldSum {
    /// Adds one run.
    pub fn add(&mut self, run: &RunKg) {
        self.runs += 1;
        add_known(&mut self.input_kg, run.input_kg);
        add_known(&mut self.target_kg, run.target_kg);
        add_known(&mut self.total_kg, run.actual_kg);
        self.with_input.add(run.actual_kg, run.input_kg);
        self.with_target.add(run.actual_kg, run.target_kg);
        self.giveaway.add(run.giveaway_kg, run.pack_target_kg);
        self.totals_giveaway.add(run.totals_giveaway_kg, run.totals_target_kg);
    }

    /// Adds a group of runs by the sums that were kept of it. The last pair is the output and input of those
    /// runs that know both.
    pub fn add_sums(
        &mut self,
        runs: u64,
        input_kg: Option<f64>,
        total_kg: Option<f64>,
        (yield_output_kg, yield_input_kg): (Option<f64>, Option<f64>),
    ) {
        self.runs += runs;
        add_known(&mut self.input_kg, input_kg);
        add_known(&mut self.total_kg, total_kg);
        self.with_input.add(yield_output_kg, yield_input_kg);
    }

    /// How many runs were added.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The sum of all known inputs. `None` where no run knows any.
    pub fn input_kg(&self) -> Option<f64> {
        self.input_kg
    }

    /// The sum of all known targets. `None` where no run knows any.
    pub fn target_kg(&self) -> Option<f64> {
        self.target_kg
    }

    /// The sum of all known product, of runs without inputs too. `None` where no run knows any.
    pub fn total_kg(&self) -> Option<f64> {
        self.total_kg
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

    /// Waste of the runs with inputs.
    pub fn waste_kg(&self) -> Option<f64> {
        Some(self.with_input.denominator()? - self.with_input.numerator()?)
    }

    /// Waste of the runs with inputs, as a share of these inputs.
    pub fn waste_pct(&self) -> Option<f64> {
        ratio_pct(self.waste_kg()?, self.with_input.denominator()?)
    }

    /// Giveaway of the runs with packs. Where there are none, it follows from the weighing system's own sums.
    pub fn giveaway_pct(&self) -> Option<f64> {
        self.giveaway.pct().or_else(|| self.totals_giveaway.pct())
    }
}

fn add_known(sum: &mut Option<f64>, value: Option<f64>) {
    if let Some(value) = value {
        *sum = Some(sum.unwrap_or(0.0) + value);
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
        for kept in groups.iter().map(|runs| sum(runs)) {
            let sides = (kept.yield_output_kg(), kept.yield_input_kg());
            all.add_sums(kept.runs(), kept.input_kg(), kept.total_kg(), sides);
        }
        assert_eq!(all, sum(&groups.concat()));
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
