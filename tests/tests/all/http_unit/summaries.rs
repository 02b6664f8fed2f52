//! What is added up by day: quality records, temperatures, shifts.

use api::{Field, Row, quality, shifts, temperature};
use chrono::{NaiveDate, NaiveDateTime};
use lake::TableState;
use polars::prelude::*;
use serde_json::json;
use warehouse::marts::{
    FCT_COMPLIANCE_CHECKS, FCT_QUALITY_SUMMARY, FCT_SHIFT_PRODUCTIVITY, FCT_TEMP_BREACHES, Mart, PRODUCTS,
    TEMPERATURE_EPISODES, TEMPERATURE_PLACES,
};

use super::factory::{Factory, assert_problem, get};

fn dates<const N: usize>(texts: [&str; N]) -> [NaiveDate; N] {
    texts.map(|text| text.parse().unwrap())
}

/// Two days of November and one of October, 30 days before today.
fn quality_days() -> (DataFrame, DataFrame) {
    let november = df![
        "nc_date" => dates(["2026-11-20", "2026-11-23", "2026-11-23", "2026-11-23"]),
        "nc_type" => [Some("bones"), Some("labelling"), Some("bones"), None],
        "severity" => [Some("minor"), Some("major"), Some("major"), None],
        "total" => [1_i64, 2, 3, 1],
        "open" => [0_i64, 2, 0, 0],
        "investigating" => [1_i64, 0, 1, 0],
        "closed" => [0_i64, 0, 2, 0],
        "closure_rate_pct" => [0.0, 0.0, 200.0 / 3.0, 0.0],
        "avg_days_to_close" => [None, None, Some(10.0 / 3.0), None],
    ];
    let october = df![
        "nc_date" => dates(["2026-10-25", "2026-10-24"]), "nc_type" => ["first", "too old"], "total" => [1_i64, 1], "open" => [1_i64, 1],
        "investigating" => [0_i64, 0], "closed" => [0_i64, 0], "closure_rate_pct" => [0.0, 0.0],
    ];
    (november.unwrap(), october.unwrap())
}

