//! Chooses the types of the sandbox's columns.
//!
//! `schema.sql` has the columns of a tidy ERP. The sandbox is as messy as a real one: flags are `1` and `Y`,
//! weights are `450.5` and `4S0`, keys are missing. A load into the tidy types would have to mend, drop or
//! round such values, and Tideline would never meet them. So a column keeps its type from `schema.sql` only
//! if all its values fit into it as they are. Otherwise it gets the first wider type that holds them all, in
//! the end text. Real ERPs came to have numbers in an `nvarchar` in the same way. No load ever changes a
//! value.

use rusqlite::types::ValueRef;

use crate::sql_type::SqlType;

/// The type for text in an index. Two such columns fit into the 1,700 bytes that an index key may have.
const INDEXED_TEXT: SqlType = SqlType::Text(Some(400));

/// The types that hold all values of a column seen so far, the best first.
#[derive(Clone, Debug)]
pub struct Candidates {
    types: Vec<SqlType>,
}

impl Candidates {
    /// The candidates for a column that has this type in `schema.sql`. A column in an index cannot be
    /// `nvarchar(max)`.
    pub fn new(declared: SqlType, is_indexed: bool) -> Self {
        let text = if is_indexed { INDEXED_TEXT } else { SqlType::Text(None) };
        Self {
            types: vec![
                declared,
                SqlType::BigInt,
                SqlType::Float,
                SqlType::Date,
                SqlType::DateTime2(7),
                text,
            ],
        }
    }

    /// Drops the types that do not hold this value. All types hold NULL.
    pub fn see(&mut self, cell: ValueRef<'_>) {
        if cell != ValueRef::Null {
            self.types.retain(|sql_type| sql_type.holds(cell));
        }
    }

    /// The type to use. `None` if no type holds all values.
    pub fn best(&self) -> Option<SqlType> {
        self.types.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_keeps_its_type_until_a_value_does_not_fit_it() {
        let text = |text: &'static str| ValueRef::Text(text.as_bytes());
        let int = ValueRef::Integer;
        let check = |declared: &str, is_indexed: bool, cells: &[ValueRef], expect: Option<&str>| {
            let mut candidates = Candidates::new(declared.parse().unwrap(), is_indexed);
            for cell in cells {
                candidates.see(*cell);
            }
            assert_eq!(
                candidates.best().map(|best| best.to_string()).as_deref(),
                expect,
                "{declared}: {cells:?}"
            );
        };
        let null = ValueRef::Null;
        check("bit", false, &[int(0), int(1), null], Some("bit"));
        check("bit", false, &[int(0), int(1), text("Y")], Some("nvarchar(max)"));
        check("bit", false, &[int(0), int(2)], Some("bigint"));
        check("int", false, &[int(5), int(1 << 40)], Some("bigint"));
        check("int", true, &[int(5), null, text("12A")], Some("nvarchar(400)"));
        check("decimal(12, 3)", false, &[ValueRef::Real(450.5), int(450)], Some("decimal(12, 3)"));
        check("decimal(12, 3)", false, &[ValueRef::Real(1.0 / 3.0), int(450)], Some("float"));
        check("decimal(12, 3)", false, &[ValueRef::Real(450.5), text("450.5")], Some("nvarchar(max)"));
        check(
            "datetime",
            true,
            &[text("2026-11-13 10:00:00"), text("2026-11-13 10:00:00.120")],
            Some("datetime"),
        );
        check(
            "datetime",
            true,
            &[text("2026-11-13 10:00:00"), text("2026-11-13 10:00:00.123")],
            Some("datetime2(7)"),
        );
        check("datetime2(3)", true, &[text("2026-11-13"), text("2026-11-14")], Some("date"));
        check(
            "datetime2(3)",
            false,
            &[text("2026-11-13"), text("2026-11-14 10:00:00")],
            Some("nvarchar(max)"),
        );
        check("nvarchar(50)", true, &[text("007208"), int(7208)], Some("nvarchar(50)"));
        check("date", false, &[], Some("date"));
        check("date", false, &[ValueRef::Blob(b"x")], None);
        let long: &'static str = "x".repeat(401).leak();
        check("nvarchar(50)", true, &[text(long)], None);
        check("nvarchar(200)", false, &[text(long)], Some("nvarchar(max)"));
    }
}
