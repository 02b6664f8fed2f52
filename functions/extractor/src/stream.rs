//! The ways through a table: which rows a run asks for, page after page, and how far it has come.
//!
//! Rows with a stamp come in the order of their stamps; a table with a column that stands in for the watermark has two such ways, each over its own index.
//! Rows without a key or without a stamp would be lost on them, and have a way of their own.

use chrono::{NaiveDateTime, NaiveTime, Timelike};
use warehouse::sources::Source;

use crate::source::{Cell, Condition, Dialect, Erp, ErpError, Select};
use crate::validate::time;

/// More rows without a key than this are not taken.
const WITHOUT_KEY_MAX: usize = 50_000;

/// One way through a table.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    select: Select,
    /// How many of the read columns at the front of the order are stamps.
    stamp: Option<&'static str>,
    /// The latest stamp that was read.
    pub(crate) reached: Option<NaiveDateTime>,
    /// Whether all its rows have been read.
    pub(crate) done: bool,
}

/// From where on a table is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// From its first row.
    Beginning,
    /// Rows with stamps at or after this.
    Stamp(NaiveDateTime),
}

/// The ways that together read every row of a table since some stamp. Those that do not go by stamps come first: when they have been read, the stamps of
/// the others alone tell how far the table has been read.
pub(crate) fn streams(source: &'static Source, dialect: Dialect, columns: &[&'static str], since: Since, page: usize) -> Vec<Stream> {
    let keyed = || source.key.iter().map(|key| Condition::NotNull(key));
    let select = |conditions: Vec<Condition>, order: Vec<&'static str>, limit| Select {
        source,
        columns: columns.to_vec(),
        conditions,
        order,
        after: None,
        limit,
    };
    let stream = |select, stamp| Stream { select, stamp, reached: None, done: false };

    let without_key = Condition::Any(source.key.iter().map(|key| Condition::IsNull(key)).collect());
    let mut streams = vec![stream(select(vec![without_key], Vec::new(), WITHOUT_KEY_MAX + 1), None)];

    let stamps: Vec<&'static str> = [source.watermark_until_changed, Some(source.watermark)].into_iter().flatten().collect();
    let mut unstamped: Vec<Condition> = Vec::new();
    for (i, stamp) in stamps.iter().enumerate() {
        // A stand-in counts only while the watermark itself is NULL.
        let unchanged: Vec<Condition> = stamps[i + 1..].iter().map(|later| Condition::IsNull(later)).collect();
        if let Since::Stamp(since) = since {
            let odd = odd_stamps(stamp, since, dialect);
            unstamped.push(Condition::All(unchanged.iter().cloned().chain([odd]).collect()));
        }
    }
    unstamped.push(Condition::All(stamps.iter().map(|stamp| Condition::IsNull(stamp)).collect()));
    let unstamped = keyed().chain([Condition::Any(unstamped)]).collect();
    streams.push(stream(select(unstamped, source.key.to_vec(), page), None));

    for (i, stamp) in stamps.iter().enumerate() {
        let from = match since {
            Since::Beginning => Condition::NotNull(stamp),
            Since::Stamp(since) => Condition::AtLeast(stamp, bound(since, dialect)),
        };
        let unchanged = stamps[i + 1..].iter().map(|later| Condition::IsNull(later));
        let conditions = std::iter::once(from).chain(unchanged).chain(keyed()).collect();
        let order = std::iter::once(*stamp).chain(source.key.iter().copied()).collect();
        streams.push(stream(select(conditions, order, page), Some(stamp)));
    }
    streams
}

impl Stream {
    /// Whether its rows come in the order of stamps.
    pub(crate) const fn goes_by_stamps(&self) -> bool {
        self.stamp.is_some()
    }

    /// Goes on after a place that an earlier run noted.
    pub(crate) fn resume(&mut self, after: Vec<Cell>) {
        self.select.after = Some(after);
    }

    /// Where the next page goes on.
    pub(crate) fn place(&self) -> Option<&[Cell]> {
        self.select.after.as_deref()
    }

    /// Reads the next page; its cells come in the order of the columns asked for.
    pub(crate) async fn next_page(&mut self, erp: &dyn Erp) -> Result<Vec<Vec<Cell>>, ErpError> {
        let rows = erp.rows(self.select.source, self.select.statement(erp.dialect())).await?;
        let full = rows.len() >= self.select.limit;
        if self.select.order.is_empty() {
            if full {
                return Err(ErpError::TooManyWithoutKey { table: self.select.source.table, limit: WITHOUT_KEY_MAX });
            }
            self.done = true;
            return Ok(rows);
        }
        self.done = !full;
        if let Some(last) = rows.last() {
            let place = |name: &&'static str| self.select.columns.iter().position(|column| column == name);
            self.select.after = Some(self.select.order.iter().filter_map(place).map(|i| last[i].clone()).collect());
            if let Some(i) = self.stamp.as_ref().and_then(place) {
                let stamps = rows.iter().filter_map(|row| if let Cell::Text(text) = &row[i] { Some(time(text.trim())?.0) } else { None });
                self.reached = stamps.max().max(self.reached);
            }
        }
        Ok(rows)
    }
}

/// A stamp as the lower bound of a column: rounded down, so that no row with just this stamp is left out.
fn bound(since: NaiveDateTime, dialect: Dialect) -> Cell {
    match dialect {
        // As text '2026-11-13' comes before '2026-11-13 00:00:00', and a fraction of a second after none.
        Dialect::Sqlite if since.time() == NaiveTime::MIN => Cell::Text(since.format("%Y-%m-%d").to_string()),
        Dialect::Sqlite => Cell::Text(since.with_nanosecond(0).unwrap_or(since).format("%Y-%m-%d %H:%M:%S").to_string()),
    }
}

/// Stamps that may belong to the time since then but come before it in the order of the column: dates alone, and what is no stamp at all.
fn odd_stamps(stamp: &'static str, since: NaiveDateTime, dialect: Dialect) -> Condition {
    match dialect {
        Dialect::Sqlite => Condition::Any(vec![
            Condition::Below(stamp, Cell::Text("0".to_owned())),
            Condition::Is(stamp, Cell::Text(since.format("%Y-%m-%d").to_string())),
        ]),
    }
}
