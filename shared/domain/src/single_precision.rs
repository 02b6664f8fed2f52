//! Single-precision numbers. An instrument that says 4.3 and stores it in single precision gives
//! 4.300000190734863 wherever somebody reads it in double precision. What the instrument said is the shortest
//! decimal that names the single-precision value.

/// How many more digits a number must have in double precision before it counts as one that was stored in
/// single precision. Decimals that people write, such as 1234567.125, are exact in both.
const SURPLUS_DIGITS: usize = 4;

/// The number that a single-precision value stands for: its shortest decimal.
pub fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| value.into())
}

/// The number that was meant: the shortest decimal of a value that was stored in single precision, and any
/// other value as it is.
pub fn as_stored(value: f64) -> f64 {
    let single = value as f32;
    let is_single = f64::from(single) == value && value.fract() != 0.0;
    if is_single && digits(&value.to_string()) >= digits(&single.to_string()) + SURPLUS_DIGITS {
        shortest(single)
    } else {
        value
    }
}

fn digits(number: &str) -> usize {
    number.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_of_single_precision_is_read_by_its_shortest_decimal() {
        for decimal in [4.3, 5.3, 0.1, -18.7, 1e-3, 412.4, 99_999.9, 0.062_5] {
            assert_eq!(shortest(decimal as f32), decimal);
            assert_eq!(as_stored(f64::from(decimal as f32)), decimal, "{decimal}");
        }
        assert_eq!(as_stored(4.300_000_190_734_863), 4.3);
        assert!(shortest(f32::NAN).is_nan() && shortest(f32::INFINITY).is_infinite());
    }

    #[test]
    fn a_number_of_double_precision_stays_as_it_is() {
        let numbers =
            [0.0, 4.3, 0.1 + 0.2, 1.5, 12.345, 1_234_567.125, 123_456.062_5, 16_777_217.0, 1e300, 5e-324];
        for number in numbers {
            assert_eq!(as_stored(number), number);
            assert_eq!(as_stored(-number), -number);
        }
        assert!(as_stored(f64::NAN).is_nan());
        assert_eq!(as_stored(30_000_001_024.0), 30_000_001_024.0, "a whole number may be a key or a count");
    }

    proptest! {
        #[test]
        fn decimals_of_five_digits_survive_single_precision(tens_of_thousandths in -999_999_i32..999_999) {
            let decimal = f64::from(tens_of_thousandths) / 1000.0;
            prop_assert_eq!(as_stored(f64::from(decimal as f32)), decimal);
            prop_assert_eq!(as_stored(decimal), decimal);
        }

        #[test]
        fn what_was_read_once_is_not_changed_again(value in any::<f64>()) {
            let once = as_stored(value);
            prop_assert!(once.is_nan() || as_stored(once) == once);
        }
    }
}
