//! Stock that has to be sold or frozen: the most urgent first.

use api::shelf_life::ExpiringRun;
use yew::prelude::*;

use super::figure::{first_known, run_number};
use crate::format;
use crate::level::Level;

/// A list of such stock.
pub(crate) fn list(runs: &[ExpiringRun]) -> Html {
    html! { <ul class="events">{ for runs.iter().map(item) }</ul> }
}

fn item(run: &ExpiringRun) -> Html {
    let product = first_known([run.description.as_ref(), run.product_code.as_ref()])
        .unwrap_or_else(|| "product not named".to_owned());
    let level = if run.past_use_by { Level::Bad } else { Level::Plain };
    html! {
        <li>
            <span class="head">
                <span class={classes!("badge", level.class())}>{ time_left(run) }</span>
                <strong>{ product }</strong>
                <span>{ "run " }{ run_number(&run.run_number, Some(run.production_date)) }</span>
            </span>
            <span class="detail">{ format!("{} · use by {}", left(run.qty_kg), format::date(run.use_by)) }</span>
        </li>
    }
}

/// The days to the use-by date, in words.
fn time_left(run: &ExpiringRun) -> String {
    match (run.past_use_by, run.days_to_use_by) {
        (true, -1) => "past use by since yesterday".to_owned(),
        (true, days) => format!("past use by for {} days", format::count(days.saturating_neg())),
        (false, 0) => "use by today".to_owned(),
        (false, 1) => "1 day left".to_owned(),
        (false, days) => format!("{} days left", format::count(days)),
    }
}

fn left(qty_kg: Option<f64>) -> String {
    qty_kg.map_or_else(|| "kg left not known".to_owned(), |kg| format!("{} left", format::kg(kg)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_to_the_use_by_date_are_told_in_words() {
        let told = |past_use_by, days_to_use_by| {
            time_left(&ExpiringRun { past_use_by, days_to_use_by, ..ExpiringRun::default() })
        };
        assert_eq!([2, 1, 0].map(|days| told(false, days)), ["2 days left", "1 day left", "use by today"]);
        assert_eq!(
            [-1, -2, -1000].map(|days| told(true, days)),
            ["past use by since yesterday", "past use by for 2 days", "past use by for 1,000 days"]
        );
    }

    #[test]
    fn what_is_left_may_be_unknown() {
        assert_eq!([Some(1234.56), None].map(left), ["1,234.6 kg left", "kg left not known"]);
    }
}
