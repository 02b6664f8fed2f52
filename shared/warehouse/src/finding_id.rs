//! Ids of findings: what one finding is called for as long as it is there.
//!
//! An id is made of the check and of what the check is about: a run, a row of a table, a place since a time.
//! Figures and words are not in it, since they change while the finding stays. Who computes the marts in SQL
//! gets the same ids: every engine knows SHA-256.

use chrono::{NaiveDate, NaiveDateTime};
use domain::checks::Check;
use domain::code::folded;
use sha2::{Digest, Sha256};

/// The finding of a check of runs. A run has at most one of each.
pub fn of_run(check: Check, run_number: &str, production_date: NaiveDate) -> String {
    id(check, &format!("{}|{production_date}", folded(run_number)))
}

/// The finding in a row of a table, by the key of the row.
pub fn of_row(check: Check, key: &str) -> String {
    id(check, key)
}

/// The finding at a place, by the time since which it lasts.
pub fn of_place(check: Check, location: &str, since: NaiveDateTime) -> String {
    id(check, &format!("{location}|{since}"))
}

/// The first 16 bytes of a SHA-256 are no more likely to meet by chance than those of a UUID.
fn id(check: Check, about: &str) -> String {
    hex::encode(&Sha256::digest(format!("{check}|{about}"))[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    #[test]
    fn an_id_stays_the_same_in_every_version_of_the_program() {
        // Printed by `printf 'low_yield|r7|2026-11-02' | sha256sum`.
        assert_eq!(of_run(Check::LowYield, "R7", day(2)), "f03faa7f11cbea63a4b1beea40be4a28");
        assert_eq!(of_run(Check::LowYield, " r7", day(2)), of_run(Check::LowYield, "R7", day(2)));
    }

    #[test]
    fn findings_of_other_checks_runs_rows_places_and_times_have_other_ids() {
        let since = day(2).and_hms_opt(9, 0, 0).unwrap();
        let ids = [
            of_run(Check::LowYield, "7", day(2)),
            of_run(Check::LowYield, "7", day(3)),
            of_run(Check::LowYield, "8", day(2)),
            of_run(Check::LabelGap, "7", day(2)),
            of_row(Check::TemperatureBreach, "7"),
            of_row(Check::SensorFault, "7"),
            of_place(Check::SensorSilent, "7", since),
            of_place(Check::SensorSilent, "8", since),
            of_place(Check::SensorSilent, "7", day(3).and_hms_opt(9, 0, 0).unwrap()),
        ];
        assert!(ids.iter().all(|id| id.len() == 32), "{ids:?}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
}
