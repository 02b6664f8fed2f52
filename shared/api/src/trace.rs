//! Where a batch came from and where it went.

use chrono::{NaiveDate, NaiveDateTime};

use domain::lineage::LinkKind;

use crate::operation::{self, Media};
use crate::run_row::run_row;
use crate::{Endpoint, choice, endpoints, query, row};

row! {
    /// Fish as it was taken in.
    pub struct TraceIntake {
        /// The id of the intake.
        trace_id: String,
        /// The batch.
        batch_code: String,
        /// Who delivered it.
        supplier: Option<String>,
        /// Its species, as the delivery says.
        species: Option<String>,
        /// Its grade.
        grade: Option<String>,
        /// Where it was caught.
        catch_area: Option<String>,
        /// How it was caught.
        catch_method: Option<String>,
        /// The vessel.
        vessel_name: Option<String>,
        /// When it was landed.
        landing_date: Option<NaiveDate>,
        /// When it was killed, for farmed fish.
        kill_date: Option<NaiveDate>,
        /// When the factory received it.
        received_date: Option<NaiveDate>,
        /// Its temperature then, °C.
        received_temp_c: Option<f64>,
        /// How much it was, kg.
        qty_kg: Option<f64>,
        /// Until when it is to be used.
        use_by_date: Option<NaiveDate>,
        /// The country that it comes from.
        country_origin: Option<String>,
        /// The certificate that it comes under.
        certified: Option<String>,
    }
}

row! {
    /// A batch that the traced one was made of, or that was made of it.
    pub struct TraceBatch {
        /// The batch.
        batch_code: String,
        /// When it was received, where its code was used again; null otherwise.
        received_date: Option<NaiveDate>,
        /// How many steps away it is.
        depth: i64,
        /// Whether anything is known of it: an intake, or the scan-back that made it.
        known: bool,
        /// The run that it was scanned back out of; null where it was not.
        run_number: Option<String>,
        /// The production date of that run.
        production_date: Option<NaiveDate>,
        /// When it was scanned back.
        scanned_at: Option<NaiveDateTime>,
        /// How much was taken in or scanned back of it, kg; null where a part of it has no weight.
        qty_kg: Option<f64>,
    }
}

run_row! {
    /// A run that a batch reached.
    pub struct TraceRun {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The batch that reached it, the nearest of several; null for a run that is traced itself.
        batch_code: Option<String>,
        /// How many steps that batch is away; 0 is the traced one.
        depth: i64,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The shift.
        shift_code: Option<String>,
        /// The species.
        species: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// Whether it is finished.
        complete: bool,
        /// What went in of the traced batch and those made of it, kg; null where an input has no weight.
        traced_kg: Option<f64>,
        /// What went in of all batches, kg; null where an input has no weight.
        input_kg: Option<f64>,
        /// What came out, kg; null where nobody knows.
        actual_kg: Option<f64>,
    }
}

row! {
    /// Product that came out of a run that a batch reached.
    pub struct TraceProduct {
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// The batch that reached the run.
        batch_code: Option<String>,
        /// How many steps that batch is away.
        depth: i64,
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The tier: 1 Premium, 2 GG, 3 Export / Simply Salmon.
        tier: Option<i64>,
        /// The cut.
        piece_type: Option<String>,
        /// Packs.
        qty_packs: Option<i64>,
        /// How much of it the run made, of whatever batches, kg.
        qty_kg: Option<f64>,
    }
}

row! {
    /// An order that took of a run that a batch reached, or that names the batch itself.
    pub struct TraceDespatch {
        /// The order.
        order_number: Option<String>,
        /// Who got it.
        customer: Option<String>,
        /// The batch that reached the run, or that the order names.
        batch_code: Option<String>,
        /// How many steps that batch is away.
        depth: i64,
        /// The run's number.
        run_number: Option<String>,
        /// The production date; null where the order names a run that no reached batch went into.
        production_date: Option<NaiveDate>,
        /// The product's code.
        product_code: Option<String>,
        /// Cases.
        qty_cases: Option<i64>,
        /// How much, kg.
        qty_kg: Option<f64>,
        /// When it leaves or left.
        despatch_date: Option<NaiveDate>,
        /// When it arrives or arrived.
        delivery_date: Option<NaiveDate>,
        /// `pending`, `loaded` or `delivered`.
        status: Option<String>,
    }
}

row! {
    /// A line of a run's records for which a mass balance is unknown.
    pub struct UnknownLine {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// What the line is: `input`, `scan_in`, `scan_back` or `output`.
        #[one_of(LinkKind::NAMES)]
        link: String,
        /// Its id in the ERP.
        link_id: i64,
        /// The batch.
        batch_code: Option<String>,
        /// The product's code, of an output.
        product_code: Option<String>,
        /// Null: nobody wrote down how much. Below zero: a correction of more than was booked, kg.
        qty_kg: Option<f64>,
    }
}

