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
    places
        .into_iter()
        .map(|(part, rows_of_part)| Ok((part, rows.take(&IdxCa::from_vec("rows".into(), rows_of_part))?)))
        .collect()
}

/// The group that a run number belongs to, for [`Zone`]s.
pub fn run_group(run_number: &str) -> String {
    Part::Digits("run_number", 100).of_text(run_number)
}

/// The groups of a set of run numbers.
pub fn run_groups<'a>(numbers: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    numbers.into_iter().map(|number| run_group(number)).collect()
}

/// The zone of the batches that rows name.
pub const BATCH_GROUP: &str = "batch_group";

/// A part that names batches of more groups than this has no zone of them: it would be longer than it is of
/// use.
const BATCH_GROUPS_MAX: usize = 500;

/// The group that a batch code belongs to: by all its digits, so that batches of about one time lie together
/// whether their codes count on or tell the day.
pub fn batch_group(batch_code: &str) -> String {
    let digits: String = batch_code.chars().filter(char::is_ascii_digit).collect();
    Part::Digits("batch_code", 100).of_text(&digits)
}

/// The groups of a set of batch codes.
pub fn batch_groups<'a>(batches: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    batches.into_iter().map(|batch| batch_group(batch)).collect()
}

/// What the rows of a staging part hold: as [`zone_of`], the months of their watermarks, and the days that
/// they count for.
pub fn staging_zone_of(source: &Source, rows: &DataFrame) -> PolarsResult<Zone> {
    let mut zone = zone_of(rows)?;
    let days = with_watermark(source, rows)?.column("_watermark")?.cast(&DataType::Date)?.unique()?;
    zone.insert("month".to_owned(), days.date()?.as_date_iter().flatten().map(crate::marts::month).collect());
    if let Some(days) = day_of_each(source, rows)? {
        let days = days.unique()?;
        zone.insert(
            "day".to_owned(),
            days.date()?.as_date_iter().flatten().map(|day| day.to_string()).collect(),
        );
    }
    Ok(zone)
}

/// The day that each row counts for, as a column `day`; `None` for a table that marts do not take by day.
pub fn day_of_each(source: &Source, rows: &DataFrame) -> PolarsResult<Option<Column>> {
    let mut days: Option<Column> = None;
    for name in source.day_columns() {
        let next = rows.column(name)?.cast(&DataType::Date)?.with_name("day".into());
        days = Some(match days {
            Some(days) => days.zip_with(&days.is_not_null(), &next)?,
            None => next,
        });
    }
    Ok(days)
}

/// The months of a zone that do not lie before `since`.
pub fn months_since(zone: &Zone, since: NaiveDateTime) -> BTreeSet<String> {
    let first = crate::marts::month(since.date());
    zone.get("month").into_iter().flatten().filter(|month| **month >= first).cloned().collect()
}

/// Which groups of run numbers and of batch codes rows hold.
pub fn zone_of(rows: &DataFrame) -> PolarsResult<Zone> {
    let mut zone = Zone::new();
    if rows.column("run_number").is_ok() {
        zone.insert("run_group".to_owned(), run_groups(&crate::frames::texts(rows, "run_number")?));
    }
    let mut batches = BTreeSet::new();
    let named =
        ["batch_code", "new_batch_code", "parent_batch"].into_iter().filter(|name| rows.column(name).is_ok());
    let names_any = named.clone().next().is_some();
    for column in named {
        batches.extend(batch_groups(&crate::frames::texts(rows, column)?));
    }
    if names_any && batches.len() <= BATCH_GROUPS_MAX {
        zone.insert(BATCH_GROUP.to_owned(), batches);
    }
    Ok(zone)
}

/// Whether a part can hold a row of one of these groups.
pub fn may_hold(zone: &Zone, name: &str, groups: &BTreeSet<String>) -> bool {
    zone.get(name).is_none_or(|held| !held.is_disjoint(groups))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::BATCH_LINEAGE;

    #[test]
    fn batches_of_one_time_lie_in_one_group() {
        let check = |code: &str, group: &str| assert_eq!(batch_group(code), group, "{code}");
        check("SAL26327-P1", "000000263200");
        check("SAL26327-G9", "000000263200");
        check("RW004711", "000000004700");
        check("B-2026-11-02", "000020261100");
        check("rework", "000000000000");
        check("", "000000000000");
        check("é12345678901234567890", "678901234567800");
    }

    #[test]
    fn a_part_tells_which_batches_it_can_name_unless_they_are_too_many() {
        let groups = |codes: &[String]| {
            let rows =
                df!["new_batch_code" => codes, "parent_batch" => vec![None::<&str>; codes.len()]].unwrap();
            staging_zone_of(&BATCH_LINEAGE, &crate::frames::fit(&rows, &BATCH_LINEAGE.schema()).unwrap())
                .unwrap()
        };
        let wanted = |code: &str| batch_groups(&[code.to_owned()]);
        let few = groups(&["N101".to_owned(), "N305".to_owned()]);
        assert!(
            may_hold(&few, BATCH_GROUP, &wanted("N399")) && !may_hold(&few, BATCH_GROUP, &wanted("N299"))
        );
        let many: Vec<_> = (0..501).map(|n| format!("N{}", n * 100)).collect();
        assert!(may_hold(&groups(&many), BATCH_GROUP, &wanted("N999999")));
        assert!(!may_hold(&groups(&[]), BATCH_GROUP, &wanted("N101")), "no row names it");
    }
}
