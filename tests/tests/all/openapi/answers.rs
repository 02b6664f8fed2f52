//! Compares what endpoints answer over a real socket with what the ERP itself says, and with figures that
//! were worked out by hand for one old run.

use rusqlite::Connection;
use serde_json::{Value, json};
use tests::factory::Factory;

use super::{factory, jobs, serve, state_over};

/// The API of a factory, and that factory's ERP.
struct Asked {
    base: String,
    erp: Connection,
}

impl Asked {
    async fn open() -> Self {
        let factory: Factory = factory().await;
        let erp = Connection::open(factory.erp()).unwrap();
        let app = tideline::app::app(state_over(&factory), &tests::place::page(), jobs(&factory));
        Self { base: serve(app, factory).await, erp }
    }

    async fn get(&self, address: &str) -> Value {
        let response = reqwest::get(format!("{}{address}", self.base)).await.unwrap();
        assert_eq!(response.status(), 200, "{address}");
        response.json().await.unwrap()
    }

    /// The number that the ERP answers to a query.
    fn erp(&self, sql: &str) -> f64 {
        self.erp
            .query_row(sql, [], |row| row.get::<_, Option<f64>>(0))
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
            .unwrap_or_default()
    }
}

fn sum(rows: &Value, field: &str) -> f64 {
    rows.as_array().unwrap().iter().map(|row| row[field].as_f64().unwrap_or_default()).sum()
}

