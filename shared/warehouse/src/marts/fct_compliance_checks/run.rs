//! Runs as the checks see them: the finished figures of each, with all that belongs to it.

use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;

use domain::despatch::has_left;
use domain::lineage::{Direction, makes_batch};
use domain::piece_type::PieceType;
use domain::settings::FactorySettings;
use domain::tier::{Grade, Tier};
use polars::prelude::*;

use super::super::{known, products, run_weights};
use crate::scope::{RECEIVED_ON, RunScope};
use crate::sources::{BATCH_LINEAGE, DESPATCH, RUN_INPUTS, RUN_OUTPUTS, Source};

/// What the checks look at in a run. Figures that are not known are `None`.
pub(super) struct Run<'a> {
    pub(super) complete: bool,
    pub(super) product_code: Option<&'a str>,
    pub(super) input_kg: Option<f64>,
    pub(super) actual_kg: Option<f64>,
    pub(super) yield_pct: Option<f64>,
    pub(super) giveaway_pct: Option<f64>,
    /// The weight of all packs, by the weighing system's sums.
    pub(super) total_weight_kg: Option<f64>,
    /// The first and the last label number of the run, by its sheet.
    pub(super) labels: Option<(i64, i64)>,
    pub(super) inputs: Vec<Input<'a>>,
    pub(super) outputs: Vec<Output<'a>>,
    pub(super) scanbacks: Vec<Scanback<'a>>,
    pub(super) scans: Vec<Scan>,
    /// The weights of the orders that have left.
    pub(super) despatched_kg: Vec<Option<f64>>,
    pub(super) cases: Vec<Case<'a>>,
    pub(super) rejected: Vec<Rejected<'a>>,
    /// The packs, if the average-quantity rules apply to them.
    pub(super) lot: Option<Lot>,
    /// What the factory has told us.
    pub(super) settings: &'a FactorySettings,
    /// The tables that no job has read to the end, by staging name. If such a table lacks a row, that says
    /// nothing.
    pub(super) unread: &'a BTreeSet<&'static str>,
}

/// A row of what went in.
pub(super) struct Input<'a> {
    pub(super) batch_code: Option<&'a str>,
    /// The species of the batch by its intakes, else by this row. Empty if neither tells it.
    pub(super) species: Vec<&'a str>,
    /// `None` if its text means no grade: then nobody knows whether the fish is Premium.
    pub(super) grade: Option<Grade>,
    pub(super) qty_kg: Option<f64>,
}

/// A row of what came out.
pub(super) struct Output<'a> {
    pub(super) product_code: Option<&'a str>,
    pub(super) product: Option<Product<'a>>,
    pub(super) tier: Option<Tier>,
    pub(super) piece: Option<PieceType>,
    pub(super) source_grade: Option<Grade>,
    pub(super) qty_kg: Option<f64>,
}

impl Output<'_> {
    /// The product's code, or words for a product without one.
    pub(super) fn name(&self) -> &str {
        self.product_code.unwrap_or("a product without a code")
    }
}

/// What is known of an output's product.
#[derive(Clone, Copy)]
pub(super) struct Product<'a> {
    pub(super) description: Option<&'a str>,
    pub(super) brand: Option<&'a str>,
    pub(super) species: Option<&'a str>,
    pub(super) piece: Option<PieceType>,
}

/// Fish scanned in or back.
pub(super) struct Scan {
    pub(super) direction: Direction,
    pub(super) qty_kg: Option<f64>,
}

/// Fish scanned back as a new batch.
pub(super) struct Scanback<'a> {
    pub(super) new_batch: Option<&'a str>,
    pub(super) parent: Option<&'a str>,
    pub(super) parent_is_known: bool,
}

/// A scanned case.
pub(super) struct Case<'a> {
    pub(super) label: Option<i64>,
    pub(super) expected_plu: Option<&'a str>,
    pub(super) scanned_plu: Option<&'a str>,
}

