//! The values of the legacy ERP, and the untidy ways in which it stores them.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use super::clock::{Moment, date_text, stamp_text, stamp_text_with_millis};
use super::dice::Dice;

pub(super) enum Cell<'a> {
    Null,
    Int(i64),
    Real(f64),
    Str(&'a str),
    Text(String),
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Str(text) => ValueRef::Text(text.as_bytes()),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl From<Option<String>> for Cell<'_> {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Str)
    }
}

/// Kilograms, from grams.
pub(super) fn kg<'a>(grams: i64) -> Cell<'a> {
    Cell::Real(grams as f64 / 1000.0)
}

pub(super) fn date<'a>(at: Moment) -> Cell<'a> {
    Cell::Text(date_text(at))
}

/// A stamp in whole seconds.
pub(super) fn stamp<'a>(at: Moment) -> Cell<'a> {
    Cell::Text(stamp_text(at))
}

/// A stamp. One in four has milliseconds.
pub(super) fn mixed_stamp<'a>(at: Moment, dice: &mut Dice) -> Cell<'a> {
    if dice.chance(250) { Cell::Text(stamp_text_with_millis(at, dice.below(1000))) } else { stamp(at) }
}

/// A stamp that is no watermark. Now and then somebody typed the date alone.
pub(super) fn typed_stamp<'a>(at: Moment, dice: &mut Dice) -> Cell<'a> {
    if dice.chance(30) { date(at) } else { stamp(at) }
}

/// A flag. One in twenty is a text, in one of the legacy spellings.
pub(super) fn flag<'a>(value: bool, dice: &mut Dice) -> Cell<'a> {
    const YES: [&str; 6] = ["Y", "y", " TRUE ", "true", "Yes", " 1"];
    const NO: [&str; 6] = ["N", "n", "FALSE", " false", "No", "0 "];
    if dice.chance(950) {
        Cell::Int(value.into())
    } else {
        Cell::Str(dice.pick(if value { &YES } else { &NO }))
    }
}

/// Like [`flag`], but now and then NULL if NULL means `value`.
pub(super) fn flag_or_null<'a>(value: bool, null_means: bool, dice: &mut Dice) -> Cell<'a> {
    if value == null_means && dice.chance(60) { Cell::Null } else { flag(value, dice) }
}

/// A text. Now and then it has stray blanks.
pub(super) fn untidy<'a>(text: &'a str, dice: &mut Dice) -> Cell<'a> {
    match dice.below(100) {
        0 => Cell::Text(format!(" {text}")),
        1 => Cell::Text(format!("{text}  ")),
        _ => Cell::Str(text),
    }
}
