//! What `/yield/downgrades` answers.

use api::Row;
use api::yields::Downgrade;
use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;
use serde_json::json;
use warehouse::marts::DOWNGRADES;

use super::factory::{AS_OF, Factory, assert_problem, get};

/// Two downgrades of one run of the 23rd and one of the 22nd, and an old one.
async fn with_downgrades() -> Factory {
    let date = |text: &str| text.parse::<NaiveDate>().unwrap();
    let time = |text: &str| text.parse::<NaiveDateTime>().unwrap();
    let logged_at =
        ["2026-11-23T08:00:00", "2026-11-23T09:30:00", "2026-11-22T23:00:00", "2026-11-02T08:00:00"];
    let frame = df![
        "downgrade_id" => [1_i64, 2, 3, 4],
        "logged_at" => logged_at.map(time),
        "run_number" => ["1", "1", "2", "3"],
        "production_date" => ["2026-11-23", "2026-11-23", "2026-11-22", "2026-11-02"].map(date),
        "from_product" => [Some("A"), Some("A"), None, Some("A")],
        "to_product" => [Some("B"), Some("C"), None, Some("B")],
        "from_tier" => [Some(1_i64), Some(1), None, Some(1)],
        "to_tier" => [Some(2_i64), Some(3), Some(3), Some(2)],
        "reason" => [Some("visual"), Some("tail"), None, Some("visual")],
        "qty_kg" => [Some(4.06), Some(1.0), None, Some(1.0)],
        "lost_money" => [Some(17.254), Some(8.0), None, Some(1.0)],
    ];
    Factory::with(vec![(&DOWNGRADES, "2026-11", frame.unwrap())]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn downgrades_of_a_week_come_newest_first_with_what_they_cost() {
    let app = with_downgrades().await.app();
    let answer = get(&app, "/yield/downgrades").await;
    assert_eq!(answer.each("to_product"), [json!("C"), json!("B"), json!(null)]);
    assert_eq!(
        answer.json()[1],
        json!({
            "run_number": "1", "production_date": "2026-11-23", "from_product": "A", "to_product": "B", "from_tier": 1, "to_tier": 2,
            "reason": "visual", "qty_kg": 4.1, "lost_money": 17.25
        })
    );
    assert_eq!(answer.header("x-data-as-of"), Some(AS_OF));
    assert_eq!(get(&app, "/yield/downgrades?days=22").await.each("qty_kg").len(), 4);
    assert_eq!(
        get(&app, "/yield/downgrades?from=2026-11-01&to=2026-11-22").await.each("run_number"),
        ["2", "3"]
    );
    assert_problem(&get(&app, "/yield/downgrades?days=366").await, 422, "`days`");
}

#[tokio::test(flavor = "multi_thread")]
async fn downgrades_are_rows_of_a_table_too() {
    let app = with_downgrades().await.app();
    let csv = get(&app, "/yield/downgrades?format=csv").await;
    let header: Vec<_> = Downgrade::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(csv.text.lines().next(), Some(header.join(",").as_str()));
    assert!(csv.text.contains("1,2026-11-23,A,C,1,3,tail,1.0,8.0"), "{}", csv.text);
}
