//! The rows that were rejected and that the ERP has not mended yet, with their original values.

use std::cmp::Reverse;
use std::sync::Arc;

use api::pipeline::{RejectedQuery, RejectedRow};
use futures::future::try_join_all;
use lake::Slot;
use serve::{Answer, Ask, Error, Result, State, work};
use sha2::{Digest, Sha256};
use warehouse::sources::{ALL, Source};
use warehouse::staging::open::{OpenRow, open_rows};
use warehouse::staging::rejected::shown_key;

use crate::data_as_of;

/// How many characters of a row's key, as it is held, order the rows that one job found in one table. A
/// digest of the whole key tells apart rows whose keys begin alike.
const ORDER_CHARS: usize = 40;

pub(crate) async fn open(state: State, ask: Ask<RejectedQuery, Vec<RejectedRow>>) -> Result<Answer> {
    let manifest = match state.manifest().await? {
        Some(manifest) => manifest,
        // Before the first job nothing can be rejected.
        None if state.lake().newest_jobs(None, 1, state.now()).await?.is_empty() => Arc::default(),
        None => return Err(Error::NoData),
    };
    let with_state = |source: &'static Source| {
        let table = manifest.tables.get(source.staging).filter(|table| table.rejected > 0);
        table.map(|table| (source, table))
    };
    let (sources, tables): (Vec<&'static Source>, Vec<_>) = ALL.into_iter().filter_map(with_state).unzip();
    let lists = sources
        .iter()
        .zip(tables)
        .map(|(source, table)| state.lake().held_to_show(source.staging, Slot::Rejected, table));
    let lists = try_join_all(lists).await?;
    let as_of = data_as_of(&state).await?;
    work(move || {
        let (days, tz) = (state.last_days(ask.query.days.0), state.settings().factory_tz);
        let mut listed = Vec::new();
        for (source, held) in sources.into_iter().zip(lists) {
            let Some(held) = held else { continue };
            for open in open_rows(&held.frame)? {
                let (order, row) = shown(source, open);
                // An old list does not say when a row was found. The row is open all the same.
                let is_in_window = row
                    .rejected_at
                    .is_none_or(|at| days.from.is_none_or(|from| at.with_timezone(&tz).date_naive() >= from));
                if is_in_window {
                    listed.push((
                        (Reverse(row.rejected_at.map(|at| at.timestamp_millis())), row.table.clone(), order),
                        row,
                    ));
                }
            }
        }
        ask.list_as_of(listed, as_of)
    })
    .await
}

/// What a row of a list is ordered by, and how it is shown.
fn shown(source: &Source, open: OpenRow) -> ((String, String), RejectedRow) {
    let held_key = open.key.unwrap_or_default();
    let order = (held_key.chars().take(ORDER_CHARS).collect(), hex::encode(&Sha256::digest(&held_key)[..8]));
    let row = RejectedRow {
        table: source.table.to_owned(),
        key: shown_key(&held_key),
        reason: open.reason.unwrap_or_default(),
        row: open.row.unwrap_or_default(),
        job_id: open.job_id,
        rejected_at: open.rejected_at.and_then(|text| text.parse().ok()),
    };
    (order, row)
}
