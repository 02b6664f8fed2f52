//! A function's routes as a Lambda function.

use std::process::ExitCode;

use axum::extract::Request;
use axum::middleware::map_request;
use chrono::{DateTime, Utc};
use lake::Lake;
use lambda_http::{Context, Error};
use process::Environment;

use crate::{RequestId, Routes, Settings, State};

/// Answers Lambda's requests until Lambda ends the process. A start that fails says why in one line.
pub async fn run(routes: Routes, clock: fn() -> DateTime<Utc>) -> ExitCode {
    process::logs::init();
    match answer(routes, clock).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", process::chain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Opens what the first request needs at the start already, while Lambda waits anyway.
async fn answer(routes: Routes, clock: fn() -> DateTime<Utc>) -> Result<(), Error> {
    let environment = Environment(process::variable);
    let settings = Settings::read(&environment)?;
    let lake = Lake::connect(&environment.bucket()?, &settings.factory_id).await?;
    let state = State::new(lake, settings, clock);
    if let Err(error) = state.manifest().await {
        // No reason to stop: the lake may be back when a request needs it.
        tracing::warn!(cause = process::chain(&error), "the lake was not reached at the start");
    }
    lambda_http::run(crate::finish(routes, state).layer(map_request(name_request))).await
}

/// Gives a request the id that Lambda has for it, because Lambda's own logs use that id.
async fn name_request(mut request: Request) -> Request {
    if let Some(context) = request.extensions().get::<Context>() {
        let id = RequestId(context.request_id.clone());
        request.extensions_mut().insert(id);
    }
    request
}
