//! Stamps as real systems write them: on every row of a table that has a stand-in for them, with more digits
//! than are kept, and with a zone.

use api::pipeline::{JobRecord, JobTable};
use lake::Mode;
use tests::factory::{ErpAccess, Factory, moment};
use warehouse::sources::{RUN_INPUTS, RUN_NUMBERS};

over_both_ways!(
    a_table_whose_rows_were_all_changed_since_is_read_by_its_overlap_alone,
    stamps_of_more_digits_than_are_kept_are_compared_by_those_that_are,
    stamps_with_a_zone_are_put_on_the_factory_s_clock,
    stamps_in_utc_are_found_that_name_the_year_before,
    views_without_an_index_are_read,
);

fn table<'r>(record: &'r JobRecord, name: &str) -> &'r JobTable {
    record.tables.iter().find(|table| table.table == name).expect("a table of the record")
}

fn insert_run(factory: &Factory, number: usize, date: &str, created: &str, updated: &str) {
    factory.execute(&format!(
        "INSERT INTO RunNumber (RunNumber, ProductionDate, Created, Updated) VALUES ('{number}', '{date}', {created}, {updated})"
    ));
}

fn insert_input(factory: &Factory, id: usize, stamp: &str) {
    factory.execute(&format!(
        "INSERT INTO run_inputs (input_id, run_number, qty_kg, updated_at) VALUES ({id}, '1', {id}, '{stamp}')"
    ));
}

