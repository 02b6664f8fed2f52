//! What a new sandbox holds.

use std::fs;

use super::*;
use crate::sandbox::{Progress, SandboxError, remove};
use warehouse::sources::{DESPATCH, Kind, OfRun, PLU, PROD_LINES, PRODUCT_CATALOGUE, RUN_NUMBERS};

#[test]
fn the_same_seed_and_end_give_the_same_rows_and_another_seed_gives_others() {
    let [first, second, other] = [5, 5, 6].map(|seed| Factory::of(afternoon(), 3, seed));
    for source in ALL {
        let held = rows(&first.reader(), source);
        assert_eq!(held, rows(&second.reader(), source), "{}", source.table);
        let is_master = [&PROD_LINES, &PLU, &PRODUCT_CATALOGUE].contains(&source);
        assert!(is_master || held != rows(&other.reader(), source), "{}", source.table);
    }
}

#[test]
fn every_whole_day_has_about_fifteen_thousand_rows() {
    let factory = Factory::of(afternoon(), 14, 1);
    let db = factory.reader();
    for day in 10..23 {
        let date = format!("2026-11-{day}");
        let count = |source: &Source| {
            let stamp = source.watermark_until_changed.map_or(source.watermark.to_owned(), |first| {
                format!("coalesce({}, {first})", source.watermark)
            });
            number(
                &db,
                &format!(
                    "SELECT count(*) FROM {} WHERE {stamp} >= '{date}' AND {stamp} < '{date}x'",
                    source.table
                ),
            )
        };
        let rows: i64 = ALL.into_iter().map(count).sum();
        assert!((12_000..=17_500).contains(&rows), "{date}: {rows}");
        let packs = count(ALL[1]);
        assert!((8_500..=13_000).contains(&packs), "{date}: {packs} packs");
    }
    assert_eq!(
        factory.summary.total() as i64,
        ALL.iter().map(|source| number(&db, &format!("SELECT count(*) FROM {}", source.table))).sum::<i64>()
    );
}

#[test]
fn no_stamp_is_later_than_the_end_and_runs_are_under_way() {
    let night = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(3, 7, 0).unwrap();
    for end in [afternoon(), night] {
        let factory = Factory::of(end, 4, 3);
        let db = factory.reader();
        for source in ALL {
            for column in source.columns.iter().filter(|column| column.kind == Kind::Time) {
                let late = number(
                    &db,
                    &format!("SELECT count(*) FROM {} WHERE {} > '{end}'", source.table, column.source),
                );
                assert_eq!(late, 0, "{}.{}", source.table, column.source);
            }
        }
        let active = active(&db);
        assert!((2..=5).contains(&active), "{active} active runs at {end}");
        let latest_pack: String =
            db.query_row("SELECT max(TransDate) FROM SI_OCM_TRANS", [], |row| row.get(0)).unwrap();
        assert!(latest_pack > (end - minutes(5)).to_string(), "{latest_pack}");
    }
}

#[test]
fn every_child_of_a_run_belongs_to_a_run_that_began_before_it() {
    let factory = Factory::of(afternoon(), 5, 2);
    let db = factory.reader();
    // An order may name a run of another day than its own.
    let is_child =
        |source: &&Source| source.run != OfRun::None && ![&RUN_NUMBERS, &DESPATCH].contains(source);
    for source in ALL.into_iter().filter(is_child) {
        let (table, at) = (source.table, source.watermark);
        let run = source.columns.iter().find(|column| column.name() == "run_number").unwrap().source;
        let orphans = number(
            &db,
            &format!(
                "SELECT count(*) FROM {table} c WHERE NOT EXISTS (SELECT 1 FROM RunNumber r WHERE r.RunNumber = c.{run} AND r.Created <= c.{at})
                 AND trim(c.{run}) || c.{at} NOT IN (SELECT trim(c.{run}) || c.{at} FROM RunNumber r WHERE trim(r.RunNumber) = trim(c.{run}) AND r.Created <= c.{at})"
            ),
        );
        assert_eq!(orphans, 0, "{table}");
    }
    let batches = "SELECT batch_code FROM traceability UNION SELECT new_batch_code FROM batch_lineage WHERE new_batch_code IS NOT NULL";
    let unknown = number(
        &db,
        &format!(
            "SELECT count(*) FROM run_inputs WHERE updated_at >= '2026-11-20' AND batch_code NOT IN ({batches})"
        ),
    );
    assert_eq!(unknown, 0, "inputs from batches that nobody delivered or made");
    let shared = number(
        &db,
        "SELECT count(*) FROM (SELECT 1 FROM run_inputs GROUP BY batch_code HAVING count(DISTINCT run_number) > 1)",
    );
    assert!(shared > 20, "{shared} batches feed several runs");
    let overdrawn = number(
        &db,
        "SELECT count(*) FROM traceability t WHERE qty_kg < (SELECT sum(qty_kg) FROM run_inputs i WHERE i.batch_code = t.batch_code AND qty_kg > 0 AND typeof(i.qty_kg) <> 'text')",
    );
    assert_eq!(overdrawn, 0, "more was used of a batch than was delivered");
}

