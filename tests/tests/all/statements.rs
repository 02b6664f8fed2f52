//! The statements that jobs ask the ERP: each is one range of one index, and together they find every row,
//! whatever its stamp looks like.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use extractor_function::run_job_from;
use extractor_function::source::{Connect, Erp, ErpError, Page, Select, Sqlite, Table};
use lake::{Mode, Slot};
use rusqlite::Connection;
use tests::factory::{ErpAccess, Factory, request};
use warehouse::sources::{ALL, RUN_NUMBERS, Source, TEMPERATURE_LOGS};

const NOW: &str = "2026-11-20T14:00:00";

/// What was asked for, and how many rows came.
type Asked = Arc<Mutex<Vec<(Table, Select, usize)>>>;

/// The SQLite ERP of a factory, which notes what it is asked.
struct Recording {
    path: std::path::PathBuf,
    factory_tz: chrono_tz::Tz,
    asked: Asked,
}

#[derive(Debug)]
struct RecordingErp {
    inner: Sqlite,
    asked: Asked,
}

#[async_trait]
impl Connect for Recording {
    async fn connect(&self) -> Result<Box<dyn Erp>, ErpError> {
        let inner = Sqlite::open(&self.path, self.factory_tz).await?;
        Ok(Box::new(RecordingErp { inner, asked: Arc::clone(&self.asked) }))
    }
}

#[async_trait]
impl Erp for RecordingErp {
    async fn table(&self, source: &'static Source) -> Result<Option<Table>, ErpError> {
        self.inner.table(source).await
    }

    async fn page(&self, table: &Table, select: &Select) -> Result<Page, ErpError> {
        let page = self.inner.page(table, select).await?;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push((table.clone(), select.clone(), page.rows.len()));
        Ok(page)
    }
}

/// Runs an incremental job and returns what it asked the ERP.
async fn asked_by_a_job(factory: &Factory) -> Vec<(Table, Select, usize)> {
    let factory_tz = factory.settings.factory_tz;
    let erp = Recording { path: factory.erp(), factory_tz, asked: Asked::default() };
    let request = request(Mode::Incremental);
    let now = factory.now.get();
    let record = run_job_from(&erp, factory.lake(), &factory.settings, &request, || now).await;
    assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
    std::mem::take(&mut *erp.asked.lock().unwrap())
}

