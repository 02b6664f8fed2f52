//! `allergen-changeovers`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use api::reports::{AllergenChangeover, LineReportQuery};
use chrono::{Days, NaiveDate, NaiveDateTime};
use domain::allergens::{listed, parse};
use domain::code::folded;
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{RUNS, RunRow, rows};

use crate::ask::{Keyed, dates};
use crate::product::{Products, products};
use crate::run::is_of_line;

/// A run may follow one of so many days before: on Monday morning, one of the week before.
const BEFORE_DAYS: u64 = 7;
/// It may follow one that is dated so many days after it, as those of a night shift may be.
const AFTER_DAYS: u64 = 1;

pub(crate) async fn report(
    state: State,
    ask: Ask<LineReportQuery, Vec<AllergenChangeover>>,
) -> Result<Answer> {
    let asked = dates(&ask.query, &state)?;
    let snapshot = state.snapshot().await?;
    let read = Dates {
        from: asked.from.map(|from| from.checked_sub_days(Days::new(BEFORE_DAYS)).unwrap_or(from)),
        to: asked.to.map(|to| to.checked_add_days(Days::new(AFTER_DAYS)).unwrap_or(to)),
    };
    let runs = snapshot.mart(&RUNS, read).await?;
    let products = products(&snapshot).await?;
    work(move || {
        let mut changes = changeovers(rows(&runs)?, &products, &ask.query);
        changes.retain(|(_, change)| {
            asked.from.is_none_or(|from| from <= change.production_date)
                && asked.to.is_none_or(|to| change.production_date <= to)
        });
        ask.list(changes, &snapshot)
    })
    .await
}

/// What rows are sorted by: date, line, and the start and number of the run after.
type Key = (Reverse<NaiveDate>, String, Reverse<NaiveDateTime>, Reverse<String>);

fn changeovers(
    runs: Vec<RunRow>,
    products: &Products,
    query: &LineReportQuery,
) -> Keyed<Key, AllergenChangeover> {
    // The runs of each line in the order of their starts, then of their numbers and dates.
    let mut by_line = BTreeMap::<_, BTreeMap<_, RunRow>>::new();
    for run in runs.into_iter().filter(|run| is_of_line(run, query.line.as_deref())) {
        if let (Some(line), Some(started_at)) = (run.prod_line.clone(), run.started_at) {
            let place = (started_at, run.run_number.clone(), run.production_date);
            by_line.entry(line).or_default().insert(place, run);
        }
    }
    let mut rows = Vec::new();
    for (line, runs) in by_line {
        for ((_, before), ((started_at, run_number, date), after)) in runs.iter().zip(runs.iter().skip(1)) {
            if let Some(row) = changeover(before, after, *started_at, products) {
                let place = (Reverse(*date), line.clone(), Reverse(*started_at), Reverse(run_number.clone()));
                rows.push((place, row));
            }
        }
    }
    rows
}

fn changeover(
    before: &RunRow,
    after: &RunRow,
    started_at: NaiveDateTime,
    products: &Products,
) -> Option<AllergenChangeover> {
    let code = |run: &RunRow| run.product_code.as_deref().map(folded).filter(|code| !code.is_empty());
    let is_same_product = code(before).is_some_and(|before| code(after) == Some(before));
    let (had, has) = (allergens(before, products), allergens(after, products));
    let known = had.as_ref().zip(has.as_ref());
    // Of one product after another nothing has to be cleaned off, even if nobody knows what is in it.
    if is_same_product || known.is_some_and(|(had, has)| had == has) {
        return None;
    }
    let only_in = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> BTreeSet<String> { one - other };
    let (added, removed) =
        (known.map(|(had, has)| only_in(has, had)), known.map(|(had, has)| only_in(had, has)));
    let of_change =
        |allergens: Option<&BTreeSet<String>>| allergens.filter(|all| !all.is_empty()).map(listed);
    Some(AllergenChangeover {
        production_date: after.production_date,
        prod_line: after.prod_line.clone().unwrap_or_default(),
        line_name: after.line_name.clone(),
        from_run: before.run_number.clone(),
        from_product_code: before.product_code.clone(),
        from_allergens: had.as_ref().map(of_product),
        to_run: after.run_number.clone(),
        to_product_code: after.product_code.clone(),
        to_allergens: has.as_ref().map(of_product),
        added: of_change(added.as_ref()),
        cleaning_required: removed.as_ref().map(|removed| !removed.is_empty()),
        removed: of_change(removed.as_ref()),
        gap_minutes: before
            .finished_at
            .map(|finished_at| (started_at - finished_at).num_milliseconds() as f64 / 60_000.0),
    })
}

