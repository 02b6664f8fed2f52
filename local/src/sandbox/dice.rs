//! Seeded chance: for the same seed and the same thing the dice always throw the same numbers, whenever and
//! in whichever order they are asked.
//!
//! This is splitmix64, and not the rand crate, because a seed must mean the same for ever. Otherwise, after
//! an update of that crate, a sandbox that is kept producing would plan other runs than those in its tables.

/// The kind of thing that the dice are thrown for. A seed's meaning depends on these numbers: append, never
/// renumber.
#[derive(Clone, Copy)]
pub(super) enum Topic {
    Block = 1,
    Run = 2,
    Pack = 3,
    Making = 4,
    Intake = 5,
    Return = 6,
    Paper = 7,
    Scan = 8,
    Temperature = 9,
    Excursion = 10,
    Quality = 11,
    Order = 12,
    Labour = 13,
    Master = 14,
    Material = 15,
    Seed = 16,
    BlockEnd = 17,
    GoingOn = 18,
    Breakdown = 19,
    BadDay = 20,
    Pace = 21,
    Raised = 22,
    Downgrade = 23,
}

/// The throws for one thing.
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of thing number `which` of a topic.
    pub(super) fn of(seed: u64, topic: Topic, which: i64) -> Self {
        Self(mix(mix(seed ^ (topic as u64).wrapping_mul(0xA076_1D64_78BD_642F)) ^ which as u64))
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A whole number in `0..n`.
    pub(super) fn below(&mut self, n: i64) -> i64 {
        ((self.bits() >> 1) % n.max(1) as u64) as i64
    }

    /// A whole number in `low..=high`.
    pub(super) fn whole(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high - low + 1)
    }

    /// A number in `low..high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in `permille` of a thousand throws.
    pub(super) fn chance(&mut self, permille: i64) -> bool {
        self.below(1000) < permille
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as i64) as usize]
    }

    /// A number that is about normally distributed, with mean 0 and deviation 1. It never lies beyond 3.5: a
    /// scale that fails by chance would hide the failures that are there on purpose.
    pub(super) fn normal(&mut self) -> f64 {
        let bits = self.bits();
        let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48);
        (sum as f64 / 65_535.0 - 2.0) * 1.732
    }
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_normal_throw_has_mean_zero_deviation_one_and_short_tails() {
        let mut dice = Dice::of(1, Topic::Pack, 0);
        let thrown: Vec<f64> = (0..20_000).map(|_| dice.normal()).collect();
        let mean = thrown.iter().sum::<f64>() / 20_000.0;
        let deviation = (thrown.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0).sqrt();
        assert!(mean.abs() < 0.03 && (deviation - 1.0).abs() < 0.03, "mean {mean}, deviation {deviation}");
        assert!(thrown.iter().all(|x| x.abs() < 3.5));
    }
}
