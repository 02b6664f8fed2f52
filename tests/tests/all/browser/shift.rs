//! The shift that is on, as the page shows it.

use serde::Deserialize;
use serde_json::Value;
use tests::browser::{Browser, until};
use tests::factory::Factory;
use tests::site::Site;

use super::screen::number;

/// What the page shows of the shift.
#[derive(Debug, Default, Deserialize, PartialEq)]
struct Shown {
    /// The name of the shift.
    shift: String,
    /// What was made so far, where it lands, and how many lines run.
    figures: Vec<String>,
    /// Each line: its id, where it lands, what it made, what was expected, its pace and the needed one.
    lines: Vec<[String; 6]>,
    /// How many points each line's way through the shift has.
    points: Vec<usize>,
    /// What to act on first, each with its link.
    attention: Vec<(String, Option<String>)>,
}

const READ: &str = "
    const text = (element) => element ? element.textContent : '';
    const lines = [...document.querySelectorAll('#lines .line')];
    return {
        shift: text(document.querySelector('#shift h2')?.firstChild),
        figures: [...document.querySelectorAll('#shift .big .value')].map(text),
        lines: lines.map((line) => [line.dataset.line, text(line.querySelector('.landing-words strong')),
            ...[...line.querySelectorAll('dd')].map(text)]),
        points: lines.map((line) => line.querySelector('.made').getAttribute('points').split(' ').length),
        attention: [...document.querySelectorAll('#attention li')].map((item) =>
            [text(item.firstChild), item.querySelector('a')?.getAttribute('href') ?? null]),
    };";

/// What it should show of an answer of `/shift/now`.
fn expected(now: &Value) -> Shown {
    let list = |of: &Value| of.as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let shown = |value: &Value, unit: &str| {
        value.as_f64().map_or_else(|| "–".to_owned(), |value| format!("{} {unit}", number(value, 1)))
    };
    let totals = &now["totals"];
    let lines = ["lines_running", "lines_stopped", "lines_idle"].map(|name| totals[name].as_i64().unwrap());
    let line = |line: &Value| {
        [
            text(&line["prod_line"]),
            shown(&line["projected_kg"], "kg"),
            shown(&line["made_kg"], "kg"),
            shown(&line["expected_kg"], "kg"),
            shown(&line["packs_per_min"], "packs/min"),
            shown(&line["needed_packs_per_min"], "packs/min"),
        ]
    };
    Shown {
        shift: format!("{} shift", text(&now["shift"]["code"])),
        figures: vec![
            shown(&totals["made_kg"], "kg"),
            shown(&totals["projected_kg"], "kg"),
            format!("{} of {}", lines[0], lines.iter().sum::<i64>()),
        ],
        lines: list(&now["lines"]).iter().map(line).collect(),
        points: list(&now["lines"]).iter().map(|line| list(&line["way"]).len()).collect(),
        attention: list(&now["attention"])
            .iter()
            .map(|about| (text(&about["text"]), about["link"].as_str().map(str::to_owned)))
            .collect(),
    }
}

/// Opens the page over a factory, and looks until it shows this answer of `/shift/now`.
pub(crate) async fn assert_page_shows(factory: &Factory, now: &Value) {
    let site = Site::open(factory).await;
    let browser = Browser::start().await;
    browser.set_screen(1440, 900).await;
    browser.open(&site.url("/?refresh=1")).await;
    let expected = expected(now);
    assert!(
        expected.lines.len() >= 4 && !expected.attention.is_empty(),
        "too little to compare: {expected:?}"
    );
    until("the page shows the shift", async || {
        let shown: Shown = browser.run(READ).await;
        if shown == expected {
            Ok(())
        } else {
            Err(format!("\n  shown    {shown:?}\n  expected {expected:?}"))
        }
    })
    .await;
    for colours in ["light", "dark"] {
        browser.set_colours(colours).await;
        browser.take_picture(&format!("now-{colours}"), 1440, 900).await;
    }
    browser.take_picture("now-wall", 1920, 1080).await;
    super::assert_nothing_is_wider_than_a_phone(&browser, "now-phone").await;
    super::assert_no_complaint(browser.logged().await);
    browser.quit().await;
}
