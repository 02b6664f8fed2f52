//! What `/shift/now` answers, and `/stops` beside it.

use chrono::NaiveDateTime;
use polars::prelude::*;
use serde_json::{Value, json};
use warehouse::marts::{LINE_MINUTES, RUN_WEIGHTS, RUNS, SHIFT_LINES};

use super::busy::{SETTINGS, busy, each, reason, told};
use super::factory::{AS_OF, Factory, Reply, date, get, time, with_settings};

async fn now(factory: &Factory) -> (Reply, Value) {
    let answer = get(&factory.app(), "/shift/now").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let json = answer.json();
    (answer, json)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_says_what_it_does_what_it_made_and_where_it_lands() {
    let (answer, now) = now(&busy().await).await;
    assert_eq!(answer.header("x-data-as-of"), Some(AS_OF));
    assert_eq!(
        told(&now["shift"], "date code starts_at ends_at elapsed_pct working_minutes_left"),
        "2026-11-23 AM 06:00:00 14:00:00 46.3 241.5"
    );
    let lines = &now["lines"];
    assert_eq!(
        each(lines, "prod_line line_name status since run_number product_code"),
        [
            "L1 Line 1 running 06:00:05 1 A",
            "L2 Line 2 stopped 09:29:59 2 B",
            "L3 Line 3 stopped 07:00:00 3 C",
            "L4 Line 4 idle null null null",
            "L5 Line 5 running 08:00:00 5 A"
        ]
    );
    // 208.5 of 450 minutes have passed.
    assert_eq!(
        each(lines, "made_kg packs expected_kg target_kg target_source"),
        [
            "416.0 2080 215.5 465.0 usual",
            "204.0 1020 417.0 900.0 settings",
            "0.0 0 null null null",
            "0.0 0 21.3 46.0 settings",
            "null null null null null"
        ]
    );
    assert_eq!(
        each(lines, "giveaway_kg giveaway_pct giveaway_money"),
        ["20.8 5.3 416.0", "10.2 5.3 102.0", "0.0 null 0.0", "0.0 null 0.0", "null null null"]
    );
    assert_eq!(
        each(lines, "stops stopped_minutes longest_stop_minutes"),
        ["0 0.0 0.0", "2 38.6 28.5", "1 148.5 148.5", "0 0.0 0.0", "null null null"]
    );
    assert_eq!(
        each(lines, "critical major warning rejected_rows"),
        ["1 0 1 2", "0 1 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0"]
    );
    let [line_1, line_2, line_3, line_4, line_5] = [0, 1, 2, 3, 4].map(|line| &lines[line]);
    assert_eq!(told(line_1, "landing packs_per_min kg_per_min best_packs_per_min"), "ahead 9.67 1.93 10.0");
    // Nothing has come from line 1 for 31 seconds.
    // 49 kg in packs of 200 g in 241.5 minutes; the best of line 2 is 9 packs a minute, its need 14.4.
    assert_eq!(told(line_1, "needed_packs_per_min"), "1.01");
    assert_eq!(
        (told(line_2, "needed_packs_per_min best_packs_per_min"), reason(line_2, "needed_packs_per_min")),
        ("null 9.0".to_owned(), "out_of_reach".to_owned())
    );
    assert_eq!(
        (told(line_2, "landing"), reason(line_2, "projected_kg")),
        ("unknown".to_owned(), "few_shifts".to_owned())
    );
    assert_eq!(told(line_2, "packs_per_min"), "6.0", "that of the time before the stop");
    // Every twentieth of the shift is 22.5 minutes, in which line 1 makes 2 kg each.
    assert_eq!(
        each(&line_1["way"], "elapsed_pct made_kg").join(", "),
        "0.0 0.0, 5.0 46.0, 10.0 90.0, 15.0 136.0, 20.0 180.0, 25.0 226.0, 30.0 270.0, 35.0 316.0, 40.0 360.0, 45.0 406.0, 46.3 416.0"
    );
    assert_eq!((each(&line_3["way"], "made_kg").len(), &line_5["way"]), (11, &json!([])));
    let band =
        ["projected_low_kg", "projected_kg", "projected_high_kg"].map(|name| line_1[name].as_f64().unwrap());
    assert!(band[0] > 465.0 && band[0] <= band[1] && band[1] <= band[2], "{band:?}");
    for (line, field, expect) in [
        (line_1, "yield_pct", "no_yield"),
        (line_3, "target_kg", "few_shifts"),
        (line_3, "packs_per_min", "no_packs"),
        (line_4, "giveaway_pct", "no_packs"),
        (line_5, "made_kg", "no_data"),
        (line_5, "packs_per_min", "no_data"),
        (line_5, "giveaway_kg", "no_data"),
    ] {
        assert_eq!(reason(line, field), expect, "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_add_up_and_a_sum_is_unknown_if_a_part_is() {
    let (_, now) = now(&busy().await).await;
    let totals = &now["totals"];
    assert_eq!(
        told(
            totals,
            "lines_running lines_stopped lines_idle made_kg target_kg packs giveaway_kg critical major warning rejected_rows"
        ),
        "2 2 1 null null null null 1 1 1 2"
    );
    assert_eq!(
        (reason(totals, "made_kg"), reason(totals, "target_kg")),
        ("line_unknown".to_owned(), "line_unknown".to_owned())
    );
    assert_eq!(told(totals, "landing"), "unknown");
    // The night before is over: it lands at what it made.
    assert_eq!(told(&now["previous"]["shift"], "date code"), "2026-11-22 N");
    assert_eq!(
        told(
            &now["previous"]["totals"],
            "made_kg packs projected_kg giveaway_kg giveaway_pct lines_running lines_idle"
        ),
        "300.0 1500 300.0 15.0 5.3 0 2"
    );
    assert_eq!(now["currency"], "GBP");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_to_act_on_first_comes_first_in_plain_words() {
    let (_, now) = now(&busy().await).await;
    assert_eq!(
        each(&now["attention"], "kind line since text link"),
        [
            "finding L1 09:40:00 run 1: the lot fails #/run/1?date=2026-11-23",
            "lot L2 null Line 2: the lot of run 2 fails, whatever is packed from now on #/run/2?date=2026-11-23",
            "stop L3 07:00:00 Line 3 has a run on and has made nothing yet in this shift, for 149 min #/run/3?date=2026-11-23",
            "stop L2 09:29:59 Line 2 has stood still for 29 min, since 09:29 #/run/2?date=2026-11-23",
            "order null null order SO-1 of Harbour Foods leaves today and will be 50 kg short of B null",
            "finding L2 null run 2: 17 labels are missing #/run/2?date=2026-11-23"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn between_shifts_the_next_one_is_told_and_without_shift_times_nothing() {
    let mut factory = busy().await;
    with_settings(&mut factory, &SETTINGS.replace("end = \"14:00\"", "end = \"09:30\"")).await;
    let (_, between) = now(&factory).await;
    assert_eq!(
        (&between["shift"], &between["totals"], &between["lines"]),
        (&json!(null), &json!(null), &json!([]))
    );
    assert_eq!(told(&between["next"], "date code starts_at"), "2026-11-23 N 22:00:00");
    assert_eq!(reason(&between, "shift"), "between_shifts");
    assert_eq!(told(&between["previous"]["shift"], "date code"), "2026-11-23 AM");
    assert_eq!(each(&between["attention"], "kind run"), ["lot 2", "order null"]);
    with_settings(&mut factory, "").await;
    let (_, without) = now(&factory).await;
    assert_eq!(
        (&without["shift"], &without["next"], &without["previous"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(reason(&without, "shift"), "no_shift_times");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_price_is_known_of_has_no_money_and_early_in_a_shift_nothing_lands() {
    let mut factory = busy().await;
    let without = SETTINGS.split("[prices]").next().unwrap();
    with_settings(&mut factory, without).await;
    let (_, told_without) = now(&factory).await;
    assert_eq!(
        (told_without["currency"].clone(), reason(&told_without["lines"][0], "giveaway_money")),
        (json!(null), "no_price".to_owned())
    );
    // The shift began 28.5 minutes ago.
    with_settings(
        &mut factory,
        &SETTINGS.replace(
            "start = \"06:00\"\nend = \"14:00\"\nbreaks = [[\"08:00\", \"08:30\"]]",
            "start = \"09:30\"\nend = \"17:30\"",
        ),
    )
    .await;
    let (_, early) = now(&factory).await;
    let line =
        early["lines"].as_array().unwrap().iter().find(|line| line["prod_line"] == "L3").unwrap().clone();
    assert_eq!(
        (told(&line, "landing"), reason(&line, "projected_kg")),
        ("unknown".to_owned(), "too_early".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn stops_are_the_same_however_their_days_are_named() {
    let factory = busy().await;
    let stops = async |query: &str| get(&factory.app(), &format!("/stops?{query}")).await.json();
    let both = stops("from=2026-11-22&to=2026-11-23").await;
    assert_eq!(
        each(&both, "prod_line started_at kind"),
        ["L2 09:29:59 open", "L3 07:00:00 open", "L1 05:40:00 open"]
    );
    for query in ["from=2026-11-22", "days=2", "from=2026-11-22&before=2026-11-24"] {
        assert_eq!(stops(query).await, both, "{query}");
    }
}

/// Until the ERP is read again.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_stays_as_it_is_until_there_is_another_version() {
    let mut factory = busy().await;
    let app = factory.app();
    let ask = async |factory: &Factory| {
        factory.wait(60_000);
        let answer = get(&app, "/shift/now").await;
        assert_eq!((answer.status.as_u16(), answer.header("x-data-as-of")), (200, Some(AS_OF)));
        answer
    };
    let first = ask(&factory).await;
    let again = ask(&factory).await;
    assert_eq!(
        (again.text, again.headers["etag"].clone()),
        (first.text.clone(), first.headers["etag"].clone())
    );
    with_settings(&mut factory, &SETTINGS.replace("= 900", "= 950")).await;
    let later = ask(&factory).await;
    assert_eq!(told(&first.json()["lines"][1], "target_kg"), "900.0");
    assert_eq!(told(&later.json()["lines"][1], "target_kg"), "950.0");
}

/// The night of which an hour comes twice, read at this moment. Its line packs 2 kg a minute until 01:29 on the clock.
async fn night(as_of: &str) -> Value {
    let (night, morning) = (date("2026-10-24"), date("2026-10-25"));
    let starts: Vec<NaiveDateTime> =
        (0..30).map(|minute| time(&format!("2026-10-25T01:{minute:02}:00"))).collect();
    let minutes = df![
        "run_number" => ["1"; 30],
        "production_date" => [night; 30],
        "prod_line" => ["L1"; 30],
        "packed_on" => [morning; 30],
        "minute" => &starts,
        "first_pack_at" => &starts,
        "last_pack_at" => &starts,
        "stop_after_minutes" => [3.0; 30],
        "packs" => [10_i64; 30],
        "made_kg" => [2.0; 30],
    ];
    let lines = df![
        "shift_date" => [night],
        "shift_code" => ["N"],
        "prod_line" => ["L1"],
        "starts_at" => [time("2026-10-24T22:00:00")],
        "ends_at" => [time("2026-10-25T06:00:00")],
        "working_minutes" => [540.0],
        "packs" => [300_i64],
        "made_kg" => [60.0],
        "first_pack_at" => [time("2026-10-25T01:00:00")],
        "last_pack_at" => [time("2026-10-25T01:29:00")],
        "last_run_number" => ["1"],
        "last_run_date" => [night],
        "stop_after_minutes" => [3.0],
    ];
    let runs = df![
        "run_number" => ["1"],
        "production_date" => [night],
        "prod_line" => ["L1"],
        "active" => [true],
        "complete" => [false],
        "packs" => [300_i64],
        "last_activity_at" => [time("2026-10-25T01:29:00")],
        "sheet_started_at" => [time("2026-10-25T01:00:00")],
        "started_at" => [time("2026-10-25T01:00:00")],
    ];
    let mut factory = Factory::with(vec![
        (&LINE_MINUTES, "2026-10", minutes.unwrap()),
        (&SHIFT_LINES, "2026-10", lines.unwrap()),
        (&RUNS, "2026-10", runs.unwrap()),
    ])
    .await;
    for table in factory.manifest.tables.values_mut() {
        table.as_of = as_of.parse().ok();
    }
    factory.set_now(as_of);
    with_settings(&mut factory, SETTINGS).await;
    let (answer, now) = now(&factory).await;
    assert_eq!(answer.header("x-data-as-of"), Some(as_of));
    now
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_in_which_an_hour_comes_twice_has_nine_hours_and_tells_no_pace_of_that_hour() {
    // 01:30 on the clock for the first time, and for the second.
    for (as_of, elapsed) in
        [("2026-10-25T01:30:00+01:00", "38.9 330.0"), ("2026-10-25T01:30:00+00:00", "50.0 270.0")]
    {
        let now = night(as_of).await;
        assert_eq!(
            told(&now["shift"], "date code elapsed_pct working_minutes_left"),
            format!("2026-10-24 N {elapsed}"),
            "{as_of}"
        );
        let line = &now["lines"][0];
        assert_eq!(told(line, "made_kg packs packs_per_min"), "60.0 300 null", "{as_of}");
        assert_eq!(reason(line, "packs_per_min"), "clock_change", "{as_of}");
    }
    // An hour after the change the clock is sure again; so is that nothing was packed since.
    let later = night("2026-10-25T03:00:00+00:00").await;
    assert_eq!(told(&later["shift"], "elapsed_pct working_minutes_left"), "66.7 180.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_packs_in_a_run_are_told_as_few_are() {
    let mut factory = busy().await;
    let lots = df![
        "run_number" => ["1"],
        "production_date" => [date("2026-11-23")],
        "packs" => [1_000_000_i64],
        "nominal_g" => [190.0],
        "mean_g" => [200.0],
        "below_t1" => [0_i64],
        "below_t2" => [0_i64],
    ];
    factory.put(&RUN_WEIGHTS, "2026-11", lots.unwrap()).await;
    factory.publish().await;
    let (_, now) = now(&factory).await;
    assert_eq!(told(&now["lines"][0], "status landing"), "running ahead");
    let weights = get(&factory.app(), "/weights/1").await.json();
    assert_eq!(
        told(&weights["forecast"], "expected_packs pass_probability status"),
        "1000000 1.0 on_course",
        "{weights}"
    );
}
