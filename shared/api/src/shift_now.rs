//! The shift that is on, on all lines: where it lands, what it costs that it does not, and what to do now.

use chrono::{NaiveDate, NaiveDateTime};
use domain::named::named_enum;

use crate::query::NoQuery;
use crate::shift::TargetSource;
use crate::{Endpoint, endpoints, row};

named_enum! {
    /// What a line does.
    "line status" LineStatus {
        /// It has a run that is on, and makes packs.
        Running = "running",
        /// It has a run that is on, and has made no pack for too long.
        Stopped = "stopped",
        /// It has no run that is on.
        Idle = "idle",
    }
}

named_enum! {
    /// Where a line lands, against its target.
    "landing" Landing {
        /// Nine of ten such shifts end above the target.
        Ahead = "ahead",
        /// The target lies within the band.
        OnCourse = "on_course",
        /// Nine of ten such shifts end below the target.
        Behind = "behind",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

named_enum! {
    /// Why a figure is not known.
    "reason" Reason {
        /// The factory's settings have no shifts.
        NoShiftTimes = "no_shift_times",
        /// No shift is on.
        BetweenShifts = "between_shifts",
        /// No shift that was asked for has begun.
        NotBegun = "not_begun",
        /// The stamps of its packs are dates alone, so that nobody knows when they were made.
        NoData = "no_data",
        /// Nothing was made yet.
        NoPacks = "no_packs",
        /// The shift has just begun.
        TooEarly = "too_early",
        /// The line made something in too few shifts of this code before.
        FewShifts = "few_shifts",
        /// No pace that the line had in the last 30 days would reach it.
        OutOfReach = "out_of_reach",
        /// No complete run of it has both its inputs and its outputs booked.
        NoYield = "no_yield",
        /// Its packs have no targets.
        NoPackTargets = "no_pack_targets",
        /// The factory's settings have no price for it.
        NoPrice = "no_price",
        /// The clock was set back, and shows an hour twice.
        ClockChange = "clock_change",
        /// What it is the sum of is not known of each line.
        LineUnknown = "line_unknown",
        /// The time of the shift is over.
        NoTimeLeft = "no_time_left",
    }
}

impl Reason {
    /// The same in plain words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoShiftTimes => "the factory's settings have no shifts",
            Self::BetweenShifts => "no shift is on",
            Self::NotBegun => "no shift of this date and code has begun",
            Self::NoData => "the stamps of its packs are dates alone, so nobody knows when they were made",
            Self::NoPacks => "nothing was made yet",
            Self::TooEarly => "less than 30 minutes of the shift have passed",
            Self::FewShifts => "the line made something in fewer than five shifts of this code before",
            Self::OutOfReach => "out of reach: it would be over 1.5 times the line's best pace in 30 days",
            Self::NoYield => "no complete run has both its inputs and its outputs booked",
            Self::NoPackTargets => "no pack has a target weight",
            Self::NoPrice => "the factory's settings have no price of the product or of its tier",
            Self::ClockChange => "the clock was set back, and shows an hour twice",
            Self::LineUnknown => "it is not known of each line",
            Self::NoTimeLeft => "no working time is left",
        }
    }
}

impl Unknown {
    /// A field that is null, and why.
    pub fn because(field: &str, reason: Reason) -> Self {
        Self { field: field.to_owned(), reason: reason.to_string(), text: reason.words().to_owned() }
    }
}

named_enum! {
    /// What is to be acted on.
    "kind of attention" AttentionKind {
        /// A compliance check found something.
        Finding = "finding",
        /// A lot that is being packed fails, or may.
        Lot = "lot",
        /// A line has stopped.
        Stop = "stop",
        /// A line lands below its target.
        Behind = "behind",
        /// An order will be short.
        Order = "order",
    }
}

row! {
    /// A shift on one date.
    pub struct ShiftTime {
        /// The date that it belongs to.
        date: NaiveDate,
        /// Its code.
        code: String,
        /// When it starts.
        starts_at: NaiveDateTime,
        /// When it ends.
        ends_at: NaiveDateTime,
    }
}

row! {
    /// The shift that is on.
    pub struct ShiftOn {
        /// The date that it belongs to.
        date: NaiveDate,
        /// Its code.
        code: String,
        /// When it started.
        starts_at: NaiveDateTime,
        /// When it ends.
        ends_at: NaiveDateTime,
        /// How much of its working time has passed, %.
        #[within(0, 100)]
        elapsed_pct: f64,
        /// How much of its working time is left, minutes.
        #[at_least(0)]
        working_minutes_left: f64,
    }
}

row! {
    /// A figure that is not known, and why.
    pub struct Unknown {
        /// The name of the figure's field.
        field: String,
        /// Why it is null.
        #[one_of(Reason::NAMES)]
        reason: String,
        /// The same in plain words.
        text: String,
    }
}

