//! `/shift/now`: the shift that is on.

use std::collections::BTreeSet;

use api::compliance::CheckFinding;
use api::query::NoQuery;
use api::shift_now::{Reason, ShiftBefore, ShiftNow, ShiftOn, ShiftTime, Unknown};
use chrono::{Days, NaiveDate};
use domain::clock::first_moment;
use domain::settings::{FactorySettings, ShiftTimes};
use domain::shift_instance::ShiftInstance;
use serve::window::Dates;
use serve::{Answer, Ask, Result, Snapshot, State};
use tokio::try_join;
use warehouse::marts::RunRow;

use crate::at_risk::pending;
use crate::attention::attention;
use crate::begun::{ReadAt, begun_before};
use crate::known::{Known, shift_time};
use crate::line_now::{Line, lines};
use crate::lots::Lots;
use crate::runs::{OnAt, Runs, key_of};
use crate::totals::totals;

/// Orders of how many days are told, today's included.
pub(crate) const ORDER_DAYS: u32 = 3;

/// A breach of a day ago is found today to have no record: so far back it may have begun.
const LASTING_DAYS: u64 = 2;

/// How far ahead the next shift is looked for.
const AHEAD_DAYS: u64 = 14;

pub(crate) async fn now(state: State, ask: Ask<NoQuery, ShiftNow>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    // It is told as of the moment at which the ERP was read, so that it stays the same until it is read again.
    let told = snapshot.once(async |snapshot: Snapshot| told(&state, &snapshot).await).await?;
    ask.object(ShiftNow::clone(&told), snapshot.as_of())
}

async fn told(state: &State, snapshot: &Snapshot) -> Result<ShiftNow> {
    let settings = snapshot.factory_settings()?;
    let read_at = ReadAt::of(state, snapshot);
    let today = read_at.time().date();
    let shift = ShiftInstance::at(&settings.shifts, read_at.time());
    let before =
        begun_before(&settings.shifts, shift.map_or(read_at.time(), |shift| shift.starts_at), read_at);
    let near = shift.map(|shift| shift.starts_at.date()..=shift.ends_at.date());
    let runs = Runs::read(snapshot, read_at, BTreeSet::new(), near).await?;
    let on: Vec<RunRow> = runs.on(OnAt::now(read_at)).cloned().collect();
    let (known, previous, lots, orders, lasting) = try_join!(
        known(state, snapshot, &settings, shift),
        known(state, snapshot, &settings, before),
        Lots::of(snapshot, on.iter().map(key_of).collect()),
        pending(snapshot, &on, today, ORDER_DAYS),
        lasting(state, snapshot, today)
    )?;
    let lines_of_it = known.as_ref().map(lines).unwrap_or_default();
    let of_shift = known.as_ref().map(|known| (known, lines_of_it.as_slice()));
    Ok(ShiftNow {
        shift: known.as_ref().map(shift_on),
        next: next(&settings.shifts, read_at).filter(|_| shift.is_none()).map(|shift| shift_time(&shift)),
        totals: of_shift.map(|(known, lines)| totals(known, lines)),
        attention: attention(of_shift, today, &on, &lots, &orders, &lasting),
        lines: lines_of_it.iter().map(Line::shown).collect(),
        currency: settings.prices.currency.clone(),
        previous: previous.map(|known| ShiftBefore {
            shift: shift_time(&known.shift),
            totals: totals(&known, &lines(&known)),
        }),
        reasons: shift.is_none().then(|| no_shift(&settings, Reason::BetweenShifts)).into_iter().collect(),
    })
}

async fn known<'a>(
    state: &State,
    snapshot: &Snapshot,
    settings: &'a FactorySettings,
    shift: Option<ShiftInstance<'a>>,
) -> Result<Option<Known<'a>>> {
    match shift {
        Some(shift) => Known::read(state, snapshot, settings, shift).await.map(Some),
        None => Ok(None),
    }
}

/// The findings that last, and those of the last days that time alone makes.
pub(crate) async fn lasting(
    state: &State,
    snapshot: &Snapshot,
    today: NaiveDate,
) -> Result<Vec<CheckFinding>> {
    let dates = Dates { from: today.checked_sub_days(Days::new(LASTING_DAYS)), to: Some(today) };
    let found = live::findings(state, snapshot, dates, true).await?;
    Ok(found.into_iter().map(|row| row.finding).collect())
}

/// Why there is no shift.
pub(crate) fn no_shift(settings: &FactorySettings, otherwise: Reason) -> Unknown {
    let reason = if settings.shifts.is_empty() { Reason::NoShiftTimes } else { otherwise };
    Unknown::because("shift", reason)
}

/// The shift with how far it is.
pub(crate) fn shift_on(known: &Known<'_>) -> ShiftOn {
    let ShiftTime { date, code, starts_at, ends_at } = shift_time(&known.shift);
    ShiftOn {
        date,
        code,
        starts_at,
        ends_at,
        elapsed_pct: known.share().unwrap_or(1.0) * 100.0,
        working_minutes_left: known.minutes_left(),
    }
}

/// The next shift to start.
fn next(shifts: &[ShiftTimes], read_at: ReadAt) -> Option<ShiftInstance<'_>> {
    let today = read_at.time().date();
    let days = (0..=AHEAD_DAYS).filter_map(|days| today.checked_add_days(Days::new(days)));
    let starting =
        days.flat_map(|day| shifts.iter().filter_map(move |shift| ShiftInstance::starting_on(shift, day)));
    let is_ahead = |shift: &ShiftInstance<'_>| first_moment(shift.starts_at, read_at.zone) > read_at.moment;
    starting.filter(is_ahead).min_by_key(|shift| shift.starts_at)
}
