//! The list of all endpoints, by family. Each module that declares endpoints stands in it once. A test
//! compares the list with what the functions serve.

use crate::{
    Operation, compliance, health, openapi, pipeline, products, quality, reports, runs, shelf_life, shift,
    shifts, stops, temperature, trace, weights, yields,
};

/// Endpoints that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The name under which the API's description groups its endpoints.
    pub name: &'static str,
    /// What its endpoints are about.
    pub doc: &'static str,
    modules: &'static [&'static [Operation]],
}

impl Family {
    /// The endpoints of this family, module by module.
    pub fn operations(&self) -> impl Iterator<Item = &'static Operation> + use<> {
        self.modules.iter().copied().flatten()
    }
}

/// All families, and with them all endpoints.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "Yield",
        doc: "How much of the fish that went in came out as product. Percentages of groups are ratios of sums, over the runs that know both sides.",
        modules: &[yields::OPERATIONS],
    },
    Family {
        name: "Runs",
        doc: "Production runs: which are on, all that is known of one, and its pack weights.",
        modules: &[runs::OPERATIONS, weights::OPERATIONS],
    },
    Family {
        name: "Compliance",
        doc: "What the compliance checks found, and what people raised.",
        modules: &[compliance::OPERATIONS, quality::OPERATIONS],
    },
    Family {
        name: "Temperature",
        doc: "Readings of chillers, stores and lines, above all those outside their limits.",
        modules: &[temperature::OPERATIONS],
    },
    Family {
        name: "Shifts",
        doc: "What each line makes in a shift, when it stands still, and what people and hours brought.",
        modules: &[shift::OPERATIONS, stops::OPERATIONS, shifts::OPERATIONS],
    },
    Family {
        name: "Products",
        doc: "What the factory makes.",
        modules: &[products::OPERATIONS, shelf_life::OPERATIONS],
    },
    Family {
        name: "Trace",
        doc: "Where a batch came from and where it went, over any depth, with a mass balance.",
        modules: &[trace::OPERATIONS],
    },
    Family {
        name: "Reports",
        doc: "The production reports: flat lists over 30 days, or over the days that are asked for.",
        modules: reports::OPERATIONS,
    },
    Family {
        name: "Pipeline",
        doc: "The runs that read the ERP: what they did, what they rejected, and the start of one.",
        modules: &[pipeline::OPERATIONS],
    },
    Family {
        name: "Service",
        doc: "The service itself: how old its numbers are, and what it can be asked.",
        modules: &[health::OPERATIONS, openapi::OPERATIONS],
    },
];

/// The endpoints of all families.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    FAMILIES.iter().flat_map(Family::operations)
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
