//! Zones: what a part notes of its rows, so that it is left unread where it cannot hold what is sought.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use domain::quality_records::is_critical_and_open;
use domain::run_state::RunState;
use lake::{TableState, Zone};
use polars::prelude::*;

use super::stamps::{DAY, day_of_each, watermark_of};
use crate::frames::{codes, texts};
use crate::marts::{GRADES, Mart, STG_NON_CONFORMANCE, month};
use crate::sources::{Division, Source};

/// The zone of the run numbers that rows name.
pub const RUN_GROUP: &str = "run_group";

/// The group that a run number belongs to.
pub fn run_group(run_number: &str) -> String {
    Division::Digits("run_number", 100).part_of_text(run_number)
}

/// The groups of a set of run numbers.
pub fn run_groups<'a>(numbers: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    numbers.into_iter().map(|number| run_group(number)).collect()
}

/// The zone of the states of runs, by the names of [`RunState`]. It tells whether a part has a run that is
/// on.
pub const RUN_STATE: &str = "run_state";

/// The zone of the batches that rows name.
pub const BATCH_GROUP: &str = "batch_group";

/// A part that names batches of more groups than this has no zone of batches. The zone would be too long to
/// be of use.
const BATCH_GROUPS_MAX: usize = 500;

/// The zone of the texts for grades that the checks judge by.
pub const GRADE: &str = "grade";

/// The zone of the severities of quality records that are open. Only critical ones are noted.
pub const OPEN_RECORD: &str = "open_record";

/// No more texts for grades are noted of a part.
const GRADES_MAX: usize = 100;

/// The group that a batch code belongs to. All its digits decide: batches of about one time then fall into
/// one group, whether their codes count up or tell the day.
pub fn batch_group(batch_code: &str) -> String {
    let digits: String = batch_code.chars().filter(char::is_ascii_digit).collect();
    Division::Digits("batch_code", 100).part_of_text(&digits)
}

/// The groups of a set of batch codes.
pub fn batch_groups(batches: impl IntoIterator<Item: AsRef<str>>) -> BTreeSet<String> {
    batches.into_iter().map(|batch| batch_group(batch.as_ref())).collect()
}

/// What the rows of a staging part hold: what [`mart_zone_of`] tells of a mart part, the months of their
/// watermarks, and the days that they count for.
pub fn staging_zone_of(source: &Source, rows: &DataFrame) -> PolarsResult<Zone> {
    let batch_names = source.batch_names();
    let mut zone = zone_of(rows, batch_names.iter().map(String::as_str))?;
    let days = watermark_of(source, rows)?.cast(&DataType::Date)?.unique()?;
    zone.insert("month".to_owned(), days.date()?.as_date_iter().flatten().map(month).collect());
    if let Some(days) = day_of_each(source, rows)? {
        let days = days.unique()?;
        let days = days.date()?.as_date_iter().flatten().map(|day| day.to_string()).collect();
        zone.insert(DAY.to_owned(), days);
    }
    Ok(zone)
}

/// The months of a zone that do not lie before `since`.
pub fn months_since(zone: &Zone, since: NaiveDateTime) -> BTreeSet<String> {
    let first = month(since.date());
    zone.get("month").into_iter().flatten().filter(|month| **month >= first).cloned().collect()
}

/// Whether staging holds rows of a table.
pub fn holds_rows(table: &TableState) -> bool {
    table.parts.values().any(|zone| zone.get("month").is_none_or(|months| !months.is_empty()))
}

/// What the rows of a mart part hold: which groups of run numbers and of batch codes they name, in which
/// states their runs are, which grades they name, and whether a critical quality record is open.
pub fn mart_zone_of(mart: &Mart, rows: &DataFrame) -> PolarsResult<Zone> {
    let mut zone = zone_of(rows, mart.batches.iter().copied())?;
    if let Some((_, column)) = GRADES.iter().find(|(of, _)| of.name == mart.name) {
        zone.insert(GRADE.to_owned(), grades(rows, column)?);
    }
    if mart.name == STG_NON_CONFORMANCE.name {
        let (severity, status) = (rows.column("severity")?.str()?, rows.column("status")?.str()?);
        let mut records = severity.iter().zip(status.iter());
        let is_open = records.any(|(severity, status)| is_critical_and_open(severity, status));
        zone.insert(OPEN_RECORD.to_owned(), is_open.then(|| "critical".to_owned()).into_iter().collect());
    }
    Ok(zone)
}

/// The texts for grades in a column.
fn grades(rows: &DataFrame, column: &str) -> PolarsResult<BTreeSet<String>> {
    let texts = texts(rows, column)?;
    let said = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    Ok(said.map(str::to_owned).take(GRADES_MAX).collect())
}

/// What rows hold that name batches in these columns. A column that the rows lack names none.
fn zone_of<'a>(rows: &DataFrame, batch_columns: impl Iterator<Item = &'a str>) -> PolarsResult<Zone> {
    let mut zone = Zone::new();
    if rows.column("run_number").is_ok() {
        zone.insert(RUN_GROUP.to_owned(), run_groups(&codes(rows, "run_number")?));
    }
    if rows.column("active").is_ok() && rows.column("complete").is_ok() {
        let states = run_states(rows)?.into_iter().flatten();
        zone.insert(RUN_STATE.to_owned(), states.map(|state| state.to_string()).collect());
    }
    let batch_columns: Vec<&str> = batch_columns.collect();
    let mut batches = BTreeSet::new();
    for column in batch_columns.iter().filter(|name| rows.column(name).is_ok()) {
        batches.extend(batch_groups(&codes(rows, column)?));
    }
    if !batch_columns.is_empty() && batches.len() <= BATCH_GROUPS_MAX {
        zone.insert(BATCH_GROUP.to_owned(), batches);
    }
    Ok(zone)
}

/// The state of each run.
pub fn run_states(runs: &DataFrame) -> PolarsResult<Vec<Option<RunState>>> {
    let flag = |name| runs.column(name)?.bool();
    let states = flag("active")?.iter().zip(flag("complete")?.iter());
    Ok(states.map(|(active, complete)| Some(RunState::of(active?, complete?))).collect())
}

/// Whether a part can hold a row of one of these groups. A part without the zone `name` can.
pub fn may_hold(zone: &Zone, name: &str, groups: &BTreeSet<String>) -> bool {
    zone.get(name).is_none_or(|held| !held.is_disjoint(groups))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{self, BATCH_LINEAGE};

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
    fn a_staging_part_can_hold_a_batch_that_any_declared_column_names() {
        for source in sources::ALL {
            for name in source.batch_names() {
                let rows = df![name.as_str() => ["N305"]].unwrap();
                let rows = crate::frames::fit(&rows, &source.schema()).unwrap();
                let groups = &staging_zone_of(source, &rows).unwrap()[BATCH_GROUP];
                assert_eq!(*groups, batch_groups(&["N305".to_owned()]), "{}.{name}", source.table);
            }
        }
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
