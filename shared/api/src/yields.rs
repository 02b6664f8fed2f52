//! How much of the fish that went in came out as product.

use chrono::NaiveDate;
use domain::species::Species;

use crate::days::days_query;
use crate::run_row::run_row;
use crate::{Endpoint, endpoints, row, runs, weights};

row! {
    /// The complete runs of a range of production dates.
    pub struct YieldTotal {
        /// The first production date that counts; null where there is no first.
        from: Option<NaiveDate>,
        /// The last production date that counts; null where there is no last.
        to: Option<NaiveDate>,
        /// Complete runs.
        runs: i64,
        /// Fish that went in, kg; null where that of a run is unknown.
        input_kg: Option<f64>,
        /// What the run sheets asked for, kg.
        target_kg: Option<f64>,
        /// Product that came out, kg; null where that of a run is unknown.
        total_kg: Option<f64>,
        /// Input less output of the runs with inputs, kg; null where that of one is unknown.
        waste_kg: Option<f64>,
        /// Output of input, over the runs whose input is known, %.
        yield_pct: Option<f64>,
        /// Waste of input, over the same runs, %.
        waste_pct: Option<f64>,
        /// Output of target, over the runs that have a target, %.
        efficiency_pct: Option<f64>,
        /// Weight above target that was given away, % of target.
        giveaway_pct: Option<f64>,
        /// The limit of the check `low_yield`, %.
        low_yield_pct: f64,
        /// Whether the yield is below that limit, before it is rounded; null where there is none.
        is_low: Option<bool>,
        /// The production dates that have complete runs, the newest first.
        dates: Vec<DateYield>,
    }
}

row! {
    /// The complete runs of all lines on one production date.
    pub struct DateYield {
        /// The production date.
        production_date: NaiveDate,
        /// Complete runs.
        runs: i64,
        /// Fish that went in, kg; null where that of a run is unknown.
        input_kg: Option<f64>,
        /// Product that came out, kg; null where that of a run is unknown.
        total_kg: Option<f64>,
        /// Input less output of the runs with inputs, kg; null where that of one is unknown.
        waste_kg: Option<f64>,
        /// Output of input, over the runs whose input is known, %.
        yield_pct: Option<f64>,
        /// Whether the yield is below the limit of the check `low_yield`; null where there is none.
        is_low: Option<bool>,
    }
}

row! {
    /// The complete runs of one line on one production date.
    pub struct DailyYield {
        /// The production date.
        production_date: NaiveDate,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// Complete runs.
        runs: i64,
        /// Fish that went in, kg; null where that of a run is unknown.
        input_kg: Option<f64>,
        /// What the run sheets asked for, kg.
        target_kg: Option<f64>,
        /// Product that came out, kg; null where that of a run is unknown.
        total_kg: Option<f64>,
        /// Input less output of the runs with inputs, kg; null where that of one is unknown.
        waste_kg: Option<f64>,
        /// Output of input, over the runs whose input is known, %.
        yield_pct: Option<f64>,
        /// Waste of input, over the same runs, %.
        waste_pct: Option<f64>,
        /// Output of target, over the runs that have a target, %.
        efficiency_pct: Option<f64>,
        /// Weight above target that was given away, % of target.
        giveaway_pct: Option<f64>,
    }
}

row! {
    /// The complete runs of one line.
    pub struct LineYield {
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// Complete runs.
        runs: i64,
        /// Fish that went in, kg; null where that of a run is unknown.
        input_kg: Option<f64>,
        /// Product that came out, kg; null where that of a run is unknown.
        total_kg: Option<f64>,
        /// Input less output of the runs with inputs, kg; null where that of one is unknown.
        waste_kg: Option<f64>,
        /// Output of input, over the runs whose input is known, %.
        yield_pct: Option<f64>,
        /// Waste of input, over the same runs, %.
        waste_pct: Option<f64>,
        /// The first production date that counts.
        first_date: NaiveDate,
        /// The last production date that counts.
        last_date: NaiveDate,
    }
}

