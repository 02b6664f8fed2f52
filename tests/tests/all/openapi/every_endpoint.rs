//! Every endpoint that is listed, over a real socket: status, headers, CORS, the form of its JSON, its CSV,
//! its pages, and what it does not allow.

use api::Shape;
use api::{Method, Operation, operations};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use reqwest::{Client, Response};
use serde_json::Value;

use super::{DASHBOARD, factory, jobs, path, serve, state_over};

/// The API on a port of its own, and the addresses of all GET endpoints with values that exist.
struct Api {
    base: String,
    http: Client,
    addresses: Vec<(&'static Operation, String)>,
    as_of: DateTime<chrono::FixedOffset>,
}

impl Api {
    async fn open() -> Self {
        let factory = factory().await;
        let app = tideline::app::app(state_over(&factory), &tests::place::page(), jobs(&factory));
        let mut addresses = Vec::new();
        for operation in operations().filter(|operation| operation.method == Method::Get) {
            addresses.push((operation, path(&app, operation).await));
        }
        let (manifest, _) = factory.lake().manifest().await.unwrap().unwrap();
        let as_of = manifest.as_of(manifest.tables.keys().map(String::as_str)).unwrap();
        Self { base: serve(app, factory).await, http: Client::new(), addresses, as_of }
    }

    async fn get(&self, address: &str) -> Response {
        self.http.get(format!("{}{address}", self.base)).send().await.unwrap()
    }

