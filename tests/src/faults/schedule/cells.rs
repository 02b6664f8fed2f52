//! The cells of a random ERP, as SQL literals. They are as messy as legacy rows are, and of so few values
//! that rows meet.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use warehouse::sources::{Column, Kind, Source};

use super::dice::Dice;

/// When a row says that it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// Just now, or so shortly before that the overlap still finds the row.
    Recent,
    /// So long ago that only a comparison of keys and stamps finds the row.
    Old,
    /// In the future.
    Future,
    /// Not in a form that can be read, or not at all.
    Unreadable,
}

/// How many minutes after its stamp a row may be committed so that the overlap of two hours finds it. Nearly
/// an hour of the overlap is left for the autumn, when the clock is set back.
pub(super) const LATE_MINUTES: i64 = 55;

/// A stamp as SQL.
pub(super) fn stamp(dice: &mut Dice, kind: Stamp, now: NaiveDateTime) -> String {
    let at = match kind {
        Stamp::Recent if dice.chance(60) => return format!("'{}'", now.date()),
        Stamp::Recent => now - TimeDelta::seconds(dice.between(0, LATE_MINUTES * 60)),
        Stamp::Old => now - TimeDelta::minutes(dice.between(180, 60 * 24 * 40)),
        Stamp::Future => now + TimeDelta::minutes(dice.between(10, 60 * 24 * 3)),
        Stamp::Unreadable => {
            return dice.pick(&["'soon'", "45000", "NULL", "''", "'2026-13-45 10:00:00'"]).to_owned();
        }
    };
    // Stamps tie, as those of people and programs do: they are cut to ten minutes, a minute or a second.
    let seconds = at.and_utc().timestamp();
    let tied = match dice.below(4) {
        0 => seconds / 60 * 60,
        1 => seconds / 600 * 600,
        _ => seconds,
    };
    let at = chrono::DateTime::from_timestamp(
        tied.max(if kind == Stamp::Recent {
            (now - TimeDelta::minutes(LATE_MINUTES)).and_utc().timestamp()
        } else {
            0
        }),
        0,
    );
    let at = at.unwrap_or_default().naive_utc();
    match dice.below(6) {
        0 => format!("'{}.{:03}'", at.format("%Y-%m-%d %H:%M:%S"), dice.pick(&[0, 3, 7, 997])),
        1 => format!("' {} '", at.format("%Y-%m-%d %H:%M:%S")),
        _ => format!("'{}'", at.format("%Y-%m-%d %H:%M:%S")),
    }
}

/// A value that its column can hold, as SQL. `today` is the factory's day.
pub(super) fn value(dice: &mut Dice, source: &Source, column: &Column, today: NaiveDate) -> String {
    let is_key = source.key.contains(&column.source);
    if !is_key && dice.chance(120) {
        return "NULL".to_owned();
    }
    let text = |text: &str| format!("'{text}'");
    match (column.kind, column.source) {
        (Kind::Text, "RunNumber" | "run_number") if is_key => {
            text(dice.pick(&["1", "2", "R1", "r1", "1017"]))
        }
        (Kind::Text, "RunNumber" | "run_number") => {
            text(dice.pick(&["1", "2", "R1", "r1", "1017", " 2 ", "none"]))
        }
        (Kind::Text, "ProductCode" | "product_code") => text(dice.pick(&["P1", "P2", "p1"])),
        (Kind::Text, "ProdLine" | "line_id") => text(dice.pick(&["L1", "Line 1", "L2"])),
        (Kind::Text, "Description" | "description") => {
            text(dice.pick(&["cod loin", " smoked hake fillet", "LEMON SOLE", "x"]))
        }
        (Kind::Text, "source_grade" | "grade") => text(dice.pick(&["GG", "Premium"])),
        (Kind::Text, "location") => text(dice.pick(&["Chiller", "Dock"])),
        (Kind::Text, _) => text(dice.pick(&["a", "b", "A", "c7"])),
        (Kind::Whole, _) if is_key => dice.between(1, 14).to_string(),
        (Kind::Whole, _) => {
            let (low, high) = column.range.unwrap_or((0, 30));
            let value = dice.between(low, high);
            if dice.chance(200) { format!("' {value} '") } else { value.to_string() }
        }
        (Kind::Number, _) => dice.pick(&["0", "12.5", "40", "'199.5'", "200", "1e2"]).to_owned(),
        (Kind::Signed, _) => dice.pick(&["-3", "0", "4.5", "' 9'", "5"]).to_owned(),
        (Kind::Flag, _) => dice.pick(&["0", "1", "'Y'", "' n '", "'TRUE'", "NULL"]).to_owned(),
        (Kind::Date, _) => {
            let day = today - TimeDelta::days(dice.pick(&[0, 0, 1, 30]));
            if dice.chance(200) { format!("'{day} 00:00:00'") } else { format!("'{day}'") }
        }
        (Kind::Time, _) => {
            let day = today - TimeDelta::days(dice.pick(&[0, 0, 1, 30]));
            format!("'{day} {:02}:00:00'", dice.between(0, 23))
        }
    }
}

/// Puts garbage into a column, so that the row is rejected. Leaves the row alone if chance brings up a column
/// that takes any value.
pub(super) fn spoil(dice: &mut Dice, source: &Source, literals: &mut [String]) {
    let i = dice.below(literals.len());
    let column = &source.columns[i];
    if source.key.contains(&column.source) {
        dice.pick(&["NULL", "''", "'  '"]).clone_into(&mut literals[i]);
    } else if let Some(garbage) = garbage(dice, column) {
        literals[i] = garbage;
    }
}

/// A value that the column cannot hold. `None` if it holds any value.
fn garbage(dice: &mut Dice, column: &Column) -> Option<String> {
    match column.kind {
        Kind::Text => None,
        Kind::Whole | Kind::Number => Some(dice.pick(&["'garbage'", "-5", "'12,5'"]).to_owned()),
        _ => Some(dice.pick(&["'garbage'", "X'FFFE'"]).to_owned()),
    }
}

/// The same key spelt in another way.
pub(super) fn respelt(column: &Column, literal: &str) -> String {
    let plain = literal.trim_matches('\'');
    if literal == "NULL" || plain.trim().is_empty() {
        return literal.to_owned();
    }
    match column.kind {
        Kind::Date if plain.len() == 10 => format!("'{plain} 00:00:00'"),
        Kind::Date => format!("'{}'", &plain[..10]),
        Kind::Whole if literal.starts_with('\'') => plain.trim().to_owned(),
        _ if plain.starts_with(' ') => format!("'{}'", plain.trim()),
        _ => format!("' {plain} '"),
    }
}
