//! What `/trace/{batch_code}?format=epcis` answers: documents that keep the rules of EPCIS 2.0 and of GDST,
//! with the figures of the trace.

use std::io::Write;
use std::process::{Command, Stdio};

use polars::prelude::*;
use serde_json::{Value, json};
use warehouse::marts::{INTAKES, RUNS, TRACE_LINKS};

use super::factory::{AS_OF, Factory, get};
use super::trace::{intakes, links, runs, small};

/// A program that takes the path of a schema and reads a JSON list of documents. For each document it writes
/// what is wrong with it, as a JSON list of lists.
const JUDGE: &str = r#"
import json, sys
from jsonschema import Draft7Validator, FormatChecker
with open(sys.argv[1], encoding="utf-8") as schema:
    rules = Draft7Validator(json.load(schema), format_checker=FormatChecker(["date", "date-time"]))
assert "date-time" in rules.format_checker.checkers, "nothing would check times"
print(json.dumps([[error.json_path + ": " + error.message for error in rules.iter_errors(one)] for one in json.load(sys.stdin)]))
"#;

/// What is wrong with each of these documents by the schema of EPCIS.
fn broken(documents: &[Value]) -> Vec<Vec<String>> {
    let mut judge = Command::new(tests::place::python_program("python"))
        .args(["-c", JUDGE])
        .arg(tests::place::root().join("tests/schemas/epcis.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    judge.stdin.take().unwrap().write_all(&serde_json::to_vec(documents).unwrap()).unwrap();
    let output = judge.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn document(factory: &Factory, code: &str) -> Value {
    let reply = get(&factory.app(), &format!("/trace/{code}?format=epcis")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("content-type"), reply.header("x-data-as-of")),
        (200, Some("application/ld+json"), Some(AS_OF))
    );
    let document = reply.json();
    assert_eq!(broken(std::slice::from_ref(&document)), [[""; 0]], "{document:#}");
    document
}

/// The step, time and quantities of each event, such as `fish.B1 100` for what went in.
fn shown(document: &Value) -> Vec<String> {
    let name = |urn: &Value| urn.as_str().unwrap().rsplit("main.").next().unwrap().to_owned();
    let list = |event: &Value, list: &str| {
        let elements = event[list].as_array().map(Vec::as_slice).unwrap_or_default();
        elements
            .iter()
            .map(|of| format!("{} {}", name(&of["epcClass"]), of["quantity"]))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let events = document["epcisBody"]["eventList"].as_array().unwrap();
    let line = |event: &Value| {
        let goods = ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"]
            .map(|of| list(event, of));
        let goods: Vec<_> = goods.into_iter().filter(|goods| !goods.is_empty()).collect();
        format!(
            "{} {}: {}",
            event["eventTime"].as_str().unwrap(),
            event["bizStep"].as_str().unwrap(),
            goods.join(" -> ")
        )
    };
    events.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_a_document_of_what_was_received_made_packed_and_shipped() {
    let factory = small().await;
    let whole = document(&factory, "B1").await;
    assert_eq!(whole["creationDate"], "2026-11-23T09:58:30.000+00:00");
    assert_eq!(
        shown(&whole),
        [
            "2026-11-01T00:00:00.000+00:00 receiving: fish.B1 500.0",
            "2026-11-02T00:00:00.000+00:00 commissioning: fish.B1 100.0 -> COD.1-20261102 85.0, fish.N1 10.0",
            "2026-11-02T00:00:00.000+00:00 packing: COD.1-20261102 80.0",
            "2026-11-03T00:00:00.000+00:00 commissioning: fish.B2 30.0, fish.N1 10.0 -> COD.2-20261103 30.0, fish.N2 4.0",
            "2026-11-04T00:00:00.000+00:00 commissioning: fish.N2 4.0 -> COD.3-20261104 3.0, fish.N3 1.0",
            "2026-11-20T23:59:59.000+00:00 shipping: COD.1-20261102 80.0",
            "2026-11-21T23:59:59.000+00:00 packing: fish.B1 5.0",
        ]
    );
    let party = "urn:gdst:main:party:main.main";
    let event = |step: usize| whole["epcisBody"]["eventList"][step].clone();
    let received = event(0);
    assert_eq!(
        (&received["type"], &received["action"], &received["cbvmda:lotNumber"]),
        (&json!("ObjectEvent"), &json!("OBSERVE"), &json!("B1"))
    );
    assert_eq!(
        received["sourceList"],
        json!([{"type": "owning_party", "source": "urn:gdst:main:party:main.North%20Sea%20Fish"}])
    );
    assert_eq!(
        received["cbvmda:vesselCatchInformationList"],
        json!({"cbvmda:vesselCatchInformation": [{"cbvmda:vesselName": "Aurora", "cbvmda:catchArea": "FAO 27"}]})
    );
    assert_eq!(
        received["cbvmda:certificationList"]["cbvmda:certification"][0]["cbvmda:certificationStandard"],
        "MSC"
    );
    let made = event(1);
    assert_eq!(
        (made.get("action"), &made["ilmd"]),
        (None, &json!({"cbvmda:lotNumber": "1-20261102", "cbvmda:itemExpirationDate": "2026-11-11"}))
    );
    assert_eq!(
        (&made["gdst:productOwner"], &made["cbvmda:informationProvider"]),
        (&json!(party), &json!(party))
    );
    let (packed, shipped) = (event(2), event(5));
    assert_eq!(
        (&packed["type"], &packed["action"], &packed["parentID"]),
        (&json!("AggregationEvent"), &json!("ADD"), &shipped["epcList"][0])
    );
    assert_eq!(
        shipped["bizTransactionList"],
        json!([{"type": "po", "bizTransaction": "urn:gdst:main:order:main.SO-1"}])
    );

    // The document also goes backwards, to the runs that made the ancestors. The same trace gives the same
    // document again.
    assert_eq!(
        shown(&document(&factory, "N2").await).iter().filter(|line| line.contains("commissioning")).count(),
        3,
        "the runs that made N1 and N2, and the one it went into"
    );
    assert_eq!(document(&factory, "B1").await, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_have_the_offset_that_the_factory_had_then() {
    let links = links(&[("1", 2, "input", "B1", "", "", "", "", 10.5)]);
    let summer = |frame: DataFrame| {
        frame
            .lazy()
            .with_column(
                lit("2026-07-01T06:30:00")
                    .str()
                    .to_datetime(Some(TimeUnit::Microseconds), None, StrptimeOptions::default(), lit("raise"))
                    .alias("finished_at"),
            )
            .collect()
            .unwrap()
    };
    let factory = Factory::with(vec![
        (&TRACE_LINKS, "2026-11", links),
        (&RUNS, "2026-11", summer(runs(&[("1", 2, Some(10.5), None)]))),
    ])
    .await;
    let whole = document(&factory, "B1").await;
    assert_eq!(shown(&whole), ["2026-07-01T06:30:00.000+01:00 commissioning: fish.B1 10.5"]);
    assert_eq!(whole["epcisBody"]["eventList"][0]["eventTimeZoneOffset"], "+01:00");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_erp_does_not_know_is_left_out_and_codes_may_hold_anything() {
    let bare = intakes(&["B 1/é:.%", "🐟"]).lazy().with_columns(
        ["supplier", "vessel_name", "catch_area", "certified", "qty_kg"].map(|name| lit(NULL).alias(name)),
    );
    let links = links(&[
        ("run 1/🐟", 2, "despatch", "B 1/é:.%", "", "", "", "", 1.0),
        ("run 1/🐟", 2, "input", "B 1/é:.%", "", "", "", "", 2.0),
    ]);
    let unknown = links
        .lazy()
        .with_columns([lit(NULL).alias("qty_kg"), lit(NULL).alias("despatch_date")])
        .collect()
        .unwrap();
    let factory = Factory::with(vec![
        (&INTAKES, "2026-11", bare.collect().unwrap()),
        (&TRACE_LINKS, "2026-11", unknown),
    ])
    .await;
    let whole = document(&factory, "B%201%2F%C3%A9%3A.%25").await;
    assert_eq!(
        shown(&whole),
        [
            "2026-11-01T00:00:00.000+00:00 receiving: fish.B%201%2F%C3%A9%3A%2E%25 null",
            "2026-11-02T00:00:00.000+00:00 commissioning: fish.B%201%2F%C3%A9%3A%2E%25 null",
            "2026-11-02T00:00:00.000+00:00 packing: unknown.run%201%2F%F0%9F%90%9F-20261102 null"
        ]
    );
    let goods = &document(&factory, "%F0%9F%90%9F").await["epcisBody"]["eventList"][0]["quantityList"];
    let fields: Vec<_> = goods[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((goods.as_array().unwrap().len(), fields), (1, vec!["epcClass"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_refuse_what_epcis_refuses() {
    let right = document(&small().await, "B1").await;
    let mut wrong = Vec::new();
    let mut check = |change: fn(&mut Value)| {
        let mut document = right.clone();
        change(&mut document);
        wrong.push(document);
    };
    check(|document| document["schemaVersion"] = json!(2.0));
    check(|document| document["creationDate"] = json!("2026-11-23 09:58"));
    check(|document| document["epcisBody"]["eventList"][0]["eventTime"] = json!("2026-11-01T00:00:00"));
    check(|document| document["epcisBody"]["eventList"][0]["eventTimeZoneOffset"] = json!("Z"));
    check(|document| document["epcisBody"]["eventList"][0]["ilmd"] = json!({"cbvmda:lotNumber": "B1"}));
    check(|document| {
        document["epcisBody"]["eventList"][0]["quantityList"][0]["epcClass"] = json!("fish of B1");
    });
    check(|document| document["epcisBody"]["eventList"][1]["action"] = json!("ADD"));
    check(|document| {
        document["epcisBody"]["eventList"][1]["inputQuantityList"] =
            json!([{"epcClass": "urn:x:y", "quantity": "1", "uom": "KGM"}]);
    });
    check(|document| {
        document["epcisBody"]["eventList"][1]["inputQuantityList"] =
            json!([{"epcClass": "urn:x:y", "quantity": 1}]);
    });
    check(|document| document["epcisBody"]["eventList"][1]["ilmd"] = json!({}));
    check(|document| document["epcisBody"]["eventList"][2]["childQuantityList"] = json!([]));
    check(|document| document["epcisBody"]["eventList"][3]["gdst:productOwner"] = json!(null));
    check(|document| document["epcisBody"]["eventList"][5]["remark"] = json!("by hand"));
    for (document, errors) in wrong.iter().zip(broken(&wrong)) {
        assert!(!errors.is_empty(), "{document:#}");
    }
}
