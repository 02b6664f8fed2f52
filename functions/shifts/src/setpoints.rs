//! `/setpoints`: how heavy packs are, and how heavy they should be.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use api::setpoints::{Setpoint, SetpointQuery};
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::clock::first_moment;
use domain::lot_forecast::expected_packs;
use domain::pace::{pace_of_all, recent_pace};
use domain::projection::median;
use domain::setpoint::recommended_mean_g;
use live::lots::sigma_g;
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, is_line_asked_for, work};
use warehouse::marts::{LINE_MINUTES, LineMinuteRow, RunRow, rows};

use crate::begun::ReadAt;
use crate::known::Prices;
use crate::line_now::pack_minutes;
use crate::lots::{Lots, Weighed};
use crate::runs::{OnAt, RunKey, Runs, key_of};

pub(crate) async fn setpoints(state: State, ask: Ask<SetpointQuery, Vec<Setpoint>>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let read_at = ReadAt::of(&state, &snapshot);
    let today = read_at.time().date();
    let first = today.checked_sub_days(Days::new(u64::from(ask.query.days.0 - 1))).unwrap_or(today);
    let runs = Runs::read(&snapshot, read_at, BTreeSet::new(), Some(first..=today)).await?;
    let is_of_days = move |date: NaiveDate| (first..=today).contains(&date);
    let of_days = runs.all().filter(|run| is_of_days(run.production_date)).map(key_of);
    let mut keys: BTreeSet<RunKey> = of_days.collect();
    let on: BTreeSet<RunKey> = runs.on(OnAt::now(read_at)).map(key_of).collect();
    keys.extend(on.iter().cloned());
    let lots = Lots::of(&snapshot, keys.clone()).await?;
    // The packs of a run may have been made on the day before its date.
    let oldest = keys.iter().map(|key| key.1).chain([today]).min();
    let packed = Dates { from: oldest.and_then(|day| day.pred_opt()), to: today.succ_opt() };
    let minutes = snapshot.mart(&LINE_MINUTES, packed).await?;
    let prices = Prices::read(&snapshot).await?;
    work(move || {
        let mut by_run: BTreeMap<RunKey, Vec<LineMinuteRow>> = BTreeMap::new();
        for minute in rows::<LineMinuteRow>(&minutes)? {
            let key = (minute.run_number.clone(), minute.production_date);
            if keys.contains(&key) {
                by_run.entry(key).or_default().push(minute);
            }
        }
        for minutes in by_run.values_mut() {
            minutes.sort_by_key(|minute| minute.first_pack_at);
        }
        let weighed: Vec<Lot<'_>> = keys
            .iter()
            .filter_map(|key| {
                let run = runs.get(key)?;
                let minutes = by_run.get(key).map(Vec::as_slice).unwrap_or_default();
                Some(Lot { run, weighed: lots.get(run)?, minutes })
            })
            .collect();
        let is_on = |lot: &&Lot<'_>| on.contains(&key_of(lot.run));
        let of_runs = weighed.iter().filter(is_on).map(|lot| lot.setpoint(read_at, &prices));
        let mut groups: BTreeMap<_, Vec<&Lot<'_>>> = BTreeMap::new();
        for lot in weighed.iter().filter(|lot| is_of_days(lot.run.production_date)) {
            groups.entry(lot.group()).or_default().push(lot);
        }
        let of_products = groups.values().filter_map(|lots| together(lots, read_at.zone, &prices));
        let asked = ask.query.line.as_deref();
        let wanted = of_runs
            .chain(of_products)
            .filter(|row| is_line_asked_for([row.prod_line.as_deref(), row.line_name.as_deref()], asked));
        let dearest_first = wanted.map(|row| {
            let saving = row.saving_kg_per_hour.map(|kg| (kg * 1e6) as i64);
            let key = (
                Reverse(row.run_number.is_some()),
                Reverse(saving),
                row.prod_line.clone(),
                row.product_code.clone(),
                row.run_number.clone(),
                row.production_date,
                row.nominal_g.map(|nominal_g| (nominal_g * 1e6) as i64),
            );
            (key, row)
        });
        ask.list(dearest_first.collect(), &snapshot)
    })
    .await
}

/// A run with its packs.
struct Lot<'a> {
    run: &'a RunRow,
    weighed: &'a Weighed,
    minutes: &'a [LineMinuteRow],
}

/// What lots have in common that are told together: line, product and nominal quantity.
type Group<'a> = (Option<&'a str>, Option<&'a str>, Option<u64>);

