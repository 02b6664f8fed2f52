//! The page in a real browser, over the real app. It shows what the API says, follows the ERP, and keeps its
//! numbers while the API is away.

mod factory;
mod screen;
pub(crate) mod shift;

use std::time::Duration;

use api::health::Health;
use lake::Mode;
use tests::browser::{Browser, Logged, until};
use tests::site::Site;

use factory::{
    OLD_RUN, RUN, WARM_PLACE, a_run_with_yield, finish_a_run_of_89_96_pct, finish_the_run_and_warm_a_chiller,
    producing_factory,
};
use screen::{READ_SCREEN, Screen, number, until_screen_is_as_the_api_says};

/// From now on notes every moment at which a number is missing on screen. It looks after each change of the
/// page, before the change is painted.
const WATCH_FOR_GAPS: &str = "
    const cards = [...document.querySelectorAll('.kpi')];
    window.gaps = [];
    window.changes = 0;
    new MutationObserver(() => {
        window.changes += 1;
        const values = [...document.querySelectorAll('.kpi .value')].map((value) => value.textContent.trim());
        if (values.length !== 4 || values.some((value) => !/[0-9]/.test(value))) window.gaps.push(`cards: ${values}`);
        if (!document.querySelector('#daily-yield [data-date]')) window.gaps.push('no bars');
        if (!document.querySelector('#active-runs tbody tr')) window.gaps.push('no runs');
        if (!cards.every((card) => card.isConnected)) window.gaps.push('a card was made anew');
    }).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});";

