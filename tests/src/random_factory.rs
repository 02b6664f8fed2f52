//! A factory of random rows in all tables. It has few codes, dates and weights, so that rows meet, and
//! everything that is nasty about legacy rows. The same seed gives the same rows.

use rusqlite::{Connection, params_from_iter, types::Value};
use warehouse::sources::{
    ALL, CASE_VERIFICATION, Column, DESPATCH, Kind, OfRun, PLU, PROD_LINES, PRODUCT_CATALOGUE, Source,
    TEMPERATURE_LOGS, TRANSACTIONS,
};

use crate::factory::Factory;
use crate::faults::schedule::dice::Dice;

/// Adds random rows to the ERP, with ids from `from_id` on.
pub fn fill(factory: &Factory, seed: u64, from_id: i64) {
    let mut dice = Dice::new(seed);
    let mut erp = Connection::open(factory.erp()).expect("the ERP");
    let adding = erp.transaction().expect("the ERP");
    for source in ALL {
        let names: Vec<_> = source.columns.iter().map(|column| column.source).collect();
        let places = vec!["?"; names.len()].join(", ");
        let mut insert = adding
            .prepare(&format!("INSERT INTO {} ({}) VALUES ({places})", source.table, names.join(", ")))
            .expect("a table of the ERP");
        for id in from_id..from_id + rows_of(&mut dice, source) {
            let mut row: Vec<Value> =
                source.columns.iter().map(|column| cell(&mut dice, source, column, id)).collect();
            if source.run != OfRun::None && dice.chance(30) {
                spoil(&mut dice, source, &mut row);
            }
            insert.execute(params_from_iter(row)).expect("a row");
        }
    }
    adding.commit().expect("the ERP");
}

/// Puts garbage into a number of a row, so that the row is rejected.
fn spoil(dice: &mut Dice, source: &Source, row: &mut [Value]) {
    let is_number =
        |column: &&Column| matches!(column.kind, Kind::Whole | Kind::Number | Kind::Signed | Kind::Flag);
    let numbers = source.columns.iter().filter(is_number).map(|column| column.source);
    let garbage = dice.pick(&numbers.collect::<Vec<_>>());
    for (column, value) in source.columns.iter().zip(row) {
        if column.source == garbage && !source.key.contains(&garbage) {
            *value = text("x1");
        }
    }
}

