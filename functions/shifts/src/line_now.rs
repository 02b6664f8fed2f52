//! A line in a shift: what it does, what it made, and where it lands.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Add;

use api::shift_now::{LineNow, LineStatus, MadeSoFar, Reason};
use api::stops::LineStop;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use domain::clock::first_moment;
use domain::pace::{PACE_MINUTES, PackMinute, RecentPace, recent_pace};
use domain::projection::{Moment, Projection, RECENT_SHARE, SHIFTS_MAX, SILENT_MINUTES, Way, projection};
use domain::ratio::ratio_pct;
use domain::yields::YieldSum;
use warehouse::marts::{LineMinuteRow, RunRow, ShiftLineRow, ShiftProgressRow};

use crate::figures::{Figure, Figures, Reasons};
use crate::known::Known;
use crate::open_stop::{late_start, open_stop};
use crate::runs::{RunKey, key_of, last_run_of};
use crate::severities::Severities;
use crate::target::Target;

/// A pace that is over so many times the best one of the line is out of reach.
const OUT_OF_REACH_TIMES: f64 = 1.5;

/// How far the points of a line's way through a shift are apart, % of the working time.
const WAY_STEP_PCT: f64 = 5.0;

/// A line in a shift. Its figures are told one by one, since those of all lines are made of them.
pub(crate) struct Line<'a> {
    known: &'a Known<'a>,
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    /// What the mart has of it, if it made a pack.
    made: Option<&'a ShiftLineRow>,
    /// The run that is on, or was when the shift ended.
    on: Option<&'a RunRow>,
    pub(crate) open_stop: Option<LineStop>,
    pub(crate) target: Option<Target>,
    /// Its last shifts of this code before this one, by their dates.
    pub(crate) ways: BTreeMap<NaiveDate, Way>,
    pub(crate) pace: Figure<RecentPace>,
    /// Where it lands.
    pub(crate) projection: Figure<Projection>,
}

/// All lines of a shift, by their ids.
pub(crate) fn lines<'a>(known: &'a Known<'a>) -> Vec<Line<'a>> {
    let lines = known.lines().into_iter();
    lines.map(|(id, name)| Line::of(known, id, name)).collect()
}

impl<'a> Line<'a> {
    fn of(known: &'a Known<'a>, id: Option<String>, name: Option<String>) -> Self {
        let made = known.made.iter().find(|made| made.prod_line == id);
        let on = known.on_line(id.as_deref());
        let open_stop = match (made, on) {
            _ if known.timeless.contains(&id) => None,
            (Some(made), _) => open_stop(made, &known.shift, &known.runs, on, known.read_at),
            (None, Some(run)) => late_start(run, &known.shift, &known.settings.limits, known.read_at),
            (None, None) => None,
        };
        let target = known.before.target(id.as_deref(), known.settings);
        let ways = ways(known, id.as_deref());
        let unknown = Err(Reason::NoPacks);
        let mut line = Self {
            known,
            id,
            name,
            made,
            on,
            open_stop,
            target,
            ways,
            pace: unknown,
            projection: Err(Reason::NoPacks),
        };
        line.pace = line.recent_pace();
        line.projection = line.projected();
        line
    }

    pub(crate) fn shown(&self) -> LineNow {
        let mut reasons = Reasons::default();
        let run = self.run();
        LineNow {
            prod_line: self.id.clone(),
            line_name: self.name.clone(),
            status: self.status().to_string(),
            since: self.since(),
            run_number: run.map(|run| run.run_number.clone()),
            production_date: run.map(|run| run.production_date),
            product_code: run.and_then(|run| run.product_code.clone()),
            product: run.and_then(|run| run.product.clone()),
            species: run.and_then(|run| run.species.clone()),
            target_source: self.target.map(|target| target.source.to_string()),
            needed_packs_per_min: reasons.told("needed_packs_per_min", self.needed_packs_per_min()),
            kg_per_min: reasons.told("kg_per_min", self.pace.map(|pace| pace.kg_per_min)),
            best_packs_per_min: self.best_packs_per_min(),
            way: self.way(),
            figures: self.figures().shown(reasons),
        }
    }

