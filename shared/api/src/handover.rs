//! The sheet for the manager of the next shift.

use chrono::{NaiveDate, NaiveDateTime};
use domain::named::named_enum;

use crate::compliance::CheckFinding;
use crate::orders::PendingOrder;
use crate::shift_now::{AllLines, LineNow, ShiftOn, Unknown};
use crate::weights::LotForecast;
use crate::{Endpoint, endpoints, query, row};

named_enum! {
    /// What cost product.
    "kind of loss" LossKind {
        /// A line stood still.
        Stop = "stop",
        /// Packs weighed more than they had to.
        Giveaway = "giveaway",
        /// Product went down a tier.
        Downgrade = "downgrade",
    }
}

row! {
    /// What a line made in the shift.
    pub struct LineResult {
        /// What it made above its target, kg; negative below it.
        delta_kg: Option<f64>,
        ..line: LineNow,
    }
}

row! {
    /// Something that cost product.
    pub struct Loss {
        /// What it was.
        #[one_of(LossKind::NAMES)]
        kind: String,
        /// The line: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The run that it was in, or before it; null for more than one.
        run_number: Option<String>,
        /// What happened, in plain words.
        text: String,
        /// How much product it is about: not made, given away, or sold for less, kg.
        kg: Option<f64>,
        /// How long the line stood still, minutes.
        minutes: Option<f64>,
        /// What it cost.
        money: Option<f64>,
    }
}

row! {
    /// A run that goes on.
    pub struct RunGoingOn {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The line: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// What came out so far, kg.
        actual_kg: Option<f64>,
        /// What its sheet asks for, kg.
        target_kg: Option<f64>,
        /// Packs so far.
        #[at_least(0)]
        packs: i64,
        /// Whether its packs will keep the packers' rules; null where nobody can tell.
        forecast: Option<LotForecast>,
    }
}

row! {
    /// A place where temperatures are read.
    pub struct PlaceInShift {
        /// The place.
        location: Option<String>,
        /// When it was read last in the shift; null if it was read on the same day after it.
        last_reading_at: Option<NaiveDateTime>,
        /// What it showed, °C.
        last_celsius: Option<f64>,
        /// Breaches of its limits that touched the shift.
        #[at_least(0)]
        breaches: i64,
        /// How long the longest of them was, minutes.
        #[at_least(0)]
        longest_breach_minutes: i64,
        /// The most that a reading of them was outside its limits, °C.
        max_degrees_over: Option<f64>,
        /// Whether one of them is not over.
        open: bool,
    }
}

row! {
    /// The sheet for the manager of the next shift.
    pub struct Handover {
        /// Which shift it is about; null if none has begun.
        shift: Option<ShiftOn>,
        /// Whether it is over.
        over: bool,
        /// Its lines, by their ids.
        lines: Vec<LineResult>,
        /// All lines together.
        totals: Option<AllLines>,
        /// The three things that cost most product, the dearest first, by kg.
        losses: Vec<Loss>,
        /// Findings of all severities but `INFO` about the runs of the shift, and those of places and records that
        /// last, the worst first.
        findings: Vec<CheckFinding>,
        /// Runs that are on, by their lines.
        runs: Vec<RunGoingOn>,
        /// The places where temperatures are read, those with breaches first.
        temperatures: Vec<PlaceInShift>,
        /// Orders of today and the next two days that are not in stock.
        orders: Vec<PendingOrder>,
        /// The currency of all money.
        currency: Option<String>,
        /// Why there is no shift.
        reasons: Vec<Unknown>,
    }
}

query! {
    /// Which shift.
    pub struct HandoverQuery {
        /// The date of the shift; where none is named, the last one that has begun.
        date: Option<NaiveDate>,
        /// The code of the shift; where none is named, the shift that is on or was on last, or the last of the
        /// date.
        shift: Option<String>,
    }
}

endpoints! {
    /// What the next manager has to know of a shift: what each line made against its target, what cost most,
    /// findings, runs that go on, temperatures and orders. What is on now, and
    /// what lasts now, is told for the last shift that has begun alone.
    pub const HANDOVER: Endpoint<HandoverQuery, Handover> =
        Endpoint::get("/shift/handover", "The sheet for the manager of the next shift")
            .refuses(&[(404, "No shift of this date and code has begun")]);
}
