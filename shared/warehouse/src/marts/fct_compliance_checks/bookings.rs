//! `negative_quantity`: bookings that were corrected by more than there was.

use domain::bookings::{is_negative, sum_kg};
use domain::lineage::Direction;

use super::finding::{Finding, apart, listed};
use super::run::Run;

/// Each kind of booking of a run is added up. A sum with an unknown part is not judged.
pub(super) fn negative_quantity(run: &Run) -> Option<Finding> {
    let scanned = |direction| {
        let scans = run.scans.iter().filter(move |scan| scan.direction == direction);
        sum_kg(scans.map(|scan| scan.qty_kg))
    };
    let sums = [
        ("inputs", sum_kg(run.inputs.iter().map(|input| input.qty_kg))),
        ("outputs", sum_kg(run.outputs.iter().map(|output| output.qty_kg))),
        ("scans in", scanned(Direction::Input)),
        ("scans back", scanned(Direction::Scanback)),
        ("despatches", sum_kg(run.despatched_kg.iter().copied())),
    ];
    let known = sums.into_iter().filter_map(|(what, kg)| Some((what, kg?)));
    let negative: Vec<_> = known.filter(|(_, kg)| is_negative(*kg)).collect();
    let (_, first_kg) = negative.first()?;
    let words = negative.iter().map(|(what, kg)| format!("{what} add up to {} kg", apart(*kg, 0.0)));
    Some(Finding { measured: Some(*first_kg), limit: Some(0.0), detail: listed(words) })
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::{day, of_run};
    use super::super::small_run::{found, inputs, one_run, outputs};
    use crate::scope::RunScope;
    use crate::sources::{BATCH_LINEAGE, DESPATCH};
    use polars::prelude::{DataFrame, PolarsResult, df};

    fn booked(inputs_kg: &[Option<f64>], outputs_kg: &[Option<f64>]) -> RunScope {
        let named = |id: &str, kg: &[Option<f64>]| -> PolarsResult<DataFrame> {
            df![id => (1_i64..).take(kg.len()).collect::<Vec<_>>(), "qty_kg" => kg]
        };
        let mut scope = one_run(true);
        scope.inputs = inputs(named("input_id", inputs_kg));
        scope.outputs = outputs(named("output_id", outputs_kg));
        scope
    }

    #[test]
    fn a_correction_that_leaves_something_is_no_finding() {
        let check = |inputs_kg: &[Option<f64>], expect: &[&str]| {
            assert_eq!(found(&booked(inputs_kg, &[])), expect, "{inputs_kg:?}");
        };
        check(&[Some(1000.0), Some(-100.0)], &[]);
        check(&[Some(0.3), Some(-0.1), Some(-0.2)], &[]);
        check(&[Some(-100.0), None], &[]);
        check(
            &[Some(-100.0), Some(99.99)],
            &["7 | negative_quantity | MAJOR | -0.010000000000005116 | 0 | inputs add up to -0.01 kg"],
        );
    }

    #[test]
    fn every_kind_of_booking_is_added_up_and_all_are_one_finding() {
        let mut scope = booked(&[Some(10.0), Some(-12.5)], &[Some(-1.0)]);
        let scans = df![
            "lineage_id" => [1_i64, 2, 3, 4],
            "run_number" => ["7"; 4],
            "production_date" => [day(2); 4],
            "direction" => [Some("INPUT"), Some("scanback"), Some("SCANBACK"), None],
            "qty_kg" => [Some(-2.0), Some(5.0), Some(-8.0), Some(-99.0)],
        ];
        scope.lineage = of_run(&BATCH_LINEAGE, &scans.unwrap());
        let orders = df![
            "despatch_id" => [1_i64, 2, 3],
            "run_number" => ["7"; 3],
            "production_date" => [day(2); 3],
            "status" => ["delivered", "Loaded ", "pending"],
            "qty_kg" => [5.0, -9.0, 500.0],
        ];
        scope.despatch = of_run(&DESPATCH, &orders.unwrap());
        assert_eq!(
            found(&scope),
            [
                "7 | negative_quantity | MAJOR | -2.5 | 0 | inputs add up to -2.5 kg, outputs add up to -1.0 kg, \
                 scans in add up to -2.0 kg, scans back add up to -3.0 kg, despatches add up to -4.0 kg"
            ]
        );
    }
}
