//! Marts: what readers ask, built from staging. One file per mart; adding one is a new file and its line in
//! [`ALL`].
//!
//! A mart says what a row of it is, what its rows are unique by, and how they are built from the rows that
//! were touched. A row that an endpoint answers as the mart holds it is declared in `api`, any other row
//! beside its mart. [`crate::transform`] decides which parts are made again and when the result is shown.

mod bookings;
mod despatch_lines;
mod downgrades;
mod fct_compliance_checks;
mod fct_daily_yield;
mod fct_product_mix;
mod fct_quality_summary;
mod fct_shelf_life;
mod fct_shift_productivity;
mod fct_temp_breaches;
mod fct_waterfall_yield;
mod intakes;
mod line_hours;
mod line_minutes;
mod line_months;
mod line_shifts;
mod line_stops;
mod place_days;
mod prod_line;
mod products;
mod rows;
mod run_batches;
mod run_inputs;
mod run_outputs;
mod run_shifts;
mod run_weight_charts;
mod run_weights;
mod runs;
mod shift_lines;
mod shift_oee;
mod shift_progress;
#[cfg(test)]
mod small_factory;
mod stg_non_conformance;
mod stg_runs;
mod stg_temperature;
mod temperature_breaches;
mod temperature_episodes;
mod temperature_places;
mod trace_links;

use api::{Field, Row, Shape};
use chrono::NaiveDate;
use polars::error::PolarsResult;
use polars::prelude::{
    DataFrame, DataType, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, Schema, TimeUnit, col,
};

use crate::scope::{DayScope, ProductScope, RunScope};
use crate::sources::{self, Source};

pub use despatch_lines::{DESPATCH_LINES, DespatchRow};
pub use downgrades::{DOWNGRADES, DowngradeRow};
pub use fct_compliance_checks::{FCT_COMPLIANCE_CHECKS, FindingRow};
pub use fct_daily_yield::{DailyYieldRow, FCT_DAILY_YIELD};
pub use fct_product_mix::{FCT_PRODUCT_MIX, ProductMixRow};
pub use fct_quality_summary::FCT_QUALITY_SUMMARY;
pub use fct_shelf_life::{FCT_SHELF_LIFE, ShelfLifeRow};
pub use fct_shift_productivity::FCT_SHIFT_PRODUCTIVITY;
pub use fct_temp_breaches::FCT_TEMP_BREACHES;
pub use fct_waterfall_yield::FCT_WATERFALL_YIELD;
pub use intakes::{BATCH_DESPATCHES, BatchDespatchRow, INTAKES, IntakeRow};
pub use line_hours::{LINE_HOURS, LineHourRow};
pub use line_minutes::{LINE_MINUTES, LineMinuteRow};
pub use line_months::{LINE_MONTHS, LineMonthRow};
pub use line_shifts::LineShift;
pub(crate) use line_shifts::{line_shifts, shift_dates_of_minutes};
pub use line_stops::{LINE_STOPS, LineStopRow};
pub use products::{PRODUCTS, ProductRow, by_code as products_by_code};
pub use rows::{ReadMart, RowError, rows};
pub use run_batches::{RUN_BATCHES, RunBatchRow};
pub use run_inputs::{RUN_INPUTS, RunInputRow};
pub use run_outputs::{RUN_OUTPUTS, RunOutputRow};
pub(crate) use run_shifts::shift_dates;
pub use run_weight_charts::{RUN_WEIGHT_BINS, RUN_WEIGHT_POINTS, WeightBinRow, WeightPointRow};
pub use run_weights::{RUN_WEIGHTS, RunWeightsRow};
pub use runs::{RUNS, RunRow};
pub use shift_lines::{SHIFT_LINES, ShiftLineRow};
pub use shift_progress::{RECENT_SHIFTS, SHIFT_PROGRESS, ShiftProgressRow};
pub(crate) use shift_progress::{RECENT_SHIFTS_KEPT, progress_frame};
pub use stg_non_conformance::{NonConformanceRow, STG_NON_CONFORMANCE};
pub use stg_runs::{NamedRunRow, STG_RUNS};
pub use stg_temperature::{ReadingRow, STG_TEMPERATURE};
pub use temperature_breaches::{BreachRow, TEMPERATURE_BREACHES};
pub use temperature_episodes::{EpisodeRow, TEMPERATURE_EPISODES};
pub use temperature_places::{PlaceDayRow, TEMPERATURE_PLACES};
pub use trace_links::{LinkRow, TRACE_LINKS};

