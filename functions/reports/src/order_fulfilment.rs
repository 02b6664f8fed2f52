//! `order-fulfilment`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::reports::{OrderLine, OrderReportQuery};
use chrono::NaiveDate;
use domain::bookings::sum_kg;
use domain::code::folded;
use domain::despatch::DespatchStatus;
use domain::ratio::ratio_pct;
use serve::{Answer, Ask, Result, State, is_asked_for, work};
use warehouse::marts::{DESPATCH_LINES, DespatchRow, rows};

use crate::ask::{Keyed, dates};
use crate::product::{Products, products};

pub(crate) async fn report(state: State, ask: Ask<OrderReportQuery, Vec<OrderLine>>) -> Result<Answer> {
    let dates = dates(&ask.query, &state)?;
    let snapshot = state.snapshot().await?;
    let lines = snapshot.mart(&DESPATCH_LINES, dates).await?;
    let products = products(&snapshot).await?;
    work(move || ask.list(fulfilled(rows(&lines)?, &products, &ask.query), &snapshot)).await
}

/// What rows are sorted by: the day of despatch, the newest first and none last, then order, product and
/// customer.
type Key = (Reverse<Option<NaiveDate>>, Option<String>, Option<String>, Option<String>);

/// The status of a row whose lines differ in theirs, or have one that is none of these.
const PARTIAL: &str = "partial";

/// The order lines of one row, added up. A sum with an unknown part is unknown.
struct LinesOfRow {
    /// The order as its lines write it, the first in the order of characters; the same of the product.
    order_number: Option<String>,
    product_code: Option<String>,
    despatch_date: Option<NaiveDate>,
    delivery_date: Option<NaiveDate>,
    cases: Option<i64>,
    qty_kg: Option<f64>,
    pending_kg: Option<f64>,
    loaded_kg: Option<f64>,
    delivered_kg: Option<f64>,
    status: Option<&'static str>,
}

impl Default for LinesOfRow {
    fn default() -> Self {
        let nothing = Some(0.0);
        Self {
            order_number: None,
            product_code: None,
            despatch_date: None,
            delivery_date: None,
            cases: Some(0),
            qty_kg: nothing,
            pending_kg: nothing,
            loaded_kg: nothing,
            delivered_kg: nothing,
            status: None,
        }
    }
}

impl LinesOfRow {
    fn add(&mut self, line: &DespatchRow) {
        let first =
            |known: Option<String>, code: Option<&String>| known.into_iter().chain(code.cloned()).min();
        self.order_number = first(self.order_number.take(), line.order_number.as_ref());
        self.product_code = first(self.product_code.take(), line.product_code.as_ref());
        self.despatch_date = self.despatch_date.into_iter().chain(line.despatch_date).min();
        self.delivery_date = self.delivery_date.max(line.delivery_date);
        self.cases = self.cases.zip(line.qty_cases).map(|(sum, cases)| sum.saturating_add(cases));
        let known = DespatchStatus::read(line.status.as_deref());
        let of_status = match known {
            Some(DespatchStatus::Pending) => Some(&mut self.pending_kg),
            Some(DespatchStatus::Loaded) => Some(&mut self.loaded_kg),
            Some(DespatchStatus::Delivered) => Some(&mut self.delivered_kg),
            None => None,
        };
        for sum in of_status.into_iter().chain([&mut self.qty_kg]) {
            *sum = sum_kg([*sum, line.qty_kg]);
        }
        let status = known.map_or(PARTIAL, DespatchStatus::as_str);
        self.status = Some(if self.status.is_none_or(|before| before == status) { status } else { PARTIAL });
    }
}

