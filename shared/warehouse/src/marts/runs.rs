//! `runs`: a run with its sheet, totals, inputs, outputs and packs, and the yields that follow.

use api::row;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use domain::product_type::ProductType;
use domain::run_state::RunState;
use domain::species::Species;
use domain::yields::{RunKg, actual_kg, efficiency_pct, giveaway_pct, waste_kg, waste_pct, yield_pct};
use polars::prelude::*;

use super::bookings::{quantities, sum, without_weight};
use super::{Build, Mart, RUN_KEY, RUN_TABLES, columns_of, left_join, stg_runs};
use crate::frames;
use crate::scope::RunScope;

row! {
    /// A run with its sheet, its totals and the sums of its inputs, outputs and packs.
    pub struct RunRow {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The shift.
        shift_code: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// Who buys the product.
        customer: Option<String>,
        /// The product's own shelf life, days.
        #[at_least(0)]
        shelf_life_days: Option<i64>,
        /// The species, by the run's description, else by its product.
        #[one_of(Species::NAMES)]
        species: Option<String>,
        /// The kind of product, by the run's description, else by its product.
        #[one_of(ProductType::NAMES)]
        product_type: Option<String>,
        /// The specification that it is made to.
        spec: Option<String>,
        /// Whether the ERP calls it active.
        active: bool,
        /// Whether it is finished.
        complete: bool,
        /// Rows of the run that were rejected and that the ERP has not mended yet.
        #[at_least(0)]
        rejected_rows: i64,
        /// When the ERP made it.
        created: Option<NaiveDateTime>,
        /// When the ERP changed it last.
        updated: Option<NaiveDateTime>,
        /// When it began: by its sheet, or when the ERP made it if the sheet does not tell.
        started_at: Option<NaiveDateTime>,
        /// When it began, by its sheet.
        sheet_started_at: Option<NaiveDateTime>,
        /// When it ended.
        finished_at: Option<NaiveDateTime>,
        /// When something was last booked to it: a pack, an input, an output or a scan.
        last_activity_at: Option<NaiveDateTime>,
        /// Whether inputs are booked.
        has_inputs: bool,
        /// Inputs that are booked without a weight.
        #[at_least(0)]
        inputs_without_weight: i64,
        /// Whether outputs are booked.
        has_outputs: bool,
        /// Outputs that are booked without a weight.
        #[at_least(0)]
        outputs_without_weight: i64,
        /// Fish that went in, kg. Null where an input has no weight, or where they add up to less than nothing.
        #[at_least(0)]
        input_kg: Option<f64>,
        /// What came out, kg: the outputs, or the sum of the weighing system where none is booked. Null where an
        /// output has no weight, or where they add up to less than nothing.
        #[at_least(0)]
        actual_kg: Option<f64>,
        /// What the run sheet asks for, kg.
        target_kg: Option<f64>,
        /// Input less output, kg.
        waste_kg: Option<f64>,
        /// Output as a share of input, %.
        yield_pct: Option<f64>,
        /// Waste as a share of input, %.
        waste_pct: Option<f64>,
        /// Output as a share of target, %.
        efficiency_pct: Option<f64>,
        /// Packs.
        #[at_least(0)]
        packs: i64,
        /// Packs whose net and target weight are both known.
        #[at_least(0)]
        weighed_packs: i64,
        /// What the weighed packs weigh above their targets, g.
        pack_giveaway_g: Option<f64>,
        /// What the weighed packs had to weigh, g.
        pack_target_g: Option<f64>,
        /// Weight above target that was given away, % of target.
        giveaway_pct: Option<f64>,
        /// Baskets, by the sheet.
        baskets: Option<i64>,
        /// First label number, by the sheet.
        start_label: Option<i64>,
        /// Last label number, by the sheet.
        end_label: Option<i64>,
        /// The pack date, by the sheet.
        pack_date: Option<NaiveDate>,
        /// Days added to the shelf life, by the sheet.
        shelf_life_adjustment: Option<i64>,
        /// Who wrote the sheet.
        recorded_by: Option<String>,
        /// Whether there is a sheet.
        has_sheet: bool,
        /// Whether the weighing system has sums of the run.
        has_totals: bool,
        /// Packs, by the weighing system's sums.
        total_packs: Option<i64>,
        /// Weight of all packs, by the weighing system's sums, kg.
        total_weight_kg: Option<f64>,
        /// Mean pack weight, by the weighing system's sums, g.
        avg_weight_g: Option<f64>,
        /// Lightest pack, by the weighing system's sums, g.
        min_weight_g: Option<f64>,
        /// Heaviest pack, by the weighing system's sums, g.
        max_weight_g: Option<f64>,
        /// Standard deviation of the pack weights, by the weighing system's sums, g.
        std_dev_g: Option<f64>,
        /// Weight above target that was given away, by the weighing system's sums, kg.
        total_giveaway_kg: Option<f64>,
        /// Weight above target that was given away, by the weighing system's sums, % of target.
        total_giveaway_pct: Option<f64>,
        /// Packs that were rejected, by the weighing system's sums.
        reject_count: Option<i64>,
        /// Minutes that the line stood still, by the weighing system's sums.
        downtime_minutes: Option<i64>,
    }
}

