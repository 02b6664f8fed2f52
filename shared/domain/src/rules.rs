//! The rules by which the compliance checks judge: one function per rule, over a few values.
//!
//! A value exactly at its limit is no violation. An unknown value is no violation either. Some checks have
//! their rules elsewhere: [`crate::average_quantity`] judges lots of packs, [`crate::label_gap`] finds
//! missing labels, [`crate::bookings`] adds up what was booked.

use crate::description::Words;
use crate::float_dust::{is_above, is_below};
use crate::piece_type::PieceType;
use crate::ratio::ratio_pct;
use crate::settings::Limits;
use crate::species::is_same_species;
use crate::tier::{Grade, Tier};

/// How far the weight on the paperwork may lie from the weight on the scales.
pub const WEIGHT_MISMATCH_PCT: f64 = 2.0;
/// How far the tier 1 output of a run may exceed its input of Premium fish.
pub const PREMIUM_EXCESS_PCT: f64 = 0.5;

/// Whether the yield of a complete run is below the factory's limit.
pub fn low_yield(yield_pct: Option<f64>, limits: &Limits) -> bool {
    yield_pct.is_some_and(|pct| is_below(pct, limits.low_yield_pct))
}

/// Whether the giveaway of a run is above the factory's limit.
pub fn high_giveaway(giveaway_pct: Option<f64>, limits: &Limits) -> bool {
    giveaway_pct.is_some_and(|pct| is_above(pct, limits.giveaway_pct))
}

/// Whether fish or a vehicle is warmer than it may be.
pub fn is_too_warm(temp_c: Option<f64>, max_c: f64) -> bool {
    temp_c.is_some_and(|temp| is_above(temp, max_c))
}

/// How many degrees a temperature reading lies outside its limits, always positive. `None` if it lies
/// inside, or has no limits.
pub fn degrees_over(temp_celsius: f64, target_min: Option<f64>, target_max: Option<f64>) -> Option<f64> {
    let below = target_min.filter(|min| is_below(temp_celsius, *min)).map(|min| min - temp_celsius);
    let above = target_max.filter(|max| is_above(temp_celsius, *max)).map(|max| temp_celsius - max);
    [below, above].into_iter().flatten().reduce(f64::max)
}

/// The difference between the output on a run's paperwork and the total on the scales, in percent of that
/// total. Never negative.
pub fn weight_difference_pct(outputs_kg: Option<f64>, total_weight_kg: Option<f64>) -> Option<f64> {
    ratio_pct((outputs_kg? - total_weight_kg?).abs(), total_weight_kg?)
}

/// Whether the paperwork of a complete run and its scales differ by more than [`WEIGHT_MISMATCH_PCT`].
///
/// Where the total on the scales is zero, the percentage is undefined. Any output is a mismatch there.
pub fn weight_mismatch(outputs_kg: Option<f64>, total_weight_kg: Option<f64>) -> bool {
    let (Some(outputs), Some(total)) = (outputs_kg, total_weight_kg) else { return false };
    is_above((outputs - total).abs(), total * WEIGHT_MISMATCH_PCT / 100.0)
}

/// Whether a run has no product code, or a blank one.
pub fn missing_product_code(product_code: Option<&str>) -> bool {
    product_code.is_none_or(|code| code.trim().is_empty())
}

/// Whether GG fish was packed in tier 1, for which it is not good enough.
pub fn gg_in_premium(tier: Option<Tier>, source_grade: Option<Grade>) -> bool {
    matches!((tier, source_grade), (Some(tier), Some(grade)) if !tier.admits_grade(grade))
}

/// Whether more tier 1 product came out of a run than Premium fish went in, by over [`PREMIUM_EXCESS_PCT`].
///
/// `premium_input_kg` is zero where all inputs are GG. It is `None` for a run without recorded inputs, which
/// is not judged.
pub fn premium_exceeds_input(tier_1_output_kg: f64, premium_input_kg: Option<f64>) -> bool {
    premium_input_kg
        .is_some_and(|input_kg| is_above(tier_1_output_kg, input_kg * (1.0 + PREMIUM_EXCESS_PCT / 100.0)))
}

