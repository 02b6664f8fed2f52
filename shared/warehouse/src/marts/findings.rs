//! What the checks find in one run or one reading, put in words. The rules themselves are the domain's; where findings are kept is the mart's.

use domain::checks::Check;
use domain::rules;
use domain::yields::round1;

/// How a run is judged: what is wrong with it, if anything.
type Judge = fn(&Run) -> Option<Finding>;

/// The checks of runs. Another one is a line here and its function below; several findings of one check in one run are one finding that names them all.
pub(super) const RUN_CHECKS: &[(Check, Judge)] =
    &[(Check::LowYield, low_yield), (Check::HighGiveaway, high_giveaway), (Check::MissingProductCode, missing_product_code)];

/// What the checks look at in a run.
pub(super) struct Run<'a> {
    pub(super) complete: bool,
    pub(super) product_code: Option<&'a str>,
    pub(super) input_kg: Option<f64>,
    pub(super) actual_kg: Option<f64>,
    pub(super) yield_pct: Option<f64>,
    pub(super) giveaway_pct: Option<f64>,
}

/// What is wrong, in the unit of the check.
pub(super) struct Finding {
    pub(super) measured: Option<f64>,
    pub(super) limit: Option<f64>,
    pub(super) detail: String,
}

fn low_yield(run: &Run) -> Option<Finding> {
    let (measured, limit) = (run.yield_pct.filter(|_| run.complete && rules::low_yield(run.yield_pct))?, rules::LOW_YIELD_PCT);
    let made = run
        .actual_kg
        .zip(run.input_kg)
        .map_or_else(String::new, |(actual, input)| format!(": {:.1} kg out of {:.1} kg", round1(actual), round1(input)));
    Some(Finding { detail: format!("yield {} % is below {limit} %{made}", apart(measured, limit)), measured: Some(measured), limit: Some(limit) })
}

fn high_giveaway(run: &Run) -> Option<Finding> {
    let (measured, limit) = (run.giveaway_pct.filter(|_| rules::high_giveaway(run.giveaway_pct))?, rules::HIGH_GIVEAWAY_PCT);
    Some(Finding { detail: format!("giveaway {} % is above {limit} %", apart(measured, limit)), measured: Some(measured), limit: Some(limit) })
}

fn missing_product_code(run: &Run) -> Option<Finding> {
    rules::missing_product_code(run.product_code).then(|| Finding {
        measured: None,
        limit: None,
        detail: Check::MissingProductCode.description().to_owned(),
    })
}

/// What is wrong with a reading that lies so many degrees outside its limits.
pub(super) fn temperature_breach(temp: f64, degrees_over: f64, target_min: Option<f64>, target_max: Option<f64>) -> Finding {
    let above = target_max.filter(|max| temp - max == degrees_over);
    let (limit, side) = if above.is_some() { (above, "above the maximum") } else { (target_min, "below the minimum") };
    let bound = limit.unwrap_or(temp);
    let detail = format!("{} °C is {} °C {side} of {bound} °C", apart(temp, bound), apart(degrees_over, 0.0));
    Finding { measured: Some(temp), limit, detail }
}

/// The value with one decimal, or as many as tell it from its limit: "yield 90.0 % is below 90 %" would explain nothing.
fn apart(value: f64, limit: f64) -> String {
    let mut rounded = std::iter::once(format!("{:.1}", round1(value))).chain((2..=9).map(|decimals| format!("{value:.decimals$}")));
    rounded.find(|text| text.parse() != Ok(limit)).unwrap_or_else(|| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounded_value_never_equals_the_limit_that_it_breaks() {
        assert_eq!(apart(84.25, 90.0), "84.3");
        assert_eq!(apart(89.96, 90.0), "89.96");
        assert_eq!(apart(90.0 - 1e-7, 90.0), "89.9999999");
        assert_eq!(apart(-0.04, 0.0), "-0.04");
        assert_eq!(apart(-0.04, -18.0), "0.0");
        assert_eq!(apart(90.0, 90.0), "90");
    }

    #[test]
    fn a_breach_names_the_limit_that_was_passed() {
        let words = |temp, over, min, max| temperature_breach(temp, over, min, max).detail;
        assert_eq!(words(7.25, 2.25, Some(0.0), Some(5.0)), "7.3 °C is 2.3 °C above the maximum of 5 °C");
        assert_eq!(words(5.04, 5.04 - 5.0, Some(0.0), Some(5.0)), "5.04 °C is 0.04 °C above the maximum of 5 °C");
        assert_eq!(words(-2.0, 0.5, Some(-1.5), None), "-2.0 °C is 0.5 °C below the minimum of -1.5 °C");
    }
}
