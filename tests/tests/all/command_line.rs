//! The program as a shell sees it: exit codes, one line of error, JSON on request.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tests::factory::{ErpAccess, Factory};

const NOW: &str = "2026-11-20T14:00:00";

fn tideline(factory: &Factory, lake: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tideline_program"))
        .args(arguments)
        .env("SOURCE_DB", factory.source_db())
        .env("LAKE", lake)
        .env_remove("RUST_LOG")
        .output()
        .unwrap()
}

/// The last line of standard error.
fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned()
}

over_both_ways!(
    a_job_that_goes_well_exits_with_0_and_tells_all_in_json,
    a_job_with_a_failed_table_exits_with_1_and_names_it,
);

async fn a_job_that_goes_well_exits_with_0_and_tells_all_in_json(access: ErpAccess) {
    let factory = Factory::empty(NOW).await.over(access);
    factory.insert("SI_OCM_PLU", &[("PLUNumber", "1"), ("Updated", "'2026-11-20 10:00:00.123'")]);
    factory.insert(
        "SI_OCM_PLU",
        &[("PLUNumber", "2"), ("PackSize", "'heavy'"), ("Updated", "'2026-11-20 09:00:00'")],
    );
    let output = tideline(&factory, &factory.folder.path().join("other"), &["extract", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["mode"], &answer["status"]), (&Value::from("incremental"), &Value::from("ok")));
    assert!(answer["job_id"].is_string() && answer["duration_ms"].is_u64());
    assert_eq!(answer["tables"].as_object().unwrap().len(), 17);
    let expected = serde_json::json!({
        "extracted": 2, "accepted": 1, "rejected": 1, "written": 1, "withheld": 0, "rekeyed": 0,
        "watermark": "2026-11-20T10:00:00.123", "error": null, "warning": null,
    });
    assert_eq!(answer["tables"]["SI_OCM_PLU"], expected);
}

