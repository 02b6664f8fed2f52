//! The tiers of products, the grades of fish, and which fish may enter which tier. Premium fish may go down
//! into every tier. GG fish never goes up, and tails never enter tier 1.

use crate::named::named_enum;
use crate::piece_type::PieceType;
use serde::{Deserialize, Serialize};
use thiserror::Error;

named_enum! {
    /// The grade of a batch of fish.
    "grade" Grade {
        /// Fit for every tier.
        Premium = "Premium",
        /// Fit for tiers 2 and 3.
        Gg = "GG",
    }
}

/// The tier of a product. The ERP and our answers write it as 1, 2 or 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum Tier {
    /// Tier 1.
    Premium,
    /// Tier 2.
    Gg,
    /// Tier 3.
    Export,
}

/// A number that is no tier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no tier: use 1, 2 or 3")]
pub struct NotATier(pub i64);

impl Tier {
    /// All tiers, the best first.
    pub const ALL: [Self; 3] = [Self::Premium, Self::Gg, Self::Export];

    /// The number of the tier: 1, 2 or 3.
    pub const fn number(self) -> i64 {
        match self {
            Self::Premium => 1,
            Self::Gg => 2,
            Self::Export => 3,
        }
    }

    /// The name that people in the factory use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Premium => "Premium",
            Self::Gg => "GG",
            Self::Export => "Export / Simply Salmon",
        }
    }

    /// Whether fish of this grade may be packed in this tier.
    pub fn admits_grade(self, grade: Grade) -> bool {
        self != Self::Premium || grade == Grade::Premium
    }

    /// Whether this cut may be packed in this tier.
    pub fn admits_piece(self, piece: PieceType) -> bool {
        self != Self::Premium || piece != PieceType::Tail
    }
}

impl TryFrom<i64> for Tier {
    type Error = NotATier;

    fn try_from(number: i64) -> Result<Self, NotATier> {
        Self::ALL.into_iter().find(|tier| tier.number() == number).ok_or(NotATier(number))
    }
}

impl From<Tier> for i64 {
    fn from(tier: Tier) -> Self {
        tier.number()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_to_three_are_tiers() {
        for tier in Tier::ALL {
            assert_eq!(Tier::try_from(tier.number()), Ok(tier));
        }
        for number in [i64::MIN, -1, 0, 4, i64::MAX] {
            assert_eq!(Tier::try_from(number), Err(NotATier(number)));
        }
    }

    #[test]
    fn premium_cascades_down_and_gg_never_goes_up() {
        let admitted = |grade| Tier::ALL.map(|tier| tier.admits_grade(grade));
        assert_eq!(admitted(Grade::Premium), [true, true, true]);
        assert_eq!(admitted(Grade::Gg), [false, true, true]);
    }

    #[test]
    fn tails_enter_every_tier_but_the_first() {
        assert_eq!(Tier::ALL.map(|tier| tier.admits_piece(PieceType::Tail)), [false, true, true]);
        for piece in PieceType::ALL.iter().filter(|piece| **piece != PieceType::Tail) {
            assert!(Tier::Premium.admits_piece(*piece), "{piece}");
        }
    }
}
