//! The ways through a table: which rows a job asks for, page after page, and how far it has come.
//!
//! Rows with a stamp come in the order of their stamps. A table with a column that stands in for the
//! watermark has two such ways, each over its own index. Rows without a key or without a stamp would be lost
//! on these, so they have ways of their own. Where no index gives the order of the stamps, rows come in the
//! order of their keys: the ERP is never asked to sort a table.

use chrono::NaiveDateTime;
use warehouse::sources::Source;

use crate::source::{Cell, Class, Condition, Dialect, Erp, ErpError, Select, Table};

/// The most rows without a key that are taken.
const WITHOUT_KEY_MAX: usize = 50_000;

/// One way through a table.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    select: Select,
    /// The columns that stamp its rows. Of several, the first that is not NULL in a row is its stamp.
    stamps: Vec<&'static str>,
    /// The latest stamp that was read.
    pub(crate) reached: Option<NaiveDateTime>,
    /// Whether all its rows have been read.
    pub(crate) done: bool,
    is_large: bool,
}

/// From where on a table is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// From its first row.
    Beginning,
    /// Rows with stamps at or after this.
    Stamp(NaiveDateTime),
}

/// The ways that together read every row of a table since some stamp. Those that do not go by stamps come
/// first. Once they have been read, the stamps of the others alone tell how far the table has been read.
pub(crate) fn streams(
    source: &'static Source,
    table: &Table,
    columns: &[&'static str],
    since: Since,
    page: usize,
) -> Vec<Stream> {
    let keyed = || source.key.iter().map(|key| Condition::NotNull(key));
    let stream =
        |conditions: Vec<Condition>, order: Vec<&'static str>, limit, stamps: Vec<&'static str>| Stream {
            select: Select { source, columns: columns.to_vec(), conditions, order, after: None, limit },
            stamps,
            reached: None,
            done: false,
            is_large: false,
        };
    let by_key = || source.key.to_vec();
    let mut streams = Vec::new();

    if let Some(without_key) = without_key(source, table) {
        streams.push(stream(vec![without_key], Vec::new(), WITHOUT_KEY_MAX + 1, Vec::new()));
    }

    // The watermark itself before the column that stands in for it.
    let stamps: Vec<&'static str> =
        [Some(source.watermark), source.watermark_until_changed].into_iter().flatten().collect();
    let since_then: Vec<Condition> =
        (0..stamps.len()).map(|i| stamped_since(&stamps[..=i], table, since)).collect();
    let mut unstamped = vec![Condition::All(stamps.iter().map(|stamp| Condition::IsNull(stamp)).collect())];
    if let Since::Stamp(since) = since {
        unstamped.extend((0..stamps.len()).filter_map(|i| odd_stamps(&stamps[..=i], table, since)));
    }

    if !table.has_index_on(source.watermark) {
        let any = Condition::Any(since_then.into_iter().chain(unstamped).collect());
        streams.push(stream(keyed().chain([any]).collect(), by_key(), page, stamps));
        return streams;
    }
    streams.push(stream(keyed().chain([Condition::Any(unstamped)]).collect(), by_key(), page, Vec::new()));
    for (stamp, since_then) in stamps.iter().zip(since_then) {
        let order = if table.has_index_on(stamp) {
            std::iter::once(*stamp).chain(by_key()).collect()
        } else {
            by_key()
        };
        streams.push(stream(std::iter::once(since_then).chain(keyed()).collect(), order, page, vec![stamp]));
    }
    streams
}

impl Stream {
    /// Rows that meet a condition, in the order of their keys.
    pub(crate) fn by_key(
        source: &'static Source,
        columns: Vec<&'static str>,
        condition: Condition,
        page: usize,
    ) -> Self {
        let select = Select {
            source,
            columns,
            conditions: vec![condition],
            order: source.key.to_vec(),
            after: None,
            limit: page,
        };
        Self { select, stamps: Vec::new(), reached: None, done: false, is_large: false }
    }

    /// Whether its rows are so large that a page does not hold as many as were asked for.
    pub(crate) const fn is_large(&self) -> bool {
        self.is_large
    }

    /// Whether its rows come in the order of stamps.
    pub(crate) fn goes_by_stamps(&self) -> bool {
        self.stamps.first().is_some_and(|stamp| self.select.order.first() == Some(stamp))
    }

    /// What its rows are ordered by; nothing if all come at once.
    pub(crate) fn order(&self) -> &[&'static str] {
        &self.select.order
    }

    /// Goes on after a place that an earlier job noted.
    pub(crate) fn resume(&mut self, after: Vec<Cell>) {
        self.select.after = Some(after);
    }

    /// Where the next page goes on.
    pub(crate) fn place(&self) -> Option<&[Cell]> {
        self.select.after.as_deref()
    }

    /// Reads the next page; its cells come in the order of the columns asked for.
    pub(crate) async fn next_page(
        &mut self,
        erp: &dyn Erp,
        table: &Table,
    ) -> Result<Vec<Vec<Cell>>, ErpError> {
        let page = erp.page(table, &self.select).await?;
        let full = page.cut || page.rows.len() >= self.select.limit;
        if self.select.order.is_empty() {
            if full {
                return Err(ErpError::TooManyWithoutKey {
                    table: self.select.source.table,
                    limit: page.rows.len().min(WITHOUT_KEY_MAX),
                });
            }
            self.done = true;
            return Ok(page.rows);
        }
        if page.cut {
            // The rows are large, and so many fit into memory.
            self.select.limit = page.rows.len().clamp(1, self.select.limit);
            self.is_large = true;
        }
        self.done = !full;
        if let Some(last) = page.rows.last() {
            let place = |name: &&'static str| self.select.columns.iter().position(|column| column == name);
            self.select.after =
                Some(self.select.order.iter().filter_map(place).map(|i| last[i].clone()).collect());
            let stamps: Vec<usize> = self.stamps.iter().filter_map(place).collect();
            let stamp =
                |row: &Vec<Cell>| stamps.iter().map(|i| &row[*i]).find(|cell| **cell != Cell::Null)?.time();
            self.reached = page.rows.iter().filter_map(stamp).max().max(self.reached);
        }
        Ok(page.rows)
    }
}

/// Rows in which a column of the key is NULL; `None` if the table cannot have any.
fn without_key(source: &Source, table: &Table) -> Option<Condition> {
    let nullable: Vec<Condition> = source
        .key
        .iter()
        .filter(|key| table.column(key).is_none_or(|column| column.nullable))
        .map(|key| Condition::IsNull(key))
        .collect();
    if nullable.is_empty() { None } else { Some(Condition::Any(nullable)) }
}

/// Rows whose stamp is the last of these columns, because those before it are NULL, and is at or after some
/// time.
fn stamped_since(stamps: &[&'static str], table: &Table, since: Since) -> Condition {
    let Some((stamp, before)) = stamps.split_last() else { return Condition::Any(Vec::new()) };
    let from = match since {
        Since::Beginning => Condition::NotNull(stamp),
        Since::Stamp(since) => Condition::AtLeast(stamp, table.lower_bound(stamp, since)),
    };
    Condition::All(
        std::iter::once(from).chain(before.iter().map(|earlier| Condition::IsNull(earlier))).collect(),
    )
}

/// Rows that may be newer than `since` although their stamp sorts before it: dates without a time, texts that
/// are no stamp. The stamp is the last of these columns. A column with a time type has none of them.
fn odd_stamps(stamps: &[&'static str], table: &Table, since: NaiveDateTime) -> Option<Condition> {
    let (stamp, before) = stamps.split_last()?;
    if !matches!(table.class(stamp), Class::Loose | Class::Text) {
        return None;
    }
    let mut odd = vec![
        Condition::Is(stamp, Cell::Text(since.format("%Y-%m-%d").to_string())),
        Condition::Below(stamp, Cell::Text("0".to_owned())),
    ];
    if table.dialect == Dialect::SqlServer {
        // `< '0'` does not find all of them: a collation puts only some signs and blanks before the digits.
        odd.push(Condition::Is(stamp, Cell::Text(String::new())));
    }
    Some(Condition::All(
        std::iter::once(Condition::Any(odd))
            .chain(before.iter().map(|earlier| Condition::IsNull(earlier)))
            .collect(),
    ))
}
