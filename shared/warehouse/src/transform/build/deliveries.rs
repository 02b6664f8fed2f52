//! Which delivery of a batch code each run took: codes are used again.

use std::collections::HashMap;

use domain::code::folded;
use domain::intake::{received_on, used_on};
use polars::prelude::*;

use crate::scope::RECEIVED_ON;

/// Adds to deliveries the day on which they came, and to inputs that of the delivery that they were taken
/// from.
pub(super) fn tell_deliveries(intakes: &mut DataFrame, inputs: &mut DataFrame) -> PolarsResult<()> {
    let day = |name: &str| Ok::<_, PolarsError>(intakes.column(name)?.date()?.clone());
    let (received, landed, killed) = (day("received_date")?, day("landing_date")?, day("kill_date")?);
    let came = received.as_date_iter().zip(landed.as_date_iter()).zip(killed.as_date_iter());
    let came: Vec<_> =
        came.map(|((received, landed), killed)| received_on(received, landed, killed)).collect();
    let mut by_code: HashMap<String, Vec<_>> = HashMap::new();
    for (code, came) in intakes.column("batch_code")?.str()?.iter().zip(&came) {
        by_code.entry(folded(code.unwrap_or_default())).or_default().push(*came);
    }
    for came in by_code.values_mut() {
        came.sort_unstable();
        came.dedup();
    }
    intakes.with_column(Column::new(RECEIVED_ON.into(), came))?;

    let codes = inputs.column("batch_code")?.str()?.iter();
    let dates = inputs.column("production_date")?.date()?.as_date_iter();
    let taken: Vec<_> = codes
        .zip(dates)
        .map(|(code, date)| {
            let came = by_code.get(&folded(code?))?;
            came[used_on(came, date?)?]
        })
        .collect();
    inputs.with_column(Column::new(RECEIVED_ON.into(), taken))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn a_run_takes_the_latest_delivery_of_a_code_that_had_come_by_its_date() {
        let day = |day: u32| NaiveDate::from_ymd_opt(2026, 11, day);
        let none = [None::<NaiveDate>; 4];
        let mut intakes = df![
            "batch_code" => ["B1", "b1", "B2", "B1"],
            "received_date" => [day(2), day(20), None, day(20)],
            "landing_date" => [day(1), None, day(5), None],
            "kill_date" => none,
        ]
        .unwrap();
        let mut inputs = df![
            "batch_code" => [Some("B1"), Some("b1"), Some("B1"), Some("B2"), Some("x"), None],
            "production_date" => [day(19), day(20), day(1), day(30), day(30), day(30)],
        ]
        .unwrap();
        tell_deliveries(&mut intakes, &mut inputs).unwrap();
        let days = |rows: &DataFrame| {
            rows.column(RECEIVED_ON).unwrap().date().unwrap().as_date_iter().collect::<Vec<_>>()
        };
        assert_eq!(days(&intakes), [day(2), day(20), day(5), day(20)]);
        assert_eq!(days(&inputs), [day(2), day(20), day(2), day(5), None, None]);
    }
}