async fn a_job_with_a_failed_table_exits_with_1_and_names_it(access: ErpAccess) {
    let factory = Factory::empty(NOW).await.over(access);
    factory.execute("DROP TABLE SI_OCM_TRANS");
    let output = tideline(&factory, &factory.folder.path().join("other"), &["extract"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        complaint(&output)
            .starts_with("error: some tables failed: SI_OCM_TRANS: the ERP has no table `SI_OCM_TRANS`"),
        "{}",
        complaint(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_too_many_to_be_removed_are_told_and_removed_on_request() {
    let factory = Factory::empty(NOW).await;
    let lake = factory.folder.path().join("other");
    let rows: Vec<String> = (0..150).map(|id| format!("({id}, datetime('now', '-1 day'))")).collect();
    factory.execute(&format!("INSERT INTO run_inputs (input_id, updated_at) VALUES {}", rows.join(", ")));
    assert_eq!(tideline(&factory, &lake, &["extract"]).status.code(), Some(0));
    factory.execute("DELETE FROM run_inputs");
    let output = tideline(&factory, &lake, &["extract", "--reconcile", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["status"], &answer["withheld"]), (&Value::from("partial"), &Value::from(150)));
    assert_eq!(answer["tables"]["run_inputs"]["withheld"], 150);
    let said = complaint(&output);
    assert!(said.starts_with("error: something was left undone: run_inputs: 150 of the 150 rows"), "{said}");
    let output = tideline(&factory, &lake, &["extract", "--accept-deletes", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["mode"], &answer["withheld"]), (&Value::from("reconcile"), &Value::from(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_cannot_be_written_is_said_before_the_erp_is_asked() {
    let factory = Factory::without_erp(NOW).await;
    let file = factory.folder.path().join("a file");
    std::fs::write(&file, "not a folder").unwrap();
    let output = tideline(&factory, &file, &["extract"]);
    assert_eq!(output.status.code(), Some(1));
    let line = complaint(&output);
    assert!(
        line.starts_with("error: the lake folder `") && line.contains("a file` cannot be created"),
        "{line}"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "not a folder");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_exits_with_2() {
    let factory = Factory::without_erp(NOW).await;
    for arguments in [
        &["frob"][..],
        &["extract", "--full", "--reconcile"],
        &["serve", "--port", "x"],
        &["serve", "--every", "0"],
        &[],
    ] {
        let output = tideline(&factory, &factory.folder.path().join("other"), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn help_and_version_that_are_asked_for_are_no_errors() {
    let factory = Factory::without_erp(NOW).await;
    for (arguments, expect) in
        [(&["--help"][..], "Usage: "), (&["--version"], "tideline"), (&["doctor", "--help"], "--deep")]
    {
        let output = tideline(&factory, &factory.folder.path().join("other"), arguments);
        assert_eq!((output.status.code(), complaint(&output).as_str()), (Some(0), ""), "{arguments:?}");
        assert!(String::from_utf8(output.stdout).unwrap().contains(expect), "{arguments:?}");
    }
}

/// The program is one file: it has the page with it, wherever it is started. To a page of another site it
/// neither gives numbers nor starts a run.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_served_in_any_folder_has_the_page_and_is_for_this_host_alone() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut serving = Command::new(env!("CARGO_BIN_EXE_tideline_program"))
        .args(["serve", "--no-schedule", "--port", "0"])
        .current_dir(elsewhere.path())
        .env("ALLOWED_HOSTS", "wall.example.com")
        .env_remove("DASHBOARD")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    BufReader::new(serving.stdout.take().unwrap()).read_line(&mut told).unwrap();
    let serving = Served(serving);
    let address =
        told.strip_prefix("Tideline is on ").and_then(|told| told.split(';').next()).unwrap().to_owned();
    let http = reqwest::Client::new();
    let ask = async |method: reqwest::Method, path: &str, headers: &[(&str, &str)]| {
        let mut request = http.request(method, format!("{address}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let page = tests::place::page();
    for (path, file) in [("/", "index.html"), ("/docs", "docs/index.html"), ("/style.css", "style.css")] {
        let expect = std::fs::read_to_string(page.join(file)).unwrap();
        assert_eq!(ask(reqwest::Method::GET, path, &[]).await, (200, expect), "{path}");
    }
    assert_eq!(ask(reqwest::Method::GET, "/no-such-file", &[]).await.0, 404);
    let port = address.rsplit_once(':').unwrap().1;
    let (evil, local) = (format!("evil.example:{port}"), format!("localhost:{port}"));
    for (host, status) in [(evil.as_str(), 403), (local.as_str(), 200), ("wall.example.com", 200)] {
        for path in ["/", "/api/health", "/health"] {
            assert_eq!(ask(reqwest::Method::GET, path, &[("host", host)]).await.0, status, "{host} {path}");
        }
    }
    for (origin, status) in [("https://evil.example", 403), ("null", 403), (&format!("http://{evil}"), 403)] {
        let (refused, problem) = ask(reqwest::Method::POST, "/pipeline/run", &[("origin", origin)]).await;
        assert_eq!(refused, status, "{origin}: {problem}");
        assert!(problem.contains("only the dashboard's own pages"), "{problem}");
    }
    drop(serving);
}

/// A server that ends with its test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_checked_put_and_shown_and_a_wrong_file_is_never_put() {
    let factory = Factory::empty(NOW).await;
    factory.insert("prod_lines", &[("line_id", "'L1'"), ("updated_at", "'2026-11-20 10:00:00'")]);
    let (lake, file) = (factory.folder.path().join("other"), factory.folder.path().join("factory.toml"));
    let settings = |action: &str| {
        let arguments = ["settings", action, file.to_str().unwrap()];
        tideline(&factory, &lake, if action == "show" { &arguments[..2] } else { &arguments })
    };
    let said = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    let right = "[lines.L1]\nshift_target_kg = 700\n";
    std::fs::write(&file, right).unwrap();
    let checked = settings("check");
    assert!(said(&checked).contains("not known before a run has read them"), "{}", said(&checked));
    assert!(!lake.exists(), "to look at a file makes no lake");

    let job = tideline(&factory, &lake, &["extract", "--json"]);
    let job: Value = serde_json::from_slice(&job.stdout).unwrap();
    assert_eq!((&job["status"], &job["error"], &job["warning"]), (&"ok".into(), &Value::Null, &Value::Null));
    assert!(said(&settings("show")).starts_with("# there is no settings/factory.toml in the lake"));
    assert_eq!(settings("put").status.code(), Some(0));
    let shown = settings("show");
    assert_eq!(
        (said(&shown).as_str(), complaint(&shown).as_str()),
        (right, "not in force yet: the next run takes it")
    );

    std::fs::write(&file, "[lines.L7]\nshift_target_kg = 700\n").unwrap();
    for action in ["check", "put"] {
        let refused = settings(action);
        assert_eq!(refused.status.code(), Some(1));
        let expect = format!("error: `{}`, line 1: there is no line `L7`: the ERP has L1", file.display());
        assert_eq!(complaint(&refused), expect);
    }
    assert_eq!(said(&settings("show")), right);
    assert_eq!(tideline(&factory, &lake, &["extract"]).status.code(), Some(0));
    assert_eq!(complaint(&settings("show")), "", "it is in force");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_brings_the_settings_of_its_factory_and_leaves_those_that_somebody_wrote() {
    let factory = Factory::without_erp(NOW).await;
    let (erp, file) = (factory.folder.path().join("new.db"), factory.folder.path().join("factory.toml"));
    let make = || {
        let arguments = ["sandbox", "--fresh", "--days", "1", "--out", erp.to_str().unwrap()];
        let output = tideline(&factory, &factory.folder.path().join("other"), &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    };
    make();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), tideline::sandbox::factory_toml());
    std::fs::write(&file, "[limits]\n").unwrap();
    make();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "[limits]\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_are_counted_and_the_folder_of_their_csv_files_is_named() {
    let factory = Factory::empty(NOW).await;
    factory.insert(
        "SI_OCM_PLU",
        &[("PLUNumber", "1"), ("PackSize", "'heavy'"), ("Updated", "'2026-11-20 09:00:00'")],
    );
    let output = tideline(&factory, &factory.folder.path().join("other"), &["extract"]);
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let told = String::from_utf8(output.stdout).unwrap();
    let line = told
        .lines()
        .find_map(|line| line.strip_prefix("rejected rows of SI_OCM_PLU, with the reasons: "))
        .expect("a line about them");
    let folder = line.strip_suffix(" (1 in what this run read)").expect("their number");
    let files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension() == Some("csv".as_ref()))
        .collect();
    let [csv] = files.as_slice() else { panic!("{files:?}") };
    assert!(std::fs::read_to_string(csv).unwrap().lines().nth(1).unwrap().contains("heavy"));
    assert_eq!(told.matches("rejected rows of").count(), 1, "{told}");
}
