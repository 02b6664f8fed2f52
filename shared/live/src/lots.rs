//! What will become of the lot of a run that is on.

use api::runs::RunWeights;
use api::weights::{LotForecast, ReferenceTest};
use domain::average_quantity::Limits;
use domain::lot_forecast::{Forecast, Pace, Packed, expected_packs};
use domain::run_state::RunState;
use domain::setpoint::sigma_within_g;
use domain::spc::{Chart, Point, SUBGROUP_PACKS};
use warehouse::marts::{RunRow, WeightPointRow};

/// How many of the last subgroups tell how the line packs now: 100 packs.
const LAST_SUBGROUPS: usize = 20;

/// What will become of the lot of a run. `points` are its subgroups, in any order. `None` if it is not on, where
/// the packers' rules do not apply or the sheet does not say how much it is to make, and before there is a subgroup.
pub fn forecast(run: &RunRow, lot: &RunWeights, points: &[WeightPointRow]) -> Option<LotForecast> {
    if run.state() != RunState::On {
        return None;
    }
    let count = |packs: i64| u64::try_from(packs).unwrap_or_default();
    let (nominal_g, packs) = (lot.nominal_g?, count(lot.packs));
    let packed =
        Packed { packs, mean_g: lot.mean_g?, below_t1: count(lot.below_t1?), below_t2: count(lot.below_t2?) };
    let expected_packs = expected_packs(run.target_kg, nominal_g, packs)?;
    // A pack may be as much too heavy as it may be too light. The scales sort out what is heavier.
    let most_g = Limits::of(nominal_g).map(|limits| 2.0 * nominal_g - limits.t2_g);
    Forecast::of(nominal_g, packed, pace(points)?, expected_packs, most_g).map(shown)
}

/// The spread of packs within subgroups. `None` before there is a subgroup.
pub fn sigma_g(points: &[WeightPointRow]) -> Option<f64> {
    let points =
        points.iter().map(|of| Point { mean_g: of.mean_g, range_g: of.range_g, signals: Vec::new() });
    Some(sigma_within_g(&Chart::of_points(points.collect(), SUBGROUP_PACKS)?))
}

/// How the line packs now.
fn pace(points: &[WeightPointRow]) -> Option<Pace> {
    let mut last: Vec<&WeightPointRow> = points.iter().collect();
    last.sort_by_key(|point| point.subgroup);
    let last = &last[last.len().saturating_sub(LAST_SUBGROUPS)..];
    let sum: f64 = last.iter().map(|point| point.mean_g).sum();
    Some(Pace {
        mean_g: sum / last.len() as f64,
        packs: (last.len() * SUBGROUP_PACKS) as u64,
        sigma_g: sigma_g(points)?,
    })
}

fn shown(forecast: Forecast) -> LotForecast {
    let count = |packs: u64| i64::try_from(packs).unwrap_or(i64::MAX);
    LotForecast {
        expected_packs: count(forecast.expected_packs),
        required_mean_g: forecast.required_mean_g,
        pass_probability: forecast.pass_probability,
        reference_test: forecast.reference_test.map(|test| ReferenceTest {
            n: count(test.n),
            k: test.k,
            limit_g: test.limit_g,
            pass_probability: test.pass_probability,
        }),
        status: forecast.status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Subgroups of a line whose packs have this spread, heavier by a gram from subgroup to subgroup.
    fn points(subgroups: i64, first_g: f64, range_g: f64) -> Vec<WeightPointRow> {
        let point = |subgroup: i64| WeightPointRow {
            subgroup,
            mean_g: first_g + subgroup as f64,
            range_g,
            ..WeightPointRow::default()
        };
        // In any order.
        (1..=subgroups).rev().map(point).collect()
    }

    fn lot(packs: i64, mean_g: f64) -> RunWeights {
        RunWeights {
            packs,
            nominal_g: Some(240.0),
            mean_g: Some(mean_g),
            below_t1: Some(0),
            below_t2: Some(0),
            ..RunWeights::default()
        }
    }

    fn on(target_kg: Option<f64>) -> RunRow {
        RunRow { active: true, target_kg, ..RunRow::default() }
    }

    #[test]
    fn a_lot_is_told_by_its_last_hundred_packs() {
        let told =
            |first_g| forecast(&on(Some(240.0)), &lot(500, 241.0), &points(100, first_g, 5.0)).unwrap();
        // The last 20 of 100 subgroups are 90.5 g heavier than the first on average.
        let light = told(239.0 - 90.5);
        assert_eq!((light.expected_packs, light.required_mean_g), (1_000, Some(239.0)));
        assert!(light.pass_probability > 0.3 && light.pass_probability < 0.7, "{light:?}");
        assert_eq!(light.status, "at_risk");
        let steady = told(242.0 - 90.5);
        assert_eq!((steady.status.as_str(), steady.pass_probability > 0.999), ("on_course", true));
        assert_eq!(steady.reference_test.unwrap().n, 50);
    }

    #[test]
    fn a_lot_is_lost_if_the_packs_to_come_would_have_to_be_heavier_than_packs_are() {
        // 100 of 600 packs are left, and each would have to weigh 6 g above nominal for each gram that is lacking.
        let told = |mean_g| forecast(&on(Some(144.0)), &lot(500, mean_g), &points(100, 140.0, 5.0)).unwrap();
        assert_eq!(told(237.0).status, "at_risk");
        assert_eq!((told(235.0).status.as_str(), told(235.0).pass_probability), ("lost", 0.0));
    }

    #[test]
    fn nothing_is_told_of_a_run_that_is_not_on_or_has_no_subgroup_or_no_nominal_quantity() {
        let points = points(30, 240.0, 5.0);
        let asked = on(Some(100.0));
        assert!(forecast(&asked, &lot(150, 241.0), &points).is_some());
        assert_eq!(
            forecast(&on(None), &lot(150, 241.0), &points),
            None,
            "nobody knows how many packs it will have"
        );
        let complete = RunRow { complete: true, ..asked.clone() };
        assert_eq!(forecast(&complete, &lot(150, 241.0), &points), None);
        assert_eq!(forecast(&asked, &lot(4, 241.0), &[]), None);
        assert_eq!(forecast(&asked, &RunWeights { nominal_g: None, ..lot(150, 241.0) }, &points), None);
        assert_eq!(forecast(&on(Some(1e300)), &lot(150, 241.0), &points), None, "no sheet asks for so much");
    }
}
