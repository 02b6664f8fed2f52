//! The types of product that the factory makes, and how a description tells the type.

use crate::description::Words;
use crate::named::named_enum;

named_enum! {
    /// A type of product.
    "product type" ProductType {
        /// Smoked fish of any cut.
        Smoked = "smoked",
        /// Fish in breadcrumbs, of any cut.
        Breaded = "breaded",
        /// Fish in batter, of any cut.
        Battered = "battered",
        /// Fillet.
        Fillet = "fillet",
        /// Loin.
        Loin = "loin",
        /// Portion.
        Portion = "portion",
        /// Steak.
        Steak = "steak",
        /// Fish cake.
        FishCake = "fish_cake",
        /// Goujon.
        Goujon = "goujon",
        /// Whole fish.
        Whole = "whole",
    }
}

/// Earlier entries win: a "SMOKED HADDOCK FILLET" is smoked.
const WORDS: &[(ProductType, &[&str])] = &[
    (ProductType::Smoked, &["SMOKED"]),
    (ProductType::Breaded, &["BREADED"]),
    (ProductType::Battered, &["BATTERED"]),
    (ProductType::Fillet, &["FILLET", "FILLETS"]),
    (ProductType::Loin, &["LOIN", "LOINS"]),
    (ProductType::Portion, &["PORTION", "PORTIONS"]),
    (ProductType::Steak, &["STEAK", "STEAKS"]),
    (ProductType::FishCake, &["FISH CAKE", "FISH CAKES", "FISHCAKE", "FISHCAKES"]),
    (ProductType::Goujon, &["GOUJON", "GOUJONS"]),
    (ProductType::Whole, &["WHOLE"]),
];

/// The product type that a description names, in upper or lower case.
pub fn product_type_of(description: &str) -> Option<ProductType> {
    Words::of(description).first_of(WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(description: &str, expect: Option<&str>) {
        assert_eq!(product_type_of(description).map(ProductType::as_str), expect, "{description:?}");
    }

    #[test]
    fn a_description_names_its_product_type() {
        check("SMOKED HADDOCK FILLET", Some("smoked"));
        check("haddock fillet, smoked", Some("smoked"));
        check("COD LOINS", Some("loin"));
        check("salmon fish cakes", Some("fish_cake"));
        check("FISHCAKE", Some("fish_cake"));
        check("BREADED COD GOUJONS", Some("breaded"));
        check("PLAICE GOUJON", Some("goujon"));
        check("WHOLE TROUT STEAKS", Some("steak"));
    }

    #[test]
    fn parts_of_words_name_nothing() {
        for text in ["", "SIRLOIN", "FILLETED TROUT", "UNSMOKED", "CAKE", "WHOLEMEAL"] {
            check(text, None);
        }
    }

    #[test]
    fn the_list_has_every_type_once_in_its_order() {
        let in_list: Vec<ProductType> = WORDS.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(in_list, ProductType::ALL);
    }
}
