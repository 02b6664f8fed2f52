//! Shelf life: how old the packs of a run are, and what to do with the rest of them.
//!
//! Day numbers count from the pack date. The day after packing is day 1.

use crate::named::named_enum;
use chrono::{Days, NaiveDate, TimeDelta};

/// Days from packing to use-by without an adjustment.
pub const USE_BY_DAYS: u8 = 9;
/// The day number at which the rest of a run has to be frozen.
pub const FREEZE_DOWN_DAY: i64 = 13;
/// The last day number at which the rest of a run may still be sold.
const LAST_DAY: i64 = FREEZE_DOWN_DAY - 1;
/// The first day number at which a run is listed. It is the first at which the status is not [`Status::Ok`].
pub const FIRST_LISTED_DAY: i64 = 9;
/// The last day number at which a run is listed.
pub const LAST_LISTED_DAY: i64 = 30;

/// Half a gram. Sums of decimals leave less than this behind when nothing is left.
const LEAST_LEFT_KG: f64 = 0.000_5;

named_enum! {
    /// What to do with the rest of a run, by its age.
    "shelf-life status" Status {
        /// There is nothing to do.
        Ok = "ok",
        /// Sell it soon.
        Approaching = "approaching",
        /// Sell it today or freeze it tomorrow.
        LastDay = "last_day",
        /// Freeze it.
        FreezeDown = "freeze_down",
    }
}

impl Status {
    /// The status of a run at this day number.
    pub const fn on_day(day_number: i64) -> Self {
        match day_number {
            ..FIRST_LISTED_DAY => Self::Ok,
            FIRST_LISTED_DAY..LAST_DAY => Self::Approaching,
            LAST_DAY => Self::LastDay,
            FREEZE_DOWN_DAY.. => Self::FreezeDown,
        }
    }
}

/// The days since packing. Negative before the pack date.
pub fn day_number(today: NaiveDate, pack_date: NaiveDate) -> i64 {
    today.signed_duration_since(pack_date).num_days()
}

/// The use-by date of packs. The adjustment is 1 day for rubber clock, 2 or 3 days for superchill, else 0.
/// `None` if the date lies past the end of the calendar.
pub fn use_by(pack_date: NaiveDate, adjustment_days: u8) -> Option<NaiveDate> {
    pack_date.checked_add_days(Days::new(u64::from(USE_BY_DAYS) + u64::from(adjustment_days)))
}

/// The first day on which the status is [`Status::FreezeDown`]. `None` if it lies past the end of the
/// calendar.
pub fn freeze_down_on(pack_date: NaiveDate) -> Option<NaiveDate> {
    pack_date.checked_add_signed(TimeDelta::days(FREEZE_DOWN_DAY))
}

/// Whether a run is listed: something is left of it, and its day number lies between [`FIRST_LISTED_DAY`]
/// and [`LAST_LISTED_DAY`].
pub fn is_listed(day_number: i64, left_kg: f64) -> bool {
    left_kg > LEAST_LEFT_KG && (FIRST_LISTED_DAY..=LAST_LISTED_DAY).contains(&day_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_status_changes_on_days_nine_twelve_and_thirteen() {
        let days = [i64::MIN, -1, 0, 8, 9, 11, 12, 13, i64::MAX];
        assert_eq!(
            days.map(|day| Status::on_day(day).as_str()),
            ["ok", "ok", "ok", "ok", "approaching", "approaching", "last_day", "freeze_down", "freeze_down"]
        );
    }

    #[test]
    fn dates_follow_from_the_pack_date() {
        let packed = day("2026-02-20");
        assert_eq!(day_number(day("2026-03-01"), packed), 9);
        assert_eq!(day_number(day("2026-02-19"), packed), -1);
        assert_eq!(use_by(packed, 0), Some(day("2026-03-01")));
        assert_eq!(use_by(packed, 3), Some(day("2026-03-04")));
        assert_eq!(use_by(NaiveDate::MAX, 0), None);
        assert_eq!(freeze_down_on(NaiveDate::MAX), None);
    }

    #[test]
    fn freezing_begins_on_the_day_whose_status_says_so() {
        let packed = day("2026-02-20");
        let freeze = freeze_down_on(packed).unwrap();
        let status = |date| Status::on_day(day_number(date, packed));
        assert_eq!(status(freeze), Status::FreezeDown);
        assert_eq!(status(freeze.pred_opt().unwrap()), Status::LastDay);
    }

    #[test]
    fn a_run_is_listed_from_day_nine_to_thirty_while_more_than_dust_is_left() {
        assert!(is_listed(9, 0.001) && is_listed(30, 5.0));
        assert!(!is_listed(8, 5.0) && !is_listed(31, 5.0));
        assert!(
            !is_listed(9, 0.0) && !is_listed(9, -2.0) && !is_listed(9, 100.1 + 0.2 - 100.3),
            "that is not 0"
        );
        assert_eq!(
            (Status::on_day(FIRST_LISTED_DAY - 1), Status::on_day(FIRST_LISTED_DAY)),
            (Status::Ok, Status::Approaching)
        );
    }
}
