//! What changed rows touch: the runs, days, batches and products that must be made again in the marts.
//!
//! It is written into the manifest *before* staging is overwritten. After that the old rows are gone, and
//! nobody could tell where they counted. A job that dies between staging and marts leaves this note to the
//! next job.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::settings::{FactorySettings, Limits};
use polars::prelude::*;
use serde::{Deserialize, Serialize};

use crate::frames::codes;
use crate::sources::{DESPATCH, OfRun, SHIFTS, Source, TEMPERATURE_LOGS, TRACEABILITY, Touches};
use crate::staging::stamps::day_of_each;

/// More runs, batches or days than this are noted as "all".
const NOTE_MAX: usize = 2000;

/// What has to be made again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Touched {
    /// Every run, whatever `runs` says.
    #[serde(default)]
    pub(crate) all_runs: bool,
    /// The numbers of the runs, [folded](domain::code::folded) as all codes here.
    #[serde(default)]
    pub(crate) runs: BTreeSet<String>,
    /// The codes of batches about which something else is known now. The runs that name these batches are
    /// touched.
    #[serde(default)]
    pub(crate) batches: BTreeSet<String>,
    /// For each table whose rows count by day, by its staging name: the days. `None` is every day.
    #[serde(default)]
    pub(crate) days: BTreeMap<String, Option<BTreeSet<NaiveDate>>>,
    /// For each table that marts take by batch, by its staging name: the codes of the batches whose rows
    /// changed. `None` is every batch.
    #[serde(default)]
    pub(crate) rows_of_batches: BTreeMap<String, Option<BTreeSet<String>>>,
    /// Whether the product tables changed.
    #[serde(default)]
    pub(crate) products: bool,
}

impl Touched {
    /// What `rows` of `source` (old versions or new) touch.
    pub(crate) fn by(source: &Source, rows: &DataFrame) -> PolarsResult<Self> {
        let mut touched = Self::default();
        if rows.height() == 0 {
            return Ok(touched);
        }
        let staging = source.staging.to_owned();
        if source.run != OfRun::None {
            touched.runs = codes(rows, "run_number")?;
        }
        if let Some(days) = day_of_each(source, rows)? {
            let days = days.unique()?.date()?.as_date_iter().flatten().collect();
            touched.days.insert(staging.clone(), Some(days));
        }
        if let Some(batch) = source.batch {
            touched.rows_of_batches.insert(staging, Some(codes(rows, &source.column(batch).name())?));
        }
        for touches in source.touches {
            match touches {
                Touches::EveryRun => touched.all_runs = true,
                Touches::RunsNaming(batch) => {
                    touched.batches.extend(codes(rows, &source.column(batch).name())?);
                }
                Touches::EveryDayOf(other) => {
                    touched.days.insert(other.staging.to_owned(), None);
                }
                Touches::Products => touched.products = true,
            }
        }
        Ok(touched)
    }

    /// What a change of the factory's settings touches: what is made by the settings that differ. Nothing is
    /// made by the others yet.
    pub(crate) fn by_settings(before: &FactorySettings, after: &FactorySettings) -> Self {
        let of_runs = |settings: &FactorySettings| {
            let FactorySettings { shifts, grades, prices, limits, .. } = settings.clone();
            let Limits { low_yield_pct, giveaway_pct, stop_minutes, .. } = limits;
            (shifts, grades, prices, low_yield_pct, giveaway_pct, stop_minutes)
        };
        let of_probes = |settings: &FactorySettings| {
            let Limits { sensor_min_c, sensor_max_c, .. } = settings.limits;
            (sensor_min_c, sensor_max_c)
        };
        let by_day = [
            (&TEMPERATURE_LOGS, of_probes(before) != of_probes(after)),
            (&SHIFTS, before.shifts != after.shifts),
            (&TRACEABILITY, before.limits.intake_max_c != after.limits.intake_max_c),
            (&DESPATCH, before.limits.vehicle_max_c != after.limits.vehicle_max_c),
        ];
        Self {
            all_runs: of_runs(before) != of_runs(after),
            days: every_day_of(by_day.into_iter().filter(|(_, differs)| *differs).map(|(source, _)| source)),
            ..Self::default()
        }
    }

