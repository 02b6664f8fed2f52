//! Where values lie between the bottom and the top of a chart.

/// An axis from 0 to a round number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    top: f64,
    step: f64,
}

impl Scale {
    /// A scale from 0 to 100 %, or further where values lie above that, up to 1,000 %.
    pub(crate) fn of_percentages(values: impl Iterator<Item = f64>) -> Self {
        let highest = values.fold(100.0, f64::max).min(1000.0);
        let step = [25.0, 50.0, 100.0, 200.0].into_iter().find(|step| highest / step <= 5.0).unwrap_or(200.0);
        Self { top: (highest / step).ceil() * step, step }
    }

    /// How high a value is, from 0 at the bottom to 1 at the top. A value beyond the scale stays at its edge.
    pub(crate) fn share(self, value: f64) -> f64 {
        (value / self.top).clamp(0.0, 1.0)
    }

    /// The values that get a line.
    pub(crate) fn ticks(self) -> impl Iterator<Item = f64> {
        (0..=(self.top / self.step).round() as u32).map(move |n| f64::from(n) * self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(values: &[f64]) -> Vec<f64> {
        Scale::of_percentages(values.iter().copied()).ticks().collect()
    }

    #[test]
    fn a_scale_begins_at_zero_and_ends_above_every_value() {
        assert_eq!(ticks(&[]), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert_eq!(ticks(&[92.0, 88.0]), ticks(&[]));
        assert_eq!(ticks(&[104.0]), [0.0, 25.0, 50.0, 75.0, 100.0, 125.0]);
        assert_eq!(ticks(&[126.0]), [0.0, 50.0, 100.0, 150.0]);
        assert_eq!(ticks(&[1e9]), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
    }

    #[test]
    fn values_beyond_the_scale_stay_at_its_edge() {
        let scale = Scale::of_percentages([80.0].into_iter());
        assert_eq!([scale.share(-5.0), scale.share(50.0), scale.share(1e12)], [0.0, 0.5, 1.0]);
    }
}
