//! Light or dark: what the reader chose, else what the system prefers.

use gloo_events::EventListener;
use web_sys::{MediaQueryList, Storage};
use yew::prelude::*;

use crate::browser::{document, window};

const STORED_AS: &str = "tideline-theme";
const ATTRIBUTE: &str = "data-theme";

/// Brings back what the reader chose before.
pub(crate) fn restore() {
    if let Some(theme) = storage()
        .and_then(|storage| storage.get_item(STORED_AS).ok()?)
        .filter(|theme| ["dark", "light"].contains(&theme.as_str()))
    {
        show(&theme);
    }
}

/// A button that changes from light to dark and back.
#[component]
pub(crate) fn ThemeButton() -> Html {
    let dark = use_state_eq(is_dark);
    use_effect_with((), {
        let dark = dark.setter();
        move |()| {
            let listener = system_prefers_dark()
                .map(|query| EventListener::new(&query, "change", move |_| dark.set(is_dark())));
            move || drop(listener)
        }
    });
    let onclick = {
        let dark = dark.clone();
        Callback::from(move |_: MouseEvent| {
            // What is on screen counts: the system may have changed since the last click.
            let theme = if is_dark() { "light" } else { "dark" };
            show(theme);
            if let Some(storage) = storage() {
                // A browser that keeps nothing still changes its colours until the page is left.
                let _ = storage.set_item(STORED_AS, theme);
            }
            dark.set(theme == "dark");
        })
    };
    let label = if *dark { "Light colours" } else { "Dark colours" };
    html! { <button type="button" class="theme" {onclick} title={label} aria-label={label}>{ if *dark { "☀" } else { "☾" } }</button> }
}

fn is_dark() -> bool {
    match document().document_element().and_then(|root| root.get_attribute(ATTRIBUTE)) {
        Some(theme) => theme == "dark",
        None => system_prefers_dark().is_some_and(|query| query.matches()),
    }
}

fn system_prefers_dark() -> Option<MediaQueryList> {
    window().match_media("(prefers-color-scheme: dark)").ok().flatten()
}

fn show(theme: &str) {
    if let Some(root) = document().document_element() {
        // Fails only for a name that no attribute may have.
        let _ = root.set_attribute(ATTRIBUTE, theme);
    }
}

/// The browser's storage, where the reader allows it.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