fn find<'a>(rows: &'a Value, field: &str, value: &str) -> &'a Value {
    rows.as_array()
        .unwrap()
        .iter()
        .find(|row| row[field] == value)
        .unwrap_or_else(|| panic!("no {field} is {value}: {rows}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_run_is_the_same_wherever_it_is_asked_for() {
    let asked = Asked::open().await;
    let run = asked.get("/runs/046101").await;
    assert_eq!(
        (&run["run"]["input_kg"], &run["run"]["actual_kg"], &run["run"]["yield_pct"]),
        (&json!(400.0), &json!(380.0), &json!(95.0))
    );
    assert_eq!(run["inputs"][0]["batch_code"], "SAL-2611-07");

    let days = asked.get("/yield/daily?from=2026-11-10&to=2026-11-10").await;
    assert_eq!(days.as_array().unwrap().len(), 1);
    assert_eq!(
        (&days[0]["runs"], &days[0]["waste_kg"], &days[0]["waste_pct"]),
        (&json!(1), &json!(20.0), &json!(5.0))
    );

    let expiring = asked.get("/shelf-life/expiring").await;
    let old = find(&expiring, "run_number", "046101");
    let figures = ["pack_date", "day_number", "use_by", "freeze_down_on", "status", "qty_kg"]
        .map(|name| old[name].clone());
    assert_eq!(
        figures,
        [
            json!("2026-11-10"),
            json!(10),
            json!("2026-11-19"),
            json!("2026-11-23"),
            json!("approaching"),
            json!(260.0)
        ]
    );

    let trace = asked.get("/trace/SAL-2611-07").await;
    assert_eq!(
        (&trace["origin"][0]["supplier"], &trace["runs"][0]["run_number"]),
        (&json!("Lochside Salmon"), &json!("046101"))
    );
    assert_eq!(
        (&trace["products"][0]["qty_kg"], &trace["despatches"][0]["order_number"]),
        (&json!(380.0), &json!("SO-7001"))
    );
    let balance = ["input_kg", "output_kg", "returned_kg", "unexplained_kg", "unexplained_pct"]
        .map(|name| trace["mass_balance"][name].clone());
    assert_eq!(balance, [json!(400.0), json!(380.0), json!(0.0), json!(20.0), json!(5.0)]);

    let orders = asked.get("/reports/order-fulfilment?order=so-7001").await;
    let order =
        ["customer", "qty_kg", "delivered_kg", "fulfilled_pct", "status"].map(|name| orders[0][name].clone());
    assert_eq!(
        (orders.as_array().unwrap().len(), order),
        (1, [json!("Harbour Foods"), json!(120.0), json!(120.0), json!(100.0), json!("delivered")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_and_added_up_is_what_the_erp_holds() {
    let asked = Asked::open().await;
    let rejected = asked.get("/pipeline/rejected?days=365&limit=10000").await;
    let of_table =
        |table: &'static str| rejected.as_array().unwrap().iter().filter(move |row| row["table"] == table);
    let unread: Vec<&str> = of_table("temperature_logs").filter_map(|row| row["key"].as_str()).collect();
    assert!(!unread.is_empty(), "the sandbox has readings that no number can be made of");
    let read = format!("TRIM(log_id) <> '' AND log_id NOT IN ({})", unread.join(", "));
    let outside = format!(
        "{read} AND CAST(temp_celsius AS REAL) BETWEEN -60 AND 60
         AND (CAST(temp_celsius AS REAL) < target_min OR CAST(temp_celsius AS REAL) > target_max)"
    );
    let since = asked.erp(&format!(
        "SELECT COUNT(*) FROM temperature_logs WHERE reading_time BETWEEN '2026-11-19 12:00:00' AND '2026-11-20 12:00:00' AND {outside}"
    ));
    let breaches = asked.get("/temperature/breaches?hours=24&limit=10000").await;
    assert!(since > 0.0);
    assert_eq!(breaches.as_array().unwrap().len() as f64, since);

    let days = asked.get("/temperature/summary?days=30&limit=10000").await;
    assert_eq!(
        sum(&days, "readings"),
        asked.erp(&format!("SELECT COUNT(*) FROM temperature_logs WHERE {read}"))
    );
    assert_eq!(
        sum(&days, "breaches"),
        asked.erp(&format!("SELECT COUNT(*) FROM temperature_logs WHERE {outside}"))
    );
    let episodes = asked.get("/temperature/episodes?days=30&limit=10000").await;
    assert_eq!(sum(&episodes, "readings"), sum(&days, "breaches"), "every breach is in one episode");

    let quality = asked.get("/quality/summary?days=30&limit=10000").await;
    assert_eq!(
        sum(&quality, "total"),
        asked.erp("SELECT COUNT(*) FROM non_conformance WHERE nc_date BETWEEN '2026-10-22' AND '2026-11-20'")
    );
    let shifts = asked.get("/shifts/productivity?days=30&limit=10000").await;
    let output_kg = asked.erp("SELECT SUM(output_kg) FROM shifts");
    assert!(
        (sum(&shifts, "output_kg") - output_kg).abs() < 0.05 * shifts.as_array().unwrap().len() as f64,
        "{output_kg}"
    );

    let active = asked.get("/runs/active").await;
    let number = active[0]["run_number"].as_str().unwrap();
    assert_eq!(
        active[0]["packs"].as_f64().unwrap(),
        asked.erp(&format!("SELECT COUNT(*) FROM SI_OCM_TRANS WHERE TRIM(RunNumber) = '{number}'"))
    );
    let weights = asked.get(&format!("/weights/{number}")).await;
    let mean_g =
        asked.erp(&format!("SELECT AVG(NetWeight) FROM SI_OCM_TRANS WHERE TRIM(RunNumber) = '{number}'"));
    assert!((weights["mean_g"].as_f64().unwrap() - mean_g).abs() < 0.01, "{weights} {mean_g}");

    let jobs = asked.get("/pipeline/runs").await;
    let job = &asked.get(&format!("/pipeline/runs/{}", jobs[0]["job_id"].as_str().unwrap())).await;
    assert_eq!(
        (&job["status"], job["rejected"].as_f64()),
        (&json!("ok"), Some(sum(&job["tables"], "rejected")))
    );
    for table in job["tables"].as_array().unwrap() {
        let open = rejected.as_array().unwrap().iter().filter(|row| row["table"] == table["table"]).count();
        assert_eq!(Some(open as u64), table["rejected"].as_u64(), "{table} {rejected}");
    }
    let health = asked.get("/health").await;
    assert_eq!(
        (&health["status"], health["tables"].as_u64()),
        (&json!("ok"), Some(job["tables"].as_array().unwrap().len() as u64))
    );

    let species = asked.get("/reports/species-ranking").await;
    assert!(
        (sum(&species, "share_pct") - 100.0).abs() < 0.05 * species.as_array().unwrap().len() as f64,
        "{species}"
    );
}
