//! `tideline doctor` on the objects of a lake: it names what is none of ours, missing or damaged, and read to
//! its last object a healthy lake is what raw gives.

use std::process::Command;
use std::sync::Arc;

use extractor_function::doctor::{Finding, Severity, examine_deep, examine_objects};
use lake::{Lake, Manifest, MemoryStore, Mode, PutMode, Slot, Store};
use tests::factory::{Factory, moment};
use tideline::place::OpenLake;

/// The lake of a small factory, whose objects a test can spoil.
struct Patient {
    factory: Factory,
    store: MemoryStore,
}

impl Patient {
    /// After several runs. Rows were corrected, rejected and deleted meanwhile.
    async fn healthy() -> Self {
        let factory = Factory::sandbox("2026-11-02T14:00:00", 2).await;
        let mut patient = Self { factory, store: MemoryStore::new() };
        patient.lie_in(MemoryStore::new());
        let edits = [
            (Mode::Incremental, ""),
            (
                Mode::Incremental,
                "UPDATE run_inputs SET qty_kg = qty_kg + 1, updated_at = STAMP WHERE input_id % 7 = 0",
            ),
            (
                Mode::Incremental,
                "UPDATE run_outputs SET qty_kg = 'heavy', updated_at = STAMP WHERE output_id % 9 = 0",
            ),
            (Mode::Reconcile, "DELETE FROM despatch WHERE despatch_id % 5 = 0"),
        ];
        for (minute, (mode, edit)) in edits.into_iter().enumerate() {
            patient.factory.now.set(moment(&format!("2026-11-02T14:{minute:02}:30")));
            patient.factory.execute(&edit.replace("STAMP", &format!("'2026-11-02 14:{minute:02}:00'")));
            patient.factory.job_ok(mode).await;
        }
        patient
    }

    /// Goes on with the objects of this storage.
    fn lie_in(&mut self, store: MemoryStore) {
        let lake = Lake::new(Arc::new(store.clone()), "", &self.factory.settings.factory_id);
        self.factory.open = OpenLake { lake, server: None };
        self.store = store;
    }

    fn lake(&self) -> &Lake {
        self.factory.lake()
    }

    async fn manifest(&self) -> Manifest {
        self.lake().manifest().await.unwrap().unwrap().0
    }

    /// The key of the current version of a mart's last part.
    async fn current(&self, mart: &str) -> String {
        self.manifest().await.marts[mart].values().last().unwrap().key.clone()
    }

    /// The key of a table's first staging part, and the part's name.
    async fn part(&self, table: &str) -> (String, String) {
        let part = self.lake().staging_parts(table).await.unwrap().remove(0);
        (lake::keys::staging(table, &part), part)
    }

    async fn body(&self, key: &str) -> Vec<u8> {
        self.lake().body(key).await.unwrap().unwrap()
    }

    /// Changes the body of an object, and leaves what is said about it.
    async fn spoil(&self, key: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let key = format!("factory=test/{key}");
        let mut object = self.store.get(&key).await.unwrap().unwrap();
        change(&mut object.bytes);
        self.store.put(&key, object.bytes, &object.metadata, PutMode::Overwrite).await.unwrap();
    }

    async fn delete(&self, key: &str) {
        self.store.delete(&format!("factory=test/{key}")).await.unwrap();
    }

    /// What is found that is not as it should be, from outside and within.
    async fn complaints(&self) -> [Vec<Finding>; 2] {
        let bad = |findings: Vec<Finding>| -> Vec<Finding> {
            findings.into_iter().filter(|finding| finding.severity != Severity::Ok).collect()
        };
        [
            bad(examine_objects(self.lake()).await),
            bad(examine_deep(self.lake(), self.factory.now.get()).await),
        ]
    }
}

/// The one finding about this object.
fn about<'a>(findings: &'a [Finding], key: &str) -> (Severity, &'a str) {
    let begins = format!("`{key}`");
    let about: Vec<_> = findings.iter().filter(|finding| finding.found.starts_with(&begins)).collect();
    assert_eq!(about.len(), 1, "`{key}` in {findings:#?}");
    (about[0].severity, &about[0].found)
}

