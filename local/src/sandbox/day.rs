//! A whole factory day: its runs with all that they made and used. All rows of a sandbox are written from
//! days.

use super::intake::{self, Batch, Input};
use super::making::Made;
use super::rota;

/// A factory day, from 06:00 to 06:00.
#[derive(Debug)]
pub(super) struct Day {
    pub(super) seed: u64,
    pub(super) number: i64,
    /// Sorted by their start.
    pub(super) runs: Vec<Made>,
    /// The inputs of each run, in the order of `runs`.
    pub(super) inputs: Vec<Vec<Input>>,
    /// The deliveries for this day.
    pub(super) batches: Vec<Batch>,
}

impl Day {
    /// Plans the day. Nothing but the seed decides it.
    pub(super) fn plan(seed: u64, number: i64) -> Self {
        let runs: Vec<Made> = rota::runs(seed, number).into_iter().map(|run| Made::of(seed, run)).collect();
        let (batches, inputs) = intake::supply(seed, number, &runs, &rota::runs(seed, number - 1));
        Self { seed, number, runs, inputs, batches }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_seed_means_never_changes() {
        let plan = format!("{:?}", Day::plan(1, 20_780));
        let digest = plan.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        assert_eq!(
            digest, 5_773_527_704_948_823_431,
            "sandboxes made before this change cannot go on: raise `GENERATION` in schema.rs, then put the new digest here"
        );
    }

    #[test]
    fn a_day_takes_from_its_deliveries_just_what_its_runs_need() {
        for number in 20_700..20_760 {
            let day = Day::plan(3, number);
            for (made, inputs) in day.runs.iter().zip(&day.inputs) {
                let needed: i64 = made.demands.iter().map(|demand| demand.grams).sum();
                assert_eq!(
                    inputs.iter().map(|input| input.grams).sum::<i64>(),
                    needed,
                    "run {}",
                    made.run.number
                );
                assert!(
                    inputs.iter().all(
                        |input| input.grams > 0 && (made.run.start..made.run.end).contains(&input.booked)
                    )
                );
                assert!(inputs.len() <= 11 && made.packs.len() >= 20, "ids are blocks");
                assert!(
                    made.packs.is_sorted_by_key(|pack| pack.at)
                        && made
                            .packs
                            .iter()
                            .all(|pack| (made.run.start..made.run.end - 60).contains(&pack.at))
                );
            }
            assert!(day.batches.iter().all(|batch| batch.received < day.runs[0].run.start));
        }
    }
}
