//! The dashboard: what the factory makes now, how well, and what needs a look, for shift managers on a phone
//! or a wall screen.
//!
//! The page knows the API by the types of `shared/api`, and nothing of where the numbers come from. The API
//! adds up and judges, and `level` colours what the API has judged. `state` decides what is on screen after
//! each round of requests, and `format` writes numbers: both run outside of a browser too. All else is the
//! page.

mod app;
mod ask;
mod browser;
mod charts;
mod client;
mod components;
mod format;
mod level;
mod pages;
mod renewal;
mod rounds;
mod route;
mod settings;
mod state;
mod theme;

fn main() {
    theme::restore();
    match browser::document().get_element_by_id("app") {
        Some(place) => yew::Renderer::<app::App>::with_root(place).render(),
        None => yew::Renderer::<app::App>::new().render(),
    };
}
