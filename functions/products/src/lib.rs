//! `/products`: what the factory makes; `/shelf-life/expiring`: what of it is getting old.

mod shelf_life;

use api::products::{PRODUCTS as ENDPOINT, Product, ProductQuery};
use api::shelf_life::EXPIRING;
use serve::window::Dates;
use serve::{Answer, Ask, Result, Routes, State, is_asked_for, work};
use warehouse::marts::{PRODUCTS, rows};

pub fn routes() -> Routes {
    Routes::new().get(&ENDPOINT, products).get(&EXPIRING, shelf_life::expiring)
}

async fn products(state: State, ask: Ask<ProductQuery, Vec<Product>>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&PRODUCTS, Dates::ALL).await?;
    work(move || {
        let products = rows::<Product>(&frame)?.into_iter().filter(|product| is_wanted(product, &ask.query));
        // Products that only the weighing system knows may lack a code. They come last, by PLU number.
        let by_code = products.map(|product| {
            ((product.product_code.is_none(), product.product_code.clone(), product.plu_number), product)
        });
        ask.list(by_code.collect(), &snapshot)
    })
    .await
}

fn is_wanted(product: &Product, query: &ProductQuery) -> bool {
    let species = is_asked_for(product.species.as_deref(), query.species.as_deref());
    let tier = query.tier.is_none_or(|tier| product.tier == Some(i64::from(tier.0)));
    species && tier && query.active.is_none_or(|active| product.active == active)
}