/// After how long without a booking a run is idle.
const IDLE_AFTER: TimeDelta = TimeDelta::hours(24);

impl RunRow {
    /// Whether fish went in, and nobody knows how much.
    pub fn is_input_unknown(&self) -> bool {
        self.has_inputs && self.input_kg.is_none()
    }

    /// Whether product came out, and nobody knows how much.
    pub fn is_output_unknown(&self) -> bool {
        (self.has_outputs || self.has_totals) && self.actual_kg.is_none()
    }

    /// Where it stands.
    pub fn state(&self) -> RunState {
        RunState::of(self.active, self.complete)
    }

    /// Whether nothing was booked to it for long. One that is still to come is not idle. Nor is one whose last
    /// stamp is from the future: a clock went wrong, and its stamp hides the others.
    pub fn is_idle(&self, read_at: NaiveDateTime) -> bool {
        let due = self.production_date.and_time(NaiveTime::MIN);
        let begun = || self.started_at.map_or(due, |started_at| started_at.max(due));
        read_at - self.last_activity_at.unwrap_or_else(begun) > IDLE_AFTER
    }

    /// What the run brings to the sums of a group of runs.
    pub fn kg(&self) -> RunKg {
        let kg = |grams: Option<f64>| grams.map(|grams| grams / 1000.0);
        let of_packs = RunKg {
            input_kg: self.input_kg,
            actual_kg: self.actual_kg,
            target_kg: self.target_kg,
            giveaway_kg: kg(self.pack_giveaway_g),
            pack_target_kg: kg(self.pack_target_g),
            is_input_unknown: self.is_input_unknown(),
            is_output_unknown: self.is_output_unknown(),
            ..RunKg::default()
        };
        of_packs.with_totals(self.giveaway_pct, self.total_weight_kg, self.total_giveaway_kg)
    }
}

/// Runs. Percentages are not rounded.
pub const RUNS: Mart = Mart {
    name: "runs",
    columns: columns_of::<RunRow>(),
    grain: &["run_number", "production_date"],
    month_of: Some("production_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::FinishedRuns(build)],
};

fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    let mut runs = joined(scope)?;
    runs.with_column(quantities(&runs, "input_kg")?)?;
    runs.with_column(figure(&runs, "actual_kg", actual_kg, "output_kg", "total_weight_kg")?)?;
    runs.with_column(of_weighed_outputs(&runs)?)?;
    for column in [
        figure(&runs, "waste_kg", waste_kg, "input_kg", "actual_kg")?,
        figure(&runs, "yield_pct", yield_pct, "actual_kg", "input_kg")?,
        figure(&runs, "waste_pct", waste_pct, "input_kg", "actual_kg")?,
        figure(&runs, "efficiency_pct", efficiency_pct, "actual_kg", "target_kg")?,
        figure(&runs, "pack_giveaway_pct", giveaway_pct, "pack_giveaway_g", "pack_target_g")?,
    ] {
        runs.with_column(column)?;
    }
    let giveaway_pct = coalesce(&[col("pack_giveaway_pct"), col("total_giveaway_pct")]).alias("giveaway_pct");
    frames::fit(&runs.lazy().with_column(giveaway_pct).collect()?, &RUNS.schema())
}

/// `actual_kg`, null where an output has no weight: what came out is booked then, and nobody knows how much.
fn of_weighed_outputs(runs: &DataFrame) -> PolarsResult<Column> {
    let (made_kg, unweighed) =
        (runs.column("actual_kg")?.f64()?, runs.column("outputs_without_weight")?.i64()?);
    let figures: Vec<Option<f64>> =
        made_kg.iter().zip(unweighed.iter()).map(|(kg, count)| kg.filter(|_| count == Some(0))).collect();
    Ok(Column::new("actual_kg".into(), figures))
}

/// The runs with all that belongs to them, one row each.
fn joined(scope: &RunScope) -> PolarsResult<DataFrame> {
    let runs = stg_runs::build(scope)?.lazy();
    let of_run = [
        sheets(scope),
        totals(scope),
        booked(&scope.inputs, "input_id", ["input_kg", "inputs_without_weight", "has_inputs"]),
        booked(&scope.outputs, "output_id", ["output_kg", "outputs_without_weight", "has_outputs"]),
        rejected_counts(scope),
        pack_counts(scope),
        giveaway(scope),
        activity(scope)?,
    ];
    of_run
        .into_iter()
        .fold(runs, |runs, child| left_join(runs, child, RUN_KEY))
        .with_columns([
            coalesce(&[col("sheet_started_at"), col("created")]).alias("started_at"),
            col("packs").fill_null(lit(0)),
            col("weighed_packs").fill_null(lit(0)),
            cols(["rejected_rows", "inputs_without_weight", "outputs_without_weight"])
                .as_expr()
                .fill_null(lit(0_i64)),
            cols(["has_inputs", "has_outputs", "has_sheet", "has_totals"]).as_expr().fill_null(lit(false)),
        ])
        .collect()
}

