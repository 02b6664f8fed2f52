//! An endpoint: its path, its parameters and its answer as one typed constant, and the address that asks for
//! it.

use std::marker::PhantomData;

use crate::operation::{Lead, Media};
use crate::query::Paging;
use crate::{Described, Method, Operation, Query};

/// An endpoint that takes the parameters `Q` and answers `A`. One that answers a list also takes those of
/// [`Paging`].
#[derive(Debug)]
pub struct Endpoint<Q, A> {
    operation: Operation,
    types: PhantomData<fn(Q) -> A>,
}

impl<Q: Query, A: Described> Endpoint<Q, A> {
    /// An endpoint that reads. `path` has a `{name}` where a value goes, and `summary` says in one line what
    /// the endpoint tells.
    pub const fn get(path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::Get, path, summary, 200)
    }

    /// An endpoint that starts something and answers 202 before it is done.
    pub const fn post(path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::Post, path, summary, 202).undated()
    }

    const fn new(method: Method, path: &'static str, summary: &'static str, success: u16) -> Self {
        let operation = Operation {
            method,
            path,
            summary,
            about: "",
            own_parameters: Q::PARAMETERS,
            success,
            answer: A::SHAPE,
            media: &[],
            refusals: &[],
            leads: &[],
            dated: true,
        };
        Self { operation, types: PhantomData }
    }

    /// This endpoint with all else that a caller should know about it.
    pub const fn about(mut self, about: &'static str) -> Self {
        self.operation.about = about;
        self
    }

    /// This endpoint with more forms of its answer. JSON need not be named, nor the other forms of every
    /// list.
    pub const fn also(mut self, media: &'static [Media]) -> Self {
        self.operation.media = media;
        self
    }

    /// This endpoint with statuses that it refuses with beside those of every endpoint, and when each comes.
    pub const fn refuses(mut self, refusals: &'static [(u16, &'static str)]) -> Self {
        self.operation.refusals = refusals;
        self
    }

    /// This endpoint with the other endpoints that its answers lead to.
    pub const fn leads_to(mut self, leads: &'static [Lead]) -> Self {
        self.operation.leads = leads;
        self
    }

    /// This endpoint for answers that may come before the ERP was ever read.
    pub const fn undated(mut self) -> Self {
        self.operation.dated = false;
        self
    }
}

impl<Q, A> Endpoint<Q, A> {
    /// The endpoint without its types, as [`FAMILIES`](crate::FAMILIES) lists it.
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// The path, with `{name}` where a value goes.
    pub const fn path(&self) -> &'static str {
        self.operation.path
    }
}

impl<Q: Query, A> Endpoint<Q, A> {
    /// The path and query that ask this endpoint. The `values` take the places of the path's `{name}`s, in
    /// order.
    pub fn address(&self, values: &[&str], query: &Q) -> String {
        self.address_with(values, &query.pairs())
    }

    fn address_with(&self, values: &[&str], pairs: &[(&str, String)]) -> String {
        let mut address = String::new();
        let mut values = values.iter();
        for (i, segment) in self.path().split('/').enumerate() {
            if i > 0 {
                address.push('/');
            }
            if segment.starts_with('{') {
                encode(values.next().unwrap_or(&""), &mut address);
            } else {
                address.push_str(segment);
            }
        }
        for (i, (name, value)) in pairs.iter().enumerate() {
            address.push(if i == 0 { '?' } else { '&' });
            address.push_str(name);
            address.push('=');
            encode(value, &mut address);
        }
        address
    }
}

impl<Q: Query, T> Endpoint<Q, Vec<T>> {
    /// The path and query that ask this endpoint for a page of its list.
    pub fn address_of_page(&self, values: &[&str], query: &Q, paging: &Paging) -> String {
        self.address_with(values, &[query.pairs(), paging.pairs()].concat())
    }
}

/// Declares the endpoints of a module and lists them as its `OPERATIONS`. Callers read the doc comments in
/// the API's description.
#[macro_export]
macro_rules! endpoints {
    ($($(#[doc = $doc:literal])+ pub const $name:ident: $type:ty = $endpoint:expr;)+) => {
        $(
            $(#[doc = $doc])+
            pub const $name: $type = $endpoint.about(concat!($($doc),+));
        )+

        /// The endpoints of this module, in order.
        #[allow(unreachable_pub, reason = "another module may give them out")]
        pub const OPERATIONS: &[$crate::Operation] = &[$($name.operation()),+];
    };
}

/// Percent-encodes all but the characters that RFC 3986 calls unreserved.
fn encode(text: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.extend([
                '%',
                char::from(HEX[usize::from(byte >> 4)]),
                char::from(HEX[usize::from(byte & 15)]),
            ]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::query::{Paging, Whole};
    use crate::{runs, yields};

    #[test]
    fn an_address_carries_values_and_parameters_encoded() {
        assert_eq!(runs::ONE.address(&["00/7 %"], &runs::RunQuery::default()), "/runs/00%2F7%20%25");
        let query = yields::YieldQuery {
            days: Some(Whole(7)),
            line: Some("Línea 1&2".to_owned()),
            ..Default::default()
        };
        assert_eq!(yields::DAILY.address(&[], &query), "/yield/daily?days=7&line=L%C3%ADnea%201%262");
        let paging = Paging { limit: Whole(10), ..Paging::default() };
        assert_eq!(
            yields::DAILY.address_of_page(&[], &query, &paging),
            "/yield/daily?days=7&line=L%C3%ADnea%201%262&limit=10"
        );
    }
}
