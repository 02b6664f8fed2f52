//! The cuts of fish that packs hold, as the paperwork of runs names them.

use crate::named::named_enum;

named_enum! {
    /// A cut of fish.
    "piece type" PieceType {
        /// The thick middle of the fillet.
        CenterCut = "center_cut",
        /// The thin end of the fillet. Never in tier 1.
        Tail = "tail",
        /// Trimmings.
        Offcut = "offcut",
        /// A joint.
        Joint = "joint",
        /// A butterfly cut.
        Butterfly = "butterfly",
        /// Pieces in a marinade.
        Marinade = "marinade",
    }
}

impl PieceType {
    /// The cut that somebody wrote: `Tails`, `centre cut` and `off-cut` are cuts too. `None` for any other text.
    pub fn read(text: &str) -> Option<Self> {
        let letters = |text: &str| {
            let text: String = text.chars().filter(char::is_ascii_alphabetic).collect();
            text.to_ascii_lowercase().replace("centre", "center").trim_end_matches('s').to_owned()
        };
        let wanted = letters(text);
        Self::ALL.iter().copied().find(|piece| letters(piece.as_str()) == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::PieceType::{self, CenterCut, Joint, Offcut, Tail};

    #[test]
    fn a_cut_is_read_however_people_spell_it() {
        for (text, expect) in [
            ("center_cut", Some(CenterCut)),
            (" Centre-Cut ", Some(CenterCut)),
            ("CENTRE CUTS", Some(CenterCut)),
            ("Tails", Some(Tail)),
            ("off cut", Some(Offcut)),
            ("joints", Some(Joint)),
            ("tail end", None),
            ("", None),
        ] {
            assert_eq!(PieceType::read(text), expect, "{text}");
        }
    }
}
