//! Tells how well the projection of shifts would have told the shifts of sandbox factories: `cargo xtask
//! backtest`. Each shift is told by what was known of it at the moment, and by earlier shifts alone.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use domain::projection::{Moment, RECENT_SHARE, SHIFTS_MAX, SHIFTS_MIN, Way, median, projection};
use lake::Mode;
use tests::factory::Factory;
use warehouse::marts::{SHIFT_PROGRESS, ShiftProgressRow, rows};

/// The end of the history that is told.
const NOW: &str = "2026-11-20T06:00:00";

/// How much of a shift has passed when it is told, %.
const SHARES_PCT: [i64; 5] = [10, 25, 50, 75, 90];

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let numbers: Vec<String> = std::env::args().skip(1).collect();
    let [days, seeds @ ..] = numbers.as_slice() else { bail!("usage: backtest DAYS SEED…") };
    let days: u32 = days.parse().context("DAYS is a number")?;
    println!(
        "| seed | elapsed | shifts | median error | naive | usual | within the band | width of the band |\n\
         |---|---|---|---|---|---|---|---|"
    );
    let mut all: BTreeMap<i64, Vec<Told>> = BTreeMap::new();
    for seed in seeds {
        let seed: u64 = seed.parse().context("SEED is a number")?;
        let ways = ways(seed, days).await?;
        for share_pct in SHARES_PCT {
            let told = told(&ways, share_pct as f64 / 100.0);
            print(&seed.to_string(), share_pct, &told);
            all.entry(share_pct).or_default().extend(told);
        }
    }
    for (share_pct, told) in &all {
        print("all", *share_pct, told);
    }
    Ok(ExitCode::SUCCESS)
}

/// The ways of each line through the shifts of each code, from the first date to the last.
type Ways = BTreeMap<(String, Option<String>), Vec<Way>>;

/// Makes a sandbox of so many days, reads it as a job does, and takes the ways from the mart.
async fn ways(seed: u64, days: u32) -> Result<Ways> {
    let factory = Factory::sandbox_of(NOW, days, seed).await.with_lake_in_memory();
    let settings = tideline::sandbox::factory_toml().into_bytes();
    factory.lake().put_settings_file(settings).await?;
    factory.job_ok(Mode::Incremental).await;
    let (manifest, _) = factory.lake().manifest().await?.context("a manifest")?;
    let mut points: BTreeMap<_, BTreeMap<NaiveDate, BTreeMap<i64, f64>>> = BTreeMap::new();
    for part in manifest.marts[SHIFT_PROGRESS.name].values() {
        for row in rows::<ShiftProgressRow>(&factory.lake().mart_part(part, None).await?)? {
            let kind = points.entry((row.shift_code, row.prod_line)).or_default();
            kind.entry(row.shift_date).or_default().insert(row.elapsed_pct, row.made_kg);
        }
    }
    let of_kind = |shifts: BTreeMap<NaiveDate, BTreeMap<i64, f64>>| {
        let ways = shifts.into_values().filter_map(|made| Way::of(made.into_values().collect()));
        ways.filter(|way| way.outcome_kg() > 0.0).collect()
    };
    Ok(points.into_iter().map(|(kind, shifts)| (kind, of_kind(shifts))).collect())
}

/// How a shift was told.
struct Told {
    /// How far off it was, as a share of the outcome.
    error: f64,
    /// The same of "pace × time left".
    naive: f64,
    /// The same of the median of the earlier shifts.
    usual: f64,
    is_within: bool,
    /// The width of the band, as a share of the outcome.
    width: f64,
}

fn told(ways: &Ways, share: f64) -> Vec<Told> {
    let mut all = Vec::new();
    for ways in ways.values() {
        for (place, way) in ways.iter().enumerate().skip(SHIFTS_MIN) {
            let earlier = &ways[place.saturating_sub(SHIFTS_MAX)..place];
            let made_kg = way.made_kg(share);
            let now = Moment { made_kg, recent_kg: made_kg - way.made_kg(share - RECENT_SHARE) };
            let Some(told) = projection(share, now, earlier) else { continue };
            let outcome = way.outcome_kg();
            let naive = now.made_kg + now.recent_kg / RECENT_SHARE.min(share) * (1.0 - share);
            let usual = median(earlier.iter().map(Way::outcome_kg).collect()).unwrap_or_default();
            let off = |kg: f64| (kg - outcome).abs() / outcome;
            all.push(Told {
                error: off(told.kg),
                naive: off(naive),
                usual: off(usual),
                is_within: (told.low_kg..=told.high_kg).contains(&outcome),
                width: (told.high_kg - told.low_kg) / outcome,
            });
        }
    }
    all
}

fn print(of: &str, share_pct: i64, told: &[Told]) {
    let pct = |value: fn(&Told) -> f64| median(told.iter().map(value).collect()).unwrap_or_default() * 100.0;
    let within = told.iter().filter(|told| told.is_within).count() as f64 * 100.0 / told.len().max(1) as f64;
    println!(
        "| {of} | {share_pct} % | {} | {:.1} % | {:.1} % | {:.1} % | {within:.1} % | {:.1} % |",
        told.len(),
        pct(|told| told.error),
        pct(|told| told.naive),
        pct(|told| told.usual),
        pct(|told| told.width)
    );
}
