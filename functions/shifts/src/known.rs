//! All that is known of a shift. The answers about shifts are made of it, without reading more.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use api::compliance::CheckFinding;
use api::shift_now::ShiftTime;
use chrono::{Days, NaiveDate, NaiveDateTime};
use domain::code::folded;
use domain::settings::FactorySettings;
use domain::shift_instance::ShiftInstance;
use domain::tier::Tier;
use domain::working_time::WorkingTime;
use serve::window::Dates;
use serve::{Result, Snapshot, State, picked, work};
use tokio::try_join;
use warehouse::marts::{
    FCT_COMPLIANCE_CHECKS, FindingRow, LINE_MINUTES, LINE_STOPS, LineMinuteRow, LineStopRow, PRODUCTS,
    ProductRow, RunRow, SHIFT_LINES, ShiftLineRow, products_by_code, rows,
};

use crate::begun::ReadAt;
use crate::open_stop::on_at;
use crate::runs::{OnAt, RunKey, Runs, key_of};
use crate::severities::is_about;
use crate::target::Before;

/// Over how many days the best pace of a line is looked for.
const BEST_DAYS: u64 = 30;

/// What product is sold for.
#[derive(Clone, Debug)]
pub(crate) struct Prices {
    prices: domain::settings::Prices,
    /// The tiers of products, by their codes in whatever case.
    tiers: BTreeMap<String, Tier>,
}

impl Prices {
    /// What product is sold for.
    pub(crate) async fn read(snapshot: &Snapshot) -> Result<Arc<Self>> {
        let read = async |snapshot: Snapshot| {
            let products = snapshot.mart(&PRODUCTS, Dates::ALL).await?;
            let prices = snapshot.factory_settings()?.prices;
            work(move || {
                let tier = |row: ProductRow| {
                    let tier = Tier::try_from(row.product.tier?).ok()?;
                    Some((folded(&row.product.product_code?), tier))
                };
                let products = rows::<ProductRow>(&products_by_code(&products).collect()?)?;
                Ok(Self { prices, tiers: products.into_iter().filter_map(tier).collect() })
            })
            .await
        };
        snapshot.once(read).await
    }

    /// The price of a kilogram of a product.
    pub(crate) fn of(&self, product_code: Option<&str>) -> Option<f64> {
        let code = product_code?;
        self.prices.of(code, self.tiers.get(&folded(code)).copied())
    }
}

/// All that is known of a shift.
pub(crate) struct Known<'a> {
    pub(crate) shift: ShiftInstance<'a>,
    pub(crate) working: WorkingTime,
    pub(crate) read_at: ReadAt,
    /// Now, or the end of the shift, for the runs that were on then.
    pub(crate) at: OnAt,
    pub(crate) settings: &'a FactorySettings,
    /// The lines that made a pack in the shift.
    pub(crate) made: Vec<ShiftLineRow>,
    /// The lines of all shifts of 30 days.
    pub(crate) month: Vec<ShiftLineRow>,
    /// The minutes of the shift in which packs were made, by their first packs.
    pub(crate) minutes: Vec<LineMinuteRow>,
    /// The stops of the shift that ended with a pack.
    pub(crate) stops: Vec<LineStopRow>,
    /// The runs that made packs in the shift, those of about its date, and those that are on.
    pub(crate) runs: Runs,
    /// Lines whose packs of about this date have no time, so that nobody knows which are of the shift.
    pub(crate) timeless: BTreeSet<Option<String>>,
    /// The findings of the dates of the shift, and of those of its runs.
    pub(crate) findings: Vec<CheckFinding>,
    /// What was usual before.
    pub(crate) before: Before,
    pub(crate) prices: Arc<Prices>,
}

impl<'a> Known<'a> {
    /// Reads what is known of a shift that has begun.
    pub(crate) async fn read(
        state: &State,
        snapshot: &Snapshot,
        settings: &'a FactorySettings,
        shift: ShiftInstance<'a>,
    ) -> Result<Self> {
        let read_at = ReadAt::of(state, snapshot);
        let near = shift.starts_at.date()..=shift.ends_at.date();
        let of_packs = async {
            let minutes = minutes(snapshot, &shift).await?;
            let runs = Runs::read(snapshot, read_at, keys_of(minutes.iter()), Some(near.clone())).await?;
            let times = (shift.starts_at, shift.ends_at);
            let doubtful = timeless(snapshot, &runs, &minutes, times);
            let (timeless, findings) = try_join!(doubtful, findings(snapshot, &runs, &near))?;
            Ok((minutes, runs, timeless, findings))
        };
        let before = Before::read(snapshot, shift.date, &shift.shift.code);
        let (month, (minutes, runs, timeless, findings), stops, before, prices) = try_join!(
            month(snapshot, shift.date),
            of_packs,
            stops(snapshot, &shift),
            before,
            Prices::read(snapshot)
        )?;
        Ok(Self {
            working: WorkingTime::of(&shift, read_at.zone),
            made: month.iter().filter(|line| line.starts_at == shift.starts_at).cloned().collect(),
            at: on_at(&shift, &settings.shifts, read_at),
            shift,
            read_at,
            settings,
            month,
            minutes,
            stops,
            runs,
            timeless,
            findings,
            before,
            prices,
        })
    }

