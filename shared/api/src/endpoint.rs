//! An endpoint: its path, its parameters and its answer as one typed constant, and the address that asks for
//! it.

use std::marker::PhantomData;

use crate::{Described, Operation, Query};

/// A GET endpoint that takes the parameters `Q` and answers `A`.
#[derive(Debug)]
pub struct Get<Q, A> {
    /// The path, with `{name}` where a value goes.
    pub path: &'static str,
    /// What it tells, in one line.
    pub summary: &'static str,
    /// What else a caller should know. The macro [`endpoint!`](crate::endpoint) takes it from the doc
    /// comment.
    pub about: &'static str,
    types: PhantomData<fn(Q) -> A>,
}

impl<Q: Query, A> Get<Q, A> {
    /// Declares an endpoint.
    pub const fn new(path: &'static str, summary: &'static str) -> Self {
        Self { path, summary, about: "", types: PhantomData }
    }

    /// The same with more to know about it.
    pub const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// The endpoint without its types, as [`FAMILIES`](crate::FAMILIES) lists it.
    pub const fn operation(&self) -> Operation
    where
        A: Described,
    {
        Operation::get(self.path, self.summary, Q::PARAMETERS, A::SHAPE).about(self.about)
    }

    /// The path and query that ask for this, with `values` in the places of the path's `{name}`s in order.
    pub fn address(&self, values: &[&str], query: &Q) -> String {
        let mut address = String::new();
        let mut values = values.iter();
        for (i, segment) in self.path.split('/').enumerate() {
            if i > 0 {
                address.push('/');
            }
            if segment.starts_with('{') {
                encode(values.next().unwrap_or(&""), &mut address);
            } else {
                address.push_str(segment);
            }
        }
        for (i, (name, value)) in query.pairs().into_iter().enumerate() {
            address.push(if i == 0 { '?' } else { '&' });
            address.push_str(name);
            address.push('=');
            encode(&value, &mut address);
        }
        address
    }
}

/// Declares an endpoint whose doc comment is told to callers too.
#[macro_export]
macro_rules! endpoint {
    ($(#[doc = $doc:literal])+ pub const $name:ident: $type:ty = $get:expr;) => {
        $(#[doc = $doc])+
        pub const $name: $type = $get.about(concat!($($doc),+));
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
    use crate::query::Whole;
    use crate::{runs, yields};

    #[test]
    fn an_address_carries_values_and_parameters_encoded() {
        assert_eq!(runs::ONE.address(&["00/7 %"], &runs::RunQuery::default()), "/runs/00%2F7%20%25");
        let query = yields::YieldQuery {
            days: Some(Whole(7)),
            line: Some("Línea 1&2".to_owned()),
            ..Default::default()
        };
        assert_eq!(
            yields::DAILY.address(&[], &query),
            "/yield/daily?days=7&line=L%C3%ADnea%201%262&limit=1000"
        );
    }
}
