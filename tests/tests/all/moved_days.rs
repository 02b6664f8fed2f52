//! What counts by day counts once. A record or shift that moves to another day or month leaves the old one,
//! in every number that is made of it.

use api::quality::QualitySummary;
use api::shifts::ShiftProductivity;
use lake::Mode;
use tests::factory::{ErpAccess, Factory, moment};
use tests::site::Site;

use super::marts::compared_with_those_made_from_nothing;

over_both_ways!(
    a_record_that_moves_is_counted_on_its_new_day_alone,
    a_shift_that_moves_or_whose_line_is_renamed_is_counted_once,
    a_shift_s_quality_is_that_of_the_runs_that_are_its_own_now,
);

async fn factory(access: ErpAccess) -> Factory {
    let factory = Factory::empty("2026-11-20T14:00:00").await.over(access);
    let at = ("updated_at", "'2026-11-20 12:00:00'");
    for (id, date, status, closed) in [
        ("1", "'2026-11-18'", "'closed'", "'2026-11-20'"),
        ("2", "'2026-11-18'", "'OPEN '", "NULL"),
        ("3", "NULL", "'open'", "NULL"),
    ] {
        let record = [
            ("nc_id", id),
            ("nc_date", date),
            ("nc_type", "'bones'"),
            ("severity", "'major'"),
            ("status", status),
            ("closed_date", closed),
            at,
        ];
        factory.insert("non_conformance", &record);
    }
    factory.insert("prod_lines", &[("line_id", "'L1'"), ("line_name", "'Line 1'"), at]);
    for (id, line) in [("1", "'L1'"), ("2", "'line 1'")] {
        let hours = [
            ("planned_hours", "40"),
            ("actual_hours", "50"),
            ("overtime_hours", "10"),
            ("output_kg", "1000"),
        ];
        let shift = [
            ("shift_id", id),
            ("shift_date", "'2026-11-18'"),
            ("shift_code", "'AM'"),
            ("line_id", line),
            ("headcount", "5"),
        ];
        factory.insert("shifts", &[&shift[..], &hours, &[at]].concat());
    }
    factory.job_ok(Mode::Incremental).await;
    factory
}

/// Changes the ERP and lets a job follow, both at this minute of the hour.
async fn edit(factory: &Factory, minute: u32, sql: &str) {
    factory.now.set(moment(&format!("2026-11-20T14:{minute:02}:30")));
    factory.execute(&sql.replace("STAMP", &format!("'2026-11-20 14:{minute:02}:00'")));
    factory.job_ok(if sql.starts_with("DELETE") { Mode::Reconcile } else { Mode::Incremental }).await;
    compared_with_those_made_from_nothing(factory).await;
}

async fn records(factory: &Factory) -> Vec<String> {
    let rows: Vec<QualitySummary> = Site::open(factory).await.get("/quality/summary?days=60").await.unwrap();
    let shown = |row: QualitySummary| {
        let days = row.avg_days_to_close.map_or_else(|| "-".to_owned(), |days| days.to_string());
        format!(
            "{}: {} of {} closed, {} open, {} %, {days} days",
            row.nc_date, row.closed, row.total, row.open, row.closure_rate_pct
        )
    };
    rows.into_iter().map(shown).collect()
}

async fn a_record_that_moves_is_counted_on_its_new_day_alone(access: ErpAccess) {
    let factory = factory(access).await;
    assert_eq!(records(&factory).await, ["2026-11-18: 1 of 2 closed, 1 open, 50 %, 2 days"]);

    edit(
        &factory,
        1,
        "UPDATE non_conformance SET nc_date = '2026-10-31', updated_at = STAMP WHERE nc_id = 1",
    )
    .await;
    assert_eq!(
        records(&factory).await,
        [
            "2026-11-18: 0 of 1 closed, 1 open, 0 %, - days",
            "2026-10-31: 1 of 1 closed, 0 open, 100 %, 20 days"
        ]
    );

    edit(
        &factory,
        2,
        "UPDATE non_conformance SET nc_date = '2026-11-19', updated_at = STAMP WHERE nc_id IN (2, 3)",
    )
    .await;
    assert_eq!(
        records(&factory).await,
        [
            "2026-11-19: 0 of 2 closed, 2 open, 0 %, - days",
            "2026-10-31: 1 of 1 closed, 0 open, 100 %, 20 days"
        ]
    );

    edit(&factory, 3, "UPDATE non_conformance SET nc_date = NULL, updated_at = STAMP WHERE nc_id = 1").await;
    edit(&factory, 4, "DELETE FROM non_conformance WHERE nc_id = 2").await;
    assert_eq!(records(&factory).await, ["2026-11-19: 0 of 1 closed, 1 open, 0 %, - days"]);
}

