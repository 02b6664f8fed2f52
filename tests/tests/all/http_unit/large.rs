//! Answers that are larger than Lambda can send: a list ends earlier, anything else is refused and says what
//! to ask for.

use chrono::{NaiveDate, TimeDelta};
use polars::prelude::*;
use serde_json::Value;
use serve::ANSWER_MAX_BYTES;
use sha2::{Digest, Sha256};
use warehouse::marts::{PRODUCTS, RUN_WEIGHT_POINTS, RUNS};

use super::factory::{Factory, Reply, assert_problem, get};

const PRODUCT_COUNT: i64 = 2600;

/// So many characters that hardly compress.
fn noise(seed: i64, chars: usize) -> String {
    let hash = |place: usize| hex::encode(Sha256::digest(format!("{seed} {place}")));
    (0..chars.div_ceil(64)).map(hash).collect()
}

async fn with_products(description: impl Fn(i64) -> String) -> Factory {
    let ids: Vec<i64> = (0..PRODUCT_COUNT).collect();
    let codes: Vec<String> = ids.iter().map(|id| format!("P{id:05}")).collect();
    let texts: Vec<String> = ids.iter().map(|id| description(*id)).collect();
    let frame = df!["plu_number" => ids.as_slice(), "product_code" => codes, "description" => texts];
    Factory::with(vec![(&PRODUCTS, "all", frame.unwrap())]).await
}

/// How many bytes Lambda sends of an answer.
fn sent(reply: &Reply) -> usize {
    match reply.header("content-type") {
        Some(text) if text.starts_with("text/") || text.ends_with("json") => {
            serde_json::to_string(&reply.text).unwrap().len() - 2
        }
        _ => reply.body.len().div_ceil(3) * 4,
    }
}

/// The pages of a list as far as their `Link` headers lead.
async fn pages(factory: &Factory, address: &str) -> Vec<(String, Reply)> {
    let (app, mut pages, mut next) = (factory.app(), Vec::new(), Some(address.to_owned()));
    while let Some(address) = next {
        let reply = get(&app, &address).await;
        assert_eq!(reply.status.as_u16(), 200, "{address}: {}", reply.text);
        assert!(sent(&reply) <= ANSWER_MAX_BYTES, "{address}: {}", sent(&reply));
        next = reply.next(&address);
        pages.push((address, reply));
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_ends_where_an_answer_is_full_and_its_pages_hold_every_row_once() {
    // Quotes and backslashes make the answer longer on its way than it is.
    let factory = with_products(|id| format!("\"\\{}", noise(id, 2400))).await;
    let expect: Vec<String> = (0..PRODUCT_COUNT).map(|id| format!("P{id:05}")).collect();

    let json = pages(&factory, "/products?limit=10000").await;
    let codes: Vec<Value> = json.iter().flat_map(|(_, page)| page.each("product_code")).collect();
    assert_eq!(codes, expect);
    assert_eq!(json.len(), 2);

    let csv = pages(&factory, "/products?limit=10000&format=csv&bom=true").await;
    let of_page = |(_, page): &(String, Reply)| {
        let text = page.text.trim_start_matches('\u{feff}').to_owned();
        let rows =
            csv::Reader::from_reader(text.as_bytes()).into_records().map(|row| row.unwrap()[1].to_owned());
        rows.collect::<Vec<_>>()
    };
    assert_eq!(csv.iter().flat_map(of_page).collect::<Vec<_>>(), expect);
    assert_eq!(csv.len(), 2);

    // The pages of a workbook begin where those of JSON would.
    let xlsx = pages(&factory, "/products?limit=10000&format=xlsx").await;
    assert!(xlsx.len() >= 2, "{}", xlsx.len());
    for (address, page) in &xlsx[1..] {
        let first = get(
            &factory.app(),
            &address.replace("format=xlsx", "format=json").replace("limit=10000", "limit=1"),
        )
        .await;
        let code = first.each("product_code")[0].as_str().unwrap().to_owned();
        assert!(page.body.starts_with(b"PK") && expect.contains(&code) && code != expect[0], "{code}");
    }
    // A page that fits is whole.
    assert_eq!(pages(&factory, "/products?limit=100").await[0].1.each("product_code").len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_no_answer_can_hold_is_named_and_can_be_passed_over() {
    let factory = with_products(|id| if id == 1 { "x".repeat(5_000_000) } else { "x".to_owned() }).await;
    let app = factory.app();
    let first = get(&app, "/products?limit=10000").await;
    assert_eq!(first.each("product_code"), ["P00000"]);
    let next = first.next("/products").unwrap();
    let refused = get(&app, &next).await;
    assert_problem(&refused, 422, "larger than 4.5 MB");
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    let after = detail.rsplit_once("`after` as `").unwrap().1.trim_end_matches('`');
    let query = percent(after);
    let rest = get(&app, &format!("/products?limit=10000&after={query}")).await.each("product_code");
    assert_eq!((i64::try_from(rest.len()).unwrap(), &rest[0]), (PRODUCT_COUNT - 2, &Value::from("P00002")));
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_is_refused_and_says_what_to_ask_for() {
    let (date, count): (NaiveDate, usize) = ("2026-11-20".parse().unwrap(), 60_000);
    let runs =
        df!["run_number" => ["7"], "production_date" => [date], "active" => [true], "complete" => [true]];
    let start = date.and_hms_opt(6, 0, 0).unwrap();
    let points = df![
        "run_number" => vec!["7"; count],
        "production_date" => vec![date; count],
        "subgroup" => (1..).take(count).collect::<Vec<i64>>(),
        "weighed_at" => (0..).take(count).map(|second| start + TimeDelta::seconds(second)).collect::<Vec<_>>(),
        "mean_g" => vec![201.234_567; count],
        "range_g" => vec![3.456_789; count],
    ];
    let parts = vec![(&RUNS, "2026-11", runs.unwrap()), (&RUN_WEIGHT_POINTS, "2026-11", points.unwrap())];
    let app = Factory::with(parts).await.app();
    assert_problem(&get(&app, "/weights/7").await, 422, "`run_weight_points`");
    assert_eq!(get(&app, "/runs/7").await.status, 200);
}
