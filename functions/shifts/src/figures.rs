//! The figures that a line in a shift has, and all lines together: each a value, or the reason why there is none.

use api::shift_now::{Landing, Reason, ShiftFigures, Unknown};
use domain::projection::Projection;

use crate::severities::Severities;

/// A figure, or why it is not known.
pub(crate) type Figure<T> = Result<T, Reason>;

/// Why figures are null, as far as they were told.
#[derive(Default)]
pub(crate) struct Reasons(Vec<Unknown>);

impl Reasons {
    /// The value of a figure. Where there is none, the reason is noted.
    pub(crate) fn told<T>(&mut self, field: &str, figure: Figure<T>) -> Option<T> {
        figure.inspect_err(|reason| self.0.push(Unknown::because(field, *reason))).ok()
    }
}

/// The figures of a line, or of all lines.
pub(crate) struct Figures {
    pub(crate) made_kg: Figure<f64>,
    pub(crate) expected_kg: Figure<f64>,
    pub(crate) target_kg: Figure<f64>,
    pub(crate) projection: Figure<Projection>,
    pub(crate) packs_per_min: Figure<f64>,
    pub(crate) packs: Figure<i64>,
    pub(crate) giveaway_kg: Figure<f64>,
    pub(crate) giveaway_pct: Figure<f64>,
    pub(crate) giveaway_money: Figure<f64>,
    pub(crate) yield_pct: Figure<f64>,
    pub(crate) stops: Figure<i64>,
    pub(crate) stopped_minutes: Figure<f64>,
    pub(crate) longest_stop_minutes: Figure<f64>,
    pub(crate) severities: Severities,
    pub(crate) rejected_rows: i64,
}

impl Figures {
    /// The figures as an answer shows them, with the reasons of those that were told before.
    pub(crate) fn shown(self, mut reasons: Reasons) -> ShiftFigures {
        let landing = landing(self.projection.ok(), self.target_kg.ok());
        let projection = self.projection.ok();
        ShiftFigures {
            made_kg: reasons.told("made_kg", self.made_kg),
            expected_kg: reasons.told("expected_kg", self.expected_kg),
            target_kg: reasons.told("target_kg", self.target_kg),
            projected_kg: reasons.told("projected_kg", self.projection.map(|told| told.kg)),
            projected_low_kg: projection.map(|told| told.low_kg),
            projected_high_kg: projection.map(|told| told.high_kg),
            landing: landing.to_string(),
            packs_per_min: reasons.told("packs_per_min", self.packs_per_min),
            packs: reasons.told("packs", self.packs),
            giveaway_kg: reasons.told("giveaway_kg", self.giveaway_kg),
            giveaway_pct: reasons.told("giveaway_pct", self.giveaway_pct),
            giveaway_money: reasons.told("giveaway_money", self.giveaway_money),
            yield_pct: reasons.told("yield_pct", self.yield_pct),
            stops: reasons.told("stops", self.stops),
            stopped_minutes: reasons.told("stopped_minutes", self.stopped_minutes),
            longest_stop_minutes: reasons.told("longest_stop_minutes", self.longest_stop_minutes),
            critical: self.severities.critical,
            major: self.severities.major,
            warning: self.severities.warning,
            rejected_rows: self.rejected_rows,
            reasons: reasons.0,
        }
    }
}

/// Where something lands.
pub(crate) fn landing(projection: Option<Projection>, target_kg: Option<f64>) -> Landing {
    match projection.zip(target_kg) {
        None => Landing::Unknown,
        Some((told, target_kg)) if told.high_kg < target_kg => Landing::Behind,
        Some((told, target_kg)) if told.low_kg > target_kg => Landing::Ahead,
        Some(_) => Landing::OnCourse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_within_the_band_is_on_course_its_ends_included() {
        let told = |target_kg| {
            landing(Some(Projection { kg: 100.0, low_kg: 90.0, high_kg: 110.0 }), target_kg).as_str()
        };
        let targets = [None, Some(89.9), Some(90.0), Some(110.0), Some(110.1)];
        assert_eq!(targets.map(told), ["unknown", "ahead", "on_course", "on_course", "behind"]);
        assert_eq!(landing(None, Some(1.0)), Landing::Unknown);
    }
}