async fn shifts(factory: &Factory) -> Vec<String> {
    let rows: Vec<ShiftProductivity> =
        Site::open(factory).await.get("/shifts/productivity?days=60").await.unwrap();
    let shown = |row: ShiftProductivity| {
        let figures = [row.kg_per_head, row.kg_per_hour, row.overtime_pct, row.hours_utilisation_pct]
            .map(|figure| figure.map_or(-1.0, |figure| figure));
        format!(
            "{} {}: {} people, {figures:?}",
            row.shift_date,
            row.line_name.unwrap_or_default(),
            row.headcount.unwrap_or_default()
        )
    };
    rows.into_iter().map(shown).collect()
}

async fn a_shift_that_moves_or_whose_line_is_renamed_is_counted_once(access: ErpAccess) {
    let factory = factory(access).await;
    assert_eq!(shifts(&factory).await, ["2026-11-18 Line 1: 10 people, [200.0, 20.0, 20.0, 125.0]"]);

    edit(
        &factory,
        1,
        "UPDATE shifts SET shift_date = '2026-10-31', output_kg = 500, updated_at = STAMP WHERE shift_id = 1",
    )
    .await;
    let (one, other) = (
        "2026-11-18 Line 1: 5 people, [200.0, 20.0, 20.0, 125.0]",
        "2026-10-31 Line 1: 5 people, [100.0, 10.0, 20.0, 125.0]",
    );
    assert_eq!(shifts(&factory).await, [one, other]);

    // The shift that names its line "line 1" has no line of that name any more.
    edit(&factory, 2, "UPDATE prod_lines SET line_name = 'Smoking', updated_at = STAMP").await;
    assert_eq!(shifts(&factory).await, [one.replace("Line 1", "line 1"), other.replace("Line 1", "Smoking")]);

    edit(&factory, 3, "DELETE FROM shifts WHERE shift_id = 2").await;
    assert_eq!(shifts(&factory).await, [other.replace("Line 1", "Smoking")]);
}

async fn qualities(factory: &Factory) -> Vec<String> {
    let rows: Vec<ShiftProductivity> =
        Site::open(factory).await.get("/shifts/productivity?days=60").await.unwrap();
    let pct = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |pct| pct.to_string());
    let shown = |row: ShiftProductivity| {
        let (packs, oee) = (row.packs.unwrap_or_default(), pct(row.oee_pct));
        format!(
            "{} {}: {} % of {packs} packs good, OEE {oee}",
            row.shift_date,
            row.shift_code.unwrap_or_default(),
            pct(row.quality_pct)
        )
    };
    rows.into_iter().map(shown).collect()
}

async fn a_shift_s_quality_is_that_of_the_runs_that_are_its_own_now(access: ErpAccess) {
    let factory = factory(access).await;
    let at = "'2026-11-20 12:00:00'";
    for (number, rejected) in [("'7'", "10"), ("'8'", "40")] {
        let run = [
            ("ProductionDate", "'2026-11-18'"),
            ("ProdLine", "'Line 1'"),
            ("ShiftCode", "'AM'"),
            ("Created", "'2026-11-18 06:00:00'"),
        ];
        factory.insert("RunNumber", &[&run[..], &[("RunNumber", number), ("Updated", at)]].concat());
        factory.insert(
            "SI_OCM_TOTALS",
            &[("RunNumber", number), ("TotalPacks", "100"), ("RejectCount", rejected), ("Updated", at)],
        );
    }
    edit(&factory, 1, "UPDATE prod_lines SET max_capacity_kg = 4000, updated_at = STAMP").await;
    // Two shifts of 40 planned and 50 worked hours made 1000 kg each: 20 kg an hour of 50.
    assert_eq!(qualities(&factory).await, ["2026-11-18 AM: 75 % of 200 packs good, OEE 30"]);

    edit(&factory, 2, "UPDATE SI_OCM_TOTALS SET RejectCount = 20, Updated = STAMP WHERE RunNumber = '8'")
        .await;
    assert_eq!(qualities(&factory).await, ["2026-11-18 AM: 85 % of 200 packs good, OEE 34"]);

    edit(&factory, 3, "UPDATE RunNumber SET ShiftCode = 'PM', Updated = STAMP WHERE RunNumber = '8'").await;
    assert_eq!(qualities(&factory).await, ["2026-11-18 AM: 90 % of 100 packs good, OEE 36"]);

    edit(&factory, 4, "UPDATE shifts SET shift_date = '2026-10-31', updated_at = STAMP WHERE shift_id = 2")
        .await;
    assert_eq!(
        qualities(&factory).await,
        ["2026-11-18 AM: 90 % of 100 packs good, OEE 18", "2026-10-31 AM: - % of 0 packs good, OEE -"]
    );

    edit(&factory, 5, "UPDATE RunNumber SET ProdLine = 'Line 2', Updated = STAMP WHERE RunNumber = '7'")
        .await;
    edit(&factory, 6, "DELETE FROM RunNumber WHERE RunNumber = '8'").await;
    assert_eq!(
        qualities(&factory).await,
        ["2026-11-18 AM: - % of 0 packs good, OEE -", "2026-10-31 AM: - % of 0 packs good, OEE -"]
    );
}

