//! Batches scanned into a run and back out of it: which way, and what becomes of the batch.

use crate::named::named_enum;

named_enum! {
    /// Which way a batch was scanned.
    "direction" Direction {
        /// Into the run.
        Input = "INPUT",
        /// Back out of it.
        Scanback = "SCANBACK",
    }
}

named_enum! {
    /// How fish goes back.
    "return method" ReturnMethod {
        /// As a new batch.
        Ocm = "OCM",
        /// As the batch that it was.
        ProdReturn = "PROD_RETURN",
    }
}

/// Whether a scan made a new batch, which must then have a parent.
pub fn makes_batch(direction: Option<Direction>, method: Option<ReturnMethod>) -> bool {
    direction == Some(Direction::Scanback) && method == Some(ReturnMethod::Ocm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_scan_back_by_ocm_makes_a_batch() {
        for (direction, method, expect) in [
            (Some("SCANBACK"), Some("OCM"), true),
            (Some(" scanback"), Some("ocm"), true),
            (Some("SCANBACK"), Some("PROD_RETURN"), false),
            (Some("SCANBACK"), None, false),
            (Some("INPUT"), Some("OCM"), false),
            (None, Some("OCM"), false),
            (Some("sideways"), Some("OCM"), false),
        ] {
            let (read_direction, read_method) = (direction.and_then(|text| text.parse().ok()), method.and_then(|text| text.parse().ok()));
            assert_eq!(makes_batch(read_direction, read_method), expect, "{direction:?} {method:?}");
        }
    }
}
