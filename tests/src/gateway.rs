//! What API Gateway's HTTP API makes of a request before a function gets it: an event of version 2.0 of its
//! payload.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The event for a path as API Gateway decodes it, and for a query as the client sent it. It names the value
/// in the path where the route has one.
///
/// # Panics
/// If the path does not end with the value.
pub fn event(raw_path: &str, value: Option<(&str, &str)>, query: &str) -> Value {
    let parameters: BTreeMap<&str, &str> = value.into_iter().collect();
    let route = value.map_or("$default".to_owned(), |(name, value)| {
        format!("ANY {}{{{name}+}}", raw_path.strip_suffix(value).expect("a path that ends with its value"))
    });
    json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": {"host": "api.example.com", "accept": "*/*", "x-forwarded-proto": "https"},
        "pathParameters": parameters,
        "requestContext": {
            "accountId": "123456789012", "apiId": "api", "domainName": "api.example.com", "domainPrefix": "api",
            "http": {"method": "GET", "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"},
            "requestId": "id", "routeKey": route, "stage": "$default", "time": "23/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1_795_427_200_000_i64,
        },
        "isBase64Encoded": false,
    })
}