/// All marts, in build order within each kind. [`RUNS`] comes before the marts that take its rows.
pub const ALL: [&Mart; 34] = [
    &PRODUCTS,
    &STG_RUNS,
    &RUNS,
    &RUN_INPUTS,
    &RUN_BATCHES,
    &RUN_OUTPUTS,
    &RUN_WEIGHTS,
    &RUN_WEIGHT_BINS,
    &RUN_WEIGHT_POINTS,
    &LINE_MINUTES,
    &LINE_HOURS,
    &LINE_STOPS,
    &SHIFT_LINES,
    &SHIFT_PROGRESS,
    &RECENT_SHIFTS,
    &FCT_DAILY_YIELD,
    &LINE_MONTHS,
    &FCT_WATERFALL_YIELD,
    &FCT_PRODUCT_MIX,
    &DOWNGRADES,
    &STG_TEMPERATURE,
    &FCT_SHELF_LIFE,
    &TEMPERATURE_BREACHES,
    &TEMPERATURE_EPISODES,
    &TEMPERATURE_PLACES,
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

/// The columns of grades by which the checks judge, in marts of rows of runs.
pub const GRADES: [(&Mart, &str); 2] = [(&RUN_INPUTS, "grade"), (&RUN_OUTPUTS, "source_grade")];

/// All builds of all marts, in the order of [`ALL`].
pub(crate) fn builds() -> impl Iterator<Item = (&'static Mart, Build)> {
    ALL.into_iter().flat_map(|mart| mart.builds.iter().map(move |build| (mart, *build)))
}

/// A mart.
#[derive(Debug)]
pub struct Mart {
    /// Its name in the lake.
    pub name: &'static str,
    /// Its columns in order.
    pub columns: &'static [Field],
    /// The columns that its rows are unique by.
    pub grain: &'static [&'static str],
    /// The date column that tells which month's part a row lies in; `None` for a mart of one part.
    pub month_of: Option<&'static str>,
    /// The columns that name batches. Its parts note which batches they can name.
    pub batches: &'static [&'static str],
    /// The source tables that decide how old this mart is, in groups that other marts share. Those that its
    /// builds name may be left out.
    tables: &'static [&'static [&'static Source]],
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

    /// Whether a build keeps rows in the part of this name.
    pub fn is_part_of(&self, build: Build, part: &str) -> bool {
        let month = part.strip_prefix(build.folder());
        self.builds.len() == 1 || month.is_some_and(|month| month.starts_with('-'))
    }

    /// Whether a part may hold rows of runs, which are replaced by run number.
    pub fn is_part_of_runs(&self, part: &str) -> bool {
        let of_runs =
            |build: &Build| matches!(build, Build::Runs(_) | Build::FinishedRuns(_) | Build::RunMinutes(_));
        self.builds.iter().any(|build| of_runs(build) && self.is_part_of(*build, part))
    }

    /// Whether a part may hold rows of the dates `from..=to`.
    pub fn part_overlaps(&self, part: &str, from: NaiveDate, to: NaiveDate) -> bool {
        let Some(start) = part.len().checked_sub(MONTH_LENGTH) else { return true };
        self.month_of.is_none()
            || (month(from).as_str()..=month(to).as_str()).contains(&part.get(start..).unwrap_or_default())
    }

    /// The source tables that decide how old this mart is.
    pub fn tables(&self) -> impl Iterator<Item = &'static Source> {
        let mut tables: Vec<&'static Source> = self.tables.concat();
        for source in self.builds.iter().copied().flat_map(Build::tables) {
            if !tables.contains(&source) {
                tables.push(source);
            }
        }
        tables.into_iter()
    }

    /// The columns with their Polars types.
    pub fn schema(&self) -> Schema {
        self.columns.iter().map(|column| (column.name.into(), dtype(column.shape))).collect()
    }
}

/// How many days before a day [`Build::DaysLookingBack`] sees. A change of a day makes so many days after it
/// again.
pub(crate) const LOOKS_BACK_DAYS: u64 = 2;

