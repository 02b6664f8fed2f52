//! Reads what is new: the rows at or after the last watermark less the overlap.

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta};

use crate::cursor::Pass;
use crate::error::TableError;
use crate::extract::{Extraction, Read, column_names};
use crate::rows::frame;
use crate::source::parse_time;
use crate::stream::{Since, Stream, streams};

impl Extraction<'_> {
    /// Reads the rows at or after the last watermark less the overlap, and commits what is new page by page.
    ///
    /// A job that must stop notes how far it has come on every way through the table. The next job goes on
    /// there. Otherwise it would first read the overlap again, or begin at the first key where no index gives
    /// the order of the stamps. It might then never come further.
    pub(crate) async fn incremental(&mut self) -> Result<Read, TableError> {
        let recorded = self.state.watermark.as_deref().and_then(parse_time);
        let columns = column_names(self.source);
        let earlier = self.unfinished_pass(&columns);
        let goes_on = earlier.is_some();
        let Unread { mut streams, since, began } = earlier.unwrap_or_else(|| {
            let overlap = TimeDelta::minutes(self.reading.overlap_minutes.into());
            let since = recorded
                .map_or(Since::Beginning, |at| Since::Stamp(at.checked_sub_signed(overlap).unwrap_or(at)));
            let streams = streams(self.source, &self.table, &columns, since, self.reading.batch_size);
            Unread { streams, since, began: self.job.started_at }
        });
        let mut committed = recorded;
        let mut pages = 0;
        while let Some(at) = next_stream(&streams) {
            if let Err(stopped) = self.go_on() {
                if pages > 0 {
                    let empty = frame(self.source, &[])?;
                    self.put(empty, far(&streams, recorded, began), Pass::note(since, began, &streams), None)
                        .await?;
                }
                return Err(stopped);
            }
            let page = streams[at].next_page(self.erp, &self.table).await?;
            pages += 1;
            let judged = self.judge(page);
            let watermark = far(&streams, recorded, began);
            let news = self.news(judged, false).await?;
            if news.height() > 0 {
                // A reading that was stopped once may be stopped again, or be killed.
                let pass = if goes_on { Pass::note(since, began, &streams) } else { None };
                self.put(news, watermark, pass, None).await?;
                committed = watermark;
            }
        }
        // A last segment without rows says that a noted reading has come to its end. It also moves the
        // watermark on where much was read that the lake had already, or where the last rows that were
        // committed came on another way than the latest: without it, each job would read all that again.
        let reached = far(&streams, recorded, began);
        let is_much = self.counts.extracted > self.reading.batch_size;
        if self.state.pass.is_some()
            || (reached > committed && (is_much || committed.is_none() || self.has_committed()))
        {
            let empty = frame(self.source, &[])?;
            self.put(empty, reached, None, None).await?;
        }
        Ok(Read::AsOf(began))
    }

    /// The reading that an earlier job had to stop, set to where it stopped. Its own start stays the limit of
    /// the watermark: rows that changed after it may lie behind the places where the reading goes on.
    fn unfinished_pass(&self, columns: &[&'static str]) -> Option<Unread> {
        let pass = Pass::read(self.state.pass.as_deref()?)?;
        let (since, began) = (pass.since()?, pass.began().min(self.job.started_at));
        let mut streams = streams(self.source, &self.table, columns, since, self.reading.batch_size);
        pass.resume(&mut streams).then_some(Unread { streams, since, began })
    }
}

/// A reading that is not at its end: its ways through the table, since when it reads rows, and when it began.
struct Unread {
    streams: Vec<Stream>,
    since: Since,
    began: DateTime<FixedOffset>,
}

/// How far the table has been read for sure. That is as far as the way that is furthest behind, and never
/// beyond the moment when the reading began. While a way that does not go by stamps is unfinished, only what
/// was recorded before is sure.
pub(crate) fn far(
    streams: &[Stream],
    recorded: Option<NaiveDateTime>,
    began: DateTime<FixedOffset>,
) -> Option<NaiveDateTime> {
    let stamped = || streams.iter().filter(|stream| stream.goes_by_stamps());
    let reached = if streams.iter().any(|stream| !stream.done && !stream.goes_by_stamps()) {
        None
    } else if streams.iter().all(|stream| stream.done) {
        streams.iter().filter_map(|stream| stream.reached).max()
    } else {
        stamped().filter(|stream| !stream.done).map(|stream| stream.reached).min().flatten()
    };
    reached.max(recorded).map(|reached| reached.min(began.naive_local()))
}

/// The stream to read next: first those that do not go by stamps, then the one that is furthest behind.
fn next_stream(streams: &[Stream]) -> Option<usize> {
    let open = || streams.iter().enumerate().filter(|(_, stream)| !stream.done);
    open()
        .find(|(_, stream)| !stream.goes_by_stamps())
        .or_else(|| open().min_by_key(|(_, stream)| stream.reached))
        .map(|(i, _)| i)
}