/// The allergens of a run's product. `None` where the product or its allergens are not known.
fn allergens(run: &RunRow, products: &Products) -> Option<BTreeSet<String>> {
    parse(products.get(run.product_code.as_ref()?)?.allergens.as_deref())
}

fn of_product(allergens: &BTreeSet<String>) -> String {
    if allergens.is_empty() { "none".to_owned() } else { listed(allergens) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::products::Product;

    fn at(hour: u32, minute: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_hms_opt(hour, minute, 0).unwrap()
    }

    /// A run of an hour on line 1.
    fn run(number: &str, code: &str, hour: u32) -> RunRow {
        RunRow {
            run_number: number.to_owned(),
            production_date: at(0, 0).date(),
            prod_line: Some("L1".to_owned()),
            line_name: Some("Line 1".to_owned()),
            product_code: Some(code.to_owned()),
            started_at: Some(at(hour, 0)),
            finished_at: Some(at(hour, 45)),
            ..RunRow::default()
        }
    }

    /// Plain fish, breaded fish, the same in another spelling, and fish in milk.
    fn factory() -> Products {
        let product = |code: &str, allergens: Option<&str>| {
            (code.to_owned(), Product { allergens: allergens.map(str::to_owned), ..Product::default() })
        };
        Products::from_iter([
            product("PLAIN", Some("Fish")),
            product("BREADED", Some("fish,gluten")),
            product("CRUMBED", Some(" Gluten , FISH,,gluten")),
            product("MILKY", Some("fish, milk")),
            product("CREAMY", Some("MILK and fish")),
            product("NOTHING", Some("none")),
            product("UNKNOWN", None),
            product("LATER", Some("TBC")),
        ])
    }

    fn sorted(runs: Vec<RunRow>) -> Vec<AllergenChangeover> {
        let mut rows = changeovers(runs, &factory(), &LineReportQuery::default());
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn shown(runs: Vec<RunRow>) -> Vec<String> {
        let text = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let shown = |row: AllergenChangeover| {
            let clean = match row.cleaning_required {
                Some(true) => ", clean",
                Some(false) => "",
                None => ", unknown",
            };
            format!("{} to {}: +{} -{}{clean}", row.from_run, row.to_run, text(row.added), text(row.removed))
        };
        sorted(runs).into_iter().map(shown).collect()
    }

    #[test]
    fn only_what_the_next_run_must_not_have_has_to_be_cleaned_off_and_the_latest_change_comes_first() {
        let runs =
            vec![run("4", "PLAIN", 12), run("1", "PLAIN", 6), run("2", "BREADED", 8), run("3", "MILKY", 10)];
        assert_eq!(
            shown(runs),
            ["3 to 4: +- -milk, clean", "2 to 3: +milk -gluten, clean", "1 to 2: +gluten --"]
        );
    }

    #[test]
    fn a_row_tells_both_runs_and_the_time_between_them() {
        let row = sorted(vec![run("1", "CRUMBED", 6), RunRow { finished_at: None, ..run("2", "PLAIN", 7) }])
            .remove(0);
        assert_eq!(
            (row.production_date, row.prod_line.as_str(), row.line_name.as_deref()),
            (at(0, 0).date(), "L1", Some("Line 1"))
        );
        assert_eq!(
            (row.from_product_code.as_deref(), row.from_allergens.as_deref()),
            (Some("CRUMBED"), Some("fish, gluten"))
        );
        assert_eq!(
            (row.to_product_code.as_deref(), row.to_allergens.as_deref(), row.gap_minutes),
            (Some("PLAIN"), Some("fish"), Some(15.0))
        );
        let unknown_end =
            sorted(vec![RunRow { finished_at: None, ..run("1", "CRUMBED", 6) }, run("2", "PLAIN", 7)])
                .remove(0);
        assert_eq!(unknown_end.gap_minutes, None);
        let overlap = sorted(vec![
            RunRow { finished_at: Some(at(7, 30)), ..run("1", "CRUMBED", 6) },
            run("2", "PLAIN", 7),
        ])
        .remove(0);
        assert_eq!(overlap.gap_minutes, Some(-30.0));
    }

    #[test]
    fn one_set_in_two_spellings_is_no_change_and_none_is_a_set() {
        assert_eq!(shown(vec![run("1", "BREADED", 6), run("2", "CRUMBED", 7)]), [""; 0]);
        assert_eq!(shown(vec![run("1", "MILKY", 6), run("2", "CREAMY", 7)]), [""; 0]);
        let rows = sorted(vec![run("1", "PLAIN", 6), run("2", "NOTHING", 7)]);
        assert_eq!(
            (rows[0].to_allergens.as_deref(), rows[0].removed.as_deref(), rows[0].added.as_deref()),
            (Some("none"), Some("fish"), None)
        );
    }

    #[test]
    fn what_is_not_known_may_have_to_be_cleaned_off_or_not() {
        let no_code = RunRow { product_code: None, ..run("3", "", 8) };
        let runs = vec![run("1", "PLAIN", 6), run("2", "NOBODY'S", 7), no_code, run("4", "LATER", 9)];
        assert_eq!(
            shown(runs),
            ["3 to 4: +- --, unknown", "2 to 3: +- --, unknown", "1 to 2: +- --, unknown"]
        );
        let rows = sorted(vec![run("1", "PLAIN", 6), run("2", "UNKNOWN", 7)]);
        assert_eq!(
            (rows[0].from_allergens.as_deref(), rows[0].to_allergens.as_deref()),
            (Some("fish"), None)
        );
        assert_eq!(shown(vec![run("1", "UNKNOWN", 6), run("2", "UNKNOWN", 7)]), [""; 0], "one product");
        assert_eq!(
            shown(vec![run("1", "new", 6), run("2", "NEW", 7)]),
            [""; 0],
            "one product in two spellings"
        );
        assert_eq!(shown(vec![run("1", " ", 6), run("2", " ", 7)]), ["1 to 2: +- --, unknown"], "no product");
    }

    #[test]
    fn runs_follow_each_other_on_one_line_over_midnight_and_those_without_a_start_or_line_are_left_out() {
        let other_line = RunRow { prod_line: Some("L2".to_owned()), ..run("2", "BREADED", 7) };
        let next_day = at(0, 0).date().succ_opt().unwrap();
        let after_midnight = RunRow {
            production_date: next_day,
            started_at: next_day.and_hms_opt(0, 10, 0),
            ..run("7", "MILKY", 0)
        };
        let not_begun = RunRow { started_at: None, ..run("4", "BREADED", 9) };
        let of_no_line = RunRow { prod_line: None, ..run("5", "BREADED", 10) };
        let runs = vec![
            run("1", "PLAIN", 6),
            after_midnight,
            other_line,
            not_begun,
            of_no_line,
            run("6", "PLAIN", 23),
        ];
        let rows = sorted(runs);
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].production_date, rows[0].from_run.as_str(), rows[0].gap_minutes),
            (next_day, "6", Some(25.0))
        );
    }

    #[test]
    fn runs_that_began_together_follow_each_other_by_number() {
        assert_eq!(shown(vec![run("2", "PLAIN", 6), run("1", "BREADED", 6)]), ["1 to 2: +- -gluten, clean"]);
    }
}
