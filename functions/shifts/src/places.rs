//! The places where temperatures are read, as they were in a shift.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::handover::PlaceInShift;
use chrono::NaiveDateTime;
use serve::window::Dates;
use serve::{Result, Snapshot, work};
use warehouse::marts::{PlaceDayRow, TEMPERATURE_EPISODES, TEMPERATURE_PLACES, rows};
use warehouse::whole_episodes::{WholeEpisode, whole};

use crate::begun::widened;
use crate::known::Known;

/// The places that were read on the days of a shift, those with breaches first.
pub(crate) async fn places(snapshot: &Snapshot, known: &Known<'_>) -> Result<Vec<PlaceInShift>> {
    let (starts_at, ends_at) = (known.shift.starts_at, known.shift.ends_at);
    let days = Dates { from: Some(starts_at.date()), to: Some(ends_at.date()) };
    let read = snapshot.mart(&TEMPERATURE_PLACES, days).await?;
    let episodes = snapshot.mart(&TEMPERATURE_EPISODES, widened(days)).await?;
    work(move || {
        let mut days: Vec<PlaceDayRow> = rows(&read)?;
        days.sort_by_key(|day| day.reading_date);
        let mut places: BTreeMap<Option<String>, Place> = BTreeMap::new();
        for day in days {
            let place = places.entry(day.location.clone()).or_default();
            place.last_good_at = place.last_good_at.max(day.last_good_at);
            place.shown.location.clone_from(&day.location);
            // Of a day that went on after the shift, nobody knows what was read last in it.
            if day.last_reading_at < ends_at {
                place.shown.last_reading_at = Some(day.last_reading_at);
                place.shown.last_celsius = Some(day.last_celsius);
            }
        }
        for WholeEpisode { location, episode, .. } in whole(rows(&episodes)?) {
            let touches = episode.started_at < ends_at && starts_at <= episode.ended_at;
            if let Some(place) = places.get_mut(&location).filter(|_| touches) {
                let is_good_since = place.last_good_at.is_some_and(|at| at > episode.ended_at);
                let shown = &mut place.shown;
                shown.breaches += 1;
                shown.longest_breach_minutes = shown.longest_breach_minutes.max(episode.minutes());
                let degrees = shown.max_degrees_over.unwrap_or(f64::NEG_INFINITY);
                shown.max_degrees_over = Some(degrees.max(episode.max_degrees_over));
                shown.open |= episode.is_open && !is_good_since;
            }
        }
        let mut places: Vec<PlaceInShift> = places.into_values().map(|place| place.shown).collect();
        places.sort_by_key(|place| (Reverse(place.open), Reverse(place.longest_breach_minutes)));
        Ok(places)
    })
    .await
}

#[derive(Default)]
struct Place {
    shown: PlaceInShift,
    last_good_at: Option<NaiveDateTime>,
}
