//! `fct_compliance_checks`: a row per violation; several findings of one check in one run are one row.

use domain::checks::Check;
use polars::prelude::*;

use super::findings::{Finding, RUN_CHECKS, Run, temperature_breach};
use super::{Build, Mart, date, number, temperature_breaches, text, time, whole};
use crate::frames;
use crate::scope::{ReadingScope, RunScope};

/// Violations of the compliance checks. `detected_on` is the production date of a run and the day of a reading.
pub const FCT_COMPLIANCE_CHECKS: Mart = Mart {
    name: "fct_compliance_checks",
    columns: &[
        text("check").always(),
        text("severity").always(),
        text("run_number"),
        date("production_date"),
        text("prod_line"),
        text("product_code"),
        text("location"),
        number("measured"),
        number("limit"),
        text("detail").always(),
        time("detected_at"),
        date("detected_on").always(),
        whole("reading_id"),
    ],
    grain: &["check", "run_number", "production_date", "reading_id"],
    month_of: Some("detected_on"),
    tables: &[
        "run_numbers",
        "transactions",
        "plu",
        "run_totals",
        "prod_lines",
        "product_catalogue",
        "run_sheets",
        "run_inputs",
        "run_outputs",
        "temperature_logs",
    ],
    builds: &[Build::Runs(build_runs), Build::Readings(build_readings)],
};

