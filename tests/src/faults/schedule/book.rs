//! The random ERP and its edits. It is decided beforehand which kind of job must find all edits. An edit that
//! such a job need not find is not made.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, TimeDelta};
use extractor_function::validate::validate;
use extractor_function::value::Value;
use warehouse::sources::{Column, Source};

use super::cells::{self, LATE_MINUTES, Stamp};
use super::dice::Dice;
use crate::faults::small::Small;

/// The kind of job that must find all edits. Each kind also finds the edits of the kinds above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finder {
    /// Rows come and change with stamps of the last hour.
    Incremental,
    /// Rows also go, change their keys, and come with old stamps.
    Reconcile,
    /// Rows also change without a new stamp.
    Full,
}

/// A version of a row: its stamp and its content.
type Version = (Option<NaiveDateTime>, String);

/// The rows that the ERP holds now, and the versions of rows that it has ever held.
#[derive(Debug)]
pub(super) struct Book {
    finder: Finder,
    tables: Vec<&'static Source>,
    rows: BTreeMap<i64, Row>,
    /// All versions so far, by table and key.
    past: BTreeMap<(&'static str, String), BTreeSet<Version>>,
    next_row: i64,
}

#[derive(Clone, Debug)]
struct Row {
    source: &'static Source,
    literals: Vec<String>,
    verdict: Verdict,
    /// Whether another row has its key, or had it.
    has_twin: bool,
}

/// What the extractor makes of a row.
#[derive(Clone, Debug)]
struct Verdict {
    key: Option<String>,
    stamp: Option<NaiveDateTime>,
    is_valid: bool,
    content: String,
}

impl Book {
    pub(super) fn new(finder: Finder, tables: Vec<&'static Source>) -> Self {
        Self { finder, tables, rows: BTreeMap::new(), past: BTreeMap::new(), next_row: 1 }
    }

    /// Makes one random commit to the ERP and returns its SQL. `None` if chance brings up no edit that the
    /// finder is sure to find.
    pub(super) fn edit(&mut self, dice: &mut Dice, erp: &Small) -> Option<String> {
        let sql = match dice.below(10) {
            0..=4 => self.insert(dice, erp),
            5..=7 => self.change(dice, erp),
            _ if self.finder == Finder::Incremental => self.change(dice, erp),
            _ => self.remove(dice),
        };
        if sql.is_empty() {
            return None;
        }
        let sql = sql.join("; ");
        erp.execute(&sql);
        Some(sql)
    }

    /// Adds several rows with one stamp, so that rows that tie come on different pages.
    fn insert(&mut self, dice: &mut Dice, erp: &Small) -> Vec<String> {
        let source = dice.pick(&self.tables);
        let kind = match dice.below(20) {
            0 => Stamp::Unreadable,
            1 | 2 => Stamp::Future,
            3..=6 if self.finder > Finder::Incremental => Stamp::Old,
            _ => Stamp::Recent,
        };
        let stamp = cells::stamp(dice, kind, erp.local_now());
        let mut sql = Vec::new();
        for _ in 0..dice.between(1, 6) {
            let mut literals: Vec<String> = source
                .columns
                .iter()
                .map(|column| cells::value(dice, source, column, erp.local_now().date()))
                .collect();
            set_stamp(
                source,
                &mut literals,
                &stamp,
                source.watermark_until_changed.filter(|_| dice.chance(500)),
            );
            if dice.chance(120) {
                cells::spoil(dice, source, &mut literals);
            } else if dice.chance(200) {
                for (column, literal) in source
                    .columns
                    .iter()
                    .zip(&mut literals)
                    .filter(|(column, _)| source.key.contains(&column.source))
                {
                    *literal = cells::respelt(column, literal);
                }
            }
            let id = self.next_row;
            if self.admit(erp, id, None, source, &literals) {
                self.next_row += 1;
                let names: Vec<_> = source.columns.iter().map(|column| column.source).collect();
                sql.push(format!(
                    "INSERT INTO {} (rowid, {}) VALUES ({id}, {})",
                    source.table,
                    names.join(", "),
                    literals.join(", ")
                ));
            }
        }
        sql
    }

    fn change(&mut self, dice: &mut Dice, erp: &Small) -> Vec<String> {
        let Some((id, row)) = self.any_row(dice) else { return Vec::new() };
        let (source, mut literals) = (row.source, row.literals);
        let kind = match dice.below(10) {
            0 => Stamp::Unreadable,
            1 | 2 if self.finder > Finder::Incremental => Stamp::Old,
            _ => Stamp::Recent,
        };
        for (column, literal) in source.columns.iter().zip(&mut literals) {
            let is_key = source.key.contains(&column.source);
            let is_stamp =
                column.source == source.watermark || Some(column.source) == source.watermark_until_changed;
            let is_anew = if is_key {
                self.finder > Finder::Incremental && dice.chance(150)
            } else {
                !is_stamp && dice.chance(400)
            };
            if is_anew {
                *literal = cells::value(dice, source, column, erp.local_now().date());
            } else if is_key && dice.chance(100) {
                *literal = cells::respelt(column, literal);
            }
        }
        let is_silent = self.finder == Finder::Full && dice.chance(400);
        if !is_silent {
            set_stamp(source, &mut literals, &cells::stamp(dice, kind, erp.local_now()), None);
        }
        if dice.chance(150) {
            cells::spoil(dice, source, &mut literals);
        }
        if !self.admit(erp, id, Some(&row.verdict), source, &literals) {
            return Vec::new();
        }
        let sets: Vec<_> = source
            .columns
            .iter()
            .zip(&literals)
            .map(|(column, literal)| format!("{} = {literal}", column.source))
            .collect();
        vec![format!("UPDATE {} SET {} WHERE rowid = {id}", source.table, sets.join(", "))]
    }

