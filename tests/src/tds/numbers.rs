//! Numbers as texts: exact numbers with their scale, and floats as CAST writes them.

/// Converts units from one scale to another. Rounds half away from zero.
pub(super) fn rescale(units: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from {
        return units.checked_mul(10_i128.checked_pow((to - from).into())?);
    }
    let unit = 10_i128.checked_pow((from - to).into())?;
    Some((units + units.signum() * unit / 2) / unit)
}

/// The units and the scale of a decimal number in a text. The text must have no exponent.
pub(super) fn exact_of(text: &str) -> Option<(i128, u8)> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = whole.chars().chain(fraction.chars()).collect();
    if all.is_empty() || fraction.len() > 38 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let units: i128 = all.parse().ok()?;
    Some((if negative { -units } else { units }, fraction.len() as u8))
}

/// The text of an exact number.
pub(super) fn exact_text(units: i128, scale: u8) -> String {
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if units < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A float as CAST writes it: with at most six digits, and with an exponent from a million on.
pub(super) fn float_text(number: f64) -> String {
    let scientific = format!("{number:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |digits: &str| {
        if digits.contains('.') {
            digits.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            digits.to_owned()
        }
    };
    if number != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:03}", trimmed(mantissa), exponent.abs());
    }
    trimmed(&format!("{number:.*}", (5 - exponent).max(0) as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_number_keeps_its_digits() {
        for text in ["0", "-0.5", "12345678901234567890123456789.012345678", "0.000"] {
            let (units, scale) = exact_of(text).unwrap();
            assert_eq!(exact_text(units, scale), text);
        }
        for text in ["", "-", ".", "1e3", "1,5", "+1", " 1", "1.2.3"] {
            assert_eq!(exact_of(text), None, "{text}");
        }
        assert_eq!(
            (rescale(-125, 2, 1), rescale(124, 2, 1), rescale(7, 0, 3)),
            (Some(-13), Some(12), Some(7000))
        );
        assert_eq!(rescale(i128::MAX, 0, 1), None);
    }

    #[test]
    fn a_float_has_six_digits() {
        let check = |number, expect: &str| assert_eq!(float_text(number), expect);
        check(0.0, "0");
        check(100.0, "100");
        check(12.5, "12.5");
        check(-0.1 - 0.2, "-0.3");
        check(123_456.7, "123457");
        check(1_234_567.0, "1.23457e+006");
        check(0.000_012_345_678, "1.23457e-005");
    }
}
