//! `warm_vehicle`: an order on a vehicle that is too warm for it.

use domain::checks::Check;
use domain::rules;
use polars::prelude::*;

use super::super::known;
use super::finding::{Finding, apart};
use super::{Violations, of_the_day};
use crate::finding_id;
use crate::scope::DayScope;

/// The findings in order lines of some days, each on the day on which the line leaves. A line may name no run,
/// or one that is not known, so the finding is one of the line, and its words name the run.
pub(super) fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let rows = &scope.rows;
    let text = |name| rows.column(name)?.str();
    let (ids, temp) = (rows.column("despatch_id")?.i64()?, rows.column("vehicle_temp_c")?.f64()?);
    let (order, customer, run_number) = (text("order_number")?, text("customer")?, text("run_number")?);
    let max_c = scope.settings.limits.vehicle_max_c;
    let mut violations = Violations::default();
    for row in 0..rows.height() {
        let Some(temp_c) = temp.get(row).filter(|temp| rules::is_too_warm(Some(*temp), max_c)) else {
            continue;
        };
        let id = ids.get(row).unwrap_or_default().to_string();
        let order =
            known(order.get(row)).map_or_else(|| format!("order line {id}"), |code| format!("order {code}"));
        let customer = known(customer.get(row)).map_or_else(String::new, |name| format!(" for {name}"));
        let run = known(run_number.get(row)).map_or_else(String::new, |number| format!(" of run {number}"));
        let detail =
            format!("{order}{customer}{run} on a vehicle at {} °C, above {max_c} °C", apart(temp_c, max_c));
        let finding = Finding { measured: Some(temp_c), limit: Some(max_c), detail };
        violations.add(row, Check::WarmVehicle, finding_id::of_row(Check::WarmVehicle, &id), finding);
    }
    violations.of(rows, [vec![col("product_code")], of_the_day()].concat())
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::{at, day, days_of, shown};
    use super::super::FCT_COMPLIANCE_CHECKS;
    use super::*;
    use crate::sources::DESPATCH;

    #[test]
    fn a_line_on_a_vehicle_above_the_limit_is_found_on_the_day_it_leaves() {
        let named = df![
            "despatch_id" => [1_i64, 2, 3, 4],
            "order_number" => [Some("SO-1"), Some("SO-2"), Some("SO-3"), None],
            "customer" => [Some("Harbour Foods"), None, None, None],
            "product_code" => [Some("A"), None, None, None],
            "run_number" => [Some("7"), None, None, None],
            "despatch_date" => [Some(day(2)), Some(day(2)), Some(day(2)), None],
            "vehicle_temp_c" => [Some(5.2), Some(5.0), None, Some(9.0)],
            "updated_at" => [at(5, 6, 0); 4],
        ];
        let mart = build(&days_of(&DESPATCH, &named.unwrap())).unwrap();
        assert_eq!(**mart.schema(), FCT_COMPLIANCE_CHECKS.schema());
        let columns =
            ["check", "severity", "run_number", "product_code", "measured", "limit", "detail", "detected_on"];
        assert_eq!(
            shown(&mart, &columns),
            [
                "warm_vehicle | MAJOR | - | A | 5.2 | 5 | order SO-1 for Harbour Foods of run 7 on a vehicle at 5.2 °C, above 5 °C | 2026-11-02",
                "warm_vehicle | MAJOR | - | - | 9 | 5 | order line 4 on a vehicle at 9.0 °C, above 5 °C | 2026-11-05",
            ]
        );
    }
}
