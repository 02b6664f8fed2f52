//! Episodes: the mart holds them by day, people see them whole.

use std::cmp::Reverse;

use api::temperature::{Episode, TemperatureQuery};
use chrono::NaiveDate;
use domain::episodes::Episode as Cut;
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{EpisodeRow, TEMPERATURE_EPISODES, rows};

pub(crate) async fn episodes(state: State, ask: Ask<TemperatureQuery, Vec<Episode>>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&TEMPERATURE_EPISODES, state.last_days(ask.query.days.0)).await?;
    work(move || {
        let newest_first = whole(rows(&frame)?).into_iter();
        ask.list(
            newest_first
                .map(|(id, episode)| ((Reverse(episode.started_at), episode.location.clone(), id), episode))
                .collect(),
            &snapshot,
        )
    })
    .await
}

/// The episodes, each with the id of its first reading, and those joined that midnight cut: the one is the
/// last of its day, the other the first of the next, and no reading between was inside.
fn whole(mut days: Vec<EpisodeRow>) -> Vec<(i64, Episode)> {
    days.sort_by(|one, other| {
        let place = (&one.episode.location, one.reading_date, one.episode.started_at);
        place.cmp(&(&other.episode.location, other.reading_date, other.episode.started_at))
    });
    let mut whole: Vec<(NaiveDate, Option<String>, Cut)> = Vec::new();
    for day in days {
        let episode = day.episode;
        let cut = Cut {
            first_id: day.first_log_id,
            started_at: episode.started_at,
            ended_at: episode.ended_at,
            readings: episode.readings,
            peak_celsius: episode.peak_celsius,
            max_degrees_over: episode.max_degrees_over,
            is_from_start: day.is_from_start,
            is_to_end: day.is_to_end,
        };
        match whole.last_mut() {
            Some((date, location, last))
                if *location == episode.location
                    && last.is_to_end
                    && cut.is_from_start
                    && date.succ_opt() == Some(day.reading_date) =>
            {
                (*date, *last) = (day.reading_date, last.joined(cut));
            }
            _ => whole.push((day.reading_date, episode.location, cut)),
        }
    }
    let shown = |location, whole: &Cut| Episode {
        location,
        started_at: whole.started_at,
        ended_at: whole.ended_at,
        duration_minutes: whole.minutes(),
        readings: whole.readings,
        peak_celsius: whole.peak_celsius,
        max_degrees_over: whole.max_degrees_over,
    };
    whole.into_iter().map(|(_, location, whole)| (whole.first_id, shown(location, &whole))).collect()
}