const NIGHT: &str = "[[shifts]]\ncode = \"Night\"\nstart = \"22:00\"\nend = \"06:00\"\n";

/// A night that starts on the last day of a month. Its only run is dated with the first day of the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_night_s_quality_is_that_of_the_runs_that_began_in_it_once_its_times_are_told() {
    let factory = Factory::empty("2026-11-20T14:00:00").await;
    let at = "'2026-11-20 12:00:00'";
    for (id, date) in [("1", "'2026-10-31'"), ("2", "'2026-11-01'")] {
        let night = [("shift_id", id), ("shift_date", date), ("shift_code", "'NIGHT'"), ("line_id", "'L1'")];
        factory.insert("shifts", &[&night[..], &[("output_kg", "1000"), ("updated_at", at)]].concat());
    }
    let (number, date) = ("'7'", "'2026-11-01'");
    factory.insert(
        "RunNumber",
        &[
            ("RunNumber", number),
            ("ProductionDate", date),
            ("ProdLine", "'L1'"),
            ("ShiftCode", "'NIGHT'"),
            ("Created", "'2026-10-31 12:00:00'"),
        ],
    );
    factory.insert(
        "run_sheets",
        &[
            ("run_number", number),
            ("production_date", date),
            ("started_at", "'2026-10-31 22:30:00'"),
            ("finished_at", "'2026-11-01 05:30:00'"),
            ("updated_at", at),
        ],
    );
    factory.insert(
        "SI_OCM_TOTALS",
        &[
            ("RunNumber", number),
            ("TotalPacks", "100"),
            ("TotalWeight", "1000"),
            ("RejectCount", "10"),
            ("Updated", at),
        ],
    );
    let pct_of_nights = async || {
        let nights: Vec<ShiftProductivity> =
            Site::open(&factory).await.get("/shifts/productivity?days=60").await.unwrap();
        nights.into_iter().rev().map(|night| night.quality_pct).collect::<Vec<_>>()
    };
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(pct_of_nights().await, [None, None], "nobody knows which night made the run");

    factory.lake().put_settings_file(NIGHT.as_bytes().to_vec()).await.unwrap();
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(pct_of_nights().await, [Some(90.0), None]);

    edit(&factory, 1, "UPDATE SI_OCM_TOTALS SET RejectCount = 20, Updated = STAMP").await;
    assert_eq!(pct_of_nights().await, [Some(80.0), None]);

    edit(
        &factory,
        2,
        "UPDATE run_sheets SET started_at = '2026-11-02 01:00:00', finished_at = '2026-11-02 04:00:00', updated_at = STAMP",
    )
    .await;
    assert_eq!(pct_of_nights().await, [None, Some(80.0)], "the run moves from one night to the other");

    edit(&factory, 3, "UPDATE shifts SET output_kg = 600, updated_at = STAMP WHERE shift_id = 2").await;
    assert_eq!(pct_of_nights().await, [None, None]);

    factory.lake().put_settings_file(Vec::new()).await.unwrap();
    edit(&factory, 4, "UPDATE shifts SET output_kg = 1000, updated_at = STAMP WHERE shift_id = 2").await;
    assert_eq!(pct_of_nights().await, [None, Some(80.0)], "the run stands under the date of this night");
}
