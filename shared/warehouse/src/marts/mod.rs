//! Marts: what readers ask, built from staging. One file per mart; adding one is a new file and its line in
//! [`ALL`].
//!
//! A mart says which columns it has, what its rows are unique by and how they are built from the rows that
//! were touched. Which parts that concerns, and when the result is shown, is the business of
//! [`crate::transform`].

mod despatch_lines;
mod fct_compliance_checks;
mod fct_daily_yield;
mod fct_product_mix;
mod fct_quality_summary;
mod fct_shelf_life;
mod fct_shift_productivity;
mod fct_temp_breaches;
mod fct_waterfall_yield;
mod intakes;
mod prod_line;
mod products;
mod run_batches;
mod run_inputs;
mod run_outputs;
mod run_weight_charts;
mod run_weights;
mod runs;
mod shift_oee;
#[cfg(test)]
mod small_factory;
mod stg_non_conformance;
mod stg_runs;
mod stg_temperature;
mod temperature_breaches;
mod temperature_episodes;
mod trace_links;

use chrono::NaiveDate;
use polars::error::PolarsResult;
use polars::prelude::{
    DataFrame, DataType, Field, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, Schema, TimeUnit, col,
};

use crate::scope::{DayScope, ProductScope, RunScope};
use crate::sources::Source;

pub use despatch_lines::DESPATCH_LINES;
pub use fct_compliance_checks::FCT_COMPLIANCE_CHECKS;
pub use fct_daily_yield::FCT_DAILY_YIELD;
pub use fct_product_mix::FCT_PRODUCT_MIX;
pub use fct_quality_summary::FCT_QUALITY_SUMMARY;
pub use fct_shelf_life::FCT_SHELF_LIFE;
pub use fct_shift_productivity::FCT_SHIFT_PRODUCTIVITY;
pub use fct_temp_breaches::FCT_TEMP_BREACHES;
pub use fct_waterfall_yield::FCT_WATERFALL_YIELD;
pub use intakes::{BATCH_DESPATCHES, INTAKES};
pub use products::{PRODUCTS, by_code as products_by_code};
pub use run_batches::RUN_BATCHES;
pub use run_inputs::RUN_INPUTS;
pub use run_outputs::RUN_OUTPUTS;
pub use run_weight_charts::{RUN_WEIGHT_BINS, RUN_WEIGHT_POINTS};
pub use run_weights::RUN_WEIGHTS;
pub use runs::RUNS;
pub use stg_non_conformance::STG_NON_CONFORMANCE;
pub use stg_runs::STG_RUNS;
pub use stg_temperature::STG_TEMPERATURE;
pub use temperature_breaches::TEMPERATURE_BREACHES;
pub use temperature_episodes::TEMPERATURE_EPISODES;
pub use trace_links::TRACE_LINKS;

/// All marts, in the order in which they are built.
pub const ALL: [&Mart; 25] = [
    &PRODUCTS,
    &STG_RUNS,
    &RUNS,
    &RUN_INPUTS,
    &RUN_BATCHES,
    &RUN_OUTPUTS,
    &RUN_WEIGHTS,
    &RUN_WEIGHT_BINS,
    &RUN_WEIGHT_POINTS,
    &FCT_DAILY_YIELD,
    &FCT_WATERFALL_YIELD,
    &FCT_PRODUCT_MIX,
    &STG_TEMPERATURE,
    &FCT_SHELF_LIFE,
    &TEMPERATURE_BREACHES,
    &TEMPERATURE_EPISODES,
    &FCT_TEMP_BREACHES,
    &STG_NON_CONFORMANCE,
    &FCT_QUALITY_SUMMARY,
    &FCT_SHIFT_PRODUCTIVITY,
    &DESPATCH_LINES,
    &FCT_COMPLIANCE_CHECKS,
    &TRACE_LINKS,
    &INTAKES,
    &BATCH_DESPATCHES,
];

/// All builds of all marts, in the order in which they are made.
pub(crate) fn builds() -> impl Iterator<Item = (&'static Mart, Build)> {
    ALL.into_iter().flat_map(|mart| mart.builds.iter().map(move |build| (mart, *build)))
}

/// A mart.
#[derive(Debug)]
pub struct Mart {
    /// Its name in the lake.
    pub name: &'static str,
    /// Its columns in order.
    pub columns: &'static [MartColumn],
    /// The columns that its rows are unique by.
    pub grain: &'static [&'static str],
    /// The date column that tells which month's part a row lies in; `None` for a mart of one part.
    pub month_of: Option<&'static str>,
    /// The staging tables whose age is its age.
    pub tables: &'static [&'static str],
    /// How its rows are made. Several builds of one mart have parts of their own.
    pub builds: &'static [Build],
}

impl Mart {
    /// The mart of this name.
    pub fn named(name: &str) -> Option<&'static Mart> {
        ALL.into_iter().find(|mart| mart.name == name)
    }

    /// The name of the part that a build keeps its rows of a month in; `month` is `None` for a mart of one
    /// part.
    pub fn part(&self, build: Build, month: Option<&str>) -> String {
        let month = month.unwrap_or("all");
        if self.builds.len() == 1 { month.to_owned() } else { format!("{}-{month}", build.folder()) }
    }

    /// Whether a part may hold rows of the dates `from..=to`.
    pub fn part_overlaps(&self, part: &str, from: NaiveDate, to: NaiveDate) -> bool {
        let Some(start) = part.len().checked_sub(MONTH_LENGTH) else { return true };
        self.month_of.is_none()
            || (month(from).as_str()..=month(to).as_str()).contains(&part.get(start..).unwrap_or_default())
    }

    /// The columns with their Polars types.
    pub fn schema(&self) -> Schema {
        self.columns.iter().map(|column| Field::new(column.name.into(), column.kind.dtype())).collect()
    }
}

