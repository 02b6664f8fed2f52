//! Asks again and again while the page is looked at: one round at a time, none while the tab is hidden, and
//! one at once when the tab is shown again.

use std::future::Future;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::{Either, select};
use gloo_events::EventListener;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;
use web_sys::Document;
use yew::prelude::*;

use crate::browser::document;

/// Calls `round` now and `seconds` after each round has ended, until the component goes or `subject` changes.
/// A round that is under way is then dropped, so that its answer can never come after a newer one.
#[hook]
pub(crate) fn use_rounds<S, F, R>(subject: S, seconds: u32, round: F)
where
    S: PartialEq + Clone + 'static,
    F: Fn(S) -> R + 'static,
    R: Future<Output = ()> + 'static,
{
    use_effect_with((subject, seconds), move |(subject, seconds)| {
        let document = document();
        let (shown, shown_again) = unbounded();
        let listener = EventListener::new(&document, "visibilitychange", {
            let document = document.clone();
            move |_| {
                if !document.hidden() {
                    // Fails only when the rounds have ended, and then there is nobody to tell.
                    let _ = shown.unbounded_send(());
                }
            }
        });
        let (subject, pause_ms) = (subject.clone(), seconds.saturating_mul(1000));
        spawn_local(async move { rounds(&document, shown_again, pause_ms, || round(subject.clone())).await });
        // Dropping the listener closes the channel, which ends the rounds.
        move || drop(listener)
    });
}

async fn rounds<R: Future<Output = ()>>(
    document: &Document,
    mut shown_again: UnboundedReceiver<()>,
    pause_ms: u32,
    round: impl Fn() -> R,
) {
    loop {
        if document.hidden() && shown_again.next().await.is_none() {
            return;
        }
        match select(Box::pin(round()), shown_again.next()).await {
            Either::Left(_) => {}
            // What was asked before the tab was hidden may be long lost: ask afresh.
            Either::Right((Some(()), _)) => continue,
            Either::Right((None, _)) => return,
        }
        if let Either::Right((None, _)) = select(TimeoutFuture::new(pause_ms), shown_again.next()).await {
            return;
        }
    }
}