fn build_runs(scope: &RunScope) -> PolarsResult<DataFrame> {
    let runs = &scope.finished;
    let number = |name| runs.column(name)?.f64();
    let (complete, product_code) = (runs.column("complete")?.bool()?, runs.column("product_code")?.str()?);
    let (input_kg, actual_kg, yield_pct, giveaway_pct) = (number("input_kg")?, number("actual_kg")?, number("yield_pct")?, number("giveaway_pct")?);
    let mut violations = Violations::default();
    for row in 0..runs.height() {
        let run = Run {
            complete: complete.get(row).unwrap_or_default(),
            product_code: product_code.get(row),
            input_kg: input_kg.get(row),
            actual_kg: actual_kg.get(row),
            yield_pct: yield_pct.get(row),
            giveaway_pct: giveaway_pct.get(row),
        };
        for (check, judge) in RUN_CHECKS {
            if let Some(finding) = judge(&run) {
                violations.add(row, *check, finding);
            }
        }
    }
    let midnight = col("production_date").cast(DataType::Datetime(TimeUnit::Microseconds, None));
    violations.of(
        runs,
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

fn build_readings(scope: &ReadingScope) -> PolarsResult<DataFrame> {
    let readings = temperature_breaches::judged(scope)?;
    let number = |name| readings.column(name)?.f64();
    let (temp, over, min, max) = (number("temp_celsius")?, number("degrees_over")?, number("target_min")?, number("target_max")?);
    let mut violations = Violations::default();
    for row in 0..readings.height() {
        if let (Some(temp), Some(over)) = (temp.get(row), over.get(row)) {
            violations.add(row, Check::TemperatureBreach, temperature_breach(temp, over, min.get(row), max.get(row)));
        }
    }
    violations.of(
        &readings,
        [col("location"), col("reading_time").alias("detected_at"), col("reading_date").alias("detected_on"), col("log_id").alias("reading_id")],
    )
}

/// The findings, each with the row that it was found in.
#[derive(Default)]
struct Violations {
    rows: Vec<IdxSize>,
    checks: Vec<Check>,
    findings: Vec<Finding>,
}

impl Violations {
    fn add(&mut self, row: usize, check: Check, finding: Finding) {
        self.rows.push(row as IdxSize);
        self.checks.push(check);
        self.findings.push(finding);
    }

    /// The rows of the mart: what was found, beside what `place` takes from the rows where it was found.
    fn of(self, searched: &DataFrame, place: impl AsRef<[Expr]>) -> PolarsResult<DataFrame> {
        let mut rows = searched.take(&IdxCa::from_vec("row".into(), self.rows))?.lazy().select(place).collect()?;
        let findings = self.findings.iter();
        for column in [
            Column::new("check".into(), self.checks.iter().map(|check| check.as_str()).collect::<Vec<_>>()),
            Column::new("severity".into(), self.checks.iter().map(|check| check.severity().as_str()).collect::<Vec<_>>()),
            Column::new("measured".into(), findings.clone().map(|finding| finding.measured).collect::<Vec<_>>()),
            Column::new("limit".into(), findings.clone().map(|finding| finding.limit).collect::<Vec<_>>()),
            Column::new("detail".into(), findings.map(|finding| finding.detail.as_str()).collect::<Vec<_>>()),
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

    fn of_runs(named: PolarsResult<DataFrame>, columns: &[&str]) -> Vec<String> {
        let mut scope = no_runs();
        scope.finished = runs(&named.unwrap());
        let mart = build_runs(&scope).unwrap();
        assert_eq!(**mart.schema(), FCT_COMPLIANCE_CHECKS.schema());
        shown(&mart, columns)
    }

    #[test]
    fn a_low_yield_is_one_of_a_complete_run_below_the_limit() {
        let named = df![
            "run_number" => ["1", "2", "3", "4", "5"],
            "production_date" => [day(2); 5],
            "product_code" => ["A"; 5],
            "complete" => [true, false, true, true, true],
            "input_kg" => [Some(1000.0), Some(1000.0), Some(1000.0), None, Some(1000.0)],
            "actual_kg" => [842.25, 500.0, 900.0, 500.0, 899.6],
            "yield_pct" => [Some(84.225), Some(50.0), Some(90.0), None, Some(89.96)],
        ];
        assert_eq!(
            of_runs(named, &["check", "severity", "run_number", "production_date", "measured", "limit", "detail"]),
            [
                "low_yield | WARNING | 1 | 2026-11-02 | 84.225 | 90 | yield 84.2 % is below 90 %: 842.3 kg out of 1000.0 kg",
                "low_yield | WARNING | 5 | 2026-11-02 | 89.96 | 90 | yield 89.96 % is below 90 %: 899.6 kg out of 1000.0 kg",
            ]
        );
    }

    #[test]
    fn giveaway_and_product_code_are_judged_while_a_run_is_still_going() {
        let named = df![
            "run_number" => ["1", "2", "3", "4"],
            "production_date" => [day(2); 4],
            "prod_line" => ["L1"; 4],
            "complete" => [false, false, true, false],
            "product_code" => [Some("A"), None, Some("  "), Some("A")],
            "giveaway_pct" => [Some(4.25), Some(3.0), Some(12.0), None],
        ];
        assert_eq!(
            of_runs(named, &["check", "severity", "run_number", "prod_line", "product_code", "measured", "limit", "detail"]),
            [
                "high_giveaway | WARNING | 1 | L1 | A | 4.25 | 3 | giveaway 4.3 % is above 3 %",
                "missing_product_code | MAJOR | 2 | L1 | - | - | - | the run has no product code",
                "high_giveaway | WARNING | 3 | L1 |    | 12 | 3 | giveaway 12.0 % is above 3 %",
                "missing_product_code | MAJOR | 3 | L1 |    | - | - | the run has no product code",
            ]
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
        assert_eq!(
            of_runs(named, &["check", "production_date", "detected_at", "detected_on", "location", "reading_id"]),
            [
                "missing_product_code | 2026-11-02 | 2026-11-02 14:00:00 | 2026-11-02 | - | -",
                "missing_product_code | 2026-11-03 | 2026-11-03 06:00:00 | 2026-11-03 | - | -",
                "missing_product_code | 2026-11-04 | 2026-11-04 05:00:00 | 2026-11-04 | - | -",
                "missing_product_code | 2026-11-05 | 2026-11-05 00:00:00 | 2026-11-05 | - | -",
            ]
        );
    }

    #[test]
    fn each_reading_outside_its_limits_is_a_violation_without_a_run() {
        let named = df![
            "log_id" => [11_i64, 12, 13],
            "location" => [Some("Chiller 1"), Some("Chiller 1"), None],
            "reading_time" => [at(2, 8, 0), at(2, 8, 5), at(2, 8, 10)],
            "temp_celsius" => [7.25, 5.0, -2.0],
            "target_min" => [0.0, 0.0, -1.5],
            "target_max" => [5.0, 5.0, 4.0],
        ];
        let mart = build_readings(&readings(&named.unwrap())).unwrap();
        assert_eq!(**mart.schema(), FCT_COMPLIANCE_CHECKS.schema());
        assert_eq!(
            shown(&mart, &["check", "severity", "run_number", "production_date", "location", "measured", "limit"]),
            ["temperature_breach | CRITICAL | - | - | Chiller 1 | 7.25 | 5", "temperature_breach | CRITICAL | - | - | - | -2 | -1.5"]
        );
        assert_eq!(
            shown(&mart, &["detail", "detected_at", "detected_on", "reading_id"]),
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