fn fulfilled(
    lines: Vec<DespatchRow>,
    products: &Products,
    query: &OrderReportQuery,
) -> Keyed<Key, OrderLine> {
    let mut groups = BTreeMap::<_, LinesOfRow>::new();
    for line in lines {
        let is_wanted = is_asked_for(line.customer.as_deref(), query.customer.as_deref())
            && is_asked_for(line.order_number.as_deref(), query.order.as_deref());
        if is_wanted {
            let code = |code: Option<&str>| code.map(folded);
            groups
                .entry((
                    code(line.order_number.as_deref()),
                    code(line.product_code.as_deref()),
                    line.customer.clone(),
                ))
                .or_default()
                .add(&line);
        }
    }
    let keyed = groups.into_iter().map(|((.., customer), group)| {
        let product = group.product_code.as_ref().and_then(|code| products.get(code));
        let (order_number, product_code) = (
            group.order_number,
            product.and_then(|product| product.product_code.clone()).or(group.product_code.clone()),
        );
        let key =
            (Reverse(group.despatch_date), order_number.clone(), product_code.clone(), customer.clone());
        let product = product.and_then(|product| product.description.clone());
        let row = OrderLine {
            order_number,
            customer,
            product_code,
            product,
            despatch_date: group.despatch_date,
            delivery_date: group.delivery_date,
            cases: group.cases,
            qty_kg: group.qty_kg,
            pending_kg: group.pending_kg,
            loaded_kg: group.loaded_kg,
            delivered_kg: group.delivered_kg,
            fulfilled_pct: group
                .delivered_kg
                .zip(group.qty_kg)
                .and_then(|(delivered_kg, qty_kg)| ratio_pct(delivered_kg, qty_kg)),
            status: group.status.unwrap_or(PARTIAL).to_owned(),
        };
        (key, row)
    });
    keyed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::products::Product;

    const PENDING: &str = DespatchStatus::Pending.as_str();
    const LOADED: &str = DespatchStatus::Loaded.as_str();
    const DELIVERED: &str = DespatchStatus::Delivered.as_str();

    fn day(day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(2026, 11, day)
    }

    fn line(order: &str, status: Option<&str>, qty_kg: Option<f64>) -> DespatchRow {
        DespatchRow {
            order_number: Some(order.to_owned()),
            customer: Some("Harbour Foods".to_owned()),
            product_code: Some("A".to_owned()),
            qty_cases: Some(2),
            qty_kg,
            status: status.map(str::to_owned),
            ..DespatchRow::default()
        }
    }

    fn sorted(lines: Vec<DespatchRow>) -> Vec<OrderLine> {
        let product = Product {
            product_code: Some("A".to_owned()),
            description: Some("COD LOIN".to_owned()),
            ..Product::default()
        };
        let products = Products::from_iter([("A".to_owned(), product)]);
        let mut rows = fulfilled(lines, &products, &OrderReportQuery::default());
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    #[test]
    fn an_order_s_lines_of_one_product_are_added_up_by_what_became_of_them() {
        let lines = vec![
            DespatchRow {
                despatch_date: day(5),
                delivery_date: day(6),
                ..line("1", Some("delivered"), Some(30.0))
            },
            DespatchRow {
                despatch_date: day(3),
                delivery_date: day(9),
                ..line("1", Some("loaded"), Some(50.0))
            },
            line("1", Some("pending"), Some(25.0)),
            DespatchRow { qty_cases: Some(0), ..line("1", Some("pending"), Some(-5.0)) },
            DespatchRow { product_code: Some("B".to_owned()), ..line("1", Some("pending"), Some(1.0)) },
        ];
        let rows = sorted(lines);
        let row = &rows[0];
        assert_eq!(
            (rows.len(), row.product.as_deref(), rows[1].product.as_deref()),
            (2, Some("COD LOIN"), None)
        );
        assert_eq!(
            (row.despatch_date, row.delivery_date, row.cases, row.qty_kg),
            (day(3), day(9), Some(6), Some(100.0))
        );
        assert_eq!(
            (row.pending_kg, row.loaded_kg, row.delivered_kg, row.fulfilled_pct),
            (Some(20.0), Some(50.0), Some(30.0), Some(30.0))
        );
    }

    #[test]
    fn lines_meet_by_order_and_product_in_any_case() {
        let lines = vec![
            DespatchRow { product_code: Some("a".to_owned()), ..line("so-1", Some("loaded"), Some(30.0)) },
            line("SO-1", Some("loaded"), Some(20.0)),
            DespatchRow { product_code: Some("new".to_owned()), ..line("SO-1", None, Some(1.0)) },
        ];
        let shown = sorted(lines).into_iter().map(|row| (row.order_number, row.product_code, row.qty_kg));
        let expect = [("A", 50.0), ("new", 1.0)];
        let expect = expect.map(|(code, kg)| (Some("SO-1".to_owned()), Some(code.to_owned()), Some(kg)));
        assert_eq!(shown.collect::<Vec<_>>(), expect);
    }

    #[test]
    fn a_status_is_that_of_all_lines_or_partial() {
        let status = |statuses: &[Option<&str>]| {
            sorted(statuses.iter().map(|status| line("1", *status, Some(1.0))).collect())[0].status.clone()
        };
        for word in [PENDING, LOADED, DELIVERED] {
            assert_eq!(status(&[Some(word); 2]), word);
        }
        assert_eq!(status(&[Some(PENDING), Some(LOADED)]), PARTIAL);
        assert_eq!(status(&[Some(DELIVERED), Some(LOADED), Some(DELIVERED)]), PARTIAL);
        assert_eq!(status(&[None, Some(DELIVERED)]), PARTIAL);
        assert_eq!(status(&[Some("on hold")]), PARTIAL);
    }

    #[test]
    fn of_nothing_no_part_is_delivered() {
        let none = sorted(vec![line("1", Some(DELIVERED), Some(0.0))]).remove(0);
        assert_eq!((none.qty_kg, none.delivered_kg, none.fulfilled_pct), (Some(0.0), Some(0.0), None));
        let unknown = sorted(vec![line("1", Some(DELIVERED), None)]).remove(0);
        assert_eq!((unknown.qty_kg, unknown.delivered_kg, unknown.fulfilled_pct), (None, None, None));
    }

    #[test]
    fn a_line_without_a_weight_makes_the_sums_unknown_that_it_belongs_to() {
        let lines = vec![
            line("1", Some(DELIVERED), Some(30.0)),
            DespatchRow { qty_cases: None, ..line("1", Some(LOADED), None) },
            line("1", Some(PENDING), Some(20.0)),
        ];
        let row = sorted(lines).remove(0);
        assert_eq!((row.cases, row.qty_kg, row.fulfilled_pct), (None, None, None));
        assert_eq!((row.delivered_kg, row.loaded_kg, row.pending_kg), (Some(30.0), None, Some(20.0)));
    }

    #[test]
    fn the_newest_day_comes_first_and_none_last() {
        let lines = vec![
            line("1", None, None),
            DespatchRow { despatch_date: day(4), ..line("2", None, None) },
            DespatchRow { despatch_date: day(5), ..line("4", None, None) },
            DespatchRow { despatch_date: day(5), ..line("3", None, None) },
            DespatchRow { despatch_date: day(5), customer: None, ..line("3", None, None) },
        ];
        let shown: Vec<_> = sorted(lines)
            .into_iter()
            .map(|row| (row.order_number.unwrap_or_default(), row.customer.is_some()))
            .collect();
        assert_eq!(
            shown,
            [("3", false), ("3", true), ("4", true), ("2", true), ("1", true)]
                .map(|(order, known)| (order.to_owned(), known))
        );
    }

    #[test]
    fn orders_are_filtered_by_customer_and_number() {
        let lines = vec![
            line("SO-1", None, None),
            DespatchRow { customer: Some("Other".to_owned()), ..line("SO-2", None, None) },
        ];
        let asked = |customer: Option<&str>, order: Option<&str>| {
            let query = OrderReportQuery {
                customer: customer.map(str::to_owned),
                order: order.map(str::to_owned),
                ..OrderReportQuery::default()
            };
            fulfilled(lines.clone(), &Products::from_iter([]), &query).len()
        };
        assert_eq!(
            (
                asked(None, None),
                asked(Some("harbour foods"), None),
                asked(None, Some("so-2")),
                asked(Some("other"), Some("SO-1"))
            ),
            (2, 1, 1, 0)
        );
    }
}
