//! Which days a question covers: so many up to today, or those between two dates.

use chrono::NaiveDate;

/// The days that were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AskedDays {
    /// So many days up to today.
    pub days: Option<u32>,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
    /// The day after the last.
    pub before: Option<NaiveDate>,
}

/// Parameters that name days. Declare them with `days_query!`.
pub trait DaysQuery {
    /// The days that were asked for.
    fn asked_days(&self) -> AskedDays;
}

/// Declares parameters that name days, and filters behind them. `$default` is how many days are covered where
/// none are named.
macro_rules! days_query {
    ($(#[doc = $doc:literal])+ pub struct $name:ident<$default:ident> {
        #[doc = $days_doc:literal]
        days,
        $($filters:tt)*
    }) => {
        $crate::query! {
            $(#[doc = $doc])+
            pub struct $name {
                #[doc = $days_doc]
                days: Option<$crate::query::Days<$default>>,
                /// From this day on; instead of `days`. A time of day may stand behind it, if it is midnight.
                from: Option<chrono::NaiveDate>,
                /// Up to this day, which counts; instead of `days`.
                to: Option<chrono::NaiveDate>,
                /// Up to this day, which does not count; instead of `to`.
                before: Option<chrono::NaiveDate>,
                $($filters)*
            }
        }

        impl $crate::days::DaysQuery for $name {
            fn asked_days(&self) -> $crate::days::AskedDays {
                $crate::days::AskedDays {
                    days: self.days.map(|days| days.0),
                    from: self.from,
                    to: self.to,
                    before: self.before,
                }
            }
        }
    };
}

pub(crate) use days_query;
