//! What it costs that product goes down a tier.

use crate::settings::Prices;
use crate::tier::Tier;

/// What kilograms are sold as. What is not known is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SoldAs<'a> {
    /// The product's code.
    pub product: Option<&'a str>,
    /// The tier.
    pub tier: Option<Tier>,
}

/// What is lost if so many kilograms are sold as `to` and not as `from`, in the currency of the prices.
///
/// The prices of the two products tell, where both are known, else those of the two tiers: the price of one
/// product says nothing beside the usual price of another tier. `None` if neither pair is known. Below zero,
/// if what it became is dearer.
pub fn lost_money(prices: &Prices, qty_kg: Option<f64>, from: SoldAs<'_>, to: SoldAs<'_>) -> Option<f64> {
    let of_products = from
        .product
        .zip(to.product)
        .and_then(|(from, to)| Some(prices.of_product(from)? - prices.of_product(to)?));
    let of_tiers = || Some(prices.of_tier(from.tier?)? - prices.of_tier(to.tier?)?);
    Some(qty_kg? * of_products.or_else(of_tiers)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sold_as(product: &str, tier: Option<Tier>) -> SoldAs<'_> {
        SoldAs { product: Some(product).filter(|code| !code.is_empty()), tier }
    }

    #[test]
    fn the_prices_of_both_products_count_before_those_of_the_tiers() {
        let mut prices = Prices::default();
        let lost = |prices: &Prices, from, to| {
            lost_money(prices, Some(10.0), sold_as(from, Some(Tier::Premium)), sold_as(to, Some(Tier::Gg)))
        };
        assert_eq!(lost(&prices, "A", "B"), None, "no price is known");
        prices.tiers.insert(1, 16.0);
        assert_eq!(lost(&prices, "A", "B"), None, "the price of one tier is known");
        prices.tiers.insert(2, 12.5);
        assert_eq!(lost(&prices, "A", "B"), Some(35.0));
        prices.products.insert("a".to_owned(), 20.0);
        assert_eq!(lost(&prices, "A", "B"), Some(35.0), "the price of one product is known");
        prices.products.insert("B".to_owned(), 11.0);
        assert_eq!(lost(&prices, "A ", "b"), Some(90.0), "however the codes are written");
        assert_eq!(lost(&prices, "", "B"), Some(35.0));
    }

    #[test]
    fn nobody_knows_what_an_unknown_quantity_or_tier_costs() {
        let mut prices = Prices::default();
        prices.tiers.extend([(1, 16.0), (2, 12.0)]);
        let lost = |kg, tier| lost_money(&prices, kg, sold_as("A", tier), sold_as("B", Some(Tier::Gg)));
        assert_eq!(lost(None, Some(Tier::Premium)), None);
        assert_eq!(lost(Some(2.0), None), None);
        assert_eq!(lost(Some(2.0), Some(Tier::Premium)), Some(8.0));
        assert_eq!(lost(Some(2.0), Some(Tier::Gg)), Some(0.0));
    }

    #[test]
    fn what_becomes_dearer_loses_less_than_nothing() {
        let mut prices = Prices::default();
        prices.tiers.extend([(1, 16.0), (2, 12.0)]);
        let lost =
            lost_money(&prices, Some(1.0), sold_as("A", Some(Tier::Gg)), sold_as("B", Some(Tier::Premium)));
        assert_eq!(lost, Some(-4.0));
    }
}
