//! The real program, with a full disk under the lake folder. The job says so in plain words, nothing is left
//! half, and the next job that has space goes on.

use std::path::Path;
use std::process::{Command, Output};

use lake::Mode;
use tests::factory::{Factory, moment, run_into};
use tideline::place;

const NOW: &str = "2026-11-20T14:00:00";

/// A factory with enough packs that their segment is by far the largest object of the lake.
async fn factory() -> Factory {
    let factory = Factory::empty(NOW).await;
    factory.execute(
        "INSERT INTO SI_OCM_PLU (PLUNumber, Description, ProductCode, Updated) VALUES (1, 'cod loin', 'P1', '2026-11-20 10:00:00');
         INSERT INTO RunNumber (RunNumber, ProductionDate, ProductCode, Complete, Created) VALUES ('1', '2026-11-20', 'P1', 1, '2026-11-20 06:00:00');
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
         INSERT INTO SI_OCM_TRANS (TransNo, RunNumber, TransDate, NetWeight, TargetWeight, Barcode)
         SELECT i, '1', '2026-11-20 12:00:00', 200 + i % 17, 200, hex(randomblob(40)) FROM n;",
    );
    factory
}

/// Runs `tideline extract` in a shell that does something before. There `$0` is the program's path and `$1`
/// the lake.
fn extract(factory: &Factory, lake: &Path, shell: &str, within: &[&str]) -> Output {
    let line: Vec<&str> = within.iter().copied().chain(["sh", "-c", shell]).collect();
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).arg(env!("CARGO_BIN_EXE_tideline_program")).arg(lake);
    command
        .env("SOURCE_DB", factory.source_db())
        .env("LAKE", lake)
        .env("FACTORY_ID", &factory.settings.factory_id);
    command.env("RETRIES", "0").env_remove("RUST_LOG").output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Opens a lake that was left behind, looks at every object, and lets a job with space go on.
async fn assert_the_next_job_goes_on(factory: &Factory, left: &Path) {
    let open = place::open(&left.display().to_string(), &factory.settings.factory_id).await.unwrap();
    let store = open.server.as_ref().unwrap().store(tideline::s3::BUCKET);
    for listed in lake::Store::list(&store, "", None).await.unwrap() {
        let object = lake::Store::get(&store, &listed.key).await.unwrap().expect("a listed object");
        assert_eq!(object.bytes.len() as u64, listed.size_bytes, "{}", listed.key);
        if listed.key.ends_with(".parquet") {
            assert!(
                object.bytes.starts_with(b"PAR1") && object.bytes.ends_with(b"PAR1"),
                "`{}` is half an object",
                listed.key
            );
        }
    }
    factory.now.set(moment("2026-11-20T14:30:00"));
    let record = run_into(&open.lake, &factory.settings, Mode::Incremental, factory.now.get()).await;
    assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
    let staged: usize = {
        let mut rows = 0;
        for part in open.lake.staging_parts("transactions").await.unwrap() {
            rows += open
                .lake
                .held("transactions", lake::Slot::Part(&part), None)
                .await
                .unwrap()
                .unwrap()
                .frame
                .height();
        }
        rows
    };
    assert_eq!(staged, 4000);
    assert_eq!(open.lake.segments_after("transactions", 0).await.unwrap(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_larger_than_a_limit_on_files_fail_the_job_and_leave_nothing_half() {
    let factory = factory().await;
    let lake = factory.folder.path().join("limited");
    // The segment of packs does not fit into 100 blocks of 512 bytes. The signal that comes with the limit is
    // ignored, as it would end the program.
    let output = extract(&factory, &lake, "trap '' XFSZ; ulimit -f 100; exec \"$0\" extract", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output)
            .lines()
            .last()
            .is_some_and(|line| line.starts_with("error: ") && line.contains("raw/transactions")),
        "{}",
        said(&output)
    );
    assert_the_next_job_goes_on(&factory, &lake).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_fails_the_job_in_plain_words_and_the_next_job_with_space_goes_on() {
    // A disk of its own needs a mount, and that needs a namespace of its own. Not every machine allows it.
    let private = ["unshare", "--user", "--map-root-user", "--mount"];
    let mounts =
        Command::new(private[0]).args(&private[1..]).args(["sh", "-c", "mount -t tmpfs none /mnt"]).output();
    if !mounts.is_ok_and(|output| output.status.success()) {
        println!("this machine lets nobody mount: only the limit on files was tried");
        return;
    }
    for size_kb in [160, 300, 450] {
        let factory = factory().await;
        let (disk, left) = (factory.folder.path().join("disk"), factory.folder.path().join("left"));
        std::fs::create_dir_all(&disk).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={size_kb}k none \"$1\" || exit 9; \"$0\" extract; code=$?; umask 022; cp -a \"$1\" {}; exit $code",
            left.display()
        );
        let output = extract(&factory, &disk, &script, &private);
        assert_eq!(output.status.code(), Some(1), "{size_kb} kB: {}", said(&output));
        let line = said(&output).lines().last().unwrap_or_default().to_owned();
        assert!(
            line.starts_with("error: ") && line.contains("the disk of the lake folder is full"),
            "{size_kb} kB: {line}"
        );
        assert_the_next_job_goes_on(&factory, &left).await;
    }
}
