//! Rows with figures of one run, which say what these figures lack.

/// Declares a row as [`row!`](crate::row) does. Behind its own fields come the counts of what is missing in
/// figures of a run.
macro_rules! run_row {
    ($(#[doc = $doc:literal])+ pub struct $name:ident { $($fields:tt)* }) => {
        $crate::row! {
            $(#[doc = $doc])+
            pub struct $name {
                $($fields)*
                /// Inputs that are booked without a weight.
                #[at_least(0)]
                inputs_without_weight: i64,
                /// Outputs that are booked without a weight.
                #[at_least(0)]
                outputs_without_weight: i64,
                /// Rows of the run that were rejected and that the ERP has not mended yet: figures lack them.
                #[at_least(0)]
                rejected_rows: i64,
            }
        }
    };
}

pub(crate) use run_row;
