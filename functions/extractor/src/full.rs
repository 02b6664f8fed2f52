//! Reads everything, in segments that take effect together.

use chrono::{DateTime, FixedOffset, TimeDelta};
use lake::Reload;

use crate::cursor::Cursor;
use crate::error::TableError;
use crate::extract::{Extraction, Read, column_names};
use crate::incremental::far;
use crate::key::newest_per_key;
use crate::rows::{SegmentRow, frame};
use crate::source::parse_time;
use crate::stream::{Since, Stream, streams};

impl Extraction<'_> {
    /// Reads everything. The segments mean nothing until the last of them is there. A reload that was
    /// interrupted goes on where it stopped.
    pub(crate) async fn full(&mut self) -> Result<Read, TableError> {
        let before = self.state.watermark.as_deref().and_then(parse_time);
        let columns = column_names(self.source);
        let mut streams =
            streams(self.source, &self.table, &columns, Since::Beginning, self.reading.batch_size);
        let (mut reload, began) = self.unfinished_reload(&mut streams).unwrap_or_else(|| {
            let began = self.job.started_at;
            (Reload { generation: self.next, closes: false, began: began.to_rfc3339(), cursor: None }, began)
        });
        while let Some(at) = streams.iter().position(|stream| !stream.done) {
            self.go_on()?;
            let page = streams[at].next_page(self.erp, &self.table).await?;
            let judged = self.judge(page);
            reload.closes = streams.iter().all(|stream| stream.done);
            reload.cursor = Cursor::note(&streams);
            let mut rows: Vec<SegmentRow> = newest_per_key(self.source, judged.valid);
            self.counts.written += self.current.changed(rows.clone(), true).await?.height();
            if rows.is_empty() && judged.rejected.is_empty() && !reload.closes {
                continue;
            }
            // The watermark stays what it was before the reload began, so that what changes meanwhile is read
            // again. If there was none, the whole reload has read all that was stamped before it began.
            let watermark = before.or_else(|| if reload.closes { far(&streams, None, began) } else { None });
            rows.extend(self.current.rejections(&judged.rejected).await?);
            let all = frame(self.source, &rows)?;
            self.put(all, watermark, None, Some(reload.clone())).await?;
        }
        Ok(Read::AsOf(began))
    }

    /// The reload that an earlier job began and did not close, with the streams set to where it stopped.
    fn unfinished_reload(&self, streams: &mut [Stream]) -> Option<(Reload, DateTime<FixedOffset>)> {
        const GIVEN_UP_AFTER_HOURS: i64 = 24;
        let open = self.state.open_reload.clone()?;
        let began = DateTime::parse_from_rfc3339(&open.began).ok()?;
        let age = self.job.started_at - began;
        if age > TimeDelta::hours(GIVEN_UP_AFTER_HOURS) || age < TimeDelta::zero() {
            return None;
        }
        let cursor = Cursor::read(open.cursor.as_deref()?)?;
        cursor.resume(streams).then_some((open, began))
    }
}