/// How many rows a table gets. Now and then it gets none.
fn rows_of(dice: &mut Dice, source: &Source) -> i64 {
    if dice.chance(60) {
        return 0;
    }
    if source == &TRANSACTIONS {
        dice.between(100, 700)
    } else if [&CASE_VERIFICATION, &TEMPERATURE_LOGS].contains(&source) {
        dice.between(30, 120)
    } else if source == &PROD_LINES {
        4
    } else if [&PLU, &PRODUCT_CATALOGUE].contains(&source) {
        9
    } else {
        dice.between(10, 45)
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// A value that the column can hold.
pub(crate) fn cell(dice: &mut Dice, source: &Source, column: &Column, id: i64) -> Value {
    let is_key = source.key.contains(&column.source);
    let is_stamp = column.source == source.watermark;
    if !is_key && !is_stamp && dice.chance(100) {
        return Value::Null;
    }
    match column.kind {
        Kind::Text => text(&words(dice, source, &column.name(), id)),
        Kind::Whole if is_key => Value::Integer(id),
        Kind::Whole => Value::Integer(whole(dice, column)),
        // Bookings are corrected by negative ones.
        Kind::Signed if column.source == "qty_kg" && dice.chance(60) => {
            Value::Real(dice.pick(&[-0.1, -10.5, -33.3, -100.0, -199.9]))
        }
        Kind::Number | Kind::Signed => Value::Real(number(dice, &column.name())),
        Kind::Flag => text(dice.pick(&["0", "1", "Y", " n ", "TRUE", "yes", "1", "1"])),
        Kind::Date => text(dice.pick(&[
            "2026-10-24",
            "2026-10-25",
            "2026-10-26",
            "2026-11-01",
            "2026-11-02",
            "2026-11-02 00:00:00",
        ])),
        Kind::Time => text(&time(dice)),
    }
}

fn time(dice: &mut Dice) -> String {
    let day =
        dice.pick(&["2026-10-23", "2026-10-24", "2026-10-25", "2026-10-26", "2026-11-01", "2026-11-02"]);
    match dice.below(6) {
        // A date alone, and stamps that tie with the beginning of a run.
        0 => day.to_owned(),
        1 => format!("{day} 06:00:00"),
        2 => format!("{day} 12:00:00"),
        3 => format!("{day} 01:30:00.997"),
        _ => format!("{day} {:02}:{:02}:00", dice.between(0, 23), dice.between(0, 59)),
    }
}

fn whole(dice: &mut Dice, column: &Column) -> i64 {
    match column.source {
        "start_label" => dice.between(1000, 1010),
        "end_label" => dice.pick(&[999, 1003, 1010, 1012, 1020, i64::MAX]),
        "label_seq" => dice.between(995, 1025),
        "expected_plu" | "RejectCount" | "headcount" => dice.between(0, 12),
        "TotalPacks" => dice.pick(&[0, 10, 200]),
        _ => {
            let (low, high) = column.range.unwrap_or((0, 30));
            dice.between(low, high)
        }
    }
}

fn number(dice: &mut Dice, name: &str) -> f64 {
    match name {
        "net_weight" => dice.pick(&[
            0.0, 170.0, 181.9, 182.0, 190.99, 191.0, 195.5, 199.95, 200.0, 200.0, 200.4, 206.0, 206.1, 250.3,
            260.0,
        ]),
        "target_weight" => dice.pick(&[0.0, 200.0, 200.0, 200.0, 250.0]),
        "pack_size" | "pack_weight_g" => {
            dice.pick(&[0.0, 4.9, 33.3, 155.5, 200.0, 200.0, 250.0, 455.0, 2500.0, 20_000.0])
        }
        "received_temp_c" | "vehicle_temp_c" => dice.pick(&[-1.5, 0.0, 3.9, 4.0, 4.1, 5.0, 5.1, 7.25]),
        "temp_celsius" => dice.pick(&[-19.0, -1.5, 0.0, 3.9, 5.0, 5.1, 5.1_f32.into(), 7.25, 85.0]),
        "target_min" => dice.pick(&[-1.5, 0.0, 6.0]),
        "target_max" => dice.pick(&[4.0, 5.0, 5.1]),
        "giveaway_pct" => dice.pick(&[-2.0, 2.9, 3.0, 3.1]),
        "planned_hours" | "actual_hours" | "overtime_hours" => dice.pick(&[0.0, 0.5, 6.5, 7.5, 8.0, 9.25]),
        // With these, yield, Premium input and paperwork meet their limits: 90 of 100, 100.5 of 100, 98 of
        // 100.
        _ => dice.pick(&[0.0, 0.1, 10.5, 33.3, 45.0, 50.0, 90.0, 98.0, 100.0, 100.0, 100.5, 199.9]),
    }
}

const BATCHES: &[&str] = &["B1", "B2", "B3", "B3", " B4 ", "b1", "N1", "N2", "N3", "", "nobody's"];
const DESCRIPTIONS: &[&str] = &[
    "cod loin",
    "SMOKED HADDOCK FILLETS",
    "Lemon Sole",
    "CODDLED CREAM",
    "SEA  BASS STEAK",
    "SALMON-FAMILY PACK 800G",
    "simply salmon",
    "PRAWNS",
    "COD_X",
    "fishcakes of cod",
    "ÉCOD",
    "TUNA MARINADES",
    "whole MACKEREL & HAKE",
    "",
    "Fish Cake",
];
const SPECIES: &[&str] =
    &["Salmon", "Atlantic Salmon", "cod", " COD ", "Monkfish", "monkfish", "", "Haddock", "hake"];

/// A text for a column. `name` is the name of the column in the lake.
fn words(dice: &mut Dice, source: &Source, name: &str, id: i64) -> String {
    let is_key = source.key.iter().any(|key| source.column(key).name() == name);
    let picked = match name {
        "trace_id" => return format!("TR-{id}"),
        "run_number" => dice.pick(&[
            "1",
            "2",
            "2",
            "R7",
            "r7",
            "1017",
            if is_key { "5" } else { " 2 " },
            if is_key { "6" } else { "none" },
        ]),
        "product_code" if is_key => return format!("{}{}", dice.pick(&["P", "P", "p", "Ü/"]), id % 9),
        "product_code" | "from_product" | "to_product" => {
            return format!("{}{}", dice.pick(&["P", "P", "P", "p", "Ü/", " P"]), dice.between(0, 9));
        }
        "line_id" if is_key => return format!("{}{}", dice.pick(&["L", "L", "l"]), id % 4),
        "line_id" | "prod_line" => {
            dice.pick(&["L0", "L1", "l2", "Line 1", "line 3", " Dock ", "", "l", "L9"])
        }
        "line_name" => dice.pick(&["Line 1", "LINE 1", "Line 3", "L2", "", "Dock"]),
        "shift_code" => dice.pick(&["AM", "PM", "am", "", "N"]),
        "description" => dice.pick(DESCRIPTIONS),
        "catch_method" => dice.pick(&["Trawl", "Farmed", "sea farms", "AQUACULTURE", "cultured", ""]),
        "brand" => dice.pick(&["Simply Salmon", "simply", ""]),
        "species" => dice.pick(SPECIES),
        "batch_code" | "new_batch_code" | "parent_batch" => dice.pick(BATCHES),
        "grade" | "source_grade" => dice.pick(&["Premium", "GG", "gg", " premium", "B", ""]),
        "piece_type" => dice.pick(&["center_cut", "Centre cut", "tail", "Tail", "offcut", "marinade", ""]),
        "direction" => dice.pick(&["INPUT", "SCANBACK", "SCANBACK", "scanback"]),
        "return_method" => dice.pick(&["OCM", "OCM", "PROD_RETURN", "ocm "]),
        "expected_plu" | "scanned_plu" => dice.pick(&["17", "17", "17", " 17", "18", "", "017"]),
        "severity" => dice.pick(&["critical", "Major", "MINOR", "cosmetic", ""]),
        "status" if source == &DESPATCH => {
            dice.pick(&["pending", "loaded", "Loaded ", "delivered", "lost", ""])
        }
        "status" => {
            dice.pick(&["open", "Open", "investigating", "closed", "CLOSED", "closed", "dropped", ""])
        }
        "allergens" => dice.pick(&[
            "Fish",
            "fish, Milk",
            "MILK;fish",
            "Crustaceans , Fish,,",
            "",
            "Contains: gluten and fish.",
            "none",
            "milk/TBC",
        ]),
        "order_number" => dice.pick(&["SO-1", "SO-2", "so-1", "SO/3", ""]),
        "location" => dice.pick(&["Chiller 1", "Chiller 2", "Dock", ""]),
        _ => dice.pick(&["a", "B", "c, d", ""]),
    };
    picked.to_owned()
}
