//! What the sandbox factory tells of itself: the file `factory.toml` beside its ERP.

use std::fmt::Write;

use super::clock::{DAY, begins, time};
use super::factory::SHIFTS;

/// What a factory can say besides its shifts, for people who open the file.
const REST: &str = r#"
# [lines.L1]
# shift_target_kg = 700     # default: what the line usually makes

# [grades]                  # what the ERP calls its grades, besides Premium and GG
# Premium = ["RSPCA Assured"]
# GG = ["Standard"]

# [prices]                  # per kg sold
# currency = "GBP"
# [prices.products]
# "SAL-201" = 18.40
# [prices.tiers]
# 1 = 16.00

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
    let shift_seconds = DAY / SHIFTS.len() as i64;
    for (place, code) in SHIFTS.iter().enumerate() {
        let start = begins(0) + place as i64 * shift_seconds;
        let clock = |moment| time(moment).format("%H:%M");
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "\n[[shifts]]\ncode = \"{code}\"\nstart = \"{}\"\nend = \"{}\"\n",
            clock(start),
            clock(start + shift_seconds)
        );
    }
    text + REST
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::settings::Limits;
    use warehouse::settings::parse;

    #[test]
    fn the_settings_of_the_sandbox_name_its_three_shifts_round_the_clock() {
        let settings = parse(factory_toml().as_bytes(), None).unwrap();
        let shifts: Vec<_> = settings
            .shifts
            .iter()
            .map(|shift| format!("{} {} {}", shift.code, shift.start.format("%H"), shift.end.format("%H")))
            .collect();
        assert_eq!(shifts, ["AM 06 14", "PM 14 22", "NIGHT 22 06"]);
        assert_eq!(settings.limits, Limits::default());
        // The rest is right too, if somebody takes the marks away.
        let rest = REST.replace("# [", "[").replace("# \"", "\"");
        let names = ["shift_target_kg", "Premium", "GG", "currency", "1 ="];
        let rest = names.iter().fold(rest, |rest, name| rest.replace(&format!("# {name}"), name));
        let settings = parse(rest.as_bytes(), None).unwrap();
        assert_eq!((settings.lines.len(), settings.prices.tiers.len()), (1, 1));
    }
}