row! {
    /// The figures of a line in a shift, or of all lines together.
    pub struct ShiftFigures {
        /// What the packs of the shift weigh that are placed on the market, kg.
        #[at_least(0)]
        made_kg: Option<f64>,
        /// What of the target should be made by now, by the working time that has passed, kg.
        expected_kg: Option<f64>,
        /// What is to be made in the whole shift, kg.
        target_kg: Option<f64>,
        /// What will have been made at the end of the shift, kg.
        #[at_least(0)]
        projected_kg: Option<f64>,
        /// One of ten such shifts ends below this, kg.
        #[at_least(0)]
        projected_low_kg: Option<f64>,
        /// One of ten such shifts ends above this, kg.
        #[at_least(0)]
        projected_high_kg: Option<f64>,
        /// `ahead`: the lower end of the band is above the target; `behind`: its upper end is below the target;
        /// `on_course`: the target lies in it.
        #[one_of(Landing::NAMES)]
        landing: String,
        /// The pace over the last 15 minutes that are not a stop's, packs per minute; of all lines, of those that run.
        #[at_least(0)]
        packs_per_min: Option<f64>,
        /// Packs of the shift that are placed on the market.
        #[at_least(0)]
        packs: Option<i64>,
        /// What the packs weigh above their targets, kg.
        giveaway_kg: Option<f64>,
        /// The same, % of their targets.
        giveaway_pct: Option<f64>,
        /// What it would have been sold for, in the currency of the answer.
        giveaway_money: Option<f64>,
        /// What came out of what went in, over the complete runs that made packs in the shift, %.
        yield_pct: Option<f64>,
        /// Stops of the shift, those included that are not over.
        #[at_least(0)]
        stops: Option<i64>,
        /// How long they were together, in working time, minutes.
        #[at_least(0)]
        stopped_minutes: Option<f64>,
        /// How long the longest of them was, minutes.
        #[at_least(0)]
        longest_stop_minutes: Option<f64>,
        /// Critical findings about the runs of the shift.
        #[at_least(0)]
        critical: i64,
        /// Major findings about them.
        #[at_least(0)]
        major: i64,
        /// Warnings about them.
        #[at_least(0)]
        warning: i64,
        /// Rows of the shift's runs that were rejected and that the ERP has not mended yet: figures lack them.
        #[at_least(0)]
        rejected_rows: i64,
        /// Why figures are null.
        reasons: Vec<Unknown>,
    }
}

row! {
    /// How far a line was.
    pub struct MadeSoFar {
        /// How much of the working time had passed, %.
        #[within(0, 100)]
        elapsed_pct: f64,
        /// What it had made, kg.
        #[at_least(0)]
        made_kg: f64,
    }
}

row! {
    /// A line in the shift that is on.
    pub struct LineNow {
        /// The line: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// `running`: it has a run that is on and makes packs; `stopped`: that run has made none for too long;
        /// `idle`: it has no run that is on.
        #[one_of(LineStatus::NAMES)]
        status: String,
        /// Since when it does that; null where nobody knows.
        since: Option<NaiveDateTime>,
        /// The run that is on, or else the one that it made last in this shift.
        run_number: Option<String>,
        /// The production date of that run.
        production_date: Option<NaiveDate>,
        /// The product of that run: its code.
        product_code: Option<String>,
        /// Its description.
        product: Option<String>,
        /// Its species.
        species: Option<String>,
        /// `settings`: the factory says the target; `usual`: it is the median of the last 20 shifts of this code.
        #[one_of(TargetSource::NAMES)]
        target_source: Option<String>,
        /// The pace that would still reach the target, packs per minute; null where it is over 1.5 times the best
        /// pace of the line in 30 days.
        #[at_least(0)]
        needed_packs_per_min: Option<f64>,
        /// The pace in kilograms per minute.
        #[at_least(0)]
        kg_per_min: Option<f64>,
        /// The best pace of the line in 30 days, packs per minute.
        #[at_least(0)]
        best_packs_per_min: Option<f64>,
        /// How far it was at each twentieth of the working time so far, and is now. Empty where nobody knows.
        way: Vec<MadeSoFar>,
        ..figures: ShiftFigures,
    }
}

row! {
    /// All lines of a shift together.
    pub struct AllLines {
        /// Lines that run.
        #[at_least(0)]
        lines_running: i64,
        /// Lines that have stopped.
        #[at_least(0)]
        lines_stopped: i64,
        /// Lines without a run.
        #[at_least(0)]
        lines_idle: i64,
        ..figures: ShiftFigures,
    }
}

row! {
    /// The shift before.
    pub struct ShiftBefore {
        /// Which shift it was.
        shift: ShiftTime,
        /// What it made in all.
        totals: AllLines,
    }
}

row! {
    /// Something to act on.
    pub struct Attention {
        /// What it is about.
        #[one_of(AttentionKind::NAMES)]
        kind: String,
        /// The line: its id, or the ERP's own text where the line is unknown.
        line: Option<String>,
        /// The run's number.
        run: Option<String>,
        /// What is the matter, in plain words.
        text: String,
        /// Since when.
        since: Option<NaiveDateTime>,
        /// The page of the dashboard that tells more, from the dashboard's own address on.
        link: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The run's production date.
        production_date: Option<NaiveDate>,
    }
}

row! {
    /// The shift that is on.
    pub struct ShiftNow {
        /// The shift; null if none is on.
        shift: Option<ShiftOn>,
        /// The next one to start, if none is on.
        next: Option<ShiftTime>,
        /// Its lines, by their ids: those that made something in it, have a run that is on, or have a target in the
        /// settings. Of other lines nobody knows whether they are to work.
        lines: Vec<LineNow>,
        /// All lines together; null if no shift is on.
        totals: Option<AllLines>,
        /// The ten things to act on first. Orders that lack less than 2 % are not among them: packs do not weigh to the
        /// gram what orders ask for.
        attention: Vec<Attention>,
        /// The currency of all money.
        currency: Option<String>,
        /// The shift before; null if there was none in the last seven days.
        previous: Option<ShiftBefore>,
        /// Why there is no shift.
        reasons: Vec<Unknown>,
    }
}

endpoints! {
    /// The shift that is on at the moment at which the ERP was last read, all that a first screen needs. How a
    /// projection is made, and how well it did, stands in the project's `docs/methods.md`.
    pub const NOW: Endpoint<NoQuery, ShiftNow> =
        Endpoint::get("/shift/now", "The shift that is on: where each line lands, what it costs, what to do now");
}
