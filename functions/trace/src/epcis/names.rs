//! What things are called in EPCIS. The names are URNs. A code of the ERP may hold anything, so it is
//! percent-encoded in them.

use chrono::NaiveDate;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::Factory;
use crate::batches::{code_of, day_of};
use crate::book::RunKey;

/// What is percent-encoded in a name: all but letters, digits and three marks. Dots and colons divide a name.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

fn encoded(code: &str) -> String {
    utf8_percent_encode(code, RESERVED).to_string()
}

impl Factory {
    /// The factory as a party.
    pub(super) fn party(&self) -> String {
        self.partner(&self.id)
    }

    /// A supplier or customer.
    pub(super) fn partner(&self, name: &str) -> String {
        self.name("party", &[name])
    }

    /// The factory as a place.
    pub(super) fn place(&self) -> String {
        self.name("location:loc", &[&self.id])
    }

    /// Fish of the batch of this name. Where the code was used again, the day of the delivery is a part of
    /// it.
    pub(super) fn fish(&self, name: &str) -> String {
        let lot = day_of(name).map(|day| format!("{}-{}", code_of(name), day.format("%Y%m%d")));
        self.name("product:lot:class", &["fish", lot.as_deref().unwrap_or(code_of(name))])
    }

    /// A product of a run. The run is its lot.
    pub(super) fn product(&self, product_code: Option<&str>, run: &RunKey) -> String {
        self.name("product:lot:class", &[product_code.unwrap_or("unknown"), &lot(run)])
    }

    /// The transformation that a run is.
    pub(super) fn run(&self, run: &RunKey) -> String {
        self.name("transformation", &[&lot(run)])
    }

    /// What an order is packed into.
    pub(super) fn unit(&self, despatch_id: i64) -> String {
        self.name("lpn:obj", &[&despatch_id.to_string()])
    }

    /// A customer's order.
    pub(super) fn order(&self, order_number: &str) -> String {
        self.name("order", &[order_number])
    }

    fn name(&self, kind: &str, parts: &[&str]) -> String {
        let id = encoded(&self.id);
        parts.iter().fold(format!("urn:gdst:{id}:{kind}:{id}"), |name, part| name + "." + &encoded(part))
    }
}

/// The lot number of what a run makes. It holds the date, because numbers of runs recur on other dates.
pub(super) fn lot((number, date): &RunKey) -> String {
    let date: &NaiveDate = date;
    format!("{number}-{}", date.format("%Y%m%d"))
}

/// The id of an event, always the same for the same thing.
pub(super) fn event_id(factory: &Factory, kind: &str, thing: &str) -> String {
    let hash = Sha256::digest(format!("{}\n{kind}\n{thing}", factory.id));
    let bytes: [u8; 16] = std::array::from_fn(|at| hash[at]);
    format!("urn:uuid:{}", uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stays_one_part_of_a_name_whatever_is_in_it() {
        let factory = Factory { id: "main".to_owned(), tz: chrono_tz::Europe::London };
        assert_eq!(
            factory.fish("B/1 %.:é"),
            "urn:gdst:main:product:lot:class:main.fish.B%2F1%20%25%2E%3A%C3%A9"
        );
        let run = ("007.1".to_owned(), "2026-11-23".parse().unwrap());
        assert_eq!(
            factory.product(None, &run),
            "urn:gdst:main:product:lot:class:main.unknown.007%2E1-20261123"
        );
        assert_eq!(
            (factory.party(), factory.place()),
            ("urn:gdst:main:party:main.main".to_owned(), "urn:gdst:main:location:loc:main.main".to_owned())
        );
    }

    #[test]
    fn the_same_thing_has_the_same_id_and_another_thing_another() {
        let factory = |id: &str| Factory { id: id.to_owned(), tz: chrono_tz::Europe::London };
        let id = event_id(&factory("main"), "run", "7");
        assert!(
            id.starts_with("urn:uuid:") && id.len() == 45 && id == event_id(&factory("main"), "run", "7"),
            "{id}"
        );
        for other in [
            event_id(&factory("main"), "run", "8"),
            event_id(&factory("main"), "order", "7"),
            event_id(&factory("other"), "run", "7"),
        ] {
            assert_ne!(id, other);
        }
    }
}
