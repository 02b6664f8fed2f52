//! What the rows of raw segments do to the rows that staging holds. Pure: frames in, frame out.

use polars::prelude::*;

use super::first_stamps::{first_stamps, gone as not_held, none_gone, with_first_stamps};
use super::incoming::Incoming;
use super::stamps::watermark_of;
use crate::frames::{anti, fit, semi, stack};
use crate::segment::{self, OP_DELETE, OP_REJECT, OP_REPLACE, OP_REUSE, OP_UPSERT, of_op};
use crate::sources::Source;

const WATERMARK: &str = "_watermark";

/// What a part holds.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The current version of each row, with the columns of [`Source::staging_schema`].
    pub held: DataFrame,
    /// Keys that were read and are not held now, with the stamps that they were first read with.
    pub gone: DataFrame,
}

impl Rows {
    /// A part without rows.
    pub fn none(source: &Source) -> Self {
        Self { held: DataFrame::empty_with_schema(&source.staging_schema()), gone: none_gone(source) }
    }

    /// What the part holds after these segments: see [`fold`]. A row keeps the stamp that it was first read
    /// with, whatever happened to it since. One whose key was used again begins with a stamp of its own.
    pub fn after(&self, source: &Source, incoming: &[Incoming]) -> PolarsResult<Self> {
        self.with_stamps_kept(source, fold(source, &self.held, incoming)?, incoming)
    }

    /// What the part holds if these segments alone are the table.
    pub fn replaced_by(&self, source: &Source, incoming: &[Incoming]) -> PolarsResult<Self> {
        let nothing = DataFrame::empty_with_schema(&source.schema());
        self.with_stamps_kept(source, fold(source, &nothing, incoming)?, incoming)
    }

    /// What the part holds if these segments are the table, but for the rows of which they say nothing: those
    /// stay.
    pub fn overlaid_by(&self, source: &Source, incoming: &[Incoming]) -> PolarsResult<Self> {
        let (schema, keys) = (source.schema(), source.key_names());
        let new = fold(source, &DataFrame::empty_with_schema(&schema), incoming)?;
        let untold = incoming.iter().try_fold(self.held.clone(), |rows, told| anti(&rows, &told.rows, &keys));
        let all = stack([new, untold?], &schema)?.sort(&keys, SortMultipleOptions::default())?;
        self.with_stamps_kept(source, all, incoming)
    }

    fn with_stamps_kept(
        &self,
        source: &Source,
        held: DataFrame,
        incoming: &[Incoming],
    ) -> PolarsResult<Self> {
        if !source.keeps_first_stamp() {
            return Ok(Self { held, gone: self.gone.clone() });
        }
        let first = first_stamps(source, &self.held, &self.gone, incoming)?;
        Ok(Self { gone: not_held(source, &held, &first)?, held: with_first_stamps(source, &held, &first)? })
    }
}

/// Folds segments, in the order of their numbers, into the rows that are held.
///
/// A changed row takes the place of the row with its key, unless that has a later watermark. A row that says
/// so itself ([`OP_REPLACE`], [`OP_REUSE`]) takes the place in any case: the numbers of segments, and not the
/// stamps, tell which reading was the later one. Deleted rows go. A row whose present version was rejected
/// goes too, so that its old version is no longer shown.
pub fn fold(source: &Source, held: &DataFrame, incoming: &[Incoming]) -> PolarsResult<DataFrame> {
    let schema = source.schema();
    let keys = source.key_names();
    let mut rows = with_watermark(source, &fit(held, &schema)?)?;
    // Segments that only add or change rows, which is nearly all, are folded in one go.
    let mut plain: Vec<DataFrame> = Vec::new();
    for segment in incoming {
        let all = with_watermark(source, &fit(&segment.rows, &segment::schema(source))?)?;
        let upserts = of_op(&all, OP_UPSERT)?;
        if segment.authoritative || upserts.height() < all.height() {
            rows = newest(rows, std::mem::take(&mut plain), &keys)?;
            rows = anti(&rows, &of_op(&all, OP_DELETE)?, &keys)?;
            rows = anti(&rows, &overtaken(&rows, &of_op(&all, OP_REJECT)?, &keys)?, &keys)?;
            for op in [OP_REPLACE, OP_REUSE] {
                let replacing = of_op(&all, op)?;
                rows = anti(&rows, &replacing, &keys)?;
                plain.push(replacing);
            }
            if segment.authoritative {
                rows = anti(&rows, &upserts, &keys)?;
            }
        }
        plain.push(upserts);
    }
    rows = newest(rows, plain, &keys)?;
    fit(&rows.sort(&keys, SortMultipleOptions::default())?, &schema)
}