/// A row that cannot be read.
pub(super) struct Rejected<'a> {
    /// The table in the ERP.
    pub(super) table: &'a str,
    pub(super) key: Option<&'a str>,
    pub(super) reason: &'a str,
}

/// The packs of a run that the average-quantity rules apply to.
#[derive(Clone, Copy)]
pub(super) struct Lot {
    pub(super) nominal_g: f64,
    pub(super) mean_g: f64,
    pub(super) packs: usize,
    pub(super) below_t1: usize,
    pub(super) below_t2: usize,
}

/// The frames that runs are read from. Their rows are in the order of their keys, so that sums and words come
/// out the same every time.
pub(super) struct Frames {
    inputs: DataFrame,
    outputs: DataFrame,
    lineage: DataFrame,
    despatch: DataFrame,
    products: DataFrame,
    lots: DataFrame,
}

impl Frames {
    pub(super) fn of(scope: &RunScope) -> PolarsResult<Self> {
        let in_order =
            |source: &Source, rows: &DataFrame| rows.sort(source.key_names(), SortMultipleOptions::default());
        Ok(Self {
            inputs: in_order(&RUN_INPUTS, &scope.inputs)?,
            outputs: in_order(&RUN_OUTPUTS, &scope.outputs)?,
            lineage: in_order(&BATCH_LINEAGE, &scope.lineage)?,
            despatch: in_order(&DESPATCH, &scope.despatch)?,
            products: products::by_code(&scope.products).collect()?,
            lots: run_weights::build(scope)?,
        })
    }

    /// The finished runs, in the order of their rows.
    pub(super) fn runs<'a>(&'a self, scope: &'a RunScope) -> PolarsResult<Vec<Run<'a>>> {
        let runs = &scope.finished;
        let (complete, product_code) = (runs.column("complete")?.bool()?, text(runs, "product_code")?);
        let (input_kg, actual_kg, total_kg) =
            (number(runs, "input_kg")?, number(runs, "actual_kg")?, number(runs, "total_weight_kg")?);
        let (yield_pct, giveaway_pct) = (number(runs, "yield_pct")?, number(runs, "giveaway_pct")?);
        let (start, end) = (runs.column("start_label")?.i64()?, runs.column("end_label")?.i64()?);
        let places = Places::of(runs)?;
        let of_runs = places.children(&self.inputs, self.inputs(scope)?)?.into_iter();
        let of_runs = of_runs
            .zip(places.children(&self.outputs, self.outputs(scope)?)?)
            .zip(places.children(&self.lineage, self.scanbacks(scope)?)?)
            .zip(places.children(&self.lineage, self.scans()?)?)
            .zip(places.children(&self.despatch, self.despatched_kg()?)?);
        let of_runs = of_runs
            .zip(places.children(&scope.cases, cases(&scope.cases)?)?)
            .zip(places.children(&scope.rejected, rejected(&scope.rejected)?)?)
            .zip(places.children(&self.lots, self.lots()?)?);
        let of_runs = of_runs.enumerate().map(|(row, (((booked, cases), rejected), lots))| {
            let ((((inputs, outputs), scanbacks), scans), despatched_kg) = booked;
            Run {
                complete: complete.get(row).unwrap_or_default(),
                product_code: product_code.get(row),
                input_kg: input_kg.get(row),
                actual_kg: actual_kg.get(row),
                yield_pct: yield_pct.get(row),
                giveaway_pct: giveaway_pct.get(row),
                total_weight_kg: total_kg.get(row),
                labels: start.get(row).zip(end.get(row)),
                inputs,
                outputs,
                scanbacks,
                scans,
                despatched_kg,
                cases,
                rejected,
                lot: lots.into_iter().next(),
                settings: &scope.settings,
                unread: &scope.unread,
            }
        });
        Ok(of_runs.collect())
    }

