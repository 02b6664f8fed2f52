//! The codes of batches, runs, products, lines, orders, grades and shifts. People and programs write one code
//! in several ways.

/// What all spellings of a code have in common, as the ERP compares them: case does not count, nor do blanks
/// around it. Lower case is that of Unicode.
pub fn folded(code: &str) -> String {
    code.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn case_and_blanks_around_do_not_tell_one_code_from_another() {
        assert_eq!([" b100", "B100 ", "B100"].map(folded), ["b100"; 3]);
        assert_eq!(folded("RÄUCHER/Ü 7"), "räucher/ü 7");
        assert_ne!(folded("B 100"), folded("B100"), "blanks inside count");
        assert_ne!(folded("É1"), folded("E1"), "accents count");
    }
}
