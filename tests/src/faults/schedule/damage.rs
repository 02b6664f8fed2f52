//! How a hand spoils the lake of a schedule, and what must hold all the same.

use std::collections::BTreeSet;

use lake::Mode;

use super::hand::{Deed, Kind, Moment, Struck};
use super::{Goal, Scene, see_no_wrong_numbers};

/// What the hand does during a round of jobs.
#[derive(Default)]
pub(super) struct Round {
    /// At how many of a thousand calls it strikes.
    restlessness: usize,
    /// The object that the last call may have written.
    pub(super) written: Option<String>,
    /// Whether it has struck.
    pub(super) is_done: bool,
}

impl Scene<'_> {
    /// Begins a round of jobs.
    pub(super) async fn begin_damage(&mut self) -> Round {
        let Some(hand) = &mut self.hand else { return Round::default() };
        hand.begin_round(&self.small.store).await;
        Round { restlessness: hand.restlessness(), ..Round::default() }
    }

    /// Lets the hand see what was written, and strike if chance wants it.
    pub(super) async fn damage_meanwhile(&mut self, round: &mut Round) -> Result<(), String> {
        let Some(hand) = &mut self.hand else { return Ok(()) };
        if let Some(key) = round.written.take() {
            hand.remember(&self.small.store, &key).await;
        }
        if hand.chance(round.restlessness)
            && let Some(struck) = hand.strike(&self.small.store, Moment::DuringJobs).await
        {
            self.log.damage(format!("    {}", struck.told()));
            round.is_done = true;
            self.check_readers().await.map_err(|complaint| format!("meanwhile readers see: {complaint}"))?;
        }
        Ok(())
    }

    /// Lets the hand strike a few times between jobs.
    pub(super) async fn damage_between(&mut self) -> Result<(), String> {
        let Some(hand) = &mut self.hand else { return Ok(()) };
        for _ in 0..3 {
            if hand.chance(400)
                && let Some(struck) = hand.strike(&self.small.store, Moment::BetweenJobs).await
            {
                self.log.damage(struck.told());
            }
        }
        self.check_readers().await.map_err(|complaint| format!("after damage readers see: {complaint}"))
    }

    /// Says what a reader sees that is wrong. What cannot be read is no number.
    pub(super) async fn check_readers(&self) -> Result<(), String> {
        let lake = self.small.lake();
        see_no_wrong_numbers(&lake).await?;
        match &self.hand {
            Some(hand) => hand.check_marts(&self.small.store, &lake).await,
            None => Ok(()),
        }
    }

    /// The segments that the hand has spoiled, by key.
    pub(super) fn spoiled_raw(&self) -> BTreeSet<String> {
        self.hand.iter().flat_map(|hand| &hand.spoiled_raw).cloned().collect()
    }

    /// Raw cannot be made again. Either the lake is as the ERP is all the same, or a job names what it lacks.
    pub(super) async fn check_spoiled_raw(&self) -> Result<(), String> {
        let record = self.small.run(Mode::Incremental).await;
        let told = serde_json::to_string(&record).unwrap_or_default();
        if self.spoiled_raw().iter().any(|key| told.contains(key)) {
            return Ok(());
        }
        let rows = Goal::of_rows(&self.small).check_rows(&self.small).await;
        let spoiled = self.spoiled_raw();
        rows.and_then(
            |()| if record.status == "ok" { Ok(()) } else { Err("the job did not go well".to_owned()) },
        )
        .map_err(|complaint| format!("{spoiled:?} were spoiled, and no job says so: {complaint}; {told}"))
    }

    /// Spoils a lake that is as it should be and at which nobody is at work: the very next job makes it right
    /// again, and says so.
    pub(super) async fn damage_at_rest(&mut self, goal: &Goal) -> Result<(), String> {
        if self.hand.is_none() {
            return Ok(());
        }
        for _ in 0..2 {
            // A job without news, after which nothing is left to be copied.
            self.clean_job(Mode::Incremental).await?;
            let Some(hand) = &mut self.hand else { return Ok(()) };
            let Some(struck) = hand.strike(&self.small.store, Moment::AtRest).await else { continue };
            self.log.damage(struck.told());
            self.check_readers().await?;
            let record = self.small.run(Mode::Incremental).await;
            let told = format!("after {}", struck.told());
            if record.status != "ok" {
                return Err(format!("{told} a job ends {}: {:?}", record.status, record.error));
            }
            goal.check(&self.small, Some(self.latest_start))
                .await
                .map_err(|error| format!("{told}: {error}"))?;
            if must_be_told(&struck) && record.healed.is_none() {
                return Err(format!("{told} the job does not say that it healed anything"));
            }
        }
        Ok(())
    }
}

/// Whether the job that heals this must say so. A manifest of before may differ in nothing that was made.
fn must_be_told(struck: &Struck) -> bool {
    (struck.kind, struck.deed) != (Kind::Manifest, Deed::PutBack)
}
