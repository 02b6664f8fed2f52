//! Which part a row lies in, and the groups of codes that tell whether a part can hold a row.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use lake::Zone;
use polars::prelude::*;

use super::fold::with_watermark;
use crate::sources::{Kind, Part, Source};

/// Divides rows by the staging part that their key belongs to.
pub fn divide(source: &Source, rows: &DataFrame) -> PolarsResult<BTreeMap<String, DataFrame>> {
    let Some(key) = source.part.column() else {
        let part = source.part.of_number(0);
        return Ok(if rows.height() == 0 { BTreeMap::new() } else { BTreeMap::from([(part, rows.clone())]) });
    };
    let column = source.column(key);
    let values = rows.column(&column.name())?;
    let mut places: BTreeMap<String, Vec<IdxSize>> = BTreeMap::new();
    let mut place = |row: usize, part: String| places.entry(part).or_default().push(row as IdxSize);
    if column.kind == Kind::Text {
        for (row, value) in values.str()?.iter().enumerate() {
            place(row, source.part.of_text(value.unwrap_or_default()));
        }
    } else {
        for (row, value) in values.i64()?.iter().enumerate() {
            place(row, source.part.of_number(value.unwrap_or_default()));
        }
    }
    places.into_iter().map(|(part, rows_of_part)| Ok((part, rows.take(&IdxCa::from_vec("rows".into(), rows_of_part))?))).collect()
}

/// The group that a run number belongs to, for [`Zone`]s.
pub fn run_group(run_number: &str) -> String {
    Part::Digits("run_number", 100).of_text(run_number)
}

/// The groups of a set of run numbers.
pub fn run_groups<'a>(numbers: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    numbers.into_iter().map(|number| run_group(number)).collect()
}

/// What the rows of a staging part hold: as [`zone_of`], and the months of their watermarks.
pub fn staging_zone_of(source: &Source, rows: &DataFrame) -> PolarsResult<Zone> {
    let mut zone = zone_of(rows)?;
    let days = with_watermark(source, rows)?.column("_watermark")?.cast(&DataType::Date)?.unique()?;
    zone.insert("month".to_owned(), days.date()?.as_date_iter().flatten().map(crate::marts::month).collect());
    Ok(zone)
}

/// The months of a zone that do not lie before `since`.
pub fn months_since(zone: &Zone, since: NaiveDateTime) -> BTreeSet<String> {
    let first = crate::marts::month(since.date());
    zone.get("month").into_iter().flatten().filter(|month| **month >= first).cloned().collect()
}

/// What rows hold: groups of run numbers, and days of readings.
pub fn zone_of(rows: &DataFrame) -> PolarsResult<Zone> {
    let mut zone = Zone::new();
    if rows.column("run_number").is_ok() {
        zone.insert("run_group".to_owned(), run_groups(&crate::frames::texts(rows, "run_number")?));
    }
    if let Ok(times) = rows.column("reading_time") {
        let days = times.cast(&DataType::Date)?.unique()?;
        zone.insert("day".to_owned(), days.date()?.as_date_iter().flatten().map(|day| day.to_string()).collect());
    }
    Ok(zone)
}

/// Whether a part can hold a row of one of these groups.
pub fn may_hold(zone: &Zone, name: &str, groups: &BTreeSet<String>) -> bool {
    zone.get(name).is_none_or(|held| !held.is_disjoint(groups))
}