    fn figures(&self) -> Figures {
        let mut keys = self.known.run_keys_of(self.id.as_deref());
        keys.extend(self.on.map(key_of));
        Figures {
            made_kg: self.made_kg(),
            expected_kg: self.expected_kg(),
            target_kg: self.target_kg(),
            projection: self.projection,
            packs_per_min: self.pace.map(|pace| pace.packs_per_min),
            packs: self.packs(),
            giveaway_kg: self.giveaway_kg(),
            giveaway_pct: self.giveaway_pct(),
            giveaway_money: self.giveaway_money(),
            yield_pct: yield_pct(self.known, &keys),
            stops: self.stops(),
            stopped_minutes: self.stopped_minutes(),
            longest_stop_minutes: self.longest_stop_minutes(),
            severities: Severities::of(&self.known.findings, &keys),
            rejected_rows: rejected_rows(self.known, &keys),
        }
    }

    pub(crate) fn status(&self) -> LineStatus {
        match (&self.on, &self.open_stop) {
            (None, _) => LineStatus::Idle,
            (Some(_), Some(_)) => LineStatus::Stopped,
            (Some(_), None) => LineStatus::Running,
        }
    }

    /// Since when it does what it does.
    fn since(&self) -> Option<NaiveDateTime> {
        let last_pack_at = self.made.map(|made| made.last_pack_at);
        match self.status() {
            LineStatus::Stopped => self.open_stop.as_ref().map(|stop| stop.started_at),
            LineStatus::Idle => last_pack_at,
            LineStatus::Running => {
                let stops = self.known.stops.iter().filter(|stop| stop.prod_line == self.id);
                let last_stop = stops.map(|stop| stop.ended_at).max();
                let begun = self.made.map(|made| made.first_pack_at);
                let run_began = self.on.and_then(|run| run.started_at);
                last_stop.max(begun).or(run_began.map(|at| at.max(self.known.shift.starts_at)))
            }
        }
    }

    /// The run that is on, or else the one that the line made last in the shift.
    pub(crate) fn run(&self) -> Option<&RunRow> {
        let last = |made: &ShiftLineRow| self.known.runs.get(&last_run_of(made));
        self.on.or_else(|| self.made.and_then(last))
    }

    /// Whether its packs have times.
    fn is_timed(&self) -> bool {
        !self.known.timeless.contains(&self.id)
    }

    /// A figure of its packs; nobody knows it where they have no times.
    fn of_packs<T: Default>(&self, value: impl FnOnce(&ShiftLineRow) -> T) -> Figure<T> {
        if self.is_timed() { Ok(self.made.map(value).unwrap_or_default()) } else { Err(Reason::NoData) }
    }

    pub(crate) fn packs(&self) -> Figure<i64> {
        self.of_packs(|made| made.made.packs)
    }

    pub(crate) fn made_kg(&self) -> Figure<f64> {
        self.of_packs(|made| made.made.made_kg)
    }

    pub(crate) fn target_kg(&self) -> Figure<f64> {
        self.target.map(|target| target.kg).ok_or(Reason::FewShifts)
    }

    pub(crate) fn expected_kg(&self) -> Figure<f64> {
        Ok(self.target_kg()? * self.known.share().ok_or(Reason::NoTimeLeft)?.min(1.0))
    }

    /// Where it lands. A line of a shift that is over lands at what it made.
    fn projected(&self) -> Figure<Projection> {
        let made_kg = self.made_kg()?;
        if self.known.is_over() {
            return Ok(Projection { kg: made_kg, low_kg: made_kg, high_kg: made_kg });
        }
        let share = self.known.share().ok_or(Reason::NoTimeLeft)?;
        if self.known.passed_minutes() < SILENT_MINUTES {
            return Err(Reason::TooEarly);
        }
        let now = Moment { made_kg, recent_kg: self.recent_kg() };
        let ways: Vec<Way> = self.ways.values().cloned().collect();
        projection(share, now, &ways).ok_or(Reason::FewShifts)
    }

