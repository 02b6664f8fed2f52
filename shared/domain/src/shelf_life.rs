//! How old a run's packs are and what to do with what is left of them. Days count from the pack date: the day
//! after packing is day 1.

use crate::named::named_enum;
use chrono::{Days, NaiveDate};

/// Days from packing to use-by without an adjustment.
pub const USE_BY_DAYS: u8 = 9;
/// The day number at which what is left has to be frozen.
pub const FREEZE_DOWN_DAY: u8 = 13;
/// After this day number a run is no longer listed.
pub const LAST_LISTED_DAY: i64 = 30;

named_enum! {
    /// What a run's age asks for.
    "shelf-life status" Status {
        /// Nothing to do.
        Ok = "ok",
        /// Sell soon.
        Approaching = "approaching",
        /// Sell today or freeze tomorrow.
        LastDay = "last_day",
        /// Freeze what is left.
        FreezeDown = "freeze_down",
    }
}

impl Status {
    /// The status at a day number.
    pub const fn on_day(day_number: i64) -> Self {
        match day_number {
            ..9 => Self::Ok,
            9..=11 => Self::Approaching,
            12 => Self::LastDay,
            _ => Self::FreezeDown,
        }
    }
}

/// Days since packing; negative before the pack date.
pub fn day_number(today: NaiveDate, pack_date: NaiveDate) -> i64 {
    today.signed_duration_since(pack_date).num_days()
}

/// The use-by date. The adjustment is 0, 1 for rubber clock, 2 or 3 for superchill. `None` past the calendar's end.
pub fn use_by(pack_date: NaiveDate, adjustment_days: u8) -> Option<NaiveDate> {
    pack_date.checked_add_days(Days::new(u64::from(USE_BY_DAYS) + u64::from(adjustment_days)))
}

/// The first day on which the status is [`Status::FreezeDown`]. `None` past the calendar's end.
pub fn freeze_down_on(pack_date: NaiveDate) -> Option<NaiveDate> {
    pack_date.checked_add_days(Days::new(u64::from(FREEZE_DOWN_DAY)))
}

/// Whether a run still counts as stock: something is left of it and it is not past its last listed day.
pub fn is_in_stock(day_number: i64, left_kg: f64) -> bool {
    left_kg > 0.0 && day_number <= LAST_LISTED_DAY
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
    fn a_run_is_stock_while_something_is_left_and_it_is_thirty_days_old_at_most() {
        assert!(is_in_stock(0, 0.1) && is_in_stock(30, 5.0));
        assert!(!is_in_stock(31, 5.0) && !is_in_stock(5, 0.0) && !is_in_stock(5, -2.0));
    }
}
