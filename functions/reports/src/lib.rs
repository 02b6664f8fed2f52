//! `/reports/{name}`: the production reports. A report has a file in `api::reports` for its contract, and a
//! file here that says how its rows follow from the marts.

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

use api::query::shorten;
use api::reports;
use axum::extract::Path;
use serve::{Error, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get(&reports::DAILY_YIELD, daily_yield::report)
        .get(&reports::TRACEABILITY, traceability::report)
        .get(&reports::TEMPERATURE_AUDIT, temperature_audit::report)
        .get(&reports::GIVEAWAY, giveaway::report)
        .get(&reports::SHIFT_PRODUCTIVITY, shift_productivity::report)
        .get(&reports::NON_CONFORMANCE, non_conformance::report)
        .get(&reports::ORDER_FULFILMENT, order_fulfilment::report)
        .get(&reports::ALLERGEN_CHANGEOVERS, allergen_changeovers::report)
        .get(&reports::SPECIES_RANKING, species_ranking::report)
        .get(&reports::WEEKLY_CUMULATIVE, weekly_cumulative::report)
        .others(reports::PATH, no_such_report)
}

async fn no_such_report(Path(name): Path<String>) -> Error {
    let paths = reports::OPERATIONS.iter().copied().flatten().map(|operation| operation.path);
    let names: Vec<_> = paths.filter_map(|path| path.rsplit('/').next()).collect();
    Error::Unknown(format!("there is no report `{}`: there are {}", shorten(&name), names.join(", ")))
}
