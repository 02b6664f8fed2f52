//! A factory for the page to show, and what happens in it.

use api::runs::RunDetail;
use chrono::{Days, NaiveDateTime, Utc};
use tests::factory::Factory;
use tests::site::Site;

/// The number of a run that is on whatever the shift.
pub(super) const RUN: &str = "T-100";
pub(super) const WARM_PLACE: &str = "Test chiller 9";
/// The number of a run of which something is left past its use-by date.
pub(super) const OLD_RUN: &str = "T099";

/// A factory at the present time, with the last three days and the runs [`RUN`] and [`OLD_RUN`].
pub(super) async fn producing_factory() -> Factory {
    let factory = Factory::sandbox(&Utc::now().format("%Y-%m-%dT%H:%M:%S").to_string(), 3).await;
    let (now, today) = (quoted(factory.local_now()), format!("'{}'", factory.local_now().date()));
    let run = format!("'{RUN}'");
    factory.insert(
        "RunNumber",
        &[
            ("RunNumber", &run),
            ("ProductionDate", &today),
            ("Description", "'Smoked haddock fillet 400g'"),
            ("ProdLine", "'Line 77'"),
            ("Created", &now),
        ],
    );
    factory.insert(
        "run_sheets",
        &[
            ("run_number", &run),
            ("production_date", &today),
            ("target_qty_kg", "2500"),
            ("started_at", &now),
            ("updated_at", &now),
        ],
    );
    factory.insert(
        "run_outputs",
        &[("output_id", "9999999"), ("run_number", &run), ("qty_kg", "1234.56"), ("updated_at", &now)],
    );
    add_old_run(&factory);
    factory
}

/// Adds a run that was packed twelve days ago and sent nowhere. Its product keeps for nine or ten.
fn add_old_run(factory: &Factory) {
    let (now, run) = (factory.local_now(), format!("'{OLD_RUN}'"));
    let (packed, now) = (now.date() - Days::new(12), quoted(now));
    factory.insert(
        "RunNumber",
        &[
            ("RunNumber", &run),
            ("ProductionDate", &format!("'{packed}'")),
            ("ProductCode", "'SAL-201'"),
            ("Complete", "1"),
            ("Created", &now),
        ],
    );
    factory.insert(
        "run_outputs",
        &[("output_id", "9999998"), ("run_number", &run), ("qty_kg", "120.5"), ("updated_at", &now)],
    );
}

/// Completes the run. Of 1000 kg that went in, less than 90 % came out, but rounded it reads 90 %.
pub(super) fn finish_a_run_of_89_96_pct(factory: &Factory) {
    let now = quoted(factory.local_now());
    let run = format!("'{RUN}'");
    factory.insert(
        "run_inputs",
        &[("input_id", "9999999"), ("run_number", &run), ("qty_kg", "1000"), ("updated_at", &now)],
    );
    factory.execute(&format!("UPDATE run_outputs SET qty_kg = 899.6 WHERE run_number = '{RUN}'"));
    factory.execute(&format!("UPDATE RunNumber SET Complete = 'Y', Updated = {now}, ProductCode = 'SAL-201' WHERE RunNumber = '{RUN}'"));
}

pub(super) fn finish_the_run_and_warm_a_chiller(factory: &Factory) {
    factory.now.set(Utc::now());
    let now = quoted(factory.local_now());
    factory
        .execute(&format!("UPDATE RunNumber SET Complete = 'Y', Updated = {now} WHERE RunNumber = '{RUN}'"));
    let place = format!("'{WARM_PLACE}'");
    factory.insert(
        "temperature_logs",
        &[
            ("log_id", "9999999"),
            ("location", &place),
            ("reading_time", &now),
            ("temp_celsius", "25"),
            ("target_max", "4"),
            ("updated_at", &now),
        ],
    );
}

fn quoted(time: NaiveDateTime) -> String {
    format!("'{}'", time.format("%Y-%m-%d %H:%M:%S"))
}

/// A complete run that has a yield, by its page's number.
pub(super) async fn a_run_with_yield(factory: &Factory, site: &Site) -> api::runs::Run {
    let erp = rusqlite::Connection::open(factory.erp()).unwrap();
    let numbers: Vec<String> = {
        let mut statement =
            erp.prepare("SELECT DISTINCT run_number FROM run_inputs ORDER BY input_id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for number in numbers {
        let RunDetail { run, .. } = site.get(&format!("/runs/{number}")).await.unwrap();
        if run.complete && run.yield_pct.is_some() {
            return run;
        }
    }
    panic!("no run has a yield")
}
