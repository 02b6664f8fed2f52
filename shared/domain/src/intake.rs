//! Deliveries of fish. A supplier or a factory uses a batch code again after a year or two: the deliveries of
//! different days under one code are different batches.

use chrono::NaiveDate;

/// The day on which a delivery came: when it was received, else when it was landed or killed. `None` if
/// nobody wrote down any of them.
pub fn received_on(
    received: Option<NaiveDate>,
    landed: Option<NaiveDate>,
    killed: Option<NaiveDate>,
) -> Option<NaiveDate> {
    received.or(landed).or(killed)
}

/// Which of the deliveries under one code was used on a day: the latest that had come by then, else the
/// earliest. `came` has their days in order. One without a day came before all others.
pub fn used_on(came: &[Option<NaiveDate>], day: NaiveDate) -> Option<usize> {
    let by_then = came.partition_point(|came| *came <= Some(day));
    (!came.is_empty()).then(|| by_then.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    #[test]
    fn the_latest_delivery_that_had_come_is_used_and_without_one_the_earliest() {
        let came = [Some(day(2)), Some(day(20))];
        assert_eq!([1, 2, 19, 20, 25].map(|on| used_on(&came, day(on))), [0, 0, 0, 1, 1].map(Some));
        assert_eq!([1, 2, 3].map(|on| used_on(&[None, Some(day(2))], day(on))), [0, 1, 1].map(Some));
        assert_eq!(used_on(&[], day(2)), None);
    }

    #[test]
    fn a_delivery_came_when_it_was_received_or_else_landed_or_killed() {
        assert_eq!(received_on(Some(day(3)), Some(day(2)), Some(day(1))), Some(day(3)));
        assert_eq!(received_on(None, Some(day(2)), Some(day(1))), Some(day(2)));
        assert_eq!(received_on(None, None, Some(day(1))), Some(day(1)));
        assert_eq!(received_on(None, None, None), None);
    }
}
