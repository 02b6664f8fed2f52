//! When lines stood still.

use chrono::{NaiveDate, NaiveDateTime};
use domain::stops::StopKind;

use crate::days::days_query;
use crate::{Endpoint, endpoints, row};

row! {
    /// A line that made no pack for longer than a little, within the working time of a shift.
    pub struct LineStop {
        /// The line: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// When the pack before it was made, or when the shift started.
        started_at: NaiveDateTime,
        /// When the pack after it was made, or when the run or the shift ended without one; null while nobody
        /// knows.
        ended_at: Option<NaiveDateTime>,
        /// How long it was or has been so far, in working time, minutes.
        #[at_least(0)]
        minutes: f64,
        /// `within_run`: the run before it went on after it; `changeover`: another run came after it; `open`: no
        /// pack has come after it in the shift.
        #[one_of(StopKind::NAMES)]
        kind: String,
        /// The run before it; null if it began with the shift.
        run_before: Option<String>,
        /// The run after it; null if no pack has come after it.
        run_after: Option<String>,
        /// The product of the run before it, or else of the run after it.
        product_code: Option<String>,
        /// The date of the shift.
        shift_date: NaiveDate,
        /// The shift.
        shift_code: String,
    }
}

/// How many days a question about stops covers where nothing else is asked for.
pub const DAYS: u32 = 1;

days_query! {
    /// Which stops.
    pub struct StopQuery<DAYS> {
        /// Those that began on the last so many days, up to today.
        days,
        /// Only on this line: its id or its name.
        line: Option<String>,
        /// Only in shifts of this code.
        shift: Option<String>,
    }
}

endpoints! {
    /// Stops, the newest first; today's where no day is named. A line has stopped if it made no pack for longer
    /// than the factory says (`stop_minutes`), and for longer than eight times the median gap between two packs
    /// of the run on it. Breaks do not count. A stop ends with its shift at the latest. Stops are told where the
    /// factory's settings have shift times, and packs have times of day.
    pub const STOPS: Endpoint<StopQuery, Vec<LineStop>> =
        Endpoint::get("/stops", "When lines stood still, how long, and between which runs");
}
