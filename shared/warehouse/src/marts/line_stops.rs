//! `line_stops`: when each line stood still in a shift, until its next pack.

use api::row;
use chrono::{NaiveDate, NaiveDateTime};
use domain::stops::{Stop, StopKind};
use polars::prelude::*;

use super::line_minutes::LineMinuteRow;
use super::line_shifts::LineShift;
use super::{Build, Mart, RUN_TABLES, columns_of};
use crate::frames;

row! {
    /// A stop that ended with a pack.
    pub struct LineStopRow {
        /// The date of the shift.
        shift_date: NaiveDate,
        /// The shift.
        shift_code: String,
        /// The line: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// When the pack before it was made, or when the shift started.
        started_at: NaiveDateTime,
        /// When the pack after it was made.
        ended_at: NaiveDateTime,
        /// How many minutes of working time it took.
        #[at_least(0)]
        minutes: f64,
        /// Whether the same run went on after it.
        #[one_of(StopKind::NAMES)]
        kind: String,
        /// The run before it; null if it began with the shift.
        run_before: Option<String>,
        /// The run after it.
        run_after: String,
        /// The product of the run before it, or else of the run after it.
        product_code: Option<String>,
    }
}

/// Stops of lines, each within one shift. That a line has made nothing since its last pack is no row: it
/// depends on the moment at which somebody asks.
pub const LINE_STOPS: Mart = Mart {
    name: "line_stops",
    columns: columns_of::<LineStopRow>(),
    grain: &["shift_date", "shift_code", "prod_line", "started_at"],
    month_of: Some("shift_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Shifts(build)],
};

fn build(shifts: &[LineShift]) -> PolarsResult<DataFrame> {
    let stops: Vec<(&LineShift, &Stop)> =
        shifts.iter().flat_map(|shift| shift.stops.iter().map(move |stop| (shift, stop))).collect();
    let after = |(shift, stop): &(&LineShift, &Stop)| shift.minutes[stop.after].clone();
    let before =
        |(shift, stop): &(&LineShift, &Stop)| stop.before.map(|before| shift.minutes[before].clone());
    let run = |minute: &LineMinuteRow| (minute.run_number.clone(), minute.production_date);
    let kinds = stops.iter().map(|stop| {
        let is_same = before(stop).is_some_and(|before| run(&before) == run(&after(stop)));
        if is_same { StopKind::WithinRun } else { StopKind::Changeover }
    });
    let product = |stop: &(&LineShift, &Stop)| before(stop).unwrap_or_else(|| after(stop)).product_code;
    let rows = df![
        "shift_date" => stops.iter().map(|stop| stop.0.shift_date).collect::<Vec<_>>(),
        "shift_code" => stops.iter().map(|stop| stop.0.shift_code.as_str()).collect::<Vec<_>>(),
        "prod_line" => stops.iter().map(|stop| stop.0.prod_line.as_deref()).collect::<Vec<_>>(),
        "line_name" => stops.iter().map(|stop| stop.0.line_name.as_deref()).collect::<Vec<_>>(),
        "started_at" => stops.iter().map(|stop| stop.1.from).collect::<Vec<_>>(),
        "ended_at" => stops.iter().map(|stop| stop.1.to).collect::<Vec<_>>(),
        "minutes" => stops.iter().map(|stop| stop.1.minutes).collect::<Vec<_>>(),
        "kind" => kinds.map(StopKind::as_str).collect::<Vec<_>>(),
        "run_before" => stops.iter().map(|stop| before(stop).map(|minute| minute.run_number)).collect::<Vec<_>>(),
        "run_after" => stops.iter().map(|stop| after(stop).run_number).collect::<Vec<_>>(),
        "product_code" => stops.iter().map(product).collect::<Vec<_>>(),
    ]?;
    frames::fit(&rows, &LINE_STOPS.schema())
}

#[cfg(test)]
mod tests {
    use super::super::line_shifts::tests::of;
    use super::super::small_factory::shown;
    use super::*;

    #[test]
    fn a_stop_is_of_the_run_before_it_and_says_whether_that_went_on() {
        let minutes = [
            ("1", Some("L1"), 2, 6, 5, 1),
            ("1", Some("L1"), 2, 6, 8, 1),
            ("1", Some("L1"), 2, 6, 18, 1),
            ("2", Some("L1"), 2, 6, 30, 1),
            // Another line does not end it.
            ("3", Some("L2"), 2, 6, 25, 1),
        ];
        let mart = build(&of(&minutes)).unwrap();
        assert_eq!(**mart.schema(), LINE_STOPS.schema());
        let columns = [
            "prod_line",
            "started_at",
            "ended_at",
            "minutes",
            "kind",
            "run_before",
            "run_after",
            "product_code",
        ];
        let told = shown(&mart, &columns);
        assert_eq!(
            told,
            [
                format!(
                    "L1 | 2026-11-02 06:00:00 | 2026-11-02 06:05:10 | {} | changeover | - | 1 | P1",
                    310.0 / 60.0
                ),
                format!(
                    "L1 | 2026-11-02 06:08:50 | 2026-11-02 06:18:10 | {} | within_run | 1 | 1 | P1",
                    560.0 / 60.0
                ),
                format!(
                    "L1 | 2026-11-02 06:18:50 | 2026-11-02 06:30:10 | {} | changeover | 1 | 2 | P1",
                    680.0 / 60.0
                ),
                format!(
                    "L2 | 2026-11-02 06:00:00 | 2026-11-02 06:25:10 | {} | changeover | - | 3 | P3",
                    1510.0 / 60.0
                ),
            ]
        );
    }

    #[test]
    fn a_stop_ends_with_its_shift_and_another_begins_with_the_next() {
        let minutes =
            [("1", Some("L1"), 2, 6, 0, 1), ("1", Some("L1"), 2, 13, 50, 1), ("1", Some("L1"), 2, 14, 20, 1)];
        let mart = build(&of(&minutes)).unwrap();
        assert_eq!(
            shown(&mart, &["shift_code", "started_at", "ended_at"]),
            [
                "AM | 2026-11-02 06:00:50 | 2026-11-02 13:50:10",
                "PM | 2026-11-02 14:00:00 | 2026-11-02 14:20:10"
            ]
        );
    }
}