async fn with_quality() -> Factory {
    let (november, october) = quality_days();
    Factory::with(vec![
        (&FCT_QUALITY_SUMMARY, "2026-11", november),
        (&FCT_QUALITY_SUMMARY, "2026-10", october),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn quality_records_are_summed_up_newest_first_over_thirty_days_unless_asked_otherwise() {
    let app = with_quality().await.app();
    let summary = get(&app, "/quality/summary").await;
    let bones = json!({
        "nc_date": "2026-11-23", "nc_type": "bones", "severity": "major", "total": 3, "open": 0, "investigating": 1, "closed": 2,
        "closure_rate_pct": 66.7, "avg_days_to_close": 3.3
    });
    assert_eq!(
        (&summary.json()[1], summary.each("nc_type")),
        (&bones, vec![json!(null), json!("bones"), json!("labelling"), json!("bones"), json!("first")])
    );
    let check = async |query: &str, rows: usize| {
        assert_eq!(
            get(&app, &format!("/quality/summary?{query}")).await.each("total").len(),
            rows,
            "{query}"
        );
    };
    check("days=1", 3).await;
    check("days=3", 3).await;
    check("days=4", 4).await;
    check("days=31", 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_days_of_a_summary_are_the_factory_s() {
    let (july, june) = (["2026-07-02"], ["2026-06-30"]);
    let shift =
        |day| df!["shift_date" => dates(day), "shift_code" => ["AM"], "headcount" => [1_i64]].unwrap();
    let mart = &FCT_SHIFT_PRODUCTIVITY;
    let factory = Factory::with(vec![(mart, "2026-07", shift(july)), (mart, "2026-06", shift(june))]).await;
    // It is half past midnight in London's summer. By UTC it is still the day before.
    factory.set_now("2026-07-01T23:30:00Z");
    let app = factory.app();
    assert_eq!(get(&app, "/shifts/productivity?days=1").await.each("shift_date"), ["2026-07-02"]);
    assert_eq!(get(&app, "/shifts/productivity?days=2").await.each("shift_date"), ["2026-07-02"]);
    assert_eq!(
        get(&app, "/shifts/productivity?days=3").await.each("shift_date"),
        ["2026-07-02", "2026-06-30"]
    );
}

fn shift_days() -> DataFrame {
    df![
        "shift_date" => dates(["2026-11-16", "2026-11-17", "2026-11-23", "2026-11-23", "2026-11-23"]),
        "shift_code" => [Some("AM"), Some("AM"), Some("PM"), None, Some("AM")],
        "prod_line" => [Some("L1"), Some("L1"), Some("L1"), None, Some("L1")],
        "line_name" => [Some("Line 1"), Some("Line 1"), Some("Line 1"), None, Some("Line 1")],
        "headcount" => [Some(1_i64), Some(2), Some(3), None, Some(12)],
        "planned_hours" => [Some(8.0), Some(8.0), Some(24.0), None, Some(96.0)],
        "actual_hours" => [Some(8.0), Some(8.0), None, None, Some(97.25)],
        "overtime_hours" => [Some(0.0), Some(0.0), None, None, Some(0.1 + 0.2)],
        "output_kg" => [Some(1.0), Some(1.0), None, None, Some(4321.06)],
        "kg_per_head" => [Some(1.0), Some(0.5), None, None, Some(4321.06 / 12.0)],
        "kg_per_hour" => [Some(1.0), Some(1.0), None, None, Some(4321.06 / 97.25)],
        "overtime_pct" => [Some(0.0), Some(0.0), None, None, Some(0.3 / 97.25 * 100.0)],
        "hours_utilisation_pct" => [Some(100.0), Some(100.0), None, None, Some(97.25 / 96.0 * 100.0)],
        "max_capacity_kg" => [None, None, None, None, Some(6000.0)],
        "packs" => [None, None, None, None, Some(3000_i64)],
        "rejected_packs" => [None, None, None, None, Some(20_i64)],
        "availability_pct" => [None, None, None, None, Some(100.0)],
        "performance_pct" => [None, None, None, None, Some(4321.06 / 97.25 / (6000.0 / 96.0) * 100.0)],
        "quality_pct" => [None, None, None, None, Some(2980.0 / 30.0)],
        "oee_pct" => [None, None, None, None, Some(4321.06 / 97.25 / (6000.0 / 96.0) * 2980.0 / 30.0)],
    ]
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn shifts_tell_what_people_and_hours_brought_rounded_only_here() {
    let app = Factory::with(vec![(&FCT_SHIFT_PRODUCTIVITY, "2026-11", shift_days())]).await.app();
    let productivity = get(&app, "/shifts/productivity").await;
    let shift = json!({
        "shift_date": "2026-11-23", "shift_code": "AM", "prod_line": "L1", "line_name": "Line 1", "headcount": 12, "planned_hours": 96.0,
        "actual_hours": 97.25, "overtime_hours": 0.3, "output_kg": 4321.1, "kg_per_head": 360.1, "kg_per_hour": 44.4, "overtime_pct": 0.3,
        "hours_utilisation_pct": 101.3, "max_capacity_kg": 6000.0, "packs": 3000, "rejected_packs": 20, "availability_pct": 100.0,
        "performance_pct": 71.1, "quality_pct": 99.3, "oee_pct": 70.6
    });
    assert_eq!(productivity.json()[1], shift);
    assert_eq!(
        productivity.each("shift_code"),
        [json!(null), json!("AM"), json!("PM"), json!("AM")],
        "seven days, the eighth is left out"
    );
    assert_eq!(get(&app, "/shifts/productivity?days=8").await.each("headcount").len(), 5);
    let csv = get(&app, "/shifts/productivity?days=1&format=csv").await.text;
    assert_eq!(
        csv.lines().nth(2),
        Some(
            "2026-11-23,AM,L1,Line 1,12,96.0,97.25,0.3,4321.1,360.1,44.4,0.3,101.3,6000.0,3000,20,100.0,71.1,99.3,70.6"
        )
    );
    assert_eq!(csv.lines().nth(1), Some("2026-11-23,,,,,,,,,,,,,,,,,,,"));
}

fn temperature_days() -> DataFrame {
    let times =
        ["2026-11-17T08:00:00", "2026-11-17T09:30:00"].map(|text| text.parse::<NaiveDateTime>().unwrap());
    df![
        "reading_date" => dates(["2026-11-16", "2026-11-17", "2026-11-17"]),
        "location" => [Some("Chill 1"), Some("Chill 2"), Some("Chill 1")],
        "readings" => [96_i64, 96, 95],
        "breaches" => [0_i64, 0, 2],
        "sensor_faults" => [0_i64, 0, 3],
        "min_temp_celsius" => [Some(0.0), None, Some(-1.25)],
        "max_temp_celsius" => [Some(1.0), None, Some(6.3)],
        "max_degrees_over" => [None, None, Some(6.3 - 5.0)],
        "first_breach_at" => [None, None, Some(times[0])],
        "last_breach_at" => [None, None, Some(times[1])],
        "episodes" => [0_i64, 0, 1],
        "longest_episode_minutes" => [None, None, Some(90_i64)],
    ]
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn temperatures_are_summed_up_per_day_and_location_also_where_nothing_was_wrong() {
    let app = Factory::with(vec![(&FCT_TEMP_BREACHES, "2026-11", temperature_days())]).await.app();
    let summary = get(&app, "/temperature/summary").await;
    let chill = json!({
        "reading_date": "2026-11-17", "location": "Chill 1", "readings": 95, "breaches": 2, "sensor_faults": 3, "min_temp_celsius": -1.25, "max_temp_celsius": 6.3,
        "max_degrees_over": 1.3, "first_breach_at": "2026-11-17T08:00:00", "last_breach_at": "2026-11-17T09:30:00",
        "episodes": 1, "longest_episode_minutes": 90
    });
    assert_eq!(
        (&summary.json()[0], summary.each("location")),
        (&chill, vec![json!("Chill 1"), json!("Chill 2")])
    );
    assert_eq!(get(&app, "/temperature/summary?days=8").await.each("readings"), [95, 96, 96]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_episode_that_goes_on_over_midnight_is_one() {
    let at = |text: &str| format!("2026-11-{text}:00").parse::<NaiveDateTime>().unwrap();
    let days = df![
        "first_log_id" => [1_i64, 2, 3, 4, 5, 6],
        "reading_date" => dates(["2026-11-20", "2026-11-21", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-21"]),
        "location" => ["Chill", "Chill", "Chill", "Chill", "Chill", "Dock"],
        "started_at" => ["20T22:00", "21T00:00", "21T23:00", "22T06:00", "23T00:10", "21T00:00"].map(at),
        "ended_at" => ["20T23:50", "21T00:30", "21T23:50", "22T07:00", "23T00:20", "21T00:00"].map(at),
        "readings" => [12_i64, 4, 6, 7, 2, 1],
        "peak_celsius" => [6.0, 7.5, 6.0, 6.0, 9.0, 6.0],
        "max_degrees_over" => [1.0, 2.5, 1.0, 1.0, 4.0, 1.0],
        "duration_minutes" => [110_i64, 30, 50, 60, 10, 0],
        // The episode of the 22nd is neither the first of its day nor the last. What came before it and after
        // it are other episodes.
        "is_from_start" => [false, true, false, false, true, true],
        "is_to_end" => [true, false, true, false, true, true],
        "open" => [true, false, true, true, true, true],
        "gap_seconds" => [1800_i64; 6],
    ];
    // A reading of the 23rd was good again in the chill, and none at the dock.
    let places = df![
        "reading_date" => dates(["2026-11-22", "2026-11-23", "2026-11-21"]),
        "location" => ["Chill", "Chill", "Dock"],
        "last_good_at" => [Some(at("22T06:30")), Some(at("23T00:05")), None],
    ];
    let marts = vec![
        (&TEMPERATURE_EPISODES, "2026-11", days.unwrap()),
        (&TEMPERATURE_PLACES, "2026-11", places.unwrap()),
    ];
    let app = Factory::with(marts).await.app();
    let episodes = get(&app, "/temperature/episodes").await;
    let over_midnight = json!({
        "location": "Chill", "started_at": "2026-11-20T22:00:00", "ended_at": "2026-11-21T00:30:00", "duration_minutes": 150, "readings": 16,
        "peak_celsius": 7.5, "max_degrees_over": 2.5, "open": false
    });
    assert_eq!(episodes.json()[4], over_midnight);
    assert_eq!(episodes.each("readings"), [2, 7, 6, 1, 16]);
    assert_eq!(episodes.each("open"), [true, false, false, true, false]);
    assert_eq!(episodes.each("location"), ["Chill", "Chill", "Chill", "Dock", "Chill"]);
    assert_eq!(
        get(&app, "/temperature/episodes?days=3").await.each("readings"),
        [2, 7, 6, 4, 1],
        "cut where the days begin"
    );
    let of_the_20th = get(&app, "/temperature/episodes?from=2026-11-20&to=2026-11-20").await;
    assert_eq!(
        (of_the_20th.each("readings"), of_the_20th.each("open")),
        (vec![json!(12)], vec![json!(false)]),
        "a day after the window tells that it is over"
    );
}

/// Path, columns of the answer, the mart, and a table without which the mart is not known.
const SUMMARIES: [(&str, &[Field], &Mart, &str); 3] = [
    (quality::SUMMARY.path(), quality::QualitySummary::FIELDS, &FCT_QUALITY_SUMMARY, "non_conformance"),
    (
        temperature::SUMMARY.path(),
        temperature::TemperatureSummary::FIELDS,
        &FCT_TEMP_BREACHES,
        "temperature_logs",
    ),
    (shifts::PRODUCTIVITY.path(), shifts::ShiftProductivity::FIELDS, &FCT_SHIFT_PRODUCTIVITY, "shifts"),
];

#[test]
fn a_summary_has_the_columns_of_its_mart() {
    for (path, fields, mart, _) in SUMMARIES {
        let (fields, columns): (Vec<_>, Vec<_>) = (
            fields.iter().map(|field| field.name).collect(),
            mart.columns.iter().map(|column| column.name).collect(),
        );
        assert_eq!(fields, columns, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_summary_hold_every_row_once() {
    let (november, _) = quality_days();
    let parts = vec![
        (&FCT_QUALITY_SUMMARY, "2026-11", november),
        (&FCT_SHIFT_PRODUCTIVITY, "2026-11", shift_days()),
        (&FCT_TEMP_BREACHES, "2026-11", temperature_days()),
    ];
    let app = Factory::with(parts).await.app();
    for (path, ..) in SUMMARIES {
        let whole = get(&app, &format!("{path}?days=30")).await.json();
        assert!(whole.as_array().unwrap().len() >= 3, "{path}");
        for limit in 1..=3 {
            let (mut address, mut rows) = (Some(format!("{path}?days=30&limit={limit}")), Vec::new());
            while let Some(page) = address {
                let reply = get(&app, &page).await;
                rows.extend(reply.json().as_array().unwrap().clone());
                address = reply.next(&page);
            }
            assert_eq!(json!(rows), whole, "{path} {limit}");
        }
    }
}

/// As Power BI asks for what it refreshes: half-open windows, whose ends are midnights.
#[tokio::test(flavor = "multi_thread")]
async fn windows_between_midnights_follow_on_each_other_and_only_their_months_are_read() {
    let days = dates(["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"]);
    let noon = |day: NaiveDate| day.and_hms_opt(12, 0, 0).unwrap();
    let of = |days: &[NaiveDate]| {
        let times: Vec<NaiveDateTime> = days.iter().copied().map(noon).collect();
        let texts: Vec<String> = days.iter().map(ToString::to_string).collect();
        df![
            "nc_date" => days, "shift_date" => days, "reading_date" => days, "detected_on" => days, "detected_at" => times.as_slice(),
            "started_at" => times.as_slice(), "ended_at" => times.as_slice(), "check" => texts.as_slice(), "severity" => texts.as_slice(),
            "detail" => texts, "location" => vec!["Dock"; days.len()],
        ]
        .unwrap()
    };
    let lists: [(&str, &str, &'static Mart, &str); 5] = [
        ("/quality/summary", "nc_date", &FCT_QUALITY_SUMMARY, ""),
        ("/shifts/productivity", "shift_date", &FCT_SHIFT_PRODUCTIVITY, ""),
        ("/temperature/summary", "reading_date", &FCT_TEMP_BREACHES, ""),
        ("/temperature/episodes", "started_at", &TEMPERATURE_EPISODES, ""),
        ("/compliance/checks", "detected_at", &FCT_COMPLIANCE_CHECKS, "run-"),
    ];
    for (path, field, mart, before_month) in lists {
        let mut factory = Factory::with(Vec::new()).await;
        factory.put(mart, &format!("{before_month}2026-10"), of(&days[..2])).await;
        factory.put(mart, &format!("{before_month}2026-11"), of(&days[2..])).await;
        factory.publish().await;
        let listed = async |query: &str| {
            factory.store.reads();
            let each = get(&factory.app(), &format!("{path}?{query}")).await.each(field);
            let each: Vec<String> = each.iter().map(|at| at.as_str().unwrap()[..10].to_owned()).collect();
            (each, factory.store.reads().1)
        };
        let first = listed("from=2026-10-30T00:00:00&before=2026-11-01T00:00:00").await;
        assert_eq!(first, (vec!["2026-10-31".to_owned(), "2026-10-30".to_owned()], 1), "{path}");
        let next = listed("from=2026-11-01T00:00:00.0000000&before=2026-11-02").await;
        assert_eq!(next, (vec!["2026-11-01".to_owned()], 1), "{path}");
        assert_eq!(listed("from=2026-10-31&to=2026-11-01").await.0.len(), 2, "{path}");
        for refused in ["days=7&from=2026-11-01", "from=2026-11-02&to=2026-11-01", "from=2026-11-01T06:00:00"]
        {
            assert_problem(&get(&factory.app(), &format!("{path}?{refused}")).await, 422, "parameter `");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factory_without_the_table_has_an_empty_summary_and_one_whose_table_was_never_read_has_none_yet() {
    let product = df!["plu_number" => [1_i64], "product_code" => ["A"], "active" => [true]].unwrap();
    for (path, fields, _, table) in SUMMARIES {
        let mut factory = Factory::with(vec![(&PRODUCTS, "all", product.clone())]).await;
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        assert_eq!(get(&factory.app(), path).await.json(), json!([]), "{path}");
        assert_eq!(
            get(&factory.app(), &format!("{path}?format=csv")).await.text,
            format!("{}\r\n", names.join(","))
        );
        factory.manifest.tables.insert(table.to_owned(), TableState::default());
        factory.publish().await;
        assert_problem(
            &get(&factory.app(), path).await,
            503,
            &format!("the table `{table}` could not be read so far"),
        );
    }
    let empty = Factory::new().app();
    for (path, ..) in SUMMARIES {
        assert_problem(&get(&empty, path).await, 503, "there are no data yet");
        for query in ["days=0", "days=366", "days=x", "day=1", "limit=0"] {
            assert_problem(&get(&empty, &format!("{path}?{query}")).await, 422, "parameter `");
        }
    }
}
