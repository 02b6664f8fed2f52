//! `temperature_breach`: a reading outside its limits; `sensor_fault`: a reading that is no temperature.

use domain::settings::Limits;

use super::finding::{Finding, apart};

/// The finding of a reading that lies outside its limits by `degrees_over`.
pub(super) fn temperature_breach(
    temp: f64,
    degrees_over: f64,
    target_min: Option<f64>,
    target_max: Option<f64>,
) -> Finding {
    let above = target_max.filter(|max| temp - max == degrees_over);
    let (limit, side) =
        if above.is_some() { (above, "above the maximum") } else { (target_min, "below the minimum") };
    let bound = limit.unwrap_or(temp);
    let detail = format!("{} °C is {} °C {side} of {bound} °C", apart(temp, bound), apart(degrees_over, 0.0));
    Finding { measured: Some(temp), limit, detail }
}

/// The finding of a reading that is no temperature.
pub(super) fn sensor_fault(temp: f64, limits: &Limits) -> Finding {
    let Limits { sensor_min_c, sensor_max_c, .. } = *limits;
    let limit = if temp < sensor_min_c { sensor_min_c } else { sensor_max_c };
    let detail = format!(
        "{} °C lies outside {sensor_min_c} to {sensor_max_c} °C, so it is no temperature: look at the \
         probe and its cable",
        apart(temp, limit)
    );
    Finding { measured: Some(temp), limit: Some(limit), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breach_names_the_limit_that_was_passed() {
        let words = |temp, over, min, max| temperature_breach(temp, over, min, max).detail;
        assert_eq!(words(7.25, 2.25, Some(0.0), Some(5.0)), "7.3 °C is 2.3 °C above the maximum of 5 °C");
        assert_eq!(
            words(5.04, 5.04 - 5.0, Some(0.0), Some(5.0)),
            "5.04 °C is 0.04 °C above the maximum of 5 °C"
        );
        assert_eq!(words(-2.0, 0.5, Some(-1.5), None), "-2.0 °C is 0.5 °C below the minimum of -1.5 °C");
    }

    #[test]
    fn a_fault_names_the_reading_and_what_it_lies_outside_of() {
        let limits = Limits::default();
        let fault = sensor_fault(327.67, &limits);
        assert_eq!((fault.measured, fault.limit), (Some(327.67), Some(60.0)));
        assert_eq!(
            fault.detail,
            "327.7 °C lies outside -60 to 60 °C, so it is no temperature: look at the probe and its cable"
        );
        assert_eq!(sensor_fault(-127.0, &limits).limit, Some(-60.0));
        let narrow = sensor_fault(45.0, &Limits { sensor_max_c: 40.5, ..limits });
        assert_eq!(narrow.limit, Some(40.5));
        assert!(narrow.detail.starts_with("45.0 °C lies outside -60 to 40.5 °C, "), "{}", narrow.detail);
    }
}
