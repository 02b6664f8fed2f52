//! Which of the key data elements that GDST asks of seafood an intake lacks.
//!
//! The elements are those of GDST's Basic Universal Lists (GDST 1.2, <https://thegdst.org>; the drafts with their
//! numbers are at <https://github.com/ift-gftc/doc.ift.org>, part 3, appendix 1 for wild fish and 2 for farmed) that
//! the columns of an intake can hold:
//!
//! | element | of | column |
//! |---|---|---|
//! | Linking KDE (W21, 4) | all | `batch_code` |
//! | Species (W10, 1) | all | `species` |
//! | Weight / Quantity (W11, 8) | all | `qty_kg` |
//! | Product Origin (W23), Farm Country (13) | all | `country_origin` |
//! | Gear Type (W05), Farming Method (A3), and with it Production Method (W22) | all | `catch_method` |
//! | Catch Area (W07) | wild | `catch_area` |
//! | Vessel Name (W01) | wild | `vessel_name` |
//! | Dates of Landing (W18) | wild | `landing_date` |
//! | Date of Harvest (A2) | farmed | `kill_date` |
//!
//! Certificates (W25, W26, 17, 18) are asked of certified fish alone, and nothing else says which fish that is.
//! The Expiry / Production Date (W20) is one of a product: of fish, landing or harvest tells it.

/// What an intake says of its fish. A text is `None` if it is blank.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyData<'a> {
    /// The batch that the fish became.
    pub batch_code: Option<&'a str>,
    /// Its species.
    pub species: Option<&'a str>,
    /// How it was caught or farmed.
    pub catch_method: Option<&'a str>,
    /// Where it was caught.
    pub catch_area: Option<&'a str>,
    /// The vessel that caught it.
    pub vessel_name: Option<&'a str>,
    /// The country that it comes from.
    pub country_origin: Option<&'a str>,
    /// Whether its quantity is known.
    pub has_quantity: bool,
    /// Whether the date is known on which it was landed.
    pub has_landing_date: bool,
    /// Whether the date is known on which it was killed.
    pub has_kill_date: bool,
}

/// How fish is produced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Production {
    Wild,
    Farmed,
}

/// Words of methods by which fish is farmed.
const FARMED: [&str; 3] = ["farm", "aquacult", "cultured"];

impl KeyData<'_> {
    /// The method tells, else what only one of both has. `None` if nothing tells.
    fn production(&self) -> Option<Production> {
        if let Some(method) = self.catch_method.map(str::to_lowercase) {
            let is_farmed = FARMED.iter().any(|word| method.contains(word));
            return Some(if is_farmed { Production::Farmed } else { Production::Wild });
        }
        match (self.vessel_name.is_some() || self.has_landing_date, self.has_kill_date) {
            (true, _) => Some(Production::Wild),
            (false, true) => Some(Production::Farmed),
            (false, false) => None,
        }
    }

    /// The elements that are missing, in plain words. Where nobody knows whether fish is wild or farmed, what only
    /// one of both needs is not missed.
    pub fn missing(&self) -> Vec<&'static str> {
        let production = self.production();
        let (is_wild, is_farmed) =
            (production == Some(Production::Wild), production == Some(Production::Farmed));
        [
            ("batch code", true, self.batch_code.is_some()),
            ("species", true, self.species.is_some()),
            ("quantity", true, self.has_quantity),
            ("country of origin", true, self.country_origin.is_some()),
            ("catch method", true, self.catch_method.is_some()),
            ("catch area", is_wild, self.catch_area.is_some()),
            ("vessel name", is_wild, self.vessel_name.is_some()),
            ("landing date", is_wild, self.has_landing_date),
            ("kill date", is_farmed, self.has_kill_date),
        ]
        .into_iter()
        .filter(|(_, is_needed, is_there)| *is_needed && !is_there)
        .map(|(name, _, _)| name)
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WILD: KeyData<'_> = KeyData {
        batch_code: Some("B1"),
        species: Some("cod"),
        catch_method: Some("Trawl"),
        catch_area: Some("FAO 27.IV.a"),
        vessel_name: Some("Skerry Dawn"),
        country_origin: Some("Scotland"),
        has_quantity: true,
        has_landing_date: true,
        has_kill_date: false,
    };
    const FARMED_FISH: KeyData<'_> = KeyData {
        catch_method: Some("Farmed"),
        catch_area: None,
        vessel_name: None,
        has_landing_date: false,
        has_kill_date: true,
        ..WILD
    };

    #[test]
    fn wild_fish_needs_a_vessel_and_farmed_fish_has_none() {
        assert_eq!(WILD.missing(), [""; 0]);
        assert_eq!(FARMED_FISH.missing(), [""; 0]);
        let nameless = KeyData { vessel_name: None, catch_area: None, has_landing_date: false, ..WILD };
        assert_eq!(nameless.missing(), ["catch area", "vessel name", "landing date"]);
        assert_eq!(KeyData { has_kill_date: false, ..FARMED_FISH }.missing(), ["kill date"]);
        for method in ["farmed", "Salmon FARM", "Aquaculture", "cultured on ropes"] {
            assert_eq!(KeyData { catch_method: Some(method), ..FARMED_FISH }.missing(), [""; 0], "{method}");
        }
    }

    #[test]
    fn without_a_method_vessel_and_dates_tell_whether_fish_is_farmed() {
        let of = |fish: KeyData<'_>| KeyData { catch_method: None, ..fish }.missing();
        assert_eq!(of(WILD), ["catch method"]);
        assert_eq!(of(KeyData { vessel_name: None, ..WILD }), ["catch method", "vessel name"]);
        assert_eq!(of(FARMED_FISH), ["catch method"]);
        assert_eq!(of(KeyData { has_kill_date: false, ..FARMED_FISH }), ["catch method"]);
    }

    #[test]
    fn all_fish_has_a_batch_a_species_a_quantity_and_an_origin() {
        assert_eq!(
            KeyData::default().missing(),
            ["batch code", "species", "quantity", "country of origin", "catch method"]
        );
    }
}
