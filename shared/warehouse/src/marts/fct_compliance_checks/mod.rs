//! `fct_compliance_checks`: a row per violation. Several findings of one check in one run are one row.
//!
//! The rules are those of `domain`. This module says what each check looks at, and how a finding is put in
//! words. Each kind of finding has a file.

mod bookings;
mod cases;
mod finding;
mod intakes;
mod packs;
mod paperwork;
mod premium;
mod readings;
mod rejected;
mod run;
mod scanbacks;
mod simply_salmon;
#[cfg(test)]
mod small_run;
mod species;
mod vehicles;
mod yields;

use api::compliance::CheckFinding;
use api::row;
use chrono::NaiveDate;
use domain::checks::Check;
use polars::prelude::*;

use super::{Build, Mart, RUN_TABLES, columns_of, stg_temperature};
use crate::scope::{DayScope, RunScope};
use crate::sources::{BATCH_LINEAGE, CASE_VERIFICATION, DESPATCH, TEMPERATURE_LOGS, TRACEABILITY};
use crate::{finding_id, frames};
use finding::Finding;
use run::{Frames, Run};

row! {
    /// A finding with its place in the mart.
    pub struct FindingRow {
        /// The production date of a run, or the day of a reading, a delivery or an order.
        detected_on: NaiveDate,
        /// The id of the reading; null for a run.
        reading_id: Option<i64>,
        ..finding: CheckFinding,
    }
}

/// Violations of the compliance checks. `detected_on` is the production date of a run, the day of a reading, the
/// day on which a delivery came and that on which an order leaves.
pub const FCT_COMPLIANCE_CHECKS: Mart = Mart {
    name: "fct_compliance_checks",
    columns: columns_of::<FindingRow>(),
    grain: &["finding_id"],
    month_of: Some("detected_on"),
    batches: &[],
    tables: &[RUN_TABLES, &[&TRACEABILITY, &BATCH_LINEAGE, &TEMPERATURE_LOGS, &CASE_VERIFICATION, &DESPATCH]],
    builds: &[
        Build::Runs(build_runs),
        Build::Days(&TEMPERATURE_LOGS, build_readings),
        Build::Days(&TRACEABILITY, intakes::build),
        Build::Days(&DESPATCH, vehicles::build),
    ],
};

/// Judges a run: returns what is wrong with it, if anything.
type Judge = fn(&Run) -> Option<Finding>;

/// The checks of runs. Another one is a line here and its function in the file of its kind.
const RUN_CHECKS: &[(Check, Judge)] = &[
    (Check::GgInPremium, premium::gg_in_premium),
    (Check::TailsInPremium, premium::tails_in_premium),
    (Check::PremiumDowngraded, premium::premium_downgraded),
    (Check::SimplySalmonTier, simply_salmon::simply_salmon_tier),
    (Check::SpeciesMismatch, species::species_mismatch),
    (Check::ScanbackWithoutParent, scanbacks::scanback_without_parent),
    (Check::MissingProductCode, paperwork::missing_product_code),
    (Check::PluMismatch, cases::plu_mismatch),
    (Check::UnmappedExceptionRun, paperwork::unmapped_exception_run),
    (Check::NegativeQuantity, bookings::negative_quantity),
    (Check::RejectedRows, rejected::rejected_rows),
    (Check::LowYield, yields::low_yield),
    (Check::HighGiveaway, yields::high_giveaway),
    (Check::LabelGap, cases::label_gap),
    (Check::WeightMismatch, paperwork::weight_mismatch),
    (Check::UnderweightLot, packs::underweight_lot),
];

fn build_runs(scope: &RunScope) -> PolarsResult<DataFrame> {
    let frames = Frames::of(scope)?;
    let mut violations = Violations::default();
    let numbers = scope.finished.column("run_number")?.str()?.iter();
    let dates = scope.finished.column("production_date")?.date()?.as_date_iter();
    for ((row, run), key) in frames.runs(scope)?.iter().enumerate().zip(numbers.zip(dates)) {
        let (number, date) = (key.0.unwrap_or_default(), key.1.unwrap_or_default());
        for (check, judge) in RUN_CHECKS {
            if let Some(finding) = judge(run) {
                violations.add(row, *check, finding_id::of_run(*check, number, date), finding);
            }
        }
    }
    let midnight = col("production_date").cast(DataType::Datetime(TimeUnit::Microseconds, None));
    violations.of(
        &scope.finished,
        [
            col("run_number"),
            col("production_date"),
            col("prod_line"),
            col("product_code"),
            coalesce(&[col("finished_at"), col("started_at"), col("created"), midnight]).alias("detected_at"),
            col("production_date").alias("detected_on"),
        ],
    )
}