/// Whether an output puts tails into tier 1.
pub fn tails_in_premium(tier: Option<Tier>, piece: Option<PieceType>) -> bool {
    matches!((tier, piece), (Some(tier), Some(piece)) if !tier.admits_piece(piece))
}

/// Whether an output is centre cut of Premium fish that is sold below tier 1. That is allowed, but it costs.
pub fn premium_downgraded(tier: Option<Tier>, piece: Option<PieceType>, source_grade: Option<Grade>) -> bool {
    piece == Some(PieceType::CenterCut)
        && source_grade == Some(Grade::Premium)
        && tier.is_some_and(|tier| tier > Tier::Premium)
}

/// Whether a product is Simply Salmon, by its description or its brand.
pub fn is_simply_salmon(description: Option<&str>, brand: Option<&str>) -> bool {
    [description, brand].into_iter().flatten().any(|text| Words::of(text).contain_any(&["SIMPLY SALMON"]))
}

/// Whether an output of Simply Salmon is in another tier than 3, or of fish that is too good for it.
pub fn simply_salmon_tier(tier: Option<Tier>, source_grade: Option<Grade>) -> bool {
    tier.is_some_and(|tier| tier != Tier::Export) || source_grade == Some(Grade::Premium)
}

/// Whether an output product is of another species than every batch that went into its run.
///
/// Batches of unknown species are left out. Where no species is known there is nothing to judge.
pub fn species_mismatch<'a>(
    product: Option<&str>,
    batches: impl IntoIterator<Item = Option<&'a str>>,
) -> bool {
    let Some(product) = product else { return false };
    let mut judged =
        batches.into_iter().flatten().filter_map(|batch| is_same_species(product, batch)).peekable();
    judged.peek().is_some() && judged.all(|same| !same)
}

/// Whether a scan-back that made a new batch names no parent batch, or one that is not known.
pub fn scanback_without_parent(parent_batch: Option<&str>, is_known: impl FnOnce(&str) -> bool) -> bool {
    match parent_batch.map(str::trim) {
        None | Some("") => true,
        Some(parent) => !is_known(parent),
    }
}

/// Whether the label of a scanned case carries another PLU than expected. A PLU is a product's number in the
/// weighing system, however it is written: `100`, `0100` and `100.0` are one. Not judged where one of the two is
/// blank.
pub fn plu_mismatch(expected_plu: Option<&str>, scanned_plu: Option<&str>) -> bool {
    match (expected_plu.map(str::trim), scanned_plu.map(str::trim)) {
        (Some(expected), Some(scanned)) => {
            !expected.is_empty()
                && !scanned.is_empty()
                && shortest_number(expected) != shortest_number(scanned)
        }
        _ => false,
    }
}

/// A decimal number without zeros that add nothing. Any other text as it is.
fn shortest_number(text: &str) -> &str {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = [whole, fraction].concat().bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || whole.is_empty() || fraction.bytes().any(|digit| digit != b'0') {
        return text;
    }
    match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    }
}

