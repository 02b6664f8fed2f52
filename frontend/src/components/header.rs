//! The top of the page: the name, how old the data is and when it was last checked, both counted up every
//! second.

use chrono::{DateTime, FixedOffset, NaiveDate};
use yew::prelude::*;

use crate::browser::{ms, use_now_ms};
use crate::format;
use crate::theme::ThemeButton;

/// Data older than this gets a warning, in minutes.
const OLD_MINUTES: f64 = 5.0;
/// Data older than this is not to be trusted, in minutes.
const STALE_MINUTES: f64 = 15.0;

/// What the header tells.
#[derive(Clone, Properties, PartialEq)]
pub(crate) struct Props {
    /// When the data was read from the ERP.
    pub(crate) data_as_of: Option<DateTime<FixedOffset>>,
    /// What is that old, where the rest is much newer.
    pub(crate) lagging: Vec<&'static str>,
    /// When everything on the page was last answered, in milliseconds since 1970.
    pub(crate) checked_at_ms: Option<f64>,
    /// The date in the factory.
    pub(crate) today: Option<NaiveDate>,
}

/// The top of the page.
#[component]
pub(crate) fn Header(props: &Props) -> Html {
    html! {
        <header>
            <a class="brand" href="#/">{ logo() }<span>{ "Tideline" }</span></a>
            <Ages ..props.clone() />
            <ThemeButton />
        </header>
    }
}

#[component]
fn Ages(props: &Props) -> Html {
    let now_ms = use_now_ms();
    let (level, data) = match props.data_as_of {
        Some(as_of) => {
            let age_ms = now_ms - ms(as_of);
            let of = if props.lagging.is_empty() {
                String::new()
            } else {
                format!(" ({})", props.lagging.join(", "))
            };
            (
                level(age_ms),
                format!(
                    "data from {} · {}{of}",
                    format::age(age_ms),
                    format::time(as_of.naive_local(), props.today)
                ),
            )
        }
        None => ("", "no data yet".to_owned()),
    };
    let checked = props.checked_at_ms.map_or_else(
        || "not checked yet".to_owned(),
        |at_ms| format!("checked {}", format::age(now_ms - at_ms)),
    );
    html! {
        <div class="ages">
            <span id="data-age" class={classes!("age", level)}>
                if level == "stale" { <b>{ "⚠ stale " }</b> } else if level == "old" { <b>{ "! old " }</b> }
                { data }
            </span>
            <span id="fetch-age">{ checked }</span>
        </div>
    }
}

fn level(age_ms: f64) -> &'static str {
    match age_ms / 60_000.0 {
        minutes if minutes > STALE_MINUTES => "stale",
        minutes if minutes > OLD_MINUTES => "old",
        _ => "fresh",
    }
}

fn logo() -> Html {
    html! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="7" />
            <path d="M4 13c4-5 8-5 12 0s8 5 12 0" />
            <path class="second" d="M4 21c4-5 8-5 12 0s8 5 12 0" />
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn data_is_old_after_five_minutes_and_stale_after_fifteen() {
        let of = |minutes: f64| level(minutes * 60_000.0);
        assert_eq!(
            [of(-1.0), of(5.0), of(5.1), of(15.0), of(15.1)],
            ["fresh", "fresh", "old", "old", "stale"]
        );
    }
}
