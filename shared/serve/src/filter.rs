//! Comparing what is known with what was asked for.

/// Whether a text is the one that was asked for, in any case and whatever blanks are around it. What is not known is nothing that was asked for.
pub fn same_text(known: Option<&str>, asked: &str) -> bool {
    known.is_some_and(|known| known.trim().to_lowercase() == asked.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::same_text;

    #[test]
    fn case_and_blanks_around_do_not_matter_and_the_unknown_matches_nothing() {
        assert!(same_text(Some("Línea 1 "), "LÍNEA 1"));
        assert!(!same_text(Some("L1"), "L10"));
        assert!(!same_text(None, ""));
    }
}