row! {
    /// The mass balance of the traced batch and those made of it, over all runs that they reached; each run
    /// counts once. A figure is null where a line that it follows from has no weight.
    pub struct MassBalance {
        /// What went into the runs of these batches; fish that was scanned back and used again counts again,
        /// kg.
        input_kg: Option<f64>,
        /// Their share of what the runs made, by what stayed in of each batch, kg.
        output_kg: Option<f64>,
        /// What was scanned back of them, as a new batch or as the old one, kg.
        returned_kg: Option<f64>,
        /// Input less output less returned: waste, and what is not booked (yet); below zero, more was booked
        /// out than in, kg.
        unexplained_kg: Option<f64>,
        /// The same, % of input; null where nothing went in, too.
        unexplained_pct: Option<f64>,
        /// The lines for which figures are null.
        unknown_lines: Vec<UnknownLine>,
    }
}

row! {
    /// Where a batch, or all batches of a run, came from and went.
    pub struct Trace {
        /// The batch code or run number that was asked for, as its master writes it.
        batch_code: String,
        /// When the batch was received; null where that is not known, and for a run.
        received_date: Option<NaiveDate>,
        /// When other batches of the same code were received, the newest first. Each can be asked for by
        /// `received`.
        other_received_dates: Vec<NaiveDate>,
        /// What was taken in of the batch and of those that it was made of.
        origin: Vec<TraceIntake>,
        /// The batches that it was made of, at any depth, nearest first.
        ancestors: Vec<TraceBatch>,
        /// The batches that were made of it, at any depth, nearest first.
        descendants: Vec<TraceBatch>,
        /// The runs that it and its descendants reached.
        runs: Vec<TraceRun>,
        /// What came out of these runs.
        products: Vec<TraceProduct>,
        /// Who got it.
        despatches: Vec<TraceDespatch>,
        /// What went in, came out, went back, and what nobody can explain.
        mass_balance: MassBalance,
    }
}

row! {
    /// A step of a trace, as a line of a flat list.
    pub struct TraceStep {
        /// `origin`, `ancestor`, `descendant`, `run`, `product` or `despatch`.
        step: String,
        /// How many steps the batch is away; null for an origin.
        depth: Option<i64>,
        /// The batch.
        batch_code: Option<String>,
        /// Whether anything is known of the batch; null where it is not the batch that the line is of.
        known: Option<bool>,
        /// Who delivered it.
        supplier: Option<String>,
        /// The species.
        species: Option<String>,
        /// Where it was caught.
        catch_area: Option<String>,
        /// The vessel.
        vessel_name: Option<String>,
        /// The certificate.
        certified: Option<String>,
        /// The run's number.
        run_number: Option<String>,
        /// The day of the step: received, produced or despatched. A batch has that of the run that it was
        /// scanned back out of, else when it was received if its code was used again.
        date: Option<NaiveDate>,
        /// The line's id.
        prod_line: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// The tier.
        tier: Option<i64>,
        /// The order.
        order_number: Option<String>,
        /// Who got it.
        customer: Option<String>,
        /// How the order stands.
        status: Option<String>,
        /// How much: taken in, scanned back, put into the run of the traced batches, made, or despatched, kg.
        qty_kg: Option<f64>,
    }
}

choice! {
    /// In which form a trace is wanted; absent, the `Accept` header decides between the first three.
    pub enum TraceFormat {
        /// A JSON object.
        Json = "json",
        /// The flat list of steps as CSV.
        Csv = "csv",
        /// The flat list of steps as an Excel workbook.
        Xlsx = "xlsx",
        /// A GS1 EPCIS 2.0 document with GDST's key data elements, as JSON-LD.
        Epcis = "epcis",
    }
}

query! {
    /// What is traced, and in which form.
    pub struct TraceQuery {
        /// The production date, where a run number recurs; the newest otherwise. With it the code is a run
        /// number, also where a batch has the same code.
        date: Option<NaiveDate>,
        /// When the batch was received, where a batch code was used again; the newest otherwise. With it the
        /// code is a batch's.
        received: Option<NaiveDate>,
        /// JSON, CSV, an Excel workbook or EPCIS.
        format: Option<TraceFormat>,
        /// CSV for Excel: a byte-order mark, by which it knows that it is UTF-8, and an apostrophe before texts
        /// that it would take for formulas.
        bom: Option<bool>,
    }
}

/// The media type of an EPCIS document.
pub const EPCIS_MEDIA_TYPE: &str = "application/ld+json";

endpoints! {
    /// A trace. A code that is both a batch's and a run's is the batch.
    pub const TRACE: Endpoint<TraceQuery, Trace> =
        Endpoint::get("/trace/{batch_code}", "Where a batch came from and where it went, by batch code or run number")
            .also(&[CSV, XLSX, EPCIS]);
}

const CSV: Media =
    Media { media_type: "text/csv", format: "csv", doc: "The same as a flat list, a row for each step" };
const XLSX: Media = Media { doc: "The flat list as an Excel workbook", ..operation::XLSX };
const EPCIS: Media = Media {
    media_type: EPCIS_MEDIA_TYPE,
    format: "epcis",
    doc: "The same as GS1 EPCIS 2.0 events with the key data elements of GDST",
};