    async fn json(&self, address: &str) -> Value {
        let response = self.get(address).await;
        assert_eq!(response.status(), 200, "{address}");
        response.json().await.unwrap()
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_answers_with_its_headers_and_says_once_only_what_is_new() {
    let api = Api::open().await;
    for (operation, address) in &api.addresses {
        for address in [address.clone(), format!("/api{address}")] {
            let first = api.get(&address).await;
            assert_eq!(
                (first.status().as_u16(), header(&first, "content-type")),
                (200, Some("application/json")),
                "{address}"
            );
            assert_eq!(header(&first, "cache-control"), Some("no-cache"), "{address}");
            let as_of =
                header(&first, api::DATA_AS_OF).map(|text| DateTime::parse_from_rfc3339(text).unwrap());
            if operation.dated {
                assert_eq!(as_of, Some(api.as_of), "{address}");
            }
            let etag = header(&first, "etag").unwrap_or_else(|| panic!("{address} has no ETag")).to_owned();
            assert!(etag.starts_with('"') && etag.len() > 10, "{address}: {etag}");
            // This endpoint tells the present time, so its answer is new with every second.
            if operation.path != "/health" {
                let again = api
                    .http
                    .get(format!("{}{address}", api.base))
                    .header("if-none-match", &etag)
                    .send()
                    .await
                    .unwrap();
                assert_eq!(
                    (again.status().as_u16(), header(&again, "etag")),
                    (304, Some(etag.as_str())),
                    "{address}"
                );
                assert!(again.bytes().await.unwrap().is_empty(), "{address}");
            }
            let head = api.http.head(format!("{}{address}", api.base)).send().await.unwrap();
            assert_eq!(
                (head.status().as_u16(), header(&head, "content-type")),
                (200, Some("application/json")),
                "{address}"
            );
            assert!(head.bytes().await.unwrap().is_empty(), "{address}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_dashboard_reads_across_origins_and_only_as_an_endpoint_allows() {
    let api = Api::open().await;
    let starts = [("/pipeline/run".to_owned(), "POST", "GET")];
    let reads = api.addresses.iter().map(|(_, address)| (address.clone(), "GET", "DELETE"));
    for (address, method, other) in reads.chain(starts) {
        let url = format!("{}{address}", api.base);
        for (origin, allowed) in [(DASHBOARD, Some(DASHBOARD)), ("https://elsewhere.example.com", None)] {
            let asks = api
                .http
                .request(reqwest::Method::OPTIONS, &url)
                .header("origin", origin)
                .header("access-control-request-method", method);
            let asked = asks.send().await.unwrap();
            assert_eq!(
                header(&asked, "access-control-allow-origin"),
                allowed,
                "OPTIONS {address} from {origin}"
            );
            if method == "GET" {
                let answered = api.http.get(&url).header("origin", origin).send().await.unwrap();
                assert_eq!(
                    header(&answered, "access-control-allow-origin"),
                    allowed,
                    "{address} from {origin}"
                );
                assert!(header(&answered, "vary").is_some_and(|vary| vary.contains("origin")), "{address}");
            }
        }
        let refused = api.http.request(other.parse().unwrap(), &url).send().await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), header(&refused, "content-type")),
            (405, Some("application/problem+json")),
            "{other} {address}"
        );
        let allow = header(&refused, "allow").unwrap();
        assert!(allow.contains(method) && !allow.contains(other), "{other} {address}: {allow}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_exactly_the_form_that_is_declared() {
    let api = Api::open().await;
    for (operation, address) in &api.addresses {
        let answer = api.json(address).await;
        if let Err(wrong) = fits(operation.answer, &answer) {
            panic!("{address}: {wrong}");
        }
    }
}

/// Says what does not fit, and where.
fn fits(shape: Shape, value: &Value) -> Result<(), String> {
    let text = |parses: fn(&str) -> bool| value.as_str().is_some_and(parses);
    let ok = match shape {
        Shape::Any => true,
        Shape::Text => value.is_string(),
        Shape::Whole => value.is_i64() || value.is_u64(),
        Shape::Number => value.as_f64().is_some_and(f64::is_finite),
        Shape::Flag => value.is_boolean(),
        Shape::Date => text(|text| text.parse::<NaiveDate>().is_ok()),
        Shape::Time => text(|text| text.parse::<NaiveDateTime>().is_ok()),
        Shape::Instant => text(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        Shape::Nullable(inner) => return if value.is_null() { Ok(()) } else { fits(*inner, value) },
        Shape::List(inner) => {
            let all = value.as_array().ok_or_else(|| format!("{value} is no list"))?;
            return all.iter().try_for_each(|one| fits(*inner, one));
        }
        Shape::Map(inner) => {
            let all = value.as_object().ok_or_else(|| format!("{value} is no map"))?;
            return all.values().try_for_each(|one| fits(*inner, one));
        }
        Shape::Object(object) => {
            let members = value.as_object().ok_or_else(|| format!("{value} is no {}", object.name))?;
            let names: Vec<&str> = object.fields.iter().map(|field| field.name).collect();
            if members.len() != names.len() {
                return Err(format!(
                    "{} has {:?}, not {names:?}",
                    object.name,
                    members.keys().collect::<Vec<_>>()
                ));
            }
            return object.fields.iter().try_for_each(|field| {
                let member = members
                    .get(field.name)
                    .ok_or_else(|| format!("{} has no {}", object.name, field.name))?;
                fits(field.shape, member).map_err(|wrong| format!("{}.{}: {wrong}", object.name, field.name))
            });
        }
    };
    if ok { Ok(()) } else { Err(format!("{value} is no {shape:?}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_csv_of_every_list_holds_the_rows_of_its_json_and_begins_with_a_mark_only_if_asked() {
    let api = Api::open().await;
    for (operation, address) in api.addresses.iter().filter(|(operation, _)| operation.is_list()) {
        let rows = api.json(address).await;
        let plain = api.get(&format!("{address}?format=csv")).await;
        assert_eq!(header(&plain, "content-type"), Some("text/csv; charset=utf-8"), "{address}");
        let plain = plain.bytes().await.unwrap();
        let marked = api.get(&format!("{address}?format=csv&bom=true")).await.bytes().await.unwrap();
        let marked = String::from_utf8(marked.to_vec()).unwrap();
        // Excel takes a text that begins with a minus for a formula.
        let unquoted =
            marked.strip_prefix('\u{feff}').map(|text| text.replace("\"'-", "\"-").replace(",'-", ",-"));
        assert_eq!(unquoted.as_deref(), std::str::from_utf8(&plain).ok(), "{address}");
        assert_eq!(
            api.get(&format!("{address}?format=csv&bom=false")).await.bytes().await.unwrap(),
            plain,
            "{address}"
        );
        let accepted =
            api.http.get(format!("{}{address}", api.base)).header("accept", "text/csv").send().await.unwrap();
        assert_eq!(accepted.bytes().await.unwrap(), plain, "{address}");

        let mut csv = csv::Reader::from_reader(plain.as_ref());
        let Shape::List(Shape::Object(object)) = operation.answer else { panic!("{address} is no list") };
        assert_eq!(
            csv.headers().unwrap().iter().collect::<Vec<_>>(),
            object.fields.iter().map(|field| field.name).collect::<Vec<_>>(),
            "{address}"
        );
        let records: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        let rows = rows.as_array().unwrap();
        assert_eq!(records.len(), rows.len(), "{address}");
        for (record, row) in records.iter().zip(rows) {
            for (text, field) in record.iter().zip(object.fields) {
                let same = match &row[field.name] {
                    Value::Null => text.is_empty(),
                    Value::String(value) => text == value,
                    Value::Number(value) => text.parse::<f64>().ok() == value.as_f64(),
                    Value::Bool(value) => text.parse() == Ok(*value),
                    Value::Array(_) | Value::Object(_) => false,
                };
                assert!(same, "{address} {}: `{text}` and {}", field.name, row[field.name]);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_every_list_hold_each_row_once_and_in_order() {
    let api = Api::open().await;
    let mut divided = 0;
    for (_, address) in api.addresses.iter().filter(|(operation, _)| operation.is_list()) {
        let whole = api.json(&format!("{address}?limit=10000")).await;
        let rows = whole.as_array().unwrap().len();
        let limit = rows.div_ceil(3).max(1);
        let (mut query, mut paged, mut pages) = (format!("?limit={limit}"), Vec::new(), 0);
        loop {
            let page = api.get(&format!("{address}{query}")).await;
            let next = header(&page, "link").map(|link| {
                link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned()
            });
            let page: Vec<Value> = page.json().await.unwrap();
            assert!(page.len() <= limit && (next.is_none() || page.len() == limit), "{address}{query}");
            paged.extend(page);
            pages += 1;
            match next {
                Some(next) => query = next,
                None => break,
            }
        }
        assert_eq!(Value::Array(paged), whole, "{address}");
        divided += usize::from(pages > 1);
    }
    assert!(divided >= 15, "only {divided} lists were long enough to be divided");
}

#[test]
fn every_list_can_be_had_as_csv_with_a_mark_and_in_pages() {
    for operation in operations().filter(|operation| operation.is_list()) {
        let names: Vec<&str> = operation.parameters().map(|parameter| parameter.name).collect();
        assert!(
            ["limit", "after", "format", "bom"].iter().all(|name| names.contains(name)),
            "{}: {names:?}",
            operation.path
        );
    }
}
