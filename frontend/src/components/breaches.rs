//! Temperatures outside their limits: the latest first.

use api::temperature::Breach;
use chrono::NaiveDate;
use yew::prelude::*;

use super::figure::first_known;
use crate::format;

/// A list of breaches.
pub(crate) fn list(breaches: &[Breach], today: Option<NaiveDate>) -> Html {
    html! { <ul class="events">{ for breaches.iter().map(|breach| item(breach, today)) }</ul> }
}

fn item(breach: &Breach, today: Option<NaiveDate>) -> Html {
    let place = first_known([breach.location.as_ref()]).unwrap_or_else(|| "place not recorded".to_owned());
    html! {
        <li>
            <span class="head">
                <span class="badge bad">{ format::celsius(breach.temp_celsius) }</span>
                <strong>{ place }</strong>
                <span class="when">{ format::time(breach.reading_time, today) }</span>
            </span>
            <span class="detail">{ format!("{} outside; {}", format::celsius(breach.degrees_over), limits(breach)) }</span>
        </li>
    }
}

fn limits(breach: &Breach) -> String {
    match (breach.target_min, breach.target_max) {
        (Some(min), Some(max)) => format!("allowed {} to {}", format::celsius(min), format::celsius(max)),
        (None, Some(max)) => format!("allowed up to {}", format::celsius(max)),
        (Some(min), None) => format!("allowed from {}", format::celsius(min)),
        (None, None) => "limits not recorded".to_owned(),
    }
}