/// The lines of the plan by which SQLite answers a statement.
fn plan(erp: &Connection, statement: &str) -> Vec<String> {
    let mut explained = erp.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    let mut rows = explained.raw_query();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        lines.push(row.get(3).unwrap());
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_of_an_incremental_job_is_one_range_of_an_index_in_its_order() {
    let mut factory = Factory::sandbox(NOW, 1).await.with_lake_in_memory();
    factory.job_ok(Mode::Incremental).await;
    // Small pages, so that each way through a table has more than one.
    factory.settings.reading.batch_size = 50;
    let asked = asked_by_a_job(&factory).await;
    let erp = Connection::open(factory.erp()).unwrap();
    for source in ALL {
        let of_table: Vec<_> =
            asked.iter().filter(|(_, select, _)| select.source.table == source.table).collect();
        assert!(of_table.len() >= 3, "{}: {of_table:?}", source.table);
        for (table, select, _) in of_table {
            let row = vec![extractor_function::source::Cell::Null; select.columns.len()];
            for range in select.ranges().into_iter().chain(select.ties(&row)) {
                let statement = range.statement(table).unwrap();
                let plan = plan(&erp, statement.text());
                assert!(
                    plan.len() == 1 && plan[0].starts_with("SEARCH ") && plan[0].contains(" INDEX "),
                    "{}: {plan:?}",
                    statement.text()
                );
                assert!(!statement.text().contains(" OR "), "{}", statement.text());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_stamp_is_looked_for_between_the_years_and_not_through_them() {
    let factory = Factory::empty(NOW).await.with_lake_in_memory();
    factory.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
         INSERT INTO temperature_logs (log_id, temp_celsius, updated_at) SELECT i, 2, datetime('2006-01-01 10:00:00', '+' || (i * 22) || ' hours') FROM n;
         INSERT INTO temperature_logs (log_id, temp_celsius, updated_at) VALUES (9000, 2, '2026-11-20 13:59:00');",
    );
    factory.job_ok(Mode::Incremental).await;
    factory.execute(
        "INSERT INTO temperature_logs (log_id, updated_at) VALUES (9001, '05/11/2026 13:04:00'), (9002, '2012/05/11'), (9003, '20160511'), (9004, 7)",
    );
    let asked = asked_by_a_job(&factory).await;
    assert_eq!(rejected(&factory, &TEMPERATURE_LOGS).await, 4);
    let rows: Vec<usize> = asked
        .iter()
        .filter(|(_, select, _)| select.source.table == "temperature_logs")
        .map(|(.., rows)| *rows)
        .collect();
    // Twenty years before this one, and a look behind each.
    assert!(rows.len() < 50 && rows.iter().sum::<usize>() < 1000, "{rows:?}");
}

/// How many rejected rows of a table are open.
async fn rejected(factory: &Factory, source: &Source) -> usize {
    let held = factory.lake().held(source.staging, Slot::Rejected, None).await.unwrap();
    held.map_or(0, |held| held.frame.height())
}

/// Its stamp is when it was changed, also where the ERP says that it was created later.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_run_does_not_move_the_watermark_by_when_it_was_created() {
    let factory = Factory::empty(NOW).await.with_lake_in_memory();
    factory.execute(
        "INSERT INTO RunNumber (RunNumber, ProductionDate, Created, Updated) VALUES ('1', '2026-11-20', '2026-11-20 13:30:00', '2026-11-20 12:00:00'),
             ('2', '2026-11-20', '2026-11-20 11:00:00', NULL)",
    );
    let record = factory.job_ok(Mode::Incremental).await;
    let table = record.tables.iter().find(|table| table.table == RUN_NUMBERS.table).unwrap();
    assert_eq!((table.accepted, table.watermark.as_deref()), (2, Some("2026-11-20T12:00:00")));
}

over_both_ways!(a_row_is_in_the_lake_or_rejected_whatever_its_stamp_looks_like);

const STAMPS: [&str; 16] = [
    "'1795870800'",
    "'05/11/2026 13:04:00'",
    "'28/11/2026 13:02:00'",
    "'2/11/2026'",
    "'20-Nov-2026 10:00'",
    "'19.11.2026'",
    "'2025/12/31 10:00'",
    "'20251231'",
    "'2026.11.19 10:00'",
    "'2026-11-20'",
    "'2026-11-20 12:00'",
    "'soon'",
    "''",
    "'  '",
    "' 2026-11-20 13:00:00 '",
    "NULL",
];

async fn a_row_is_in_the_lake_or_rejected_whatever_its_stamp_looks_like(access: ErpAccess) {
    for indexed in ["stamps and keys", "stamps", "nothing"] {
        let mut factory = if indexed == "nothing" {
            Factory::without_indexes(NOW).await
        } else {
            Factory::empty(NOW).await
        };
        if indexed == "stamps" {
            factory.execute("DROP INDEX temperature_logs_key; DROP INDEX RunNumber_key");
        }
        factory = factory.with_lake_in_memory().over(access);
        factory.settings.reading.batch_size = 3;
        factory.execute(
            "INSERT INTO temperature_logs (log_id, updated_at) VALUES (1, '2024-05-01 10:00:00'), (2, '2025-05-01 10:00:00'), (3, '2026-05-01 10:00:00'), (4, '2026-11-20 13:55:00'), (5, '2026-11-20 14:00:00');
             INSERT INTO RunNumber (RunNumber, ProductionDate, Created, Updated) VALUES ('1', '2024-05-01', '2024-05-01 10:00:00', NULL), ('2', '2025-05-01', '2025-05-01 10:00:00', '2025-05-02 10:00:00'),
                 ('3', '2026-11-20', '2026-11-20 13:00:00', NULL), ('4', '2026-11-20', '2026-11-20 13:00:00', '2026-11-20 14:00:00');",
        );
        factory.job_ok(Mode::Incremental).await;
        for (round, mode) in [Mode::Incremental, Mode::Reconcile, Mode::Full].into_iter().enumerate() {
            for (i, stamp) in STAMPS.iter().enumerate() {
                let id = (round + 1) * 100 + i;
                factory.execute(&format!(
                    "INSERT INTO temperature_logs (log_id, updated_at) VALUES ({id}, {stamp});
                     INSERT INTO RunNumber (RunNumber, ProductionDate, Created, Updated) VALUES ('{id} a', '2026-11-20', {stamp}, NULL), ('{id} b', '2026-11-20', '2026-11-20 13:00:00', {stamp});",
                ));
            }
            // Rows without a key: one whose stamp is in order, and one whose stamp is not.
            for stamp in [format!("2026-11-20 13:1{round}:00"), format!("soon {round}")] {
                factory.execute(&format!(
                    "INSERT INTO temperature_logs (log_id, updated_at) VALUES (NULL, '{stamp}');
                     INSERT INTO RunNumber (RunNumber, ProductionDate, Updated) VALUES (NULL, '2026-11-20', '{stamp}');",
                ));
            }
            let statements =
                || if access == ErpAccess::SqlServer { factory.server().statements() } else { Vec::new() };
            let before = statements().len();
            factory.job_ok(mode).await;
            factory.assert_lake_mirrors_erp().await;
            let all = (round + 1) * STAMPS.len();
            for (source, expected) in [(&TEMPERATURE_LOGS, 5 + all), (&RUN_NUMBERS, 4 + 2 * all)]
                .map(|(source, rows)| (source, rows + 2 * (round + 1)))
            {
                let held = factory.staged(source).await.len();
                assert_eq!(
                    held + rejected(&factory, source).await,
                    expected,
                    "{}, {mode:?}, {indexed} indexed",
                    source.table
                );
            }
            if mode == Mode::Incremental && indexed != "nothing" {
                for statement in &statements()[before..] {
                    let Some((_, ranges)) = statement.split_once(" WHERE ") else { continue };
                    let of_table =
                        statement.contains("FROM [dbo]") || statement.contains("FROM [production]");
                    assert!(!of_table || !ranges.contains(" OR "), "{statement}");
                }
            }
        }
    }
}
