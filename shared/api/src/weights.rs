//! The pack weights of a run: the average-quantity rules, how the weights are spread, and how steady the line
//! was.

use chrono::{NaiveDate, NaiveDateTime};
use domain::average_quantity::Outcome;
use domain::lot_forecast::LotStatus;

use crate::runs::RunQuery;
use crate::{Endpoint, Lead, endpoints, row};

row! {
    /// The pack weights of one run.
    pub struct PackWeights {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// Packs that are placed on the market: with a net weight above 0, and not without a label.
        packs: i64,
        /// The other packs of the run, which are in no figure here.
        #[at_least(0)]
        packs_excluded: i64,
        /// The nominal quantity: the product's pack size, else the target of most packs, g.
        nominal_g: Option<f64>,
        /// T1, the nominal less the tolerable error; null where the rules do not apply, g.
        t1_g: Option<f64>,
        /// T2, the nominal less twice the tolerable error, g.
        t2_g: Option<f64>,
        /// Mean net weight, g.
        mean_g: Option<f64>,
        /// Standard deviation, g; null for a single pack.
        std_dev_g: Option<f64>,
        /// Packs below T1, those below T2 included.
        below_t1: Option<i64>,
        /// Packs below T1 of all, %.
        below_t1_pct: Option<f64>,
        /// Packs below T2.
        below_t2: Option<i64>,
        /// How far the mean lies above nominal, % of nominal; negative below it.
        giveaway_pct: Option<f64>,
        /// What all packs together weigh above nominal, kg.
        giveaway_kg: Option<f64>,
        /// `pass` or `fail`; null where the rules do not apply.
        #[one_of(Outcome::NAMES)]
        verdict: Option<String>,
        /// The rules that are broken: `mean_below_nominal`, `too_many_below_t1` (over 2.5 % of the packs),
        /// `any_below_t2`.
        failures: Vec<String>,
        /// Packs per range of weights, the lightest first and without holes.
        histogram: Vec<WeightBin>,
        /// The X-bar and R chart; null until there are packs for one subgroup.
        xbar_r: Option<WeightChart>,
        /// What will become of the lot of a run that is on; null for other runs, where the sheet does not say how much
        /// it is to make, where the rules do not apply, and before there are packs for one subgroup.
        forecast: Option<LotForecast>,
    }
}

row! {
    /// What will become of a lot that is being packed, if its packs go on as the last 100 were.
    pub struct LotForecast {
        /// Packs that it will have: what the run sheet asks for, in packs of nominal weight, or those that were made, if
        /// they are more.
        #[at_least(0)]
        expected_packs: i64,
        /// The mean that the packs to come need so that the lot weighs nominal on average, g; null if none are.
        required_mean_g: Option<f64>,
        /// The probability that it keeps all three packers' rules, from 0 to 1.
        #[within(0, 1)]
        pass_probability: f64,
        /// An inspector's test of its mean; null for lots of fewer than 100 packs.
        reference_test: Option<ReferenceTest>,
        /// `on_course`, `at_risk` with a probability below 0.95, or `lost`: whatever is packed from now on. A lot that
        /// has all its packs is told as it stands.
        #[one_of(LotStatus::NAMES)]
        status: String,
    }
}

row! {
    /// The check of the mean in the reference test: the mean of n packs must be at least nominal less k times their
    /// standard deviation (Weights and Measures (Packaged Goods) Regulations 2006, schedule 2).
    pub struct ReferenceTest {
        /// Packs that are weighed.
        n: i64,
        /// The factor of the standard deviation.
        k: f64,
        /// The lowest mean that passes, g.
        limit_g: f64,
        /// The probability that the lot passes, from 0 to 1.
        #[within(0, 1)]
        pass_probability: f64,
    }
}

row! {
    /// Packs from one weight up to, but not at, another.
    pub struct WeightBin {
        /// Lower end, included, g.
        from_g: f64,
        /// Upper end, not included, g.
        to_g: f64,
        /// Packs in between.
        packs: i64,
    }
}

row! {
    /// Shewhart's charts of the means and the ranges of subgroups of consecutive packs, with their 3 sigma
    /// limits.
    pub struct WeightChart {
        /// Packs per subgroup.
        subgroup_size: i64,
        /// Centre of the X-bar chart, g.
        grand_mean_g: f64,
        /// Its lower control limit, g.
        mean_lower_g: f64,
        /// Its upper control limit, g.
        mean_upper_g: f64,
        /// Centre of the R chart; its lower limit is 0, g.
        mean_range_g: f64,
        /// Its upper control limit, g.
        range_upper_g: f64,
        /// The subgroups in the order of their packs.
        points: Vec<WeightPoint>,
    }
}

row! {
    /// A subgroup of consecutive packs.
    pub struct WeightPoint {
        /// Which it is, counted from 1.
        subgroup: i64,
        /// When its last pack was weighed.
        weighed_at: NaiveDateTime,
        /// Mean of its packs, g.
        mean_g: f64,
        /// Heaviest less lightest of its packs, g.
        range_g: f64,
        /// What the X-bar chart signals here: `beyond_3_sigma`, `2_of_3_beyond_2_sigma`,
        /// `4_of_5_beyond_1_sigma`, `8_on_one_side`.
        signals: Vec<String>,
    }
}

endpoints! {
    /// The pack weights of one run.
    pub const ONE: Endpoint<RunQuery, PackWeights> =
        Endpoint::get("/weights/{run_number}", "Pack weights of one run: average-quantity rules, histogram and control chart");
}

/// From a list of runs to the pack weights of the first.
pub(crate) const TO_WEIGHTS: Lead = Lead { path: ONE.path(), value: "run_number", pointer: "/0/run_number" };
