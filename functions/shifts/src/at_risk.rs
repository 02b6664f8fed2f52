//! `/orders/at-risk`: whether there will be enough for the orders that have to leave.

use std::collections::BTreeMap;

use api::orders::{AtRiskQuery, Coverage, PendingOrder};
use chrono::{Days, NaiveDate};
use domain::code::folded;
use domain::despatch::{DespatchStatus, has_left};
use domain::shelf_life::{LAST_LISTED_DAY, LEAST_LEFT_KG, use_by};
use serve::window::Dates;
use serve::{Answer, Ask, Result, Snapshot, State, is_asked_for, work};
use warehouse::marts::{DESPATCH_LINES, DespatchRow, FCT_SHELF_LIFE, RunRow, ShelfLifeRow, rows};

use crate::begun::ReadAt;
use crate::runs::{OnAt, Runs};

/// An order that should have left longer ago was forgotten.
const OVERDUE_DAYS: u64 = 7;

/// No order is asked for that leaves later.
const AHEAD_DAYS: u64 = 31;

pub(crate) async fn at_risk(state: State, ask: Ask<AtRiskQuery, Vec<PendingOrder>>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let read_at = ReadAt::of(&state, &snapshot);
    let runs = Runs::read(&snapshot, read_at, [].into(), None).await?;
    let on: Vec<RunRow> = runs.on(OnAt::now(read_at)).cloned().collect();
    let orders = pending(&snapshot, &on, read_at.time().date(), ask.query.days.0).await?;
    work(move || {
        let wanted = orders
            .into_iter()
            .filter(|order| is_asked_for(order.customer.as_deref(), ask.query.customer.as_deref()));
        let first_to_leave = (0_i64..).zip(wanted).map(|(place, order)| {
            ((order.despatch_date, order.order_number.clone(), order.product_code.clone(), place), order)
        });
        ask.list(first_to_leave.collect(), &snapshot)
    })
    .await
}

/// The order lines that are pending and leave on these days, the first to leave first. A factory without despatch
/// has none.
pub(crate) async fn pending(
    snapshot: &Snapshot,
    on: &[RunRow],
    today: NaiveDate,
    days: u32,
) -> Result<Vec<PendingOrder>> {
    let back = |days: u64| today.checked_sub_days(Days::new(days));
    let ahead = |days: u64| today.checked_add_days(Days::new(days));
    let last = ahead(u64::from(days.saturating_sub(1)));
    // What has left of the runs that are on may stand under a later day.
    let seen = Dates { from: back(OVERDUE_DAYS), to: ahead(AHEAD_DAYS) };
    let lines = snapshot.mart(&DESPATCH_LINES, seen).await?;
    let packed = Dates { from: back(LAST_LISTED_DAY.unsigned_abs()), to: None };
    let stock = snapshot.mart(&FCT_SHELF_LIFE, packed).await?;
    let on = on.to_vec();
    work(move || {
        let mut orders = covered(rows(&lines)?, rows(&stock)?, on, today);
        orders.retain(|order| order.despatch_date <= last);
        Ok(orders)
    })
    .await
}

/// A quantity of a product that orders take from.
#[derive(Clone, Debug)]
struct Lot {
    /// The last day on which it may be used, where it is in stock.
    use_by: Option<NaiveDate>,
    /// How much there is, kg. `None` where nobody knows.
    left_kg: Option<f64>,
    run_number: String,
}

/// What there is of a product.
#[derive(Debug, Default)]
struct Supply {
    stock: Vec<Lot>,
    on: Vec<Lot>,
    /// An order of unknown weight took from it, so that nobody knows what is left for those after it.
    is_unknown: bool,
}

/// What an order took.
#[derive(Debug, Default)]
struct Taken {
    kg: f64,
    runs: Vec<String>,
    /// Whether a lot that it could take from is of unknown weight.
    is_unknown: bool,
}

