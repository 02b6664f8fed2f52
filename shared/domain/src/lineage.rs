//! Scans of batches at a run: fish goes in, and what is left goes back, as the same batch or as a new one.

use crate::named::named_enum;

named_enum! {
    /// The direction in which a batch was scanned.
    "direction" Direction {
        /// Fish went into the run.
        Input = "INPUT",
        /// Fish went back out of the run.
        Scanback = "SCANBACK",
    }
}

named_enum! {
    /// What becomes of fish that goes back.
    "return method" ReturnMethod {
        /// It becomes a new batch.
        Ocm = "OCM",
        /// It stays the batch that it was.
        ProdReturn = "PROD_RETURN",
    }
}

named_enum! {
    /// How a batch, a product or an order is tied to a run.
    "link" LinkKind {
        /// The batch went in.
        Input = "input",
        /// The batch was scanned in.
        ScanIn = "scan_in",
        /// The batch was scanned back out.
        ScanBack = "scan_back",
        /// The product came out.
        Output = "output",
        /// The order took of it.
        Despatch = "despatch",
    }
}

/// Whether a scan makes a new batch. Such a batch must have a parent.
pub fn makes_batch(direction: Option<Direction>, method: Option<ReturnMethod>) -> bool {
    direction == Some(Direction::Scanback) && method == Some(ReturnMethod::Ocm)
}

/// The code of the new batch that a scan made, if any.
///
/// A scan with a new code made a batch, even where direction or method are misspelt. But fish that went into
/// the run, or went back as the batch that it was, is no new batch.
pub fn batch_made(
    direction: Option<Direction>,
    method: Option<ReturnMethod>,
    new_batch: Option<&str>,
) -> Option<&str> {
    let makes_none = direction == Some(Direction::Input) || method == Some(ReturnMethod::ProdReturn);
    new_batch.filter(|code| !makes_none && !code.trim().is_empty())
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
            let (read_direction, read_method) =
                (direction.and_then(|text| text.parse().ok()), method.and_then(|text| text.parse().ok()));
            assert_eq!(makes_batch(read_direction, read_method), expect, "{direction:?} {method:?}");
        }
    }

    #[test]
    fn a_scan_that_names_a_new_batch_has_made_it_unless_the_fish_went_in_or_stayed_what_it_was() {
        use {Direction::*, ReturnMethod::*};
        let check = |direction, method, new, expect: Option<&str>| {
            assert_eq!(batch_made(direction, method, new), expect);
        };
        check(Some(Scanback), Some(Ocm), Some("N1"), Some("N1"));
        check(Some(Scanback), None, Some("N1"), Some("N1"));
        check(None, Some(Ocm), Some("N1"), Some("N1"));
        check(Some(Scanback), Some(ProdReturn), Some("N1"), None);
        check(Some(Input), Some(Ocm), Some("N1"), None);
        check(Some(Scanback), Some(Ocm), Some(" "), None);
        check(Some(Scanback), Some(Ocm), None, None);
    }
}
