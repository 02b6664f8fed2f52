//! A card with one number, how to judge it, and the way to what is behind it.

use yew::prelude::*;

/// How a number is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// It is neither good nor bad.
    Plain,
    /// All is well.
    Ok,
    /// Worth a look.
    Warn,
    /// To be acted on.
    Bad,
}

impl Level {
    /// The class that colours it, and the sign that says the same without colour.
    pub(crate) fn class_and_sign(self) -> (&'static str, &'static str) {
        match self {
            Self::Plain => ("plain", "●"),
            Self::Ok => ("ok", "✓"),
            Self::Warn => ("warn", "!"),
            Self::Bad => ("bad", "✕"),
        }
    }
}

/// What a card tells.
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Names the card in the page.
    pub(crate) id: &'static str,
    /// What is counted.
    pub(crate) label: &'static str,
    /// Over which time.
    pub(crate) window: AttrValue,
    /// The number; none while there is no answer.
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
    let (class, sign) =
        if props.value.is_some() { props.level.class_and_sign() } else { Level::Plain.class_and_sign() };
    html! {
        <a id={props.id} class={classes!("card", "kpi", class)} href={props.href}>
            <span class="label">{ props.label }</span>
            <span class="window">{ props.window.clone() }</span>
            if let Some(value) = props.value.clone() {
                <span class="value">{ value }</span>
                <span class="verdict"><span class="sign" aria-hidden="true">{ sign }</span>{ props.verdict.clone() }</span>
                <span class="note">{ props.note.clone() }</span>
            } else {
                <span class="value">{ "…" }</span>
            }
        </a>
    }
}
