//! The events of a trace: fish received, runs that made something of it, orders packed and shipped.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, SecondsFormat};
use chrono_tz::Tz;
use domain::bookings::quantity_kg;
use domain::code::folded;
use domain::despatch::has_left;
use domain::lineage::{LinkKind, ReturnMethod};
use domain::rounding::rounded;
use domain::shelf_life::use_by;
use serde_json::{Map, Value, json};

use super::names::{event_id, lot};
use super::times::{end_of, moment, start_of};
use super::{Factory, names};
use crate::balance;
use crate::batches::code_of;
use warehouse::marts::{BatchDespatchRow, IntakeRow, LinkRow};

use crate::book::RunKey;
use crate::traced::Traced;

/// An event whose time and owner are not yet among its fields.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) at: DateTime<Tz>,
    id: String,
    kind: &'static str,
    fields: Map<String, Value>,
}

impl Event {
    fn new(kind: &'static str, id: String, at: DateTime<Tz>, fields: Value) -> Self {
        let Value::Object(mut fields) = fields else { return Self { at, id, kind, fields: Map::new() } };
        fields.retain(|_, value| !value.is_null());
        Self { at, id, kind, fields }
    }

    /// The event as JSON, with the fields that every event must have.
    pub(super) fn written(self, factory: &Factory) -> Value {
        let mut event = self.fields;
        let set = [
            ("type", json!(self.kind)),
            ("eventID", json!(self.id)),
            ("eventTime", json!(self.at.to_rfc3339_opts(SecondsFormat::Millis, false))),
            ("eventTimeZoneOffset", json!(self.at.format("%:z").to_string())),
            ("readPoint", json!({"id": factory.place()})),
            ("bizLocation", json!({"id": factory.place()})),
            ("gdst:productOwner", json!(factory.party())),
            ("cbvmda:informationProvider", json!(factory.party())),
        ];
        event.extend(set.map(|(name, value)| (name.to_owned(), value)));
        if self.kind == "ObjectEvent" && event.get("bizStep") == Some(&json!("shipping")) {
            // What has been shipped is at no place of business that is known here.
            event.remove("bizLocation");
        }
        Value::Object(event)
    }
}

/// The events of a trace, in any order.
pub(super) fn of(traced: &Traced, factory: &Factory) -> Vec<Event> {
    let received = traced.intakes.iter().map(|intake| receiving(intake, factory));
    let made = traced.links.keys().filter_map(|run| transformation(traced, run, factory));
    let mut events: Vec<Event> = received.chain(made).collect();
    events.extend(corrected(sales(traced, factory)).iter().flat_map(|sale| despatch(sale, factory)));
    events
}

/// The orders that are tied to the trace, each once.
fn sales<'a>(traced: &'a Traced, factory: &Factory) -> Vec<Sale<'a>> {
    let mut sales = Vec::new();
    let mut seen = BTreeSet::new();
    for run in traced.runs.keys() {
        for order in traced.links_of(run, LinkKind::Despatch) {
            seen.insert(order.link_id);
            sales.push(Sale::of_run(traced, run, order, factory));
        }
    }
    let others = traced.orders.iter().filter(|order| !seen.contains(&order.despatch_id));
    sales.extend(others.map(|order| Sale::of_batch(order, factory)));
    sales
}

