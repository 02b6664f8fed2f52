//! schemathesis, which is not ours, reads the description and tries to break the API. It asks for the
//! examples, for each bound and just beyond it, with random input that the schemas allow or forbid, and along
//! the links.

use std::process::Command;
use std::time::Duration;

use tests::place;

use super::serve_all;

/// How many random requests each endpoint gets in each phase. A dozen endpoints take about a minute.
const EXAMPLES: &str = "40";

/// How long schemathesis may take. It needs far less, unless something hangs.
const PATIENCE: Duration = Duration::from_mins(10);

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing() {
    let address = serve_all().await;
    let mut command = Command::new(place::python_program("schemathesis"));
    command.current_dir(place::root().join("tests/schemathesis"));
    command.args([
        "--config-file",
        "schemathesis.toml",
        "run",
        &format!("{address}/openapi.json"),
        "--url",
        &address,
    ]);
    // The requests are the same every time, and nothing is kept for the next time.
    command.args([
        "--checks",
        "all",
        "--phases",
        "examples,coverage,fuzzing,stateful",
        "--mode",
        "all",
        "--generation-deterministic",
    ]);
    command.args([
        "--max-examples",
        EXAMPLES,
        "--workers",
        "1",
        "--continue-on-failure",
        "--no-color",
        "--request-timeout",
        "30",
    ]);
    command.env("PYTHONPATH", ".").env("PYTHONDONTWRITEBYTECODE", "1");
    let run = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = tokio::time::timeout(PATIENCE, run).await.expect("schemathesis ends").unwrap();
    let said: String = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.chars().take(400).collect::<String>() + "\n")
        .collect();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for phase in ["Examples", "Coverage", "Fuzzing", "Stateful"] {
        assert!(said.contains(&format!("✅ {phase}")), "the phase `{phase}` did not run: {said}");
    }
    // It tests all operations but the one that it reads the description from.
    let operations =
        api::operations().filter(|operation| operation.path != api::openapi::OPENAPI.path()).count();
    assert!(
        said.contains(&format!("Tested: {operations}")),
        "not all of the {operations} operations were tested: {said}"
    );
}
