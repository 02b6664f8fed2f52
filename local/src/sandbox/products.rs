//! The products that the factory makes. All of them are invented.

use super::factory::{CUSTOMERS, Species};

/// A product, as both the weighing system and the catalogue know it.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) plu: i64,
    pub(super) code: &'static str,
    pub(super) description: &'static str,
    /// The species of its raw material. A mix has several species and shows none of them.
    pub(super) raw: Species,
    /// 1 Premium, 2 GG, 3 Export / Simply Salmon.
    pub(super) tier: i64,
    pub(super) pack_g: i64,
    pub(super) pieces: i64,
    pub(super) piece_type: &'static str,
    /// Its index in [`CUSTOMERS`].
    pub(super) customer: usize,
    /// The indexes of the lines that make it.
    lines: &'static [usize],
}

impl Product {
    /// Whether it is a family pack, a marinade or Simply Salmon, whose inputs are often not booked.
    pub(super) fn is_exception(&self) -> bool {
        self.piece_type == "marinade" || self.description.contains("FAMILY PACK") || self.is_simply_salmon()
    }

    pub(super) fn is_simply_salmon(&self) -> bool {
        self.description.contains("SIMPLY SALMON")
    }

    /// The species that the product master and the catalogue show.
    pub(super) fn species(&self) -> Option<Species> {
        (self.category() != "Mixes").then_some(self.raw)
    }

    pub(super) fn category(&self) -> &'static str {
        let is = |word| self.description.contains(word);
        match () {
            () if is("MIX") => "Mixes",
            () if is("SMOKED") => "Smoked",
            () if is("BREADED") || is("BATTERED") || is("FISHCAKE") || is("GOUJON") => "Coated",
            () if self.raw == Species::Prawns => "Shellfish",
            () => "Chilled fish",
        }
    }

    pub(super) fn allergens(&self) -> &'static str {
        match self.category() {
            "Coated" => "fish, gluten, egg",
            "Mixes" => "fish, crustaceans, milk",
            "Shellfish" if self.piece_type == "marinade" => "crustaceans, soya, mustard",
            "Shellfish" => "crustaceans",
            _ if self.piece_type == "marinade" => "fish, soya, mustard",
            _ => "fish",
        }
    }

    pub(super) fn brand(&self) -> &'static str {
        CUSTOMERS[self.customer].1
    }

    pub(super) fn packs_per_case(&self) -> i64 {
        if self.pack_g > 1000 { 4 } else { 8 }
    }

    /// How many packs a line makes in an hour at full speed. It takes about as many kilograms of one product
    /// as of another: small packs come faster.
    pub(super) fn packs_per_hour(&self) -> i64 {
        (59_000 / (self.pack_g + 80)).clamp(38, 190)
    }
}

/// The products that a line makes.
pub(super) fn of_line(line: usize) -> Vec<&'static Product> {
    PRODUCTS.iter().filter(|product| product.lines.contains(&line)).collect()
}