    /// Whether the shift is over.
    pub(crate) fn is_over(&self) -> bool {
        self.read_at.has_come(self.shift.ends_at)
    }

    /// How many minutes of its working time have passed.
    pub(crate) fn passed_minutes(&self) -> f64 {
        self.working.minutes_until(self.read_at.moment)
    }

    /// How many are left.
    pub(crate) fn minutes_left(&self) -> f64 {
        (self.working.minutes() - self.passed_minutes()).max(0.0)
    }

    /// The share of the working time that has passed. `None` if the shift has none.
    pub(crate) fn share(&self) -> Option<f64> {
        Some(self.passed_minutes() / self.working.minutes()).filter(|share| share.is_finite())
    }

    /// The minutes of a line.
    pub(crate) fn minutes_of(&self, line: Option<&str>) -> impl Iterator<Item = &LineMinuteRow> {
        self.minutes.iter().filter(move |minute| minute.prod_line.as_deref() == line)
    }

    /// The runs that made packs on a line in the shift.
    pub(crate) fn run_keys_of(&self, line: Option<&str>) -> BTreeSet<RunKey> {
        keys_of(self.minutes_of(line))
    }

    /// The run that was on on a line: now, or when the shift ended.
    pub(crate) fn on_line(&self, line: Option<&str>) -> Option<&RunRow> {
        self.runs.on_line(line, self.at, &self.made)
    }

    /// The runs of the shift: those that made packs in it, and those that are on.
    pub(crate) fn all_run_keys(&self) -> BTreeSet<RunKey> {
        let on = self.lines().into_keys().filter_map(|line| self.on_line(line.as_deref()).map(key_of));
        on.chain(keys_of(self.minutes.iter())).collect()
    }

    /// The findings about the runs of the shift, and those about no run since it started.
    pub(crate) fn findings_of_shift(&self) -> impl Iterator<Item = &CheckFinding> {
        let keys = self.all_run_keys();
        self.findings.iter().filter(move |finding| {
            let is_of_it = |at| self.shift.starts_at <= at && at < self.shift.ends_at;
            is_about(finding, &keys)
                || finding.run_number.is_none() && finding.detected_at.is_some_and(is_of_it)
        })
    }

    /// The lines that an answer tells of, each with its name: see [`api::shift_now::ShiftNow::lines`].
    pub(crate) fn lines(&self) -> BTreeMap<Option<String>, Option<String>> {
        let of_shift = self.made.iter().map(|line| (line.prod_line.clone(), line.line_name.clone()));
        let mut lines: BTreeMap<_, _> = of_shift.collect();
        let on = self.runs.on(self.at).filter(|run| self.on_line(run.prod_line.as_deref()) == Some(run));
        lines.extend(on.map(|run| (run.prod_line.clone(), run.line_name.clone())));
        lines.extend(self.timeless.iter().map(|line| (line.clone(), self.name_of(line.as_deref()))));
        for (id, _) in self.settings.lines.iter().filter(|(_, line)| line.shift_target_kg.is_some()) {
            let is_there =
                |line: &Option<String>| line.as_deref().is_some_and(|line| folded(line) == folded(id));
            if !lines.keys().any(is_there) {
                let known = self.month.iter().rev().find(|line| is_there(&line.prod_line));
                let line = known.and_then(|line| line.prod_line.clone()).unwrap_or_else(|| id.clone());
                lines.insert(Some(line), known.and_then(|line| line.line_name.clone()));
            }
        }
        lines
    }

    fn name_of(&self, line: Option<&str>) -> Option<String> {
        self.runs.all().filter(|run| run.prod_line.as_deref() == line).find_map(|run| run.line_name.clone())
    }
}

/// The lines of all shifts of the last days up to this one.
async fn month(snapshot: &Snapshot, date: NaiveDate) -> Result<Vec<ShiftLineRow>> {
    let days = Dates { from: date.checked_sub_days(Days::new(BEST_DAYS)), to: Some(date) };
    let frame = snapshot.mart(&SHIFT_LINES, days).await?;
    work(move || Ok(rows(&frame)?)).await
}

