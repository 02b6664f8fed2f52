//! What to act on first, in plain words.

use api::shift_now::{Attention, ShiftNow};
use chrono::NaiveDate;
use yew::prelude::*;

use super::section::{Section, instead_of_a_list};
use crate::format;

/// The list of what to act on, the first thing first.
pub(crate) fn attention(now: Option<&ShiftNow>, today: Option<NaiveDate>) -> Html {
    let things = now.map(|now| now.attention.as_slice()).unwrap_or_default();
    html! {
        <Section id="attention" title="Act on first">
            if things.is_empty() {
                { instead_of_a_list(now.is_some(), "Nothing needs you now.") }
            } else {
                <ol class="attention">{ for things.iter().map(|thing| item(thing, today)) }</ol>
            }
        </Section>
    }
}

fn item(thing: &Attention, today: Option<NaiveDate>) -> Html {
    let text = match &thing.link {
        Some(link) => html! { <a href={link.clone()}>{ thing.text.clone() }</a> },
        None => html! { <span>{ thing.text.clone() }</span> },
    };
    html! {
        <li data-kind={thing.kind.clone()}>
            { text }
            if let Some(since) = thing.since { <span class="when">{ format!("since {}", format::time(since, today)) }</span> }
        </li>
    }
}