fn sheets(scope: &RunScope) -> LazyFrame {
    scope.sheets.clone().lazy().select([
        cols(RUN_KEY).as_expr(),
        cols(["baskets", "start_label", "end_label", "shelf_life_adjustment", "recorded_by"]).as_expr(),
        filled_in("pack_date"),
        filled_in("finished_at"),
        filled_in("started_at").alias("sheet_started_at"),
        col("target_qty_kg").alias("target_kg"),
        lit(true).alias("has_sheet"),
    ])
}

/// A date or time that somebody filled in. Where nobody did, old systems store their day zero: SQL Server reads
/// an empty text as 1900-01-01.
fn filled_in(name: &str) -> Expr {
    when(col(name).dt().year().gt(lit(1900))).then(col(name)).otherwise(lit(NULL)).alias(name)
}

fn totals(scope: &RunScope) -> LazyFrame {
    scope.totals.clone().lazy().select([
        cols(RUN_KEY).as_expr(),
        cols(["total_packs", "reject_count"]).as_expr(),
        col("total_weight").alias("total_weight_kg"),
        col("avg_weight").alias("avg_weight_g"),
        col("min_weight").alias("min_weight_g"),
        col("max_weight").alias("max_weight_g"),
        col("std_dev").alias("std_dev_g"),
        col("giveaway").alias("total_giveaway_kg"),
        col("giveaway_pct").alias("total_giveaway_pct"),
        col("downtime_mins").alias("downtime_minutes"),
        lit(true).alias("has_totals"),
    ])
}

/// The bookings of each run: what they add up to, how many have no weight, and that there are any. A run
/// without any is left out: a sum of nothing would be 0, and not unknown.
fn booked(bookings: &DataFrame, id: &'static str, [kg, unweighed, any]: [&str; 3]) -> LazyFrame {
    // In a fixed order, since a sum of floats depends on the order.
    let bookings = bookings.clone().lazy().sort([id], SortMultipleOptions::new());
    let sums = [sum(col("qty_kg")).alias(kg), without_weight().alias(unweighed)];
    bookings.group_by_stable(RUN_KEY.map(col)).agg(sums).with_column(lit(true).alias(any))
}

fn rejected_counts(scope: &RunScope) -> LazyFrame {
    let count = len().cast(DataType::Int64).alias("rejected_rows");
    scope.rejected.clone().lazy().group_by(RUN_KEY.map(col)).agg([count])
}

fn pack_counts(scope: &RunScope) -> LazyFrame {
    scope.packs.clone().lazy().group_by(RUN_KEY.map(col)).agg([len().alias("packs")])
}

/// When something was last booked to each run.
fn activity(scope: &RunScope) -> PolarsResult<LazyFrame> {
    let scanned = || coalesce(&[col("scan_time"), col("updated_at")]);
    let booked = [
        (&scope.packs, col("trans_date")),
        (&scope.inputs, col("updated_at")),
        (&scope.outputs, col("updated_at")),
        (&scope.lineage, scanned()),
        (&scope.cases, scanned()),
    ];
    let stamps = booked.map(|(children, at)| {
        children.clone().lazy().select([cols(RUN_KEY).as_expr(), at.alias("last_activity_at")])
    });
    let latest = col("last_activity_at").max();
    Ok(concat(stamps, UnionArgs::default())?.group_by(RUN_KEY.map(col)).agg([latest]))
}

/// What the weighed packs of each run weigh above their targets. A pack is weighed if its net and target
/// weight are both known.
fn giveaway(scope: &RunScope) -> LazyFrame {
    let (net, target) = (|| col("net_weight"), || col("target_weight"));
    let weighed = scope.packs.clone().lazy().filter(net().is_not_null().and(target().is_not_null()));
    weighed.group_by(RUN_KEY.map(col)).agg([
        len().alias("weighed_packs"),
        (net() - target()).sum().alias("pack_giveaway_g"),
        target().sum().alias("pack_target_g"),
    ])
}

/// A column of figures, each of which follows from two others by `rule`.
pub(super) fn figure(
    runs: &DataFrame,
    name: &str,
    rule: fn(Option<f64>, Option<f64>) -> Option<f64>,
    one: &str,
    other: &str,
) -> PolarsResult<Column> {
    let (one, other) = (runs.column(one)?.f64()?, runs.column(other)?.f64()?);
    let figures: Vec<_> = one.iter().zip(other.iter()).map(|(one, other)| rule(one, other)).collect();
    Ok(Column::new(name.into(), figures))
}

#[cfg(test)]
mod tests;
