//! `tideline doctor`: finds what stands in the way, says what to do, and changes nothing.

use std::path::Path;
use std::process::{Command, Output};

use chrono::TimeDelta;
use extractor_function::source::{Address, SqlServer};
use lake::Mode;
use tests::factory::{ErpAccess, Factory};
use tests::tds::ServerError;

async fn doctor(source_db: String, lake: &Path) -> (Vec<String>, Output) {
    let lake = lake.to_owned();
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_tideline_program"))
            .arg("doctor")
            .env("SOURCE_DB", source_db)
            .env("LAKE", lake)
            .env("FACTORY_TZ", "UTC")
            .env("FACTORY_ID", "test")
            .output()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    (String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect(), output)
}

fn line<'a>(lines: &'a [String], begins: &str) -> &'a str {
    lines
        .iter()
        .find(|line| line.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(begins))
        .unwrap_or_else(|| panic!("no `{begins}` in {lines:#?}"))
}

async fn factory(access: ErpAccess) -> Factory {
    Factory::empty("2026-11-20T14:00:00").await.over(access)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_factory_gets_a_line_for_each_thing_that_was_looked_at() {
    for access in [ErpAccess::Sqlite, ErpAccess::SqlServer] {
        let factory = factory(access).await;
        let lake = factory.folder.path().join("other");
        std::fs::create_dir(&lake).unwrap();
        let (lines, output) = doctor(factory.source_db(), &lake).await;
        assert_eq!(output.status.code(), Some(0), "{lines:#?}");
        assert_eq!(
            lines.iter().filter(|line| line.starts_with("ok ")).count()
                + lines.iter().filter(|line| line.starts_with("WARN")).count(),
            lines.len()
        );
        line(&lines, "ok source");
        line(&lines, "ok login");
        line(&lines, "ok RunNumber all 11 columns are there, `Updated` and `Created` indexed");
        line(&lines, "ok clock");
        line(&lines, "ok lake can be written");
        let left: Vec<_> = walk(&lake);
        assert!(left.is_empty(), "the doctor left {left:?}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("Quay"));
    }
}

/// The files below a folder.
fn walk(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            files.extend(walk(&entry.path()));
        } else {
            files.push(entry.path().display().to_string());
        }
    }
    files.retain(|file| !file.ends_with("/lock"));
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_is_not_there_yet_is_not_made() {
    let factory = factory(ErpAccess::Sqlite).await;
    let lake = factory.folder.path().join("no lake");
    let (lines, output) = doctor(factory.source_db(), &lake).await;
    assert_eq!(output.status.code(), Some(0));
    line(&lines, "ok lake the folder");
    assert!(!lake.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_may_write_is_a_failure() {
    let factory = factory(ErpAccess::SqlServer).await;
    factory.server().may_write(true);
    let (lines, output) = doctor(factory.source_db(), factory.folder.path()).await;
    assert_eq!(output.status.code(), Some(1));
    let found = line(&lines, "FAIL SI_OCM_TRANS");
    assert!(
        found.contains("`pipeline_reader` may INSERT, UPDATE, DELETE, ALTER, CONTROL, TAKE OWNERSHIP: use a login that may only read"),
        "{found}"
    );
    factory.server().may_write(false);
    factory.server().sysadmin(true);
    let (lines, _) = doctor(factory.source_db(), factory.folder.path()).await;
    assert!(line(&lines, "FAIL login").contains("sysadmin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_and_grant_that_is_more_than_reading_is_named() {
    let factory = factory(ErpAccess::SqlServer).await;
    let (lines, _) = doctor(factory.source_db(), factory.folder.path()).await;
    assert!(line(&lines, "ok login").contains("may change neither server nor database"));
    let rights = [
        ("securityadmin", "act as the server role `securityadmin`"),
        ("##MS_LoginManager##", "act as the server role `##MS_LoginManager##`"),
        ("db_backupoperator", "act as the database role `db_backupoperator`"),
        ("ALTER ANY LOGIN", "ALTER ANY LOGIN on the server"),
        ("CREATE SCHEMA", "CREATE SCHEMA in the database"),
    ];
    for (right, _) in rights {
        factory.server().gives(right, true);
    }
    let (lines, output) = doctor(factory.source_db(), factory.folder.path()).await;
    let found = line(&lines, "FAIL login");
    for (_, told) in rights {
        assert!(found.contains(told), "{found}");
    }
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_that_may_write_or_grant_is_a_failure_by_itself() {
    let factory = factory(ErpAccess::SqlServer).await;
    let zone = factory.settings.factory_tz;
    let Address::SqlServer(address) = factory.settings.source_db.clone() else { panic!("no SQL Server") };
    let erp = SqlServer::open(address, zone).await.unwrap();
    assert!(erp.rights().await.unwrap().is_empty());
    let roles = "securityadmin serveradmin setupadmin processadmin diskadmin dbcreator bulkadmin \
        ##MS_DatabaseManager## ##MS_LoginManager## ##MS_ServerStateManager## \
        db_owner db_accessadmin db_securityadmin db_ddladmin db_backupoperator db_datawriter";
    for role in roles.split_whitespace() {
        factory.server().gives(role, true);
        let rights = erp.rights().await.unwrap();
        assert!(rights.len() == 1 && rights[0].contains(&format!("`{role}`")), "{role}: {rights:?}");
        factory.server().gives(role, false);
    }
    factory.server().sysadmin(true);
    assert_eq!(erp.rights().await.unwrap(), ["act as the server role `sysadmin`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_synonyms_views_or_gone_are_named_with_what_to_do() {
    for access in [ErpAccess::Sqlite, ErpAccess::SqlServer] {
        let factory = factory(access).await;
        factory.insert("despatch", &[("despatch_id", "1"), ("updated_at", "'2026-11-20 09:00:00'")]);
        factory.job_ok(Mode::Incremental).await;
        factory.execute("DROP TABLE despatch; DROP TABLE shifts; DROP TABLE SI_OCM_PLU");
        factory.execute(
            "ALTER TABLE run_inputs RENAME TO base; CREATE VIEW run_inputs AS SELECT * FROM base;
             DROP INDEX run_outputs_key; DROP INDEX run_outputs_updated_at;",
        );
        if access == ErpAccess::SqlServer {
            factory.server().synonym("shifts", "[hr].[dbo].[shift]");
            factory.server().synonym("SI_OCM_PLU", "[ocm].[dbo].[PLU]");
        }
        let (lines, _) = doctor(factory.source_db(), &factory.folder.path().join("lake")).await;
        let gone = line(&lines, "WARN despatch");
        assert!(
            gone.contains("no longer shows the table `despatch`, of which the lake holds rows"),
            "{gone}"
        );
        let view = line(&lines, "WARN run_inputs");
        let none = "is a view, with no index on the watermark column `updated_at` nor on the key `input_id` of its own";
        assert!(view.contains(none) && view.contains("index them there"), "{view}");
        let bare = line(&lines, "WARN run_outputs");
        assert!(
            bare.contains("nor on the key `output_id`") && bare.contains("sorts what it finds"),
            "{bare}"
        );
        if access == ErpAccess::Sqlite {
            line(&lines, "ok shifts not in this ERP");
            line(&lines, "FAIL SI_OCM_PLU the ERP has no table");
            continue;
        }
        let synonym = line(&lines, "WARN shifts");
        assert!(synonym.contains("is a synonym for [hr].[dbo].[shift]"), "{synonym}");
        assert!(synonym.contains("`CREATE VIEW [production].[shifts] AS SELECT … FROM [hr].[dbo].[shift]`"));
        assert!(line(&lines, "FAIL SI_OCM_PLU").contains("is a synonym for [ocm].[dbo].[PLU]"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_tables_columns_and_indexes_are_named() {
    for access in [ErpAccess::Sqlite, ErpAccess::SqlServer] {
        let factory = factory(access).await;
        factory.execute(
            "DROP TABLE SI_OCM_TOTALS; DROP TABLE shifts; DROP INDEX run_inputs_updated_at; DROP INDEX RunNumber_Created; ALTER TABLE despatch DROP COLUMN qty_kg;",
        );
        let (lines, output) = doctor(factory.source_db(), factory.folder.path()).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(
            String::from_utf8_lossy(&output.stderr)
                .trim_end()
                .ends_with("see the lines that begin with FAIL")
        );
        assert!(line(&lines, "FAIL SI_OCM_TOTALS").contains("the ERP has no table `SI_OCM_TOTALS`"));
        assert!(line(&lines, "FAIL despatch").contains("has no column `qty_kg`"));
        assert!(line(&lines, "WARN run_inputs").contains("no index on the watermark column `updated_at`"));
        assert!(line(&lines, "WARN RunNumber").contains("`Created`"));
        assert!(line(&lines, "ok shifts").contains("not in this ERP"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_said_with_what_to_do() {
    let factory = factory(ErpAccess::SqlServer).await;
    let clock = async |ahead: TimeDelta| {
        factory.server().clock_offset(ahead);
        let (lines, _) = doctor(factory.source_db(), factory.folder.path()).await;
        lines.into_iter().find(|line| line.contains(" clock ")).unwrap()
    };
    assert!(clock(TimeDelta::seconds(5)).await.starts_with("ok "));
    let off = clock(TimeDelta::minutes(-11)).await;
    assert!(
        off.starts_with("WARN ") && off.contains("behind of this one in UTC: set one of the clocks"),
        "{off}"
    );
    let zone = clock(TimeDelta::hours(3)).await;
    assert!(
        zone.starts_with("FAIL ") && zone.contains("set FACTORY_TZ to the zone of the ERP's clock"),
        "{zone}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erp_that_cannot_be_reached_and_a_lake_that_cannot_be_written_are_failures() {
    let factory = factory(ErpAccess::SqlServer).await;
    factory.server().disruptions().fail_logins(9, ServerError::login_failed("pipeline_reader"));
    let file = factory.folder.path().join("a file");
    std::fs::write(&file, "no folder").unwrap();
    let (lines, output) = doctor(factory.source_db(), &file).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(line(&lines, "FAIL source").contains("refuses the login `pipeline_reader`"));
    line(&lines, "FAIL lake");
}
