//! What is known of a product by its code.

use std::collections::HashMap;

use api::products::Product;
use serve::window::Dates;
use serve::{Result, Snapshot, work};
use warehouse::marts::{PRODUCTS, products_by_code, rows};

/// Products by their codes, each code once.
pub(crate) type Products = HashMap<String, Product>;

/// All products that have a code.
pub(crate) async fn products(snapshot: &Snapshot) -> Result<Products> {
    let frame = snapshot.mart(&PRODUCTS, Dates::ALL).await?;
    work(move || {
        let products = rows::<Product>(&products_by_code(&frame).collect()?)?.into_iter();
        Ok(products.filter_map(|product| Some((product.product_code.clone()?, product))).collect())
    })
    .await
}
