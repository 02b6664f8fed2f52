//! What `/shift/handover`, `/setpoints`, `/orders/at-risk` and the forecast of `/weights` answer.

use serde_json::json;

use super::busy::{busy, each, told};
use super::factory::{assert_problem, get};

#[tokio::test(flavor = "multi_thread")]
async fn the_sheet_for_the_next_manager_tells_losses_findings_runs_places_and_orders() {
    let factory = busy().await;
    let answer = get(&factory.app(), "/shift/handover").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let sheet = answer.json();
    assert_eq!(
        (told(&sheet["shift"], "code elapsed_pct"), &sheet["over"]),
        ("AM 46.3".to_owned(), &json!(false))
    );
    assert_eq!(
        each(&sheet["lines"], "prod_line made_kg delta_kg"),
        ["L1 416.0 -49.0", "L2 204.0 -696.0", "L3 0.0 null", "L4 0.0 -46.0", "L5 null null"]
    );
    // Nobody knows what line 3 would have made. Line 2 is to make 900 kg in 450 minutes, of 10 GBP each.
    assert_eq!(
        each(&sheet["losses"], "kind prod_line kg minutes money text"),
        [
            "stop L3 null 148.5 null Line 3 has stood still for 149 min, since 07:00",
            "stop L2 57.0 28.5 570.33 Line 2 has stood still for 29 min, since 09:29",
            "downgrade null 25.0 null 50.0 run 1: 25.0 kg went down a tier (light portion)"
        ]
    );
    assert_eq!(each(&sheet["findings"], "finding_id severity"), ["f1 CRITICAL", "f3 MAJOR", "f2 WARNING"]);
    assert_eq!(
        each(&sheet["runs"], "run_number prod_line target_kg packs"),
        ["1 L1 700.0 2080", "2 L2 600.0 1020", "3 L3 null 0", "5 L5 null 77"]
    );
    assert_eq!(
        told(&sheet["runs"][1]["forecast"], "expected_packs pass_probability status"),
        "3158 0.0 lost"
    );
    assert_eq!(told(&sheet["runs"][0]["forecast"], "expected_packs status"), "3684 on_course");
    assert_eq!(
        each(
            &sheet["temperatures"],
            "location last_celsius breaches longest_breach_minutes max_degrees_over open"
        ),
        ["Dock 9.0 1 20 4.0 true", "Chill 2.0 0 0 null false"]
    );
    assert_eq!(
        each(&sheet["orders"], "order_number ordered_kg projected_kg short_kg status covering_runs"),
        ["SO-1 650.0 600.0 50.0 short 2", "SO-2 100.0 100.0 0.0 covered_when_run_ends 1"]
    );
    let night = get(&factory.app(), "/shift/handover?date=2026-11-22").await.json();
    assert_eq!(
        (told(&night["shift"], "code elapsed_pct"), &night["over"]),
        ("N 100.0".to_owned(), &json!(true))
    );
    for query in ["date=2026-11-24", "shift=PM", "date=2026-11-23&shift=N"] {
        let none = get(&factory.app(), &format!("/shift/handover?{query}")).await;
        assert_problem(&none, 404, "no shift of this date and code");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn setpoints_of_runs_come_before_those_of_products() {
    let factory = busy().await;
    let answer = get(&factory.app(), "/setpoints").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let rows = answer.json();
    assert_eq!(
        each(&rows, "prod_line run_number product_code packs nominal_g mean_g lot_size"),
        [
            "L1 1 A 2080 190.0 200.0 3684",
            "L2 2 B 1020 190.0 186.0 3158",
            "L1 null A 2080 190.0 200.0 null",
            "L2 null B 1020 190.0 186.0 null",
        ]
    );
    let run = &rows[0];
    let number = |name: &str| run[name].as_f64().unwrap();
    // R-bar of 5 g in subgroups of five is a spread of 5 / 2.326 g.
    assert!((number("sigma_g") - 2.15).abs() < 0.011, "{run}");
    assert!(number("recommended_mean_g") >= 190.0 && number("recommended_mean_g") < 191.0, "{run}");
    assert!((number("packs_per_hour") - 580.0).abs() < 1.0, "{run}");
    assert!(
        (number("saving_kg_per_hour") - number("over_g") * number("packs_per_hour") / 1000.0).abs() < 0.06,
        "{run}"
    );
    assert!((number("saving_money_per_hour") - number("saving_kg_per_hour") * 20.0).abs() < 1.1, "{run}");
    assert!(rows[1]["saving_kg_per_hour"].as_f64().unwrap() < 0.0, "packs that are too light: {}", rows[1]);
    assert_eq!(get(&factory.app(), "/setpoints?line=line%202").await.each("product_code"), ["B", "B"]);
    // Of runs that are complete, the median tells how large a lot is.
    let both = get(&factory.app(), "/setpoints?days=2").await.json();
    assert!(
        each(&both, "run_number product_code lot_size reason")
            .contains(&"null D 1500 its nominal quantity is unknown".to_owned()),
        "{both}"
    );
    assert_eq!(told(&rows[2], "reason"), "no run of it is complete yet");
    let lot = get(&factory.app(), "/weights/2").await.json();
    assert_eq!(told(&lot["forecast"], "expected_packs status pass_probability"), "3158 lost 0.0");
    assert_eq!(get(&factory.app(), "/weights/8").await.json()["forecast"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_told_by_their_days_of_despatch() {
    let factory = busy().await;
    let ask = |query: &str| {
        let (app, address) = (factory.app(), format!("/orders/at-risk{query}"));
        async move { get(&app, &address).await }
    };
    assert_eq!(ask("").await.each("order_number"), ["SO-1", "SO-2"]);
    assert_eq!(ask("?days=1").await.each("order_number"), ["SO-1"]);
    assert_eq!(ask("?customer=pier").await.each("order_number"), ["SO-2"]);
    let csv = ask("?format=csv").await.text;
    assert!(csv.contains("SO-1,Harbour Foods,B,2026-11-23,650.0,0.0,600.0,50.0,short,2"), "{csv}");
}
