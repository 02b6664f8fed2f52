//! Compares keys and watermarks of the last weeks with the lake. So it finds rows that were committed late,
//! moved or back-dated, and rows that the ERP deleted.

mod listed_key;

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDateTime, TimeDelta};
use lake::Mode;
use polars::prelude::DataFrame;
use warehouse::segment::{OP_DELETE, OP_FORGET, OP_STILL_REJECTED};

use crate::error::TableError;
use crate::extract::{Extraction, Judged, Read, column_names};
use crate::key::{key_of, key_text, places};
use crate::rows::{SegmentRow, frame};
use crate::source::{Cell, Condition, parse_time};
use crate::stream::{Since, Stream, streams};
use crate::validate::{RejectedRow, validate};
use crate::value::{Value, read};
use listed_key::{Key, has_key_of, held_since, spelt_freely};

/// How many keys one statement asks for.
const KEYS_PER_STATEMENT: usize = 100;

/// What a comparison of keys and stamps shows.
struct Differing {
    /// The keys whose rows are to be read again.
    wanted: Vec<Key>,
    /// How many of these, the first, the lake holds and the ERP does not list.
    unlisted: usize,
    /// How many keys of the lake were compared.
    held: usize,
}

impl Extraction<'_> {
    /// Commits what the comparison shows. The watermark stays where it is.
    pub(crate) async fn reconcile(&mut self) -> Result<Read, TableError> {
        if self.state.applied == 0 || self.state.pass.is_some() {
            // There is nothing to compare with yet, or not all of it.
            let is_new = self.state.applied == 0;
            self.mode = Mode::Incremental;
            let read = self.incremental().await?;
            return Ok(if is_new { read } else { Read::Prepared });
        }
        let since = self.start() - TimeDelta::days(self.reading.reconcile_days.into());
        let watermark = self.state.watermark.as_deref().and_then(parse_time);
        let differing = self.keys_that_differ(since).await?;
        self.commit_rows_of(&differing, watermark).await?;
        if self.withheld.is_none() {
            self.forget_rows_without_key(watermark).await?;
        }
        Ok(Read::AsOf(self.job.started_at))
    }

    /// The keys whose rows are to be read again: since then only the ERP or only the lake has them, or both
    /// have them with different stamps, or their rejection is open, or they cannot be compared.
    async fn keys_that_differ(&mut self, since: NaiveDateTime) -> Result<Differing, TableError> {
        let held = held_since(self.lake, self.source, &self.state.parts, since).await?;
        let (listed, odd) = self.listed_since(since).await?;
        let mut wanted: Vec<Key> = held
            .iter()
            .filter(|(text, _)| !listed.contains_key(*text))
            .map(|(_, (key, _))| key.clone())
            .collect();
        let unlisted = wanted.len();
        wanted.extend(
            listed
                .iter()
                .filter(|(text, (_, stamp))| held.get(*text).is_none_or(|(_, held)| held != stamp))
                .map(|(_, (key, _))| key.clone()),
        );
        let rejected_keys = self.open_keys().await?;
        wanted.extend(
            rejected_keys.iter().filter(|(text, _)| !listed.contains_key(*text)).map(|(_, key)| key.clone()),
        );
        wanted.extend(odd);
        Ok(Differing { wanted, unlisted, held: held.len() })
    }

    /// Reads the rows of these keys from the ERP, and commits what the lake does not know of them yet. Keys
    /// that the ERP does not have come last, when all is known that it has. If they are too many, they are
    /// kept.
    async fn commit_rows_of(
        &mut self,
        differing: &Differing,
        watermark: Option<NaiveDateTime>,
    ) -> Result<(), TableError> {
        let Differing { wanted, unlisted, held } = differing;
        let mut missing = self.commit_found_of(wanted, watermark).await?;
        let spelt_otherwise = self.spelt_otherwise(&missing).await?;
        if !spelt_otherwise.is_empty() {
            let keys: Vec<Key> = spelt_otherwise.into_values().flatten().collect();
            let there: HashSet<String> = keys.iter().map(Key::text).collect();
            let gone: HashSet<String> =
                self.commit_found_of(&keys, watermark).await?.iter().map(Key::text).collect();
            missing.retain(|key| !there.contains(&key.text()) || gone.contains(&key.text()));
        }
        // Only what the lake holds can go. Keys of rejected rows leave the open list alone.
        let unlisted: HashSet<String> = wanted[..*unlisted].iter().map(Key::text).collect();
        let gone_rows = missing.iter().filter(|key| unlisted.contains(&key.text())).count();
        if self.may_remove(gone_rows, *held) {
            for keys in missing.chunks(self.reading.batch_size.max(1)) {
                self.commit_found(Judged::default(), keys.to_vec(), watermark).await?;
            }
        }
        Ok(())
    }

    /// Reads the rows of these keys and commits what is new of them. Returns the keys that have no row.
    async fn commit_found_of(
        &mut self,
        wanted: &[Key],
        watermark: Option<NaiveDateTime>,
    ) -> Result<Vec<Key>, TableError> {
        // Rows with one key are decided together, however the ERP spells it: what is committed last would count.
        let mut wanted = wanted.to_vec();
        wanted.sort_by_cached_key(Key::text);
        let mut keys = chunks_of_keys(&wanted).into_iter().peekable();
        let (mut found, mut missing, mut large) = (Judged::default(), Vec::new(), false);
        while let Some(chunk) = keys.next() {
            large |= self.fetch(chunk, &mut found, &mut missing).await?;
            let stopped = self.go_on().err().filter(|_| keys.peek().is_some());
            // As few segments as possible, but none that does not fit into memory.
            let enough = large
                || stopped.is_some()
                || found.valid.len() + found.rejected.len() >= self.reading.batch_size;
            if !enough && keys.peek().is_some() {
                continue;
            }
            self.commit_found(std::mem::take(&mut found), Vec::new(), watermark).await?;
            large = false;
            if let Some(stopped) = stopped {
                return Err(stopped);
            }
        }
        Ok(missing)
    }

    /// Those of these keys that the ERP has in a spelling that the lake does not know, as the ERP spells
    /// them. Before a row is taken for deleted, all keys are looked through for it: once for all rows, in
    /// the order of the index, because an expression over the keys would be a long walk for the ERP.
    async fn spelt_otherwise(&mut self, missing: &[Key]) -> Result<HashMap<String, Vec<Key>>, TableError> {
        let source = self.source;
        let missing: HashSet<String> =
            missing.iter().filter(|key| key.cells.is_none()).map(Key::text).collect();
        let mut spelt: HashMap<String, Vec<Key>> = HashMap::new();
        let Some(keys) = spelt_freely(source, &self.table).filter(|_| !missing.is_empty()) else {
            return Ok(spelt);
        };
        let mut stream = Stream::by_key(source, source.key.to_vec(), keys, self.reading.batch_size);
        while !stream.done {
            self.go_on()?;
            for cells in stream.next_page(self.erp, &self.table).await? {
                let values: Option<Vec<Value>> = source
                    .key
                    .iter()
                    .zip(&cells)
                    .map(|(name, cell)| read(source.column(name), cell, self.table.factory_tz).ok())
                    .collect();
                let Some(values) = values else { continue };
                let key = Key { values, cells: Some(cells) };
                if missing.contains(&key.text()) {
                    spelt.entry(key.text()).or_default().push(key);
                }
            }
        }
        Ok(spelt)
    }

    /// Commits what the lake does not know yet of the rows that the ERP has and of the keys that it lacks.
    async fn commit_found(
        &mut self,
        found: Judged,
        missing: Vec<Key>,
        watermark: Option<NaiveDateTime>,
    ) -> Result<(), TableError> {
        let hidden = self.hidden(&found).await?;
        let mut news = self.news(found, true).await?;
        news.vstack_mut_owned(hidden)?;
        let gone: Vec<SegmentRow> =
            missing.into_iter().map(|key| SegmentRow::of(OP_DELETE, key.row(self.source))).collect();
        self.counts.written += gone.len();
        news.vstack_mut_owned(frame(self.source, &gone)?)?;
        if news.height() > 0 {
            self.put(news, watermark, None, None).await?;
        }
        Ok(())
    }

    /// Takes away the rows that the lake holds, and the ERP now has only in a form that is rejected. Taking a
    /// key away would also close its rejection, so the rejection is said again beside it.
    async fn hidden(&mut self, found: &Judged) -> Result<DataFrame, TableError> {
        let source = self.source;
        let valid: HashSet<String> = found.valid.iter().map(|row| key_of(source, &row.values)).collect();
        let usable = |values: &[Value]| places(source).into_iter().all(|place| values[place] != Value::Null);
        let rejected: Vec<&RejectedRow> = found
            .rejected
            .iter()
            .filter(|row| usable(&row.values) && !valid.contains(&key_of(source, &row.values)))
            .collect();
        let keys = rejected.iter().map(|row| SegmentRow::of(OP_DELETE, row.values.clone())).collect();
        let mut hidden = self.current.held(keys).await?;
        let again: Vec<SegmentRow> =
            rejected.iter().map(|row| SegmentRow::rejected(OP_STILL_REJECTED, source, row)).collect();
        hidden.vstack_mut_owned(self.current.held(again).await?)?;
        Ok(hidden)
    }

    /// The keys that the ERP lists with stamps since then, and those that cannot be compared: key or stamp
    /// cannot be read.
    async fn listed_since(
        &mut self,
        since: NaiveDateTime,
    ) -> Result<(HashMap<String, (Key, NaiveDateTime)>, Vec<Key>), TableError> {
        let source = self.source;
        let mut columns: Vec<&'static str> = source.key.to_vec();
        columns.extend(
            [Some(source.watermark), source.watermark_until_changed]
                .into_iter()
                .flatten()
                .filter(|name| !source.key.contains(name)),
        );
        let width = source.key.len();
        let mut listed: HashMap<String, (Key, NaiveDateTime)> = HashMap::new();
        let mut odd = Vec::new();
        for mut stream in streams(source, &self.table, &columns, Since::Stamp(since), self.reading.batch_size)
        {
            while !stream.done {
                self.go_on()?;
                for cells in stream.next_page(self.erp, &self.table).await? {
                    let read_all: Vec<Option<Value>> = columns
                        .iter()
                        .zip(&cells)
                        .map(|(name, cell)| read(source.column(name), cell, self.table.factory_tz).ok())
                        .collect();
                    // One stamp that cannot be read makes all of them unsure.
                    let stamps: Option<Vec<&Value>> = read_all[width..].iter().map(Option::as_ref).collect();
                    let stamp = stamps
                        .into_iter()
                        .flatten()
                        .find_map(|value| if let Value::Time(time) = value { Some(*time) } else { None });
                    let values: Vec<Value> =
                        read_all[..width].iter().map(|value| value.clone().unwrap_or(Value::Null)).collect();
                    let usable = values.iter().all(|value| {
                        !matches!(value, Value::Null)
                            && !matches!(value, Value::Text(text) if text.is_empty())
                    });
                    let key = Key { values, cells: Some(cells[..width].to_vec()) };
                    match stamp {
                        // The ways bring a little more than was asked for. The lake's rows from before are not
                        // compared.
                        Some(stamp) if usable && stamp < since => {}
                        Some(stamp) if usable => {
                            let text = key.text();
                            // Of two rows with one key the later watermark counts.
                            if listed.get(&text).is_none_or(|(_, known)| *known <= stamp) {
                                listed.insert(text, (key, stamp));
                            }
                        }
                        _ => odd.push(key),
                    }
                }
            }
        }
        Ok((listed, odd))
    }

    /// Reads the rows of these keys into `judged`, and puts the keys that have no row into `missing`. Returns
    /// whether the rows are large.
    ///
    /// Rows of other keys that begin in the same way are left alone. Such a key may have a later row in another
    /// spelling, which is not among these.
    async fn fetch(
        &mut self,
        keys: &[Key],
        judged: &mut Judged,
        missing: &mut Vec<Key>,
    ) -> Result<bool, TableError> {
        let (mut found, large) =
            self.rows_where(each_once(keys.iter().map(|key| key.begins(self.source)))).await?;
        let asked: HashSet<String> = keys.iter().map(Key::text).collect();
        found.retain(|cells| self.key_in(cells).is_none_or(|key| asked.contains(&key)));
        let seen: HashSet<String> = found.iter().filter_map(|cells| self.key_in(cells)).collect();
        judged.add(self.judge(found));
        let usable = |key: &&Key| !key.values.contains(&Value::Null);
        missing.extend(keys.iter().filter(usable).filter(|key| !seen.contains(&key.text())).cloned());
        Ok(large)
    }

    /// All rows that meet one of these conditions, and whether they are large.
    async fn rows_where(&self, any: Vec<Condition>) -> Result<(Vec<Vec<Cell>>, bool), TableError> {
        let mut stream = Stream::by_key(
            self.source,
            column_names(self.source),
            Condition::Any(any),
            self.reading.batch_size,
        );
        let mut rows = Vec::new();
        while !stream.done {
            rows.extend(stream.next_page(self.erp, &self.table).await?);
        }
        Ok((rows, stream.is_large()))
    }

    /// The key of a full row, if it can be read.
    fn key_in(&self, cells: &[Cell]) -> Option<String> {
        let values: Option<Vec<Value>> = places(self.source)
            .into_iter()
            .map(|place| read(&self.source.columns[place], &cells[place], self.table.factory_tz).ok())
            .collect();
        Some(key_text(values?.iter()))
    }

    /// The keys of open rejected rows that have one.
    async fn open_keys(&mut self) -> Result<HashMap<String, Key>, TableError> {
        let (source, factory_tz) = (self.source, self.table.factory_tz);
        let open = self.current.open().await?;
        Ok(open
            .iter()
            .filter_map(|(key, ..)| Key::of_json(source, key, factory_tz))
            .map(|key| (key.text(), key))
            .collect())
    }

    /// Takes off the open list the rejected rows without a key that the ERP no longer has.
    async fn forget_rows_without_key(&mut self, watermark: Option<NaiveDateTime>) -> Result<(), TableError> {
        let (source, factory_tz) = (self.source, self.table.factory_tz);
        let without_key: Vec<String> = {
            let open = self.current.open().await?;
            open.iter()
                .filter(|(key, ..)| Key::of_json(source, key, factory_tz).is_none())
                .map(|(_, _, row)| row.clone())
                .collect()
        };
        if without_key.is_empty() {
            return Ok(());
        }
        let mut present = HashSet::new();
        let asked = each_once(without_key.iter().filter_map(|row| has_key_of(source, row)));
        for just_these in asked.chunks(KEYS_PER_STATEMENT) {
            self.go_on()?;
            for cells in self.rows_where(just_these.to_vec()).await?.0 {
                if let Err(rejected) = validate(source, cells, self.table.factory_tz) {
                    present.insert(rejected.json(source));
                }
            }
        }
        let nothing = vec![Value::Null; source.columns.len()];
        let forgotten: Vec<SegmentRow> = without_key
            .into_iter()
            .filter(|row| !present.contains(row))
            .map(|row| SegmentRow { row: Some(row), ..SegmentRow::of(OP_FORGET, nothing.clone()) })
            .collect();
        if forgotten.is_empty() {
            return Ok(());
        }
        let rows = frame(source, &forgotten)?;
        self.put(rows, watermark, None, None).await
    }
}

