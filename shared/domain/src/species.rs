//! The species of fish, and how the description of a product tells the species.

use crate::description::Words;
use crate::named::named_enum;

named_enum! {
    /// A species that the factory packs.
    "species" Species {
        /// Salmon.
        Salmon = "salmon",
        /// Cod.
        Cod = "cod",
        /// Hake.
        Hake = "hake",
        /// Haddock.
        Haddock = "haddock",
        /// Sea bass.
        Seabass = "seabass",
        /// Mackerel.
        Mackerel = "mackerel",
        /// Prawn.
        Prawn = "prawn",
        /// Tuna.
        Tuna = "tuna",
        /// Plaice.
        Plaice = "plaice",
        /// Sole, including lemon sole.
        Sole = "sole",
        /// Trout.
        Trout = "trout",
        /// Pollock.
        Pollock = "pollock",
    }
}

/// Earlier entries win: "SALMON AND COD PIE" is salmon, and so is "COD AND SALMON PIE".
const WORDS: &[(Species, &[&str])] = &[
    (Species::Salmon, &["SALMON"]),
    (Species::Cod, &["COD"]),
    (Species::Hake, &["HAKE"]),
    (Species::Haddock, &["HADDOCK"]),
    (Species::Seabass, &["SEABASS", "SEA BASS"]),
    (Species::Mackerel, &["MACKEREL"]),
    (Species::Prawn, &["PRAWN", "PRAWNS"]),
    (Species::Tuna, &["TUNA"]),
    (Species::Plaice, &["PLAICE"]),
    (Species::Sole, &["SOLE"]),
    (Species::Trout, &["TROUT"]),
    (Species::Pollock, &["POLLOCK"]),
];

/// The species that a description names, in upper or lower case.
pub fn species_of(description: &str) -> Option<Species> {
    Words::of(description).first_of(WORDS)
}

/// Whether two texts mean the same species, as "Atlantic Salmon" and "salmon" do. Texts that name none of
/// [`Species`] are compared as they are. `None` if one of them is blank, and so unknown.
pub fn is_same_species(one: &str, other: &str) -> Option<bool> {
    if one.trim().is_empty() || other.trim().is_empty() {
        return None;
    }
    Some(match (species_of(one), species_of(other)) {
        (None, None) => one.trim().to_uppercase() == other.trim().to_uppercase(),
        (one, other) => one == other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(description: &str, expect: Option<&str>) {
        assert_eq!(species_of(description).map(Species::as_str), expect, "{description:?}");
    }

    #[test]
    fn a_description_names_its_species() {
        check("LEMON SOLE", Some("sole"));
        check("  smoked Haddock fillet ", Some("haddock"));
        check("SEA BASS WHOLE", Some("seabass"));
        check("SEABASS", Some("seabass"));
        check("king prawn", Some("prawn"));
        check("PRAWNS", Some("prawn"));
        check("POLLOCK (MSC)", Some("pollock"));
        for species in Species::ALL {
            check(&format!("2 X {species} 280G"), Some(species.as_str()));
        }
    }

    #[test]
    fn parts_of_words_name_nothing() {
        for text in ["", "CODDLED EGGS", "SALMONS", "SHAKE", "SOLES", "BASS", "SEA BREAM BASS", "FISH PIE"] {
            check(text, None);
        }
    }

    #[test]
    fn the_order_of_the_list_decides_and_not_the_text() {
        check("COD AND SALMON", Some("salmon"));
        check("TROUT, SOLE AND PLAICE", Some("plaice"));
        check("PRAWN STUFFED SEA BASS", Some("seabass"));
        let in_list: Vec<Species> = WORDS.iter().map(|(species, _)| *species).collect();
        assert_eq!(in_list, Species::ALL);
    }

    #[test]
    fn species_are_compared_by_meaning_and_unknown_ones_by_text() {
        let check = |one, other, expect| assert_eq!(is_same_species(one, other), expect, "{one:?} {other:?}");
        check("Atlantic Salmon", "salmon", Some(true));
        check("SEA BASS", "seabass ", Some(true));
        check("salmon", "cod", Some(false));
        check("monkfish", " Monkfish", Some(true));
        check("monkfish", "salmon", Some(false));
        check(" ", "salmon", None);
    }
}
