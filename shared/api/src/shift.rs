//! The shift that is on, or one that was.

use chrono::{NaiveDate, NaiveDateTime};
use domain::named::named_enum;

use crate::{Endpoint, endpoints, query, row};

named_enum! {
    /// Where the target of a line is from.
    "source of a target" TargetSource {
        /// The factory's settings say it.
        Settings = "settings",
        /// It is what the line usually makes.
        Usual = "usual",
    }
}

row! {
    /// An hour of a line in a shift.
    pub struct ShiftHour {
        /// The date of the shift.
        shift_date: NaiveDate,
        /// The shift.
        shift_code: String,
        /// When the hour began. The first and the last may lie in the shift only in part.
        hour_start: NaiveDateTime,
        /// The line: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// Packs that are placed on the market.
        #[at_least(0)]
        packs: i64,
        /// What they weigh, kg.
        #[at_least(0)]
        made_kg: f64,
        /// What of the shift's target falls on the hour, by its working time; on the hour that is on, as far as it
        /// has passed; null where the line has no target, kg.
        target_kg: Option<f64>,
        /// What was made above that, kg; negative below it.
        delta_kg: Option<f64>,
        /// What the packs weigh above their targets, kg.
        giveaway_kg: f64,
        /// Stops that began in it.
        #[at_least(0)]
        stops: i64,
        /// How long the line stood still in it, minutes.
        #[at_least(0)]
        stopped_minutes: f64,
        /// The most of these minutes that belong to one stop.
        #[at_least(0)]
        longest_stop_minutes: f64,
        /// How many runs made packs in it.
        #[at_least(0)]
        runs: i64,
    }
}

query! {
    /// Which shift.
    pub struct HoursQuery {
        /// The date of the shift; where none is named, the last one that has begun.
        date: Option<NaiveDate>,
        /// The code of the shift; where none is named, the shift that is on or was on last, or all of the date.
        shift: Option<String>,
        /// Only this line: its id or its name.
        line: Option<String>,
    }
}

endpoints! {
    /// What each line made in each hour of a shift that has begun, against its target: the newest hour first.
    /// Hours are those of the clock; one that the clock shows twice is one row. A line has a row for each hour
    /// from the start of the shift on, if it made a pack in that shift.
    pub const HOURS: Endpoint<HoursQuery, Vec<ShiftHour>> =
        Endpoint::get("/shift/hours", "What each line made in each hour of a shift, against its target");
}