fn build_readings(scope: &DayScope) -> PolarsResult<DataFrame> {
    let judged = stg_temperature::build(scope)?;
    let number = |name| judged.column(name)?.f64();
    let (temp, over, min, max) =
        (number("temp_celsius")?, number("degrees_over")?, number("target_min")?, number("target_max")?);
    let faults = judged.column("sensor_fault")?.bool()?;
    let ids = judged.column("log_id")?.i64()?;
    let mut violations = Violations::default();
    for row in 0..judged.height() {
        let Some(temp) = temp.get(row) else { continue };
        let (check, finding) = if faults.get(row) == Some(true) {
            (Check::SensorFault, readings::sensor_fault(temp, &scope.settings.limits))
        } else if let Some(over) = over.get(row) {
            let breach = readings::temperature_breach(temp, over, min.get(row), max.get(row));
            (Check::TemperatureBreach, breach)
        } else {
            continue;
        };
        let key = ids.get(row).unwrap_or_default().to_string();
        violations.add(row, check, finding_id::of_row(check, &key), finding);
    }
    violations.of(
        &judged,
        [
            col("location"),
            col("reading_time").alias("detected_at"),
            col("reading_date").alias("detected_on"),
            col("log_id").alias("reading_id"),
        ],
    )
}

/// Where a finding stands that is known by its day alone.
fn of_the_day() -> Vec<Expr> {
    let midnight = col("day").cast(DataType::Datetime(TimeUnit::Microseconds, None));
    vec![midnight.alias("detected_at"), col("day").alias("detected_on")]
}

/// The findings, each with its check, its id and the row that it was found in.
#[derive(Default)]
struct Violations {
    rows: Vec<IdxSize>,
    checks: Vec<Check>,
    ids: Vec<String>,
    findings: Vec<Finding>,
}

impl Violations {
    fn add(&mut self, row: usize, check: Check, id: String, finding: Finding) {
        self.rows.push(row as IdxSize);
        self.checks.push(check);
        self.ids.push(id);
        self.findings.push(finding);
    }

    /// The rows of the mart: each finding, beside the columns that `place` takes from the row of `searched`
    /// where it was found.
    fn of(self, searched: &DataFrame, place: impl AsRef<[Expr]>) -> PolarsResult<DataFrame> {
        let mut rows =
            searched.take(&IdxCa::from_vec("row".into(), self.rows))?.lazy().select(place).collect()?;
        let findings = self.findings.iter();
        for column in [
            Column::new("check".into(), self.checks.iter().map(|check| check.as_str()).collect::<Vec<_>>()),
            Column::new(
                "severity".into(),
                self.checks.iter().map(|check| check.severity().as_str()).collect::<Vec<_>>(),
            ),
            Column::new(
                "measured".into(),
                findings.clone().map(|finding| finding.measured).collect::<Vec<_>>(),
            ),
            Column::new("limit".into(), findings.clone().map(|finding| finding.limit).collect::<Vec<_>>()),
            Column::new("detail".into(), findings.map(|finding| finding.detail.as_str()).collect::<Vec<_>>()),
            Column::new("finding_id".into(), &self.ids),
        ] {
            rows.with_column(column)?;
        }
        frames::fit(&rows, &FCT_COMPLIANCE_CHECKS.schema())
    }
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{at, day, no_runs, readings, runs, shown};
    use super::*;

    #[test]
    fn every_check_is_judged() {
        let judged: Vec<_> = RUN_CHECKS.iter().map(|(check, _)| *check).collect();
        let of_days = [
            Check::TemperatureBreach,
            Check::SensorFault,
            Check::WarmIntake,
            Check::WarmVehicle,
            Check::MissingKde,
        ];
        let is_of_a_run = |check: &Check| !of_days.contains(check) && !check.is_judged_when_asked();
        let of_runs: Vec<_> = Check::ALL.iter().copied().filter(is_of_a_run).collect();
        assert_eq!(judged, of_runs);
    }

