//! Whether a run is on. The ERP has two flags for this, and they may contradict each other.

use crate::named::named_enum;

named_enum! {
    /// Where a run stands.
    "run state" RunState {
        /// It is finished.
        Complete = "complete",
        /// It is on: nobody completed it, however old it is.
        On = "on",
        /// It is neither complete nor active.
        Inactive = "inactive",
    }
}

impl RunState {
    /// The state that the ERP's two flags mean together. A complete run is complete, whatever `active` says.
    pub const fn of(active: bool, complete: bool) -> Self {
        match (complete, active) {
            (true, _) => Self::Complete,
            (false, true) => Self::On,
            (false, false) => Self::Inactive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_on_while_it_is_active_and_not_complete() {
        let state = |active, complete| RunState::of(active, complete).as_str();
        assert_eq!([state(true, false), state(false, false)], ["on", "inactive"]);
        assert_eq!([state(true, true), state(false, true)], ["complete", "complete"]);
    }
}
