//! How large a page may become in memory.

use super::Cell;

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
