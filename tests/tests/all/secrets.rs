//! No level of logging, no error and no record prints a password, a token, a key or a row of the ERP. Everything
//! runs here at the most talkative level, with secrets and rows that are marked, and the marks are looked for in
//! all that came out.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use tests::factory::{ErpAccess, Factory};
use tests::tds::{PASSWORD, ServerError};

const NOW: &str = "2026-11-20T14:00:00";

/// Stands in rows of the ERP: in one that is taken, and in one that is rejected.
const ROW: &str = "Halibut-Mark";
/// Part of every secret of this file.
const SECRET: &str = "Quay5ideMark";
/// With the password that the test's own SQL Server asks for, as it is and as an address spells it.
const MARKS: &[&str] =
    &[ROW, SECRET, PASSWORD, "Quay%40Side", "AWS4-HMAC", "x-amz-security-token", "X-Amz-Security-Token"];

fn tideline(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tideline_program"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env(
        "RUST_LOG",
        "trace,hyper=trace,aws_config=trace,aws_smithy_runtime=trace,s3s=trace,tiberius=trace",
    );
    command.envs([("RETRIES", "0"), ("FACTORY_ID", "test"), ("FACTORY_TZ", "UTC"), ("HOME", "/nonexistent")]);
    command.env("AWS_EC2_METADATA_DISABLED", "true").envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command says, and its exit code.
fn said(variables: &[(&str, &str)], arguments: &[&str]) -> (String, Option<i32>) {
    let output = tideline(variables).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (said.concat(), output.status.code())
}

fn assert_no_mark(what: &str, text: &str) {
    for mark in MARKS {
        if let Some(at) = text.find(mark) {
            let around: String =
                text[..at].chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
            panic!("`{mark}` in {what}, after: {around}");
        }
    }
}

/// A command that runs until it is stopped, and then tells all that it said.
struct Running {
    child: Child,
    /// Its first line.
    first: String,
    output: Vec<JoinHandle<String>>,
}

impl Running {
    fn start(variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut child = tideline(variables).args(arguments).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut error = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || read(&mut error));
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let rest = std::thread::spawn(move || read(&mut out));
        Self { child, first, output: vec![rest, errors] }
    }

    fn address(&self) -> &str {
        let from = self.first.find("http://").unwrap_or_else(|| panic!("no address in `{}`", self.first));
        self.first[from..].split([' ', ';']).next().unwrap()
    }

    fn stop(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let output = self.output.into_iter().map(|output| output.join().unwrap());
        self.first + &output.collect::<String>()
    }
}

