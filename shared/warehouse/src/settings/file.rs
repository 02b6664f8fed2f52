//! `factory.toml` as people write it. It is read strictly: whatever is not understood is an error with its
//! line, because a limit that is only misspelled must not be taken for one that is not given.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use chrono::{NaiveTime, Weekday};
use domain::code::folded;
use domain::settings::{
    FactorySettings, GradeTexts, Limits, LineSettings, Prices, ShiftDate, ShiftTimes, WEEK,
};
use domain::tier::{Grade, Tier};
use serde::Deserialize;
use toml::Spanned;

/// A longer file is no file of settings.
const BYTES_MAX: usize = 256 * 1024;

/// Why a file of settings cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct BadSettings {
    /// The line of what is wrong, counted from 1.
    pub line: Option<usize>,
    /// What is wrong, and what to write instead.
    pub reason: String,
}

impl fmt::Display for BadSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

type Result<T> = std::result::Result<T, BadSettings>;

/// Reads a file of settings. `lines` are the ids of the factory's lines, if they are known.
pub fn parse(bytes: &[u8], lines: Option<&BTreeSet<String>>) -> Result<FactorySettings> {
    if bytes.len() > BYTES_MAX {
        return Err(BadSettings { line: None, reason: format!("the file has over {BYTES_MAX} bytes") });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| BadSettings {
        line: Some(line_of(&String::from_utf8_lossy(&bytes[..error.valid_up_to()]))),
        reason: "this is no text in UTF-8: save the file as UTF-8".to_owned(),
    })?;
    // Some editors begin a file with a mark that is no part of its text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file: File = toml::from_str(text).map_err(|error| BadSettings {
        line: error.span().map(|span| line_of(text.get(..span.start).unwrap_or(text))),
        reason: error.message().replace('\n', " "),
    })?;
    Reader { text, lines }.settings(file)
}