    /// What settings touch if nobody knows those before them.
    pub(crate) fn by_any_settings() -> Self {
        let days = every_day_of([&TEMPERATURE_LOGS, &SHIFTS, &TRACEABILITY, &DESPATCH]);
        Self { all_runs: true, days, ..Self::default() }
    }

    /// Adds what another change touches.
    pub(crate) fn merge(&mut self, other: Self) {
        self.all_runs |= other.all_runs;
        self.runs.extend(other.runs);
        self.batches.extend(other.batches);
        self.products |= other.products;
        if self.all_runs || self.runs.len() > NOTE_MAX || self.batches.len() > NOTE_MAX {
            self.all_runs = true;
            self.runs.clear();
            self.batches.clear();
        }
        merge_tables(&mut self.days, other.days);
        merge_tables(&mut self.rows_of_batches, other.rows_of_batches);
    }

    /// Whether nothing is touched.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Every day of these tables.
fn every_day_of<'s>(
    sources: impl IntoIterator<Item = &'s Source>,
) -> BTreeMap<String, Option<BTreeSet<NaiveDate>>> {
    sources.into_iter().map(|source| (source.staging.to_owned(), None)).collect()
}

/// Adds what another change touches in each table. More than [`NOTE_MAX`] entries of a table are noted as
/// all.
fn merge_tables<T: Ord + Clone>(
    ours: &mut BTreeMap<String, Option<BTreeSet<T>>>,
    theirs: BTreeMap<String, Option<BTreeSet<T>>>,
) {
    for (table, theirs) in theirs {
        let ours = ours.entry(table).or_insert_with(|| Some(BTreeSet::new()));
        *ours =
            ours.take().zip(theirs).map(|(ours, theirs)| &ours | &theirs).filter(|all| all.len() <= NOTE_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources;
    use chrono::NaiveTime;
    use domain::settings::{ShiftDate, ShiftTimes};

    #[test]
    fn too_many_runs_are_noted_as_all() {
        let mut touched = Touched { runs: (0..1500).map(|n| n.to_string()).collect(), ..Touched::default() };
        touched.merge(Touched { runs: (1000..2000).map(|n| n.to_string()).collect(), ..Touched::default() });
        assert!(!touched.all_runs && touched.runs.len() == 2000);
        touched.merge(Touched { runs: BTreeSet::from(["x".to_owned()]), ..Touched::default() });
        assert!(touched.all_runs && touched.runs.is_empty());
    }

    #[test]
    fn a_change_of_settings_touches_the_runs_if_they_are_judged_by_it() {
        let before = FactorySettings::default();
        let with = |limits| FactorySettings { limits, ..FactorySettings::default() };
        let limits = before.limits;
        assert!(Touched::by_settings(&before, &before).is_empty());
        assert!(!Touched::by_settings(&before, &with(Limits { intake_max_c: 9.0, ..limits })).all_runs);
        assert!(Touched::by_settings(&before, &with(Limits { stop_minutes: 9.0, ..limits })).all_runs);
        assert!(Touched::by_settings(&before, &with(Limits { giveaway_pct: 2.0, ..limits })).all_runs);
        let mut other = before.clone();
        other.grades.0.insert(domain::tier::Grade::Gg, vec!["Std".to_owned()]);
        assert!(Touched::by_settings(&before, &other).all_runs);
        let mut dearer = before.clone();
        dearer.prices.tiers.insert(1, 16.0);
        assert!(Touched::by_settings(&before, &dearer).all_runs, "downgrades have a price");
    }

    #[test]
    fn another_range_of_temperatures_touches_every_day_of_readings_and_no_run() {
        let before = FactorySettings::default();
        let every_day = Touched { days: every_day_of([&TEMPERATURE_LOGS]), ..Touched::default() };
        for limits in
            [Limits { sensor_min_c: -40.0, ..before.limits }, Limits { sensor_max_c: 40.0, ..before.limits }]
        {
            let after = FactorySettings { limits, ..before.clone() };
            assert_eq!(Touched::by_settings(&before, &after), every_day);
        }
    }

    #[test]
    fn another_limit_for_deliveries_or_vehicles_touches_every_day_of_them_and_no_run() {
        let before = FactorySettings::default();
        let limits = before.limits;
        for (limits, source) in [
            (Limits { intake_max_c: 3.0, ..limits }, &TRACEABILITY),
            (Limits { vehicle_max_c: 3.0, ..limits }, &DESPATCH),
        ] {
            let after = FactorySettings { limits, ..before.clone() };
            let every_day = Touched { days: every_day_of([source]), ..Touched::default() };
            assert_eq!(Touched::by_settings(&before, &after), every_day);
        }
    }

    #[test]
    fn other_shift_times_touch_every_day_of_bookings_and_every_run() {
        let [start, end] = [22, 6].map(|hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap());
        let code = "N".to_owned();
        let night = ShiftTimes { code, start, end, date: ShiftDate::Start, days: vec![], breaks: vec![] };
        let before = FactorySettings { shifts: vec![night.clone()], ..FactorySettings::default() };
        let all = Touched { days: every_day_of([&SHIFTS]), all_runs: true, ..Touched::default() };
        let pause = (start, NaiveTime::MIN);
        for shifts in [
            vec![],
            vec![ShiftTimes { date: ShiftDate::End, ..night.clone() }],
            vec![ShiftTimes { breaks: vec![pause], ..night }],
        ] {
            let after = FactorySettings { shifts, ..before.clone() };
            assert_eq!(Touched::by_settings(&before, &after), all);
        }
    }

    #[test]
    fn settings_that_nobody_knows_touch_all_that_any_of_them_touch() {
        let before = FactorySettings::default();
        let (code, date) = ("N".to_owned(), ShiftDate::Start);
        let [start, end] = [NaiveTime::MIN; 2];
        let after = FactorySettings {
            shifts: vec![ShiftTimes { code, start, end, date, days: vec![], breaks: vec![] }],
            limits: Limits {
                giveaway_pct: 2.0,
                sensor_min_c: -40.0,
                intake_max_c: 2.0,
                vehicle_max_c: 2.0,
                ..before.limits
            },
            ..before.clone()
        };
        assert_eq!(Touched::by_settings(&before, &after), Touched::by_any_settings());
    }

    #[test]
    fn a_batch_that_becomes_known_touches_the_runs_that_name_it_and_too_many_touch_all() {
        let touched =
            |source: &Source, rows: PolarsResult<DataFrame>| Touched::by(source, &rows.unwrap()).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 11, 2);
        let intakes = touched(
            &sources::TRACEABILITY,
            df!["batch_code" => [Some("B1"), None], "received_date" => [day, None], "landing_date" => [None, day],
                "kill_date" => [None::<NaiveDate>; 2], "updated_at" => [None::<chrono::NaiveDateTime>; 2]],
        );
        assert_eq!(intakes.days["traceability"], Some(day.into_iter().collect()));
        assert_eq!((intakes.runs.len(), intakes.batches), (0, BTreeSet::from(["b1".to_owned()])));
        let scans = touched(
            &sources::BATCH_LINEAGE,
            df!["run_number" => ["7"], "new_batch_code" => ["N1"], "parent_batch" => ["B1"]],
        );
        assert_eq!(
            (scans.runs, scans.batches),
            (BTreeSet::from(["7".to_owned()]), BTreeSet::from(["n1".to_owned()]))
        );
        let batches =
            |n: usize| Touched { batches: (0..n).map(|n| n.to_string()).collect(), ..Touched::default() };
        let mut touched = batches(2000);
        touched.merge(batches(1));
        assert!(!touched.all_runs && touched.batches.len() == 2000);
        touched.merge(batches(2001));
        assert!(touched.all_runs && touched.batches.is_empty());
    }

    #[test]
    fn a_row_that_tells_of_several_batches_touches_the_runs_that_name_any_of_them() {
        let told = &[Touches::RunsNaming("new_batch_code"), Touches::RunsNaming("parent_batch")];
        let source = Source { touches: told, ..sources::BATCH_LINEAGE };
        let rows = df!["run_number" => ["7"], "new_batch_code" => ["N1"], "parent_batch" => ["B1"]];
        let touched = Touched::by(&source, &rows.unwrap()).unwrap();
        assert_eq!(touched.batches, BTreeSet::from(["b1".to_owned(), "n1".to_owned()]));
    }

    #[test]
    fn days_are_noted_by_table_and_too_many_of_one_table_are_noted_as_every_day() {
        let days = |from: u64, count: usize| {
            NaiveDate::MIN.iter_days().skip(from as usize).take(count).collect::<BTreeSet<_>>()
        };
        let of = |table: &str, days| Touched {
            days: BTreeMap::from([(table.to_owned(), days)]),
            ..Touched::default()
        };
        let mut touched = of("shifts", Some(days(0, 1500)));
        touched.merge(of("shifts", Some(days(1000, 1000))));
        touched.merge(of("non_conformance", Some(days(0, 2))));
        assert_eq!(touched.days["shifts"], Some(days(0, 2000)));
        touched.merge(of("shifts", Some(days(2000, 1))));
        assert_eq!((&touched.days["shifts"], &touched.days["non_conformance"]), (&None, &Some(days(0, 2))));
        touched.merge(of("shifts", Some(days(0, 1))));
        assert_eq!(touched.days["shifts"], None, "every day stays every day");
    }

    #[test]
    fn an_order_touches_its_run_and_the_orders_of_the_batch_that_it_names() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 2);
        let at = day.and_then(|day| day.and_hms_opt(9, 0, 0));
        let rows =
            df!["run_number" => [Some("7"), None], "batch_code" => [None, Some("B1")], "despatch_date" => [day; 2], "updated_at" => [at; 2]].unwrap();
        let touched = Touched::by(&sources::DESPATCH, &rows).unwrap();
        assert_eq!((touched.runs, touched.batches), (BTreeSet::from(["7".to_owned()]), BTreeSet::new()));
        assert_eq!(
            touched.rows_of_batches,
            BTreeMap::from([("despatch".to_owned(), Some(BTreeSet::from(["b1".to_owned()])))])
        );
    }

    #[test]
    fn a_row_touches_the_day_it_counts_for_and_a_line_every_day_of_its_shifts() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
        let touched = |source: &Source, rows: PolarsResult<DataFrame>| {
            Touched::by(source, &rows.unwrap()).unwrap().days
        };
        let one = |table: &str, days: Option<BTreeSet<NaiveDate>>| BTreeMap::from([(table.to_owned(), days)]);
        let dated = |column: &str| df![column => [Some(day), None, Some(day)]];
        assert_eq!(
            touched(&sources::SHIFTS, dated("shift_date")),
            one("shifts", Some(BTreeSet::from([day])))
        );
        assert_eq!(
            touched(&sources::NON_CONFORMANCE, dated("nc_date")),
            one("non_conformance", Some(BTreeSet::from([day])))
        );
        let orders = df!["despatch_date" => [Some(day), None], "updated_at" => [day.and_hms_opt(9, 0, 0), day.succ_opt().unwrap().and_hms_opt(9, 0, 0)],
            "run_number" => [None::<&str>; 2], "batch_code" => [None::<&str>; 2]];
        assert_eq!(
            touched(&sources::DESPATCH, orders),
            one("despatch", Some(BTreeSet::from([day, day.succ_opt().unwrap()])))
        );
        let read = df!["reading_time" => [day.and_hms_opt(0, 0, 0), day.and_hms_opt(23, 59, 59)]];
        assert_eq!(
            touched(&sources::TEMPERATURE_LOGS, read),
            one("temperature_logs", Some(BTreeSet::from([day])))
        );
        assert_eq!(touched(&sources::PROD_LINES, df!["line_id" => ["L1"]]), one("shifts", None));
    }
}
