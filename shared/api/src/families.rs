//! The list of all endpoints, by family. An endpoint that is not in it is not described; a test compares it
//! with the paths that are deployed.

use crate::operation::{Lead, Media};
use crate::{
    Operation, compliance, health, openapi, pipeline, products, quality, reports, runs, shelf_life, shifts,
    temperature, trace, weights, yields,
};

/// Endpoints that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What its endpoints are about.
    pub doc: &'static str,
    /// Its endpoints.
    pub operations: &'static [Operation],
}

const TO_A_RUN: Lead = Lead { path: runs::ONE.path, value: "run_number", pointer: "/0/run_number" };
const TO_A_JOB: Lead = Lead { path: pipeline::JOB.path, value: "job_id", pointer: "/0/job_id" };
const TO_ITS_WEIGHTS: Lead = Lead { path: weights::ONE.path, value: "run_number", pointer: "/0/run_number" };

const TRACE_CSV: Media =
    Media { media_type: "text/csv", format: "csv", doc: "The same as a flat list, a row for each step" };
const EPCIS: Media = Media {
    media_type: "application/ld+json",
    format: "epcis",
    doc: "The same as GS1 EPCIS 2.0 events with the key data elements of GDST",
};

/// All endpoints.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "Yield",
        doc: "How much of the fish that went in came out as product. Percentages of groups are ratios of sums, over the runs that know both sides.",
        operations: &[
            yields::DAILY.operation(),
            yields::BY_LINE.operation(),
            yields::WATERFALL.operation().leads_to(&[TO_A_RUN, TO_ITS_WEIGHTS]),
        ],
    },
    Family {
        name: "Runs",
        doc: "Production runs: which are on, all that is known of one, and its pack weights.",
        operations: &[
            runs::ACTIVE.operation().leads_to(&[TO_A_RUN]),
            runs::ONE.operation(),
            weights::ONE.operation(),
        ],
    },
    Family {
        name: "Compliance",
        doc: "What the compliance checks found, and what people raised.",
        operations: &[compliance::CHECKS.operation(), quality::SUMMARY.operation()],
    },
    Family {
        name: "Temperature",
        doc: "Readings of chillers, stores and lines, above all those outside their limits.",
        operations: &[
            temperature::BREACHES.operation(),
            temperature::EPISODES.operation(),
            temperature::SUMMARY.operation(),
        ],
    },
    Family {
        name: "Shifts",
        doc: "What people and hours brought.",
        operations: &[shifts::PRODUCTIVITY.operation()],
    },
    Family {
        name: "Products",
        doc: "What the factory makes.",
        operations: &[products::PRODUCTS.operation(), shelf_life::EXPIRING.operation()],
    },
    Family {
        name: "Trace",
        doc: "Where a batch came from and where it went, over any depth, with a mass balance.",
        operations: &[trace::TRACE.operation().also(&[TRACE_CSV, EPCIS])],
    },
    Family {
        name: "Reports",
        doc: "The production reports: flat lists over 30 days, or over the days that are asked for.",
        operations: &[
            reports::DAILY_YIELD.operation(),
            reports::TRACEABILITY.operation(),
            reports::TEMPERATURE_AUDIT.operation(),
            reports::GIVEAWAY.operation(),
            reports::SHIFT_PRODUCTIVITY.operation(),
            reports::NON_CONFORMANCE.operation(),
            reports::ORDER_FULFILMENT.operation(),
            reports::ALLERGEN_CHANGEOVERS.operation(),
            reports::SPECIES_RANKING.operation(),
            reports::WEEKLY_CUMULATIVE.operation(),
        ],
    },
    Family {
        name: "Pipeline",
        doc: "The runs that read the ERP: what they did, what they rejected, and the start of one.",
        operations: &[
            pipeline::JOBS.operation().leads_to(&[TO_A_JOB]).undated(),
            pipeline::JOB.operation().undated(),
            pipeline::REJECTED.operation().undated(),
            pipeline::START,
        ],
    },
    Family {
        name: "Service",
        doc: "The service itself: how old its numbers are, and what it can be asked.",
        operations: &[health::HEALTH.operation().undated(), openapi::OPENAPI.operation().undated()],
    },
];

/// The endpoints of all families.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    FAMILIES.iter().flat_map(|family| family.operations)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_endpoint_is_listed_once_and_leads_only_to_others() {
        let ids: Vec<String> = operations().map(Operation::id).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
        for (operation, lead) in
            operations().flat_map(|operation| operation.leads.iter().map(move |lead| (operation, lead)))
        {
            let there = operations()
                .any(|other| other.path == lead.path && other.values().any(|value| value == lead.value));
            assert!(there, "{} leads to {}", operation.path, lead.path);
        }
    }
}
