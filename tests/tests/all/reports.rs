//! The production reports over a sandbox. Each has rows, and they agree with each other and with the
//! endpoints that tell the same.

use std::collections::BTreeSet;

use api::reports::{
    AllergenChangeover, DailyProductYield, OrderLine, ProductGiveaway, ShiftTotals, SpeciesRank, TracedInput,
    WeeklyYield,
};
use api::runs::RunDetail;
use api::yields::DailyYield;
use chrono::Utc;
use lake::Mode;
use serde_json::Value;
use tests::factory::{ErpAccess, Factory};
use tests::site::Site;

fn sum(figures: impl Iterator<Item = Option<f64>>) -> f64 {
    figures.flatten().sum()
}

/// Fails unless two sums are alike, but for what is lost when each figure is rounded to a tenth.
fn assert_alike(one: f64, other: f64, figures: usize, what: &str) {
    assert!((one - other).abs() <= 0.06 * figures as f64 + 0.06, "{what}: {one} and {other}");
    assert!(one.abs() > 1.0, "{what} is nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reports_of_a_factory_agree_with_each_other_and_with_its_endpoints() {
    // The site's windows end today, so the factory must be of today.
    let factory = Factory::sandbox(&Utc::now().format("%Y-%m-%dT%H:%M:%S").to_string(), 5)
        .await
        .over(ErpAccess::Sqlite);
    factory.job_ok(Mode::Incremental).await;
    let site = Site::open(&factory).await;
    for name in ["temperature-audit", "non-conformance"] {
        let rows: Vec<Value> = site.get(&format!("/reports/{name}")).await.unwrap();
        assert!(!rows.is_empty(), "{name}");
    }

    let daily: Vec<DailyProductYield> = site.get("/reports/daily-yield").await.unwrap();
    let by_line: Vec<DailyYield> = site.get("/yield/daily?days=30").await.unwrap();
    assert_eq!(
        daily.iter().map(|row| row.runs).sum::<i64>(),
        by_line.iter().map(|row| row.runs).sum::<i64>()
    );
    let daily_kg = sum(daily.iter().map(|row| row.total_kg));
    assert_alike(
        daily_kg,
        sum(by_line.iter().map(|row| row.total_kg)),
        daily.len() + by_line.len(),
        "output of /yield/daily",
    );

    let species: Vec<SpeciesRank> = site.get("/reports/species-ranking").await.unwrap();
    assert_alike(
        daily_kg,
        sum(species.iter().map(|row| row.total_kg)),
        daily.len() + species.len(),
        "output by species",
    );
    assert_alike(100.0, sum(species.iter().map(|row| row.share_pct)), species.len(), "shares");

    // The last row of each line and week tells all of the week.
    let weeks: Vec<WeeklyYield> = site.get("/reports/weekly-cumulative").await.unwrap();
    let is_last = |row: &&WeeklyYield| {
        let same_week =
            |other: &&WeeklyYield| (&other.prod_line, other.week_start) == (&row.prod_line, row.week_start);
        weeks.iter().filter(same_week).all(|other| other.production_date <= row.production_date)
    };
    assert_alike(
        daily_kg,
        sum(weeks.iter().filter(is_last).map(|row| row.cumulative_kg)),
        daily.len() + weeks.len(),
        "output by week",
    );

    let traced: Vec<TracedInput> = site.get("/reports/traceability?limit=10000").await.unwrap();
    assert!(traced.iter().any(|row| row.supplier.is_some()), "no batch is known");
    // Of a run that took back more than it took, no sum is known.
    let first = traced.iter().find(|row| row.run_yield_pct.is_some()).expect("no run has a yield");
    let run: RunDetail =
        site.get(&format!("/runs/{}?date={}", first.run_number, first.production_date)).await.unwrap();
    let of_run: Vec<_> = traced
        .iter()
        .filter(|row| (&row.run_number, row.production_date) == (&first.run_number, first.production_date))
        .collect();
    assert_alike(
        sum(of_run.iter().map(|row| row.input_kg)),
        sum(run.inputs.iter().map(|input| input.qty_kg)),
        of_run.len() + run.inputs.len(),
        "inputs",
    );
    assert_eq!(first.run_output_kg, run.run.actual_kg);

    let giveaway: Vec<ProductGiveaway> = site.get("/reports/giveaway").await.unwrap();
    assert!(
        giveaway
            .iter()
            .all(|row| row.packs >= row.runs && (row.net_kg - row.target_kg - row.giveaway_kg).abs() < 0.16),
        "{giveaway:?}"
    );
    assert!(giveaway.windows(2).all(|rows| rows[0].giveaway_kg >= rows[1].giveaway_kg) && giveaway.len() > 1);

    let shifts: Vec<ShiftTotals> = site.get("/reports/shift-productivity").await.unwrap();
    assert!(shifts.iter().any(|row| row.oee_pct.is_some_and(|oee| oee > 1.0 && oee < 150.0)), "{shifts:?}");

    let orders: Vec<OrderLine> = site.get("/reports/order-fulfilment?limit=10000").await.unwrap();
    // Whether one is loaded just now depends on the time of day.
    let statuses: BTreeSet<&str> = orders.iter().map(|row| row.status.as_str()).collect();
    assert!(
        statuses.len() > 1 && statuses.is_subset(&["pending", "loaded", "delivered"].into()),
        "{statuses:?}"
    );
    for order in &orders {
        let parts =
            [order.pending_kg, order.loaded_kg, order.delivered_kg].into_iter().flatten().sum::<f64>();
        assert!((parts - order.qty_kg.unwrap_or_default()).abs() < 0.25, "{order:?}");
    }

    let changes: Vec<AllergenChangeover> = site.get("/reports/allergen-changeovers").await.unwrap();
    assert!(
        !changes.is_empty()
            && changes.iter().all(|row| row.cleaning_required.is_none()
                || row.from_allergens != row.to_allergens
                    && row.cleaning_required == Some(row.removed.is_some()))
    );
}
