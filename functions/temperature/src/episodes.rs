//! `/temperature/episodes`. The mart cuts episodes at midnight, people see them whole. Whether one is over,
//! the days after it tell too, those after the window as well.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::temperature::{DAYS, Episode, TemperatureQuery};
use chrono::{NaiveDate, NaiveDateTime};
use domain::episodes::is_gap;
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{EpisodeRow, PlaceDayRow, TEMPERATURE_EPISODES, TEMPERATURE_PLACES, rows};

pub(crate) async fn episodes(state: State, ask: Ask<TemperatureQuery, Vec<Episode>>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&TEMPERATURE_EPISODES, dates).await?;
    let places = snapshot.mart(&TEMPERATURE_PLACES, Dates { to: None, ..dates }).await?;
    work(move || {
        let last_good = last_good(rows(&places)?);
        let newest_first = whole(rows(&frame)?).into_iter().map(|located| {
            let first_id = located.episode.first_id;
            let episode = located.shown(&last_good);
            ((Reverse(episode.started_at), episode.location.clone(), first_id), episode)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}

/// When each place was last inside its limits.
fn last_good(days: Vec<PlaceDayRow>) -> BTreeMap<Option<String>, NaiveDateTime> {
    let mut last_good = BTreeMap::new();
    for PlaceDayRow { location, last_good_at, .. } in days {
        if let Some(at) = last_good_at {
            let last = last_good.entry(location).or_insert(at);
            *last = at.max(*last);
        }
    }
    last_good
}

/// An episode at a location, as far as it was joined: up to `last_date`.
struct LocatedEpisode {
    location: Option<String>,
    last_date: NaiveDate,
    /// The longest time without a reading that does not end it.
    gap_seconds: i64,
    episode: domain::episodes::Episode,
}

impl LocatedEpisode {
    /// The episode as far as it lies in one day.
    fn of_day(row: EpisodeRow) -> Self {
        let EpisodeRow { first_log_id, reading_date, is_from_start, is_to_end, gap_seconds, episode } = row;
        Self {
            location: episode.location,
            last_date: reading_date,
            gap_seconds,
            episode: domain::episodes::Episode {
                first_id: first_log_id,
                started_at: episode.started_at,
                ended_at: episode.ended_at,
                readings: episode.readings,
                peak_celsius: episode.peak_celsius,
                max_degrees_over: episode.max_degrees_over,
                is_from_start,
                is_to_end,
                is_open: episode.open,
            },
        }
    }

    /// Whether midnight cut `next` off this episode: it is on the next day at the same location, and between
    /// the two there is neither a reading nor a gap.
    fn goes_on_in(&self, next: &Self) -> bool {
        self.location == next.location
            && self.episode.is_to_end
            && next.episode.is_from_start
            && self.last_date.succ_opt() == Some(next.last_date)
            && !is_gap(self.episode.ended_at, next.episode.started_at, next.gap_seconds)
    }

    fn shown(self, last_good: &BTreeMap<Option<String>, NaiveDateTime>) -> Episode {
        let good_since = last_good.get(&self.location).is_some_and(|at| *at > self.episode.ended_at);
        Episode {
            open: self.episode.is_open && !good_since,
            location: self.location,
            started_at: self.episode.started_at,
            ended_at: self.episode.ended_at,
            duration_minutes: self.episode.minutes(),
            readings: self.episode.readings,
            peak_celsius: self.episode.peak_celsius,
            max_degrees_over: self.episode.max_degrees_over,
        }
    }
}

/// Joins the episodes that midnight cut.
fn whole(mut days: Vec<EpisodeRow>) -> Vec<LocatedEpisode> {
    days.sort_by(|one, other| {
        let place = (&one.episode.location, one.reading_date, one.episode.started_at);
        place.cmp(&(&other.episode.location, other.reading_date, other.episode.started_at))
    });
    let mut whole: Vec<LocatedEpisode> = Vec::new();
    for next in days.into_iter().map(LocatedEpisode::of_day) {
        match whole.last_mut().filter(|last| last.goes_on_in(&next)) {
            Some(last) => {
                last.last_date = next.last_date;
                last.episode = last.episode.joined(next.episode);
            }
            None => whole.push(next),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An episode of one reading, the only one of its day.
    fn row(time: &str) -> EpisodeRow {
        let time: NaiveDateTime = time.parse().unwrap();
        EpisodeRow {
            reading_date: time.date(),
            is_from_start: true,
            is_to_end: true,
            gap_seconds: 1800,
            episode: Episode { started_at: time, ended_at: time, open: true, ..Episode::default() },
            ..EpisodeRow::default()
        }
    }

    #[test]
    fn an_episode_goes_on_over_midnight_unless_a_gap_ends_it() {
        let episodes = |before: &str, after: &str| whole(vec![row(after), row(before)]).len();
        assert_eq!(episodes("2026-11-02T23:45:00", "2026-11-03T00:15:00"), 1);
        assert_eq!(episodes("2026-11-02T23:45:00", "2026-11-03T00:16:00"), 2);
    }

    #[test]
    fn an_episode_is_open_until_its_place_is_good_again_on_whatever_day() {
        let open = |last_good: &str| {
            let good = BTreeMap::from([(None, last_good.parse().unwrap())]);
            LocatedEpisode::of_day(row("2026-11-02T23:45:00")).shown(&good).open
        };
        assert!(open("2026-11-02T23:40:00") && !open("2026-11-05T08:00:00"));
    }
}
