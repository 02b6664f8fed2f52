//! The rows that a trace is made of, as the marts hold them.

use api::trace::TraceIntake;
use chrono::{NaiveDate, NaiveDateTime};
use serde::Deserialize;

/// What tells one run from another.
pub(crate) type RunKey = (String, NaiveDate);

/// A row of `trace_links`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) run_number: String,
    pub(crate) production_date: NaiveDate,
    #[serde(rename = "link")]
    pub(crate) kind: Kind,
    #[serde(rename = "link_id")]
    pub(crate) id: i64,
    pub(crate) batch_code: Option<String>,
    pub(crate) new_batch_code: Option<String>,
    pub(crate) parent_batch: Option<String>,
    pub(crate) return_method: Option<String>,
    pub(crate) product_code: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) tier: Option<i64>,
    pub(crate) piece_type: Option<String>,
    pub(crate) qty_packs: Option<i64>,
    pub(crate) qty_cases: Option<i64>,
    pub(crate) qty_kg: Option<f64>,
    pub(crate) order_number: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) despatch_date: Option<NaiveDate>,
    pub(crate) delivery_date: Option<NaiveDate>,
    pub(crate) status: Option<String>,
    pub(crate) linked_at: Option<NaiveDateTime>,
}

/// What a link ties to its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Kind {
    Input,
    ScanIn,
    ScanBack,
    Output,
    Despatch,
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "input" => Ok(Self::Input),
            "scan_in" => Ok(Self::ScanIn),
            "scan_back" => Ok(Self::ScanBack),
            "output" => Ok(Self::Output),
            "despatch" => Ok(Self::Despatch),
            _ => Err(format!("`{text}` is no kind of link")),
        }
    }
}

impl Link {
    pub(crate) fn run(&self) -> RunKey {
        (self.run_number.clone(), self.production_date)
    }
}

/// A row of `runs`, as far as a trace tells it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RunRow {
    pub(crate) run_number: String,
    pub(crate) production_date: NaiveDate,
    pub(crate) prod_line: Option<String>,
    pub(crate) line_name: Option<String>,
    pub(crate) shift_code: Option<String>,
    pub(crate) species: Option<String>,
    pub(crate) product_code: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) complete: bool,
    pub(crate) packs: i64,
    pub(crate) input_kg: Option<f64>,
    pub(crate) actual_kg: Option<f64>,
    pub(crate) started_at: Option<NaiveDateTime>,
    pub(crate) finished_at: Option<NaiveDateTime>,
    pub(crate) pack_date: Option<NaiveDate>,
    pub(crate) shelf_life_adjustment: Option<i64>,
}

/// A row of `intakes`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Intake {
    /// The first day that is known of it.
    pub(crate) known_since: NaiveDate,
    #[serde(flatten)]
    pub(crate) row: TraceIntake,
}

/// A row of `batch_despatches`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct BatchDespatch {
    pub(crate) despatch_id: i64,
    pub(crate) batch_code: String,
    pub(crate) run_number: Option<String>,
    pub(crate) order_number: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) product_code: Option<String>,
    pub(crate) qty_cases: Option<i64>,
    pub(crate) qty_kg: Option<f64>,
    pub(crate) despatch_date: Option<NaiveDate>,
    pub(crate) delivery_date: Option<NaiveDate>,
    pub(crate) status: Option<String>,
}