/// The orders with their corrections taken off. A line of less than nothing is no event: it takes from the line
/// of the same order and goods that has the most. What is left with nothing did not leave.
fn corrected(sales: Vec<Sale<'_>>) -> Vec<Sale<'_>> {
    let is_correction = |sale: &Sale<'_>| sale.qty_kg.is_some_and(|kg| kg < 0.0);
    let code = |order_number: Option<&str>| order_number.map(folded);
    let (corrections, mut sales): (Vec<_>, Vec<_>) = sales.into_iter().partition(is_correction);
    let mut undone = BTreeSet::new();
    for Sale { name, order_number, customer, qty_kg, .. } in &corrections {
        let of_order = sales.iter_mut().filter(|sale| {
            (&sale.name, sale.customer) == (name, *customer) && code(sale.order_number) == code(*order_number)
        });
        let most = of_order
            .max_by(|one, other| one.qty_kg.unwrap_or_default().total_cmp(&other.qty_kg.unwrap_or_default()));
        if let Some(sale) = most {
            balance::add(&mut sale.qty_kg, *qty_kg);
            if quantity_kg(sale.qty_kg) == Some(0.0) {
                undone.insert(sale.despatch_id);
            }
        }
    }
    sales.retain(|sale| !undone.contains(&sale.despatch_id));
    sales
}

fn receiving(intake: &IntakeRow, factory: &Factory) -> Event {
    let at = start_of(intake.known_since, factory.tz);
    let fish = &intake.intake;
    let catch = json!({
        "cbvmda:vesselName": fish.vessel_name,
        "cbvmda:catchArea": fish.catch_area,
        "cbvmda:fishingGearTypeCode": fish.catch_method,
        "gdst:landingDate": fish.landing_date,
    });
    let is_wild = fish.vessel_name.is_some() || fish.landing_date.is_some();
    let fields = json!({
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "in_progress",
        "epcList": [],
        "quantityList": quantities([(factory.fish(&fish.batch_code), fish.qty_kg)]),
        "sourceList": fish.supplier.as_deref().map(|supplier| json!([{"type": "owning_party", "source": factory.partner(supplier)}])),
        "destinationList": [{"type": "owning_party", "destination": factory.party()}],
        "cbvmda:lotNumber": code_of(&fish.batch_code),
        "cbvmda:speciesForFisheryStatisticsPurposesName": fish.species,
        "cbvmda:countryOfOrigin": fish.country_origin,
        "cbvmda:itemExpirationDate": fish.use_by_date,
        "cbvmda:productionMethodForFishAndSeafoodCode": if is_wild { Some("MARINE_FISHERY") } else { fish.kill_date.map(|_| "AQUACULTURE") },
        "cbvmda:vesselCatchInformationList": known(catch).map(|catch| json!({"cbvmda:vesselCatchInformation": [catch]})),
        "gdst:harvestEndDate": fish.kill_date,
        "cbvmda:certificationList": fish.certified.as_deref().map(|standard| {
            json!({"cbvmda:certification": [{"gdst:certificationType": "urn:gdst:certType:harvestCert", "cbvmda:certificationStandard": standard}]})
        }),
    });
    Event::new("ObjectEvent", event_id(factory, "receiving", &fish.trace_id), at, fields)
}

fn transformation(traced: &Traced, run: &RunKey, factory: &Factory) -> Option<Event> {
    let (inputs, outputs) = (transformed(traced, run), made(traced, run, factory));
    if inputs.is_empty() && outputs.is_empty() {
        return None;
    }
    let row = traced.run_rows.get(run);
    let packed = row.and_then(|row| row.pack_date).unwrap_or(run.1);
    let shelf_life_days = row.and_then(|row| row.shelf_life_days);
    let adjustment_days = row.and_then(|row| row.shelf_life_adjustment).unwrap_or_default();
    let fields = json!({
        "transformationID": factory.run(run),
        "bizStep": "commissioning",
        "disposition": "active",
        "inputQuantityList": quantities(inputs.into_iter().map(|(batch, kg)| (factory.fish(batch), kg))),
        "outputQuantityList": quantities(outputs),
        "ilmd": {"cbvmda:lotNumber": lot(run), "cbvmda:itemExpirationDate": use_by(packed, shelf_life_days, adjustment_days)},
    });
    Some(Event::new(
        "TransformationEvent",
        event_id(factory, "run", &lot(run)),
        ended(traced, run, factory),
        fields,
    ))
}

/// What a run transformed of each batch, kg. It is `None` where the weight of a part is unknown.
fn transformed<'a>(traced: &'a Traced, run: &RunKey) -> BTreeMap<&'a str, Option<f64>> {
    let mut inputs: BTreeMap<&str, Option<f64>> = balance::inputs(traced, run)
        .into_iter()
        .filter_map(|(batch, kg)| Some((batch?, quantity_kg(kg))))
        .collect();
    let kept = |scan: &&LinkRow| scan.return_method.as_deref() == Some(ReturnMethod::ProdReturn.as_str());
    for scan in traced.links_of(run, LinkKind::ScanBack).filter(kept) {
        // Fish that went back as the batch that it was has not been transformed.
        if let Some(kg) = scan.batch_code.as_deref().and_then(|batch| inputs.get_mut(batch)) {
            *kg = kg.zip(scan.qty_kg).map(|(kg, back_kg)| (kg - back_kg).max(0.0));
        }
    }
    inputs
}

/// What a run made, by the name of the product or of the new batch, kg. It is `None` where the weight of a part
/// is unknown. Where no outputs are booked, what the weighing system says of the run's product counts.
fn made(traced: &Traced, run: &RunKey, factory: &Factory) -> BTreeMap<String, Option<f64>> {
    let mut outputs: BTreeMap<String, Option<f64>> = BTreeMap::new();
    for output in traced.links_of(run, LinkKind::Output) {
        let name = factory.product(output.product_code.as_deref(), run);
        balance::add(outputs.entry(name).or_insert(Some(0.0)), output.qty_kg);
    }
    if let Some(row) = traced.run_rows.get(run).filter(|_| outputs.is_empty())
        && row.actual_kg.is_some()
    {
        outputs.insert(factory.product(row.product_code.as_deref(), run), row.actual_kg);
    }
    for scan in traced.links_of(run, LinkKind::ScanBack) {
        if let Some(batch) = &scan.new_batch_code {
            balance::add(outputs.entry(factory.fish(batch)).or_insert(Some(0.0)), scan.qty_kg);
        }
    }
    outputs
}

