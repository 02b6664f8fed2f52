//! The ways through a table: which rows a job asks for, page after page, and how far it has come.
//!
//! Each way is one range of one index, so that no statement walks rows that it does not bring. Rows with a
//! stamp come in the order of their stamps. A table with a column that stands in for the watermark has two
//! such ways, each over its own index. Rows without a key or without a stamp, and those whose stamp does not
//! sort where its time belongs, would be lost on these, so they have ways of their own. Where no index gives
//! the order of the stamps, rows come in the order of their keys: the ERP is never asked to sort a table.

mod years;

use chrono::{Datelike, NaiveDateTime};
use warehouse::sources::Source;

use crate::source::{Cell, Class, Condition, Erp, ErpError, Select, Table};
use years::{Past, Years, year_of};

/// The most rows without a key that are taken.
const WITHOUT_KEY_MAX: usize = 50_000;
/// How many rows are asked for where all of them may be those of an earlier year, which are passed over.
const PROBED_ROWS: usize = 20;

/// One way through a table.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    select: Select,
    /// The columns that stamp its rows. Of several, the first that is not NULL in a row is its stamp.
    stamps: Vec<&'static str>,
    /// Rows in which one of these columns is not NULL are left to another way. The ERP is not asked to leave
    /// them out: it might take that for the range to walk through, and sort what it finds.
    left_to_others: Vec<&'static str>,
    /// What leads past the stamps of earlier years; `None` if every row is to be read.
    years: Option<Years>,
    /// From which stamp on the next page reads, if not from its place on.
    from: Option<Cell>,
    /// The latest stamp that was read, of the rows that are not left to another way.
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
    let way = |conditions: Vec<Condition>, order: &[&'static str]| {
        Stream::of(source, columns.to_vec(), conditions, order.to_vec(), page)
    };
    // An index on the key finds the rows in which its first column is NULL. NULL in another column of the key
    // is a place in every order, and so is NULL in the first where only the stamps have an index.
    let without_key = without_key(source, table);
    let keyed = || without_key.is_some().then_some(Condition::NotNull(source.key[0]));
    let mut streams: Vec<Stream> = without_key.iter().map(|null| way(vec![null.clone()], &[])).collect();
    for all_at_once in &mut streams {
        all_at_once.select.limit = WITHOUT_KEY_MAX + 1;
    }

    // The watermark itself before the column that stands in for it.
    let stamps: Vec<&'static str> =
        [Some(source.watermark), source.watermark_until_changed].into_iter().flatten().collect();
    if !table.has_index_on(source.watermark) {
        let newer = (0..stamps.len()).map(|i| newer_anywhere(table, &stamps[..=i], since));
        let any = newer.chain([Condition::All(all_null(&stamps))]).collect();
        let conditions = keyed().into_iter().chain([Condition::Any(any)]).collect();
        streams.push(Stream { stamps, ..way(conditions, source.key) });
        return streams;
    }
    streams.push(way(all_null(&stamps).into_iter().chain(keyed()).collect(), source.key));
    for (i, stamp) in stamps.iter().enumerate() {
        if table.has_index_on(stamp) {
            let order = [&[*stamp], source.key].concat();
            let left_to_others = || stamps[..i].to_vec();
            for (range, years) in out_of_order(table, stamp, since) {
                let way = way(range.into_iter().chain(keyed()).collect(), &order);
                streams.push(Stream { years, left_to_others: left_to_others(), ..way });
            }
            let way = way(std::iter::once(at_or_after(table, stamp, since)).chain(keyed()).collect(), &order);
            streams.push(Stream { stamps: vec![stamp], left_to_others: left_to_others(), ..way });
        } else {
            let newer = newer_anywhere(table, &stamps[..=i], since);
            let way = way(std::iter::once(newer).chain(keyed()).collect(), source.key);
            streams.push(Stream { stamps: vec![stamp], ..way });
        }
    }
    streams
}

impl Stream {
    fn of(
        source: &'static Source,
        columns: Vec<&'static str>,
        conditions: Vec<Condition>,
        order: Vec<&'static str>,
        limit: usize,
    ) -> Self {
        Self {
            select: Select { source, columns, conditions, order, after: None, limit },
            stamps: Vec::new(),
            left_to_others: Vec::new(),
            years: None,
            from: None,
            reached: None,
            done: false,
            is_large: false,
        }
    }

    /// Rows that meet a condition, in the order of their keys.
    pub(crate) fn by_key(
        source: &'static Source,
        columns: Vec<&'static str>,
        condition: Condition,
        page: usize,
    ) -> Self {
        Self::of(source, columns, vec![condition], source.key.to_vec(), page)
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
        let mut rows = if self.years.is_some() {
            self.page_past_years(erp, table).await?
        } else {
            self.ask(erp, table, self.select.limit).await?
        };
        let others = self.select.places_of(&self.left_to_others);
        rows.retain(|row| is_own(row, &others));
        Ok(rows)
    }