/// How the rows of a mart follow from what was touched.
#[derive(Clone, Copy, Debug)]
pub enum Build {
    /// The rows of these runs, replaced by run number.
    Runs(fn(&RunScope) -> PolarsResult<DataFrame>),
    /// The rows of these production dates, from the finished rows of the mart `runs`, replaced by date.
    Dates(fn(&DataFrame) -> PolarsResult<DataFrame>),
    /// The rows of these days, from the rows of this table that count for them, replaced by day. The table
    /// has [`Source::days`].
    Days(&'static Source, fn(&DayScope) -> PolarsResult<DataFrame>),
    /// The same, beside the finished rows of the mart `runs` of these days: made again where these change, too.
    DaysWithRuns(&'static Source, fn(&DayScope) -> PolarsResult<DataFrame>),
    /// The rows that name these batches, from the rows of this table that do, replaced by batch code. The
    /// table has a [`Source::batch`].
    Batches(&'static Source, fn(&DataFrame) -> PolarsResult<DataFrame>),
    /// The whole mart, from the product tables.
    Products(fn(&ProductScope) -> PolarsResult<DataFrame>),
}

impl Build {
    /// The folder that keeps the parts of this build apart from those of the mart's other builds.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Runs(_) => "run",
            Self::Dates(_) => "date",
            // Of the marts with several builds, those of findings take days of readings.
            Self::Days(..) | Self::DaysWithRuns(..) => "reading",
            Self::Batches(..) => "batch",
            Self::Products(_) => "all",
        }
    }
}

/// A column of a mart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MartColumn {
    /// Its name, unit last.
    pub name: &'static str,
    /// Its type.
    pub kind: MartKind,
    /// Whether a row may lack it.
    pub nullable: bool,
    /// Which values it may have.
    pub accepted: Accepted,
}

/// The values that a mart column may have. Only what the rules of the factory decide is bounded: what the ERP
/// says stands as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Accepted {
    /// Any of its type.
    Any,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A number of this range, both ends included.
    Within(f64, f64),
}

/// The type of a mart column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MartKind {
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// Yes or no.
    Flag,
    /// A date.
    Date,
    /// A time on the factory's clock.
    Time,
}

impl MartKind {
    fn dtype(self) -> DataType {
        match self {
            Self::Text => DataType::String,
            Self::Whole => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Flag => DataType::Boolean,
            Self::Date => DataType::Date,
            Self::Time => DataType::Datetime(TimeUnit::Microseconds, None),
        }
    }
}

const fn column(name: &'static str, kind: MartKind) -> MartColumn {
    MartColumn { name, kind, nullable: true, accepted: Accepted::Any }
}

const fn text(name: &'static str) -> MartColumn {
    column(name, MartKind::Text)
}

const fn whole(name: &'static str) -> MartColumn {
    column(name, MartKind::Whole)
}

const fn number(name: &'static str) -> MartColumn {
    column(name, MartKind::Number)
}

const fn flag(name: &'static str) -> MartColumn {
    column(name, MartKind::Flag)
}

const fn date(name: &'static str) -> MartColumn {
    column(name, MartKind::Date)
}

const fn time(name: &'static str) -> MartColumn {
    column(name, MartKind::Time)
}

impl MartColumn {
    const fn always(mut self) -> Self {
        self.nullable = false;
        self
    }

    const fn one_of(mut self, names: &'static [&'static str]) -> Self {
        self.accepted = Accepted::OneOf(names);
        self
    }

    const fn within(mut self, least: f64, most: f64) -> Self {
        self.accepted = Accepted::Within(least, most);
        self
    }

    const fn at_least_0(self) -> Self {
        // Sums of garbage may be infinite, and are garbage and no fault of ours.
        self.within(0.0, f64::INFINITY)
    }
}

/// The month part of a date: `2026-11`.
pub fn month(date: NaiveDate) -> String {
    date.format("%Y-%m").to_string()
}

const MONTH_LENGTH: usize = "2026-11".len();

/// The staging tables that a run's rows are made of.
const RUN_TABLES: &[&str] = &[
    "run_numbers",
    "transactions",
    "plu",
    "run_totals",
    "prod_lines",
    "product_catalogue",
    "run_sheets",
    "run_inputs",
    "run_outputs",
];

/// What tells one run from another.
const RUN_KEY: [&str; 2] = ["run_number", "production_date"];

/// A text without the blanks around it, if it says anything.
fn known(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Each row of `left`, in its place, with what `right` knows of it; `right` has a key once at most.
fn left_join<const N: usize>(left: LazyFrame, right: LazyFrame, keys: [&str; N]) -> LazyFrame {
    let kept_in_order = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) };
    left.join(right, keys.map(col), keys.map(col), kept_in_order)
}
