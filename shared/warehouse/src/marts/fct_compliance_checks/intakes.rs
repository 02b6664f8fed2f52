//! `warm_intake` and `missing_kde`: fish that came in too warm, or with too little known of it.

use domain::checks::Check;
use domain::key_data_elements::KeyData;
use domain::rules;
use polars::prelude::*;

use super::super::known;
use super::finding::{Finding, apart, listed};
use super::{Violations, of_the_day};
use crate::finding_id;
use crate::scope::DayScope;

/// The findings in deliveries of some days, each on the day on which the delivery came.
pub(super) fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let rows = &scope.rows;
    let text = |name| rows.column(name)?.str();
    let number = |name| rows.column(name)?.f64();
    let date = |name| PolarsResult::Ok(rows.column(name)?.date()?.physical());
    let (trace_id, batch_code, supplier, species) =
        (text("trace_id")?, text("batch_code")?, text("supplier")?, text("species")?);
    let (method, area, vessel, country) =
        (text("catch_method")?, text("catch_area")?, text("vessel_name")?, text("country_origin")?);
    let (qty_kg, temp) = (number("qty_kg")?, number("received_temp_c")?);
    let (landed, killed) = (date("landing_date")?, date("kill_date")?);
    let mut violations = Violations::default();
    for row in 0..rows.height() {
        let id = trace_id.get(row).unwrap_or_default();
        let data = KeyData {
            batch_code: known(batch_code.get(row)),
            species: known(species.get(row)),
            catch_method: known(method.get(row)),
            catch_area: known(area.get(row)),
            vessel_name: known(vessel.get(row)),
            country_origin: known(country.get(row)),
            has_quantity: qty_kg.get(row).is_some(),
            has_landing_date: landed.get(row).is_some(),
            has_kill_date: killed.get(row).is_some(),
        };
        let delivery = delivery(id, data.batch_code, known(supplier.get(row)));
        let warm = warm_intake(&delivery, temp.get(row), scope.settings.limits.intake_max_c);
        let missing = missing_kde(&delivery, &data);
        for (check, finding) in [(Check::WarmIntake, warm), (Check::MissingKde, missing)] {
            if let Some(finding) = finding {
                violations.add(row, check, finding_id::of_row(check, id), finding);
            }
        }
    }
    violations.of(rows, of_the_day())
}

/// "batch B1 of North Sea Fish"
fn delivery(trace_id: &str, batch_code: Option<&str>, supplier: Option<&str>) -> String {
    let batch = batch_code.map_or_else(|| format!("intake {trace_id}"), |code| format!("batch {code}"));
    supplier.map_or_else(|| batch.clone(), |supplier| format!("{batch} of {supplier}"))
}

fn warm_intake(delivery: &str, temp_c: Option<f64>, max_c: f64) -> Option<Finding> {
    let temp_c = temp_c.filter(|temp| rules::is_too_warm(Some(*temp), max_c))?;
    let detail = format!("{delivery} came in at {} °C, above {max_c} °C", apart(temp_c, max_c));
    Some(Finding { measured: Some(temp_c), limit: Some(max_c), detail })
}

fn missing_kde(delivery: &str, data: &KeyData<'_>) -> Option<Finding> {
    let missing = data.missing();
    let names = listed(missing.iter().map(|name| (*name).to_owned()));
    (!missing.is_empty())
        .then(|| Finding::none_may_be(missing.len() as f64, format!("{delivery} lacks {names}")))
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::{at, day, days_of, shown};
    use super::super::FCT_COMPLIANCE_CHECKS;
    use super::*;
    use crate::sources::TRACEABILITY;
    use domain::settings::{FactorySettings, Limits};
    use std::sync::Arc;

    fn deliveries() -> DayScope {
        let named = df![
            "trace_id" => ["T1", "T2", "T3", "T4"],
            "batch_code" => [Some("B1"), Some("B2"), None, Some("B4")],
            "supplier" => [Some("North Sea Fish"), None, None, None],
            "species" => ["cod"; 4],
            "catch_method" => [Some("Trawl"), Some("Farmed"), Some("Farmed"), Some("Trawl")],
            "catch_area" => [Some("FAO 27"), None, None, None],
            "vessel_name" => [Some("Skerry Dawn"), None, None, None],
            "country_origin" => ["Scotland"; 4],
            "qty_kg" => [10.0; 4],
            "received_temp_c" => [Some(4.1), Some(4.0), None, Some(1.0)],
            "landing_date" => [Some(day(1)), None, None, Some(day(1))],
            "kill_date" => [None, Some(day(1)), Some(day(1)), None],
            "received_date" => [Some(day(2)), Some(day(2)), None, None],
            "updated_at" => [at(5, 6, 0); 4],
        ];
        days_of(&TRACEABILITY, &named.unwrap())
    }

    #[test]
    fn a_delivery_is_found_on_the_day_it_came_by_the_limit_of_the_factory() {
        let mart = build(&deliveries()).unwrap();
        assert_eq!(**mart.schema(), FCT_COMPLIANCE_CHECKS.schema());
        let columns = ["check", "severity", "measured", "limit", "detail", "detected_at", "detected_on"];
        assert_eq!(
            shown(&mart, &columns),
            [
                "warm_intake | MAJOR | 4.1 | 4 | batch B1 of North Sea Fish came in at 4.1 °C, above 4 °C | 2026-11-02 00:00:00 | 2026-11-02",
                "missing_kde | WARNING | 1 | 0 | intake T3 lacks batch code | 2026-11-01 00:00:00 | 2026-11-01",
                "missing_kde | WARNING | 2 | 0 | batch B4 lacks catch area, vessel name | 2026-11-01 00:00:00 | 2026-11-01",
            ]
        );
        let mut strict = deliveries();
        let limits = Limits { intake_max_c: 3.5, ..Limits::default() };
        strict.settings = Arc::new(FactorySettings { limits, ..FactorySettings::default() });
        let warm = shown(&build(&strict).unwrap(), &["check", "limit"]);
        assert_eq!(warm.iter().filter(|row| *row == "warm_intake | 3.5").count(), 2);
    }
}
