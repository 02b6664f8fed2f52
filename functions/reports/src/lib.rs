//! `/reports/{name}`: the production reports. A report's contract is its file in `api::reports`, how its rows
//! follow from the marts its file here.

mod allergen_changeovers;
mod ask;
mod daily_yield;
mod giveaway;
mod non_conformance;
mod order_fulfilment;
mod product;
mod run;
mod shift_productivity;
mod species_ranking;
mod temperature_audit;
mod traceability;
mod weekly_cumulative;

use api::reports;
use axum::Router;
use axum::extract::Path;
use axum::routing::{MethodRouter, any, get};
use serve::{Error, State};

/// The reports by path. Another one is its two files and its line here.
fn all() -> [(&'static str, MethodRouter<State>); 10] {
    [
        (reports::DAILY_YIELD.path, get(daily_yield::report)),
        (reports::TRACEABILITY.path, get(traceability::report)),
        (reports::TEMPERATURE_AUDIT.path, get(temperature_audit::report)),
        (reports::GIVEAWAY.path, get(giveaway::report)),
        (reports::SHIFT_PRODUCTIVITY.path, get(shift_productivity::report)),
        (reports::NON_CONFORMANCE.path, get(non_conformance::report)),
        (reports::ORDER_FULFILMENT.path, get(order_fulfilment::report)),
        (reports::ALLERGEN_CHANGEOVERS.path, get(allergen_changeovers::report)),
        (reports::SPECIES_RANKING.path, get(species_ranking::report)),
        (reports::WEEKLY_CUMULATIVE.path, get(weekly_cumulative::report)),
    ]
}

/// The endpoints, bare.
pub fn routes() -> Router<State> {
    let others = Router::new().route(reports::PATH, any(no_such_report));
    all().into_iter().fold(others, |router, (path, report)| router.route(path, report))
}

/// The endpoints as an app.
pub fn router(state: State) -> Router {
    serve::finish(routes(), state)
}

async fn no_such_report(Path(name): Path<String>) -> Error {
    let shown: String = name.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let names: Vec<_> = all().iter().filter_map(|(path, _)| path.rsplit('/').next()).collect();
    Error::Unknown(format!("there is no report `{shown}`: there are {}", names.join(", ")))
}
