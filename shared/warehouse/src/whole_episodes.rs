//! Episodes of readings outside their limits as people see them. The mart cuts them at midnight.

use chrono::NaiveDate;
use domain::episodes::{Episode, is_gap};

use crate::marts::EpisodeRow;

/// An episode at a location, as far as it was joined: up to `last_date`.
#[derive(Clone, Debug)]
pub struct WholeEpisode {
    pub location: Option<String>,
    last_date: NaiveDate,
    /// The longest time without a reading that does not end it.
    gap_seconds: i64,
    pub episode: Episode,
}

impl WholeEpisode {
    /// The episode as far as it lies in one day.
    fn of_day(row: EpisodeRow) -> Self {
        let EpisodeRow { first_log_id, reading_date, is_from_start, is_to_end, gap_seconds, episode } = row;
        Self {
            location: episode.location,
            last_date: reading_date,
            gap_seconds,
            episode: Episode {
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
}

/// Joins the episodes that midnight cut.
pub fn whole(mut days: Vec<EpisodeRow>) -> Vec<WholeEpisode> {
    days.sort_by(|one, other| {
        let place = (&one.episode.location, one.reading_date, one.episode.started_at);
        place.cmp(&(&other.episode.location, other.reading_date, other.episode.started_at))
    });
    let mut whole: Vec<WholeEpisode> = Vec::new();
    for next in days.into_iter().map(WholeEpisode::of_day) {
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
    use chrono::NaiveDateTime;

    /// An episode of one reading, the only one of its day.
    fn row(time: &str) -> EpisodeRow {
        let time: NaiveDateTime = time.parse().unwrap();
        EpisodeRow {
            reading_date: time.date(),
            is_from_start: true,
            is_to_end: true,
            gap_seconds: 1800,
            episode: api::temperature::Episode {
                started_at: time,
                ended_at: time,
                open: true,
                ..api::temperature::Episode::default()
            },
            ..EpisodeRow::default()
        }
    }

    #[test]
    fn an_episode_goes_on_over_midnight_unless_a_gap_ends_it() {
        let episodes = |before: &str, after: &str| whole(vec![row(after), row(before)]).len();
        assert_eq!(episodes("2026-11-02T23:45:00", "2026-11-03T00:15:00"), 1);
        assert_eq!(episodes("2026-11-02T23:45:00", "2026-11-03T00:16:00"), 2);
    }
}
