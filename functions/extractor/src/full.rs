//! Reads everything, in segments that take effect together.

use chrono::{DateTime, FixedOffset, TimeDelta};
use lake::{Reload, SegmentNumber, Slot};
use polars::prelude::{DataFrame, DataFrameJoinOps, JoinArgs, JoinType};
use warehouse::staging::divide::divide;
use warehouse::staging::rekeyed::mark_reused;

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
            let began_at = began.to_rfc3339();
            let generation = self.next;
            (Reload { generation, closes: false, keeps_missing: false, began: began_at, cursor: None }, began)
        });
        while let Some(at) = streams.iter().position(|stream| !stream.done) {
            self.go_on()?;
            let page = streams[at].next_page(self.erp, &self.table).await?;
            let judged = self.judge(page);
            reload.closes = streams.iter().all(|stream| stream.done);
            reload.cursor = Cursor::note(&streams);
            let mut rows: Vec<SegmentRow> = newest_per_key(self.source, judged.valid);
            let changed = self.current.changed(rows.clone(), true).await?;
            self.counts.written += changed.height();
            let rekeyed = self.note_rekeyed(&changed).await?;
            if rows.is_empty() && judged.rejected.is_empty() && !reload.closes {
                continue;
            }
            // The watermark stays what it was before the reload began, so that what changes meanwhile is read
            // again. If there was none, the whole reload has read all that was stamped before it began.
            let watermark = before.or_else(|| if reload.closes { far(&streams, None, began) } else { None });
            rows.extend(self.current.rejections(&judged.rejected).await?);
            let mut all = frame(self.source, &rows)?;
            mark_reused(self.source, &mut all, &rekeyed)?;
            if reload.closes {
                let (gone, held) = self.gone_and_held(reload.generation, &all).await?;
                reload.keeps_missing = !self.may_remove(gone, held);
            }
            self.put(all, watermark, None, Some(reload.clone())).await?;
        }
        Ok(Read::AsOf(began))
    }

    /// Removes all rows of a table that the ERP no longer has, as a reload that met none.
    pub(crate) async fn remove_all(&mut self) -> Result<Read, TableError> {
        let began = self.job.started_at;
        let reload = Reload {
            generation: self.next,
            closes: true,
            keeps_missing: false,
            began: began.to_rfc3339(),
            cursor: None,
        };
        self.put(frame(self.source, &[])?, None, None, Some(reload)).await?;
        Ok(Read::AsOf(began))
    }

    /// How many rows the lake holds that a reload has not met, and how many it holds. `last` are the rows
    /// with which the reload will close. What other jobs committed since it began counts as met.
    async fn gone_and_held(
        &self,
        generation: SegmentNumber,
        last: &DataFrame,
    ) -> Result<(usize, usize), TableError> {
        let (lake, source, keys) = (self.lake, self.source, self.source.key_names());
        let mut met = last.select(&keys)?;
        for number in generation..self.next {
            let segment = match lake.segment(source.staging, number, Some(&keys)).await {
                Err(error) if error.is_damage() => return Err(TableError::BrokenReload(error.to_string())),
                segment => segment?,
            };
            if segment.info.reload.is_none_or(|reload| reload.generation == generation) {
                met.vstack_mut_owned(segment.frame.select(&keys)?)?;
            }
        }
        let mut met = divide(source, &met.drop_nulls::<String>(None)?)?;
        let (mut gone, mut held) = (0, 0);
        for part in lake.staging_parts(source.staging).await? {
            let Some(rows) = lake.held(source.staging, Slot::Part(&part), Some(&keys)).await? else {
                continue;
            };
            let (rows, met, keys) = (rows.frame, met.remove(&part), keys.clone());
            held += rows.height();
            let missing = move || match met {
                None => Ok(rows.height()),
                Some(met) => rows
                    .join(&met, &keys, &keys, JoinArgs::new(JoinType::Anti), None)
                    .map(|rows| rows.height()),
            };
            gone += tokio::task::spawn_blocking(missing).await.map_err(TableError::interrupted)??;
        }
        Ok((gone, held))
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
