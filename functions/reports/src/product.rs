//! What is known of a product by its code.

use std::collections::HashMap;

use api::products::Product;
use domain::code::folded;
use serve::window::Dates;
use serve::{Result, Snapshot, work};
use warehouse::marts::{PRODUCTS, products_by_code, rows};

/// Products by their codes, each code once, in whatever case it is asked for.
pub(crate) struct Products(HashMap<String, Product>);

impl Products {
    /// The product of this code.
    pub(crate) fn get(&self, code: &str) -> Option<&Product> {
        self.0.get(&folded(code))
    }
}

impl FromIterator<(String, Product)> for Products {
    fn from_iter<I: IntoIterator<Item = (String, Product)>>(products: I) -> Self {
        Self(products.into_iter().map(|(code, product)| (folded(&code), product)).collect())
    }
}

/// All products that have a code.
pub(crate) async fn products(snapshot: &Snapshot) -> Result<Products> {
    let frame = snapshot.mart(&PRODUCTS, Dates::ALL).await?;
    work(move || {
        let products = rows::<Product>(&products_by_code(&frame).collect()?)?.into_iter();
        Ok(products.filter_map(|product| Some((product.product_code.clone()?, product))).collect())
    })
    .await
}
