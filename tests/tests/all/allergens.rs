//! Allergen changeovers, from the product master to the report.

use lake::Mode;
use serde_json::{Value, json};
use tests::described::answer_of;
use tests::factory::{ErpAccess, Factory};

over_both_ways!(runs_follow_each_other_over_midnight_and_what_is_not_known_is_no_clean_line);

/// Runs of one line, each with the code of its product.
const RUNS: [(&str, &str, &str, Option<&str>); 6] = [
    ("1", "2026-11-18", "2026-11-18 06:00:00", Some("PIE")),
    ("2", "2026-11-19", "2026-11-19 22:00:00", Some("PIE")),
    ("3", "2026-11-20", "2026-11-20 00:30:00", Some("CHOWDER")),
    ("4", "2026-11-20", "2026-11-20 02:00:00", Some("COD")),
    ("5", "2026-11-20", "2026-11-20 04:00:00", Some("NEW")),
    ("6", "2026-11-20", "2026-11-20 06:00:00", None),
];

async fn runs_follow_each_other_over_midnight_and_what_is_not_known_is_no_clean_line(access: ErpAccess) {
    let factory = Factory::in_memory("2026-11-20T14:00:00").await.over(access);
    let updated = ("Updated", "'2026-11-18 05:00:00'");
    for (plu, code, allergens) in [
        ("1", "'PIE'", "'FISH; MILK'"),
        ("2", "'CHOWDER'", "'milk and fish'"),
        ("3", "'COD'", "'Contains: fish'"),
        ("4", "'NEW'", "'tbc'"),
    ] {
        let values = [("PLUNumber", plu), ("ProductCode", code), ("Allergens", allergens), updated];
        factory.insert("SI_OCM_PLU", &values);
    }
    for (number, date, created, code) in RUNS {
        let quoted = |text: &str| format!("'{text}'");
        let code = code.map_or_else(|| "NULL".to_owned(), quoted);
        let values = [
            ("RunNumber", quoted(number)),
            ("ProductionDate", quoted(date)),
            ("ProductCode", code),
            ("ProdLine", "'L1'".to_owned()),
            ("Created", quoted(created)),
        ];
        factory.insert("RunNumber", &values.each_ref().map(|(name, value)| (*name, value.as_str())));
    }
    factory.job_ok(Mode::Incremental).await;

    let changes = answer_of(&factory, "/reports/allergen-changeovers?days=1").await;
    let shown = |row: &Value| {
        let names = ["from_run", "to_run", "from_allergens", "to_allergens", "removed", "cleaning_required"];
        json!(names.map(|name| row[name].clone()))
    };
    assert_eq!(
        changes.as_array().unwrap().iter().map(shown).collect::<Vec<_>>(),
        [
            json!(["5", "6", null, null, null, null]),
            json!(["4", "5", "fish", null, null, null]),
            json!(["3", "4", "fish, milk", "fish", "milk", true]),
        ],
        "from run 2 to run 3 nothing changes but how it is written"
    );
    factory.execute("UPDATE SI_OCM_PLU SET Allergens = 'fish/milk/egg', Updated = '2026-11-20 13:50:00' WHERE PLUNumber = 1");
    factory.job_ok(Mode::Incremental).await;
    let changes = answer_of(&factory, "/reports/allergen-changeovers?days=1").await;
    assert_eq!(
        shown(&changes[3]),
        json!(["2", "3", "egg, fish, milk", "fish, milk", "egg", true]),
        "over midnight, and over the beginning of the window"
    );
    let products = answer_of(&factory, "/products").await;
    let listed: Vec<_> = products.as_array().unwrap().iter().map(|row| row["allergens"].clone()).collect();
    assert_eq!(json!(listed), json!(["fish, milk", "fish", "tbc", "egg, fish, milk"]));
}
