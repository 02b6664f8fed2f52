//! What the compliance checks found: the latest first.

use api::compliance::CheckFinding;
use chrono::NaiveDate;
use yew::prelude::*;

use super::figure::{first_known, run_number};
use crate::format;
use crate::level::Level;

/// A list of findings.
pub(crate) fn list(findings: &[CheckFinding], today: Option<NaiveDate>) -> Html {
    html! { <ul class="events">{ for findings.iter().map(|finding| item(finding, today)) }</ul> }
}

fn item(finding: &CheckFinding, today: Option<NaiveDate>) -> Html {
    let when = finding
        .detected_at
        .map(|at| format::time(at, today))
        .or_else(|| finding.production_date.map(format::day));
    html! {
        <li>
            <span class="head">
                <span class={classes!("badge", Level::of(finding).class())}>{ format::words(&finding.severity.to_lowercase()) }</span>
                <strong>{ format::words(&finding.check) }</strong>
                if let Some(number) = &finding.run_number { <span>{ "run " }{ run_number(number, finding.production_date) }</span> }
                if let Some(place) = first_known([finding.location.as_ref(), finding.prod_line.as_ref()]) { <span>{ place }</span> }
                if let Some(when) = when { <span class="when">{ when }</span> }
            </span>
            <span class="detail">{ finding.detail.clone() }</span>
        </li>
    }
}
