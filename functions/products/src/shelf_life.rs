//! `/shelf-life/expiring`: what is left of runs that are getting old, on this day at the factory.

use std::cmp::Reverse;

use api::query::NoQuery;
use api::shelf_life::ExpiringRun;
use chrono::{Days, NaiveDate};
use domain::shelf_life::{
    FIRST_LISTED_DAY, LAST_LISTED_DAY, Status, day_number, days_to_use_by, freeze_down_on, is_listed, use_by,
};
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{FCT_SHELF_LIFE, ShelfLifeRow, rows};

pub(crate) async fn expiring(state: State, ask: Ask<NoQuery, Vec<ExpiringRun>>) -> Result<Answer> {
    let today = state.today();
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&FCT_SHELF_LIFE, packed_for(today)).await?;
    work(move || {
        let runs = rows::<ShelfLifeRow>(&frame)?.into_iter().filter_map(|run| {
            let production_date = run.production_date;
            let run = expiring_run(run, today)?;
            Some(((Reverse(run.day_number), run.use_by, run.run_number.clone(), production_date), run))
        });
        ask.list(runs.collect(), &snapshot)
    })
    .await
}

/// The pack dates whose runs are listed today.
fn packed_for(today: NaiveDate) -> Dates {
    let before = |days: i64| today.checked_sub_days(Days::new(days.unsigned_abs()));
    Dates { from: before(LAST_LISTED_DAY), to: before(FIRST_LISTED_DAY) }
}

fn expiring_run(run: ShelfLifeRow, today: NaiveDate) -> Option<ExpiringRun> {
    let day_number = day_number(today, run.pack_date);
    // Where nobody knows what was sent, all of it may be left as well as nothing. Where nobody knows what was
    // made, something may be left.
    let made_kg = run.actual_kg.or(run.has_outputs.then_some(f64::INFINITY));
    run.left_kg.or(made_kg).filter(|left_kg| is_listed(day_number, *left_kg))?;
    let use_by = use_by(run.pack_date, run.shelf_life_days, run.adjustment_days)?;
    let days_to_use_by = days_to_use_by(today, use_by);
    Some(ExpiringRun {
        run_number: run.run_number,
        production_date: run.production_date,
        product_code: run.product_code,
        description: run.description,
        pack_date: run.pack_date,
        day_number,
        use_by,
        days_to_use_by,
        past_use_by: days_to_use_by < 0,
        freeze_down_on: freeze_down_on(run.pack_date)?,
        status: Status::on_day(day_number).as_str().to_owned(),
        qty_kg: run.left_kg,
        despatches_without_weight: run.despatches_without_weight,
        outputs_without_weight: run.outputs_without_weight,
        rejected_rows: run.rejected_rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_listed_while_something_may_be_left_of_it() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let listed = |actual_kg, left_kg, has_outputs| {
            let pack_date = date("2026-11-08");
            let run = ShelfLifeRow { pack_date, actual_kg, left_kg, has_outputs, ..ShelfLifeRow::default() };
            expiring_run(run, date("2026-11-20")).map(|run| run.qty_kg)
        };
        assert_eq!(listed(Some(900.0), Some(700.0), true), Some(Some(700.0)));
        assert_eq!(listed(Some(900.0), Some(0.0), true), None);
        assert_eq!(listed(Some(900.0), None, true), Some(None), "nobody knows what was sent");
        assert_eq!(listed(None, None, true), Some(None), "nobody knows what was made");
        assert_eq!(listed(None, None, false), None, "nothing was booked");
    }
}
