//! Compares the traces of a sandbox factory, which come from the ERP through the lake, with what SQL over the
//! ERP itself finds.

use std::collections::BTreeSet;

use api::trace::{TRACE, Trace, TraceBatch, TraceQuery};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use lake::Mode;
use rusqlite::Connection;
use serve::{Settings, State};
use tests::factory::Factory;
use tower::ServiceExt;

/// Which batch went into which run, and which batch was made of which, by the rules of the trace. Rows that
/// validation rejects are left out.
const RULES: &str = "
    WITH RECURSIVE
    taken(run, batch) AS (
        SELECT TRIM(run_number), TRIM(batch_code) FROM run_inputs WHERE qty_kg >= 0
        UNION SELECT TRIM(run_number), TRIM(batch_code) FROM batch_lineage WHERE TRIM(direction) = 'INPUT'
        UNION SELECT TRIM(run_number), TRIM(batch_code) FROM batch_lineage WHERE TRIM(return_method) = 'PROD_RETURN'
    ),
    made(run, batch, parent) AS (SELECT TRIM(run_number), TRIM(new_batch_code), TRIM(parent_batch) FROM batch_lineage WHERE TRIM(return_method) = 'OCM'),
    edge(parent, child) AS (
        SELECT parent, batch FROM made WHERE parent IS NOT NULL
        UNION SELECT taken.batch, made.batch FROM made JOIN taken USING (run)
            WHERE made.parent IS NULL OR NOT EXISTS (SELECT 1 FROM taken AS own WHERE own.run = made.run AND own.batch = made.parent)
    ),
    after(batch) AS (SELECT ?1 UNION SELECT child FROM edge JOIN after ON edge.parent = after.batch),
    before(batch) AS (SELECT ?1 UNION SELECT parent FROM edge JOIN before ON edge.child = before.batch)
";

fn sql(erp: &Connection, batch: &str, select: &str) -> BTreeSet<String> {
    let mut statement = erp.prepare(&format!("{RULES} {select}")).unwrap();
    let rows = statement.query_map([batch], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_batch_of_a_sandbox_is_traced_as_sql_over_the_erp_traces_it() {
    let factory = Factory::sandbox("2026-11-02T14:00:00", 4).await;
    factory.job_ok(Mode::Incremental).await;
    let settings = Settings {
        factory_id: factory.settings.factory_id.clone(),
        factory_tz: factory.settings.factory_tz,
        stale_after_seconds: 900,
        dashboard_origin: None,
    };
    let app = serve::finish(
        trace_function::routes(),
        State::new(factory.lake().clone(), settings, chrono::Utc::now),
    );
    let erp = Connection::open(factory.erp()).unwrap();
    let all = "SELECT batch FROM taken UNION SELECT batch FROM made UNION SELECT parent FROM made WHERE parent IS NOT NULL";
    let batches = sql(&erp, "", all);
    let mut compared = [0; 4];
    for batch in &batches {
        let request =
            Request::get(TRACE.address(&[batch], &TraceQuery::default())).body(Body::empty()).unwrap();
        let answer =
            to_bytes(app.clone().oneshot(request).await.unwrap().into_body(), usize::MAX).await.unwrap();
        let trace: Trace =
            serde_json::from_slice(&answer).unwrap_or_else(|error| panic!("{batch}: {error}: {answer:?}"));
        let codes =
            |of: &[TraceBatch]| of.iter().map(|batch| batch.batch_code.clone()).collect::<BTreeSet<_>>();
        let runs: BTreeSet<String> = trace.runs.iter().map(|run| run.run_number.clone()).collect();
        let orders: BTreeSet<String> =
            trace.despatches.iter().filter_map(|order| order.order_number.clone()).collect();
        let found = [codes(&trace.descendants), codes(&trace.ancestors), runs, orders];
        let expected = [
            "SELECT batch FROM after WHERE batch <> ?1",
            "SELECT batch FROM before WHERE batch <> ?1",
            "SELECT run FROM taken JOIN after USING (batch)",
            "SELECT TRIM(order_number) FROM despatch WHERE qty_cases <> 'tbc'
                AND (TRIM(run_number) IN (SELECT run FROM taken JOIN after USING (batch)) OR TRIM(batch_code) IN (SELECT batch FROM after))",
        ];
        for ((found, select), compared) in found.iter().zip(expected).zip(&mut compared) {
            assert_eq!(*found, sql(&erp, batch, select), "{batch}: {select}");
            *compared += found.len();
        }
        let balance = &trace.mass_balance;
        match balance.unexplained_kg.zip(balance.input_kg) {
            Some((unexplained_kg, input_kg)) => {
                assert!(unexplained_kg > -0.02 * input_kg - 0.1, "{batch}: {balance:?}");
            }
            None => assert!(!balance.unknown_lines.is_empty(), "{batch}: {balance:?}"),
        }
    }
    assert!(
        batches.len() > 30 && compared.iter().all(|compared| *compared > 10),
        "{} batches, {compared:?}",
        batches.len()
    );
}