async fn a_table_whose_rows_were_all_changed_since_is_read_by_its_overlap_alone(access: ErpAccess) {
    let factory = Factory::in_memory("2026-11-20T14:00:00").await.over(access);
    for hour in 6..14 {
        let stamp = format!("'2026-11-20 {hour:02}:10:00'");
        insert_run(&factory, hour, "2026-11-20", "'2026-11-20 05:00:00'", &stamp);
    }
    let job = async |now: &str| {
        factory.now.set(moment(now));
        let record = factory.job_ok(Mode::Incremental).await;
        let runs = table(&record, "RunNumber");
        (runs.extracted, runs.written, runs.watermark.clone().unwrap())
    };
    assert_eq!(job("2026-11-20T14:00:00").await, (8, 8, "2026-11-20T13:10:00".to_owned()));
    assert_eq!(job("2026-11-20T14:01:00").await, (3, 0, "2026-11-20T13:10:00".to_owned()));
    // The watermark goes on with the rows that were changed, and with those that are new.
    factory.execute("UPDATE RunNumber SET Updated = '2026-11-20 15:30:00' WHERE RunNumber = '6'");
    assert_eq!(job("2026-11-20T15:31:00").await, (4, 1, "2026-11-20T15:30:00".to_owned()));
    insert_run(&factory, 99, "2026-11-20", "'2026-11-20 16:00:00'", "NULL");
    assert_eq!(job("2026-11-20T16:01:00").await, (2, 1, "2026-11-20T16:00:00".to_owned()));
    assert_eq!(job("2026-11-20T16:02:00").await, (2, 0, "2026-11-20T16:00:00".to_owned()));
    factory.assert_lake_mirrors_erp().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_runs_whose_change_is_a_blank_are_not_fetched_by_each_comparison() {
    let factory = Factory::in_memory("2026-11-20T14:00:00").await;
    for number in 1..=5 {
        insert_run(&factory, number, "2026-01-10", "'2026-01-10 05:00:00'", "''");
    }
    assert_eq!(table(&factory.job_ok(Mode::Incremental).await, "RunNumber").written, 5);
    let runs = table(&factory.job_ok(Mode::Reconcile).await, "RunNumber").clone();
    assert_eq!((runs.extracted, runs.written), (0, 0));
    factory.assert_lake_mirrors_erp().await;
}

async fn stamps_of_more_digits_than_are_kept_are_compared_by_those_that_are(access: ErpAccess) {
    for sql_type in ["datetime2(7)", "datetimeoffset(7)", "varchar(40)"] {
        let factory = Factory::in_memory("2026-11-20T14:00:00").await.over(access);
        if access == ErpAccess::SqlServer {
            factory.server().column_type("run_inputs", "updated_at", sql_type);
        }
        for id in 1..=9 {
            insert_input(&factory, id, &format!("2026-11-20 10:00:00.12345{id}{id}"));
        }
        factory.job_ok(Mode::Incremental).await;
        let record = factory.job_ok(Mode::Reconcile).await;
        let inputs = table(&record, "run_inputs");
        assert_eq!((inputs.extracted, inputs.written), (0, 0), "{sql_type}");
        // A change that the digits that are kept show is found.
        factory
            .execute("UPDATE run_inputs SET updated_at = '2026-11-10 10:00:00.1234599' WHERE input_id = 9");
        let record = factory.job_ok(Mode::Reconcile).await;
        assert_eq!(table(&record, "run_inputs").written, 1, "{sql_type}");
        factory.assert_lake_mirrors_erp().await;
    }
}

async fn stamps_with_a_zone_are_put_on_the_factory_s_clock(access: ErpAccess) {
    // It is one o'clock in London, where summer time is an hour ahead of UTC.
    let mut factory = Factory::in_memory("2026-07-01T12:00:00").await.over(access);
    factory.settings.reading.overlap_minutes = 0;
    if access == ErpAccess::SqlServer {
        let texts = [("run_inputs", "updated_at"), ("RunNumber", "ProductionDate"), ("RunNumber", "Created")];
        for (table, column) in texts {
            factory.server().column_type(table, column, "varchar(40)");
        }
    }
    insert_input(&factory, 1, "2026-07-01T11:10:00Z");
    insert_input(&factory, 2, "2026-07-01 11:20:00+00:00");
    insert_input(&factory, 3, "2026-07-01 11:30:00 +0000");
    insert_input(&factory, 4, "2026-07-01 13:40:00.5 +02:00");
    insert_input(&factory, 5, "2026-07-01 12:50:00");
    insert_run(&factory, 1, "2026-06-30T23:00:00Z", "'2026-07-01T05:00:00Z'", "NULL");
    let record = factory.job_ok(Mode::Incremental).await;
    assert_eq!(record.rejected, 0, "{record:#?}");
    assert_eq!(table(&record, "run_inputs").watermark.as_deref(), Some("2026-07-01T12:50:00"));
    let place = |name: &str| RUN_INPUTS.columns.iter().position(|column| column.source == name).unwrap();
    let stamps: Vec<String> = factory
        .staged(&RUN_INPUTS)
        .await
        .into_values()
        .map(|row| {
            chrono::DateTime::from_timestamp_micros(row[place("updated_at")].parse().unwrap()).unwrap()
        })
        .map(|stamp| stamp.format("%H:%M:%S%.f").to_string())
        .collect();
    assert_eq!(stamps, ["12:10:00", "12:20:00", "12:30:00", "12:40:00.500", "12:50:00"]);
    let runs = factory.staged(&RUN_NUMBERS).await;
    assert_eq!(runs.keys().next().unwrap(), &["\"1\"", "2026-07-01"]);

    // These texts sort before the watermark, and the moments that they name come after it. They are found
    // though there is no overlap.
    insert_input(&factory, 6, "2026-07-01 11:55:00Z");
    insert_input(&factory, 7, "2026-07-01 11:50:00Z");
    let record = factory.job_ok(Mode::Incremental).await;
    assert_eq!(table(&record, "run_inputs").written, 2);
    let record = factory.job_ok(Mode::Reconcile).await;
    assert_eq!((record.extracted, table(&record, "run_inputs").written), (0, 0));
    factory.job_ok(Mode::Full).await;
    factory.assert_lake_mirrors_erp().await;
}

async fn stamps_in_utc_are_found_that_name_the_year_before(access: ErpAccess) {
    // It is a quarter past midnight in Berlin, in the new year.
    let mut factory = Factory::in_memory("2025-12-31T23:15:00").await.over(access);
    factory.settings.factory_tz = chrono_tz::Tz::Europe__Berlin;
    factory.settings.reading.overlap_minutes = 0;
    if access == ErpAccess::SqlServer {
        factory.server().column_type("run_inputs", "updated_at", "varchar(40)");
    }
    insert_input(&factory, 1, "2026-01-01 00:10:00");
    factory.job_ok(Mode::Incremental).await;
    insert_input(&factory, 2, "2025-12-31T23:12:00Z");
    insert_input(&factory, 3, "05/11/2025 10:00");
    insert_input(&factory, 4, "2025/12/31 23:12");
    factory.now.set(moment("2025-12-31T23:20:00"));
    let record = factory.job_ok(Mode::Incremental).await;
    let inputs = table(&record, "run_inputs");
    assert_eq!((inputs.written, inputs.rejected), (1, 2));
    assert_eq!(inputs.watermark.as_deref(), Some("2026-01-01T00:12:00"));
    factory.assert_lake_mirrors_erp().await;
}

async fn views_without_an_index_are_read(access: ErpAccess) {
    let mut factory =
        Factory::without_indexes("2026-11-20T14:00:00").await.with_lake_in_memory().over(access);
    factory.settings.reading.batch_size = 4;
    for table in ["run_inputs", "RunNumber"] {
        factory.execute(&format!(
            "ALTER TABLE {table} RENAME TO base_{table}; CREATE VIEW {table} AS SELECT * FROM base_{table}"
        ));
    }
    let input = |id: usize, minute: usize| {
        factory.execute(&format!(
            "INSERT INTO base_run_inputs (input_id, run_number, qty_kg, updated_at) VALUES ({id}, '1', {id}, '2026-11-20 09:{minute:02}:00')"
        ));
    };
    (0..30).for_each(|id| input(id, 59 - id));
    factory.execute(
        "INSERT INTO base_RunNumber (RunNumber, ProductionDate, Created) VALUES ('1', '2026-11-20', '2026-11-20 06:00:00')",
    );
    factory.job_ok(Mode::Incremental).await;
    factory.assert_lake_mirrors_erp().await;
    assert_eq!(factory.staged(&RUN_INPUTS).await.len(), 30);
    factory.execute("DELETE FROM base_run_inputs WHERE input_id = 3");
    factory.execute(
        "UPDATE base_run_inputs SET qty_kg = 77, updated_at = '2026-11-01 09:00:00' WHERE input_id = 4",
    );
    let record = factory.job_ok(Mode::Reconcile).await;
    assert_eq!(table(&record, "run_inputs").written, 2);
    factory.job_ok(Mode::Full).await;
    factory.assert_lake_mirrors_erp().await;
}
