//! The comparison of each night: when it is due. A night that was missed, because the machine was off or the
//! ERP away, is made up for as soon as somebody asks.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use domain::clock::first_moment;
use lake::{Lake, Manifest};
use process::{Environment, SettingsError};

/// When the ERP is compared with the lake, on the factory's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nightly {
    /// `None`: never of itself.
    at: Option<NaiveTime>,
    factory_tz: Tz,
}

impl Nightly {
    /// At this time of day; `None`: never of itself.
    pub const fn at(at: Option<NaiveTime>, factory_tz: Tz) -> Self {
        Self { at, factory_tz }
    }

    /// Reads `RECONCILE_AT`.
    pub fn read(
        environment: &Environment<impl Fn(&str) -> Option<String>>,
        factory_tz: Tz,
    ) -> Result<Self, SettingsError> {
        let expected = "use a time of day such as 02:30, or `never`";
        let at = environment.parsed("RECONCILE_AT", "02:30", expected, |text| {
            if text.eq_ignore_ascii_case("never") { Some(None) } else { time_of_day(text).map(Some) }
        })?;
        Ok(Self { at, factory_tz })
    }

    /// Whether a comparison is due: none has come to its end since it was last time for one. A lake that no
    /// job has read into has nothing to compare.
    pub async fn is_due(&self, lake: &Lake, now: DateTime<Utc>) -> lake::Result<bool> {
        let Some(latest) = self.latest(now) else { return Ok(false) };
        Ok(lake.manifest().await?.is_some_and(|(manifest, _)| is_older(&manifest, latest)))
    }

    /// The last moment until now at which it was time for a comparison.
    fn latest(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let at = self.at?;
        let today = now.with_timezone(&self.factory_tz).date_naive();
        let days = [Some(today), today.checked_sub_days(Days::new(1))];
        days.into_iter().flatten().map(|day| self.moment(day, at)).find(|moment| *moment <= now)
    }

    /// The moment at which the factory's clock shows this. On a day on which it does not, it is the moment at
    /// which it would have.
    fn moment(&self, day: NaiveDate, at: NaiveTime) -> DateTime<Utc> {
        first_moment(day.and_time(at), self.factory_tz)
    }
}

/// Whether the last comparison began before this.
fn is_older(manifest: &Manifest, latest: DateTime<Utc>) -> bool {
    let was_read = manifest.tables.values().any(|table| table.as_of.is_some());
    was_read && manifest.compared_at.is_none_or(|at| at.to_utc() < latest)
}

/// A time of day such as `02:30`, or `2:30` as a template may spell it.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let (hour, minute) = text.split_once(':')?;
    let number = |part: &str| {
        let is_plain = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| is_plain)
    };
    NaiveTime::from_hms_opt(number(hour)?, number(minute)?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nightly(at: &str, factory_tz: Tz) -> Result<Nightly, SettingsError> {
        Nightly::read(&Environment(|name: &str| (name == "RECONCILE_AT").then(|| at.to_owned())), factory_tz)
    }

    #[test]
    fn it_is_half_past_two_at_night_unless_said_otherwise() {
        let at = |text: &str| nightly(text, Tz::Europe__London).map(|nightly| nightly.at);
        assert_eq!(at(""), Ok(NaiveTime::from_hms_opt(2, 30, 0)));
        assert_eq!((at("4:5"), at("Never")), (Ok(NaiveTime::from_hms_opt(4, 5, 0)), Ok(None)));
        for wrong in ["24:00", "02:60", "2", "+2:30", "002:30", "02:30:00", "at night"] {
            let error = at(wrong).unwrap_err().to_string();
            assert!(error.starts_with(&format!("RECONCILE_AT is `{wrong}`: use a time of day")), "{error}");
        }
    }

    #[test]
    fn the_time_of_a_comparison_is_the_factory_s_on_every_day() {
        let check = |zone: Tz, now: &str, expect: &str| {
            let latest = nightly("02:30", zone).unwrap().latest(now.parse().unwrap());
            assert_eq!(latest, expect.parse().ok(), "{zone} at {now}");
        };
        check(Tz::Europe__London, "2026-11-20T02:30:00Z", "2026-11-20T02:30:00Z");
        check(Tz::Europe__London, "2026-11-20T02:29:59Z", "2026-11-19T02:30:00Z");
        check(Tz::Europe__London, "2026-07-01T02:00:00Z", "2026-07-01T01:30:00Z");
        check(Tz::America__New_York, "2026-11-20T02:30:00Z", "2026-11-19T07:30:00Z");
        // Berlin skips half past two in spring, and shows it twice in autumn.
        check(Tz::Europe__Berlin, "2026-03-29T12:00:00Z", "2026-03-29T01:30:00Z");
        check(Tz::Europe__Berlin, "2026-10-25T12:00:00Z", "2026-10-25T00:30:00Z");
        let never = nightly("never", Tz::UTC).unwrap().latest("2026-11-20T12:00:00Z".parse().unwrap());
        assert_eq!(never, None);
    }
}
