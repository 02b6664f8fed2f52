//! `temperature_logs`: a reading of every place every five minutes. On most days all lie within their limits.
//! Now and then a probe is silent, stuck or not connected.

use warehouse::sources::TEMPERATURE_LOGS;

use crate::sandbox::cell::{Cell, stamp};
use crate::sandbox::clock::{DAY, Moment, Window, begins};
use crate::sandbox::day::Day;
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::excursions::{Excursion, READ_EVERY, READINGS_A_DAY, excursion};
use crate::sandbox::factory::{LOCATIONS, PEOPLE};
use crate::sandbox::faults::{ProbeFault, of_probe};
use crate::sandbox::schema::Writer;

/// What a probe reports that is not connected, or whose memory was just switched on.
const NO_TEMPERATURES: [f64; 3] = [85.0, -127.0, 327.67];

/// Writes the readings that were taken in the window.
pub(super) fn write(day: &Day, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    let first_of_window =
        (window.after.max(begins(day.number) - READ_EVERY) - begins(day.number)) / READ_EVERY;
    let last_of_window = (window.until.min(begins(day.number) + DAY) - begins(day.number)) / READ_EVERY;
    if last_of_window < 0 || window.after >= begins(day.number) + DAY {
        return Ok(());
    }
    let readings = first_of_window.max(0)..(last_of_window + 1).min(READINGS_A_DAY);
    let excursions: Vec<_> =
        (0..LOCATIONS.len()).map(|location| excursion(day.seed, day.number, location)).collect();
    for reading in readings {
        for (location, excursion) in excursions.iter().enumerate() {
            // The logger reads one probe after the other.
            let at = begins(day.number) + reading * READ_EVERY + 2 * location as i64;
            if window.contains(at) {
                put(day, reading, location, excursion.as_ref(), at, erp)?;
            }
        }
    }
    Ok(())
}

fn put(
    day: &Day,
    reading: i64,
    location: usize,
    excursion: Option<&Excursion>,
    at: Moment,
    erp: &mut Writer,
) -> rusqlite::Result<()> {
    let id = (day.number * READINGS_A_DAY + reading) * LOCATIONS.len() as i64 + location as i64;
    let mut dice = Dice::of(day.seed, Topic::Temperature, id);
    let (name, min, max) = LOCATIONS[location];
    let fault = of_probe(day.seed, day.number, location, reading);
    if fault == Some(ProbeFault::Silent) {
        return Ok(());
    }
    let degrees = match excursion.filter(|x| (x.first..x.first + x.readings).contains(&reading)) {
        Some(excursion) => {
            // The temperature rises to the peak and falls again, but stays outside the limits.
            let along = (reading - excursion.first) as f64 / (excursion.readings - 1) as f64;
            let beyond = excursion.peak * (1.0 - (along - 0.5).abs() * 1.4);
            if beyond > 0.0 { max + beyond.max(0.2) } else { min + beyond.min(-0.2) }
        }
        None => (f64::midpoint(min, max)
            + dice.normal() * (max - min) / 16.0
            + swing(reading) * (max - min) / 8.0)
            .clamp(min, max),
    };
    let degrees = match fault {
        Some(ProbeFault::Stuck) => f64::midpoint(min, max),
        Some(ProbeFault::Disconnected) => NO_TEMPERATURES[reading as usize % NO_TEMPERATURES.len()],
        _ => (degrees * 10.0).round() / 10.0,
    };
    let is_garbage = fault.is_none() && reading == 100 + day.number % 80 && location as i64 == day.number % 7;
    let is_nameless = reading == 50 && location == 3 && day.number % 4 == 0;
    erp.put(
        &TEMPERATURE_LOGS,
        &[
            if is_nameless { Cell::Null } else { Cell::Int(id) },
            Cell::Str(name),
            stamp(at),
            if is_garbage { Cell::Str("--.-") } else { Cell::Real(degrees) },
            Cell::Real(min),
            Cell::Real(max),
            Cell::Str(if reading % 48 == 0 { dice.pick(&PEOPLE) } else { "PROBE" }),
            stamp(at),
        ],
    )
}

/// How warm the time of day is: from -1 in the early morning to 1 in the afternoon and back.
fn swing(reading: i64) -> f64 {
    1.0 - (reading - READINGS_A_DAY / 2).abs() as f64 * 4.0 / READINGS_A_DAY as f64
}