impl Lot<'_> {
    fn group(&self) -> Group<'_> {
        let nominal = self.weighed.lot.nominal_g.map(f64::to_bits);
        (self.run.prod_line.as_deref(), self.run.product_code.as_deref(), nominal)
    }

    fn packs(&self) -> u64 {
        u64::try_from(self.weighed.lot.packs).unwrap_or_default()
    }

    /// The setpoint of a run that is on.
    fn setpoint(&self, read_at: ReadAt, prices: &Prices) -> Setpoint {
        let nominal_g = self.weighed.lot.nominal_g;
        let lot_size =
            nominal_g.and_then(|nominal_g| expected_packs(self.run.target_kg, nominal_g, self.packs()));
        let pace = recent_pace(&pack_minutes(self.minutes.iter()), read_at.moment, read_at.zone, None);
        let figures = Figures {
            nominal_g,
            mean_g: self.weighed.lot.mean_g,
            sigma_g: sigma_g(&self.weighed.points),
            packs_per_hour: pace.map(|pace| pace.packs_per_min * 60.0),
            lot_size,
        };
        Setpoint { packs: self.weighed.lot.packs, ..figures.told(self.run, Some(key_of(self.run)), prices) }
    }
}

/// The setpoint of all lots of a product on a line.
fn together(lots: &[&Lot<'_>], zone: Tz, prices: &Prices) -> Option<Setpoint> {
    let first = lots.first()?;
    let packs: i64 = lots.iter().map(|lot| lot.weighed.lot.packs).sum();
    let weighted = |value: &dyn Fn(&Lot<'_>) -> Option<f64>| -> Option<f64> {
        let with = lots.iter().filter_map(|lot| Some((value(lot)?, lot.weighed.lot.packs as f64)));
        let (sum, count) =
            with.fold((0.0, 0.0), |(sum, count), (value, packs)| (sum + value * packs, count + packs));
        Some(sum / count).filter(|mean| mean.is_finite())
    };
    let variance = weighted(&|lot| sigma_g(&lot.weighed.points).map(|sigma_g| sigma_g * sigma_g));
    // One that is being packed is not as large yet as it will be.
    let complete = lots.iter().filter(|lot| lot.run.complete && lot.packs() > 0);
    let sizes: Vec<f64> = complete.map(|lot| lot.packs() as f64).collect();
    let (mut made, mut minutes) = (0.0, 0.0);
    for lot in lots {
        let until: Option<DateTime<Utc>> =
            lot.minutes.last().map(|minute| first_moment(minute.last_pack_at, zone));
        if let Some((packs, took)) =
            until.and_then(|until| pace_of_all(&pack_minutes(lot.minutes.iter()), until, zone))
        {
            made += packs;
            minutes += took;
        }
    }
    let figures = Figures {
        nominal_g: first.weighed.lot.nominal_g,
        mean_g: weighted(&|lot| lot.weighed.lot.mean_g),
        sigma_g: variance.map(f64::sqrt),
        packs_per_hour: (minutes > 0.0).then(|| made / minutes * 60.0),
        lot_size: median(sizes).map(|size| size as u64),
    };
    Some(Setpoint { packs, ..figures.told(first.run, None, prices) })
}

struct Figures {
    nominal_g: Option<f64>,
    mean_g: Option<f64>,
    sigma_g: Option<f64>,
    packs_per_hour: Option<f64>,
    lot_size: Option<u64>,
}

impl Figures {
    fn told(self, run: &RunRow, key: Option<RunKey>, prices: &Prices) -> Setpoint {
        let (run_number, production_date) = key.unzip();
        let Self { nominal_g, mean_g, sigma_g, packs_per_hour, lot_size } = self;
        let recommended_mean_g = nominal_g
            .zip(sigma_g)
            .zip(lot_size)
            .and_then(|((nominal_g, sigma_g), lot_size)| recommended_mean_g(nominal_g, sigma_g, lot_size));
        let over_g = mean_g.zip(recommended_mean_g).map(|(mean_g, recommended_g)| mean_g - recommended_g);
        let saving_kg_per_hour = over_g.zip(packs_per_hour).map(|(over_g, packs)| over_g * packs / 1_000.0);
        let reason = match (nominal_g, sigma_g, lot_size, recommended_mean_g) {
            (None, ..) => Some("its nominal quantity is unknown"),
            (_, None, ..) => Some("it has too few packs to tell their spread"),
            (.., None, _) if run_number.is_some() => {
                Some("its sheet does not say how much it is to make, or says more than any line makes")
            }
            (.., None, _) => Some("no run of it is complete yet"),
            (.., None) => Some("the packers' rules do not apply to its nominal quantity"),
            _ => None,
        };
        Setpoint {
            prod_line: run.prod_line.clone(),
            line_name: run.line_name.clone(),
            run_number,
            production_date,
            product_code: run.product_code.clone(),
            product: run.product.clone(),
            nominal_g,
            mean_g,
            sigma_g,
            recommended_mean_g,
            over_g,
            packs_per_hour,
            saving_kg_per_hour,
            saving_money_per_hour: saving_kg_per_hour
                .zip(prices.of(run.product_code.as_deref()))
                .map(|(kg, price)| kg * price),
            lot_size: lot_size.and_then(|size| i64::try_from(size).ok()),
            reason: reason.map(str::to_owned),
            ..Setpoint::default()
        }
    }
}
