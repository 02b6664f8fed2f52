//! An endpoint reads as much of the lake of a factory that has worked for years as of one that has worked for
//! a few months.

use api::names::path_value;
use api::{Method, operations};
use chrono::{Months, NaiveDate, NaiveDateTime};
use polars::prelude::*;
use warehouse::marts::{self, Mart, RUNS, month};

use super::factory::{Factory, assert_problem, get, with_settings};

/// A factory with a part of every mart for each of so many months up to now. A run of each month is complete.
async fn factory_of(months: u32) -> Factory {
    let mut factory = Factory::with(Vec::new()).await;
    for n in 0..months {
        let day = month_ago(n);
        for mart in marts::ALL {
            for build in mart.builds {
                let part = mart.part(*build, mart.month_of.map(|_| month(day)).as_deref());
                factory.put(mart, &part, row(mart, n, day)).await;
            }
        }
    }
    with_settings(&mut factory, "[[shifts]]\ncode = \"x\"\nstart = \"06:00\"\nend = \"14:00\"").await;
    factory
}

/// A day of the month so many months ago.
fn month_ago(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 20).unwrap() - Months::new(n)
}

/// The number of a month's run, which is also the code of its batch.
fn number(n: u32) -> String {
    format!("{}", 900_000 - 1000 * n)
}

/// A row with something in each column.
fn row(mart: &Mart, n: u32, day: NaiveDate) -> DataFrame {
    let time: NaiveDateTime = day.and_hms_opt(9, 0, 0).unwrap();
    let column = |(name, dtype): (&PlSmallStr, &DataType)| match dtype {
        dtype if ["new_batch_code", "parent_batch"].contains(&name.as_str()) => {
            Column::full_null(name.clone(), 1, dtype)
        }
        DataType::String if name == "link" => Column::new(name.clone(), ["input"]),
        DataType::String if name.ends_with("run_number") || name.ends_with("batch_code") => {
            Column::new(name.clone(), [number(n)])
        }
        DataType::String => Column::new(name.clone(), ["x"]),
        DataType::Boolean => Column::new(name.clone(), [true]),
        DataType::Date => Column::new(name.clone(), [day]),
        DataType::Datetime(..) => Column::new(name.clone(), [time]),
        DataType::Int64 => Column::new(name.clone(), [1_i64]),
        _ => Column::new(name.clone(), [1.0]),
    };
    DataFrame::new_infer_height(mart.schema().iter().map(column).collect()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_endpoint_reads_more_after_thirty_months_than_after_three() {
    let (young, old) = (factory_of(3).await, factory_of(30).await);
    for operation in operations().filter(|operation| operation.method == Method::Get) {
        let address = operation.values().fold(operation.path.to_owned(), |path, name| {
            let value =
                if name == "job_id" { path_value(name).unwrap().example.to_owned() } else { number(0) };
            path.replace(&format!("{{{name}}}"), &value)
        });
        let reads = async |factory: &Factory| {
            factory.store.reads();
            let reply = get(&factory.app(), &address).await;
            let is_there = reply.status == 200 || (operation.path.contains("job_id") && reply.status == 404);
            assert!(is_there, "{address}: {} {}", reply.status, reply.text);
            factory.store.reads().1
        };
        let (of_young, of_old) = (reads(&young).await, reads(&old).await);
        assert_eq!(of_young, of_old, "{address}: objects that are read after 3 months, and after 30");
        // Findings lie in a part for each kind of row that was judged.
        let most = match operation.path {
            path if path == api::compliance::CHECKS.path() => 14,
            // All that a screen needs: two shifts with their lines, runs, findings, orders and places.
            path if path == api::shift_now::NOW.path() || path == api::handover::HANDOVER.path() => 30,
            _ => 6,
        };
        assert!(of_old <= most, "{address}: {of_old} objects are read");
    }
}

/// If a run number recurs, the newest run counts, and nothing older is read for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_any_age_is_found_without_reading_the_others() {
    let mut factory = factory_of(30).await;
    let again = row(&RUNS, 29, month_ago(10));
    factory.put(&RUNS, &month(month_ago(10)), again).await;
    factory.publish().await;
    let look_up = async |address: &str| {
        factory.store.reads();
        let reply = get(&factory.app(), address).await;
        (reply, factory.store.reads().1)
    };
    // The run itself is read, and what four other marts say of it. Findings lie in four parts a month.
    for n in [0, 12, 28] {
        let (reply, reads) = look_up(&format!("/runs/{}", number(n))).await;
        assert_eq!(reply.json()["run"]["production_date"], month_ago(n).to_string());
        assert!(reads <= 6, "{reads}");
    }
    let (reply, reads) = look_up(&format!("/runs/{}", number(29))).await;
    assert_eq!(reply.json()["run"]["production_date"], month_ago(10).to_string());
    assert!(reads <= 6, "{reads}");
    let (reply, reads) = look_up("/runs/123456789").await;
    assert_problem(&reply, 404, "there is no run `123456789`");
    assert_eq!(reads, 0);
}

/// A run that nobody completed is on, however old it is.
#[tokio::test(flavor = "multi_thread")]
async fn of_all_months_only_those_with_active_runs_are_read() {
    let mut factory = factory_of(30).await;
    let mut forgotten = row(&RUNS, 25, month_ago(25));
    forgotten.with_column(Column::new("complete".into(), [false])).unwrap();
    factory.put(&RUNS, &month(month_ago(25)), forgotten).await;
    factory.publish().await;
    factory.store.reads();
    assert_eq!(get(&factory.app(), "/runs/active").await.each("run_number"), [number(25)]);
    assert_eq!(factory.store.reads().1, 1);

    // A lake of an older version does not say which months have active runs. All are read, and find the same.
    for part in factory.manifest.marts.get_mut(RUNS.name).unwrap().values_mut() {
        part.zone.clear();
    }
    factory.publish().await;
    assert_eq!(get(&factory.app(), "/runs/active").await.each("run_number"), [number(25)]);
    assert_eq!(get(&factory.app(), &format!("/runs/{}", number(25))).await.json()["state"], "on");
}