/// Fails unless the finding about this object is as bad as that, and says this.
fn assert_told(findings: &[Finding], key: &str, severity: Severity, says: &str) {
    let (is, found) = about(findings, key);
    assert!(is == severity && found.contains(says), "{is}: {found}: not {says}");
}

fn truncate(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len() / 2);
}

const OPEN: &str = "rejected/run_outputs/open.parquet";
const INPUTS: &str = "staging/run_inputs/000000000000/part.parquet";
const PRODUCTS: &str = "published/products/all/part.parquet";

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_lake_is_what_raw_gives_and_each_damage_to_it_is_named() {
    let mut patient = Patient::healthy().await;
    assert_eq!(patient.complaints().await, [vec![], vec![]]);
    let healthy = patient.store.clone();
    patient.lie_in(healthy.fork());
    what_cannot_be_read_or_is_gone_is_seen_from_outside(&patient).await;
    patient.lie_in(healthy.fork());
    what_holds_other_rows_is_seen_within(&patient).await;
    patient.lie_in(healthy.fork());
    damage_of_raw_is_told_with_what_mends_it(&patient).await;
}

async fn what_cannot_be_read_or_is_gone_is_seen_from_outside(patient: &Patient) {
    let (runs, products) = (patient.current("runs").await, patient.current("products").await);
    let days = patient.current("fct_daily_yield").await;
    let ((inputs, _), (totals, _)) = (patient.part("run_inputs").await, patient.part("run_totals").await);
    for key in [&inputs, OPEN, PRODUCTS] {
        patient.spoil(key, truncate).await;
    }
    patient.spoil(&runs, Vec::clear).await;
    let other = patient.body(&patient.current("stg_runs").await).await;
    patient.spoil(&products, |bytes| *bytes = other).await;
    patient.delete(&totals).await;
    patient.delete(&days).await;
    let [outside, within] = patient.complaints().await;
    for key in [&inputs, OPEN, PRODUCTS, &runs] {
        assert_told(&outside, key, Severity::Failure, "cannot be read");
        assert_told(&outside, key, Severity::Failure, "the next run makes it again");
    }
    let rows = patient.manifest().await.marts["products"]["all"].rows;
    assert_told(&outside, &products, Severity::Failure, &format!("the manifest says {rows}"));
    for key in [&totals, &days] {
        assert_told(&outside, key, Severity::Failure, "is missing: the next run makes it again");
    }
    assert_eq!(outside.len(), 7, "{outside:#?}");
    for key in [&inputs, OPEN, "marts/runs/2026-11"] {
        assert_told(&within, key, Severity::Failure, "cannot be read");
    }
    assert_told(&within, &totals, Severity::Failure, "is missing, raw gives it");
}

/// Whole Parquet objects with other rows: only what is read shows that.
async fn what_holds_other_rows_is_seen_within(patient: &Patient) {
    let (inputs, part) = patient.part("run_inputs").await;
    let slot = Slot::Part(&part);
    let held = patient.lake().held("run_inputs", slot, None).await.unwrap().unwrap();
    let kept = held.frame.height() - 1;
    let mut fewer = held.frame.head(Some(kept));
    let put = patient.lake().hold("run_inputs", slot, &mut fewer, held.note, held.applied, Some(held.etag));
    put.await.unwrap();
    let (mut manifest, version) = patient.lake().manifest().await.unwrap().unwrap();
    let current = &manifest.marts["products"]["all"];
    let mut reversed = patient.lake().mart_part(current, None).await.unwrap();
    let names = reversed.column("description").unwrap().reverse();
    reversed.with_column(names).unwrap();
    let zone = current.zone.clone();
    let put = patient.lake().put_mart_part("products", "all", 99, &mut reversed, zone).await.unwrap();
    manifest.marts.entry("products".to_owned()).or_default().insert("all".to_owned(), put);
    patient.lake().swap_manifest(&manifest, Some(version)).await.unwrap();
    let [outside, within] = patient.complaints().await;
    assert_eq!(outside, []);
    let told = format!("has {kept} rows, raw gives {}", kept + 1);
    assert_told(&within, &inputs, Severity::Failure, &told);
    assert_told(&within, "marts/products/all", Severity::Failure, "not in the same rows");
    assert_told(&within, PRODUCTS, Severity::Failure, "is not the version");
    assert_eq!(within.len(), 3, "{within:#?}");
}

