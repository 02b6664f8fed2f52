//! `prod_lines`, `SI_OCM_PLU` and `product_catalogue`: the tables that seldom change. The lines are revised
//! in turn, and so are the products, at half past ten.

use warehouse::sources::{PLU, PROD_LINES, PRODUCT_CATALOGUE};

use crate::sandbox::cell::{Cell, date, flag_or_null, mixed_stamp, stamp, untidy};
use crate::sandbox::clock::{DAY, HOUR, Moment, Window};
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::factory::{CUSTOMERS, LINES};
use crate::sandbox::products::{PRODUCTS, Product};
use crate::sandbox::schema::Writer;

/// The days from one revision of a line to its next.
const LINE_EVERY: i64 = 30;
/// The days from one revision of a product to its next.
const PRODUCT_EVERY: i64 = PRODUCTS.len() as i64;

/// Writes the lines and products that were revised in the window.
pub(super) fn write(seed: u64, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    for (n, line) in (0..).zip(&LINES) {
        let revised = revised(n, LINE_EVERY, window.until);
        if window.contains(revised) {
            let mut dice = Dice::of(seed, Topic::Master, n);
            let cells = [
                Cell::Str(line.id),
                untidy(line.name, &mut dice),
                Cell::Str(line.kind),
                Cell::Str(line.area),
                Cell::Real(line.capacity_kg),
                flag_or_null(true, true, &mut dice),
                stamp(revised),
            ];
            erp.put(&PROD_LINES, &cells)?;
        }
    }
    for (n, product) in (0..).zip(&PRODUCTS) {
        let revised = revised(n, PRODUCT_EVERY, window.until);
        if window.contains(revised) {
            let mut dice = Dice::of(seed, Topic::Master, 100 + n);
            erp.put(&PLU, &plu(product, revised, &mut dice))?;
            erp.put(&PRODUCT_CATALOGUE, &catalogue(product, revised, &mut dice))?;
        }
    }
    Ok(())
}

/// The last revision of line or product number `n` up to a moment.
fn revised(n: i64, every: i64, until: Moment) -> Moment {
    let first = n * DAY + 10 * HOUR + 30 * 60;
    first + (until - first).div_euclid(every * DAY) * every * DAY
}

fn plu<'a>(product: &'a Product, revised: Moment, dice: &mut Dice) -> [Cell<'a>; 10] {
    // Each revision changes the shelf life, so that there is something to see.
    let shelf_life_days = 9 + (revised / DAY / PRODUCT_EVERY) % 2;
    [
        Cell::Int(product.plu),
        untidy(product.description, dice),
        Cell::Str(product.code),
        Cell::Str(product.category()),
        product.species().map(|species| species.origin().name).into(),
        Cell::Text(product.pack_g.to_string()),
        Cell::Int(shelf_life_days),
        Cell::Str(product.allergens()),
        flag_or_null(true, true, dice),
        mixed_stamp(revised, dice),
    ]
}

/// The row in the catalogue, which stamps dates without a time.
fn catalogue<'a>(product: &'a Product, revised: Moment, dice: &mut Dice) -> [Cell<'a>; 13] {
    [
        Cell::Str(product.code),
        Cell::Text(product.description.to_lowercase()),
        untidy(product.brand(), dice),
        product.species().map(|species| species.origin().name).into(),
        Cell::Int(product.tier),
        Cell::Real(product.pack_g as f64),
        Cell::Int(product.pieces),
        Cell::Real((product.pack_g / product.pieces) as f64),
        Cell::Str(product.piece_type),
        Cell::Str(CUSTOMERS[product.customer].0),
        Cell::Str(if product.category() == "Smoked" || product.raw.origin().prefix == "PRA" {
            "high risk"
        } else {
            "chilled raw"
        }),
        flag_or_null(dice.chance(950), true, dice),
        date(revised),
    ]
}
