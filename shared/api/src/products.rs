//! What the factory makes.

use crate::query::Whole;
use crate::{Endpoint, endpoints, query, row};

row! {
    /// A product.
    pub struct Product {
        /// Its number in the weighing system.
        plu_number: Option<i64>,
        /// Its code.
        product_code: Option<String>,
        /// What it is.
        description: Option<String>,
        /// Its category.
        category: Option<String>,
        /// Its species.
        species: Option<String>,
        /// The brand that it is sold under.
        brand: Option<String>,
        /// The tier: 1 Premium, 2 GG, 3 Export / Simply Salmon.
        #[within(1, 3)]
        tier: Option<i64>,
        /// Who buys it.
        customer: Option<String>,
        /// Nominal weight of a pack, g.
        pack_size_g: Option<f64>,
        /// Shelf life in days.
        shelf_life_days: Option<i64>,
        /// Allergens, comma-separated; null where nothing is known of them.
        allergens: Option<String>,
        /// Whether it is made now.
        active: bool,
    }
}

query! {
    /// Which products.
    pub struct ProductQuery {
        /// Only this species.
        species: Option<String>,
        /// Only this tier.
        tier: Option<Whole<1, 3, 1>>,
        /// Only products that are made now, or only those that are not.
        active: Option<bool>,
    }
}

endpoints! {
    /// Products by code.
    pub const PRODUCTS: Endpoint<ProductQuery, Vec<Product>> = Endpoint::get("/products", "Products");
}
