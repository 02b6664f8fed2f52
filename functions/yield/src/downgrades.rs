//! `/yield/downgrades`: product that went down a tier, and what that costs.

use std::cmp::Reverse;

use api::yields::{DAYS, Downgrade, DowngradeQuery};
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{DOWNGRADES, DowngradeRow, rows};

pub(crate) async fn downgrades(state: State, ask: Ask<DowngradeQuery, Vec<Downgrade>>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&DOWNGRADES, dates).await?;
    work(move || {
        let newest_first = rows::<DowngradeRow>(&frame)?.into_iter().map(|row| {
            let DowngradeRow { downgrade_id, logged_at, downgrade } = row;
            ((Reverse(downgrade.production_date), Reverse(logged_at), Reverse(downgrade_id)), downgrade)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}
