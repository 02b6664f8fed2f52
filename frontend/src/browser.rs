//! The browser around the page: its document, its address, how time passes.

use chrono::{DateTime, FixedOffset};
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use web_sys::{Document, Window};
use yew::prelude::*;

use crate::route::Route;

pub(crate) fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

pub(crate) fn document() -> Document {
    window().document().expect("a window has a document")
}

/// How long the page has been open, in milliseconds. The browser's own clock is never asked: it may be hours
/// off, and it may be set while the page is open. Some browsers do not count the time that the machine
/// sleeps.
pub(crate) fn page_ms() -> f64 {
    window().performance().expect("a window measures time").now()
}

/// A moment in milliseconds since 1970.
pub(crate) fn ms(moment: DateTime<FixedOffset>) -> f64 {
    moment.timestamp_millis() as f64
}

/// How long the page has been open, in milliseconds, renewed every second.
#[hook]
pub(crate) fn use_page_ms() -> f64 {
    let now = use_state_eq(page_ms);
    use_effect_with((), {
        let now = now.setter();
        move |()| {
            let ticks = Interval::new(1000, move || now.set(page_ms()));
            move || drop(ticks)
        }
    });
    *now
}

/// The page that the address asks for.
#[hook]
pub(crate) fn use_route() -> Route {
    let route = use_state_eq(current_route);
    use_effect_with((), {
        let route = route.setter();
        move |()| {
            let listener = EventListener::new(&window(), "hashchange", move |_| route.set(current_route()));
            move || drop(listener)
        }
    });
    (*route).clone()
}

fn current_route() -> Route {
    Route::parse(&window().location().hash().unwrap_or_default())
}
