//! The description of this API as OpenAPI 3.1.

use crate::query::NoQuery;
use crate::shape::Anything;
use crate::{Endpoint, endpoints};

endpoints! {
    /// Written from the same types that the functions serve. It says the same before the first run.
    pub const OPENAPI: Endpoint<NoQuery, Anything> =
        Endpoint::get("/openapi.json", "This API as OpenAPI 3.1").undated();
}
