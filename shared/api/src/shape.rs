//! What answers and marts are made of. [`Shape`] describes a value, [`Field`] a named value. Objects are
//! declared by [`row!`](crate::row).

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use domain::rounding::rounded;

/// The form of a value in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A string.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// `YYYY-MM-DD`.
    Date,
    /// `YYYY-MM-DDTHH:MM:SS` on the factory's clock.
    Time,
    /// A moment: `YYYY-MM-DDTHH:MM:SS+HH:MM`.
    Instant,
    /// The value or `null`.
    Nullable(&'static Shape),
    /// An array.
    List(&'static Shape),
    /// An object whose names are data.
    Map(&'static Shape),
    /// An object with these fields.
    Object(&'static ObjectShape),
    /// Some JSON that another standard describes.
    Any,
}

impl Shape {
    /// Whether it is a list of objects, which has pages and comes as CSV and as a workbook too.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::List(Self::Object(_)))
    }
}

/// An answer in a form that another standard describes.
#[derive(Clone, Copy, Debug)]
pub struct Anything;

impl Described for Anything {
    const SHAPE: Shape = Shape::Any;
}

/// An object's name, purpose and fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectShape {
    /// The type's name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its fields, in the order of columns.
    pub fields: &'static [Field],
}

/// A named value of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name in JSON and CSV.
    pub name: &'static str,
    /// What it means, with its unit.
    pub doc: &'static str,
    /// The form of its value.
    pub shape: Shape,
    /// Which values it may have.
    pub accepted: Accepted,
}

impl Field {
    /// A field of this type that may have any value of it.
    pub const fn of<T: Described>(name: &'static str, doc: &'static str) -> Self {
        Self { name, doc, shape: T::SHAPE, accepted: Accepted::Any }
    }

    /// This field with these texts as its only values.
    #[must_use]
    pub const fn one_of(self, names: &'static [&'static str]) -> Self {
        Self { accepted: Accepted::OneOf(names), ..self }
    }

    /// This field with numbers from `least` on as its only values.
    #[must_use]
    pub const fn at_least(self, least: u32) -> Self {
        Self { accepted: Accepted::AtLeast(least), ..self }
    }

    /// This field with numbers from `least` to `most` as its only values.
    #[must_use]
    pub const fn within(self, least: u32, most: u32) -> Self {
        Self { accepted: Accepted::Within(least, most), ..self }
    }
}

/// The values that a field may have. Only values that the factory's rules decide are bounded. What the ERP
/// says stands as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Any of its type.
    Any,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A number that is not below this one. It may be infinite: a sum of garbage is.
    AtLeast(u32),
    /// A number of this range, both ends included.
    Within(u32, u32),
}

/// A type whose form is known.
pub trait Described {
    /// The form.
    const SHAPE: Shape;

    /// Rounds the numbers in the value to so many decimals, or not at all for `None`. An object rounds each
    /// of its fields by that field's own name instead: see [`decimals`].
    fn round(&mut self, decimals: Option<i32>) {
        let _ = decimals;
    }
}

/// How many decimals the value of a field has in an answer, by the unit at the end of the field's name.
/// `None`: as many as were measured.
///
/// Figures are computed unrounded and rounded here once, so that no figure is made of rounded ones.
pub fn decimals(name: &str) -> Option<i32> {
    match (name, name.rsplit('_').next().unwrap_or_default()) {
        (_, "kg" | "pct" | "minutes")
        | (
            "working_minutes_left"
            | "kg_per_head"
            | "kg_per_hour"
            | "saving_kg_per_hour"
            | "packs_per_hour"
            | "avg_days_to_close",
            _,
        ) => Some(1),
        // This is finer than a scale, a thermometer or a time clock tells, so it only takes away what a sum
        // leaves behind the last digit. `measured` and `limit` have the unit of their check. With one decimal
        // a finding could say that 90.0 is below 90, which explains nothing.
        (_, "g" | "hours" | "money" | "min")
        | ("degrees_over" | "max_degrees_over" | "measured" | "limit" | "saving_money_per_hour", _) => {
            Some(2)
        }
        (_, "probability") => Some(4),
        _ => None,
    }
}

macro_rules! described {
    ($($type:ty => $shape:ident),* $(,)?) => { $(impl Described for $type { const SHAPE: Shape = Shape::$shape; })* };
}

described! {
    String => Text, i64 => Whole, bool => Flag, NaiveDate => Date, NaiveDateTime => Time, DateTime<FixedOffset> => Instant,
}

impl Described for f64 {
    const SHAPE: Shape = Shape::Number;

    fn round(&mut self, decimals: Option<i32>) {
        if let Some(decimals) = decimals {
            *self = rounded(*self, decimals);
        }
    }
}

impl<T: Described> Described for Option<T> {
    const SHAPE: Shape = Shape::Nullable(&T::SHAPE);

    fn round(&mut self, decimals: Option<i32>) {
        for value in self.iter_mut() {
            value.round(decimals);
        }
    }
}

impl<T: Described> Described for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);

    fn round(&mut self, decimals: Option<i32>) {
        for value in self.iter_mut() {
            value.round(decimals);
        }
    }
}

impl<T: Described> Described for BTreeMap<String, T> {
    const SHAPE: Shape = Shape::Map(&T::SHAPE);

    fn round(&mut self, decimals: Option<i32>) {
        for value in self.values_mut() {
            value.round(decimals);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Described;
    use crate::runs::RunOutput;
    use crate::temperature::Breach;
    use crate::yields::LineYield;

    #[test]
    fn an_answer_is_rounded_by_the_units_of_its_fields() {
        let date = "2026-11-23".parse().unwrap();
        let mut line = LineYield {
            prod_line: None,
            line_name: None,
            runs: 1,
            input_kg: Some(12.25),
            total_kg: Some(1e300),
            waste_kg: Some(-0.04),
            yield_pct: Some(89.949_999),
            waste_pct: None,
            first_date: date,
            last_date: date,
        };
        line.round(None);
        assert_eq!(
            (line.input_kg, line.total_kg, line.yield_pct, line.waste_pct),
            (Some(12.3), Some(1e300), Some(89.9), None)
        );
        assert_eq!(line.waste_kg.map(f64::to_bits), Some(0.0_f64.to_bits()));
    }

    #[test]
    fn a_temperature_stays_as_it_was_read() {
        let reading_time = "2026-11-23T04:05:06".parse().unwrap();
        let (location, recorded_by) = (None, None);
        let mut breach = Breach {
            location,
            reading_time,
            temp_celsius: -18.123_4,
            target_min: None,
            target_max: Some(-18.5),
            degrees_over: 0.376_600_000_1,
            recorded_by,
        };
        breach.round(None);
        assert_eq!(
            (breach.temp_celsius, breach.target_max, breach.degrees_over),
            (-18.123_4, Some(-18.5), 0.38)
        );
    }

    #[test]
    fn the_rows_of_a_list_are_rounded_too() {
        let output = |qty_kg| RunOutput {
            product_code: None,
            product: None,
            tier: Some(1),
            piece_type: None,
            source_grade: None,
            qty_packs: Some(3),
            qty_kg: Some(qty_kg),
        };
        let mut outputs = vec![output(1.26), output(2.0)];
        outputs.round(None);
        assert_eq!(outputs, [output(1.3), output(2.0)]);
    }
}
