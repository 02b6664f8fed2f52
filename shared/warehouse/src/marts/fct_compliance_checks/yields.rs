//! `low_yield` and `high_giveaway`: fish that came out as no product, or as more product than was asked for.

use domain::rounding::rounded;
use domain::rules;

use super::finding::{Finding, apart};
use super::run::Run;

pub(super) fn low_yield(run: &Run) -> Option<Finding> {
    let (measured, limit) =
        (run.yield_pct.filter(|_| run.complete && rules::low_yield(run.yield_pct))?, rules::LOW_YIELD_PCT);
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
    let (measured, limit) =
        (run.giveaway_pct.filter(|_| rules::high_giveaway(run.giveaway_pct))?, rules::HIGH_GIVEAWAY_PCT);
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
    use polars::prelude::df;

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
