//! `low_yield` and `high_giveaway`: fish that came out as no product, or as more product than was asked for.

use domain::rounding::rounded;
use domain::rules;

use super::finding::{Finding, apart};
use super::run::Run;

pub(super) fn low_yield(run: &Run) -> Option<Finding> {
    let limits = &run.settings.limits;
    let is_low = run.complete && rules::low_yield(run.yield_pct, limits);
    let (measured, limit) = (run.yield_pct.filter(|_| is_low)?, limits.low_yield_pct);
    let made = run.actual_kg.zip(run.input_kg).map_or_else(String::new, |(actual, input)| {
        format!(": {:.1} kg out of {:.1} kg", rounded(actual, 1), rounded(input, 1))
    });
    Some(Finding {
        detail: format!("yield {} % is below {limit} %{made}", apart(measured, limit)),
        measured: Some(measured),
        limit: Some(limit),
    })
}

pub(super) fn high_giveaway(run: &Run) -> Option<Finding> {
    let limits = &run.settings.limits;
    let is_high = rules::high_giveaway(run.giveaway_pct, limits);
    let (measured, limit) = (run.giveaway_pct.filter(|_| is_high)?, limits.giveaway_pct);
    Some(Finding {
        detail: format!("giveaway {} % is above {limit} %", apart(measured, limit)),
        measured: Some(measured),
        limit: Some(limit),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::{day, no_runs, runs};
    use super::super::small_run::found;
    use domain::settings::{FactorySettings, Limits};
    use polars::prelude::df;
    use std::sync::Arc;

    #[test]
    fn a_low_yield_is_one_of_a_complete_run_below_the_limit() {
        let mut scope = no_runs();
        let named = df![
            "run_number" => ["1", "2", "3", "4", "5"],
            "production_date" => [day(2); 5],
            "product_code" => ["A"; 5],
            "complete" => [true, false, true, true, true],
            "input_kg" => [Some(1000.0), Some(1000.0), Some(1000.0), None, Some(1000.0)],
            "actual_kg" => [842.25, 500.0, 900.0, 500.0, 899.6],
            "yield_pct" => [Some(84.225), Some(50.0), Some(90.0), None, Some(89.96)],
        ];
        scope.finished = runs(&named.unwrap());
        assert_eq!(
            found(&scope),
            [
                "1 | low_yield | WARNING | 84.225 | 90 | yield 84.2 % is below 90 %: 842.3 kg out of 1000.0 kg",
                "5 | low_yield | WARNING | 89.96 | 90 | yield 89.96 % is below 90 %: 899.6 kg out of 1000.0 kg",
            ]
        );
    }

    #[test]
    fn yield_and_giveaway_are_judged_by_the_limits_of_the_factory() {
        let mut scope = no_runs();
        let limits = Limits { low_yield_pct: 92.5, giveaway_pct: 1.5, ..Limits::default() };
        scope.settings = Arc::new(FactorySettings { limits, ..FactorySettings::default() });
        let named = df![
            "run_number" => ["1", "2"],
            "production_date" => [day(2); 2],
            "product_code" => ["A"; 2],
            "complete" => [true; 2],
            "yield_pct" => [92.4, 92.5],
            "giveaway_pct" => [1.5, 1.6],
        ];
        scope.finished = runs(&named.unwrap());
        assert_eq!(
            found(&scope),
            [
                "1 | low_yield | WARNING | 92.4 | 92.5 | yield 92.4 % is below 92.5 %",
                "2 | high_giveaway | WARNING | 1.6 | 1.5 | giveaway 1.6 % is above 1.5 %",
            ]
        );
    }

    #[test]
    fn giveaway_is_judged_while_a_run_is_still_going() {
        let mut scope = no_runs();
        let named = df![
            "run_number" => ["1", "2", "3", "4"],
            "production_date" => [day(2); 4],
            "product_code" => ["A"; 4],
            "complete" => [false, false, true, false],
            "giveaway_pct" => [Some(4.25), Some(3.0), Some(3.01), None],
        ];
        scope.finished = runs(&named.unwrap());
        assert_eq!(
            found(&scope),
            [
                "1 | high_giveaway | WARNING | 4.25 | 3 | giveaway 4.3 % is above 3 %",
                "3 | high_giveaway | WARNING | 3.01 | 3 | giveaway 3.01 % is above 3 %",
            ]
        );
    }
}