/// Whether people have to map the inputs of this product by hand: Family Packs, marinades, Simply Salmon.
pub fn is_exception_product(description: Option<&str>, piece: Option<PieceType>) -> bool {
    const PHRASES: &[&str] = &["FAMILY PACK", "FAMILY PACKS", "MARINADE", "MARINADES", "SIMPLY SALMON"];
    piece == Some(PieceType::Marinade) || description.is_some_and(|text| Words::of(text).contain_any(PHRASES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yield_of_exactly_the_limit_is_not_low() {
        let limits = Limits::default();
        for (pct, expect) in [(Some(89.99), true), (Some(90.0), false), (Some(95.0), false), (None, false)] {
            assert_eq!(low_yield(pct, &limits), expect, "{pct:?}");
        }
        let pct = ratio_pct(0.3 + 0.4 + 0.2, 1.0);
        assert!(pct.unwrap() < 90.0, "the sum carries dust");
        assert!(!low_yield(pct, &limits));
        let strict = Limits { low_yield_pct: 95.0, ..limits };
        assert!(low_yield(Some(94.9), &strict) && !low_yield(Some(95.0), &strict));
    }

    #[test]
    fn a_giveaway_of_exactly_the_limit_is_not_high() {
        let limits = Limits::default();
        for (pct, expect) in [(Some(3.01), true), (Some(3.0), false), (Some(-5.0), false), (None, false)] {
            assert_eq!(high_giveaway(pct, &limits), expect, "{pct:?}");
        }
        assert!(!high_giveaway(ratio_pct(1.03 - 1.0, 1.0), &limits), "1.03 - 1.0 is not quite 0.03");
        assert!(high_giveaway(Some(2.5), &Limits { giveaway_pct: 2.0, ..limits }));
    }

    #[test]
    fn fish_at_the_limit_is_not_too_warm() {
        for (temp, expect) in [(Some(4.1), true), (Some(4.0), false), (Some(-1.0), false), (None, false)] {
            assert_eq!(is_too_warm(temp, 4.0), expect, "{temp:?}");
        }
        assert!(!is_too_warm(Some((39.2 - 32.0) / 1.8), 4.0), "39.2 °F are not quite 4 °C");
    }

    #[test]
    fn degrees_over_are_counted_from_the_limit_that_is_passed() {
        let check = |temp, min, max, expect| {
            assert_eq!(degrees_over(temp, min, max), expect, "{temp} {min:?} {max:?}");
        };
        check(7.5, Some(0.0), Some(5.0), Some(2.5));
        check(-1.5, Some(0.0), Some(5.0), Some(1.5));
        check(0.0, Some(0.0), Some(5.0), None);
        check(5.0, Some(0.0), Some(5.0), None);
        check(-16.0, None, Some(-18.0), Some(2.0));
        check(99.0, None, None, None);
        check(3.0, Some(5.0), Some(1.0), Some(2.0));
        check((39.74 - 32.0) / 1.8, None, Some(4.3), None);
        check(0.1 + 0.2, None, Some(0.3), None);
    }

    #[test]
    fn weights_may_differ_by_two_percent_of_the_total() {
        for (outputs, total, expect) in [
            (Some(102.0), Some(100.0), false),
            (Some(98.0), Some(100.0), false),
            (Some(97.9), Some(100.0), true),
            (Some(102.1), Some(100.0), true),
            (Some(1.0), Some(0.0), true),
            (Some(0.0), Some(0.0), false),
            (None, Some(100.0), false),
            (Some(100.0), None, false),
        ] {
            assert_eq!(weight_mismatch(outputs, total), expect, "{outputs:?} {total:?}");
        }
        assert_eq!(weight_difference_pct(Some(95.0), Some(100.0)), Some(5.0));
        assert_eq!(weight_difference_pct(Some(95.0), Some(0.0)), None);
    }

    #[test]
    fn a_blank_product_code_is_missing() {
        for (code, expect) in [(None, true), (Some(""), true), (Some(" \t"), true), (Some(" P1 "), false)] {
            assert_eq!(missing_product_code(code), expect, "{code:?}");
        }
    }

    #[test]
    fn only_gg_fish_and_tails_in_tier_one_are_wrong() {
        assert!(gg_in_premium(Some(Tier::Premium), Some(Grade::Gg)));
        assert!(!gg_in_premium(Some(Tier::Gg), Some(Grade::Gg)));
        assert!(!gg_in_premium(Some(Tier::Premium), Some(Grade::Premium)));
        assert!(!gg_in_premium(None, Some(Grade::Gg)) && !gg_in_premium(Some(Tier::Premium), None));
        assert!(tails_in_premium(Some(Tier::Premium), Some(PieceType::Tail)));
        assert!(!tails_in_premium(Some(Tier::Export), Some(PieceType::Tail)));
        assert!(!tails_in_premium(Some(Tier::Premium), Some(PieceType::CenterCut)));
    }

    #[test]
    fn premium_centre_cut_goes_down_below_tier_one_alone() {
        use PieceType::{CenterCut, Tail};
        for (tier, piece, grade, expect) in [
            (Some(Tier::Gg), Some(CenterCut), Some(Grade::Premium), true),
            (Some(Tier::Export), Some(CenterCut), Some(Grade::Premium), true),
            (Some(Tier::Premium), Some(CenterCut), Some(Grade::Premium), false),
            (Some(Tier::Gg), Some(Tail), Some(Grade::Premium), false),
            (Some(Tier::Gg), Some(CenterCut), Some(Grade::Gg), false),
            (None, Some(CenterCut), Some(Grade::Premium), false),
            (Some(Tier::Gg), None, Some(Grade::Premium), false),
            (Some(Tier::Gg), Some(CenterCut), None, false),
        ] {
            assert_eq!(premium_downgraded(tier, piece, grade), expect, "{tier:?} {piece:?} {grade:?}");
        }
    }

    #[test]
    fn simply_salmon_is_known_by_description_or_brand() {
        for (description, brand, expect) in [
            (Some("simply  salmon sides"), None, true),
            (Some("SALMON SIDES"), Some("Simply Salmon"), true),
            (Some("SIMPLY SALMONS"), Some("Simply"), false),
            (None, None, false),
        ] {
            assert_eq!(is_simply_salmon(description, brand), expect, "{description:?} {brand:?}");
        }
    }

    #[test]
    fn simply_salmon_belongs_into_tier_three_and_takes_no_premium_fish() {
        for (tier, grade, expect) in [
            (Some(Tier::Export), Some(Grade::Gg), false),
            (Some(Tier::Export), None, false),
            (Some(Tier::Export), Some(Grade::Premium), true),
            (Some(Tier::Gg), Some(Grade::Gg), true),
            (Some(Tier::Premium), None, true),
            (None, Some(Grade::Gg), false),
            (None, None, false),
        ] {
            assert_eq!(simply_salmon_tier(tier, grade), expect, "{tier:?} {grade:?}");
        }
    }

    #[test]
    fn tier_one_may_exceed_its_premium_input_by_half_a_percent() {
        for (output, input, expect) in [
            (100.5, Some(100.0), false),
            (100.6, Some(100.0), true),
            (1.0, Some(0.0), true),
            (0.0, Some(0.0), false),
            (500.0, None, false),
        ] {
            assert_eq!(premium_exceeds_input(output, input), expect, "{output} {input:?}");
        }
    }

    #[test]
    fn a_species_must_differ_from_every_known_batch() {
        let check = |product, batches: &[Option<&'static str>], expect| {
            assert_eq!(species_mismatch(product, batches.iter().copied()), expect, "{product:?} {batches:?}");
        };
        check(Some("cod"), &[Some("salmon"), Some("trout")], true);
        check(Some("cod"), &[Some("salmon"), Some("Cod ")], false);
        check(Some("cod"), &[Some("salmon"), None], true);
        check(Some("cod"), &[None, Some(" ")], false);
        check(Some("cod"), &[], false);
        check(Some(" "), &[Some("salmon")], false);
        check(None, &[Some("salmon")], false);
    }

    #[test]
    fn a_scan_back_needs_a_known_parent() {
        let known = |batch: &str| batch == "B1";
        for (parent, expect) in [(None, true), (Some(" "), true), (Some("B2"), true), (Some(" B1 "), false)] {
            assert_eq!(scanback_without_parent(parent, known), expect, "{parent:?}");
        }
    }

    #[test]
    fn a_case_is_wrong_only_when_both_labels_are_known_and_differ() {
        for (expected, scanned, expect) in [
            (Some("100"), Some("101"), true),
            (Some("100 "), Some(" 100"), false),
            (Some("0100"), Some("100"), false),
            (Some("100"), Some("100.0"), false),
            (Some("0"), Some("000"), false),
            (Some("100"), Some("1000"), true),
            (Some("100"), Some("100.5"), true),
            (Some("A100"), Some("A0100"), true),
            (Some("10000000000000001"), Some("10000000000000002"), true),
            (Some("100"), None, false),
            (Some("100"), Some(" "), false),
            (None, Some("100"), false),
        ] {
            assert_eq!(plu_mismatch(expected, scanned), expect, "{expected:?} {scanned:?}");
        }
    }

    #[test]
    fn exception_products_are_known_by_description_or_cut() {
        for (description, piece, expect) in [
            (Some("cod family pack 1kg"), None, true),
            (Some("SIMPLY SALMON SIDES"), Some(PieceType::Joint), true),
            (Some("Chilli marinade"), None, true),
            (Some("COD LOIN"), Some(PieceType::Marinade), true),
            (Some("SALMON FAMILY"), Some(PieceType::Tail), false),
            (None, None, false),
        ] {
            assert_eq!(is_exception_product(description, piece), expect, "{description:?} {piece:?}");
        }
    }
}
