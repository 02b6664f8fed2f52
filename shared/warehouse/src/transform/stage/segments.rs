//! The segments of a table: which are there, and which should be there and cannot be read.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{ETag, Lake, LostSegment, Reload, Segment, SegmentInfo, SegmentNumber, TableState};

use crate::sources::Source;
use crate::transform::in_memory::Reached;
use crate::transform::reads::READS_AT_ONCE;
use crate::transform::work::Work;
use crate::{Result, WarehouseError};

/// The segments of a table that are there from the last one on that staging takes account of, with their
/// versions.
pub(super) struct Backlog(BTreeMap<SegmentNumber, ETag>);

/// What comes after a segment that is lost.
pub(super) enum Later {
    /// A whole reload of this generation: what was before it no longer counts.
    Closed(SegmentNumber),
    /// No whole reload. Perhaps one that is not closed yet.
    Open(Option<Reload>),
}

impl Backlog {
    pub(super) async fn read(lake: &Lake, source: &Source, applied: SegmentNumber) -> Result<Self> {
        Ok(Self(lake.segment_versions(source.staging, applied.max(1)).await?))
    }

    /// Takes out what no job can have committed, and returns its numbers. A job gets the next number, so numbers
    /// have no gaps. What lies behind a gap and does not say what it is, somebody has put there. Up to `known`
    /// jobs have come, so it is not asked of those.
    pub(super) async fn take_strays(
        &mut self,
        lake: &Lake,
        source: &Source,
        applied: SegmentNumber,
        known: SegmentNumber,
    ) -> Result<Vec<SegmentNumber>> {
        let gap = self.without_gap(applied + 1, None).last().map_or(applied, |last| *last) + 1;
        let mut strays = Vec::new();
        for number in self.0.range(gap.max(known + 1)..).map(|(number, _)| *number) {
            match lake.segment_info(source.staging, number).await {
                Err(error) if error.is_damage() => strays.push(number),
                info => drop(info?),
            }
        }
        self.0.retain(|number, _| !strays.contains(number));
        Ok(strays)
    }

    /// The last segment, if staging does not take account of it yet.
    pub(super) fn last_after(&self, applied: SegmentNumber) -> Option<SegmentNumber> {
        self.0.last_key_value().map(|(last, _)| *last).filter(|last| *last > applied)
    }

    /// Whether there are segments that staging does not take account of yet.
    pub(super) fn has_after(&self, applied: SegmentNumber) -> bool {
        self.0.last_key_value().is_some_and(|(last, _)| *last > applied)
    }

    pub(super) fn version(&self, number: SegmentNumber) -> Option<ETag> {
        self.0.get(&number).cloned()
    }

    /// The numbers from one on, up to the first that is missing or not to be read.
    pub(super) fn without_gap(&self, from: SegmentNumber, upto: Option<SegmentNumber>) -> Vec<SegmentNumber> {
        let there = |number: &SegmentNumber| self.0.contains_key(number) && Some(*number) != upto;
        (from..SegmentNumber::MAX).take_while(there).collect()
    }

    /// The first number from one on that is missing, though later ones are there.
    pub(super) fn gap_after(
        &self,
        source: &Source,
        from: SegmentNumber,
        upto: Option<SegmentNumber>,
    ) -> Option<LostSegment> {
        let first = self.without_gap(from, upto).last().map_or(from, |last| last + 1);
        let next = self.0.range(first..).next().map(|(next, _)| *next)?;
        (Some(first) != upto && next > first).then(|| missing(source, first, next - 1))
    }

    /// The first of the numbers up to `applied`, or up to the last that is there, that are missing.
    pub(super) fn first_missing(&self, source: &Source, applied: SegmentNumber) -> Option<LostSegment> {
        let is_cut_off = || (!self.0.contains_key(&applied)).then(|| self.missing_upto(source, applied));
        self.gap_after(source, 1, None).or_else(is_cut_off).filter(|_| applied > 0)
    }

    /// The numbers up to this one that are missing, without an earlier gap.
    fn missing_upto(&self, source: &Source, last: SegmentNumber) -> LostSegment {
        let before = self.0.range(..last).next_back().map_or(0, |(number, _)| *number);
        missing(source, before + 1, last)
    }

