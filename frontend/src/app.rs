//! The whole page: which page is shown, the rounds of requests that keep it fresh, and the frame around it.

use std::rc::Rc;

use yew::prelude::*;

use crate::ask;
use crate::browser::{document, use_route, window};
use crate::client::Client;
use crate::components::banner::{EmptyLake, OutageBanner};
use crate::components::header::Header;
use crate::pages::dashboard::Dashboard;
use crate::pages::run::RunPage;
use crate::renewal::load_again_if_other;
use crate::rounds::use_rounds;
use crate::route::Route;
use crate::settings::Settings;
use crate::state::{Board, BoardRound, Freshness, RunRound, RunView, version};

/// What all pages show.
#[derive(Clone, Default, PartialEq)]
struct Screen {
    board: Board,
    run: RunView,
}

/// The answers of one round, by which the screen changes.
enum Answered {
    Board(Box<BoardRound>),
    Run(Box<RunRound>),
}

impl Reducible for Screen {
    type Action = Answered;

    fn reduce(self: Rc<Self>, answered: Answered) -> Rc<Self> {
        let mut screen = (*self).clone();
        match answered {
            Answered::Board(round) => screen.board = screen.board.after(*round),
            Answered::Run(round) => screen.run = screen.run.after(*round),
        }
        Rc::new(screen)
    }
}

/// The whole page.
#[component]
pub(crate) fn App() -> Html {
    let settings = use_memo((), |()| Settings::of_page(&document()));
    let route = use_route();
    let screen = use_reducer(Screen::default);

    use_rounds(route.clone(), settings.refresh_seconds, {
        let (client, dispatcher) = (Client::new(&settings.api_base), screen.dispatcher());
        move |route| {
            let (client, dispatcher) = (client.clone(), dispatcher.clone());
            async move {
                let said = match route {
                    Route::Run(key) => {
                        let round = ask::run(&client, key).await;
                        let said = version(&round.health).map(str::to_owned);
                        dispatcher.dispatch(Answered::Run(Box::new(round)));
                        said
                    }
                    Route::Dashboard | Route::Unknown => {
                        let round = ask::board(&client).await;
                        let said = version(&round.health).map(str::to_owned);
                        dispatcher.dispatch(Answered::Board(Box::new(round)));
                        said
                    }
                };
                if let Some(said) = said {
                    load_again_if_other(&said).await;
                }
            }
        }
    });
    use_effect_with(route.clone(), |route| {
        document().set_title(&title(route));
        if !matches!(route, Route::Dashboard) {
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    });

    let (fresh, page) = match &route {
        Route::Run(key) => {
            let view = screen.run.of(key);
            (view.fresh.clone(), html! { <RunPage {view} /> })
        }
        Route::Dashboard => {
            (screen.board.fresh.clone(), html! { <Dashboard board={screen.board.clone()} /> })
        }
        Route::Unknown => (screen.board.fresh.clone(), unknown()),
    };
    frame(&fresh, page)
}

fn frame(fresh: &Freshness, page: Html) -> Html {
    html! {
        <>
            <Header fresh={fresh.clone()} />
            <main>
                if let Some(outage) = fresh.outage.clone() {
                    <OutageBanner {outage} today={fresh.today} />
                }
                if fresh.empty { <EmptyLake /> } else { {page} }
            </main>
        </>
    }
}

fn unknown() -> Html {
    html! { <div class="notice"><h1>{ "There is no such page" }</h1><p><a href="#/">{ "To the dashboard" }</a></p></div> }
}

fn title(route: &Route) -> String {
    match route {
        Route::Run(key) => format!("Run {} · Tideline", key.number),
        Route::Dashboard | Route::Unknown => "Tideline".to_owned(),
    }
}