/// The number of the line in which a text ends.
fn line_of(before: &str) -> usize {
    before.matches('\n').count() + 1
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    shifts: Vec<Shift>,
    lines: BTreeMap<Spanned<String>, Line>,
    grades: Grades,
    prices: PriceList,
    limits: LimitList,
    alerts: Alerts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    code: Spanned<String>,
    start: Spanned<String>,
    end: Spanned<String>,
    date: Option<Spanned<String>>,
    days: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    breaks: Vec<Spanned<[String; 2]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    shift_target_kg: Option<Spanned<f64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Grades {
    #[serde(rename = "Premium")]
    premium: Vec<Spanned<String>>,
    #[serde(rename = "GG")]
    gg: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PriceList {
    currency: Option<Spanned<String>>,
    products: BTreeMap<Spanned<String>, Spanned<f64>>,
    tiers: BTreeMap<Spanned<String>, Spanned<f64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitList {
    stop_minutes: Option<Spanned<f64>>,
    intake_max_c: Option<Spanned<f64>>,
    vehicle_max_c: Option<Spanned<f64>>,
    low_yield_pct: Option<Spanned<f64>>,
    giveaway_pct: Option<Spanned<f64>>,
    sensor_min_c: Option<Spanned<f64>>,
    sensor_max_c: Option<Spanned<f64>>,
}

/// Nothing is sent yet, so there is nothing to say about it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Alerts {}

/// Temperatures that a setting may name, in °C.
const TEMPERATURES_C: RangeInclusive<f64> = -273.0..=1000.0;

/// Checks what a file says.
struct Reader<'a> {
    text: &'a str,
    lines: Option<&'a BTreeSet<String>>,
}

impl Reader<'_> {
    /// An error about what stands there.
    fn wrong<T, U>(&self, at: &Spanned<U>, reason: impl Into<String>) -> Result<T> {
        let line = self.text.get(..at.span().start).map(line_of);
        Err(BadSettings { line, reason: reason.into() })
    }

    fn settings(&self, file: File) -> Result<FactorySettings> {
        let File { shifts, lines, grades, prices, limits, alerts: Alerts {} } = file;
        Ok(FactorySettings {
            shifts: self.shifts(shifts)?,
            lines: self.lines(lines)?,
            grades: self.grades(grades)?,
            prices: self.prices(prices)?,
            limits: self.limits(&limits)?,
        })
    }

    /// A name that stands for something of the ERP. Such names meet without case and blanks around, so two
    /// that differ by these alone are one.
    fn name(&self, kind: &str, name: &Spanned<String>, seen: &mut BTreeSet<String>) -> Result<String> {
        let text = name.get_ref().trim();
        if text.is_empty() {
            return self.wrong(name, format!("a {kind} has a blank name"));
        }
        if !seen.insert(folded(text)) {
            return self.wrong(name, format!("the {kind} `{text}` is there twice"));
        }
        Ok(text.to_owned())
    }

    fn number(&self, name: &str, value: &Spanned<f64>, bounds: &RangeInclusive<f64>) -> Result<f64> {
        let number = *value.get_ref();
        if !bounds.contains(&number) {
            let (least, most) = (bounds.start(), bounds.end());
            return self.wrong(value, format!("{name} is `{number}`: use a number from {least} to {most}"));
        }
        Ok(number)
    }

    fn shifts(&self, shifts: Vec<Shift>) -> Result<Vec<ShiftTimes>> {
        let mut seen = BTreeSet::new();
        let mut known: Vec<ShiftTimes> = Vec::new();
        for shift in shifts {
            self.name("shift", &shift.code, &mut seen)?;
            let times = self.shift(&shift)?;
            for other in &known {
                if let Some((day, time)) = times.overlap(other) {
                    let (one, two, time) = (&other.code, &times.code, time.format("%H:%M"));
                    let both = format!("the shifts `{one}` and `{two}` are both on at {day} {time}");
                    return self.wrong(&shift.code, format!("{both}: let one end before the other starts"));
                }
            }
            known.push(times);
        }
        Ok(known)
    }

    fn shift(&self, shift: &Shift) -> Result<ShiftTimes> {
        let date = match &shift.date {
            None => ShiftDate::Start,
            Some(date) => match date.get_ref().parse::<ShiftDate>() {
                Ok(date) => date,
                Err(unknown) => return self.wrong(date, unknown.to_string()),
            },
        };
        let mut times = ShiftTimes {
            code: shift.code.get_ref().trim().to_owned(),
            start: self.time(&shift.start, shift.start.get_ref())?,
            end: self.time(&shift.end, shift.end.get_ref())?,
            date,
            days: self.days(shift.days.as_ref())?,
            breaks: Vec::new(),
        };
        let mut places: Vec<(i64, i64)> = Vec::new();
        for pause in &shift.breaks {
            let [from, to] = pause.get_ref();
            let times_of_break = (self.time(pause, from)?, self.time(pause, to)?);
            let Some((begins, ends)) = times.place_of_break(times_of_break) else {
                return self.wrong(pause, format!("the break from {from} to {to} is not within its shift"));
            };
            if places.iter().any(|(other_begins, other_ends)| begins < *other_ends && *other_begins < ends) {
                return self.wrong(pause, format!("the break from {from} to {to} overlaps another"));
            }
            places.push((begins, ends));
            times.breaks.push(times_of_break);
        }
        Ok(times)
    }

    fn time<T>(&self, at: &Spanned<T>, text: &str) -> Result<NaiveTime> {
        match NaiveTime::parse_from_str(text.trim(), "%H:%M") {
            Ok(time) => Ok(time),
            Err(_) => {
                self.wrong(at, format!("`{text}` is no time of day: write it from \"00:00\" to \"23:59\""))
            }
        }
    }

    fn days(&self, days: Option<&Spanned<Vec<Spanned<String>>>>) -> Result<Vec<Weekday>> {
        let Some(days) = days else { return Ok(WEEK.to_vec()) };
        let mut named: Vec<Weekday> = Vec::new();
        for day in days.get_ref() {
            let Ok(weekday) = day.get_ref().trim().parse() else {
                let names = WEEK.map(|day| day.to_string()).join(", ");
                return self.wrong(day, format!("`{}` is no day: use one of {names}", day.get_ref()));
            };
            named.push(weekday);
        }
        if named.is_empty() {
            return self.wrong(days, "a shift without days is never on: leave `days` out for every day");
        }
        Ok(WEEK.into_iter().filter(|day| named.contains(day)).collect())
    }

    fn lines(&self, lines: BTreeMap<Spanned<String>, Line>) -> Result<BTreeMap<String, LineSettings>> {
        let mut seen = BTreeSet::new();
        let mut told = BTreeMap::new();
        for (id, line) in lines {
            let name = self.name("line", &id, &mut seen)?;
            if let Some(known) = self.lines
                && !known.iter().any(|line| folded(line) == folded(&name))
            {
                let known = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                let known = if known.is_empty() { "no lines" } else { &known };
                return self.wrong(&id, format!("there is no line `{name}`: the ERP has {known}"));
            }
            let target = line.shift_target_kg;
            let shift_target_kg =
                target.map(|kg| self.number("shift_target_kg", &kg, &(0.001..=1e9))).transpose()?;
            told.insert(name, LineSettings { shift_target_kg });
        }
        Ok(told)
    }

    fn grades(&self, grades: Grades) -> Result<GradeTexts> {
        let mut texts = GradeTexts::default();
        for (grade, named) in [(Grade::Premium, grades.premium), (Grade::Gg, grades.gg)] {
            for text in named {
                let trimmed = text.get_ref().trim().to_owned();
                if trimmed.is_empty() {
                    return self.wrong(&text, format!("a blank text cannot mean {grade}"));
                }
                match texts.grade(&trimmed) {
                    Some(other) if other != grade => {
                        return self.wrong(&text, format!("`{trimmed}` means {other} already"));
                    }
                    Some(_) => {}
                    None => texts.0.entry(grade).or_default().push(trimmed),
                }
            }
        }
        Ok(texts)
    }

    fn prices(&self, list: PriceList) -> Result<Prices> {
        let mut prices = Prices::default();
        if let Some(currency) = list.currency {
            let code = currency.get_ref().trim();
            if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                return self.wrong(
                    &currency,
                    format!("`{code}` is no currency: use its three letters, such as GBP"),
                );
            }
            prices.currency = Some(code.to_owned());
        }
        let mut seen = BTreeSet::new();
        for (product, price) in list.products {
            let name = self.name("product", &product, &mut seen)?;
            prices.products.insert(name, self.number("its price", &price, &(0.0..=1e6))?);
        }
        for (tier, price) in list.tiers {
            let number = tier.get_ref().trim().parse::<i64>().ok();
            let Some(known) = number.and_then(|number| Tier::try_from(number).ok()) else {
                return self.wrong(&tier, format!("`{}` is no tier: use 1, 2 or 3", tier.get_ref()));
            };
            prices.tiers.insert(known.number(), self.number("its price", &price, &(0.0..=1e6))?);
        }
        Ok(prices)
    }

    fn limits(&self, list: &LimitList) -> Result<Limits> {
        let mut limits = Limits::default();
        for (name, given, limit, bounds) in [
            ("stop_minutes", &list.stop_minutes, &mut limits.stop_minutes, 1.0..=1440.0),
            ("intake_max_c", &list.intake_max_c, &mut limits.intake_max_c, TEMPERATURES_C),
            ("vehicle_max_c", &list.vehicle_max_c, &mut limits.vehicle_max_c, TEMPERATURES_C),
            ("low_yield_pct", &list.low_yield_pct, &mut limits.low_yield_pct, 0.0..=100.0),
            ("giveaway_pct", &list.giveaway_pct, &mut limits.giveaway_pct, 0.0..=100.0),
            ("sensor_min_c", &list.sensor_min_c, &mut limits.sensor_min_c, TEMPERATURES_C),
            ("sensor_max_c", &list.sensor_max_c, &mut limits.sensor_max_c, TEMPERATURES_C),
        ] {
            if let Some(given) = given {
                *limit = self.number(name, given, &bounds)?;
            }
        }
        let Limits { sensor_min_c, sensor_max_c, .. } = limits;
        match list.sensor_min_c.as_ref().or(list.sensor_max_c.as_ref()) {
            Some(at) if sensor_min_c >= sensor_max_c => {
                let reason = format!("sensor_min_c is {sensor_min_c}, which is not below sensor_max_c");
                self.wrong(at, format!("{reason}, {sensor_max_c}"))
            }
            _ => Ok(limits),
        }
    }
}

#[cfg(test)]
mod tests;
