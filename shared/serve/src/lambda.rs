//! A function's routes as a Lambda function.

use std::convert::Infallible;
use std::process::ExitCode;

use axum::Router;
use axum::extract::Request;
use axum::middleware::map_request;
use axum::response::Response;
use chrono::{DateTime, Utc};
use lake::Lake;
use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, Error};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use process::Environment;
use serde::Serialize;
use tower::{Service, ServiceExt};

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
    lambda_runtime::run(events(crate::finish(routes, state))).await
}

/// An app that answers Lambda's events, as API Gateway makes them of requests.
pub fn events(
    app: Router,
) -> impl Service<LambdaEvent<LambdaRequest>, Response = impl Serialize, Error = Infallible, Future: Send> {
    let app: Adapter<'static, Response, Router> = Adapter::from(app.layer(map_request(name_request)));
    app.map_request(with_encoded_path)
}

/// An HTTP API hands the path on decoded, so that a `?` in a code would begin the query. Here it is encoded
/// again, as the client sent it.
fn with_encoded_path(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload
        && let Some(path) = &mut request.raw_path
    {
        let value = request.path_parameters.values().next();
        *path = match value.and_then(|value| Some((path.strip_suffix(value.as_str())?, value))) {
            Some((before, value)) => format!("{before}{}", utf8_percent_encode(value, RESERVED)),
            None => with_illegal_encoded(path),
        };
    }
    event
}

/// All characters but those that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What may stand in a path as it is.
const OF_A_PATH: &AsciiSet = &RESERVED
    .remove(b'/')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@')
    .remove(b'%');

/// The path with what no encoded path has encoded. The event does not say which value it holds, so it may
/// come from a gateway that leaves paths alone, and be encoded already.
fn with_illegal_encoded(path: &str) -> String {
    let mut pieces = path.split('%');
    let mut encoded = utf8_percent_encode(pieces.next().unwrap_or_default(), OF_A_PATH).to_string();
    for piece in pieces {
        let is_escape = piece.len() >= 2 && piece.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        encoded += if is_escape { "%" } else { "%25" };
        encoded.extend(utf8_percent_encode(piece, OF_A_PATH));
    }
    encoded
}

/// Gives a request the id that Lambda has for it, because Lambda's own logs use that id.
async fn name_request(mut request: Request) -> Request {
    if let Some(context) = request.extensions().get::<Context>() {
        let id = RequestId(context.request_id.clone());
        request.extensions_mut().insert(id);
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path that the app sees of an event with this path and this value in it.
    fn seen(raw_path: &str, value: Option<&str>) -> String {
        let context = serde_json::json!({"stage": "$default", "http": {"method": "GET"}});
        let mut event = serde_json::json!({
            "version": "2.0", "rawPath": raw_path, "rawQueryString": "", "headers": {}, "requestContext": context,
            "isBase64Encoded": false,
        });
        if let Some(value) = value {
            event["pathParameters"] = serde_json::json!({"run_number": value});
        }
        let payload = serde_json::from_str(&event.to_string()).unwrap();
        let LambdaRequest::ApiGatewayV2(request) =
            with_encoded_path(LambdaEvent::new(payload, Context::default())).payload
        else {
            panic!("it is an event of an HTTP API")
        };
        request.raw_path.unwrap()
    }

    #[test]
    fn a_value_that_a_gateway_decoded_is_encoded_again() {
        for value in ["00/7", "A?b=c", "#1", "100%", "50%25", "%", "ä 1", "a+b", "../x", "//"] {
            let expect = format!("/api/runs/{}", utf8_percent_encode(value, NON_ALPHANUMERIC));
            let expect = expect.replace("%2E", ".");
            assert_eq!(seen(&format!("/api/runs/{value}"), Some(value)), expect, "{value}");
        }
    }

    #[test]
    fn a_path_that_is_encoded_already_stays_as_it_is() {
        for path in ["/runs/00%2F7", "/runs/A%3fb", "/yield/daily", "/runs/a:b@c;d=e,f!$&'()*+", "/"] {
            assert_eq!(seen(path, None), path);
        }
        assert_eq!(seen("/runs/100%", None), "/runs/100%25");
        assert_eq!(seen("/runs/A?b#ä %zz", None), "/runs/A%3Fb%23%C3%A4%20%25zz");
    }
}
