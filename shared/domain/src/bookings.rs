//! Bookings of kilograms. They are signed, so that a wrong one can be corrected by another, and they add up.

use crate::float_dust::is_below;

/// What bookings add up to. `None` where there is none, or where the weight of one is unknown.
pub fn sum_kg(bookings: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    bookings.into_iter().reduce(|sum, kg| Some(sum? + kg?)).flatten()
}

/// Whether bookings add up to less than nothing. No run can have taken or made that.
pub fn is_negative(sum_kg: f64) -> bool {
    is_below(sum_kg, 0.0)
}

/// The quantity that a sum of bookings says. `None` where the sum is unknown, or less than nothing.
pub fn quantity_kg(sum_kg: Option<f64>) -> Option<f64> {
    sum_kg.filter(|kg| !is_negative(*kg)).map(|kg| kg.max(0.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sum_with_an_unknown_part_is_unknown_and_so_is_a_sum_of_nothing() {
        assert_eq!(sum_kg([Some(1000.0), Some(-100.0)]), Some(900.0));
        assert_eq!(sum_kg([Some(1000.0), None]), None);
        assert_eq!(sum_kg([None, Some(1000.0)]), None);
        assert_eq!(sum_kg([]), None);
    }

    #[test]
    fn less_than_nothing_is_no_quantity_but_the_dust_of_a_sum_is_zero() {
        assert_eq!(quantity_kg(Some(-0.001)), None);
        assert_eq!(quantity_kg(Some(0.3 - 0.1 - 0.2)), Some(0.0));
        assert_eq!(
            (quantity_kg(Some(0.0)), quantity_kg(Some(2.5)), quantity_kg(None)),
            (Some(0.0), Some(2.5), None)
        );
    }

    proptest! {
        #[test]
        fn one_unknown_booking_anywhere_makes_the_sum_unknown(
            known in prop::collection::vec(-1e6..1e6_f64, 0..20), place in 0..20_usize,
        ) {
            let mut bookings: Vec<Option<f64>> = known.iter().copied().map(Some).collect();
            prop_assert_eq!(sum_kg(bookings.clone()), known.iter().copied().reduce(|sum, kg| sum + kg));
            bookings.insert(place.min(known.len()), None);
            prop_assert_eq!(sum_kg(bookings), None);
        }
    }
}
