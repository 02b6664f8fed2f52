//! What the ERP says about one of its tables: its columns with their types, and its indexes. The type of a
//! column decides how a value is compared with it.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use chrono_tz::Tz;

use super::Cell;
use super::time::ahead_of_utc;

/// Which database a table is in, and so how statements over it are spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    SqlServer,
}

/// What may have the name of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    Table,
    View,
    /// Another name for this object, perhaps of another database. The catalogue tells nothing of its columns.
    Synonym(String),
}

/// A table of the ERP.
#[derive(Clone, Debug)]
pub struct Table {
    /// The database it is in.
    pub dialect: Dialect,
    /// The zone of the factory's clock, on which all times are that name no zone.
    pub factory_tz: Tz,
    pub columns: Vec<TableColumn>,
    /// Its indexes, each as the names of its columns in their order.
    pub indexes: Vec<Vec<String>>,
}

/// A column of a table of the ERP.
#[derive(Clone, Debug)]
pub struct TableColumn {
    /// Its name as the ERP spells it.
    pub name: String,
    /// Its type as SQL spells it: `decimal(12, 3)`. Empty where values keep to no type.
    pub sql_type: String,
    /// What kind of values it compares.
    pub class: Class,
    /// Whether it may be NULL.
    pub nullable: bool,
}

/// How the values of a column compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Any value in any row, text in the order of its bytes (SQLite).
    Loose,
    /// Text in the order of a collation.
    Text,
    /// Whole days.
    Date,
    /// Whole minutes.
    SmallDateTime,
    /// Ticks of 1/300 s.
    DateTime,
    /// Down to 100 ns.
    DateTime2,
    /// Instants, whatever offset they are written with.
    DateTimeOffset,
    /// Numbers, identifiers and whatever else is compared as what it is.
    Other,
}

impl Table {
    /// A table that the ERP does not have.
    pub(crate) const fn without_columns(factory_tz: Tz) -> Self {
        Self { dialect: Dialect::Sqlite, factory_tz, columns: Vec::new(), indexes: Vec::new() }
    }

    /// The column of this name, in whatever case.
    pub fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// How the values of a column compare.
    pub fn class(&self, name: &str) -> Class {
        self.column(name).map_or(Class::Other, |column| column.class)
    }

    /// Whether an index begins with this column, so that its order costs no sorting.
    pub fn has_index_on(&self, name: &str) -> bool {
        self.indexes.iter().any(|index| index.first().is_some_and(|first| first.eq_ignore_ascii_case(name)))
    }

    /// The least value that a column can have for a stamp. It is rounded down, so that no row with exactly
    /// this stamp is left out. Text may name a moment in UTC, which sorts before the time that the factory's
    /// clock shows at that moment.
    pub fn lower_bound(&self, column: &str, since: NaiveDateTime) -> Cell {
        let since = match self.class(column) {
            Class::Loose | Class::Text => {
                since.checked_sub_signed(ahead_of_utc(since, self.factory_tz)).unwrap_or(since)
            }
            _ => since,
        };
        let second = since.with_nanosecond(0).unwrap_or(since);
        let at_least = |year: i32, day: u32| {
            NaiveDate::from_ymd_opt(year, 1, day)
                .map_or(second, |first| second.max(first.and_time(NaiveTime::MIN)))
        };
        let iso = |at: NaiveDateTime| at.format("%Y-%m-%dT%H:%M:%S").to_string();
        Cell::Text(match self.class(column) {
            // As text, '2026-11-13' comes before '2026-11-13 00:00:00', and a stamp without a fraction of a
            // second before one with it.
            Class::Loose | Class::Text | Class::Other if since.time() == NaiveTime::MIN => {
                since.format("%Y-%m-%d").to_string()
            }
            // Nor does a stamp need to have seconds.
            Class::Loose | Class::Text | Class::Other if since.second() == 0 => {
                since.format("%Y-%m-%d %H:%M").to_string()
            }
            Class::Loose | Class::Text | Class::Other => second.format("%Y-%m-%d %H:%M:%S").to_string(),
            Class::Date => at_least(1, 1).format("%Y-%m-%d").to_string(),
            Class::SmallDateTime => iso(at_least(1900, 1).with_second(0).unwrap_or(second)),
            Class::DateTime => iso(at_least(1753, 1)),
            Class::DateTime2 => iso(at_least(1, 1)),
            // The earliest instant at which a clock somewhere shows this time.
            Class::DateTimeOffset => format!("{}+14:00", iso(at_least(1, 2))),
        })
    }
}
