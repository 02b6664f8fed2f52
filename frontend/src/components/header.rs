//! The top of the page: the name, how old the data is, and when it was last checked. Both ages are renewed
//! every second.

use yew::prelude::*;

use crate::browser::{ms, use_page_ms};
use crate::format;
use crate::state::{AgeLimits, Freshness};
use crate::theme::ThemeButton;

/// What the header tells.
#[derive(Clone, Properties, PartialEq)]
pub(crate) struct Props {
    /// How fresh the page is.
    pub(crate) fresh: Freshness,
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
    let page_ms = use_page_ms();
    let Freshness { data_as_of, lagging, limits, clock, checked_at_ms, today, .. } = &props.fresh;
    let (level, data) = match data_as_of {
        Some(as_of) => {
            let of = if lagging.is_empty() { String::new() } else { format!(" ({})", lagging.join(", ")) };
            let time = format::time(as_of.naive_local(), *today);
            match clock.ms(page_ms).map(|server_ms| server_ms - ms(*as_of)) {
                Some(age_ms) => {
                    let age = format::age(age_ms);
                    (level(age_ms / 1000.0, *limits), format!("data from {age} · {time}{of}"))
                }
                // The server has not told its time yet.
                None => ("", format!("data from {time}{of}")),
            }
        }
        None => ("", "no data yet".to_owned()),
    };
    let checked = checked_at_ms.map_or_else(
        || "not checked yet".to_owned(),
        |at_ms| format!("checked {}", format::age(page_ms - at_ms)),
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

/// How old an age is, by the limits that the API has told. It is judged here, because data grows old while
/// the API is away too.
fn level(age_seconds: f64, limits: AgeLimits) -> &'static str {
    match age_seconds {
        age if age > limits.stale_after_seconds => "stale",
        age if age > limits.old_after_seconds => "old",
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
    use super::*;

    #[test]
    fn data_is_old_and_stale_after_the_times_that_the_api_says() {
        let of = |minutes: f64, [old, stale]: [f64; 2]| {
            let limits = AgeLimits { old_after_seconds: old * 60.0, stale_after_seconds: stale * 60.0 };
            level(minutes * 60.0, limits)
        };
        assert_eq!(
            [-1.0, 5.0, 5.1, 15.0, 15.1].map(|minutes| of(minutes, [5.0, 15.0])),
            ["fresh", "fresh", "old", "old", "stale"]
        );
        assert_eq!([1.1, 3.1].map(|minutes| of(minutes, [1.0, 3.0])), ["old", "stale"]);
        let before_it_has_said = [299.0, 301.0, 901.0].map(|age| level(age, AgeLimits::default()));
        assert_eq!(before_it_has_said, ["fresh", "old", "stale"]);
    }
}
