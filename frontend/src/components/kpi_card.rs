//! A card with one number, how to judge it, and a link to what is behind it.

use yew::prelude::*;

use crate::level::Level;

/// What a card tells.
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Names the card in the page.
    pub(crate) id: &'static str,
    /// What is counted.
    pub(crate) label: &'static str,
    /// The time that the number covers.
    pub(crate) window: AttrValue,
    /// The number. `None` while there is no answer.
    pub(crate) value: Option<Html>,
    /// How to judge it.
    pub(crate) level: Level,
    /// The judgement in words.
    pub(crate) verdict: AttrValue,
    /// What else is to be known.
    pub(crate) note: AttrValue,
    /// Where the list behind it is.
    pub(crate) href: &'static str,
}

/// A card with one number.
#[component]
pub(crate) fn KpiCard(props: &Props) -> Html {
    let level = if props.value.is_some() { props.level } else { Level::Plain };
    html! {
        <a id={props.id} class={classes!("card", "kpi", level.class())} href={props.href}>
            <span class="label">{ props.label }</span>
            <span class="window">{ props.window.clone() }</span>
            if let Some(value) = props.value.clone() {
                <span class="value">{ value }</span>
                <span class="verdict"><span class="sign" aria-hidden="true">{ level.sign() }</span>{ props.verdict.clone() }</span>
                <span class="note">{ props.note.clone() }</span>
            } else {
                <span class="value">{ "…" }</span>
            }
        </a>
    }
}
