//! What only the moment of a question tells, so that no mart can hold it: findings that last until something
//! is done, and what will become of a lot that is being packed. The moment is that at which the ERP was read.

pub mod lots;
mod probes;
mod records;

use serve::window::Dates;
use serve::{Result, Snapshot, State};
use warehouse::marts::FindingRow;

/// The findings of these dates that time alone makes. What lasts is found if `lasting` is asked for, whenever it
/// began: whoever asks for earlier days one by one would count it once for each.
pub async fn findings(
    state: &State,
    snapshot: &Snapshot,
    dates: Dates,
    lasting: bool,
) -> Result<Vec<FindingRow>> {
    let mut found = records::missing(state, snapshot, dates).await?;
    if lasting {
        found.extend(probes::findings(state, snapshot).await?);
        found.extend(records::open(state, snapshot).await?);
    }
    Ok(found)
}