async fn damage_of_raw_is_told_with_what_mends_it(patient: &Patient) {
    let (gone, cut) = ("raw/run_inputs/00000001.parquet", "raw/run_numbers/00000001.parquet");
    let (exchanged, record) = ("raw/run_outputs/00000001.parquet", "rejected/run_outputs/00000002.csv");
    let info = patient.lake().segment_info("run_numbers", 1).await.unwrap().unwrap();
    patient.delete(gone).await;
    patient.spoil(cut, truncate).await;
    let other = patient.body("raw/run_outputs/00000002.parquet").await;
    patient.spoil(exchanged, |bytes| *bytes = other).await;
    patient.delete(record).await;
    let [outside, within] = patient.complaints().await;
    // Of segments only their keys are seen from outside.
    assert_told(&outside, gone, Severity::Failure, "is missing, and");
    assert_eq!(outside.len(), 1, "{outside:#?}");
    let mended = "nothing can be made of it again: `tideline extract --full` reads";
    for (key, told) in [
        (gone, "is missing, and".to_owned()),
        (cut, format!("; it brought {} rows and 0 rejected ones, and", info.rows)),
        (exchanged, "cannot be read (its body has another digest)".to_owned()),
    ] {
        assert_told(&within, key, Severity::Failure, &told);
        assert_told(&within, key, Severity::Failure, mended);
    }
    assert_told(&within, record, Severity::Warning, "is missing");
    assert_eq!(within.len(), 5, "{within:#?}");
    assert!(within[4].found.contains("are not compared with raw"), "{within:#?}");

    // What a full reload has replaced is no longer needed.
    patient.factory.run(Mode::Full).await;
    let [outside, within] = patient.complaints().await;
    assert_told(&outside, gone, Severity::Warning, "the full reload in segments");
    assert_eq!(outside.len(), 1, "{outside:#?}");
    for key in [gone, cut, exchanged] {
        assert_told(&within, key, Severity::Warning, "the full reload in segments");
    }
}

/// Runs `tideline doctor` with these arguments. Returns its lines and its exit code.
async fn doctor(factory: &Factory, arguments: &'static [&'static str]) -> (String, Option<i32>) {
    let (source_db, lake) = (factory.source_db(), factory.folder.path().join("lake"));
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_tideline_program"))
            .arg("doctor")
            .args(arguments)
            .env("SOURCE_DB", source_db)
            .env("LAKE", lake)
            .env("FACTORY_ID", "test")
            .output()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_none_of_ours_is_named_and_a_file_that_was_cut_fails_the_examination() {
    let factory = Factory::empty("2026-11-20T14:00:00").await;
    factory.insert("run_inputs", &[("input_id", "1"), ("updated_at", "'2026-11-20 09:00:00'")]);
    factory.job_ok(Mode::Incremental).await;
    let lake = factory.folder.path().join("lake/factory=test");
    let foreign = [
        "notes.txt",
        "raw/t/abc.parquet",
        "raw/t/00000001.parquet",
        "runs/foo",
        "staging/run_inputs/part.parquet",
        "published/fct_of_old/all/part.parquet",
    ];
    for key in foreign {
        std::fs::create_dir_all(lake.join(key).parent().unwrap()).unwrap();
        std::fs::write(lake.join(key), "what is this?").unwrap();
    }
    let (told, code) = doctor(&factory, &["--deep"]).await;
    assert_eq!(code, Some(0), "{told}");
    for key in foreign {
        assert!(told.contains(&format!("`{key}` is none of this version's objects")), "{key}: {told}");
    }
    for line in [
        "ok    raw                  all 1 segments are there and whole",
        "parts of staging and marts are what raw gives",
    ] {
        assert!(told.contains(line), "{told}");
    }
    let part = lake.join(INPUTS);
    let whole = std::fs::read(&part).unwrap();
    std::fs::write(&part, &whole[..whole.len() / 2]).unwrap();
    let (told, code) = doctor(&factory, &[]).await;
    assert_eq!(code, Some(1), "{told}");
    let line = format!("FAIL  staging              `{INPUTS}` cannot be read");
    assert!(told.contains(&line), "{told}");
}
