//! How many rows a job takes away at once. A table that is suddenly empty is more often one that the ERP is
//! making anew, a login that sees less than before, or the wrong database, than one whose rows were deleted.

use lake::Mode;

/// So many rows a job takes away without being asked, however few a table holds.
const ROWS_MAX: usize = 100;
/// And this share of the rows that were compared, however many it is.
const SHARE_MAX_PCT: usize = 20;

/// Rows that the ERP no longer has and that a job has kept, because they are too many to take away at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Withheld {
    pub(crate) rows: usize,
    /// How many rows the lake held where it was compared.
    held: usize,
}

impl Withheld {
    /// Decides about rows that are gone, of those that were compared; `None` if they may be taken away.
    pub(crate) fn of(gone: usize, held: usize) -> Option<Self> {
        let too_many = gone > ROWS_MAX && gone.saturating_mul(100) > held.saturating_mul(SHARE_MAX_PCT);
        too_many.then_some(Self { rows: gone, held })
    }

    /// What was not done, and what somebody has to do who wants it done.
    pub(crate) fn told(self, mode: Mode) -> String {
        let Self { rows, held } = self;
        let (full, option) = if mode == Mode::Full { ("full=true&", "--full ") } else { ("", "") };
        format!(
            "{rows} of the {held} rows that were compared are no longer in the ERP, and none of them was \
             removed: if they were really deleted there, start a run with `{full}accept_deletes=true` \
             (`tideline extract {option}--accept-deletes`)"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn more_than_a_fifth_and_more_than_a_hundred_rows_are_too_many() {
        let is_too_many = |gone, held| Withheld::of(gone, held).is_some();
        assert!(!is_too_many(100, 100) && is_too_many(101, 101));
        assert!(!is_too_many(200, 1000) && is_too_many(201, 1000));
        assert!(!is_too_many(0, 0) && is_too_many(101, 0));
    }

    #[test]
    fn what_to_do_is_said_for_the_mode() {
        let told = |mode| Withheld::of(300, 1000).unwrap().told(mode);
        let comparison = told(Mode::Reconcile);
        assert!(comparison.starts_with("300 of the 1000 rows"), "{comparison}");
        assert!(comparison.contains("`accept_deletes=true` (`tideline extract --accept-deletes`)"));
        assert!(told(Mode::Full).contains("`full=true&accept_deletes=true`"));
        assert!(told(Mode::Full).contains("(`tideline extract --full --accept-deletes`)"));
    }

    proptest! {
        /// With fewer rows gone of as many, or as many of more, the answer does not turn against them.
        #[test]
        fn fewer_rows_are_never_the_more_suspicious(
            gone in 0..2000_usize,
            less in 0..2000_usize,
            held in 0..5000_usize,
        ) {
            if Withheld::of(gone, held).is_none() {
                prop_assert_eq!(Withheld::of(gone.saturating_sub(less), held), None);
                prop_assert_eq!(Withheld::of(gone, held + less), None);
            }
        }
    }
}
