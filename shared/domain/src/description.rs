//! Product descriptions as the office types them: brings them to one form and searches them for whole words.

/// A description as we store and show it: trimmed and in upper case.
pub fn normalise(description: &str) -> String {
    description.trim().to_uppercase()
}

/// The words of a description, in upper case, with one blank between them.
pub(crate) struct Words(String);

impl Words {
    pub(crate) fn of(description: &str) -> Self {
        let upper = normalise(description);
        Self(upper.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Whether the text contains one of the phrases as whole words. "COD" is in "COD-LOIN", but not in
    /// "CODDLED".
    pub(crate) fn contain_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| {
            self.0.match_indices(phrase).any(|(start, found)| {
                let (before, after) = (&self.0[..start], &self.0[start + found.len()..]);
                !before.ends_with(is_part_of_word) && !after.starts_with(is_part_of_word)
            })
        })
    }

    /// The first entry of the table with a phrase that the text contains. The order of the table decides,
    /// not the place in the text.
    pub(crate) fn first_of<T: Copy>(&self, table: &[(T, &[&str])]) -> Option<T> {
        table.iter().find(|(_, phrases)| self.contain_any(phrases)).map(|(value, _)| *value)
    }
}

fn is_part_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_description_is_trimmed_and_upper_cased_and_otherwise_left_alone() {
        assert_eq!(normalise("  Smoked  haddock\t"), "SMOKED  HADDOCK");
        assert_eq!(normalise("crème fraîche"), "CRÈME FRAÎCHE");
        assert_eq!(normalise(" \t "), "");
    }

    #[test]
    fn phrases_are_found_as_whole_words_only() {
        let check = |text: &str, phrase: &str, expect: bool| {
            assert_eq!(Words::of(text).contain_any(&[phrase]), expect, "{phrase} in {text:?}");
        };
        check("cod", "COD", true);
        check("COD-LOIN", "COD", true);
        check("(cod)", "COD", true);
        check("CODDLED COD", "COD", true);
        check("CODDLED", "COD", false);
        check("BROCOD", "COD", false);
        check("COD2", "COD", false);
        check("CODÉ", "COD", false);
        check("ÉCOD", "COD", false);
        check("sea \t bass", "SEA BASS", true);
        check("SEA BASSET", "SEA BASS", false);
        check("", "COD", false);
    }

    proptest! {
        #[test]
        fn a_word_among_any_others_is_found(before in "[^\\w]{0,9}", after in "[^\\w]{0,9}") {
            let text = format!("x{before} cod {after}x");
            prop_assert!(Words::of(&text).contain_any(&["COD"]));
        }

        #[test]
        fn any_text_can_be_searched(text in any::<String>()) {
            Words::of(&text).contain_any(&["COD", "SEA BASS"]);
        }
    }
}
