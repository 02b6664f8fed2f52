//! What the values in paths are, and an example of every text that can be asked for. A name means the same in
//! every path and every query.
//!
//! The examples are of the factory that the answers in the API's description were recorded from.

/// A value in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathValue {
    /// Its name, which stands in braces in the path.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// A value that exists in the factory of the examples.
    pub example: &'static str,
}

/// All values in paths.
pub const PATH_VALUES: &[PathValue] = &[
    PathValue {
        name: "batch_code",
        doc: "A batch code, the code of a batch that a scan-back made, or a run number",
        example: "047440",
    },
    PathValue {
        name: "job_id",
        doc: "The id of a run of the pipeline",
        example: "01981d1e-0000-7000-8000-000000000000",
    },
    PathValue { name: "run_number", doc: "The run's number, as the ERP writes it", example: "047440" },
];

/// An example of each parameter that takes a text.
pub const TEXTS: &[(&str, &str)] = &[
    ("customer", "Harbour Foods"),
    ("line", "Line 1"),
    ("location", "Holding Chill 1"),
    ("order", "SO-7001"),
    ("run", "047440"),
    ("shift", "AM"),
    ("severity", "major"),
    ("species", "salmon"),
    ("type", "temperature"),
];

/// An example of each parameter that takes a date.
pub const DATES: &[(&str, &str)] = &[
    ("before", "2026-11-21"),
    ("date", "2026-11-20"),
    ("from", "2026-11-16"),
    ("received", "2026-11-16"),
    ("to", "2026-11-20"),
];

/// The value in paths that has this name.
pub fn path_value(name: &str) -> Option<&'static PathValue> {
    PATH_VALUES.iter().find(|value| value.name == name)
}

/// An example of a parameter that takes a text or a date.
pub fn example(name: &str) -> Option<&'static str> {
    TEXTS.iter().chain(DATES).find(|(known, _)| *known == name).map(|(_, example)| *example)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations;
    use crate::query::ParameterKind;

    #[test]
    fn every_value_in_a_path_is_described_and_every_text_has_an_example() {
        for operation in operations() {
            for name in operation.values() {
                assert!(path_value(name).is_some(), "{}: add `{name}` to PATH_VALUES", operation.path);
            }
            for parameter in operation
                .parameters()
                .filter(|parameter| matches!(parameter.kind, ParameterKind::Text | ParameterKind::Date))
            {
                assert!(
                    example(parameter.name).is_some(),
                    "{}: add `{}` to TEXTS or DATES",
                    operation.path,
                    parameter.name
                );
            }
        }
    }
}
