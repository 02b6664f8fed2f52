//! The plan for one job of a schedule, which decides what becomes of each of its calls.

use lake::Mode;

use super::dice::Dice;
use crate::faults::{Blow, Call, ErpFailure, Failure, Operation};

/// What is to happen to one job.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) mode: Mode,
    /// How many of a thousand calls are struck.
    faults: usize,
    /// The call at which the job is killed, counted from 1.
    death_at: Option<usize>,
    /// The call from which on the disk is full, counted from 1.
    full_from: Option<usize>,
    /// How many calls the job has made so far.
    calls: usize,
}

impl Plan {
    /// A random plan. The job is killed at some call, or the disk is full from some call on, or calls are
    /// struck now and then, or nothing happens.
    pub(super) fn new(dice: &mut Dice) -> Self {
        let mode = dice.pick(&[
            Mode::Incremental,
            Mode::Incremental,
            Mode::Incremental,
            Mode::Reconcile,
            Mode::Full,
        ]);
        let mut plan = Self { mode, faults: 0, death_at: None, full_from: None, calls: 0 };
        match dice.below(6) {
            0 => plan.death_at = Some(dice.between(1, 250) as usize),
            1 => plan.full_from = Some(dice.between(1, 250) as usize),
            2 | 3 => plan.faults = dice.pick(&[5, 20, 80]),
            _ => {}
        }
        plan
    }

    /// What becomes of the job's next call. `None` if the job is killed there.
    pub(super) fn next(&mut self, dice: &mut Dice, call: &Call) -> Option<Blow> {
        self.calls += 1;
        if self.death_at == Some(self.calls) { None } else { Some(self.blow(dice, call)) }
    }

    fn blow(&self, dice: &mut Dice, call: &Call) -> Blow {
        let is_full = self.full_from.is_some_and(|from| self.calls >= from);
        if is_full && call.operation.writes() && call.operation != Operation::Delete {
            return Blow::Fails(Failure::DiskFull);
        }
        if !dice.chance(self.faults) {
            return Blow::Spared;
        }
        let [failure, lost] = [
            dice.pick(&Failure::PASSING[..4]),
            dice.pick(&[Failure::TimedOut, Failure::Reset, Failure::InternalError]),
        ];
        match call.operation {
            Operation::Page if dice.chance(300) => Blow::Cut(dice.between(1, 3) as usize),
            Operation::Connect | Operation::Table | Operation::Page => {
                Blow::ErpFails(dice.pick(&ErpFailure::ALL))
            }
            Operation::Get | Operation::Head | Operation::List => Blow::Fails(failure),
            Operation::Put | Operation::Copy | Operation::Delete => {
                dice.pick(&[Blow::Fails(failure), Blow::DoneButFails(lost)])
            }
            Operation::PutIf => dice.pick(&[
                Blow::Fails(failure),
                Blow::Fails(Failure::Conflict),
                Blow::DoneButFails(lost),
                Blow::DoneButRefused,
                Blow::DoneButRefused,
                Blow::Refused,
                Blow::DoneLater,
            ]),
        }
    }
}
