//! What requests are refused with: the problem document, and the response for each status.

use api::Problem;
use api::problem::MEDIA_TYPE;
use serde_json::value::{RawValue, to_raw_value};

use super::document::{Content, Either, Header, Literal, Members, Others, Response, Schema};
use super::schema::{place, typed};

/// A status that endpoints refuse with: its name among the components, when it comes, and an example.
struct Refusal {
    status: u16,
    name: &'static str,
    when: &'static str,
    title: &'static str,
    detail: &'static str,
    parameter: Option<&'static str>,
}

const REFUSALS: &[Refusal] = &[
    Refusal {
        status: 400,
        name: "Unreadable",
        when: "The address is not percent-encoded UTF-8.",
        title: "Bad Request",
        detail: "the request cannot be read",
        parameter: None,
    },
    Refusal {
        status: 403,
        name: "Forbidden",
        when: "It may not be asked from there.",
        title: "Forbidden",
        detail: "only the dashboard's own pages may start a run",
        parameter: None,
    },
    Refusal {
        status: 404,
        name: "Unknown",
        when: "There is no such thing.",
        title: "Not Found",
        detail: "there is no run `no-such-run`",
        parameter: None,
    },
    Refusal {
        status: 409,
        name: "Conflict",
        when: "It cannot be done at the moment.",
        title: "Conflict",
        detail: "the run `01981d1e-6f7a-7c30-b1d4-52f1a4c0e9d2` is at work: wait until it has ended, then ask again",
        parameter: None,
    },
    Refusal {
        status: 414,
        name: "TooLong",
        when: "The address is too long to be one of this API.",
        title: "URI Too Long",
        detail: "the address is longer than 16384 bytes",
        parameter: None,
    },
    Refusal {
        status: 422,
        name: "WrongParameter",
        when: "A parameter is not known here, comes twice, cannot be taken, or contradicts another: `parameter` names it. Or the answer would be too large: `detail` says what to ask for.",
        title: "Unprocessable Entity",
        detail: "parameter `limit`: `0` is not a whole number from 1 to 10000",
        parameter: Some("limit"),
    },
    Refusal {
        status: 429,
        name: "TooSoon",
        when: "It has been done not long ago. Try again after `Retry-After` seconds.",
        title: "Too Many Requests",
        detail: "the full run `01981d1e-6f7a-7c30-b1d4-52f1a4c0e9d2` began less than 10 minutes ago: ask again in 412 s, or for a run that is not full",
        parameter: None,
    },
    Refusal {
        status: 503,
        name: "NotYet",
        when: "There are no data yet, or they cannot be reached at the moment, or too much is asked at once. Try again after `Retry-After` seconds.",
        title: "Service Unavailable",
        detail: "there are no data yet: they are here after the next run",
        parameter: None,
    },
];

/// The response for a status. `when` tells more exactly when it comes.
pub(super) fn refusal(status: u16, when: Option<&'static str>) -> (String, Either<Response>) {
    let known = REFUSALS.iter().find(|refusal| refusal.status == status);
    let response = match (known, when) {
        (Some(refusal), None) => Either::There { place: format!("#/components/responses/{}", refusal.name) },
        (known, when) => Either::This(response(status, when.unwrap_or_default(), known.map(example))),
    };
    (status.to_string(), response)
}

/// All responses that endpoints refer to.
pub(super) fn responses() -> Members<Response> {
    let named =
        |refusal: &Refusal| (refusal.name, response(refusal.status, refusal.when, Some(example(refusal))));
    REFUSALS.iter().map(named).collect()
}

fn response(status: u16, when: &str, example: Option<Box<RawValue>>) -> Response {
    let reference = Schema { reference: Some(place("Problem")), ..Schema::default() };
    let retry_after = ("Retry-After", Either::There { place: "#/components/headers/RetryAfter".to_owned() });
    Response {
        description: when.to_owned(),
        headers: [429, 503].contains(&status).then_some(retry_after).into_iter().collect(),
        content: Members::from_iter([(MEDIA_TYPE, Content { schema: reference, example })]),
        links: Members::default(),
    }
}

fn example(refusal: &Refusal) -> Box<RawValue> {
    let mut problem = Problem::new(refusal.status, refusal.title, refusal.detail);
    problem.parameter = refusal.parameter.map(str::to_owned);
    problem.request_id = Some("019bd9a3-5c1e-7d20-9a41-0e6f7b8c9d10".to_owned());
    to_raw_value(&problem).unwrap_or_default()
}

/// The header of a 429 and a 503.
pub(super) fn retry_after() -> Header {
    let schema = Schema { minimum: Some(0), ..typed("integer") };
    Header {
        description: "After how many seconds to try again.",
        required: true,
        schema,
        example: Literal::Whole(5),
    }
}

/// The schema of a problem. Its last two members are only there where they tell something.
pub(super) fn problem() -> Schema {
    let text = |description| Schema { description: Some(description), ..typed("string") };
    let status = Schema {
        minimum: Some(400),
        maximum: Some(599),
        description: Some("The HTTP status."),
        ..typed("integer")
    };
    let members = [
        ("type", text("What kind of problem it is: `about:blank` says no more than the status.")),
        ("title", text("The status in words.")),
        ("status", status),
        ("detail", text("What went wrong this time, and what to do about it.")),
        ("parameter", text("The parameter that could not be taken.")),
        ("request_id", text("Names this request in the logs.")),
    ];
    Schema {
        description: Some("What went wrong, as RFC 9457 writes it."),
        required: vec!["type", "title", "status", "detail"],
        properties: Some(members.into_iter().collect()),
        additional_properties: Some(Others::Refused(false)),
        ..typed("object")
    }
}