    #[test]
    fn children_count_for_the_run_of_their_date_alone() {
        let mut scope = no_runs();
        let two = df!["run_number" => ["7", "7"], "production_date" => [day(2), day(3)], "product_code" => ["A", "A"], "complete" => [true, true]];
        scope.finished = runs(&two.unwrap());
        let outputs = df!["run_number" => ["7", "7"], "production_date" => [day(3), day(4)], "tier" => [1_i64, 1], "piece_type" => ["tail", "tail"], "qty_kg" => [2.0, 3.0]];
        scope.outputs = super::super::small_factory::of_run(&crate::sources::RUN_OUTPUTS, &outputs.unwrap());
        assert_eq!(
            shown(&build_runs(&scope).unwrap(), &["check", "production_date", "measured"]),
            ["tails_in_premium | 2026-11-03 | 2"]
        );
    }

    #[test]
    fn a_violation_was_seen_when_the_run_ended_else_began_else_was_made_else_at_midnight() {
        let named = df![
            "run_number" => ["7", "7", "7", "7"],
            "production_date" => [day(2), day(3), day(4), day(5)],
            "complete" => [true; 4],
            "finished_at" => [Some(at(2, 14, 0)), None, None, None],
            "started_at" => [Some(at(2, 6, 0)), Some(at(3, 6, 0)), None, None],
            "created" => [Some(at(2, 5, 0)), Some(at(3, 5, 0)), Some(at(4, 5, 0)), None],
        ];
        let mut scope = no_runs();
        scope.finished = runs(&named.unwrap());
        assert_eq!(
            shown(
                &build_runs(&scope).unwrap(),
                &["check", "production_date", "detected_at", "detected_on", "location", "reading_id"]
            ),
            [
                "missing_product_code | 2026-11-02 | 2026-11-02 14:00:00 | 2026-11-02 | - | -",
                "missing_product_code | 2026-11-03 | 2026-11-03 06:00:00 | 2026-11-03 | - | -",
                "missing_product_code | 2026-11-04 | 2026-11-04 05:00:00 | 2026-11-04 | - | -",
                "missing_product_code | 2026-11-05 | 2026-11-05 00:00:00 | 2026-11-05 | - | -",
            ]
        );
    }

    #[test]
    fn each_reading_outside_its_limits_or_of_a_broken_probe_is_a_violation_without_a_run() {
        let named = df![
            "log_id" => [11_i64, 12, 13, 14],
            "location" => [Some("Chiller 1"), Some("Chiller 1"), None, Some("Dock")],
            "reading_time" => [at(2, 8, 0), at(2, 8, 5), at(2, 8, 10), at(2, 8, 15)],
            "temp_celsius" => [7.25, 5.0, -2.0, 85.0],
            "target_min" => [0.0, 0.0, -1.5, 0.0],
            "target_max" => [5.0, 5.0, 4.0, 5.0],
        ];
        let mart = build_readings(&readings(&named.unwrap())).unwrap();
        assert_eq!(**mart.schema(), FCT_COMPLIANCE_CHECKS.schema());
        assert_eq!(
            shown(
                &mart,
                &["check", "severity", "run_number", "production_date", "location", "measured", "limit"]
            ),
            [
                "temperature_breach | CRITICAL | - | - | Chiller 1 | 7.25 | 5",
                "temperature_breach | CRITICAL | - | - | - | -2 | -1.5",
                "sensor_fault | MAJOR | - | - | Dock | 85 | 60"
            ]
        );
        assert_eq!(
            shown(&mart.head(Some(2)), &["detail", "detected_at", "detected_on", "reading_id"]),
            [
                "7.3 °C is 2.3 °C above the maximum of 5 °C | 2026-11-02 08:00:00 | 2026-11-02 | 11",
                "-2.0 °C is 0.5 °C below the minimum of -1.5 °C | 2026-11-02 08:10:00 | 2026-11-02 | 13",
            ]
        );
    }

    #[test]
    fn nothing_to_judge_makes_an_empty_mart() {
        let empty = DataFrame::empty_with_schema(&FCT_COMPLIANCE_CHECKS.schema());
        assert_eq!(build_runs(&no_runs()).unwrap(), empty);
        assert_eq!(build_readings(&readings(&DataFrame::empty())).unwrap(), empty);
    }
}
