//! Numbers as people read them.

use crate::rounding::rounded;

/// A number with so many decimals and with thousands separators: `1,234.5`. It is rounded as in answers.
pub fn number(value: f64, decimals: usize) -> String {
    let value = i32::try_from(decimals).map_or(value, |decimals| rounded(value, decimals));
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, fraction)| (whole, Some(fraction)));
    let negative = value < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let mut out = String::from(if negative { "-" } else { "" });
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn halves_go_away_from_zero_as_in_answers() {
        let told = [(208.5, 0), (-0.05, 1), (-0.04, 1), (1_234_567.25, 1)]
            .map(|(value, decimals)| number(value, decimals));
        assert_eq!(told, ["209", "-0.1", "0.0", "1,234,567.3"]);
    }
}