    fn remove(&mut self, dice: &mut Dice) -> Vec<String> {
        let ids: Vec<i64> = self.rows.keys().copied().collect();
        if ids.is_empty() {
            return Vec::new();
        }
        let id = dice.pick(&ids);
        let row = self.rows.remove(&id).expect("a row of the book");
        vec![format!("DELETE FROM {} WHERE rowid = {id}", row.source.table)]
    }

    /// A row that may be changed. A row with a twin may not: it would not be certain which of the two counts.
    fn any_row(&self, dice: &mut Dice) -> Option<(i64, Row)> {
        let single: Vec<_> = self.rows.iter().filter(|(_, row)| !row.has_twin).collect();
        if single.is_empty() { None } else { Some(dice.pick(&single)).map(|(id, row)| (*id, row.clone())) }
    }

    /// Takes a version of a row into the book if the finder is sure to find it. Returns whether it did.
    fn admit(
        &mut self,
        erp: &Small,
        id: i64,
        old: Option<&Verdict>,
        source: &'static Source,
        literals: &[String],
    ) -> bool {
        let new = judge(erp, source, literals);
        let twins = self.twins(id, source, &new);
        // Of two rows with one key the later counts. So both must be readable, and their stamps must differ.
        let twins_are_clear = twins.iter().all(|twin| {
            let twin = &self.rows[twin].verdict;
            twin.is_valid && new.is_valid && twin.stamp != new.stamp
        });
        let is_found = self.is_found(erp.local_now(), old, source, &new, &twins);
        if !is_found || !twins_are_clear || (!twins.is_empty() && old.is_some()) {
            return false;
        }
        if let Some(key) = &new.key {
            self.past
                .entry((source.table, key.clone()))
                .or_default()
                .insert((new.stamp, new.content.clone()));
        }
        for twin in &twins {
            if let Some(row) = self.rows.get_mut(twin) {
                row.has_twin = true;
            }
        }
        self.rows.insert(
            id,
            Row { source, literals: literals.to_vec(), verdict: new, has_twin: !twins.is_empty() },
        );
        true
    }

    /// The other rows that have the key of a row now.
    fn twins(&self, id: i64, source: &'static Source, verdict: &Verdict) -> Vec<i64> {
        let Some(key) = &verdict.key else { return Vec::new() };
        let same = |(other, row): &(&i64, &Row)| {
            **other != id && row.source == source && row.verdict.key.as_ref() == Some(key)
        };
        self.rows.iter().filter(same).map(|(other, _)| *other).collect()
    }

    /// Whether the finder is sure to find a new version of a row.
    fn is_found(
        &self,
        now: NaiveDateTime,
        old: Option<&Verdict>,
        source: &'static Source,
        new: &Verdict,
        twins: &[i64],
    ) -> bool {
        let is_recent = new.stamp.is_none_or(|stamp| {
            stamp >= now - TimeDelta::minutes(LATE_MINUTES + 1)
                || stamp == now.date().and_hms_opt(0, 0, 0).unwrap_or(now)
        });
        let past = new.key.clone().and_then(|key| self.past.get(&(source.table, key)));
        match self.finder {
            Finder::Incremental => {
                let stays = old.map_or(past.is_none(), |old| old.key.is_some() && old.key == new.key);
                let latest = past.into_iter().flatten().filter_map(|(stamp, _)| *stamp).max();
                stays
                    && is_recent
                    && new.stamp.is_none_or(|stamp| latest.is_none_or(|latest| stamp >= latest))
                    && twins.is_empty()
            }
            // A comparison of keys and stamps does not see what changed under the same stamp. The overlap
            // does, as it reads all rows with recent stamps again.
            Finder::Reconcile => {
                is_recent
                    || !past
                        .into_iter()
                        .flatten()
                        .any(|(stamp, content)| *stamp == new.stamp && *content != new.content)
            }
            Finder::Full => true,
        }
    }
}

/// Sets a row's stamp. `stands_in` names the column that holds the stamp as long as the row was never
/// changed. If it is given, the watermark itself is NULL.
fn set_stamp(source: &Source, literals: &mut [String], stamp: &str, stands_in: Option<&str>) {
    let place =
        |name: &str| source.columns.iter().position(|column| column.source == name).unwrap_or_default();
    if let Some(name) = stands_in {
        stamp.clone_into(&mut literals[place(name)]);
        "NULL".clone_into(&mut literals[place(source.watermark)]);
    } else {
        stamp.clone_into(&mut literals[place(source.watermark)]);
    }
}

fn judge(erp: &Small, source: &'static Source, literals: &[String]) -> Verdict {
    let cells = erp.evaluate(literals);
    let content = format!("{cells:?}");
    let is_key = |column: &&Column| source.key.contains(&column.source);
    let (values, stamp, is_valid) = match validate(source, cells, erp.settings.factory_tz) {
        Ok(row) => (row.values, Some(row.watermark), true),
        Err(row) => (row.values, row.watermark, false),
    };
    let keys =
        source.columns.iter().zip(&values).filter(|(column, _)| is_key(column)).map(|(_, value)| value);
    let key = keys
        .map(|value| if *value == Value::Null { None } else { Some(format!("{value:?}")) })
        .collect::<Option<Vec<_>>>();
    // Rows that are equal once read are one version, however they are spelt.
    let content = if is_valid { format!("{values:?}") } else { content };
    Verdict { key: key.map(|parts| parts.join("|")), stamp, is_valid, content }
}