#[test]
fn a_few_rows_in_ten_thousand_must_be_rejected_in_several_tables() {
    let factory = Factory::of(afternoon(), 14, 1);
    let db = factory.reader();
    let mut bad_by_table = Vec::new();
    for source in ALL {
        let mut faults: Vec<String> = source.key.iter().map(|key| format!("{key} IS NULL")).collect();
        for column in source.columns {
            let name = column.source;
            let is_garbage = format!(
                "(typeof({name}) = 'text' AND trim({name}) GLOB '*[^0-9.-]*' OR typeof({name}) = 'text' AND trim({name}) = '--.-')"
            );
            match column.kind {
                Kind::Whole | Kind::Number => {
                    faults.push(format!("{is_garbage} OR {name} IS NOT NULL AND cast({name} AS REAL) < 0"));
                }
                Kind::Signed => faults.push(is_garbage),
                _ => {}
            }
            if let Some((low, high)) = column.range {
                faults.push(format!("{name} NOT BETWEEN {low} AND {high}"));
            }
        }
        let bad =
            number(&db, &format!("SELECT count(*) FROM {} WHERE {}", source.table, faults.join(" OR ")));
        if bad > 0 {
            bad_by_table.push((source.table, bad));
        }
    }
    let bad: i64 = bad_by_table.iter().map(|(_, bad)| bad).sum();
    assert!(bad_by_table.len() >= 5, "{bad_by_table:?}");
    assert!(
        bad >= 14 && bad * 10_000 <= 5 * factory.summary.total() as i64,
        "{bad} bad rows: {bad_by_table:?}"
    );
}

#[test]
fn legacy_values_are_messy_here_and_there() {
    let factory = Factory::of(afternoon(), 14, 1);
    let db = factory.reader();
    for (what, sql) in [
        ("flags as words", "SELECT count(*) FROM SI_OCM_TRANS WHERE typeof(LabelPrinted) = 'text'"),
        ("flags as NULL", "SELECT count(*) FROM RunNumber WHERE Complete IS NULL"),
        ("numbers as text", "SELECT count(*) FROM traceability WHERE typeof(received_temp_c) = 'text'"),
        ("stray blanks", "SELECT count(*) FROM SI_OCM_TRANS WHERE RunNumber <> trim(RunNumber)"),
        ("times without a time part", "SELECT count(*) FROM run_sheets WHERE length(started_at) = 10"),
        ("milliseconds", "SELECT count(*) FROM SI_OCM_TRANS WHERE length(TransDate) = 23"),
        ("line names", "SELECT count(*) FROM RunNumber WHERE ProdLine LIKE 'Line _'"),
        ("line ids", "SELECT count(*) FROM RunNumber WHERE trim(ProdLine) LIKE 'L_'"),
        ("an unknown line", "SELECT count(*) FROM RunNumber WHERE ProdLine = 'Rework bench'"),
        ("despatch without a run", "SELECT count(*) FROM despatch WHERE run_number IS NULL"),
    ] {
        assert!(number(&db, sql) > 0, "{what}");
    }
}

#[test]
fn an_index_gives_every_page_in_order() {
    let factory = Factory::of(afternoon(), 1, 1);
    let db = factory.reader();
    for source in ALL {
        for stamp in [Some(source.watermark), source.watermark_until_changed].into_iter().flatten() {
            let order = [&[stamp], source.key].concat().join(", ");
            let sql = format!(
                "EXPLAIN QUERY PLAN SELECT * FROM {} WHERE {stamp} >= '2026' ORDER BY {order} LIMIT 9",
                source.table
            );
            let plan: Vec<String> = db
                .prepare(&sql)
                .unwrap()
                .query_map([], |row| row.get(3))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert!(plan.len() == 1 && plan[0].contains("USING INDEX"), "{}: {plan:?}", source.table);
        }
    }
}

#[test]
fn a_file_that_is_there_is_never_replaced_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/erp.db");
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(&path, "somebody's").unwrap();
    assert!(matches!(create(&path, afternoon(), 1, 1, |_| {}), Err(SandboxError::Exists(_))));
    assert!(matches!(remove(&path), Err(SandboxError::NotASandbox)));
    assert_eq!(fs::read(&path).unwrap(), b"somebody's");
    fs::remove_file(&path).unwrap();
    // SQLite must not replay the log of an earlier database into the new one.
    fs::write(folder.path().join("data/erp.db-wal"), "old").unwrap();
    let mut seen = Vec::new();
    create(&path, afternoon(), 2, 1, |progress| seen.push(progress)).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 1);
    assert!(matches!(seen.last(), Some(Progress { days_done: 2, days: 2, rows: 30_000.. })), "{seen:?}");
    let mode: String = reader(&path).query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    remove(&path).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 0);
}

#[test]
fn days_and_clocks_out_of_range_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erp.db");
    for days in [0, 3651, u32::MAX] {
        assert!(matches!(create(&path, afternoon(), days, 1, |_| {}), Err(SandboxError::Days(_))));
    }
    for end in [NaiveDateTime::MIN, NaiveDateTime::MAX, NaiveDateTime::default()] {
        assert!(matches!(create(&path, end, 1, 1, |_| {}), Err(SandboxError::Clock(_))));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
