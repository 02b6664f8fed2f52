//! Shelf life: how old the packs of a run are, and what to do with the rest of them.
//!
//! Day numbers count from the pack date. The day after packing is day 1.

use crate::named::named_enum;
use chrono::{NaiveDate, TimeDelta};

/// Days from packing to use-by of a product whose shelf life nobody has noted, without an adjustment.
pub const USE_BY_DAYS: i64 = 9;
/// No fish keeps for longer, frozen or tinned: more days are a typing error, and end here.
const LONGEST_SHELF_LIFE_DAYS: i64 = 36_500;
/// The day number at which the rest of a run has to be frozen.
pub const FREEZE_DOWN_DAY: i64 = 13;
/// The last day number at which the rest of a run may still be sold.
const LAST_DAY: i64 = FREEZE_DOWN_DAY - 1;
/// The first day number at which a run is listed. It is the first at which the status is not [`Status::Ok`].
pub const FIRST_LISTED_DAY: i64 = 9;
/// The last day number at which a run is listed.
pub const LAST_LISTED_DAY: i64 = 30;

/// Half a gram. Sums of decimals leave less than this behind when nothing is left.
pub const LEAST_LEFT_KG: f64 = 0.000_5;

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

/// The use-by date of packs: the last day on which they may be used. It follows from the product's own shelf
/// life, else [`USE_BY_DAYS`]. A shelf life of 0 days is one that nobody filled in. The adjustment is 1 day for
/// rubber clock, 2 or 3 days for superchill, else 0. `None` if the date lies past the end of the calendar.
pub fn use_by(pack_date: NaiveDate, shelf_life_days: Option<i64>, adjustment_days: i64) -> Option<NaiveDate> {
    let noted = shelf_life_days.filter(|days| *days > 0).map(|days| days.min(LONGEST_SHELF_LIFE_DAYS));
    let days = noted.unwrap_or(USE_BY_DAYS).checked_add(adjustment_days)?;
    pack_date.checked_add_signed(TimeDelta::try_days(days)?)
}

/// The days until the use-by date. Negative if it is past.
pub fn days_to_use_by(today: NaiveDate, use_by: NaiveDate) -> i64 {
    use_by.signed_duration_since(today).num_days()
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
        assert_eq!(use_by(packed, None, 0), Some(day("2026-03-01")));
        assert_eq!(use_by(packed, None, 3), Some(day("2026-03-04")));
        assert_eq!(use_by(NaiveDate::MAX, None, 0), None);
        assert_eq!(use_by(packed, None, i64::MAX), None);
        assert_eq!(freeze_down_on(NaiveDate::MAX), None);
    }

    #[test]
    fn a_product_keeps_for_as_long_as_its_master_says() {
        let packed = day("2026-02-20");
        assert_eq!(use_by(packed, Some(5), 0), Some(day("2026-02-25")));
        assert_eq!(use_by(packed, Some(5), 2), Some(day("2026-02-27")));
        assert_eq!(use_by(packed, Some(365), 0), Some(day("2027-02-20")));
        assert_eq!(use_by(packed, Some(0), 1), Some(day("2026-03-02")), "nobody filled it in");
        assert_eq!(use_by(packed, Some(i64::MAX), 0), use_by(packed, Some(36_500), 0), "a typing error");
    }

    #[test]
    fn packs_may_still_be_used_on_their_use_by_date() {
        let use_by = day("2026-03-01");
        let left = ["2026-02-27", "2026-03-01", "2026-03-02"].map(|today| days_to_use_by(day(today), use_by));
        assert_eq!(left, [2, 0, -1]);
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
