//! Notices about the page as a whole: the API is away, or has nothing yet.

use chrono::NaiveDate;
use yew::prelude::*;

use crate::state::Outage;

/// What an outage banner tells.
#[derive(Properties, PartialEq)]
pub(crate) struct OutageProps {
    /// What is not answered.
    pub(crate) outage: Outage,
    /// The date in the factory.
    pub(crate) today: Option<NaiveDate>,
}

/// Says that the API is away and which numbers are shown meanwhile.
#[component]
pub(crate) fn OutageBanner(props: &OutageProps) -> Html {
    html! {
        <div id="api-unavailable" class="banner" role="alert">
            <strong>{ props.outage.text(props.today) }</strong>
            if let Some(detail) = &props.outage.detail { <span>{ detail.clone() }</span> }
        </div>
    }
}

/// Says that there is nothing to show yet.
#[component]
pub(crate) fn EmptyLake() -> Html {
    html! {
        <div id="empty-lake" class="notice">
            <h1>{ "No data yet" }</h1>
            <p>{ "The first extraction has not finished. The numbers appear here by themselves as soon as it has." }</p>
        </div>
    }
}
