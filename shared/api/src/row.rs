//! Objects with named fields. [`row!`](crate::row) declares an object once. Its serde form, its CSV header,
//! its description, the columns of a mart that holds such rows, and the reading of these columns all follow
//! from that.

use chrono::{NaiveDate, NaiveDateTime};

use crate::{Described, Field};

/// An object of an answer, or a row of a mart. Declare it with [`row!`](crate::row).
pub trait Row: Described {
    /// The type's name.
    const NAME: &'static str;

    /// The fields in order, which is the order of columns.
    const FIELDS: &'static [Field];
}

/// Rows that can be read from columns: those whose fields are plain values.
pub trait ReadRow<C: Columns>: Row + Sized {
    /// Reads the rows of a table. The table may have more columns than the row has fields.
    fn read(columns: &C) -> Result<Vec<Self>, C::Error>;
}

/// A table whose columns are read by name, each as a whole. `None` stands where a row has no value.
pub trait Columns {
    /// Says that a column is missing or of another type, or that a value is missing.
    type Error;

    /// A column of texts.
    fn texts(&self, name: &str) -> Result<Vec<Option<String>>, Self::Error>;
    /// A column of whole numbers.
    fn wholes(&self, name: &str) -> Result<Vec<Option<i64>>, Self::Error>;
    /// A column of numbers.
    fn numbers(&self, name: &str) -> Result<Vec<Option<f64>>, Self::Error>;
    /// A column of flags.
    fn flags(&self, name: &str) -> Result<Vec<Option<bool>>, Self::Error>;
    /// A column of dates.
    fn dates(&self, name: &str) -> Result<Vec<Option<NaiveDate>>, Self::Error>;
    /// A column of wall-clock times.
    fn times(&self, name: &str) -> Result<Vec<Option<NaiveDateTime>>, Self::Error>;
    /// The error for a row that lacks a value in a column where every row must have one.
    fn missing(&self, name: &str, row: usize) -> Self::Error;
}

/// A value that a column can hold.
pub trait Cell<C: Columns>: Sized {
    /// All values of a column.
    fn column(columns: &C, name: &str) -> Result<Vec<Self>, C::Error>;
}

macro_rules! cells {
    ($($type:ty => $read:ident),* $(,)?) => { $(
        impl<C: Columns> Cell<C> for Option<$type> {
            fn column(columns: &C, name: &str) -> Result<Vec<Self>, C::Error> {
                columns.$read(name)
            }
        }

        impl<C: Columns> Cell<C> for $type {
            fn column(columns: &C, name: &str) -> Result<Vec<Self>, C::Error> {
                let values = columns.$read(name)?.into_iter().enumerate();
                values.map(|(row, value)| value.ok_or_else(|| columns.missing(name, row))).collect()
            }
        }
    )* };
}

cells! { String => texts, i64 => wholes, f64 => numbers, bool => flags, NaiveDate => dates, NaiveDateTime => times }

/// The fields of a row and, behind them, those of the row that it contains, if any.
pub const fn joined<const N: usize>(own: &[Field], inner: &[&[Field]]) -> [Field; N] {
    let mut all = [Field::of::<bool>("", ""); N];
    let mut place = 0;
    while place < N {
        all[place] = if place < own.len() { own[place] } else { inner[0][place - own.len()] };
        place += 1;
    }
    all
}

/// How many fields [`joined`] gives for these.
pub const fn width(own: &[Field], inner: &[&[Field]]) -> usize {
    own.len() + if inner.is_empty() { 0 } else { inner[0].len() }
}

/// Declares an object: a struct with serde, its [`Row`], its [`ReadRow`] and its [`Described`].
///
/// A field may have bounds: `#[one_of(NAMES)]`, `#[at_least(0)]` or `#[within(1, 3)]`. A row may contain
/// another row: `..inner: Inner` puts its fields behind the row's own.
#[macro_export]
macro_rules! row {
    ($(#[doc = $doc:literal])+ pub struct $name:ident {
        $(
            $(#[doc = $field_doc:literal])+
            $(#[one_of($names:expr)])?
            $(#[at_least($least:literal)])?
            $(#[within($from:literal, $to:literal)])?
            $field:ident: $type:ty,
        )*
        $(..$inner:ident: $Inner:ty,)?
    }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $($(#[doc = $field_doc])+ pub $field: $type,)*
            $(#[doc = "The fields of the row that this one contains."] #[serde(flatten)] pub $inner: $Inner,)?
        }

        impl $crate::Row for $name {
            const NAME: &'static str = stringify!($name);

            const FIELDS: &'static [$crate::Field] = {
                const OWN: &[$crate::Field] = &[$(
                    $crate::Field::of::<$type>(stringify!($field), concat!($($field_doc),+))
                        $(.one_of($names))? $(.at_least($least))? $(.within($from, $to))?,
                )*];
                const INNER: &[&[$crate::Field]] = &[$(<$Inner as $crate::Row>::FIELDS)?];
                &$crate::row::joined::<{ $crate::row::width(OWN, INNER) }>(OWN, INNER)
            };
        }

        impl<C: $crate::row::Columns> $crate::row::ReadRow<C> for $name
        where
            $($type: $crate::row::Cell<C>,)*
            $($Inner: $crate::row::ReadRow<C>,)?
        {
            fn read(columns: &C) -> Result<Vec<Self>, C::Error> {
                $(let mut $field = <$type as $crate::row::Cell<C>>::column(columns, stringify!($field))?.into_iter();)*
                $(let mut $inner = <$Inner as $crate::row::ReadRow<C>>::read(columns)?.into_iter();)?
                let next = || Some(Self { $($field: $field.next()?,)* $($inner: $inner.next()?,)? });
                Ok(std::iter::from_fn(next).collect())
            }
        }

        impl $crate::Described for $name {
            const SHAPE: $crate::Shape = $crate::Shape::Object(&$crate::shape::ObjectShape {
                name: <$name as $crate::Row>::NAME,
                doc: concat!($($doc),+),
                fields: <$name as $crate::Row>::FIELDS,
            });

            fn round(&mut self, _: Option<i32>) {
                $($crate::Described::round(&mut self.$field, $crate::shape::decimals(stringify!($field)));)*
                $($crate::Described::round(&mut self.$inner, None);)?
            }
        }
    };
}