/// The held rows that have a key among the incoming ones: their old versions.
pub fn old_versions(source: &Source, held: &DataFrame, incoming: &DataFrame) -> PolarsResult<DataFrame> {
    semi(&fit(held, &source.schema())?, incoming, &source.key_names())
}

/// Adds the watermark of each row as the column [`WATERMARK`].
fn with_watermark(source: &Source, rows: &DataFrame) -> PolarsResult<DataFrame> {
    let mut rows = rows.clone();
    rows.with_column(watermark_of(source, &rows)?.with_name(WATERMARK.into()))?;
    Ok(rows)
}

/// Of the rows with one key, the one with the latest watermark. Of equal watermarks, the row that came last.
fn newest(rows: DataFrame, added: Vec<DataFrame>, keys: &[String]) -> PolarsResult<DataFrame> {
    if added.is_empty() {
        return Ok(rows);
    }
    let schema = rows.schema().as_ref().clone();
    let all = stack(std::iter::once(rows).chain(added), &schema)?;
    let sorted = all.sort([WATERMARK], SortMultipleOptions::default().with_maintain_order(true))?;
    sorted.unique_stable(Some(keys), UniqueKeepStrategy::Last, None)
}

/// The held rows whose key was rejected in a version that is not older.
fn overtaken(rows: &DataFrame, rejected: &DataFrame, keys: &[String]) -> PolarsResult<DataFrame> {
    let mut columns: Vec<String> = keys.to_vec();
    columns.push(WATERMARK.to_owned());
    let rejected = rejected.select(&columns)?;
    let args = JoinArgs { suffix: Some("_rejected".into()), ..JoinArgs::new(JoinType::Inner) };
    let pairs = rows.join(&rejected, keys, keys, args, None)?;
    let theirs = pairs.column(&format!("{WATERMARK}_rejected"))?.datetime()?.physical().clone();
    let ours = pairs.column(WATERMARK)?.datetime()?.physical().clone();
    let mask: BooleanChunked = theirs
        .iter()
        .zip(ours.iter())
        .map(|(theirs, ours)| Some(theirs.is_none_or(|theirs| ours.is_none_or(|ours| ours <= theirs))))
        .collect();
    pairs.filter(&mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::OP;
    use crate::sources::{FIRST_STAMP, RUN_INPUTS};
    use chrono::{NaiveDate, NaiveDateTime, Timelike};
    use proptest::prelude::*;

    /// `input_id`, minutes of the watermark, `qty_kg`, operation.
    type Row<'a> = (i64, i64, f64, &'a str);

    fn rows(list: &[Row<'_>]) -> DataFrame {
        let midnight = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
        let times: Vec<_> = list.iter().map(|row| midnight + chrono::TimeDelta::minutes(row.1)).collect();
        let frame = df!(
            "input_id" => list.iter().map(|row| row.0).collect::<Vec<_>>(),
            "qty_kg" => list.iter().map(|row| row.2).collect::<Vec<_>>(),
            "updated_at" => times,
            OP => list.iter().map(|row| row.3).collect::<Vec<_>>(),
        )
        .unwrap();
        fit(&frame, &segment::schema(&RUN_INPUTS)).unwrap()
    }

    fn folded(segments: &[(&[Row<'_>], bool)]) -> Vec<(i64, f64)> {
        let incoming: Vec<_> = segments
            .iter()
            .map(|(list, authoritative)| Incoming { rows: rows(list), authoritative: *authoritative })
            .collect();
        let empty = DataFrame::empty_with_schema(&RUN_INPUTS.schema());
        let frame = fold(&RUN_INPUTS, &empty, &incoming).unwrap();
        let ids = frame.column("input_id").unwrap().i64().unwrap().clone();
        let kgs = frame.column("qty_kg").unwrap().f64().unwrap().clone();
        ids.iter().zip(kgs.iter()).map(|(id, kg)| (id.unwrap(), kg.unwrap())).collect()
    }

    #[test]
    fn a_later_watermark_wins_whatever_the_order() {
        let check =
            |segments: &[(&[Row<'_>], bool)], expect: &[(i64, f64)]| assert_eq!(folded(segments), expect);
        check(&[(&[(1, 10, 1.0, "upsert")], false), (&[(1, 5, 2.0, "upsert")], false)], &[(1, 1.0)]);
        check(&[(&[(1, 5, 1.0, "upsert")], false), (&[(1, 10, 2.0, "upsert")], false)], &[(1, 2.0)]);
    }

    #[test]
    fn of_equal_watermarks_the_last_read_wins() {
        assert_eq!(
            folded(&[(&[(1, 5, 1.0, "upsert")], false), (&[(1, 5, 2.0, "upsert")], false)]),
            [(1, 2.0)]
        );
    }

    #[test]
    fn a_comparison_with_the_erp_may_bring_an_older_version_back() {
        assert_eq!(
            folded(&[(&[(1, 10, 1.0, "upsert")], false), (&[(1, 5, 2.0, "upsert")], true)]),
            [(1, 2.0)]
        );
    }

    #[test]
    fn a_row_that_says_so_replaces_a_later_stamp_and_is_replaced_by_the_next_as_usual() {
        let check = |last: &[Row<'_>], expect: &[(i64, f64)]| {
            let held: &[Row<'_>] = &[(1, 50, 1.0, "upsert")];
            let replacing: &[Row<'_>] = &[(1, 10, 2.0, "replace"), (2, 10, 5.0, "upsert")];
            assert_eq!(folded(&[(held, false), (replacing, false), (last, false)]), expect);
        };
        check(&[], &[(1, 2.0), (2, 5.0)]);
        check(&[(1, 20, 3.0, "upsert")], &[(1, 3.0), (2, 5.0)]);
        check(&[(1, 5, 3.0, "upsert")], &[(1, 2.0), (2, 5.0)]);
    }

    #[test]
    fn deleted_rows_go_and_may_come_again() {
        let gone: &[Row<'_>] = &[(1, 5, 0.0, "delete")];
        assert_eq!(
            folded(&[(&[(1, 5, 1.0, "upsert"), (2, 5, 2.0, "upsert")], false), (gone, true)]),
            [(2, 2.0)]
        );
        assert_eq!(
            folded(&[(&[(1, 5, 1.0, "upsert")], false), (gone, true), (&[(1, 4, 3.0, "upsert")], false)]),
            [(1, 3.0)]
        );
    }

    #[test]
    fn a_rejected_version_takes_the_old_one_away_unless_it_is_older() {
        assert_eq!(folded(&[(&[(1, 5, 1.0, "upsert")], false), (&[(1, 6, 0.0, "reject")], false)]), []);
        assert_eq!(
            folded(&[(&[(1, 7, 1.0, "upsert")], false), (&[(1, 6, 0.0, "reject")], false)]),
            [(1, 1.0)]
        );
    }

    /// The first stamps of the rows that are held, in minutes, and of those that are gone.
    fn first(folded: &Rows) -> [Vec<(i64, i64)>; 2] {
        let of = |rows: &DataFrame| {
            let ids = rows.column("input_id").unwrap().i64().unwrap();
            let stamps = rows.column(FIRST_STAMP).unwrap().datetime().unwrap();
            let minute = |stamp: NaiveDateTime| i64::from(stamp.hour()) * 60 + i64::from(stamp.minute());
            ids.iter().flatten().zip(stamps.as_datetime_iter().flatten().map(minute)).collect()
        };
        [of(&folded.held), of(&folded.gone)]
    }

    #[test]
    fn a_row_keeps_the_stamp_that_it_was_first_read_with_through_touches_rejection_and_deletion() {
        let none = Rows::none(&RUN_INPUTS);
        let after = |held: &Rows, list: &[Row<'_>], authoritative| {
            held.after(&RUN_INPUTS, &[Incoming { rows: rows(list), authoritative }]).unwrap()
        };
        let read = after(&none, &[(1, 5, 1.0, "upsert"), (2, 5, 1.0, "upsert")], false);
        let touched = after(&read, &[(1, 90, 1.0, "upsert")], false);
        assert_eq!(first(&touched), [vec![(1, 5), (2, 5)], vec![]]);
        let back_dated = after(&touched, &[(1, 3, 1.0, "upsert")], true);
        assert_eq!(first(&back_dated), [vec![(1, 5), (2, 5)], vec![]]);
        let gone = after(&back_dated, &[(1, 0, 0.0, "delete"), (2, 99, 0.0, "reject")], true);
        assert_eq!(first(&gone), [vec![], vec![(1, 5), (2, 5)]]);
        let back = after(&gone, &[(1, 200, 1.0, "upsert"), (2, 201, 1.0, "upsert")], false);
        assert_eq!(first(&back), [vec![(1, 5), (2, 5)], vec![]]);
        // A version of the hour that the clock shows twice is a touch too. Another row under the key is not.
        let twice = after(&touched, &[(1, 80, 2.0, "replace")], false);
        assert_eq!(first(&twice), [vec![(1, 5), (2, 5)], vec![]]);
        let reused = after(&twice, &[(1, 300, 3.0, "reuse")], false);
        assert_eq!(first(&reused), [vec![(1, 300), (2, 5)], vec![]]);
        assert_eq!(first(&after(&gone, &[(2, 300, 3.0, "reuse")], false)), [vec![(2, 300)], vec![(1, 5)]]);
        // A row that was rejected when it was first read has been read with that stamp.
        let rejected = after(&none, &[(3, 7, 0.0, "reject")], false);
        assert_eq!(first(&after(&rejected, &[(3, 300, 1.0, "upsert")], false)), [vec![(3, 7)], vec![]]);
        // A part of an older version has no such column: what the row has now is the first that is known.
        let old = Rows { held: read.held.drop(FIRST_STAMP).unwrap(), ..none };
        let touched = old
            .after(&RUN_INPUTS, &[Incoming { rows: rows(&[(1, 90, 1.0, "upsert")]), authoritative: false }]);
        assert_eq!(first(&touched.unwrap()), [vec![(1, 5), (2, 5)], vec![]]);
    }

    #[test]
    fn rows_of_which_a_reload_says_nothing_stay_if_it_says_so_and_keep_their_first_stamps() {
        let incoming = |list: &[Row<'_>]| [Incoming { rows: rows(list), authoritative: false }];
        let read = Rows::none(&RUN_INPUTS)
            .after(
                &RUN_INPUTS,
                &incoming(&[(1, 5, 1.0, "upsert"), (2, 5, 1.0, "upsert"), (3, 5, 1.0, "upsert")]),
            )
            .and_then(|read| read.after(&RUN_INPUTS, &incoming(&[(2, 60, 2.0, "upsert")])))
            .unwrap();
        let reload = incoming(&[(1, 90, 9.0, "upsert"), (3, 91, 0.0, "reject")]);
        let overlaid = read.overlaid_by(&RUN_INPUTS, &reload).unwrap();
        assert_eq!(first(&overlaid), [vec![(1, 5), (2, 5)], vec![(3, 5)]]);
        let replaced = read.replaced_by(&RUN_INPUTS, &reload).unwrap();
        assert_eq!(first(&replaced), [vec![(1, 5)], vec![(2, 5), (3, 5)]]);
    }

    proptest! {
        /// Folding all at once, one by one, or again from the start ends the same.
        #[test]
        fn how_segments_are_grouped_does_not_matter(
            segments in prop::collection::vec((prop::collection::vec((0i64..6, 0i64..8, 0u32..1000, 0usize..8), 0..6), any::<bool>()), 0..8),
        ) {
            const OPS: [&str; 8] = ["upsert", "upsert", "upsert", "upsert", "reuse", "replace", "delete", "reject"];
            let incoming: Vec<_> = segments.iter().map(|(list, authoritative)| {
                let mut seen = std::collections::BTreeSet::new();
                let list: Vec<_> = list.iter().filter(|row| seen.insert(row.0)).map(|&(id, wm, kg, op)| (id, wm, f64::from(kg), OPS[op])).collect();
                Incoming { rows: rows(&list), authoritative: *authoritative }
            }).collect();
            let none = Rows::none(&RUN_INPUTS);
            let at_once = none.after(&RUN_INPUTS, &incoming).unwrap();
            let one_by_one = incoming.iter().fold(none, |held, segment| held.after(&RUN_INPUTS, std::slice::from_ref(segment)).unwrap());
            prop_assert!(at_once.held.equals_missing(&one_by_one.held));
            prop_assert!(at_once.gone.equals_missing(&one_by_one.gone));
            let ids = at_once.held.column("input_id").unwrap();
            prop_assert_eq!(ids.n_unique().unwrap(), at_once.held.height());
        }
    }
}