    /// How far it was at each step so far, and is now.
    fn way(&self) -> Vec<MadeSoFar> {
        let (Ok(made_kg), Some(share)) = (self.made_kg(), self.known.share()) else { return Vec::new() };
        let elapsed_pct = (share * 100.0).min(100.0);
        let steps = (0..=20_u32).map(|step| f64::from(step) * WAY_STEP_PCT);
        let passed = steps.take_while(|pct| *pct < elapsed_pct);
        let mut minutes = self.known.minutes_of(self.id.as_deref()).peekable();
        let mut so_far_kg = 0.0;
        let mut way: Vec<MadeSoFar> = passed
            .map(|elapsed_pct| {
                let until = self.known.working.minutes() * elapsed_pct / 100.0;
                let is_before =
                    |minute: &&LineMinuteRow| self.known.working.minutes_before(minute.minute) < until;
                while let Some(minute) = minutes.next_if(is_before) {
                    so_far_kg += minute.made.made_kg;
                }
                MadeSoFar { elapsed_pct, made_kg: so_far_kg }
            })
            .collect();
        way.push(MadeSoFar { elapsed_pct, made_kg });
        way
    }

    /// What it made in the last tenth of the working time.
    pub(crate) fn recent_kg(&self) -> f64 {
        let since = self.known.passed_minutes() - RECENT_SHARE * self.known.working.minutes();
        let is_recent = |minute: &&LineMinuteRow| self.known.working.minutes_before(minute.minute) >= since;
        let recent = self.known.minutes_of(self.id.as_deref()).filter(is_recent);
        recent.map(|minute| minute.made.made_kg).fold(0.0, Add::add)
    }

    /// The pace that would still reach the target.
    fn needed_packs_per_min(&self) -> Figure<f64> {
        let missing_kg = (self.target_kg()? - self.made_kg()?).max(0.0);
        let left = self.known.minutes_left();
        if left <= 0.0 {
            return Err(Reason::NoTimeLeft);
        }
        let needed = missing_kg / self.pack_kg().ok_or(Reason::NoPacks)? / left;
        match self.best_packs_per_min() {
            Some(best) if needed > OUT_OF_REACH_TIMES * best => Err(Reason::OutOfReach),
            _ => Ok(needed),
        }
    }

    /// What a pack weighs on average: in this shift, or else in the last one before it.
    fn pack_kg(&self) -> Option<f64> {
        let before = self.known.month.iter().filter(|line| line.prod_line == self.id);
        let before = before.filter(|line| line.starts_at < self.known.shift.starts_at);
        let of =
            |line: &ShiftLineRow| Some(line.made.made_kg / line.made.packs as f64).filter(|kg| *kg > 0.0);
        self.made.and_then(of).or_else(|| before.max_by_key(|line| line.starts_at).and_then(of))
    }

    /// The best of 30 days. What was made in less than a quarter of an hour tells no pace.
    fn best_packs_per_min(&self) -> Option<f64> {
        let quarter = TimeDelta::minutes(PACE_MINUTES);
        let of_line = self.known.month.iter().filter(|line| line.prod_line == self.id);
        let long = of_line.filter(|line| line.last_pack_at - line.first_pack_at >= quarter);
        long.filter_map(|line| line.best_packs_per_min).max_by(f64::total_cmp)
    }

    fn recent_pace(&self) -> Figure<RecentPace> {
        if !self.is_timed() {
            return Err(Reason::NoData);
        }
        let minutes = pack_minutes(self.known.minutes_of(self.id.as_deref()));
        let Some(last) = minutes.last() else { return Err(Reason::NoPacks) };
        let is_once = self.known.working.is_one_moment(last.last_at);
        let none = if is_once { Reason::NoPacks } else { Reason::ClockChange };
        recent_pace(&minutes, self.until(), self.known.read_at.zone, Some(&self.known.working)).ok_or(none)
    }

    /// The moment at which the ERP was read, or at which the shift ended.
    fn until(&self) -> DateTime<Utc> {
        let end = first_moment(self.known.shift.ends_at, self.known.read_at.zone);
        self.known.read_at.moment.min(end)
    }