    /// Looks at the last segment that the manifest takes account of. If it is not the one that it was, it is
    /// lost: a table that is made again lacks what it brought. Any other table has its rows in staging still,
    /// so somebody is only warned.
    pub(super) async fn lost_of_those_applied(
        &self,
        work: &mut Work<'_>,
        source: &Source,
    ) -> Result<Option<LostSegment>> {
        let state = work.manifest.tables.get(source.staging);
        let rebuild = work.in_memory.get(source.staging);
        let reached = match rebuild {
            Some(rebuild) => Some(rebuild.reached.clone()),
            None => state.map(|state| Reached { applied: state.applied, tail: state.tail.clone() }),
        };
        let Some(Reached { applied, tail }) = reached.filter(|reached| reached.applied > 0) else {
            return Ok(None);
        };
        let lost = match (self.0.get(&applied), tail) {
            (None, _) if rebuild.is_some() => self.missing_upto(source, applied),
            // Nothing before it was listed.
            (None, _) => missing(source, applied, applied),
            // Older versions of the program did not note what they had read.
            (Some(_), None) => return Ok(None),
            (Some(is), Some(tail)) if *is == tail.version => return Ok(None),
            (Some(_), Some(tail)) => {
                // Another storage may name the same content otherwise.
                match work.lake.segment_digest(source.staging, applied).await {
                    Ok(Some(digest)) if digest == tail.digest => return Ok(None),
                    Err(error) if !error.is_damage() => return Err(error.into()),
                    _ => {}
                }
                lost(source, applied, "is another object than the one that was read before")
            }
        };
        if rebuild.is_some() {
            return Ok(Some(lost));
        }
        work.warnings.push(format!(
            "{}: its rows are still in what was made of it, which could not be made again without it; \
             `tideline extract --full` reads the whole table anew",
            lost.reason
        ));
        Ok(None)
    }

    /// What comes after a segment that is lost. `known` is what the manifest says of the table: which segments
    /// an earlier job has asked is not asked again.
    pub(super) async fn reload_after(
        &self,
        lake: &Lake,
        source: &Source,
        number: SegmentNumber,
        known: Option<&TableState>,
    ) -> Result<Later> {
        let known = known.and_then(|table| Some((table, table.lost.as_ref()?)));
        let known = known.filter(|(_, lost)| lost.number == number);
        let asked_upto = known.map_or(number, |(_, lost)| lost.asked_upto.max(number));
        let later: Vec<SegmentNumber> = self.0.range(asked_upto + 1..).map(|(number, _)| *number).collect();
        let infos: Vec<Option<SegmentInfo>> = stream::iter(later)
            .map(|number| async move {
                match lake.segment_info(source.staging, number).await {
                    // Where it is needed, it is missed.
                    Err(error) if error.is_damage() => Ok::<_, WarehouseError>(None),
                    info => Ok(info?),
                }
            })
            .buffered(READS_AT_ONCE)
            .try_collect()
            .await?;
        let mut open = known.and_then(|(table, _)| table.open_reload.clone());
        let reloads = infos.into_iter().flatten().filter_map(|info| info.reload);
        for reload in reloads.filter(|reload| reload.generation > number) {
            match reload {
                Reload { closes: true, keeps_missing: false, generation, .. } => {
                    return Ok(Later::Closed(generation));
                }
                Reload { closes: true, .. } => open = None,
                reload => open = Some(reload),
            }
        }
        Ok(Later::Open(open))
    }
}

/// Reads a segment that should be there.
pub(super) async fn read_segment(
    lake: &Lake,
    source: &'static Source,
    number: SegmentNumber,
) -> Result<Segment> {
    let error = match lake.segment(source.staging, number, None).await {
        Err(error) if error.is_damage() => error,
        segment => return Ok(segment?),
    };
    let brought = match lake.segment_info(source.staging, number).await {
        Ok(Some(info)) => format!("; it brought {} rows and {} rejected ones", info.rows, info.rejected),
        _ => String::new(),
    };
    Err(WarehouseError::Lost(lost(source, number, &format!("cannot be read: {error}{brought}"))))
}

fn lost(source: &Source, number: SegmentNumber, reason: &str) -> LostSegment {
    let reason = format!("`{}` {reason}", Lake::segment_key(source.staging, number));
    LostSegment { number, last: number, reason, asked_upto: number }
}

fn missing(source: &Source, number: SegmentNumber, last: SegmentNumber) -> LostSegment {
    if number == last {
        return lost(source, number, "is missing");
    }
    let reason = format!("to `{}` are missing", Lake::segment_key(source.staging, last));
    LostSegment { last, ..lost(source, number, &reason) }
}

/// What is lost still when the first segment of these has come back.
pub(super) fn lost_after(source: &Source, lost: &LostSegment) -> Option<LostSegment> {
    (lost.number < lost.last).then(|| missing(source, lost.number + 1, lost.last))
}