/// When a run ended, or else began, or else the start of its day.
fn ended(traced: &Traced, (number, date): &RunKey, factory: &Factory) -> DateTime<Tz> {
    let row = traced.run_rows.get(&(number.clone(), *date));
    row.and_then(|row| row.finished_at.or(row.started_at))
        .map_or_else(|| start_of(*date, factory.tz), |time| moment(time, factory.tz))
}

/// An order that is tied to the trace, by a run or by a batch.
struct Sale<'a> {
    despatch_id: i64,
    /// What was packed.
    name: String,
    /// The earliest moment at which it can have been packed.
    made: Option<DateTime<Tz>>,
    qty_kg: Option<f64>,
    order_number: Option<&'a str>,
    customer: Option<&'a str>,
    despatch_date: Option<NaiveDate>,
    status: Option<&'a str>,
}

impl<'a> Sale<'a> {
    fn of_run(traced: &Traced, run: &RunKey, order: &'a LinkRow, factory: &Factory) -> Self {
        let product = order.product_code.clone().or_else(|| traced.run_rows.get(run)?.product_code.clone());
        Self {
            despatch_id: order.link_id,
            name: factory.product(product.as_deref(), run),
            made: Some(ended(traced, run, factory)),
            qty_kg: order.qty_kg,
            order_number: order.order_number.as_deref(),
            customer: order.customer.as_deref(),
            despatch_date: order.despatch_date,
            status: order.status.as_deref(),
        }
    }

    fn of_batch(order: &'a BatchDespatchRow, factory: &Factory) -> Self {
        Self {
            despatch_id: order.despatch_id,
            name: factory.fish(&order.batch_code),
            made: None,
            qty_kg: order.qty_kg,
            order_number: order.order_number.as_deref(),
            customer: order.customer.as_deref(),
            despatch_date: order.despatch_date,
            status: order.status.as_deref(),
        }
    }
}

/// The events of an order: packing, and shipping if it has left.
fn despatch(order: &Sale<'_>, factory: &Factory) -> Vec<Event> {
    let unit = factory.unit(order.despatch_id);
    let id = |kind| names::event_id(factory, kind, &order.despatch_id.to_string());
    let content = quantities([(order.name.clone(), order.qty_kg)]);
    let transactions =
        order.order_number.map(|number| json!([{"type": "po", "bizTransaction": factory.order(number)}]));
    let leaves = order.despatch_date.and_then(|date| end_of(date, factory.tz));
    let mut events = Vec::new();
    if let Some(at) = order.made.into_iter().chain(leaves).min() {
        let fields = json!({
            "action": "ADD", "bizStep": "packing", "disposition": "in_progress", "parentID": unit, "childEPCs": [],
            "childQuantityList": content, "bizTransactionList": transactions,
        });
        events.push(Event::new("AggregationEvent", id("packing"), at, fields));
    }
    if let Some(at) = leaves.filter(|_| has_left(order.status)) {
        let fields = json!({
            "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit", "epcList": [unit], "quantityList": content,
            "bizTransactionList": transactions,
            "sourceList": [{"type": "owning_party", "source": factory.party()}],
            "destinationList": order.customer.map(|customer| json!([{"type": "owning_party", "destination": factory.partner(customer)}])),
        });
        events.push(Event::new("ObjectEvent", id("shipping"), at, fields));
    }
    events
}

/// A list of goods, each with its quantity in kg, to the gram. An unknown quantity, or one of less than nothing,
/// is left out: 0 would say that there was nothing.
fn quantities(of: impl IntoIterator<Item = (String, Option<f64>)>) -> Value {
    let element = |(name, kg): (String, Option<f64>)| match quantity_kg(kg) {
        Some(kg) => json!({"epcClass": name, "quantity": rounded(kg, 3), "uom": "KGM"}),
        None => json!({"epcClass": name}),
    };
    let list: Vec<Value> = of.into_iter().map(element).collect();
    if list.is_empty() { Value::Null } else { Value::Array(list) }
}

/// The object without its null fields. `None` if no field is left.
fn known(object: Value) -> Option<Value> {
    let Value::Object(mut fields) = object else { return None };
    fields.retain(|_, value| !value.is_null());
    (!fields.is_empty()).then_some(Value::Object(fields))
}