/// What the raw material of `product` becomes in another tier: a product of the same species, or the product
/// itself if there is none.
pub(super) fn sibling(product: &'static Product, tier: i64) -> &'static Product {
    PRODUCTS
        .iter()
        .find(|other| {
            other.raw == product.raw
                && other.tier == tier
                && other.species() == product.species()
                && !other.is_exception()
        })
        .unwrap_or(product)
}

macro_rules! products {
    ($($plu:literal $code:literal $description:literal $raw:ident $tier:literal $pack_g:literal $pieces:literal $piece_type:literal $customer:literal $lines:expr;)*) => {
        [$(Product {
            plu: $plu, code: $code, description: $description, raw: Species::$raw, tier: $tier,
            pack_g: $pack_g, pieces: $pieces, piece_type: $piece_type, customer: $customer, lines: &$lines,
        }),*]
    };
}

#[rustfmt::skip]
pub(super) const PRODUCTS: [Product; 42] = products![
    4001 "SAL-101" "SALMON FILLETS 2 X 120G"          Salmon   1  240  2 "center_cut" 0 [0, 2];
    4002 "SAL-102" "SALMON LOIN PORTIONS 280G"        Salmon   1  280  2 "center_cut" 2 [0, 2];
    4003 "SAL-103" "SALMON SIDE WHOLE 1.2KG"          Salmon   1 1200  1 "joint"      3 [0];
    4004 "SAL-201" "SALMON FILLETS VALUE 400G"        Salmon   2  400  4 "center_cut" 1 [0, 2];
    4005 "SAL-202" "SALMON PORTIONS CATERING 2KG"     Salmon   2 2000 14 "center_cut" 3 [0];
    4006 "SAL-203" "SALMON BUTTERFLY STEAKS 320G"     Salmon   2  320  2 "butterfly"  0 [2];
    4007 "SAL-301" "SIMPLY SALMON PORTIONS 220G"      Salmon   3  220  2 "tail"       5 [0, 2];
    4008 "SAL-302" "SALMON TRIMMINGS EXPORT 2.5KG"    Salmon   3 2500  1 "offcut"     4 [0];
    4009 "SAL-104" "SMOKED SALMON SLICED 100G"        Salmon   1  100  5 "center_cut" 2 [4];
    4010 "SAL-204" "SMOKED SALMON SIDES 900G"         Salmon   2  900  1 "joint"      3 [4];
    4011 "SAL-303" "SMOKED SALMON OFFCUTS 500G"       Salmon   3  500  1 "offcut"     4 [4];
    4012 "SAL-205" "SALMON FILLETS CHILLI LIME 260G"  Salmon   2  260  2 "marinade"   0 [2, 5];
    4013 "COD-101" "COD LOINS 2 X 140G"               Cod      1  280  2 "center_cut" 2 [1, 2];
    4014 "COD-102" "COD FILLET SKINLESS 350G"         Cod      1  350  2 "center_cut" 0 [1];
    4015 "COD-201" "COD FILLET FAMILY PACK 800G"      Cod      2  800  6 "center_cut" 1 [1, 5];
    4016 "COD-202" "COD PORTIONS BREADED 300G"        Cod      2  300  2 "center_cut" 1 [3];
    4017 "COD-203" "COD FILLETS BATTERED 1.5KG"       Cod      2 1500 10 "center_cut" 3 [3];
    4018 "COD-301" "COD TAILS EXPORT 2KG"             Cod      3 2000  1 "tail"       4 [1];
    4019 "COD-302" "COD FISHCAKES 270G"               Cod      3  270  2 "offcut"     1 [3];
    4020 "HAK-101" "HAKE FILLETS 260G"                Hake     1  260  2 "center_cut" 2 [1];
    4021 "HAK-201" "HAKE PORTIONS CATERING 1KG"       Hake     2 1000  8 "center_cut" 3 [1];
    4022 "HAD-101" "HADDOCK FILLETS 300G"             Haddock  1  300  2 "center_cut" 0 [1, 3];
    4023 "HAD-102" "SMOKED HADDOCK FILLET 280G"       Haddock  1  280  2 "center_cut" 2 [4];
    4024 "HAD-201" "HADDOCK GOUJONS BREADED 450G"     Haddock  2  450 12 "center_cut" 1 [3];
    4025 "HAD-202" "HADDOCK BATTERED 1.2KG"           Haddock  2 1200  8 "center_cut" 3 [3];
    4026 "HAD-301" "HADDOCK FISH CAKES 340G"          Haddock  3  340  4 "offcut"     1 [3];
    4027 "BAS-101" "SEA BASS FILLETS 180G"            SeaBass  1  180  2 "center_cut" 2 [2];
    4028 "BAS-102" "SEABASS WHOLE GUTTED 600G"        SeaBass  1  600  2 "joint"      3 [2];
    4029 "BAS-201" "SEA BASS FILLETS GARLIC 200G"     SeaBass  2  200  2 "marinade"   0 [2, 5];
    4030 "MAC-101" "MACKEREL FILLETS 250G"            Mackerel 1  250  3 "center_cut" 0 [2, 4];
    4031 "MAC-201" "SMOKED MACKEREL FILLETS 220G"     Mackerel 2  220  3 "center_cut" 1 [4];
    4032 "MAC-301" "MACKEREL WHOLE EXPORT 2KG"        Mackerel 3 2000  6 "joint"      4 [4];
    4033 "PRA-101" "KING PRAWNS COOKED 150G"          Prawns   1  150 20 "center_cut" 2 [5];
    4034 "PRA-201" "PRAWNS PEELED 400G"               Prawns   2  400 90 "center_cut" 1 [5];
    4035 "PRA-202" "PRAWNS CATERING 1KG"              Prawns   2 1000 99 "center_cut" 3 [5];
    4036 "TUN-101" "TUNA STEAKS 240G"                 Tuna     1  240  2 "center_cut" 0 [5];
    4037 "TUN-301" "TUNA CHUNKS EXPORT 2KG"           Tuna     3 2000  1 "offcut"     4 [5];
    4038 "PLA-201" "PLAICE FILLETS BREADED 290G"      Plaice   2  290  2 "center_cut" 1 [3];
    4039 "SOL-101" "LEMON SOLE FILLETS 200G"          LemonSole 1 200  2 "center_cut" 2 [5];
    4040 "TRO-101" "TROUT FILLETS 230G"               Trout    1  230  2 "center_cut" 0 [2, 4];
    4041 "POL-201" "POLLOCK PORTIONS BREADED 500G"    Pollock  2  500  5 "center_cut" 1 [3];
    4042 "MIX-201" "FISH PIE MIX 320G"                Pollock  2  320 12 "offcut"     1 [5];
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_makes_a_premium_product_and_every_product_has_a_line() {
        for line in 0..6 {
            assert!(of_line(line).iter().any(|product| product.tier == 1), "line {line}");
        }
        assert!(PRODUCTS.iter().all(|product| !product.lines.is_empty()));
        for tier in 1..=3 {
            assert!(PRODUCTS.iter().any(|product| product.tier == tier && product.species().is_some()));
        }
        assert!(PRODUCTS.iter().filter(|product| product.is_exception()).count() >= 3);
    }
}
