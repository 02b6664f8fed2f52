//! Pages: how they are put together from the ranges of a select, and how large they may become in memory.

use super::{Cell, Page, Select};

/// A page whose cells hold more than this is ended early. The default page of ordinary rows stays far below.
pub(super) const PAGE_MAX_BYTES: usize = 16 << 20;

/// What a row holds in memory.
pub(super) fn bytes_of(cells: &[Cell]) -> usize {
    let heap_bytes = |cell: &Cell| match cell {
        Cell::Text(text) => text.len(),
        Cell::Blob(bytes) => bytes.len(),
        _ => 0,
    };
    cells.iter().map(|cell| heap_bytes(cell) + size_of::<Cell>()).sum()
}

impl Page {
    /// Adds the rows of the next range of a select.
    pub(super) fn add(&mut self, mut next: Self) {
        self.rows.append(&mut next.rows);
        self.cut |= next.cut;
    }

    /// Whether no further range has to be asked for.
    pub(super) const fn is_full(&self, select: &Select) -> bool {
        self.cut || self.rows.len() >= select.limit
    }
}
