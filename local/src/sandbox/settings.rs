//! What the sandbox factory tells of itself: the file `factory.toml` beside its ERP.

use std::fmt::Write;
use std::ops::Range;

use super::clock::{Moment, time};
use super::shifts::{SHIFTS, break_of, shift_of};

/// What a factory can say besides its shifts.
const REST: &str = r#"
[lines.L1]
shift_target_kg = 285       # default: what the line usually makes
[lines.L3]
shift_target_kg = 270

# [grades]                  # what the ERP calls its grades, besides Premium and GG
# Premium = ["RSPCA Assured"]
# GG = ["Standard"]

[prices]                    # per kg sold
currency = "GBP"
[prices.products]           # those that are sold for another price than their tier
"SAL-101" = 21.50
"SAL-104" = 34.00
"SAL-201" = 14.20
"COD-101" = 19.80
"PRA-101" = 24.00
"TUN-101" = 26.50
[prices.tiers]
1 = 17.50
2 = 11.00
3 = 6.20

[limits]
stop_minutes = 3
intake_max_c = 4.0
vehicle_max_c = 5.0
low_yield_pct = 90
giveaway_pct = 3
sensor_min_c = -60
sensor_max_c = 60
"#;

/// The settings of a sandbox factory.
pub fn factory_toml() -> String {
    let mut text =
        "# What the factory tells once. `tideline settings put` brings it into the lake.\n".to_owned();
    for (shift, code) in SHIFTS.iter().enumerate() {
        let [(start, end), (from, to)] = [shift_of(0, shift), break_of(0, shift)].map(clock_times);
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "\n[[shifts]]\ncode = \"{code}\"\nstart = \"{start}\"\nend = \"{end}\"\nbreaks = [[\"{from}\", \"{to}\"]]\n"
        );
    }
    text + REST
}

fn clock_times(range: Range<Moment>) -> (String, String) {
    let clock = |moment| time(moment).format("%H:%M").to_string();
    (clock(range.start), clock(range.end))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::settings::Limits;
    use warehouse::settings::parse;

    use super::*;
    use crate::sandbox::factory::LINES;
    use crate::sandbox::products::PRODUCTS;

    #[test]
    fn the_settings_of_the_sandbox_name_its_three_shifts_round_the_clock_with_their_breaks() {
        let settings = parse(factory_toml().as_bytes(), None).unwrap();
        let shifts: Vec<_> = settings
            .shifts
            .iter()
            .map(|shift| {
                let times = [shift.start, shift.end, shift.breaks[0].0, shift.breaks[0].1];
                format!("{} {}", shift.code, times.map(|time| time.format("%H:%M").to_string()).join(" "))
            })
            .collect();
        assert_eq!(
            shifts,
            ["AM 06:00 14:00 10:00 10:20", "PM 14:00 22:00 18:00 18:20", "NIGHT 22:00 06:00 02:00 02:20"]
        );
        assert_eq!(settings.limits, Limits::default());
    }

    #[test]
    fn the_settings_name_lines_and_products_of_the_sandbox_and_all_tiers() {
        let lines: BTreeSet<String> = LINES.iter().map(|line| line.id.to_owned()).collect();
        let settings = parse(factory_toml().as_bytes(), Some(&lines)).unwrap();
        assert_eq!(settings.lines.len(), 2);
        assert_eq!(settings.prices.currency.as_deref(), Some("GBP"));
        assert_eq!(settings.prices.tiers.keys().collect::<Vec<_>>(), [&1, &2, &3]);
        for (code, price) in &settings.prices.products {
            let product = PRODUCTS.iter().find(|product| product.code == code).unwrap();
            assert_ne!(*price, settings.prices.tiers[&product.tier], "{code}");
        }
        // The grades are right too, if somebody takes the marks away.
        let marks = [("# [grades]", "[grades]"), ("# Premium", "Premium"), ("# GG", "GG")];
        let text = marks.iter().fold(factory_toml(), |text, (with, without)| text.replace(with, without));
        assert_eq!(parse(text.as_bytes(), None).unwrap().grades.0.len(), 2);
    }
}
