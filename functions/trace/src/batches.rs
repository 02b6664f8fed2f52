//! Which batch a code means, and how it is written. Codes are compared as the ERP compares them. Deliveries
//! of different days under one code are batches of their own: a run took the latest that had come by its
//! date.
//!
//! Within a trace a batch goes by its *name*: its code as it is written, and behind it the day of its
//! delivery if others came under the same code.

use std::collections::{BTreeMap, BTreeSet};

use api::trace::TraceIntake;
use chrono::NaiveDate;
use domain::code::folded;
use domain::intake::{received_on, used_on};

/// Divides the code from the day in a name. It stands in no code.
const MARK: char = '\u{0}';

/// The code of the batch of this name.
pub(crate) fn code_of(name: &str) -> &str {
    name.split_once(MARK).map_or(name, |(code, _)| code)
}

/// The day of its delivery, where others came under the same code.
pub(crate) fn day_of(name: &str) -> Option<NaiveDate> {
    name.split_once(MARK)?.1.parse().ok()
}

/// What is known of codes, by the folded code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batches {
    written: BTreeMap<String, String>,
    came: BTreeMap<String, BTreeSet<Option<NaiveDate>>>,
}

impl Batches {
    /// Learns how codes are written. Masters come first: a code that is known already stays as it is. Of
    /// several spellings of one master the first in the order of characters counts.
    pub(crate) fn learn<'a>(&mut self, codes: impl IntoIterator<Item = &'a str>) {
        let mut learnt = BTreeMap::<String, &str>::new();
        for code in codes {
            let written = learnt.entry(folded(code)).or_insert(code);
            *written = code.min(written);
        }
        for (code, written) in learnt {
            self.written.entry(code).or_insert_with(|| written.trim().to_owned());
        }
    }

    /// Learns that a delivery came.
    pub(crate) fn add(&mut self, intake: &TraceIntake) {
        self.came.entry(folded(&intake.batch_code)).or_default().insert(came_on(intake));
    }

    /// The name of the batch that a code meant on a day.
    pub(crate) fn name(&self, code: &str, day: NaiveDate) -> String {
        let came = self.came_under(code);
        self.named(code, used_on(&came, day).and_then(|place| came[place]))
    }

    /// The name of the batch that a delivery became.
    pub(crate) fn of_intake(&self, intake: &TraceIntake) -> String {
        self.named(&intake.batch_code, came_on(intake))
    }

    /// The name of the batch that somebody asks for: that of the delivery of this day, else that of the
    /// newest.
    pub(crate) fn asked_for(&self, code: &str, came: Option<NaiveDate>) -> String {
        let newest = || self.came_under(code).last().copied().flatten();
        self.named(code, came.or_else(newest))
    }

    /// The days on which deliveries came under this code, where they are known.
    pub(crate) fn days(&self, code: &str) -> Vec<NaiveDate> {
        self.came_under(code).into_iter().flatten().collect()
    }

    fn came_under(&self, code: &str) -> Vec<Option<NaiveDate>> {
        self.came.get(&folded(code)).into_iter().flatten().copied().collect()
    }

    fn named(&self, code: &str, came: Option<NaiveDate>) -> String {
        let key = folded(code);
        let written = self.written.get(&key).map_or(code.trim(), String::as_str);
        if self.came.get(&key).is_some_and(|came| came.len() > 1) {
            let day = came.map_or_else(String::new, |day| day.to_string());
            return format!("{written}{MARK}{day}");
        }
        written.to_owned()
    }
}

fn came_on(intake: &TraceIntake) -> Option<NaiveDate> {
    received_on(intake.received_date, intake.landing_date, intake.kill_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn batches(intakes: &[(&str, &str)]) -> Batches {
        let mut batches = Batches::default();
        for (code, came) in intakes {
            let intake = TraceIntake {
                batch_code: (*code).to_owned(),
                received_date: Some(day(came)),
                ..TraceIntake::default()
            };
            batches.learn([*code]);
            batches.add(&intake);
        }
        batches
    }

    #[test]
    fn a_code_that_came_once_is_its_batch_s_name_however_it_is_written() {
        let mut batches = batches(&[("B100", "2026-11-02"), ("B100", "2026-11-02")]);
        batches.learn(["n1", "N1"]);
        assert_eq!(batches.name(" b100", day("2026-01-01")), "B100");
        assert_eq!(
            (batches.name("n1", day("2026-01-01")), batches.name("x", day("2026-01-01"))),
            ("N1".into(), "x".into())
        );
        assert_eq!(batches.asked_for("b100", None), "B100");
    }

    #[test]
    fn a_code_that_was_used_again_is_another_batch() {
        let batches = batches(&[("B100", "2024-05-02"), ("b100", "2026-11-02")]);
        let (old, new) = (batches.name("B100", day("2024-06-01")), batches.name("b100", day("2026-11-02")));
        assert_ne!(old, new);
        assert_eq!((code_of(&old), day_of(&old)), ("B100", Some(day("2024-05-02"))));
        assert_eq!((code_of(&new), day_of(&new)), ("B100", Some(day("2026-11-02"))));
        assert_eq!((batches.asked_for("B100", None), batches.asked_for("b100", day_of(&old))), (new, old));
        assert_eq!(batches.days("b100"), [day("2024-05-02"), day("2026-11-02")]);
    }
}