run_row! {
    /// How far down the tiers the fish of one complete run went.
    pub struct WaterfallRun {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The shift.
        shift_code: Option<String>,
        /// The species, by the run's description, else by its product.
        #[one_of(Species::NAMES)]
        species: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// Fish that went in, kg; null where nobody knows.
        input_kg: Option<f64>,
        /// Output of tier 1, Premium, kg; null where no output was written down, or one without a weight.
        tier1_kg: Option<f64>,
        /// The same of input, %.
        tier1_pct: Option<f64>,
        /// Output of tier 2, GG, kg.
        tier2_kg: Option<f64>,
        /// The same of input, %.
        tier2_pct: Option<f64>,
        /// Output of tier 3, Export / Simply Salmon, kg.
        tier3_kg: Option<f64>,
        /// The same of input, %.
        tier3_pct: Option<f64>,
        /// Output of all tiers and of none, kg.
        total_kg: Option<f64>,
        /// How much of the input became product of any tier, %.
        capture_rate_pct: Option<f64>,
        /// What became product of no tier: input less all output, kg.
        true_waste_kg: Option<f64>,
    }
}

row! {
    /// Product of a run that went down a tier.
    pub struct Downgrade {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The code of the product that it was to be.
        from_product: Option<String>,
        /// The code of the product that it became.
        to_product: Option<String>,
        /// The tier that it was to be sold in.
        #[within(1, 3)]
        from_tier: Option<i64>,
        /// The tier that it is sold in.
        #[within(1, 3)]
        to_tier: Option<i64>,
        /// Why, in the factory's words: `underweight`, `tail`, `visual`, `light_portion` or another.
        reason: Option<String>,
        /// How much, kg.
        qty_kg: Option<f64>,
        /// What that costs, in the currency of the factory's prices: by the prices of both products, else of
        /// both tiers; null where neither are known.
        lost_money: Option<f64>,
    }
}

/// How many days a question about yields covers where nothing else is asked for; all days by line.
pub const DAYS: u32 = 7;

days_query! {
    /// Which runs count.
    pub struct YieldQuery<DAYS> {
        /// So many production dates up to today.
        days,
        /// Only this line, by id or name.
        line: Option<String>,
        /// Only this shift.
        shift: Option<String>,
        /// Only this species.
        species: Option<String>,
    }
}

days_query! {
    /// Which downgrades.
    pub struct DowngradeQuery<DAYS> {
        /// So many production dates up to today.
        days,
    }
}

endpoints! {
    /// Yield of all that counts, and of each date of it; 7 days where no day is named.
    pub const TOTAL: Endpoint<YieldQuery, YieldTotal> =
        Endpoint::get("/yield/total", "Yield of complete runs together, and per production date");

    /// Yield per date and line; 7 days where no day is named.
    pub const DAILY: Endpoint<YieldQuery, Vec<DailyYield>> =
        Endpoint::get("/yield/daily", "Yield of complete runs per production date and line");

    /// Yield per line; all dates where no day is named.
    pub const BY_LINE: Endpoint<YieldQuery, Vec<LineYield>> =
        Endpoint::get("/yield/by-line", "Yield of complete runs per line");

    /// Product that went down a tier while its run was on; 7 days where no day is named.
    pub const DOWNGRADES: Endpoint<DowngradeQuery, Vec<Downgrade>> =
        Endpoint::get("/yield/downgrades", "Product that went down a tier, why, and what that costs")
            .leads_to(&[runs::TO_A_RUN]);

    /// How far down the tiers each run's fish went; 7 days where no day is named.
    pub const WATERFALL: Endpoint<YieldQuery, Vec<WaterfallRun>> =
        Endpoint::get("/yield/waterfall", "Output of complete runs per tier, and what no tier caught")
            .leads_to(&[runs::TO_A_RUN, weights::TO_WEIGHTS]);
}
