//! `/temperature/episodes`. Whether an episode is over, the days after it tell too, those after the window as
//! well.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::temperature::{DAYS, Episode, TemperatureQuery};
use chrono::NaiveDateTime;
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{PlaceDayRow, TEMPERATURE_EPISODES, TEMPERATURE_PLACES, rows};
use warehouse::whole_episodes::{WholeEpisode, whole};

pub(crate) async fn episodes(state: State, ask: Ask<TemperatureQuery, Vec<Episode>>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&TEMPERATURE_EPISODES, dates).await?;
    let places = snapshot.mart(&TEMPERATURE_PLACES, Dates { to: None, ..dates }).await?;
    work(move || {
        let last_good = last_good(rows(&places)?);
        let newest_first = whole(rows(&frame)?).into_iter().map(|located| {
            let first_id = located.episode.first_id;
            let episode = shown(located, &last_good);
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

fn shown(located: WholeEpisode, last_good: &BTreeMap<Option<String>, NaiveDateTime>) -> Episode {
    let WholeEpisode { location, episode, .. } = located;
    let good_since = last_good.get(&location).is_some_and(|at| *at > episode.ended_at);
    Episode {
        open: episode.is_open && !good_since,
        location,
        started_at: episode.started_at,
        ended_at: episode.ended_at,
        duration_minutes: episode.minutes(),
        readings: episode.readings,
        peak_celsius: episode.peak_celsius,
        max_degrees_over: episode.max_degrees_over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warehouse::marts::EpisodeRow;

    #[test]
    fn an_episode_is_open_until_its_place_is_good_again_on_whatever_day() {
        let time: NaiveDateTime = "2026-11-02T23:45:00".parse().unwrap();
        let episode = Episode { started_at: time, ended_at: time, open: true, ..Episode::default() };
        let row = EpisodeRow { reading_date: time.date(), episode, ..EpisodeRow::default() };
        let open = |last_good: &str| {
            let good = BTreeMap::from([(None, last_good.parse().unwrap())]);
            whole(vec![row.clone()]).into_iter().any(|located| shown(located, &good).open)
        };
        assert!(open("2026-11-02T23:40:00") && !open("2026-11-05T08:00:00"));
    }
}
