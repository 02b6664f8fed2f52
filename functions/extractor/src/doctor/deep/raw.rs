//! Every raw segment, read whole: whether it is there, can be read, and holds what it says of itself. Raw is
//! the record, so nothing can make it again but the ERP.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{Lake, LakeError, LakeObject, ObjectKey, Reload, Segment, SegmentNumber, keys};
use polars::prelude::PolarsResult;
use warehouse::rejected_csv::rejected_csv;
use warehouse::segment::{OP_REJECT, OP_STILL_REJECTED, of_op};
use warehouse::sources::Source;

use super::super::objects::or_damage;

const READS_AT_ONCE: usize = 4;

const WRITTEN_AGAIN: &str = "`tideline extract --rebuild` writes it again";

/// The segments of a table: what is wrong with them, and what they say of reloads.
pub(super) struct Segments {
    pub(super) source: &'static Source,
    /// How many there are.
    pub(super) count: usize,
    pub(super) damage: BTreeMap<SegmentNumber, String>,
    /// What is wrong with the copies of their rejected rows, which are made of them.
    pub(super) copies: Vec<String>,
    reloads: Vec<(SegmentNumber, Reload)>,
}

impl Segments {
    /// Reads the segments of a table. Those that can be read and have been applied are committed to `beside` as
    /// well.
    pub(super) async fn read(
        lake: &Lake,
        source: &'static Source,
        objects: &[LakeObject],
        applied: SegmentNumber,
        beside: &Lake,
    ) -> lake::Result<Self> {
        let numbers: Vec<SegmentNumber> = objects
            .iter()
            .filter_map(|object| match &object.is {
                Some(ObjectKey::Segment { table, number }) if table == source.staging => Some(*number),
                _ => None,
            })
            .collect();
        let mut segments = Self {
            source,
            count: numbers.len(),
            damage: BTreeMap::new(),
            copies: Vec::new(),
            reloads: Vec::new(),
        };
        segments.note_missing(&numbers, applied);
        let mut read = stream::iter(numbers)
            .map(|number| async move { Ok::<_, LakeError>((number, look(lake, source, number).await?)) })
            .buffered(READS_AT_ONCE);
        while let Some((number, looked)) = read.try_next().await? {
            let mut segment = match looked {
                Ok(segment) => segment,
                Err(wrong) => {
                    segments.damage.insert(number, wrong);
                    continue;
                }
            };
            segments.copies.extend(wrong_copy(lake, source, &segment).await?);
            if let Some(reload) = &segment.info.reload {
                segments.reloads.push((number, reload.clone()));
            }
            if number <= applied {
                beside
                    .commit_segment(source.staging, number, &mut segment.frame, &segment.info, None)
                    .await?;
            }
        }
        Ok(segments)
    }

    /// Numbers have no gaps, and what has been applied is there.
    fn note_missing(&mut self, numbers: &[SegmentNumber], applied: SegmentNumber) {
        let last = numbers.last().copied().unwrap_or_default().max(applied);
        for number in (1..=last).filter(|number| numbers.binary_search(number).is_err()) {
            self.damage.insert(number, "is missing".to_owned());
        }
    }

    /// The reload that has taken the place of a segment: its first and its last segment. Nothing shown follows
    /// from what lies before them any more.
    fn replaced_by(&self, number: SegmentNumber) -> Option<(SegmentNumber, SegmentNumber)> {
        let whole = |(closing, reload): &&(SegmentNumber, Reload)| {
            reload.closes
                && !reload.keeps_missing
                && reload.generation > number
                && self.damage.range(reload.generation..=*closing).next().is_none()
        };
        self.reloads.iter().find(whole).map(|(closing, reload)| (reload.generation, *closing))
    }

    /// What is wrong with each damaged segment and what would mend it, and whether that matters still.
    pub(super) fn told(&self) -> impl Iterator<Item = (bool, String)> {
        self.damage.iter().map(|(number, wrong)| {
            let key = keys::raw(self.source.staging, *number);
            if let Some((first, closing)) = self.replaced_by(*number) {
                let since = format!("the full reload in segments {first} to {closing} came after it");
                return (
                    false,
                    format!("`{key}` {wrong}: {since}, so that no number follows from it any more"),
                );
            }
            let advice = format!(
                "`tideline extract --full` reads `{}` anew and mends all of it that the ERP still has",
                self.source.table
            );
            (true, format!("`{key}` {wrong}, and nothing can be made of it again: {advice}"))
        })
    }
}

/// Reads a segment, or says what is wrong with it.
async fn look(
    lake: &Lake,
    source: &'static Source,
    number: SegmentNumber,
) -> lake::Result<Result<Segment, String>> {
    let segment = match or_damage(lake.segment(source.staging, number, None).await)? {
        Ok(segment) => segment,
        Err(reason) => {
            return Ok(Err(format!("cannot be read ({reason}){}", brought(lake, source, number).await?)));
        }
    };
    let counted = || -> PolarsResult<(usize, usize)> {
        let rejected = of_op(&segment.frame, OP_REJECT)?.height();
        let still = of_op(&segment.frame, OP_STILL_REJECTED)?.height();
        Ok((segment.frame.height() - rejected - still, rejected))
    };
    let said = (segment.info.rows, segment.info.rejected);
    Ok(match counted() {
        Ok(counted) if counted == said => Ok(segment),
        Ok((rows, rejected)) => Err(format!(
            "has {rows} rows and {rejected} rejected ones, but says that it has {} and {}",
            said.0, said.1
        )),
        Err(error) => Err(format!("is no segment ({error})")),
    })
}

/// How many rows a segment brought that can no longer be read, if it says so.
async fn brought(lake: &Lake, source: &Source, number: SegmentNumber) -> lake::Result<String> {
    let info = or_damage(lake.segment_info(source.staging, number).await)?.ok().flatten();
    Ok(info.map_or_else(String::new, |info| {
        format!("; it brought {} rows and {} rejected ones", info.rows, info.rejected)
    }))
}

/// What is wrong with the copy of a segment's rejected rows that is for people.
async fn wrong_copy(lake: &Lake, source: &Source, segment: &Segment) -> lake::Result<Option<String>> {
    let Some(csv) = rejected_csv(source, &segment.frame)? else { return Ok(None) };
    let key = keys::rejected(source.staging, segment.number);
    Ok(match or_damage(lake.body(&key).await)? {
        Ok(Some(there)) if there == csv => None,
        Ok(Some(_)) => Some(format!("`{key}` is not what its segment rejected: {WRITTEN_AGAIN}")),
        Ok(None) => Some(format!("`{key}` is missing: {WRITTEN_AGAIN}")),
        Err(reason) => Some(format!("`{key}` cannot be read ({reason}): {WRITTEN_AGAIN}")),
    })
}