/// The sorted keys in chunks of about [`KEYS_PER_STATEMENT`]. The same key in several spellings is in one chunk.
fn chunks_of_keys(keys: &[Key]) -> Vec<&[Key]> {
    let mut chunks = Vec::new();
    let mut rest = keys;
    while !rest.is_empty() {
        let least = rest.len().min(KEYS_PER_STATEMENT);
        let last = rest[least - 1].text();
        let same = rest[least..].iter().take_while(|key| key.text() == last).count();
        let (chunk, others) = rest.split_at(least + same);
        chunks.push(chunk);
        rest = others;
    }
    chunks
}

/// The conditions without repetitions. Many rows may have no key in the same way.
fn each_once(conditions: impl Iterator<Item = Condition>) -> Vec<Condition> {
    let mut known = HashSet::new();
    conditions.filter(|condition| known.insert(format!("{condition:?}"))).collect()
}

impl Judged {
    fn add(&mut self, other: Self) {
        self.valid.extend(other.valid);
        self.rejected.extend(other.rejected);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_several_spellings_is_asked_for_in_one_statement() {
        let keys = |numbers: &[i64]| -> Vec<Key> {
            numbers.iter().map(|number| Key { values: vec![Value::Whole(*number)], cells: None }).collect()
        };
        let sizes = |numbers: &[i64]| -> Vec<usize> {
            chunks_of_keys(&keys(numbers)).iter().map(|chunk| chunk.len()).collect()
        };
        assert_eq!(sizes(&[]), Vec::<usize>::new());
        assert_eq!(sizes(&(0..250).collect::<Vec<_>>()), [100, 100, 50]);
        // Three spellings of the hundredth.
        let mut numbers: Vec<i64> = (0..150).collect();
        numbers.splice(99..100, [99, 99, 99]);
        assert_eq!(sizes(&numbers), [102, 50]);
    }
}