    fn inputs<'a>(&'a self, scope: &'a RunScope) -> PolarsResult<impl Fn(usize) -> Option<Input<'a>>> {
        // Each delivery of a code, by the day on which it came, is a batch of its own.
        let mut by_intake: HashMap<(&str, Option<i32>), Vec<&str>> = HashMap::new();
        let intakes = &scope.intakes;
        let came = intakes.column(RECEIVED_ON)?.date()?.physical();
        let codes = text(intakes, "batch_code")?.iter().zip(came.iter());
        for ((code, came), species) in codes.zip(text(intakes, "species")?.iter()) {
            if let Some((code, species)) = known(code).zip(known(species)) {
                by_intake.entry((code, came)).or_default().push(species);
            }
        }
        let rows = &self.inputs;
        let taken = rows.column(RECEIVED_ON)?.date()?.physical();
        let (batch_code, species, grade, qty_kg) = (
            text(rows, "batch_code")?,
            text(rows, "species")?,
            text(rows, "grade")?,
            number(rows, "qty_kg")?,
        );
        Ok(move |row| {
            let batch_code = known(batch_code.get(row));
            let species = batch_code
                .and_then(|code| by_intake.get(&(code, taken.get(row))).cloned())
                .unwrap_or_else(|| known(species.get(row)).into_iter().collect());
            let grade = grade.get(row).and_then(|text| scope.settings.grades.grade(text));
            Some(Input { batch_code, species, grade, qty_kg: qty_kg.get(row) })
        })
    }

    fn outputs<'a>(&'a self, scope: &'a RunScope) -> PolarsResult<impl Fn(usize) -> Option<Output<'a>>> {
        let (description, brand, species, piece) = (
            text(&self.products, "description")?,
            text(&self.products, "brand")?,
            text(&self.products, "species")?,
            text(&self.products, "piece_type")?,
        );
        let mut products = HashMap::new();
        for (row, code) in text(&self.products, "product_code")?.iter().enumerate() {
            let product = Product {
                description: description.get(row),
                brand: brand.get(row),
                species: species.get(row),
                piece: piece.get(row).and_then(PieceType::read),
            };
            products.insert(code.unwrap_or_default(), product);
        }
        let rows = &self.outputs;
        let (product_code, tier, qty_kg) =
            (text(rows, "product_code")?, rows.column("tier")?.i64()?, number(rows, "qty_kg")?);
        let (piece, source_grade) = (text(rows, "piece_type")?, text(rows, "source_grade")?);
        Ok(move |row| {
            let product_code = known(product_code.get(row));
            Some(Output {
                product_code,
                product: product_code.and_then(|code| products.get(code).copied()),
                tier: tier.get(row).and_then(|tier| Tier::try_from(tier).ok()),
                piece: piece.get(row).and_then(PieceType::read),
                source_grade: source_grade.get(row).and_then(|text| scope.settings.grades.grade(text)),
                qty_kg: qty_kg.get(row),
            })
        })
    }

    fn scanbacks<'a>(&'a self, scope: &'a RunScope) -> PolarsResult<impl Fn(usize) -> Option<Scanback<'a>>> {
        let batches: BTreeSet<&str> = text(&scope.batches, "batch_code")?.iter().flatten().collect();
        let rows = &self.lineage;
        let (direction, method) = (text(rows, "direction")?, text(rows, "return_method")?);
        let (new_batch, parent) = (text(rows, "new_batch_code")?, text(rows, "parent_batch")?);
        Ok(move |row| {
            let (new_batch, parent) = (known(new_batch.get(row)), known(parent.get(row)));
            let parent_is_known = parent.is_some_and(|parent| batches.contains(parent));
            makes_batch(parsed(direction.get(row)), parsed(method.get(row))).then_some(Scanback {
                new_batch,
                parent,
                parent_is_known,
            })
        })
    }

    fn scans(&self) -> PolarsResult<impl Fn(usize) -> Option<Scan>> {
        let (directions, qty_kg) = (text(&self.lineage, "direction")?, number(&self.lineage, "qty_kg")?);
        Ok(move |row| Some(Scan { direction: parsed(directions.get(row))?, qty_kg: qty_kg.get(row) }))
    }