/// How the rows of a mart follow from what was touched.
#[derive(Clone, Copy, Debug)]
pub enum Build {
    /// The rows of the touched runs, replaced by run number.
    Runs(fn(&RunScope) -> PolarsResult<DataFrame>),
    /// The same, and these rows are the finished runs that other builds take: the mart `runs`.
    FinishedRuns(fn(&RunScope) -> PolarsResult<DataFrame>),
    /// The same, after the mart `runs`, and these rows are the minutes that shifts are made of: the mart
    /// `line_minutes`.
    RunMinutes(fn(&RunScope) -> PolarsResult<DataFrame>),
    /// The rows of the touched shifts, from the mart `line_minutes`, replaced by the shift's date.
    Shifts(fn(&[LineShift]) -> PolarsResult<DataFrame>),
    /// The last shifts of each line, from the mart `shift_progress`.
    RecentShifts,
    /// The rows of the touched production dates, from the finished rows of the mart `runs`, replaced by date.
    Dates(fn(&DataFrame) -> PolarsResult<DataFrame>),
    /// The rows of the months of the touched production dates, from all finished rows of the mart `runs` of a
    /// month, replaced by their column `month`.
    Months(fn(&DataFrame) -> PolarsResult<DataFrame>),
    /// The rows of the touched days, from the rows of this table that count for these days, replaced by day.
    /// The table has [`Source::days`].
    Days(&'static Source, fn(&DayScope) -> PolarsResult<DataFrame>),
    /// The same, with the rows of the [`LOOKS_BACK_DAYS`] days before each of these days beside them.
    DaysLookingBack(&'static Source, fn(&DayScope) -> PolarsResult<DataFrame>),
    /// The same, with the finished rows of the mart `runs` that may count in shifts of these days beside them.
    /// The rows are made again where such runs change, too.
    DaysWithRuns(&'static Source, fn(&DayScope) -> PolarsResult<DataFrame>),
    /// The rows of the touched batches, from the rows of this table that name these batches, replaced by
    /// batch code. The table has a [`Source::batch`].
    Batches(&'static Source, fn(&DataFrame) -> PolarsResult<DataFrame>),
    /// The whole mart, from the product tables.
    Products(fn(&ProductScope) -> PolarsResult<DataFrame>),
}

impl Build {
    /// The source tables that every build of this kind takes.
    fn tables(self) -> impl Iterator<Item = &'static Source> {
        let tables = match self {
            Self::Runs(_)
            | Self::FinishedRuns(_)
            | Self::RunMinutes(_)
            | Self::Shifts(_)
            | Self::RecentShifts
            | Self::Dates(_)
            | Self::Months(_) => [Some(&sources::RUN_NUMBERS), None],
            Self::Days(source, _) | Self::DaysLookingBack(source, _) | Self::Batches(source, _) => {
                [Some(source), None]
            }
            Self::DaysWithRuns(source, _) => [Some(source), Some(&sources::RUN_NUMBERS)],
            Self::Products(_) => [Some(&sources::PLU), Some(&sources::PRODUCT_CATALOGUE)],
        };
        tables.into_iter().flatten()
    }

    /// The folder that keeps the parts of this build apart from those of the mart's other builds.
    fn folder(self) -> &'static str {
        match self {
            Self::Runs(_) | Self::FinishedRuns(_) | Self::RunMinutes(_) => "run",
            Self::Shifts(_) | Self::RecentShifts => "shift",
            Self::Dates(_) => "date",
            Self::Months(_) => "month",
            // The parts of the findings have had this name from the start.
            Self::Days(source, _) | Self::DaysLookingBack(source, _) | Self::DaysWithRuns(source, _)
                if *source == sources::TEMPERATURE_LOGS =>
            {
                "reading"
            }
            Self::Days(source, _)
            | Self::DaysLookingBack(source, _)
            | Self::DaysWithRuns(source, _)
            | Self::Batches(source, _) => source.staging,
            Self::Products(_) => "all",
        }
    }
}

/// The columns of a mart that holds such rows. A row with a field that no column can hold does not compile.
const fn columns_of<R: Row>() -> &'static [Field] {
    let mut place = 0;
    while place < R::FIELDS.len() {
        assert!(is_column(R::FIELDS[place].shape), "a mart has columns of plain values");
        place += 1;
    }
    R::FIELDS
}

const fn is_column(shape: Shape) -> bool {
    match shape {
        Shape::Text | Shape::Whole | Shape::Number | Shape::Flag | Shape::Date | Shape::Time => true,
        Shape::Nullable(Shape::Nullable(_)) => false,
        Shape::Nullable(inner) => is_column(*inner),
        _ => false,
    }
}

fn dtype(shape: Shape) -> DataType {
    match shape {
        Shape::Text => DataType::String,
        Shape::Whole => DataType::Int64,
        Shape::Number => DataType::Float64,
        Shape::Flag => DataType::Boolean,
        Shape::Date => DataType::Date,
        Shape::Time => DataType::Datetime(TimeUnit::Microseconds, None),
        Shape::Nullable(inner) => dtype(*inner),
        // Columns have no other shapes.
        _ => DataType::Null,
    }
}

/// The month of a date: `2026-11`.
pub fn month(date: NaiveDate) -> String {
    date.format("%Y-%m").to_string()
}

const MONTH_LENGTH: usize = "2026-11".len();

/// The tables that the rows of a run are made from.
const RUN_TABLES: &[&Source] = &[
    &sources::RUN_NUMBERS,
    &sources::TRANSACTIONS,
    &sources::PLU,
    &sources::RUN_TOTALS,
    &sources::PROD_LINES,
    &sources::PRODUCT_CATALOGUE,
    &sources::RUN_SHEETS,
    &sources::RUN_INPUTS,
    &sources::RUN_OUTPUTS,
];

/// What tells one run from another.
const RUN_KEY: [&str; 2] = ["run_number", "production_date"];

/// A text without the blanks around it, if it says anything.
fn known(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The rows of `left`, in their order, each with what `right` knows of it. `right` has each key at most once.
fn left_join<const N: usize>(left: LazyFrame, right: LazyFrame, keys: [&str; N]) -> LazyFrame {
    let kept_in_order = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) };
    left.join(right, keys.map(col), keys.map(col), kept_in_order)
}

#[cfg(test)]
mod tests;
