//! Temperatures and what can be believed of them, from the ERP to the answers.

use lake::Mode;
use serde_json::{Value, json};
use tests::described::answer_of;
use tests::factory::{ErpAccess, Factory, moment};
use warehouse::sources::{RUN_INPUTS, TEMPERATURE_LOGS};

over_both_ways!(
    a_number_of_single_precision_is_read_by_its_shortest_decimal,
    readings_that_stop_or_cannot_be_are_findings_as_long_as_that_lasts,
);

async fn a_number_of_single_precision_is_read_by_its_shortest_decimal(access: ErpAccess) {
    let factory = Factory::in_memory("2026-11-20T14:00:00").await.over(access);
    // What single precision makes of 5.3, 5.4 and 0.1 when it is widened.
    let at = "'2026-11-20 13:00:00'";
    for (id, temp) in [("1", "5.300000190734863"), ("2", "5.400000095367432")] {
        factory.insert(
            "temperature_logs",
            &[
                ("log_id", id),
                ("location", "'Chill'"),
                ("reading_time", at),
                ("temp_celsius", temp),
                ("target_max", "5.3"),
                ("updated_at", at),
            ],
        );
    }
    let weighed =
        [("input_id", "1"), ("run_number", "'1'"), ("qty_kg", "0.10000000149011612"), ("updated_at", at)];
    factory.insert("run_inputs", &weighed);
    if access == ErpAccess::SqlServer {
        factory.server().column_type("temperature_logs", "temp_celsius", "real");
        factory.server().column_type("run_inputs", "qty_kg", "real");
    }
    factory.job_ok(Mode::Incremental).await;
    let staged = factory.staged(&TEMPERATURE_LOGS).await;
    assert_eq!(staged.values().map(|row| row[3].as_str()).collect::<Vec<_>>(), ["5.3", "5.4"]);
    assert_eq!(factory.staged(&RUN_INPUTS).await.values().next().unwrap()[5], "0.1");
    let breaches = answer_of(&factory, "/temperature/breaches?hours=24").await;
    assert_eq!(breaches.as_array().unwrap().len(), 1, "{breaches}");
    let words = answer_of(&factory, "/compliance/checks?check=temperature_breach").await;
    assert_eq!(words[0]["detail"], "5.4 °C is 0.1 °C above the maximum of 5.3 °C");

    // Nothing has changed, however it is read.
    for mode in [Mode::Incremental, Mode::Reconcile, Mode::Full] {
        let again = factory.job_ok(mode).await;
        assert_eq!(again.tables.iter().map(|table| table.written).sum::<i64>(), 0, "{mode:?}");
    }
}

/// Adds readings of a place, so many minutes apart, of these temperatures in turn.
fn read(factory: &Factory, location: &str, first: &str, minutes: i64, count: i64, temps: &[f64]) {
    let temps: Vec<_> = temps.iter().enumerate().map(|(i, temp)| format!("WHEN {i} THEN {temp:?}")).collect();
    factory.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})
         INSERT INTO temperature_logs (log_id, location, reading_time, temp_celsius, target_min, target_max, updated_at)
         SELECT (SELECT coalesce(max(log_id), 0) FROM temperature_logs) + 1 + i, '{location}',
                datetime('{first}', '+' || (i * {minutes}) || ' minutes'), CASE i % {} {} END, 0.0, 5.0,
                datetime('{first}', '+' || (i * {minutes}) || ' minutes') FROM n",
        temps.len(),
        temps.join(" "),
    ));
}

async fn places(factory: &Factory, check: &str) -> Value {
    let found = answer_of(factory, &format!("/compliance/checks?check={check}&severity=MAJOR")).await;
    found.as_array().unwrap().iter().map(|finding| finding["location"].clone()).collect()
}

async fn readings_that_stop_or_cannot_be_are_findings_as_long_as_that_lasts(access: ErpAccess) {
    let factory = Factory::in_memory("2026-11-20T14:00:00").await.over(access);
    read(&factory, "Silent", "2026-11-17 08:00:00", 5, 25, &[2.0, 2.1]);
    read(&factory, "Stuck", "2026-11-18 13:55:00", 10, 289, &[2.0]);
    read(&factory, "Broken", "2026-11-20 12:05:00", 5, 23, &[2.0, 85.0, -127.0, 327.67, 2.1]);
    // Warm, then nothing for half a day, then still warm.
    read(&factory, "Warm", "2026-11-19 06:00:00", 5, 12, &[2.0, 2.1]);
    read(&factory, "Warm", "2026-11-19 07:00:00", 720, 2, &[9.0]);
    factory.job_ok(Mode::Incremental).await;

    assert_eq!(places(&factory, "sensor_silent").await, json!(["Warm", "Silent"]));
    assert_eq!(places(&factory, "sensor_stuck").await, json!(["Stuck"]));
    let earlier = "/compliance/checks?check=sensor_silent&from=2026-11-01&before=2026-11-20";
    assert_eq!(answer_of(&factory, earlier).await, json!([]), "what lasts is found today");
    assert_eq!(places(&factory, "sensor_fault").await.as_array().unwrap().len(), 14);
    let breaches = answer_of(&factory, "/compliance/checks?check=temperature_breach").await;
    let measured = breaches.as_array().unwrap().iter().map(|row| (&row["location"], &row["measured"]));
    assert_eq!(measured.collect::<Vec<_>>(), [(&json!("Warm"), &json!(9.0)); 2], "no fault is a breach");
    let days = answer_of(&factory, "/reports/temperature-audit?days=1&location=Broken").await;
    let names =
        ["readings", "sensor_faults", "min_temp_celsius", "max_temp_celsius", "episodes", "breach_pct"];
    assert_eq!(
        names.map(|name| days[0][name].clone()),
        [json!(23), json!(14), json!(2.0), json!(2.1), json!(0), json!(0.0)]
    );
    let episodes = async || {
        let episodes = answer_of(&factory, "/temperature/episodes").await;
        let shown = |row: &Value| json!([row["started_at"], row["duration_minutes"], row["open"]]);
        episodes.as_array().unwrap().iter().map(shown).collect::<Value>()
    };
    assert_eq!(episodes().await, json!([["2026-11-19T19:00:00", 0, true], ["2026-11-19T07:00:00", 0, true]]));

    // All of it ends with the next reading that is different and good.
    for place in ["Silent", "Stuck", "Warm"] {
        read(&factory, place, "2026-11-20 13:58:00", 1, 1, &[2.2]);
    }
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(places(&factory, "sensor_silent").await, json!([]));
    assert_eq!(places(&factory, "sensor_stuck").await, json!([]));
    assert_eq!(
        episodes().await,
        json!([["2026-11-19T19:00:00", 0, false], ["2026-11-19T07:00:00", 0, false]])
    );
    // What nobody reads any more is silent without a new row.
    factory.now.set(moment("2026-11-20T14:30:00"));
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(places(&factory, "sensor_silent").await, json!(["Silent", "Stuck", "Warm", "Broken"]));
}
