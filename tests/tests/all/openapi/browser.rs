//! `/docs` in a real browser: it lists what the description has, and asks the API for real.

use std::collections::BTreeSet;

use api::Row;
use api::yields::DailyYield;
use serde_json::Value;
use tests::browser::{Browser, until};

use super::serve_all;

const LISTED: &str = "return [...document.querySelectorAll('.endpoint')].map((one) => `${one.dataset.method} ${one.dataset.path}`);";

/// Fills the form of the endpoint that the address names, and sends it.
const ASK_FOR_THREE_DAYS: &str = "
    const form = document.querySelector('#get_yield_daily form');
    form.elements.days.value = '3';
    form.elements.line.value = 'Line 1';
    form.requestSubmit();";

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_api_lists_every_operation_and_asks_it() {
    let address = serve_all().await;
    let described = described(&address).await;
    let browser = Browser::start().await;
    browser.set_screen(1440, 900).await;
    for page in ["/docs", "/docs/"] {
        browser.open(&format!("{address}{page}")).await;
        until("the page lists the description's operations", async || {
            let listed: BTreeSet<String> = browser.run(LISTED).await;
            if listed == described { Ok(()) } else { Err(format!("{listed:?} instead of {described:?}")) }
        })
        .await;
    }
    browser.take_picture("docs", 1440, 900).await;

    browser.open(&format!("{address}/docs#get_yield_daily")).await;
    until("the endpoint that the address names is open", async || {
        let open: bool =
            browser.run("return document.querySelector('#get_yield_daily')?.open ?? false").await;
        if open { Ok(()) } else { Err("it is closed".to_owned()) }
    })
    .await;
    let fields: Vec<String> =
        browser.run("return [...document.querySelectorAll('#get_yield_daily table[aria-label=DailyYield] th code')].map((e) => e.textContent)").await;
    assert_eq!(fields, DailyYield::FIELDS.iter().map(|field| field.name).collect::<Vec<_>>());
    let limits: (String, String) =
        browser.run("const { min, max } = document.querySelector('#get_yield_daily form').elements.limit; return [min, max]").await;
    assert_eq!(limits, ("1".to_owned(), "10000".to_owned()));

    browser.run::<()>(ASK_FOR_THREE_DAYS).await;
    let shown = answer(&browser, "get_yield_daily").await;
    let expected: Vec<DailyYield> = reqwest::get(format!("{address}/yield/daily?days=3&line=Line%201"))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (shown.0.as_str(), serde_json::from_str::<Vec<DailyYield>>(&shown.1).unwrap()),
        ("200 OK", expected.clone())
    );
    assert!(!expected.is_empty());

    let told: String = browser.run("return document.body.textContent").await;
    assert!(told.contains("number or null, at least 0"), "a field does not tell which values it may have");
    assert!(told.contains("1 to 365"), "a parameter does not tell which values it takes");
    assert!(!told.contains("undefined"), "something is told that is not there");

    for (colours, picture) in [("light", "docs-light"), ("dark", "docs-dark")] {
        browser.set_colours(colours).await;
        browser.take_picture(picture, 1440, 900).await;
    }
    browser.set_colours("light").await;
    browser.run::<()>("document.querySelector('#get_runs_by_run_number').open = true").await;
    browser.take_picture("docs-phone", 390, 844).await;
    let (needed, there): (f64, f64) =
        browser.run("return [document.documentElement.scrollWidth, window.innerWidth]").await;
    assert!(
        there == 390.0 && needed <= there,
        "a phone would have to scroll sideways: {needed} of {there} pixels"
    );

    let complaints: Vec<_> = browser
        .logged()
        .await
        .into_iter()
        .filter(|line| ["SEVERE", "WARNING"].contains(&line.level.as_str()))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_reaches_every_endpoint_and_a_refusal_is_shown_in_its_words() {
    let address = serve_all().await;
    let browser = Browser::start().await;
    browser.set_screen(1440, 900).await;
    browser.open(&format!("{address}/docs")).await;
    until("the page is there", async || {
        let listed: Vec<String> = browser.run(LISTED).await;
        if listed.is_empty() { Err("nothing is listed".to_owned()) } else { Ok(()) }
    })
    .await;
    let all: usize = browser.run("window.reached = new Set(); return document.querySelectorAll('a[href], summary:not(.body summary)').length").await;
    for _ in 0..all {
        browser.press_tab().await;
        let (what, shows): (String, bool) = browser
            .run(
                "const at = document.activeElement, style = getComputedStyle(at);
                 window.reached.add(at);
                 return [at.outerHTML.slice(0, 200), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];",
            )
            .await;
        assert!(shows, "nobody sees that the keyboard is on {what}");
    }
    let missed: usize =
        browser.run("return [...document.querySelectorAll('.endpoint > summary')].filter((e) => !window.reached.has(e)).length").await;
    assert_eq!(missed, 0, "endpoints that the keyboard does not reach");

    browser
        .run::<()>(
            "const form = document.querySelector('#get_runs_by_run_number form'); form.elements.run_number.value = 'a/b %'; form.requestSubmit();",
        )
        .await;
    let (status, problem) = answer(&browser, "get_runs_by_run_number").await;
    assert_eq!(status, "404 Not Found");
    assert!(problem.contains("there is no run `a/b %`"), "{problem}");
    browser.quit().await;
}

/// The status and the body of an answer, once the page shows them.
async fn answer(browser: &Browser, id: &str) -> (String, String) {
    until("an answer is shown", async || {
        let shown: Vec<String> =
            browser.run(&format!("return ['.status', '.answer'].map((part) => document.querySelector(`#{id} ${{part}}`)?.textContent ?? '')")).await;
        if shown.iter().all(|part| !part.is_empty()) { Ok((shown[0].clone(), shown[1].clone())) } else { Err(format!("{shown:?}")) }
    })
    .await
}

/// Method and path of every operation in the description.
async fn described(address: &str) -> BTreeSet<String> {
    let description: Value =
        reqwest::get(format!("{address}/openapi.json")).await.unwrap().json().await.unwrap();
    let paths = description["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect()
}