    fn despatched_kg(&self) -> PolarsResult<impl Fn(usize) -> Option<Option<f64>>> {
        let (status, qty_kg) = (text(&self.despatch, "status")?, number(&self.despatch, "qty_kg")?);
        Ok(move |row| has_left(status.get(row)).then(|| qty_kg.get(row)))
    }

    fn lots(&self) -> PolarsResult<impl Fn(usize) -> Option<Lot>> {
        let rows = &self.lots;
        let count = |name| rows.column(name)?.i64();
        let (nominal_g, mean_g) = (number(rows, "nominal_g")?, number(rows, "mean_g")?);
        let (packs, below_t1, below_t2) = (count("packs")?, count("below_t1")?, count("below_t2")?);
        Ok(move |row| {
            let count = |of: &Int64Chunked| usize::try_from(of.get(row)?).ok();
            Some(Lot {
                nominal_g: nominal_g.get(row)?,
                mean_g: mean_g.get(row)?,
                packs: count(packs)?,
                below_t1: count(below_t1)?,
                below_t2: count(below_t2)?,
            })
        })
    }
}

fn rejected<'a>(rows: &'a DataFrame) -> PolarsResult<impl Fn(usize) -> Option<Rejected<'a>>> {
    let (table, key, reason) = (text(rows, "table")?, text(rows, "key")?, text(rows, "reason")?);
    Ok(move |row| Some(Rejected { table: table.get(row)?, key: key.get(row), reason: reason.get(row)? }))
}

fn cases<'a>(rows: &'a DataFrame) -> PolarsResult<impl Fn(usize) -> Option<Case<'a>>> {
    let (label, expected, scanned) =
        (rows.column("label_seq")?.i64()?, text(rows, "expected_plu")?, text(rows, "scanned_plu")?);
    Ok(move |row| {
        Some(Case { label: label.get(row), expected_plu: expected.get(row), scanned_plu: scanned.get(row) })
    })
}

/// The row of each finished run, by its number and its date in days since 1970.
struct Places<'a>(HashMap<(&'a str, i32), usize>);

impl<'a> Places<'a> {
    fn of(runs: &'a DataFrame) -> PolarsResult<Self> {
        Ok(Self(keys(runs)?.enumerate().filter_map(|(row, key)| Some((key?, row))).collect()))
    }

    /// For each finished run, what `read` makes of the rows that count for it.
    fn children<T>(&self, rows: &DataFrame, read: impl Fn(usize) -> Option<T>) -> PolarsResult<Vec<Vec<T>>> {
        let mut of_runs: Vec<Vec<T>> = self.0.iter().map(|_| Vec::new()).collect();
        for (row, key) in keys(rows)?.enumerate() {
            let place = key.and_then(|key| self.0.get(&key)).and_then(|place| of_runs.get_mut(*place));
            if let Some((children, child)) = place.zip(read(row)) {
                children.push(child);
            }
        }
        Ok(of_runs)
    }
}

fn keys(rows: &DataFrame) -> PolarsResult<impl Iterator<Item = Option<(&str, i32)>>> {
    let dates = rows.column("production_date")?.date()?.physical();
    Ok(text(rows, "run_number")?.iter().zip(dates.iter()).map(|(number, date)| number.zip(date)))
}

fn text<'a>(rows: &'a DataFrame, column: &str) -> PolarsResult<&'a StringChunked> {
    rows.column(column)?.str()
}

fn number<'a>(rows: &'a DataFrame, column: &str) -> PolarsResult<&'a Float64Chunked> {
    rows.column(column)?.f64()
}

/// What a text means in one of the domain's lists. `None` if the list does not have it.
fn parsed<T: FromStr>(text: Option<&str>) -> Option<T> {
    text?.parse().ok()
}
