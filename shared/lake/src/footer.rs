//! The ends of Parquet objects. An object that was truncated, overwritten or is no Parquet at all has no
//! footer, so a cheap look at its end tells most of what can be wrong with it. Damage within the rows shows
//! only when they are read.

use std::io::Cursor;

use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use crate::parquet::corrupt;
use crate::{Lake, LakeObject, Result};

/// How much of an object is read first. Nearly all footers are shorter.
const FIRST_READ_BYTES: u64 = 64 * 1024;

/// What follows the footer itself: its length in four bytes, and four letters.
const AFTER_FOOTER_BYTES: u64 = 8;

/// What the end of a Parquet object says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footer {
    /// How many rows it has.
    pub rows: usize,
}

impl Lake {
    /// Reads the end of a Parquet object; `None` if it is not there any more. It is an error if the end is
    /// not that of an object of this size.
    pub async fn footer(&self, object: &LakeObject) -> Result<Option<Footer>> {
        let key = self.key(&object.key);
        let Some(mut end) = self.store().tail(&key, FIRST_READ_BYTES).await? else { return Ok(None) };
        let footer_bytes = footer_length(&end).map(|length| u64::from(length) + AFTER_FOOTER_BYTES);
        if let Some(wanted) = footer_bytes.filter(|wanted| (end.len() as u64) < *wanted) {
            // A length beyond the object is damage, which the reader below tells.
            let Some(longer) = self.store().tail(&key, wanted.min(object.size_bytes)).await? else {
                return Ok(None);
            };
            end = longer;
        }
        let mut reader = ParquetReader::new(Cursor::new(end));
        let metadata = reader.get_metadata().map_err(|error| corrupt(&key, &error))?;
        let groups = metadata.row_groups.iter();
        let rows_end = groups.flat_map(|group| group.byte_ranges_iter().map(|range| range.end)).max();
        let body_bytes = object.size_bytes.saturating_sub(footer_bytes.unwrap_or_default());
        if rows_end.is_some_and(|end| end > body_bytes) {
            return Err(crate::LakeError::Corrupt {
                key,
                expected: "Parquet",
                reason: format!("its footer tells of more than its {} bytes", object.size_bytes),
            });
        }
        Ok(Some(Footer { rows: metadata.num_rows }))
    }
}

/// The length of the footer, as the last bytes of a Parquet object say.
fn footer_length(end: &[u8]) -> Option<u32> {
    let (rest, letters) = end.split_last_chunk::<4>()?;
    let (_, length) = rest.split_last_chunk::<4>()?;
    (letters == b"PAR1").then(|| u32::from_le_bytes(*length))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use polars::prelude::{Column, DataFrame};

    use super::*;
    use crate::{MemoryStore, Metadata, PutMode, Store, to_parquet};

    /// A frame of many columns, whose footer is longer than the first read.
    fn wide() -> DataFrame {
        let columns = (0..1500).map(|n| Column::new(format!("column_{n}").into(), [n, n + 1, n + 2]));
        DataFrame::new(3, columns.collect()).unwrap()
    }

    #[tokio::test]
    async fn the_end_of_an_object_tells_its_rows_or_what_is_wrong() {
        let store = MemoryStore::new();
        let lake = Lake::new(Arc::new(store.clone()), "", "x");
        let look = async |bytes: &[u8]| {
            store.put("factory=x/a", bytes.to_vec(), &Metadata::new(), PutMode::Overwrite).await.unwrap();
            let [object] = lake.objects().await.unwrap().try_into().unwrap();
            lake.footer(&object).await.map(|footer| footer.map(|footer| footer.rows)).map_err(|_| ())
        };
        let small =
            to_parquet(&mut DataFrame::new(2, vec![Column::new("n".into(), [1, 2])]).unwrap()).unwrap();
        let wide = to_parquet(&mut wide()).unwrap();
        assert!(u64::from(footer_length(&wide).unwrap()) > FIRST_READ_BYTES);
        for (bytes, rows) in [(&small, 2), (&wide, 3)] {
            assert_eq!(look(bytes).await, Ok(Some(rows)));
            for kept in [0, 3, 11, bytes.len() / 2, bytes.len() - 1] {
                assert_eq!(look(&bytes[..kept]).await, Err(()), "{kept} bytes");
            }
            let footer_alone = bytes.len() - footer_length(bytes).unwrap() as usize - 8;
            assert_eq!(look(&bytes[footer_alone..]).await, Err(()));
        }
        let gone = LakeObject { key: "b".to_owned(), is: None, size_bytes: 9 };
        assert_eq!(lake.footer(&gone).await.unwrap(), None);
    }
}
