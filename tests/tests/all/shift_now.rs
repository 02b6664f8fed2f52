//! `/shift/now` over a sandbox factory on a bad morning, held against what staging has.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, TimeDelta};
use lake::{Manifest, Mode};
use serde_json::{Value, json};
use tests::described::answer_of;
use tests::factory::Factory;
use warehouse::sources::{PROD_LINES, RUN_NUMBERS, Source, TRANSACTIONS};

use crate::browser::shift::assert_page_shows;

/// Ten o'clock of a Wednesday on which one line breaks down, another starts late, and a lot sinks.
const NOW: &str = "2026-11-04T10:00:00";

/// Enough days for five earlier morning shifts of each line.
const DAYS: u32 = 8;

/// Rows of staging as texts by column. Nothing stands for NULL, and times are microseconds.
async fn staged(factory: &Factory, source: &'static Source) -> Vec<BTreeMap<&'static str, String>> {
    let names: Vec<&str> = source.columns.iter().map(|column| column.source).collect();
    let plain = |text: String| if text == "null" { String::new() } else { text.trim_matches('"').to_owned() };
    let rows = factory.staged(source).await.into_values();
    rows.map(|row| names.iter().copied().zip(row.into_iter().map(plain)).collect()).collect()
}

/// What each line made since the shift started, added up from the packs of staging: packs and kilograms by line.
async fn made(factory: &Factory) -> BTreeMap<String, (i64, f64)> {
    let mut lines = BTreeMap::new();
    for line in staged(factory, &PROD_LINES).await {
        lines.insert(line["line_name"].to_lowercase(), line["line_id"].clone());
        lines.insert(line["line_id"].to_lowercase(), line["line_id"].clone());
    }
    let mut lines_of_runs: BTreeMap<String, String> = BTreeMap::new();
    for run in staged(factory, &RUN_NUMBERS).await {
        lines_of_runs.insert(run["RunNumber"].clone(), run["ProdLine"].clone());
    }
    let starts_at =
        (NOW.parse::<NaiveDateTime>().unwrap() - TimeDelta::hours(4)).and_utc().timestamp_micros();
    let mut made: BTreeMap<String, (i64, f64)> = BTreeMap::new();
    for pack in staged(factory, &TRANSACTIONS).await {
        let net_g: f64 = pack["NetWeight"].parse().unwrap_or(0.0);
        let is_of_shift = pack["TransDate"].parse::<i64>().is_ok_and(|at| at >= starts_at);
        if !is_of_shift || net_g <= 0.0 || pack["LabelPrinted"] == "false" {
            continue;
        }
        let text = [Some(&pack["ProdLine"]), lines_of_runs.get(&pack["RunNumber"])];
        let text = text.into_iter().flatten().find(|text| !text.is_empty());
        let text = text.cloned().unwrap_or_default();
        let line = lines.get(&text.trim().to_lowercase()).cloned().unwrap_or(text);
        let sum = made.entry(line).or_default();
        *sum = (sum.0 + 1, sum.1 + net_g / 1000.0);
    }
    made
}

fn number(object: &Value, name: &str) -> f64 {
    object[name].as_f64().unwrap_or_else(|| panic!("{name} is null: {object}"))
}

fn of_line<'a>(rows: &'a Value, line: &'a Value) -> impl Iterator<Item = &'a Value> {
    rows.as_array().unwrap().iter().filter(move |row| row["prod_line"] == line["prod_line"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_morning_reads_as_the_packs_say() {
    let factory = Factory::sandbox_with_settings(NOW, DAYS).await;
    let settings = tideline::sandbox::factory_toml().into_bytes();
    factory.lake().put_settings_file(settings).await.unwrap();
    factory.job_ok(Mode::Incremental).await;
    let now = answer_of(&factory, "/shift/now").await;
    println!("{now:#}");
    let (hours, stops) = (answer_of(&factory, "/shift/hours").await, answer_of(&factory, "/stops").await);
    let made = made(&factory).await;
    assert!(made.len() >= 4 && made.values().all(|(packs, _)| *packs > 0), "{made:?}");
    for (id, (packs, kg)) in &made {
        let line = now["lines"].as_array().unwrap().iter().find(|line| line["prod_line"] == json!(id));
        let line = line.unwrap_or_else(|| panic!("line {id} is not told"));
        assert_eq!(line["packs"], json!(packs), "{line}");
        assert!((number(line, "made_kg") - kg).abs() <= 0.051, "{line} made {kg} kg");
        // Hours and stops tell the same.
        let sum = |rows: &Value, name: &str| of_line(rows, line).map(|row| number(row, name)).sum::<f64>();
        assert!((sum(&hours, "made_kg") - kg).abs() < 0.5, "{line}");
        let of_shift: Vec<Value> = of_line(&stops, line)
            .filter(|stop| stop["shift_code"] == "AM" && stop["shift_date"] == now["shift"]["date"])
            .cloned()
            .collect();
        assert_eq!(line["stops"], json!(of_shift.len()), "{line}");
        let stopped = of_shift.iter().map(|stop| number(stop, "minutes")).sum::<f64>();
        assert!(
            (number(line, "stopped_minutes") - stopped).abs() < 0.1 + 0.05 * of_shift.len() as f64,
            "{line}"
        );
        // Each line has made something in enough mornings before.
        let [low, projected, high] =
            ["projected_low_kg", "projected_kg", "projected_high_kg"].map(|name| number(line, name));
        assert!(*kg <= low + 0.1 && low <= projected && projected <= high, "{line}");
    }
    let totals = &now["totals"];
    let kg: f64 = made.values().map(|(_, kg)| kg).sum();
    assert!((number(totals, "made_kg") - kg).abs() <= 0.051, "{totals}");
    let sum =
        |name: &str| now["lines"].as_array().unwrap().iter().map(|line| number(line, name)).sum::<f64>();
    assert!((number(totals, "projected_kg") - sum("projected_kg")).abs() < 0.5, "{totals}");
    assert!((number(totals, "giveaway_money") - sum("giveaway_money")).abs() < 0.1, "{totals}");
    assert!(number(&now["previous"]["totals"], "made_kg") > 0.0, "{}", now["previous"]);
    // One line broke down, another started late, and the lot of a third sinks.
    let kinds: Vec<_> =
        now["attention"].as_array().unwrap().iter().map(|about| about["kind"].clone()).collect();
    assert!(now["lines"].as_array().unwrap().iter().any(|line| number(line, "longest_stop_minutes") > 20.0));
    assert!(!kinds.is_empty() && kinds.len() <= 10, "{kinds:?}");
    for about in now["attention"].as_array().unwrap() {
        assert!(about["text"].as_str().is_some_and(|text| !text.is_empty()), "{about}");
    }
    // A minute later, one more pack: only what is of this month is written again.
    let before = manifest(&factory).await;
    factory.insert(
        "SI_OCM_TRANS",
        &[
            ("TransNo", "99000001"),
            ("RunNumber", &format!("'{}'", now["lines"][0]["run_number"].as_str().unwrap())),
            ("TransDate", "'2026-11-04 10:00:30'"),
            ("NetWeight", "250"),
            ("TargetWeight", "240"),
            ("LabelPrinted", "1"),
        ],
    );
    factory.now.set(factory.now.get() + TimeDelta::minutes(1));
    factory.job_ok(Mode::Incremental).await;
    let after = manifest(&factory).await;
    let mut written = 0;
    for (mart, parts) in &after.marts {
        for (part, object) in
            parts.iter().filter(|(part, object)| before.marts[mart].get(*part) != Some(*object))
        {
            written += 1;
            let is_of_today = !part.contains("20") || part.contains("2026-11");
            assert!(is_of_today, "{mart}/{part} is written again: {object:?}");
        }
    }
    assert!(written > 3, "{written} parts");
    let later = answer_of(&factory, "/shift/now").await;
    assert_eq!(
        number(&later["totals"], "packs") as i64,
        number(totals, "packs") as i64 + 1,
        "the new pack is told"
    );
    assert_page_shows(&factory, &later).await;
}

async fn manifest(factory: &Factory) -> Manifest {
    factory.lake().manifest().await.unwrap().unwrap().0
}