/// Notes the first numbers that the page shows from now on.
const WATCH_FOR_FIRST_NUMBERS: &str = "
    window.firstNumbers = [];
    new MutationObserver(() => {
        if (!window.firstNumbers.length) window.firstNumbers = [...document.querySelectorAll('.kpi .value')].map((value) => value.textContent);
    }).observe(document.body, {subtree: true, childList: true});";

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_the_numbers_of_the_api() {
    let factory = producing_factory().await;
    factory.job_ok(Mode::Incremental).await;
    let site = Site::open(&factory).await;
    let browser = Browser::start().await;
    browser.set_screen(1440, 900).await;
    browser.open(&site.url("/?refresh=1")).await;

    until_screen_is_as_the_api_says(&browser, &site).await;
    let screen: Screen = browser.run(READ_SCREEN).await;
    assert!(
        screen.cards[0].ends_with(" %") && screen.bars.len() >= 2 && !screen.runs.is_empty(),
        "too little to compare: {screen:?}"
    );
    let old = screen.expiring.iter().find(|stock| stock[3] == OLD_RUN).unwrap();
    assert!(old[0] == "badge bad" && old[1].starts_with("past use by "), "{old:?}");
    let health: Health = site.get("/health").await.unwrap();
    let age: String = browser.run("return document.getElementById('data-age').textContent").await;
    let read_at = health.data_as_of.unwrap().format("%H:%M").to_string();
    assert!(age.starts_with("data from ") && age.ends_with(&read_at), "{age}");

    for (colours, other) in [("light", "Dark colours"), ("dark", "Light colours")] {
        browser.set_colours(colours).await;
        until("the button offers the other colours", async || {
            same(other, &browser.run::<String>("return document.querySelector('button').title").await)
        })
        .await;
        browser.take_picture(&format!("desktop-{colours}"), 1440, 900).await;
    }
    browser.take_picture("wall-dark", 1920, 1080).await;
    browser.set_colours("light").await;
    assert_nothing_is_wider_than_a_phone(&browser, "phone").await;
    browser.set_screen(1440, 900).await;
    assert_the_keyboard_reaches_everything(&browser).await;
    assert_no_complaint(browser.logged().await);

    let run = a_run_with_yield(&factory, &site).await;
    browser.open(&site.url(&format!("/?refresh=1#/run/{}", run.run_number))).await;
    let yield_pct = format!("{} %", number(run.yield_pct.unwrap(), 1));
    until("the run's page", async || {
        let shown: String = browser
            .run("return document.getElementById('run-yield')?.textContent ?? document.body.textContent")
            .await;
        same(&yield_pct, &shown)
    })
    .await;
    browser.take_picture("run", 1440, 900).await;
    assert_nothing_is_wider_than_a_phone(&browser, "run-phone").await;
    assert_no_complaint(browser.logged().await);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_judges_as_the_api_does() {
    let factory = producing_factory().await;
    finish_a_run_of_89_96_pct(&factory);
    factory.job_ok(Mode::Incremental).await;
    let site = Site::with_numbers_stale_after(&factory, 2).await;
    let browser = Browser::start().await;
    browser.set_screen(1440, 900).await;
    browser.open(&site.url(&format!("/?refresh=1#/run/{RUN}"))).await;
    until("the yield has the colour of its finding", async || {
        let shown: Vec<String> = browser
            .run(
                "const figure = document.getElementById('run-yield'), badge = document.querySelector('#checks .badge');
                 const colour = (element) => element ? getComputedStyle(element).color : 'none';
                 return [figure?.textContent ?? '', document.querySelector('#checks .detail')?.textContent ?? '', badge?.className ?? '',
                     colour(figure) === colour(badge) ? 'one colour' : `${colour(figure)} ${colour(badge)}`];",
            )
            .await;
        let expect = ["90.0 %", "yield 89.96 % is below 90 %: 899.6 kg out of 1000.0 kg", "badge warn", "one colour"];
        if shown == expect { Ok(()) } else { Err(format!("{shown:?}")) }
    })
    .await;
    browser.take_picture("low-yield", 1440, 900).await;
    until("the data is as stale as the server says", async || {
        same(
            "age stale",
            &browser.run::<String>("return document.getElementById('data-age').className").await,
        )
    })
    .await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_follows_the_erp_and_no_number_is_ever_missing() {
    let factory = producing_factory().await;
    factory.job_ok(Mode::Incremental).await;
    let site = Site::open(&factory).await;
    let browser = Browser::start().await;
    browser.open(&site.url("/?refresh=1")).await;
    until_screen_is_as_the_api_says(&browser, &site).await;
    let before: Screen = browser.run(READ_SCREEN).await;
    assert!(before.runs.iter().any(|cells| cells[0] == RUN), "{before:?}");
    browser.run::<()>(WATCH_FOR_GAPS).await;

    finish_the_run_and_warm_a_chiller(&factory);
    factory.job_ok(Mode::Incremental).await;
    until("the page follows", async || {
        let screen: Screen = browser.run(READ_SCREEN).await;
        let places: String = browser.run("return document.getElementById('temperatures').textContent").await;
        let followed = screen.runs.iter().all(|cells| cells[0] != RUN) && places.contains(WARM_PLACE);
        if followed { Ok(()) } else { Err(format!("{screen:?} {places}")) }
    })
    .await;
    until_screen_is_as_the_api_says(&browser, &site).await;
    assert_no_gaps(&browser).await;
    assert_no_complaint(browser.logged().await);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_numbers_stay_on_screen_while_the_api_is_away() {
    let factory = producing_factory().await;
    factory.job_ok(Mode::Incremental).await;
    let mut site = Site::open(&factory).await;
    let browser = Browser::start().await;
    browser.set_screen(1440, 900).await;
    browser.open(&site.url("/?refresh=1")).await;
    until_screen_is_as_the_api_says(&browser, &site).await;
    let before: Screen = browser.run(READ_SCREEN).await;
    browser.run::<()>(WATCH_FOR_GAPS).await;
    assert_no_complaint(browser.logged().await);

    site.go_away().await;
    until("the banner appears", async || {
        let banner = banner(&browser).await;
        if banner.starts_with("API unavailable – showing the numbers of ") { Ok(()) } else { Err(banner) }
    })
    .await;
    assert_eq!(browser.run::<Screen>(READ_SCREEN).await, before);
    browser.take_picture("api-away", 1440, 900).await;
    browser.take_picture("api-away-phone", 390, 844).await;

    finish_the_run_and_warm_a_chiller(&factory);
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(browser.run::<Screen>(READ_SCREEN).await, before);
    site.come_back(&factory).await;
    until("the banner goes", async || same("", &banner(&browser).await)).await;
    until_screen_is_as_the_api_says(&browser, &site).await;
    assert_ne!(browser.run::<Screen>(READ_SCREEN).await, before, "the numbers follow again");
    assert_no_gaps(&browser).await;
    assert_no_complaint_but_of_the_network(browser.logged().await);
    browser.quit().await;
}

/// Makes the browser's clock and the version of the API what the address asks for, and counts how often a
/// page of this address was loaded.
const ANOTHER_CLOCK_AND_VERSION: &str = "
    const asked = new URLSearchParams(location.search);
    const clock = Date.now.bind(Date), offset = Number(asked.get('clock') ?? 0) * 3600e3;
    Date.now = () => clock() + offset;
    const fetched = window.fetch.bind(window);
    window.fetch = async (...request) => {
        const answer = await fetched(...request);
        const address = String(request[0].url ?? request[0]);
        if (!asked.has('version') || !address.endsWith('/health')) return answer;
        const health = {...await answer.json(), version: asked.get('version')};
        return new Response(JSON.stringify(health), {status: answer.status, headers: answer.headers});
    };
    sessionStorage[location.search] = Number(sessionStorage[location.search] ?? 0) + 1;";

#[tokio::test(flavor = "multi_thread")]
async fn ages_are_the_server_s_whatever_the_browser_s_clock_says_and_another_version_loads_the_page_again_once()
 {
    let factory = producing_factory().await;
    factory.job_ok(Mode::Incremental).await;
    let (site, stale) = (Site::open(&factory).await, Site::with_numbers_stale_after(&factory, 2).await);
    let browser = Browser::start().await;
    browser.run_before_pages(ANOTHER_CLOCK_AND_VERSION).await;
    for (site, hours, class) in
        [(&site, -6, "fresh"), (&site, 6, "fresh"), (&stale, -6, "stale"), (&stale, 6, "stale")]
    {
        browser.open(&site.url(&format!("/?refresh=1&clock={hours}"))).await;
        until("the age of the data", async || {
            let shown: [String; 3] = browser
                .run(
                    "const age = document.getElementById('data-age'), checked = document.getElementById('fetch-age');
                     return [age?.className ?? '', age?.textContent ?? '', checked?.textContent ?? ''];",
                )
                .await;
            let is_recent = |text: &str| text.contains(" s ago") || text.contains(" min ago");
            if shown[0] == format!("age {class}") && shown[1..].iter().all(|text| is_recent(text)) {
                Ok(())
            } else {
                Err(format!("{hours} h: {shown:?}"))
            }
        })
        .await;
    }

    browser.open(&site.url("/?refresh=1&version=9.9.9")).await;
    let loads = async || browser.run::<String>("return sessionStorage[location.search]").await;
    until("the page is loaded again", async || same("2", &loads().await)).await;
    until_screen_is_as_the_api_says(&browser, &site).await;
    // Three more rounds find the same version, and the same page.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(loads().await, "2");
    assert_no_complaint(browser.logged().await);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_lake_is_said_to_be_empty_until_the_first_job() {
    let factory = producing_factory().await;
    let site = Site::open(&factory).await;
    let browser = Browser::start().await;
    browser.set_screen(1440, 900).await;
    browser.open(&site.url("/?refresh=1")).await;
    until("the page says that there is nothing", async || {
        let text: String = browser.run("return document.getElementById('app').textContent").await;
        if text.contains("No data yet") && text.contains("The first extraction has not finished") {
            Ok(())
        } else {
            Err(text)
        }
    })
    .await;
    assert_eq!(
        (
            banner(&browser).await,
            browser.run::<usize>("return document.querySelectorAll('.kpi').length").await
        ),
        (String::new(), 0)
    );
    browser.take_picture("empty", 1440, 900).await;
    browser.take_picture("empty-phone", 390, 844).await;
    browser.run::<()>(WATCH_FOR_FIRST_NUMBERS).await;

    factory.job_ok(Mode::Incremental).await;
    until_screen_is_as_the_api_says(&browser, &site).await;
    // A page that was loaded again would have forgotten these numbers.
    let first: Vec<String> = browser.run("return window.firstNumbers").await;
    let now: Screen = browser.run(READ_SCREEN).await;
    assert_eq!(first, now.cards, "the first numbers are whole, not those of a job under way");
    assert!(browser.run::<bool>("return !document.getElementById('empty-lake')").await);
    // The browser itself logs each answer with status 503.
    assert_no_complaint_but_of_the_network(browser.logged().await);
    browser.quit().await;
}

fn same(expected: &str, shown: &str) -> Result<(), String> {
    if shown == expected { Ok(()) } else { Err(format!("`{shown}` instead of `{expected}`")) }
}

/// What the outage banner says. Empty if there is no banner.
async fn banner(browser: &Browser) -> String {
    browser.run("return document.getElementById('api-unavailable')?.textContent ?? ''").await
}

async fn assert_no_gaps(browser: &Browser) {
    let (changes, gaps): (u32, Vec<String>) = browser.run("return [window.changes, window.gaps]").await;
    assert!(changes > 0, "the page was watched");
    assert!(gaps.is_empty(), "{gaps:?}");
}

/// Fails if a phone would have to scroll sideways.
async fn assert_nothing_is_wider_than_a_phone(browser: &Browser, picture: &str) {
    browser.take_picture(picture, 360, 780).await;
    let (needed, there): (f64, f64) =
        browser.run("return [document.documentElement.scrollWidth, window.innerWidth]").await;
    assert!(there == 360.0 && needed <= there, "{picture}: {needed} of {there} pixels");
}

/// Presses the tabulator key once for every link and button. Each must be reached, and show that it is.
async fn assert_the_keyboard_reaches_everything(browser: &Browser) {
    let all: usize = browser
        .run("window.reached = new Set(); return document.querySelectorAll('a[href], button').length")
        .await;
    assert!(all >= 6, "brand, theme and four cards at least: {all}");
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
    let missed: Vec<String> =
        browser.run("return [...document.querySelectorAll('a[href], button')].filter((e) => !window.reached.has(e)).map((e) => e.outerHTML)").await;
    assert!(missed.is_empty(), "the keyboard does not reach {missed:?}");
}

/// Fails on errors and warnings in the console. Anything that the page's security policy forbids is among
/// them.
fn assert_no_complaint(logged: Vec<Logged>) {
    let complaints: Vec<_> =
        logged.into_iter().filter(|line| ["SEVERE", "WARNING"].contains(&line.level.as_str())).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// The same for a page whose requests must fail. The browser logs these by itself, and the page must not add
/// to them.
fn assert_no_complaint_but_of_the_network(logged: Vec<Logged>) {
    assert!(logged.iter().any(|line| line.source == "network"), "the log is read: {logged:?}");
    assert_no_complaint(logged.into_iter().filter(|line| line.source != "network").collect());
}
