//! The list of all endpoints, by family. Each module that declares endpoints stands in it once. A test
//! compares the list with what the functions serve.

use crate::{
    Operation, compliance, handover, health, openapi, orders, pipeline, products, quality, reports, runs,
    setpoints, shelf_life, shift, shift_now, shifts, stops, temperature, trace, weights, yields,
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
        doc: "Production runs: which are on, all that is known of one, its pack weights, and how heavy packs should be.",
        modules: &[runs::OPERATIONS, weights::OPERATIONS, setpoints::OPERATIONS],
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
        doc: "Where the shift that is on will land, what each line makes in a shift, when it stands still, and what people and hours brought.",
        modules: &[
            shift_now::OPERATIONS,
            shift::OPERATIONS,
            handover::OPERATIONS,
            stops::OPERATIONS,
            shifts::OPERATIONS,
        ],
    },
    Family {
        name: "Products",
        doc: "What the factory makes.",
        modules: &[products::OPERATIONS, shelf_life::OPERATIONS],
    },
    Family {
        name: "Orders",
        doc: "What has to leave, and whether there will be enough.",
        modules: &[orders::OPERATIONS],
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
    use crate::Shape;
    use crate::shape::ObjectShape;

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

    /// The objects in a shape, by their names.
    fn objects(shape: Shape, found: &mut Vec<&'static ObjectShape>) {
        match shape {
            Shape::Nullable(inner) | Shape::List(inner) | Shape::Map(inner) => objects(*inner, found),
            Shape::Object(object) if !found.contains(&object) => {
                found.push(object);
                object.fields.iter().for_each(|field| objects(field.shape, found));
            }
            _ => {}
        }
    }

    #[test]
    fn no_two_objects_have_one_name() {
        let mut found = Vec::new();
        operations().for_each(|operation| objects(operation.answer, &mut found));
        let names: BTreeSet<&str> = found.iter().map(|object| object.name).collect();
        assert_eq!(
            names.len(),
            found.len(),
            "{:?}",
            found.iter().map(|object| object.name).collect::<Vec<_>>()
        );
    }
}
