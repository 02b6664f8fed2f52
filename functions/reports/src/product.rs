//! What is known of a product by its code.

use std::collections::HashMap;

use serde::Deserialize;
use serve::window::Dates;
use serve::{Result, Snapshot, rows, work};
use warehouse::marts::{PRODUCTS, products_by_code};

/// A product.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct CodedProduct {
    pub(crate) product_code: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) allergens: Option<String>,
}

/// Products by their codes, each code once.
pub(crate) type Products = HashMap<String, CodedProduct>;

/// All products that have a code.
pub(crate) async fn products(snapshot: &Snapshot) -> Result<Products> {
    let frame = snapshot.mart(&PRODUCTS, Dates::ALL).await?;
    work(move || {
        let products = rows::<CodedProduct>(&products_by_code(&frame).collect()?)?.into_iter();
        Ok(products.filter_map(|product| Some((product.product_code.clone()?, product))).collect())
    })
    .await
}