    pub(crate) fn giveaway_kg(&self) -> Figure<f64> {
        self.made_kg()?;
        match self.made {
            // Nobody knows what packs without targets give away.
            Some(made) if made.made.packs > 0 && made.made.pack_target_kg <= 0.0 => {
                Err(Reason::NoPackTargets)
            }
            made => Ok(made.map_or(0.0, |made| made.made.giveaway_kg)),
        }
    }

    /// What the packs had to weigh that giveaway is known of.
    pub(crate) fn pack_target_kg(&self) -> f64 {
        self.made.map_or(0.0, |made| made.made.pack_target_kg)
    }

    fn giveaway_pct(&self) -> Figure<f64> {
        let none = if self.packs() == Ok(0) { Reason::NoPacks } else { Reason::NoPackTargets };
        ratio_pct(self.giveaway_kg()?, self.pack_target_kg()).ok_or(none)
    }

    /// What the giveaway would have been sold for, product by product.
    pub(crate) fn giveaway_money(&self) -> Figure<f64> {
        self.giveaway_kg()?;
        let mut by_product: BTreeMap<Option<&str>, f64> = BTreeMap::new();
        for minute in self.known.minutes_of(self.id.as_deref()) {
            *by_product.entry(minute.product_code.as_deref()).or_default() += minute.made.giveaway_kg;
        }
        by_product.into_iter().try_fold(0.0, |money, (product, kg)| match self.known.prices.of(product) {
            Some(price) => Ok(money + price * kg),
            None if kg == 0.0 => Ok(money),
            None => Err(Reason::NoPrice),
        })
    }

    pub(crate) fn stops(&self) -> Figure<i64> {
        Ok(self.of_packs(|made| made.stops)? + i64::from(self.open_stop.is_some()))
    }

    pub(crate) fn stopped_minutes(&self) -> Figure<f64> {
        Ok(self.of_packs(|made| made.stopped_minutes)? + self.open_minutes())
    }

    pub(crate) fn longest_stop_minutes(&self) -> Figure<f64> {
        Ok(self.of_packs(|made| made.longest_stop_minutes)?.max(self.open_minutes()))
    }

    fn open_minutes(&self) -> f64 {
        self.open_stop.as_ref().map_or(0.0, |stop| stop.minutes)
    }
}

/// The last shifts of a line of this code before this one, by their dates.
fn ways(known: &Known<'_>, line: Option<&str>) -> BTreeMap<NaiveDate, Way> {
    let Some(ways) = known.before.ways(line) else { return BTreeMap::new() };
    let earlier = ways.range(..known.shift.date).rev().take(SHIFTS_MAX);
    let way = |rows: &Vec<ShiftProgressRow>| {
        let mut rows: Vec<_> = rows.iter().collect();
        rows.sort_by_key(|row| row.elapsed_pct);
        Way::of(rows.into_iter().map(|row| row.made_kg).collect())
    };
    earlier.filter_map(|(date, rows)| Some((*date, way(rows)?))).collect()
}

/// The yield of those of these runs that are complete.
pub(crate) fn yield_pct(known: &Known<'_>, keys: &BTreeSet<RunKey>) -> Figure<f64> {
    let mut sum = YieldSum::default();
    for run in keys.iter().filter_map(|key| known.runs.get(key)).filter(|run| run.complete) {
        sum.add(&run.kg());
    }
    sum.yield_pct().ok_or(Reason::NoYield)
}

/// How many rows of these runs were rejected.
pub(crate) fn rejected_rows(known: &Known<'_>, keys: &BTreeSet<RunKey>) -> i64 {
    keys.iter().filter_map(|key| known.runs.get(key)).map(|run| run.rejected_rows).sum()
}

/// Minutes as paces are told by.
pub(crate) fn pack_minutes<'a>(minutes: impl Iterator<Item = &'a LineMinuteRow>) -> Vec<PackMinute> {
    let of = |minute: &LineMinuteRow| PackMinute {
        first_at: minute.first_pack_at,
        last_at: minute.last_pack_at,
        packs: minute.made.packs,
        made_kg: minute.made.made_kg,
        stop_after_minutes: minute.stop_after_minutes,
    };
    minutes.map(of).collect()
}
