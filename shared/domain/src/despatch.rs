//! Where an order line stands on its way out of the factory.

use crate::named::named_enum;

named_enum! {
    /// What has become of an order line.
    "despatch status" DespatchStatus {
        /// It is still to be loaded.
        Pending = "pending",
        /// It is on the vehicle.
        Loaded = "loaded",
        /// The customer has it.
        Delivered = "delivered",
    }
}

impl DespatchStatus {
    /// The status that a text of the ERP means. `None` if it means none of them, or if there is no text.
    pub fn read(text: Option<&str>) -> Option<Self> {
        text.and_then(|text| text.parse().ok())
    }

    /// Whether the goods have left the factory.
    pub const fn has_left(self) -> bool {
        match self {
            Self::Pending => false,
            Self::Loaded | Self::Delivered => true,
        }
    }
}

/// Whether the goods of an order line with this status have left the factory. Where the text means no status,
/// nobody knows, and they count as still here.
pub fn has_left(status: Option<&str>) -> bool {
    DespatchStatus::read(status).is_some_and(DespatchStatus::has_left)
}

/// What is left of what was made. Below zero where more has left than was made.
pub fn left_kg(actual_kg: Option<f64>, despatched_kg: Option<f64>) -> Option<f64> {
    Some(actual_kg? - despatched_kg?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded_or_delivered_has_left_however_it_is_written() {
        for text in ["loaded", "Delivered", " LOADED\t"] {
            assert!(has_left(Some(text)), "{text:?}");
        }
        for text in ["pending", "on hold", "unloaded", ""] {
            assert!(!has_left(Some(text)), "{text:?}");
        }
        assert!(!has_left(None));
    }
}
