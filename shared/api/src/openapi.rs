//! The description of this API as OpenAPI 3.1.

use crate::Get;
use crate::query::NoQuery;
use crate::shape::Anything;

crate::endpoint! {
    /// Written from the same types that the functions serve. It says the same before the first run.
    pub const OPENAPI: Get<NoQuery, Anything> = Get::new("/openapi.json", "This API as OpenAPI 3.1");
}
