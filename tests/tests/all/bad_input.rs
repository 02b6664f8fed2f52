//! Whatever goes wrong around a job is said in plain words. One failure does not stop the rest, and nothing
//! that is stored is harmed.

use api::Problem;
use api::products::Product;
use lake::Mode;
use rusqlite::Connection;
use tests::factory::{ErpAccess, Factory};
use tests::site::Site;
use warehouse::sources::{ALL, Kind};

const NOW: &str = "2026-11-20T14:00:00";

fn two_products(factory: &Factory) {
    factory.insert(
        "SI_OCM_PLU",
        &[("PLUNumber", "1"), ("Description", "' cod fillet '"), ("Updated", "'2026-11-20 10:00:00'")],
    );
    factory.insert(
        "SI_OCM_PLU",
        &[("PLUNumber", "2"), ("Description", "'hake loin'"), ("Updated", "'2026-11-20 10:00:00'")],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_erp_file_fails_the_job_and_says_what_to_do() {
    let factory = Factory::without_erp(NOW).await;
    let record = factory.run(Mode::Incremental).await;
    assert_eq!(record.status, "failed");
    let error = record.error.unwrap();
    assert!(error.contains("erp.db` does not exist: set SOURCE_DB, or make a sandbox factory"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_named_so() {
    let factory = Factory::without_erp(NOW).await;
    std::fs::write(factory.erp(), "number;kg\n1;2\n".repeat(200)).unwrap();
    let error = factory.run(Mode::Incremental).await.error.unwrap();
    assert!(error.contains("erp.db` is not a SQLite database: check SOURCE_DB"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_erp_fails_the_tables_and_the_next_job_goes_well() {
    let factory = Factory::empty(NOW).await;
    two_products(&factory);
    factory.job_ok(Mode::Incremental).await;
    let writer = Connection::open(factory.erp()).unwrap();
    writer.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let record = factory.run(Mode::Incremental).await;
    assert_eq!(record.status, "failed");
    assert!(record.error.unwrap().contains("erp.db` is locked by another program"));
    drop(writer);
    factory.job_ok(Mode::Incremental).await;
    factory.assert_lake_mirrors_erp().await;
}

over_both_ways!(
    one_of_the_four_tables_missing_fails_that_table_alone,
    a_factory_table_that_is_missing_is_skipped_and_named,
    a_missing_column_fails_its_table_and_is_named,
    what_is_made_of_a_table_that_was_never_read_is_not_shown,
    garbage_in_any_column_rejects_its_row_with_the_reason_and_no_other,
    a_rejected_row_leaves_the_open_list_when_the_erp_mends_it,
);

async fn one_of_the_four_tables_missing_fails_that_table_alone(access: ErpAccess) {
    let factory = Factory::empty(NOW).await.over(access);
    two_products(&factory);
    factory.execute("DROP TABLE SI_OCM_TOTALS");
    let record = factory.run(Mode::Incremental).await;
    assert_eq!(record.status, "partial");
    assert!(record.error.unwrap().starts_with("SI_OCM_TOTALS: the ERP has no table `SI_OCM_TOTALS`"));
    assert_eq!(record.tables.iter().filter(|table| table.error.is_none()).count(), 16);
    assert_eq!(factory.staged(&warehouse::sources::PLU).await.len(), 2);
}

async fn a_factory_table_that_is_missing_is_skipped_and_named(access: ErpAccess) {
    let factory = Factory::empty(NOW).await.over(access);
    two_products(&factory);
    factory.execute("DROP TABLE despatch; DROP TABLE shifts;");
    let record = factory.job_ok(Mode::Incremental).await;
    assert_eq!(record.skipped, ["despatch", "shifts"]);
}

async fn a_missing_column_fails_its_table_and_is_named(access: ErpAccess) {
    let factory = Factory::empty(NOW).await.over(access);
    two_products(&factory);
    factory.job_ok(Mode::Incremental).await;
    factory.execute("ALTER TABLE SI_OCM_PLU DROP COLUMN Species; ALTER TABLE shifts ADD COLUMN more");
    let record = factory.run(Mode::Full).await;
    assert_eq!(record.status, "partial");
    assert!(record.error.unwrap().starts_with("SI_OCM_PLU: table `SI_OCM_PLU` has no column `Species`"));
    assert_eq!(factory.staged(&warehouse::sources::PLU).await.len(), 2, "what is stored stays");
}

async fn what_is_made_of_a_table_that_was_never_read_is_not_shown(access: ErpAccess) {
    let factory = Factory::empty(NOW).await.over(access);
    two_products(&factory);
    factory.execute("ALTER TABLE temperature_logs DROP COLUMN location; DROP TABLE shifts");
    assert_eq!(factory.run(Mode::Incremental).await.status, "partial");
    let site = Site::open(&factory).await;
    let answer = reqwest::get(site.url("/temperature/breaches")).await.unwrap();
    assert_eq!(answer.status(), 503);
    let problem: Problem = answer.json().await.unwrap();
    assert_eq!(
        problem.detail,
        "there are no data yet: the table `temperature_logs` could not be read so far; the run records say why"
    );
    assert_eq!(site.get::<Vec<Product>>("/products").await.map(|products| products.len()), Ok(2));
}

async fn garbage_in_any_column_rejects_its_row_with_the_reason_and_no_other(access: ErpAccess) {
    let factory = Factory::empty(NOW).await.over(access);
    let mut expected = 0;
    for source in ALL {
        // A good row. For each column a copy of it follows, with garbage in that column.
        let good = |id: usize| -> Vec<(String, String)> {
            let of = |kind: Kind| match kind {
                Kind::Text => format!("'k{id}'"),
                Kind::Date => "'2026-11-20'".to_owned(),
                Kind::Time => "'2026-11-20 10:00:00'".to_owned(),
                Kind::Flag => "'Y'".to_owned(),
                _ => format!("{id}"),
            };
            let value = |column: &warehouse::sources::Column| match column.range {
                Some((low, _)) if !source.key.contains(&column.source) => low.to_string(),
                _ => of(column.kind),
            };
            source.columns.iter().map(|column| (column.source.to_owned(), value(column))).collect()
        };
        let insert = |row: &[(String, String)]| {
            factory
                .insert(source.table, &row.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>());
        };
        insert(&good(1));
        for (i, column) in source.columns.iter().enumerate() {
            let mut row = good(i + 2);
            // A text column takes any text, so its garbage is bytes that are no text.
            row[i].1 =
                if column.kind == Kind::Text { "X'FFFE00'".to_owned() } else { "'garbage'".to_owned() };
            insert(&row);
            expected += 1;
        }
    }
    let record = factory.job_ok(Mode::Incremental).await;
    assert_eq!((record.accepted, record.rejected), (17, expected), "{:?}", record.tables);
    factory.assert_lake_mirrors_erp().await;
    let again = factory.job_ok(Mode::Incremental).await;
    assert!(again.tables.iter().all(|table| table.written == 0), "{again:?}");
    for source in ALL {
        let open =
            factory.lake().held(source.staging, lake::Slot::Rejected, None).await.unwrap().unwrap().frame;
        assert_eq!(open.height(), source.columns.len(), "{}: each rejected row is open once", source.table);
        let reasons =
            open.column("reason").unwrap().str().unwrap().iter().flatten().collect::<Vec<_>>().join("\n");
        for column in source.columns {
            assert!(
                reasons.contains(&format!("`{}` is `", column.source)),
                "{}: {} is not named in {reasons}",
                source.table,
                column.source
            );
        }
    }
}

async fn a_rejected_row_leaves_the_open_list_when_the_erp_mends_it(access: ErpAccess) {
    let factory = Factory::empty(NOW).await.over(access);
    two_products(&factory);
    factory.job_ok(Mode::Incremental).await;
    factory.execute(
        "UPDATE SI_OCM_PLU SET PackSize = 'heavy', Updated = '2026-11-20 11:00:00' WHERE PLUNumber = 2",
    );
    let record = factory.job_ok(Mode::Incremental).await;
    assert_eq!(record.rejected, 1);
    let open = async || {
        factory.lake().held("plu", lake::Slot::Rejected, None).await.unwrap().unwrap().frame.height()
    };
    assert_eq!(open().await, 1);
    factory.assert_lake_mirrors_erp().await;
    factory.execute(
        "UPDATE SI_OCM_PLU SET PackSize = '200', Updated = '2026-11-20 11:30:00' WHERE PLUNumber = 2",
    );
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(open().await, 0);
    factory.assert_lake_mirrors_erp().await;
}
