//! Production runs: which are on, and all that is known of one.

use chrono::{NaiveDate, NaiveDateTime};
use domain::average_quantity::Outcome;
use domain::run_state::RunState;

use crate::compliance::CheckFinding;
use crate::run_row::run_row;
use crate::{Endpoint, Lead, endpoints, query, row};

run_row! {
    /// A run that is on: active and not complete.
    pub struct ActiveRun {
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
        species: Option<String>,
        /// The kind of product, by the run's description, else by its product.
        product_type: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// What the run sheet asks for, kg.
        target_kg: Option<f64>,
        /// What has come out so far, kg; null where nobody knows.
        actual_kg: Option<f64>,
        /// Packs so far.
        packs: i64,
        /// Weight above target that is given away, % of target.
        giveaway_pct: Option<f64>,
        /// When it began.
        started_at: Option<NaiveDateTime>,
        /// What has come out so far as a share of the target, %.
        efficiency_pct: Option<f64>,
        /// When something was last booked to it: a pack, an input, an output or a scan; null where nothing
        /// was.
        last_activity_at: Option<NaiveDateTime>,
        /// Whether nothing was booked to it in the 24 hours before the data were read: most likely nobody
        /// completed it.
        idle: bool,
    }
}

run_row! {
    /// A run with its yields.
    pub struct Run {
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
        species: Option<String>,
        /// The kind of product, by the run's description, else by its product.
        product_type: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// What the run sheet asks for, kg.
        target_kg: Option<f64>,
        /// What came out, kg; null where nobody knows.
        actual_kg: Option<f64>,
        /// Packs.
        packs: i64,
        /// Weight above target that was given away, % of target.
        giveaway_pct: Option<f64>,
        /// When it began.
        started_at: Option<NaiveDateTime>,
        /// Whether it is finished.
        complete: bool,
        /// Whether the ERP calls it active.
        active: bool,
        /// Fish that went in, kg; null where nobody knows.
        input_kg: Option<f64>,
        /// Output of input, %.
        yield_pct: Option<f64>,
        /// Input less output, kg.
        waste_kg: Option<f64>,
        /// Waste of input, %.
        waste_pct: Option<f64>,
        /// Output of target, %.
        efficiency_pct: Option<f64>,
    }
}

row! {
    /// The weighing system's sums of a run.
    pub struct RunTotals {
        /// Packs.
        total_packs: Option<i64>,
        /// Weight of all packs, kg.
        total_weight_kg: Option<f64>,
        /// Mean pack weight, g.
        avg_weight_g: Option<f64>,
        /// Lightest pack, g.
        min_weight_g: Option<f64>,
        /// Heaviest pack, g.
        max_weight_g: Option<f64>,
        /// Standard deviation of the pack weights, g.
        std_dev_g: Option<f64>,
        /// Weight above target that was given away, kg.
        giveaway_kg: Option<f64>,
        /// The same, % of target.
        giveaway_pct: Option<f64>,
        /// Packs that were rejected.
        reject_count: Option<i64>,
        /// Minutes that the line stood.
        downtime_minutes: Option<i64>,
    }
}

row! {
    /// The paperwork of a run.
    pub struct RunSheet {
        /// What was asked for, kg.
        target_qty_kg: Option<f64>,
        /// Baskets.
        baskets: Option<i64>,
        /// First label number.
        start_label: Option<i64>,
        /// Last label number.
        end_label: Option<i64>,
        /// The pack date.
        pack_date: Option<NaiveDate>,
        /// Days added to the shelf life.
        shelf_life_adjustment: Option<i64>,
        /// When the run began, if the sheet tells.
        started_at: Option<NaiveDateTime>,
        /// When it ended.
        finished_at: Option<NaiveDateTime>,
        /// Who wrote the sheet.
        recorded_by: Option<String>,
    }
}

row! {
    /// Fish of one batch that went into a run.
    pub struct RunInput {
        /// The batch.
        batch_code: Option<String>,
        /// Its grade.
        grade: Option<String>,
        /// Its species.
        species: Option<String>,
        /// How much, kg.
        qty_kg: Option<f64>,
    }
}

