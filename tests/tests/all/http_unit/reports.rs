//! The ten production reports over small marts: a row of each as it is answered, windows and filters, pages
//! and CSV, and names that no report has.

use api::days::DaysQuery;
use api::reports;
use api::{Field, Query, Row};
use axum::http::Method;
use polars::prelude::*;
use serde_json::{Value, json};
use warehouse::marts::{PRODUCTS, RUNS};

use super::factory::{Factory, ask, assert_problem, get};
use super::report_marts::{date, factory};

const NAMES: [&str; 10] = [
    "daily-yield",
    "traceability",
    "temperature-audit",
    "giveaway",
    "shift-productivity",
    "non-conformance",
    "order-fulfilment",
    "allergen-changeovers",
    "species-ranking",
    "weekly-cumulative",
];

#[tokio::test(flavor = "multi_thread")]
async fn each_report_answers_its_rows_in_its_own_order_rounded_only_here() {
    let app = factory().await.app();
    let check = async |name: &str, field: &str, order: Value, first: Value| {
        let reply = get(&app, &format!("/reports/{name}")).await;
        assert_eq!(json!(reply.each(field)), order, "{name}");
        assert_eq!(reply.json()[0], first, "{name}");
    };
    let first = json!({
        "production_date": "2026-11-23", "shift_code": "AM", "prod_line": "L1", "line_name": "Line 1", "product_code": "COD", "product": "COD LOIN",
        "customer": "Harbour Foods", "species": "cod", "runs": 1, "input_kg": 200.0, "target_kg": 200.0, "total_kg": 180.1, "waste_kg": 19.9, "yield_pct": 90.0,
        "waste_pct": 10.0, "efficiency_pct": 90.0, "giveaway_pct": 3.0
    });
    check("daily-yield", "product_code", json!(["COD", "BREADED", "COD", "HAKE"]), first).await;
    let first = json!({
        "production_date": "2026-11-23", "run_number": "1", "prod_line": "L1", "line_name": "Line 1", "product_code": "COD", "product": "COD LOIN",
        "batch_code": null, "supplier": null, "vessel_name": null, "catch_area": null, "catch_method": null, "certified": null, "country_origin": null,
        "landing_date": null, "batch_species": null, "grade": null, "input_kg": 50.0, "run_output_kg": 180.1, "run_yield_pct": 90.0
    });
    check("traceability", "batch_code", json!([null, "B1", "B2"]), first).await;
    let first = json!({
        "reading_date": "2026-11-23", "location": "Chill 1", "readings": 90, "breaches": 2, "sensor_faults": 10, "min_temp_celsius": -1.25, "max_temp_celsius": 6.3,
        "max_degrees_over": 1.3, "first_breach_at": "2026-11-23T08:00:00", "last_breach_at": "2026-11-23T09:30:00", "episodes": 1,
        "longest_episode_minutes": 90, "breach_pct": 2.5
    });
    check("temperature-audit", "location", json!(["Chill 1", "Dock"]), first).await;
    let first = json!({
        "product_code": "COD", "product": "COD LOIN", "prod_line": "L1", "line_name": "Line 1", "runs": 1, "packs": 3, "target_kg": 1.0, "net_kg": 1.0,
        "giveaway_kg": 0.0, "giveaway_pct": 3.0
    });
    check("giveaway", "packs", json!([3]), first).await;
    let first = json!({
        "shift_code": "AM", "prod_line": "L1", "line_name": "Line 1", "shifts": 2, "headcount": 20, "planned_hours": 160.0, "actual_hours": 130.0,
        "overtime_hours": 1.0, "output_kg": 1300.0, "kg_per_head": 65.0, "kg_per_hour": 10.0, "overtime_pct": 0.8, "hours_utilisation_pct": 81.3,
        "availability_pct": 81.3, "performance_pct": 80.0, "quality_pct": 93.3, "oee_pct": 60.7
    });
    check("shift-productivity", "shifts", json!([2]), first).await;
    let first = json!({
        "nc_type": "label", "severity": "critical", "raised": 1, "open": 0, "investigating": 1, "closed": 0, "closure_rate_pct": 0.0,
        "avg_days_to_close": null, "oldest_open_date": "2026-11-22"
    });
    check("non-conformance", "raised", json!([1, 2]), first).await;
    let first = json!({
        "order_number": "SO-1", "customer": "Harbour Foods", "product_code": "COD", "product": "COD LOIN", "despatch_date": "2026-11-22",
        "delivery_date": "2026-11-24", "cases": 7, "qty_kg": 90.0, "pending_kg": 0.0, "loaded_kg": 60.0, "delivered_kg": 30.0, "fulfilled_pct": 33.3,
        "status": "partial"
    });
    check("order-fulfilment", "order_number", json!(["SO-1", "SO-2"]), first).await;
    let first = json!({
        "production_date": "2026-11-23", "prod_line": "L1", "line_name": "Line 1", "from_run": "2", "from_product_code": "BREADED",
        "from_allergens": "fish, gluten", "to_run": "5", "to_product_code": "COD", "to_allergens": "fish", "added": null, "removed": "gluten",
        "cleaning_required": true, "gap_minutes": null
    });
    check("allergen-changeovers", "cleaning_required", json!([true, false, null]), first).await;
    let first = json!({
        "rank": 1, "species": "cod", "runs": 3, "input_kg": 400.0, "total_kg": 320.1, "waste_kg": 79.9, "yield_pct": 80.0, "share_pct": 84.2
    });
    check("species-ranking", "rank", json!([1, 2]), first).await;
    let first = json!({
        "week_start": "2026-11-23", "production_date": "2026-11-23", "prod_line": "L1", "line_name": "Line 1", "runs": 2, "input_kg": 300.0, "total_kg": 240.1,
        "cumulative_input_kg": 300.0, "cumulative_kg": 240.1, "cumulative_yield_pct": 80.0
    });
    check("weekly-cumulative", "cumulative_kg", json!([240.1, 140.0, 60.0]), first).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_covers_thirty_days_unless_asked_otherwise() {
    let app = factory().await.app();
    let check = async |query: &str, runs: &[i64]| {
        assert_eq!(get(&app, &format!("/reports/daily-yield?{query}")).await.each("runs"), runs, "{query}");
    };
    check("", &[1, 1, 1, 1]).await;
    check("days=30", &[1, 1, 1, 1]).await;
    check("days=31", &[1, 1, 1, 1, 1]).await;
    check("days=1", &[1, 1]).await;
    check("from=2026-11-19", &[1, 1, 1]).await;
    check("to=2026-11-19", &[1, 1, 1]).await;
    check("from=2026-11-17&to=2026-11-19", &[1, 1]).await;
    for name in NAMES {
        let rows = async |query: &str| get(&app, &format!("/reports/{name}?{query}")).await.json();
        assert_eq!(rows("to=2026-10-23").await, json!([]), "{name}");
        assert_ne!(rows("to=2026-11-23").await, json!([]), "{name}");
        let both = rows("from=2026-11-17&before=2026-11-24T00:00:00").await;
        assert_eq!(both, rows("from=2026-11-17T00:00:00&to=2026-11-23").await, "{name}");
        for (query, parameter) in [
            ("from=2026-11-24&to=2026-11-23", "from"),
            ("days=7&from=2026-11-01", "days"),
            ("days=366", "days"),
            ("to=2026-02-30", "to"),
        ] {
            let refused = get(&app, &format!("/reports/{name}?{query}")).await;
            assert_problem(&refused, 422, &format!("`{parameter}`"));
            assert_eq!(refused.json()["parameter"], parameter, "{name} {query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_adds_up_from_its_monday_though_only_its_end_was_asked_for() {
    let app = factory().await.app();
    let days = get(&app, "/reports/weekly-cumulative?from=2026-11-19&to=2026-11-22").await;
    assert_eq!((days.each("total_kg"), days.each("cumulative_kg")), (vec![json!(80.0)], vec![json!(140.0)]));
    assert_eq!(
        (days.each("week_start"), days.each("cumulative_yield_pct")),
        (vec![json!("2026-11-16")], vec![json!(80.0)])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_s_days_are_the_factory_s() {
    let run = |number: &str, day: &str| {
        df!["run_number" => [number], "production_date" => [date(day)], "active" => [true], "complete" => [true], "packs" => [0_i64], "weighed_packs" => [0_i64],
            "has_sheet" => [false], "has_totals" => [false]]
        .unwrap()
    };
    let runs = run("1", "2026-10-25").vstack(&run("2", "2026-10-26")).unwrap();
    let factory = Factory::with(vec![(&RUNS, "2026-10", runs)]).await;
    let app = factory.app();
    let check = async |now: &str, days: &[&str]| {
        factory.set_now(now);
        assert_eq!(get(&app, "/reports/daily-yield?days=1").await.each("production_date"), days, "{now}");
    };
    // The 25th has 25 hours. It begins an hour before that day begins by UTC, and ends with it.
    check("2026-10-24T22:59:59Z", &[]).await;
    check("2026-10-24T23:00:00Z", &["2026-10-25"]).await;
    check("2026-10-25T23:59:59Z", &["2026-10-25"]).await;
    check("2026-10-26T00:00:00Z", &["2026-10-26"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_filtered_as_their_kin_are() {
    let app = factory().await.app();
    let check = async |address: &str, field: &str, values: Value| {
        assert_eq!(json!(get(&app, &format!("/reports/{address}")).await.each(field)), values, "{address}");
    };
    check("daily-yield?line=line+1", "prod_line", json!(["L1", "L1"])).await;
    check("daily-yield?shift=pm", "product_code", json!(["BREADED"])).await;
    check("daily-yield?species=Hake", "product_code", json!(["HAKE"])).await;
    check("traceability?line=L2", "batch_code", json!(["B2"])).await;
    check("traceability?species=hake", "batch_code", json!([])).await;
    check("temperature-audit?location=DOCK", "readings", json!([96])).await;
    check("giveaway?shift=PM", "packs", json!([])).await;
    check("shift-productivity?line=L1&shift=am", "shifts", json!([2])).await;
    check("shift-productivity?line=L2", "shifts", json!([])).await;
    check("non-conformance?severity=Critical", "nc_type", json!(["label"])).await;
    check("non-conformance?type=bones", "raised", json!([2])).await;
    check("order-fulfilment?customer=cosmos", "order_number", json!(["SO-2"])).await;
    check("order-fulfilment?order=SO-1", "customer", json!(["Harbour Foods"])).await;
    check("allergen-changeovers?line=L2", "to_run", json!(["3"])).await;
    check("species-ranking?line=L2&shift=AM", "species", json!(["cod", "hake"])).await;
    check("weekly-cumulative?line=L2&species=cod", "cumulative_kg", json!([80.0])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_a_report_does_not_have_is_refused() {
    let app = factory().await.app();
    for (address, parameter) in [
        ("daily-yield?location=Dock", "location"),
        ("traceability?batch=B1", "batch"),
        ("temperature-audit?line=L1", "line"),
        ("giveaway?severity=major", "severity"),
        ("shift-productivity?species=cod", "species"),
        ("non-conformance?line=L1", "line"),
        ("order-fulfilment?shift=AM", "shift"),
        ("allergen-changeovers?shift=AM", "shift"),
        ("species-ranking?species=cod", "species"),
        ("weekly-cumulative?shift=AM", "shift"),
    ] {
        let refused = get(&app, &format!("/reports/{address}")).await;
        assert_problem(&refused, 422, &format!("parameter `{parameter}`: "));
        assert_eq!(refused.json()["parameter"], parameter, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_no_report_is_not_found_and_the_answer_lists_those_that_are() {
    let app = factory().await.app();
    for (name, shown) in [
        ("yield", "`yield`"),
        ("Daily-Yield", "`Daily-Yield`"),
        ("a%2Fb%20%F0%9F%90%9F", "`a/b 🐟`"),
        ("%0D%0Ax", "`  x`"),
    ] {
        let reply = get(&app, &format!("/reports/{name}?days=0")).await;
        assert_problem(&reply, 404, &format!("there is no report {shown}: there are {}", NAMES.join(", ")));
    }
    assert!(get(&app, &format!("/reports/{}", "x".repeat(2000))).await.text.len() < 500);
    assert_problem(&get(&app, "/reports/%FF").await, 400, "cannot be read");
    assert_problem(&ask(&app, Method::POST, "/reports/yield", &[]).await, 404, "there is no report");
    assert_problem(&ask(&app, Method::POST, "/reports/giveaway", &[]).await, 405, "this path takes GET");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_every_report_hold_every_row_once_as_its_csv_does_and_an_answer_that_is_known_is_not_sent_again()
 {
    let app = factory().await.app();
    for name in NAMES {
        let whole = get(&app, &format!("/reports/{name}?days=365")).await;
        let rows = whole.json();
        for limit in 1..=3 {
            let (mut address, mut seen) =
                (Some(format!("/reports/{name}?days=365&limit={limit}")), Vec::new());
            while let Some(page) = address {
                let reply = get(&app, &page).await;
                seen.extend(reply.json().as_array().unwrap().clone());
                address = reply.next(&page);
            }
            assert_eq!(json!(seen), rows, "{name} {limit}");
        }
        let csv = get(&app, &format!("/reports/{name}?days=365&format=csv")).await;
        assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(csv.text.lines().count(), rows.as_array().unwrap().len() + 1, "{name}");
        let known = ask(
            &app,
            Method::GET,
            &format!("/reports/{name}?days=365"),
            &[("if-none-match", whole.header("etag").unwrap())],
        )
        .await;
        assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""), "{name}");
    }
}

/// The columns of a report and the names of its parameters, as its types declare them.
fn contract<Q: Query + DaysQuery, R: Row>(
    _: &api::Endpoint<Q, Vec<R>>,
) -> (&'static [Field], Vec<&'static str>) {
    (R::FIELDS, Q::PARAMETERS.iter().map(|parameter| parameter.name).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factory_without_the_tables_has_empty_reports_with_their_columns() {
    let product = df!["plu_number" => [1_i64], "product_code" => ["A"], "active" => [true]].unwrap();
    let app = Factory::with(vec![(&PRODUCTS, "all", product)]).await.app();
    let none_yet = Factory::new().app();
    let reports = [
        (reports::DAILY_YIELD.path(), contract(&reports::DAILY_YIELD)),
        (reports::TRACEABILITY.path(), contract(&reports::TRACEABILITY)),
        (reports::TEMPERATURE_AUDIT.path(), contract(&reports::TEMPERATURE_AUDIT)),
        (reports::GIVEAWAY.path(), contract(&reports::GIVEAWAY)),
        (reports::SHIFT_PRODUCTIVITY.path(), contract(&reports::SHIFT_PRODUCTIVITY)),
        (reports::NON_CONFORMANCE.path(), contract(&reports::NON_CONFORMANCE)),
        (reports::ORDER_FULFILMENT.path(), contract(&reports::ORDER_FULFILMENT)),
        (reports::ALLERGEN_CHANGEOVERS.path(), contract(&reports::ALLERGEN_CHANGEOVERS)),
        (reports::SPECIES_RANKING.path(), contract(&reports::SPECIES_RANKING)),
        (reports::WEEKLY_CUMULATIVE.path(), contract(&reports::WEEKLY_CUMULATIVE)),
    ];
    for ((path, (fields, parameters)), name) in reports.into_iter().zip(NAMES) {
        assert_eq!(path, format!("/reports/{name}"));
        assert_eq!(get(&app, path).await.json(), json!([]), "{name}");
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        assert_eq!(
            get(&app, &format!("{path}?format=csv")).await.text,
            format!("{}\r\n", names.join(",")),
            "{name}"
        );
        assert_eq!(parameters[..3], ["days", "from", "to"], "{name}");
        assert_problem(&get(&none_yet, path).await, 503, "there are no data yet");
    }
}
