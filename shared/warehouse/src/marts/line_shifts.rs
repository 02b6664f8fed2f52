//! What each line made in each shift: the minutes of `line_minutes`, under the shift that was on.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use domain::settings::ShiftTimes;
use domain::shift_instance::ShiftInstance;
use domain::stops::{Stop, Stretch, stops};
use domain::working_time::WorkingTime;
use polars::prelude::*;

use super::line_minutes::LineMinuteRow;
use super::rows;

/// A line in a shift on one date, in which it made a pack.
#[derive(Clone, Debug)]
pub struct LineShift {
    pub(super) shift_date: NaiveDate,
    pub(super) shift_code: String,
    pub(super) starts_at: NaiveDateTime,
    pub(super) ends_at: NaiveDateTime,
    pub(super) working: WorkingTime,
    pub(super) prod_line: Option<String>,
    pub(super) line_name: Option<String>,
    /// By their first packs.
    pub(super) minutes: Vec<LineMinuteRow>,
    pub(super) stops: Vec<Stop>,
}

/// The lines in the shifts of these dates. `minutes` has all rows of `line_minutes` of their time, and perhaps
/// others.
pub(crate) fn line_shifts(
    minutes: &DataFrame,
    shifts: &[ShiftTimes],
    zone: Tz,
    dates: &BTreeSet<NaiveDate>,
) -> PolarsResult<Vec<LineShift>> {
    let mut found: BTreeMap<(NaiveDateTime, Option<String>), (ShiftInstance<'_>, Vec<LineMinuteRow>)> =
        BTreeMap::new();
    for minute in rows::<LineMinuteRow>(minutes)? {
        let Some(instance) = ShiftInstance::at(shifts, minute.minute) else { continue };
        if dates.contains(&instance.date) {
            let key = (instance.starts_at, minute.prod_line.clone());
            found.entry(key).or_insert_with(|| (instance, Vec::new())).1.push(minute);
        }
    }
    Ok(found.into_values().map(|(instance, minutes)| line_shift(&instance, minutes, zone)).collect())
}

fn line_shift(instance: &ShiftInstance<'_>, mut minutes: Vec<LineMinuteRow>, zone: Tz) -> LineShift {
    minutes.sort_by(|one, other| {
        let key = |minute: &LineMinuteRow| (minute.first_pack_at, minute.last_pack_at);
        key(one).cmp(&key(other)).then_with(|| one.run_number.cmp(&other.run_number))
    });
    let working = WorkingTime::of(instance, zone);
    let stretches: Vec<Stretch> = minutes
        .iter()
        .map(|minute| Stretch {
            first_at: minute.first_pack_at,
            last_at: minute.last_pack_at,
            stop_after_minutes: minute.stop_after_minutes,
        })
        .collect();
    LineShift {
        shift_date: instance.date,
        shift_code: instance.shift.code.clone(),
        starts_at: instance.starts_at,
        ends_at: instance.ends_at,
        stops: stops(&working, instance.starts_at, &stretches),
        working,
        prod_line: minutes.first().and_then(|minute| minute.prod_line.clone()),
        line_name: minutes.first().and_then(|minute| minute.line_name.clone()),
        minutes,
    }
}

/// The dates of the shifts in which rows of `line_minutes` lie.
pub(crate) fn shift_dates_of_minutes(
    minutes: &DataFrame,
    shifts: &[ShiftTimes],
) -> PolarsResult<BTreeSet<NaiveDate>> {
    let times = minutes.column("minute")?.datetime()?;
    let times: BTreeSet<NaiveDateTime> = times.as_datetime_iter().flatten().collect();
    Ok(times.into_iter().filter_map(|time| ShiftInstance::at(shifts, time)).map(|on| on.date).collect())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::LINE_MINUTES;
    use super::super::small_factory::{at, day};
    use super::*;
    use crate::frames;
    use chrono::{NaiveTime, Weekday};
    use domain::settings::{ShiftDate, WEEK};

    /// Three shifts round the clock but on Sundays, each with a break.
    pub(in super::super) fn shifts() -> Vec<ShiftTimes> {
        let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        let of = |code: &str, start: u32, pause: u32, end: u32| ShiftTimes {
            code: code.to_owned(),
            start: at(start, 0),
            end: at(end, 0),
            date: ShiftDate::Start,
            days: WEEK.into_iter().filter(|day| *day != Weekday::Sun).collect(),
            breaks: vec![(at(pause, 0), at(pause, 20))],
        };
        vec![of("AM", 6, 10, 14), of("PM", 14, 18, 22), of("Night", 22, 2, 6)]
    }

    /// Packs of a minute: run, line, day, hour, minute, how many; each weighs a kilogram.
    pub(in super::super) type Minute<'a> = (&'a str, Option<&'a str>, u32, u32, u32, i64);

    /// The shifts of all dates. Each row of minutes has its packs from the 10th second to the 50th.
    pub(in super::super) fn of(minutes: &[Minute<'_>]) -> Vec<LineShift> {
        let minute = |row: &Minute<'_>| at(row.2, row.3, row.4);
        let second = |row: &Minute<'_>, second| minute(row) + chrono::TimeDelta::seconds(second);
        let rows = df![
            "run_number" => minutes.iter().map(|row| row.0).collect::<Vec<_>>(),
            "production_date" => vec![day(2); minutes.len()],
            "prod_line" => minutes.iter().map(|row| row.1).collect::<Vec<_>>(),
            "line_name" => minutes.iter().map(|row| row.1.map(|line| format!("Line {line}"))).collect::<Vec<_>>(),
            "product_code" => minutes.iter().map(|row| format!("P{}", row.0)).collect::<Vec<_>>(),
            "packed_on" => minutes.iter().map(|row| minute(row).date()).collect::<Vec<_>>(),
            "minute" => minutes.iter().map(minute).collect::<Vec<_>>(),
            "first_pack_at" => minutes.iter().map(|row| second(row, 10)).collect::<Vec<_>>(),
            "last_pack_at" => minutes.iter().map(|row| second(row, 50)).collect::<Vec<_>>(),
            "packs" => minutes.iter().map(|row| row.5).collect::<Vec<_>>(),
            "packs_excluded" => vec![1_i64; minutes.len()],
            "made_kg" => minutes.iter().map(|row| row.5 as f64).collect::<Vec<_>>(),
            "giveaway_kg" => vec![0.5; minutes.len()],
            "pack_target_kg" => minutes.iter().map(|row| row.5 as f64 - 0.5).collect::<Vec<_>>(),
            "stop_after_minutes" => vec![3.0; minutes.len()],
        ]
        .unwrap();
        let rows = frames::fit(&rows, &LINE_MINUTES.schema()).unwrap();
        let dates = shift_dates_of_minutes(&rows, &shifts()).unwrap();
        line_shifts(&rows, &shifts(), Tz::Europe__London, &dates).unwrap()
    }

    #[test]
    fn a_minute_is_of_the_shift_that_was_on_and_of_its_date() {
        let minutes = [
            ("1", Some("L1"), 2, 13, 59, 1),
            ("1", Some("L1"), 2, 14, 0, 2),
            ("1", Some("L1"), 3, 0, 30, 4),
            ("1", Some("L1"), 3, 5, 59, 8),
            ("1", None, 3, 5, 59, 16),
            // The 1st and the 8th are Sundays; the night of the 7th goes on into the 8th.
            ("1", Some("L1"), 8, 5, 0, 32),
            ("1", Some("L1"), 8, 7, 0, 64),
        ];
        let told: Vec<_> = of(&minutes)
            .iter()
            .map(|shift| {
                let packs: i64 = shift.minutes.iter().map(|minute| minute.made.packs).sum();
                let line = shift.prod_line.as_deref().unwrap_or("-");
                format!("{} {} {line} {packs}", shift.shift_date, shift.shift_code)
            })
            .collect();
        assert_eq!(
            told,
            [
                "2026-11-02 AM L1 1",
                "2026-11-02 PM L1 2",
                "2026-11-02 Night - 16",
                "2026-11-02 Night L1 12",
                "2026-11-07 Night L1 32"
            ]
        );
    }

    #[test]
    fn the_dates_asked_for_alone_are_told() {
        let all = of(&[("1", None, 2, 7, 0, 1), ("1", None, 3, 7, 0, 1)]);
        assert_eq!(all.iter().map(|shift| shift.shift_date).collect::<Vec<_>>(), [day(2), day(3)]);
        let none = line_shifts(
            &DataFrame::empty_with_schema(&LINE_MINUTES.schema()),
            &shifts(),
            Tz::UTC,
            &BTreeSet::from([day(2)]),
        );
        assert!(none.unwrap().is_empty());
    }
}