fn covered(
    lines: Vec<DespatchRow>,
    stock: Vec<ShelfLifeRow>,
    on: Vec<RunRow>,
    today: NaiveDate,
) -> Vec<PendingOrder> {
    let mut supplies = supplies(&lines, stock, on);
    let is_pending = |line: &DespatchRow| {
        DespatchStatus::read(line.status.as_deref()) == Some(DespatchStatus::Pending)
            && line.despatch_date.is_some()
    };
    let mut pending: Vec<DespatchRow> = lines.into_iter().filter(is_pending).collect();
    pending.sort_by(|one, other| {
        let place = (one.despatch_date, &one.order_number, one.despatch_id);
        place.cmp(&(other.despatch_date, &other.order_number, other.despatch_id))
    });
    pending
        .into_iter()
        .map(|line| {
            let supply = line.product_code.as_deref().map(folded);
            let supply = supply.map(|code| supplies.entry(code).or_default());
            order(line, supply, today)
        })
        .collect()
}

/// What there is of each product, by its code in whatever case. What is used up first is taken first.
fn supplies(lines: &[DespatchRow], stock: Vec<ShelfLifeRow>, on: Vec<RunRow>) -> BTreeMap<String, Supply> {
    let mut supplies: BTreeMap<String, Supply> = BTreeMap::new();
    for run in stock {
        if let Some(code) = &run.product_code {
            let lot = Lot {
                use_by: use_by(run.pack_date, run.shelf_life_days, run.adjustment_days),
                left_kg: run.left_kg,
                run_number: run.run_number,
            };
            supplies.entry(folded(code)).or_default().stock.push(lot);
        }
    }
    for run in on {
        // Numbers recur: what left before the run was made is of another.
        let gone = lines.iter().filter(|line| line.despatched_on >= run.production_date);
        let gone = gone.filter(|line| has_left(line.status.as_deref()));
        let gone =
            gone.filter(|line| line.run_number.as_deref().map(folded) == Some(folded(&run.run_number)));
        let gone_kg = gone.map(|line| line.qty_kg).sum::<Option<f64>>();
        let made_kg = greater(run.target_kg, run.actual_kg);
        if let Some(code) = &run.product_code {
            let left_kg = made_kg.zip(gone_kg).map(|(made_kg, gone_kg)| made_kg - gone_kg);
            supplies.entry(folded(code)).or_default().on.push(Lot {
                use_by: None,
                left_kg,
                run_number: run.run_number,
            });
        }
    }
    for supply in supplies.values_mut() {
        supply
            .stock
            .sort_by(|one, other| (one.use_by, &one.run_number).cmp(&(other.use_by, &other.run_number)));
        supply.on.sort_by(|one, other| one.run_number.cmp(&other.run_number));
    }
    supplies
}

/// The greater of two, or the one that is known.
fn greater(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).max_by(f64::total_cmp)
}

/// Gives an order what there is for it.
fn order(line: DespatchRow, supply: Option<&mut Supply>, today: NaiveDate) -> PendingOrder {
    let mut shown = PendingOrder {
        order_number: line.order_number,
        customer: line.customer,
        product_code: line.product_code,
        despatch_date: line.despatch_date,
        ordered_kg: line.qty_kg,
        ..PendingOrder::default()
    };
    let Some(supply) = supply else { return shown };
    let Some(ordered_kg) = line.qty_kg.filter(|_| !supply.is_unknown) else {
        supply.is_unknown = true;
        return shown;
    };
    let wanted_kg = ordered_kg.max(0.0);
    // An order that should have left leaves today at the earliest.
    let leaves = line.despatch_date.max(Some(today));
    let is_good = |lot: &Lot| lot.use_by.zip(leaves).is_none_or(|(use_by, leaves)| use_by >= leaves);
    let in_stock = take(supply.stock.iter_mut().filter(|lot| is_good(lot)), wanted_kg);
    let missing_kg = wanted_kg - in_stock.kg;
    let projected = take(supply.on.iter_mut(), missing_kg);
    let short_kg = missing_kg - projected.kg;
    let is_missing = |kg: f64| kg > LEAST_LEFT_KG;
    let coverage = if !is_missing(missing_kg) {
        Some(Coverage::Covered)
    } else if in_stock.is_unknown {
        None
    } else if !is_missing(short_kg) {
        Some(Coverage::CoveredWhenRunEnds)
    } else {
        (!projected.is_unknown).then_some(Coverage::Short)
    };
    // After an order that nobody knows to be covered, nobody knows what is left either.
    supply.is_unknown = coverage.is_none();
    let is_stock_known = !in_stock.is_unknown || !is_missing(missing_kg);
    shown.in_stock_kg = is_stock_known.then_some(in_stock.kg);
    shown.projected_kg = coverage.map(|_| projected.kg);
    shown.short_kg = coverage.map(|_| if is_missing(short_kg) { short_kg } else { 0.0 });
    shown.status = coverage.map(|coverage| coverage.to_string());
    shown.covering_runs = Some(projected.runs.join(", ")).filter(|runs| !runs.is_empty());
    shown
}