fn read(from: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The records of all jobs.
fn records(lake: &Path) -> String {
    let records = fs::read_dir(lake.join("factory=test/runs")).unwrap();
    records.map(|record| fs::read_to_string(record.unwrap().path()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_runs_at_the_most_talkative_level_prints_no_secret_and_no_row() {
    let factory = Factory::empty(NOW).await.over(ErpAccess::SqlServer);
    let row = |number: &str, pack: &str| {
        let name = format!("'{ROW}'");
        let values = [("PLUNumber", number), ("Description", name.as_str()), ("PackSize", pack)];
        factory.insert("SI_OCM_PLU", &[&values[..], &[("Updated", "'2026-11-20 10:00:00'")]].concat());
    };
    row("1", "'2'");
    row("2", &format!("'{ROW}'"));
    factory.execute("DROP TABLE SI_OCM_TRANS");
    // The server quotes a value as it is, apostrophes and all.
    let quoting = format!("Conversion failed when converting the varchar value 'O'{ROW}' to data type int.");
    factory.server().disruptions().fail_containing(
        "FROM [dbo].[SI_OCM_TOTALS]",
        99,
        ServerError::new(245, 16, quoting),
    );

    let folder = factory.folder.path().join("other");
    let keys =
        [("AWS_ACCESS_KEY_ID", "known"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", SECRET)];
    let lake = folder.display().to_string();
    let storage = Running::start(&[&keys[..], &[("LAKE", &*lake)]].concat(), &["s3", "--port", "0"]);
    let (source, endpoint) = (factory.source_db(), storage.address().to_owned());
    let through_s3 =
        [&keys[..], &[("SOURCE_DB", &*source), ("LAKE", "s3://lake"), ("AWS_ENDPOINT_URL", &*endpoint)]]
            .concat();

    // The same program, with the wrong keys too.
    let mut told = String::new();
    for arguments in [&["extract"][..], &["extract", "--full", "--json"], &["doctor"], &["settings", "show"]]
    {
        told += &said(&through_s3, arguments).0;
    }
    let wrong = [&through_s3[..], &[("AWS_SECRET_ACCESS_KEY", "wrong-Quay5ideMark")]].concat();
    let (refused, code) = said(&wrong, &["extract"]);
    assert_eq!(code, Some(1), "{refused}");
    told += &refused;

    let serving = Running::start(&through_s3, &["serve", "--port", "0", "--no-schedule"]);
    let http = reqwest::Client::new();
    let ask = async |method: reqwest::Method, path: &str| {
        let request = http.request(method, format!("{}{path}", serving.address()));
        request.send().await.unwrap().text().await.unwrap()
    };
    assert!(ask(reqwest::Method::GET, "/products").await.contains(&ROW.to_uppercase()), "the row was taken");
    ask(reqwest::Method::POST, "/pipeline/run").await;
    for path in ["/health", "/pipeline/runs", "/runs/none", "/products?limit=x"] {
        told += &ask(reqwest::Method::GET, path).await;
    }
    told += &serving.stop();
    told += &storage.stop();

    // A job over a folder, and an ERP that refuses the password.
    let over_folder = [("SOURCE_DB", source.as_str()), ("LAKE", &*lake)];
    told += &said(&over_folder, &["extract"]).0;
    let wrong = source.replace("Quay%40Side", SECRET);
    let (refused, code) = said(&[("SOURCE_DB", wrong.as_str()), ("LAKE", &*lake)], &["extract"]);
    assert!(code == Some(1) && refused.contains("refuses the login"), "{refused}");
    told += &refused;

    // Otherwise there would be nothing to look through.
    for ours in ["a job was started", "SI_OCM_TRANS", "to data type int (error 245)", "the run failed"] {
        assert!(told.contains(ours), "`{ours}` is not in {told}");
    }
    assert_no_mark("what was said", &told);
    let upper = told.to_uppercase();
    assert!(!upper.contains(&ROW.to_uppercase()), "a row in what was said");
    assert_no_mark("a record of a job", &records(&folder));
}

#[test]
fn a_command_line_that_is_refused_is_not_repeated_if_it_may_hold_a_password() {
    let (address, login) = (format!("mssql://ann:{SECRET}@host/db"), format!("ann:{SECRET}@host"));
    // Without quotes around it, a shell ends an argument at a blank of the password.
    let (with_blank, first) = (format!("mssql://ann:a {SECRET}@host/db"), format!("mssql://ann:{SECRET}"));
    let option = format!("--port={login}");
    for arguments in [
        &["doctor", &*address][..],
        &["doctor", &*with_blank],
        &["doctor", &*first, "b@host/db"],
        &[&*address],
        &["serve", "--port", &*login],
        &["serve", &*option],
    ] {
        let (told, code) = said(&[], arguments);
        assert!(code == Some(2) && told.starts_with("error: "), "{arguments:?}: {told}");
        assert!(told.contains("addresses are given by SOURCE_DB and LAKE"), "{arguments:?}: {told}");
        assert_no_mark(&format!("{arguments:?}"), &told);
    }
    let (told, code) = said(&[], &["doctor", "lake:1"]);
    assert!(code == Some(2) && told.contains("'lake:1'"), "{told}");
}

#[test]
fn a_value_that_is_refused_is_not_repeated_if_it_may_hold_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake").display().to_string();
    let nowhere = format!("sqlite://{}/none.db", folder.path().display());
    let login = format!("ann:{SECRET}@host");
    let check = |variables: &[(&str, &str)], arguments: &[&str]| {
        let defaults = [("LAKE", &*lake), ("SOURCE_DB", &*nowhere)];
        let (told, code) = said(&[&defaults[..], variables].concat(), arguments);
        assert!(code == Some(1) && told.contains("error: "), "{variables:?} {arguments:?}: {told}");
        assert_no_mark(&format!("{variables:?} {arguments:?}"), &told);
    };
    for address in [
        format!("{login}:1433/db"),
        format!("sqlite://{login}/db"),
        format!("oracle://{login}/db"),
        format!("mssql://{login}:x/db"),
        format!("mssql://sa:{SECRET}@127.0.0.1:9/db"),
        format!("mssql://pipeline_reader:{SECRET}@127.0.0.1:9/db?{SECRET}=1"),
        format!("mssql://pipeline_reader:{SECRET}@127.0.0.1:9/db?encrypt={SECRET}"),
        format!("mssql://pipeline_reader:{SECRET}@127.0.0.1:9/db"),
    ] {
        check(&[("SOURCE_DB", &address)], &["extract"]);
        check(&[("SOURCE_DB", &address)], &["doctor"]);
    }
    for address in [format!("s3://{login}/x"), login.clone(), format!("http://{login}/x")] {
        for arguments in
            [&["extract"][..], &["settings", "show"], &["s3", "--port", "0"], &["serve", "--port", "0"]]
        {
            check(&[("LAKE", &address)], arguments);
        }
    }
    let endpoint = format!("http://ann:{SECRET}@127.0.0.1:9");
    let keys =
        [("AWS_ACCESS_KEY_ID", "known"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", SECRET)];
    check(
        &[&keys[..], &[("LAKE", "s3://lake"), ("AWS_ENDPOINT_URL", &*endpoint)]].concat(),
        &["settings", "show"],
    );
    for name in ["FACTORY_ID", "FACTORY_TZ", "BATCH_SIZE", "RETRIES"] {
        check(&[(name, &*login)], &["extract"]);
    }
    for name in ["ALLOWED_HOSTS", "DASHBOARD_ORIGIN", "RECONCILE_AT", "STALE_AFTER_SECONDS"] {
        check(&[(name, &*login)], &["serve", "--port", "0"]);
    }
    let lake =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    assert!(lake.iter().all(|name| name == "lake"), "folders were made: {lake:?}");
}
