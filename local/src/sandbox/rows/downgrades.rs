//! `downgrade_log`: a few times a day somebody takes packs of a run for a product of a lower tier.

use warehouse::sources::DOWNGRADE_LOG;

use crate::sandbox::cell::{Cell, kg, stamp};
use crate::sandbox::clock::{DAY, Moment, Window};
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::making::Made;
use crate::sandbox::products::{Product, sibling};
use crate::sandbox::schema::Writer;

/// What was wrong with the packs.
const REASONS: [&str; 4] = ["underweight", "tail", "visual", "light_portion"];

/// Packs that went down.
pub(super) struct Downgrade {
    pub(super) to: &'static Product,
    pub(super) reason: &'static str,
    pub(super) grams: i64,
    at: Moment,
}

/// What went down in a run, if anything. Nothing does in a run with a fault: at most one thing is wrong with it.
pub(super) fn of(seed: u64, made: &Made) -> Option<Downgrade> {
    let run = &made.run;
    let mut dice = Dice::of(seed, Topic::Downgrade, run.serial);
    if run.fault.is_some() || !dice.chance(150) {
        return None;
    }
    let lower = (run.product.tier + 1..=3).map(|tier| sibling(run.product, tier));
    let to = lower.into_iter().find(|to| to.tier > run.product.tier)?;
    let reason = dice.pick(&REASONS);
    let grams = made.outputs.first()?.grams * dice.whole(5, 30) / 1000;
    let at = run.start + dice.whole(600, run.end - run.start - 600);
    Some(Downgrade { to, reason, grams, at })
}

/// Writes what was logged in the window.
pub(super) fn write(seed: u64, made: &Made, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    let run = &made.run;
    if run.end + DAY <= window.after {
        return Ok(());
    }
    let Some(downgrade) = of(seed, made).filter(|downgrade| window.contains(downgrade.at)) else {
        return Ok(());
    };
    erp.put(
        &DOWNGRADE_LOG,
        &[
            Cell::Int(run.serial),
            Cell::Str(&run.number),
            Cell::Str(run.product.code),
            Cell::Str(downgrade.to.code),
            Cell::Int(run.product.tier),
            Cell::Int(downgrade.to.tier),
            Cell::Str(downgrade.reason),
            kg(downgrade.grams),
            stamp(downgrade.at),
        ],
    )
}
