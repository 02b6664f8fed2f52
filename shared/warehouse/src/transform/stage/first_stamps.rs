//! Parts that an older version wrote, without the stamps that their rows were first read with.

use lake::Slot;

use super::staging_parts::{put_part, rows_of};
use crate::Result;
use crate::frames::compute;
use crate::sources::{ALL, FIRST_STAMP};
use crate::transform::work::Work;

/// Adds the column to the parts that lack it, so that other engines find all parts of a table alike. The
/// stamps that the rows have now are the first that are known.
pub(super) async fn add_first_stamps(work: &Work<'_>) -> Result<()> {
    for source in ALL.into_iter().filter(|source| source.keeps_first_stamp()) {
        let parts = work.manifest.tables.get(source.staging).map(|table| &table.parts);
        for part in parts.into_iter().flat_map(|parts| parts.keys()) {
            let Some(held) = work.lake.held(source.staging, Slot::Part(part), None).await? else { continue };
            if held.frame.column(FIRST_STAMP).is_ok() {
                continue;
            }
            let (applied, known) = (held.applied, held.etag.clone());
            let mut rows =
                compute("staging", move || rows_of(source, Some(&held))?.after(source, &[])).await?;
            put_part(work, source, part, &mut rows, applied, Some(known)).await?;
        }
    }
    Ok(())
}
