//! Raw segments: whether they are there and, read whole, hold what they say of themselves. Raw is the record, so
//! nothing can make it again but the ERP.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{Lake, LakeError, LakeObject, ObjectKey, Reload, Segment, SegmentInfo, SegmentNumber, keys};
use polars::prelude::PolarsResult;
use warehouse::rejected_csv::rejected_csv;
use warehouse::segment::{OP_REJECT, OP_STILL_REJECTED, of_op};
use warehouse::sources::Source;

use super::damage::or_damage;

const READS_AT_ONCE: usize = 4;

const WRITTEN_AGAIN: &str = "`tideline extract --rebuild` writes it again";

/// The segments of a table: what is wrong with them, and what they say of reloads.
pub(super) struct Segments {
    pub(super) source: &'static Source,
    /// Their numbers.
    pub(super) numbers: Vec<SegmentNumber>,
    pub(super) damage: BTreeMap<SegmentNumber, String>,
    /// What is wrong with the copies of their rejected rows, which are made of them.
    pub(super) copies: Vec<String>,
    /// What somebody else has put between them.
    pub(super) strays: Vec<SegmentNumber>,
    reloads: Vec<(SegmentNumber, Reload)>,
}

impl Segments {
    /// Which segments of a table are there, by their keys. Where one is missing, those behind it are asked what they
    /// are.
    pub(super) async fn listed(
        lake: &Lake,
        source: &'static Source,
        objects: &[LakeObject],
        applied: SegmentNumber,
    ) -> lake::Result<Self> {
        let mut numbers: Vec<SegmentNumber> = objects
            .iter()
            .filter_map(|object| match &object.is {
                Some(ObjectKey::Segment { table, number }) if table == source.staging => Some(*number),
                _ => None,
            })
            .collect();
        let mut segments = Self {
            source,
            numbers: Vec::new(),
            damage: BTreeMap::new(),
            copies: Vec::new(),
            strays: Vec::new(),
            reloads: Vec::new(),
        };
        let first_gap = (1..).zip(&numbers).find(|(expected, number)| expected != *number);
        let behind_gap = first_gap.map(|(expected, _)| expected);
        let behind_gap = numbers.iter().copied().filter(|number| behind_gap.is_some_and(|gap| *number > gap));
        let infos: Vec<(SegmentNumber, Result<Option<SegmentInfo>, String>)> = stream::iter(behind_gap)
            .map(|number| async move {
                Ok::<_, LakeError>((number, or_damage(lake.segment_info(source.staging, number).await)?))
            })
            .buffered(READS_AT_ONCE)
            .try_collect()
            .await?;
        for (number, info) in infos {
            match info {
                Ok(info) => segments.note_reload(number, info.as_ref()),
                // What runs have come to was a segment once.
                Err(_) if number > applied => segments.strays.push(number),
                Err(_) => {}
            }
        }
        numbers.retain(|number| !segments.strays.contains(number));
        segments.numbers = numbers;
        segments.note_missing(applied);
        Ok(segments)
    }

    /// The same, with every segment read. Those that can be read and have been applied are committed to `beside`
    /// as well.
    pub(super) async fn read(
        lake: &Lake,
        source: &'static Source,
        objects: &[LakeObject],
        applied: SegmentNumber,
        beside: &Lake,
    ) -> lake::Result<Self> {
        let mut segments = Self::listed(lake, source, objects, applied).await?;
        segments.reloads.clear();
        let mut read = stream::iter(segments.numbers.clone())
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
            segments.note_reload(number, Some(&segment.info));
            if number <= applied {
                beside
                    .commit_segment(source.staging, number, &mut segment.frame, &segment.info, None)
                    .await?;
            }
        }
        Ok(segments)
    }

    fn note_reload(&mut self, number: SegmentNumber, info: Option<&SegmentInfo>) {
        if let Some(reload) = info.and_then(|info| info.reload.as_ref()) {
            self.reloads.push((number, reload.clone()));
        }
    }

    /// Numbers have no gaps, and what has been applied is there.
    fn note_missing(&mut self, applied: SegmentNumber) {
        let last = self.numbers.last().copied().unwrap_or_default().max(applied);
        for number in (1..=last).filter(|number| self.numbers.binary_search(number).is_err()) {
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

    /// The objects that are none of ours.
    pub(super) fn told_strays(&self) -> impl Iterator<Item = String> {
        self.strays.iter().map(|number| {
            let key = keys::raw(self.source.staging, *number);
            format!("`{key}` is no segment that a run has written, and is left alone: move it away")
        })
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
