//! Where a reading that had to stop goes on. That is noted with the last segment that the reading wrote, and
//! nothing but this file understands the note.

use chrono::{DateTime, FixedOffset};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::source::{Cell, note_time, parse_time};
use crate::stream::{Since, Stream};

/// A stopped reading of the rows since some stamp.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pass {
    since: Option<String>,
    began: DateTime<FixedOffset>,
    cursor: Cursor,
}

/// How far each of the ways through a table has been read.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cursor(Vec<Place>);

#[derive(Serialize, Deserialize)]
struct Place {
    /// The columns by which the rows of its way are ordered. The order changes when the ERP is given an
    /// index. A way with another order is another way, and this place is of no use on it.
    order: Vec<String>,
    done: bool,
    reached: Option<String>,
    after: Option<Vec<Noted>>,
}

/// A cell as it is noted.
#[derive(Serialize, Deserialize)]
enum Noted {
    Null,
    Int(i64),
    /// The bits of a number, so that none is lost.
    Real(u64),
    Text(String),
    Blob(Vec<u8>),
}

impl Pass {
    /// The note of a reading of rows since then, which began at that moment; `None` if it is at its end.
    pub(crate) fn note(since: Since, began: DateTime<FixedOffset>, streams: &[Stream]) -> Option<String> {
        if streams.iter().all(|stream| stream.done) {
            return None;
        }
        let since = if let Since::Stamp(stamp) = since { Some(note_time(stamp)) } else { None };
        ascii(&Self { since, began, cursor: Cursor::of(streams) })
    }

    /// Reads a note; `None` if it is not understood.
    pub(crate) fn read(text: &str) -> Option<Self> {
        read(text)
    }

    /// The stamp since which rows are read.
    pub(crate) fn since(&self) -> Option<Since> {
        self.since.as_deref().map_or(Some(Since::Beginning), |stamp| parse_time(stamp).map(Since::Stamp))
    }

    /// When the first job of this reading began.
    pub(crate) const fn began(&self) -> DateTime<FixedOffset> {
        self.began
    }

    /// Sets the ways to where they were left. Returns `false`, and sets nothing, if the note is about other
    /// ways.
    pub(crate) fn resume(self, streams: &mut [Stream]) -> bool {
        self.cursor.resume(streams)
    }
}

impl Cursor {
    fn of(streams: &[Stream]) -> Self {
        let place = |stream: &Stream| Place {
            order: stream.order().iter().map(|name| (*name).to_owned()).collect(),
            done: stream.done,
            reached: stream.reached.map(note_time),
            after: stream.place().map(|cells| cells.iter().map(Noted::from).collect()),
        };
        Self(streams.iter().map(place).collect())
    }

    /// The note of these ways; `None` if all of them have been read.
    pub(crate) fn note(streams: &[Stream]) -> Option<String> {
        if streams.iter().all(|stream| stream.done) { None } else { ascii(&Self::of(streams)) }
    }

    /// Reads a note; `None` if it is not understood.
    pub(crate) fn read(text: &str) -> Option<Self> {
        read(text)
    }

    /// Sets the ways to where they were left. Returns `false`, and sets nothing, if the note is about other
    /// ways.
    pub(crate) fn resume(self, streams: &mut [Stream]) -> bool {
        let same = self.0.len() == streams.len()
            && self.0.iter().zip(streams.iter()).all(|(place, stream)| place.order == stream.order());
        if same {
            for (place, stream) in self.0.into_iter().zip(streams) {
                stream.done = place.done;
                stream.reached = place.reached.as_deref().and_then(parse_time);
                if let Some(after) = place.after {
                    stream.resume(after.into_iter().map(Cell::from).collect());
                }
            }
        }
        same
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// A value as JSON in ASCII. The metadata of an object may hold nothing else.
fn ascii<T: Serialize>(value: &T) -> Option<String> {
    use std::fmt::Write as _;
    let json = serde_json::to_string(value).ok()?;
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        // Characters that are not ASCII stand only inside strings, where JSON knows an escape for them.
        if matches!(c, ' '..='~') {
            text.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(text, "\\u{unit:04x}")).ok()?;
        }
    }
    Some(text)
}

impl From<Noted> for Cell {
    fn from(noted: Noted) -> Self {
        match noted {
            Noted::Null => Self::Null,
            Noted::Int(value) => Self::Int(value),
            Noted::Real(bits) => Self::Real(f64::from_bits(bits)),
            Noted::Text(value) => Self::Text(value),
            Noted::Blob(value) => Self::Blob(value),
        }
    }
}

impl From<&Cell> for Noted {
    fn from(cell: &Cell) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Int(value) => Self::Int(*value),
            Cell::Real(value) => Self::Real(value.to_bits()),
            Cell::Text(value) => Self::Text(value.clone()),
            // A statement spells a time and the text of that time alike. To keep the type, its spelling and
            // offset would have to be noted too.
            Cell::Time(value) => Self::Text(value.to_string()),
            Cell::Blob(value) => Self::Blob(value.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::column_names;
    use crate::source::{Class, Dialect, Table, TableColumn};
    use crate::stream::streams;
    use warehouse::sources::PLU;

    fn ways(indexes: &[&str]) -> Vec<Stream> {
        let names = column_names(&PLU);
        let column = |name: &&str| TableColumn {
            name: (*name).to_owned(),
            sql_type: String::new(),
            class: Class::Loose,
            nullable: true,
        };
        let indexes = indexes.iter().map(|name| vec![(*name).to_owned()]).collect();
        let table = Table {
            dialect: Dialect::Sqlite,
            factory_tz: chrono_tz::Tz::UTC,
            columns: names.iter().map(column).collect(),
            indexes,
        };
        streams(&PLU, &table, &names, Since::Beginning, 10)
    }

    #[test]
    fn a_reading_goes_on_where_it_was_stopped_whatever_the_key_is() {
        let began = "2026-11-20T14:00:00.123+01:00".parse().unwrap();
        let since = Since::Stamp("2026-11-20T12:00:00.003".parse().unwrap());
        for key in [
            Cell::Int(-7),
            Cell::Real(0.1),
            Cell::Text("Räuchér 🐟 \" \n \\".to_owned()),
            Cell::Blob(vec![0, 255]),
            Cell::Null,
        ] {
            let mut stopped = ways(&["Updated"]);
            stopped[0].done = true;
            stopped[1].reached = "2026-11-20T13:30:00".parse().ok();
            stopped[1].resume(vec![Cell::Text("2026-11-20 13:30:00".to_owned()), key]);
            let noted = Pass::note(since, began, &stopped).unwrap();
            assert!(noted.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{noted}");

            let pass = Pass::read(&noted).unwrap();
            assert_eq!((pass.since(), pass.began()), (Some(since), began));
            let mut resumed = ways(&["Updated"]);
            assert!(pass.resume(&mut resumed));
            assert_eq!(format!("{resumed:?}"), format!("{stopped:?}"));
        }
    }

    #[test]
    fn a_place_is_of_no_use_where_the_erp_was_given_an_index_since() {
        let noted = Cursor::note(&ways(&[])).unwrap();
        let mut indexed = ways(&["Updated"]);
        let before = format!("{indexed:?}");
        assert!(!Cursor::read(&noted).unwrap().resume(&mut indexed));
        assert_eq!(format!("{indexed:?}"), before);
    }
}
