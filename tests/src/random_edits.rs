//! Random changes to a factory of random rows. In all tables rows come, change, move and go, as people and
//! programs do it in an ERP.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, TimeDelta};
use extractor_function::validate::validate;
use lake::Mode;
use rusqlite::{Connection, Transaction, params_from_iter, types::Value};
use warehouse::sources::{ALL, Column, Source};

use crate::factory::{Factory, key_of, shown};
use crate::faults::schedule::dice::Dice;
use crate::random_factory::cell;

/// Changes rows of a few tables, with stamps from `at` on. Returns the mode of job that must see all of it:
/// an incremental job sees neither rows that were deleted nor rows with an old stamp.
pub fn edit(factory: &Factory, seed: u64, at: NaiveDateTime) -> Mode {
    let mut dice = Dice::new(seed);
    let mode = dice.pick(&[
        Mode::Incremental,
        Mode::Incremental,
        Mode::Incremental,
        Mode::Reconcile,
        Mode::Reconcile,
        Mode::Full,
    ]);
    let mut erp = Connection::open(factory.erp()).expect("the ERP");
    let changing = erp.transaction().expect("the ERP");
    let mut stamps = Stamps { at, given: 0 };
    // Mostly few tables. A change of master data makes all marts again, which hides what other changes failed
    // to make again.
    let tables = dice.pick(&[1, 1, 2, 2, 3, 8]);
    for _ in 0..tables {
        let source = dice.pick(&ALL);
        for _ in 0..dice.between(1, 3) {
            let edit = Edit { erp: &changing, source, is_seen_at_once: mode == Mode::Incremental };
            match dice.below(4) {
                0 => edit.insert(&mut dice, &mut stamps),
                1 if !edit.is_seen_at_once => edit.delete(&mut dice),
                _ => edit.update(&mut dice, &mut stamps),
            }
        }
    }
    changing.commit().expect("the ERP");
    drop_rejected_twins(factory);
    mode
}

/// Where rows have the same key and the same stamp, deletes all but one of them. No rule says which of them
/// counts.
pub fn untie(factory: &Factory) {
    for source in ALL {
        let key: Vec<_> =
            source.key.iter().map(|name| format!("SUBSTR(UPPER(TRIM({name})), 1, 10)")).collect();
        let stamp = source.watermark;
        let kept = format!(
            "SELECT MAX(rowid) FROM {} GROUP BY {}, SUBSTR({stamp} || ' 00:00:00', 1, 19)",
            source.table,
            key.join(", ")
        );
        factory.execute(&format!("DELETE FROM {} WHERE rowid NOT IN ({kept})", source.table));
    }
    drop_rejected_twins(factory);
}

/// Deletes the rejected rows of keys that have other rows as well. Where these are read on different pages,
/// only the order of reading tells which of them hides which.
fn drop_rejected_twins(factory: &Factory) {
    for source in ALL {
        let mut rows = BTreeMap::<Vec<String>, Vec<(usize, bool)>>::new();
        for (place, cells) in factory.erp_rows(source).into_iter().enumerate() {
            let read = validate(source, cells, factory.settings.factory_tz);
            let (is_valid, values) = read.map_or_else(|row| (false, row.values), |row| (true, row.values));
            let shown: Vec<String> = values.iter().map(shown).collect();
            rows.entry(key_of(source, &shown)).or_default().push((place, is_valid));
        }
        let twins = rows.into_values().filter(|twins| twins.len() > 1).flatten();
        let mut rejected: Vec<usize> =
            twins.filter(|(_, is_valid)| !is_valid).map(|(place, _)| place).collect();
        rejected.sort_unstable();
        for place in rejected.into_iter().rev() {
            factory.execute(&format!(
                "DELETE FROM {table} WHERE rowid = (SELECT rowid FROM {table} ORDER BY rowid LIMIT 1 OFFSET {place})",
                table = source.table
            ));
        }
    }
}

/// Makes stamps that are all different.
struct Stamps {
    at: NaiveDateTime,
    given: i64,
}