    /// Asks for so many of the next rows.
    async fn ask(&mut self, erp: &dyn Erp, table: &Table, limit: usize) -> Result<Vec<Vec<Cell>>, ErpError> {
        let mut select = Select { limit, ..self.select.clone() };
        if let (Some(from), Some(first)) = (self.from.take(), select.order.first()) {
            select.conditions.push(Condition::AtLeast(first, from));
            select.after = None;
        }
        let page = erp.page(table, &select).await?;
        let full = page.cut || page.rows.len() >= limit;
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
            self.go_on_after(last);
            let stamps = self.select.places_of(&self.stamps);
            let others = self.select.places_of(&self.left_to_others);
            let stamp = |row: &Vec<Cell>| {
                let stamp = stamps.iter().map(|i| &row[*i]).find(|cell| **cell != Cell::Null)?;
                stamp.time_in(table.factory_tz)
            };
            // The stamp of a row that is left to another way is in a column of that way.
            let own = page.rows.iter().filter(|row| is_own(row, &others));
            self.reached = own.filter_map(stamp).max().max(self.reached);
        }
        Ok(page.rows)
    }

    /// A page without the stamps of earlier years. They are passed over a year at a time, so that the rows
    /// between them cost no more than a look into each year that the table has.
    async fn page_past_years(&mut self, erp: &dyn Erp, table: &Table) -> Result<Vec<Vec<Cell>>, ErpError> {
        let stamp = self.select.places_of(&self.select.order[..1])[0];
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        let mut limit = PROBED_ROWS;
        while !self.done && rows.len() < self.select.limit {
            let mut found = self.ask(erp, table, limit.min(self.select.limit)).await?;
            limit *= 2;
            let Some(years) = &mut self.years else { return Ok(found) };
            let stop = found.iter().enumerate().find_map(|(i, row)| {
                let past = years.past(year_of(&row[stamp])?);
                (past != Past::Read).then_some((i, past))
            });
            if let Some((i, past)) = stop {
                (self.done, self.from) =
                    if let Past::From(stamp) = past { (false, Some(stamp)) } else { (true, None) };
                self.go_on_after(&found[i]);
                found.truncate(i);
                limit = PROBED_ROWS;
            }
            rows.append(&mut found);
        }
        Ok(rows)
    }

    fn go_on_after(&mut self, row: &[Cell]) {
        self.select.after =
            Some(self.select.places_of(&self.select.order).into_iter().map(|i| row[i].clone()).collect());
    }
}

/// Whether a row is not left to another way: it has nothing in these places.
fn is_own(row: &[Cell], others: &[usize]) -> bool {
    others.iter().all(|i| row[*i] == Cell::Null)
}

/// Rows in which the first column of the key is NULL; `None` if the table cannot have any, or if its rows are
/// read in the order of the stamps and only a walk through the table could find these.
fn without_key(source: &Source, table: &Table) -> Option<Condition> {
    let key = source.key.first()?;
    let walks = table.has_index_on(source.watermark) && !table.has_index_on(key);
    let nullable = table.column(key).is_none_or(|column| column.nullable);
    (nullable && !walks).then_some(Condition::IsNull(key))
}

/// Rows whose stamp sorts at or after some time.
fn at_or_after(table: &Table, stamp: &'static str, since: Since) -> Condition {
    match since {
        Since::Beginning => Condition::NotNull(stamp),
        Since::Stamp(since) => Condition::AtLeast(stamp, table.lower_bound(stamp, since)),
    }
}

/// Whether stamps may sort before a time and yet not be of an earlier one. A column with a time type has no
/// such stamps.
fn may_be_out_of_order(table: &Table, stamp: &str) -> bool {
    matches!(table.class(stamp), Class::Loose | Class::Text)
}

/// The stamps of the day of `since` that have no time; none if these sort at or after it.
fn day_alone(table: &Table, stamp: &'static str, since: NaiveDateTime) -> Option<Vec<Condition>> {
    let day = since.format("%Y-%m-%d").to_string();
    let Cell::Text(bound) = table.lower_bound(stamp, since) else { return None };
    let sorts_before = bound.starts_with(&day) && bound != day;
    let timed = Cell::Text(format!("{day} 0"));
    sorts_before.then(|| vec![Condition::AtLeast(stamp, Cell::Text(day)), Condition::Below(stamp, timed)])
}

/// The ranges of stamps that sort before `since` and may yet be of that time or later: what is no date that
/// begins with its year, and the day of `since` without a time.
fn out_of_order(table: &Table, stamp: &'static str, since: Since) -> Vec<(Vec<Condition>, Option<Years>)> {
    let Since::Stamp(since) = since else { return Vec::new() };
    if !may_be_out_of_order(table, stamp) {
        return Vec::new();
    }
    let before = Condition::Below(stamp, table.lower_bound(stamp, since));
    let undated = (vec![before], Some(Years::before(since.year())));
    std::iter::once(undated).chain(day_alone(table, stamp, since).map(|day| (day, None))).collect()
}

/// Rows of all these ways at once, for a table that is read in the order of its keys. Their stamp is the last
/// of these columns, because those before it are NULL.
fn newer_anywhere(table: &Table, stamps: &[&'static str], since: Since) -> Condition {
    let Some((stamp, before)) = stamps.split_last() else { return Condition::Any(Vec::new()) };
    let mut newer = vec![at_or_after(table, stamp, since)];
    if let Since::Stamp(since) = since
        && may_be_out_of_order(table, stamp)
    {
        newer.extend(day_alone(table, stamp, since).map(Condition::All));
        newer.push(Condition::Undated(stamp));
    }
    Condition::All(std::iter::once(Condition::Any(newer)).chain(all_null(before)).collect())
}

fn all_null(stamps: &[&'static str]) -> Vec<Condition> {
    stamps.iter().map(|stamp| Condition::IsNull(stamp)).collect()
}