/// Takes so much from lots, as far as they have it.
fn take<'a>(lots: impl Iterator<Item = &'a mut Lot>, wanted_kg: f64) -> Taken {
    let mut taken = Taken::default();
    for lot in lots {
        let Some(left_kg) = &mut lot.left_kg else {
            taken.is_unknown = true;
            continue;
        };
        let kg = left_kg.min(wanted_kg - taken.kg).max(0.0);
        if kg > 0.0 {
            *left_kg -= kg;
            taken.kg += kg;
            taken.runs.push(lot.run_number.clone());
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    fn line(order: &str, leaves: u32, qty_kg: Option<f64>) -> DespatchRow {
        DespatchRow {
            order_number: Some(order.to_owned()),
            product_code: Some("A".to_owned()),
            despatch_date: Some(day(leaves)),
            status: Some("Pending".to_owned()),
            qty_kg,
            ..DespatchRow::default()
        }
    }

    /// A complete run, packed on this day.
    fn stock(run: &str, packed: u32, left_kg: Option<f64>) -> ShelfLifeRow {
        ShelfLifeRow {
            run_number: run.to_owned(),
            product_code: Some("a ".to_owned()),
            pack_date: day(packed),
            left_kg,
            ..ShelfLifeRow::default()
        }
    }

    fn on(run: &str, target_kg: Option<f64>, actual_kg: Option<f64>) -> RunRow {
        RunRow {
            run_number: run.to_owned(),
            product_code: Some("A".to_owned()),
            target_kg,
            actual_kg,
            ..RunRow::default()
        }
    }

    fn told(lines: Vec<DespatchRow>, stock: Vec<ShelfLifeRow>, on: Vec<RunRow>) -> Vec<String> {
        let kg = |kg: Option<f64>| kg.map_or_else(|| "-".to_owned(), |kg| kg.to_string());
        covered(lines, stock, on, day(20))
            .into_iter()
            .map(|order| {
                format!(
                    "{} {}+{} short {} {} {}",
                    order.order_number.unwrap_or_default(),
                    kg(order.in_stock_kg),
                    kg(order.projected_kg),
                    kg(order.short_kg),
                    order.status.as_deref().unwrap_or("-"),
                    order.covering_runs.as_deref().unwrap_or("-")
                )
            })
            .collect()
    }

    #[test]
    fn stock_is_given_to_the_order_that_leaves_first_and_then_what_runs_will_have() {
        let lines = vec![line("3", 22, Some(50.0)), line("1", 20, Some(60.0)), line("2", 21, Some(60.0))];
        let told = told(lines, vec![stock("8", 19, Some(100.0))], vec![on("9", Some(40.0), Some(10.0))]);
        assert_eq!(
            told,
            [
                "1 60+0 short 0 covered -",
                "2 40+20 short 0 covered_when_run_ends 9",
                "3 0+20 short 30 short 9"
            ]
        );
    }

    #[test]
    fn fish_that_is_too_old_on_the_day_of_despatch_is_no_stock_for_it() {
        // Nine days from the 12th are the 21st.
        let lines = || vec![line("1", 21, Some(10.0)), line("2", 22, Some(10.0))];
        let old = told(lines(), vec![stock("8", 12, Some(100.0))], vec![]);
        assert_eq!(old, ["1 10+0 short 0 covered -", "2 0+0 short 10 short -"]);
        // What has to leave first is taken first, so that the fresher fish is there for the later order.
        let lots = vec![stock("7", 19, Some(10.0)), stock("8", 12, Some(10.0))];
        assert_eq!(told(lines(), lots, vec![])[1], "2 10+0 short 0 covered -");
    }

    #[test]
    fn a_run_has_what_it_made_if_that_is_more_than_asked_and_less_what_has_left() {
        let gone = DespatchRow {
            status: Some("loaded".to_owned()),
            run_number: Some("9 ".to_owned()),
            ..line("0", 20, Some(15.0))
        };
        let told = |run| told(vec![gone.clone(), line("1", 20, Some(100.0))], vec![], vec![run]);
        assert_eq!(told(on("9", Some(40.0), Some(55.0))), ["1 0+40 short 60 short 9"]);
        assert_eq!(told(on("9", None, Some(15.0))), ["1 0+0 short 100 short -"]);
        assert_eq!(told(on("9", None, None)), ["1 0+- short - - -"]);
    }

    #[test]
    fn what_left_before_the_run_was_made_is_of_another_run_of_its_number() {
        let gone = |left: u32| DespatchRow {
            status: Some("loaded".to_owned()),
            run_number: Some("9".to_owned()),
            despatched_on: day(left),
            ..line("0", left, Some(15.0))
        };
        let run = RunRow { production_date: day(19), ..on("9", Some(40.0), None) };
        let told = |left| told(vec![gone(left), line("1", 20, Some(100.0))], vec![], vec![run.clone()]);
        assert_eq!(
            (told(18), told(21)),
            (vec!["1 0+40 short 60 short 9".to_owned()], vec!["1 0+25 short 75 short 9".to_owned()])
        );
    }

    #[test]
    fn an_order_that_should_have_left_can_take_only_what_is_good_today() {
        // Today is the 20th: what has to be used by the 19th is no stock any more.
        let late = || vec![line("1", 17, Some(10.0))];
        assert_eq!(told(late(), vec![stock("8", 10, Some(50.0))], vec![]), ["1 0+0 short 10 short -"]);
        assert_eq!(told(late(), vec![stock("8", 11, Some(50.0))], vec![]), ["1 10+0 short 0 covered -"]);
    }

    #[test]
    fn what_nobody_knows_is_neither_covered_nor_short() {
        let known = || vec![stock("8", 19, Some(30.0)), stock("7", 19, None)];
        // What is known to be there is enough.
        assert_eq!(told(vec![line("1", 20, Some(30.0))], known(), vec![]), ["1 30+0 short 0 covered -"]);
        let lines = vec![line("1", 20, Some(31.0)), line("2", 21, Some(1.0))];
        assert_eq!(told(lines, known(), vec![]), ["1 -+- short - - -", "2 -+- short - - -"]);
        // An order of unknown weight takes nobody knows how much from those after it.
        let lines = vec![line("1", 20, None), line("2", 21, Some(1.0))];
        assert_eq!(
            told(lines, vec![stock("8", 19, Some(9.0))], vec![]),
            ["1 -+- short - - -", "2 -+- short - - -"]
        );
        let no_product = DespatchRow { product_code: None, ..line("1", 20, Some(1.0)) };
        assert_eq!(told(vec![no_product], vec![], vec![]), ["1 -+- short - - -"]);
    }

    #[test]
    fn only_pending_lines_are_told_and_a_correction_takes_nothing() {
        let with = |status: Option<&str>| DespatchRow {
            status: status.map(str::to_owned),
            ..line("1", 20, Some(1.0))
        };
        let lines = vec![with(Some("loaded")), with(Some("delivered")), with(None), with(Some("on hold"))];
        assert_eq!(told(lines, vec![], vec![]), Vec::<String>::new());
        let undated = DespatchRow { despatch_date: None, ..line("1", 20, Some(1.0)) };
        assert_eq!(told(vec![undated], vec![], vec![]), Vec::<String>::new());
        assert_eq!(told(vec![line("1", 20, Some(-5.0))], vec![], vec![]), ["1 0+0 short 0 covered -"]);
    }
}
