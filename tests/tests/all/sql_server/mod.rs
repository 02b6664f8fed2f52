//! SQL Server over TDS: every type, ticks, large and broken text, lost connections, refusals, time-outs. The
//! server is the endpoint in `tests/src/tds`. The comment there says how it differs from a real server.

mod failures;
mod login;
mod pages;
mod types;

use api::pipeline::{JobRecord, JobTable};
use lake::Slot;
use tests::factory::{ErpAccess, Factory};
use warehouse::sources::{ALL, Owner};

const NOW: &str = "2026-11-20T14:00:00";

async fn factory() -> Factory {
    Factory::empty(NOW).await.with_lake_in_memory().over(ErpAccess::SqlServer)
}

/// A factory of few tables, for tests of many jobs.
async fn small_factory(table: &str) -> Factory {
    let factory = factory().await;
    for source in ALL.into_iter().filter(|source| source.owner == Owner::Factory && source.table != table) {
        factory.execute(&format!("DROP TABLE {}", source.table));
    }
    factory
}

fn table<'a>(record: &'a JobRecord, name: &str) -> &'a JobTable {
    record
        .tables
        .iter()
        .find(|table| table.table == name)
        .unwrap_or_else(|| panic!("{name} is not in {record:?}"))
}

fn plu(factory: &Factory, number: &str, description: &str, updated: &str) {
    factory
        .insert("SI_OCM_PLU", &[("PLUNumber", number), ("Description", description), ("Updated", updated)]);
}

async fn open_rejections(factory: &Factory, staging: &str) -> Vec<(String, String)> {
    let Some(held) = factory.lake().held(staging, Slot::Rejected, None).await.unwrap() else {
        return Vec::new();
    };
    let column = |name: &str| -> Vec<String> {
        held.frame
            .column(name)
            .unwrap()
            .str()
            .unwrap()
            .iter()
            .map(|text| text.unwrap_or_default().to_owned())
            .collect()
    };
    column("reason").into_iter().zip(column("row")).collect()
}