impl Stamps {
    fn next(&mut self, days_ago: i64) -> Value {
        self.given += 1;
        let stamp = self.at + TimeDelta::milliseconds(10 * self.given) - TimeDelta::days(days_ago);
        Value::Text(stamp.format("%Y-%m-%d %H:%M:%S%.3f").to_string())
    }
}

/// A change to one table.
struct Edit<'a> {
    erp: &'a Transaction<'a>,
    source: &'static Source,
    is_seen_at_once: bool,
}

impl Edit<'_> {
    /// Adds rows. Some of them have keys that are there already.
    fn insert(&self, dice: &mut Dice, stamps: &mut Stamps) {
        let names: Vec<_> = self.source.columns.iter().map(|column| column.source).collect();
        let places = vec!["?"; names.len()].join(", ");
        for _ in 0..dice.between(1, 8) {
            let id = dice.between(1, 900);
            let stamp = self.stamp(dice, stamps);
            // Such a row was not changed since it was made.
            let stamped = self.source.watermark_until_changed.filter(|_| dice.chance(300));
            let mut of = |column: &Column| match column.source {
                name if name == stamped.unwrap_or(self.source.watermark) => stamp.clone(),
                name if name == self.source.watermark => Value::Null,
                _ => cell(dice, self.source, column, id),
            };
            let row: Vec<_> = self.source.columns.iter().map(&mut of).collect();
            self.execute(
                &format!("INSERT INTO {} ({}) VALUES ({places})", self.source.table, names.join(", ")),
                row,
            );
        }
    }

    /// Changes a column or two of some rows. Where the key changes, the old row is gone and another is there.
    fn update(&self, dice: &mut Dice, stamps: &mut Stamps) {
        let can_change = |name| {
            name != self.source.watermark && (!self.is_seen_at_once || !self.source.key.contains(&name))
        };
        let columns: Vec<_> = self.source.columns.iter().filter(|column| can_change(column.source)).collect();
        let (one, other) = (dice.pick(&columns), dice.pick(&columns));
        for row in self.some_rows(dice) {
            let id = dice.between(1, 900);
            let [value, other_value] = [one, other].map(|column| cell(dice, self.source, column, id));
            let stamp = self.stamp(dice, stamps);
            let (table, watermark) = (self.source.table, self.source.watermark);
            let sql = format!("UPDATE {table} SET {} = ?, {watermark} = ? WHERE rowid = ?", one.source);
            self.execute(&sql, vec![value, stamp.clone(), Value::Integer(row)]);
            if dice.chance(500) {
                let sql = format!("UPDATE {table} SET {} = ? WHERE rowid = ?", other.source);
                self.execute(&sql, vec![other_value, Value::Integer(row)]);
            }
        }
    }

    fn delete(&self, dice: &mut Dice) {
        for row in self.some_rows(dice) {
            self.execute(
                &format!("DELETE FROM {} WHERE rowid = ?", self.source.table),
                vec![Value::Integer(row)],
            );
        }
    }

    /// A few rows. Now and then a tenth of all rows, or all.
    fn some_rows(&self, dice: &mut Dice) -> Vec<i64> {
        let mut all = self
            .erp
            .prepare(&format!("SELECT rowid FROM {} ORDER BY rowid", self.source.table))
            .expect("a table of the ERP");
        let all = all
            .query_map([], |row| row.get(0))
            .expect("rows")
            .collect::<rusqlite::Result<Vec<i64>>>()
            .expect("rows");
        let permille = dice.pick(&[20, 100, 100, 300, 1000]);
        all.into_iter().filter(|_| dice.chance(permille)).collect()
    }

    /// A stamp of now. If the job compares all rows, it may also be one of an earlier day.
    fn stamp(&self, dice: &mut Dice, stamps: &mut Stamps) -> Value {
        let is_of_the_past = !self.is_seen_at_once && dice.chance(300);
        stamps.next(if is_of_the_past { dice.between(1, 9) } else { 0 })
    }

    fn execute(&self, sql: &str, values: Vec<Value>) {
        self.erp
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params_from_iter(values)))
            .expect("a change of the ERP");
    }
}
