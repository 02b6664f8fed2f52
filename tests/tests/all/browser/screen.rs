//! What is on screen, and what should be there by the API's answers.

use std::fmt::Write;

use api::compliance::CheckFinding;
use api::health::Health;
use api::runs::ActiveRun;
use api::shelf_life::ExpiringRun;
use api::temperature::Breach;
use api::yields::YieldTotal;
use chrono::{NaiveDate, Utc};
use serde::Deserialize;
use tests::browser::{Browser, until};
use tests::site::Site;

/// What is on screen.
#[derive(Debug, Deserialize, PartialEq)]
pub(super) struct Screen {
    /// The values of the four cards.
    pub(super) cards: [String; 4],
    /// Date and value of each bar.
    pub(super) bars: Vec<(String, String)>,
    /// The cells of the table of active runs.
    pub(super) runs: Vec<Vec<String>>,
    /// Stock that has to be sold or frozen: the class of its badge, the badge, the product, run and its
    /// address, and the rest.
    pub(super) expiring: Vec<[String; 6]>,
}

pub(super) const READ_SCREEN: &str = "
    const text = (element) => element ? element.textContent : '';
    return {
        cards: ['yield', 'active-runs', 'breaches', 'compliance'].map((id) => text(document.querySelector(`#kpi-${id} .value`))),
        bars: [...document.querySelectorAll('#daily-yield [data-date]')].map((bar) => [bar.dataset.date, bar.dataset.value]),
        runs: [...document.querySelectorAll('#active-runs tbody tr')].map((row) => [...row.cells].map(text)),
        expiring: [...document.querySelectorAll('#expiring li')].map((item) => [
            item.querySelector('.badge').className, ...['.badge', 'strong', 'a'].map((part) => text(item.querySelector(part))),
            item.querySelector('a').getAttribute('href'), text(item.querySelector('.detail')),
        ]),
    };";

pub(super) async fn until_screen_is_as_the_api_says(browser: &Browser, site: &Site) {
    until("the page shows what the API says", async || {
        let (expected, screen) = (expected_screen(site).await?, browser.run::<Screen>(READ_SCREEN).await);
        if screen == expected {
            Ok(())
        } else {
            Err(format!("\n  shown    {screen:?}\n  expected {expected:?}"))
        }
    })
    .await;
}

/// What should be on screen, from the API's answers.
async fn expected_screen(site: &Site) -> Result<Screen, String> {
    let health: Health = site.get("/api/health").await?;
    let total: YieldTotal = site.get("/api/yield/total?days=7").await?;
    let active: Vec<ActiveRun> = site.get("/api/runs/active?idle=false").await?;
    let breaches: Vec<Breach> = site.get("/api/temperature/breaches?hours=24").await?;
    let checks: Vec<CheckFinding> = site.get("/api/compliance/checks?days=7").await?;
    let expiring: Vec<ExpiringRun> = site.get("/api/shelf-life/expiring?limit=10").await?;
    let zone = *health.data_as_of.ok_or("the lake is empty")?.offset();
    let today = Utc::now().with_timezone(&zone).date_naive();

    let yield_pct = total.yield_pct.ok_or("no run has a yield")?;
    let days = total.dates.iter().rev().filter_map(|day| Some((day.production_date, day.yield_pct?)));
    let count = |rows: usize| format!("{}{}", number(rows as f64, 0), if rows >= 1000 { "+" } else { "" });
    Ok(Screen {
        cards: [
            format!("{} %", number(yield_pct, 1)),
            count(active.len()),
            count(breaches.len()),
            count(checks.iter().filter(|finding| finding.severity != "INFO").count()),
        ],
        bars: days.map(|(date, pct)| (date.to_string(), format!("{pct:.1}"))).collect(),
        runs: active.iter().map(|run| cells(run, today)).collect(),
        expiring: expiring.iter().map(stock).collect(),
    })
}

/// What is shown of a run of which something has to be sold or frozen.
fn stock(run: &ExpiringRun) -> [String; 6] {
    let (class, time_left) = match run.days_to_use_by {
        ..-1 => ("badge bad", format!("past use by for {} days", -run.days_to_use_by)),
        -1 => ("badge bad", "past use by since yesterday".to_owned()),
        0 => ("badge plain", "use by today".to_owned()),
        1 => ("badge plain", "1 day left".to_owned()),
        days => ("badge plain", format!("{days} days left")),
    };
    let product = run.description.clone().or_else(|| run.product_code.clone());
    let left =
        run.qty_kg.map_or_else(|| "kg left not known".to_owned(), |kg| format!("{} kg left", number(kg, 1)));
    [
        class.to_owned(),
        time_left,
        product.unwrap_or_else(|| "product not named".to_owned()),
        run.run_number.clone(),
        format!("#/run/{}?date={}", run.run_number, run.production_date),
        format!("{left} · use by {}", run.use_by.format("%-d %b %Y")),
    ]
}

/// The cells of a run in the table of active runs.
fn cells(run: &ActiveRun, today: NaiveDate) -> Vec<String> {
    let kg = |value: f64| format!("{} kg", number(value, 1));
    let dash = || "–".to_owned();
    let started = run
        .started_at
        .map(|at| at.format(if at.date() == today { "%H:%M" } else { "%-d %b %H:%M" }).to_string());
    let mut made = run.actual_kg.map_or_else(dash, kg);
    if let Some(pct) = run.efficiency_pct {
        write!(made, "{} %", number(pct, 1)).unwrap();
    }
    let species =
        run.species.as_deref().map(|species| species[..1].to_uppercase() + &species[1..].replace('_', " "));
    vec![
        run.run_number.clone(),
        run.line_name.clone().or_else(|| run.prod_line.clone()).unwrap_or_else(dash),
        run.product.clone().or_else(|| run.product_code.clone()).unwrap_or_else(dash),
        species.unwrap_or_else(dash),
        started.unwrap_or_else(dash),
        run.target_kg.map_or_else(dash, kg),
        made,
        number(run.packs as f64, 0),
        run.giveaway_pct.map_or_else(dash, |pct| format!("{} %", number(pct, 1))),
    ]
}

/// A number with a comma between thousands: `1,234.5`.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let groups: Vec<_> =
        whole.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    format!("{sign}{}{fraction}", groups.join(","))
}