/// The minutes of a shift in which packs were made, by their first packs.
async fn minutes(snapshot: &Snapshot, shift: &ShiftInstance<'_>) -> Result<Vec<LineMinuteRow>> {
    let (starts_at, ends_at) = (shift.starts_at, shift.ends_at);
    let days = Dates { from: Some(starts_at.date()), to: Some(ends_at.date()) };
    let frame = snapshot.mart(&LINE_MINUTES, days).await?;
    work(move || {
        let is_of_it = |minute: &LineMinuteRow| starts_at <= minute.minute && minute.minute < ends_at;
        let mut minutes: Vec<_> = rows::<LineMinuteRow>(&frame)?.into_iter().filter(is_of_it).collect();
        minutes.sort_by(|one, other| {
            (one.first_pack_at, &one.run_number).cmp(&(other.first_pack_at, &other.run_number))
        });
        Ok(minutes)
    })
    .await
}

/// The stops of a shift that ended with a pack.
async fn stops(snapshot: &Snapshot, shift: &ShiftInstance<'_>) -> Result<Vec<LineStopRow>> {
    let frame = snapshot.mart(&LINE_STOPS, Dates::on(shift.date)).await?;
    let code = shift.shift.code.clone();
    work(move || {
        Ok(rows::<LineStopRow>(&frame)?.into_iter().filter(|stop| stop.shift_code == code).collect())
    })
    .await
}

fn keys_of<'a>(minutes: impl Iterator<Item = &'a LineMinuteRow>) -> BTreeSet<RunKey> {
    minutes.map(|minute| (minute.run_number.clone(), minute.production_date)).collect()
}

/// A shift as answers show it.
pub(crate) fn shift_time(shift: &ShiftInstance<'_>) -> ShiftTime {
    ShiftTime {
        date: shift.date,
        code: shift.shift.code.clone(),
        starts_at: shift.starts_at,
        ends_at: shift.ends_at,
    }
}

/// The lines that have a run with packs, but no pack with a time, that may be of this stretch of time. `minutes` are
/// some with packs that have been read before.
pub(crate) async fn timeless(
    snapshot: &Snapshot,
    runs: &Runs,
    minutes: &[LineMinuteRow],
    (from, to): (NaiveDateTime, NaiveDateTime),
) -> Result<BTreeSet<Option<String>>> {
    let timed = keys_of(minutes.iter());
    let dates = from.date()..=to.date();
    let is_doubtful = |run: &&RunRow| {
        let is_another =
            run.started_at.is_some_and(|at| at >= to) || run.finished_at.is_some_and(|at| at <= from);
        run.packs > 0 && dates.contains(&run.production_date) && !is_another && !timed.contains(&key_of(run))
    };
    let mut doubtful: BTreeMap<RunKey, Option<String>> =
        runs.all().filter(is_doubtful).map(|run| (key_of(run), run.prod_line.clone())).collect();
    if doubtful.is_empty() {
        return Ok(BTreeSet::new());
    }
    // The packs of a run may have been made on the day before its date, or on the day after it.
    let around = Dates { from: dates.start().pred_opt(), to: dates.end().succ_opt() };
    let frame = snapshot.mart(&LINE_MINUTES, around).await?;
    work(move || {
        let dates = frame.column("production_date")?.date()?.physical().iter();
        for (number, date) in frame.column("run_number")?.str()?.iter().zip(dates) {
            if let Some((number, date)) = number.zip(date.and_then(NaiveDate::from_epoch_days)) {
                doubtful.remove(&(number.to_owned(), date));
            }
        }
        Ok(doubtful.into_values().collect())
    })
    .await
}

/// The findings of the dates of a shift and of those of these runs.
async fn findings(
    snapshot: &Snapshot,
    runs: &Runs,
    near: &RangeInclusive<NaiveDate>,
) -> Result<Vec<CheckFinding>> {
    let dates: BTreeSet<NaiveDate> =
        runs.all().map(|run| run.production_date).chain([*near.start(), *near.end()]).collect();
    let wanted =
        |name: &str| dates.iter().any(|date| FCT_COMPLIANCE_CHECKS.part_overlaps(name, *date, *date));
    let parts = snapshot.parts(&FCT_COMPLIANCE_CHECKS, |name, _| wanted(name)).await?;
    work(move || {
        let mut findings = Vec::new();
        for (_, frame) in parts {
            let days = frame.column("detected_on")?.date()?.physical();
            let is_of_dates = |day: Option<i32>| {
                day.and_then(NaiveDate::from_epoch_days).is_some_and(|day| dates.contains(&day))
            };
            let is_of_dates: Vec<bool> = days.iter().map(is_of_dates).collect();
            let rows = rows::<FindingRow>(&picked(&frame, &is_of_dates)?)?;
            findings.extend(rows.into_iter().map(|row| row.finding));
        }
        Ok(findings)
    })
    .await
}