row! {
    /// Product that came out of a run.
    pub struct RunOutput {
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// The tier: 1 Premium, 2 GG, 3 Export / Simply Salmon.
        #[within(1, 3)]
        tier: Option<i64>,
        /// The cut.
        piece_type: Option<String>,
        /// The grade of the fish that it was made of.
        source_grade: Option<String>,
        /// Packs.
        qty_packs: Option<i64>,
        /// How much, kg.
        qty_kg: Option<f64>,
    }
}

row! {
    /// The pack weights of a run against the average-quantity rules.
    pub struct RunWeights {
        /// Packs that are placed on the market: with a net weight above 0, and not without a label.
        #[at_least(0)]
        packs: i64,
        /// The other packs of the run, which are not judged.
        #[at_least(0)]
        packs_excluded: i64,
        /// The nominal quantity, g.
        nominal_g: Option<f64>,
        /// Mean net weight, g.
        mean_g: Option<f64>,
        /// Standard deviation, g.
        std_dev_g: Option<f64>,
        /// Packs below T1, the nominal less the tolerable error.
        #[at_least(0)]
        below_t1: Option<i64>,
        /// Packs below T2, the nominal less twice the tolerable error.
        #[at_least(0)]
        below_t2: Option<i64>,
        /// `pass` or `fail`; null where the rules do not apply.
        #[one_of(Outcome::NAMES)]
        verdict: Option<String>,
    }
}

row! {
    /// All that is known of a run.
    pub struct RunDetail {
        /// The run with its yields.
        run: Run,
        /// `complete`, else `on` while the ERP calls it active, else `inactive`.
        #[one_of(RunState::NAMES)]
        state: String,
        /// Whether the yield is below the limit of the check `low_yield`, before it is rounded; null where the
        /// run is not complete or has no yield.
        is_low: Option<bool>,
        /// The weighing system's sums.
        totals: Option<RunTotals>,
        /// The paperwork.
        sheet: Option<RunSheet>,
        /// What went in.
        inputs: Vec<RunInput>,
        /// What came out.
        outputs: Vec<RunOutput>,
        /// The pack weights.
        weights: Option<RunWeights>,
        /// What the compliance checks found.
        checks: Vec<CheckFinding>,
    }
}

query! {
    /// Which run of that number.
    pub struct RunQuery {
        /// The production date, where a number recurs; the newest otherwise.
        date: Option<NaiveDate>,
    }
}

query! {
    /// Which of the runs that are on.
    pub struct ActiveQuery {
        /// Only those to which nothing was booked in the 24 hours before the data were read, or only the
        /// others.
        idle: Option<bool>,
    }
}

endpoints! {
    /// The runs that the ERP calls active and not complete. A run that nobody ever completed stays among
    /// them, and is `idle`.
    pub const ACTIVE: Endpoint<ActiveQuery, Vec<ActiveRun>> =
        Endpoint::get("/runs/active", "Runs that are on now").leads_to(&[TO_A_RUN]);

    /// One run.
    pub const ONE: Endpoint<RunQuery, RunDetail> =
        Endpoint::get("/runs/{run_number}", "All that is known of one run");
}

/// From a list of runs to the first of them.
pub(crate) const TO_A_RUN: Lead = Lead { path: ONE.path(), value: "run_number", pointer: "/0/run_number" };

#[cfg(test)]
mod tests {
    use domain::tier::Tier;

    use super::*;
    use crate::Row;
    use crate::products::Product;
    use crate::trace::TraceProduct;
    use crate::yields::WaterfallRun;

    #[test]
    fn the_tiers_are_called_what_the_rules_call_them() {
        let doc = |fields: &[crate::Field], name: &str| {
            fields.iter().find(|field| field.name == name).map(|field| field.doc).unwrap()
        };
        for tier in Tier::ALL {
            let (number, name) = (tier.number(), tier.name());
            for fields in [RunOutput::FIELDS, Product::FIELDS, TraceProduct::FIELDS] {
                assert!(doc(fields, "tier").contains(&format!("{number} {name}")), "{name}");
            }
            let of_waterfall = doc(WaterfallRun::FIELDS, &format!("tier{number}_kg"));
            assert!(of_waterfall.contains(&format!("tier {number}, {name},")), "{of_waterfall}");
        }
    }
}
