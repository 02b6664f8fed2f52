//! Allergens, as people write them into the product master: `FISH; MILK`, `fish and milk`, `Contains: fish`.
//!
//! The SQL of the lake has the same words (`infra/lake/sql/allergen_lists.sql`).

use std::collections::BTreeSet;

/// What stands between two allergens, and what each becomes. In this order, since some become others.
const SEPARATORS: [(&str, &str); 14] = [
    ("\u{a0}", " "),
    ("\t", ","),
    ("\n", ","),
    ("\r", ","),
    (" n/a ", " unknown "),
    (";", ","),
    ("/", ","),
    ("|", ","),
    ("&", ","),
    ("+", ","),
    (":", ","),
    (".", ","),
    (" - ", ","),
    (" and ", ","),
];

/// Words before a list, and those that two separators may leave over.
const NO_ITEMS: [&str; 5] = ["and", "allergens", "contains", "may contain", "allergen"];

/// An item that says that a product has no allergens.
const NONE: [&str; 4] = ["none", "nil", "no allergens", "none known"];

/// An item that says that somebody still has to find out.
const UNKNOWN: [&str; 6] = ["unknown", "not known", "tbc", "tba", "tbd", "?"];

/// The allergens of a product, in lower case. `None` if they are not known, or not all of them. A product
/// that is known to have none has the empty set.
pub fn parse(text: Option<&str>) -> Option<BTreeSet<String>> {
    let mut items = items(text?);
    if items.is_empty() || UNKNOWN.iter().any(|word| items.contains(*word)) {
        return None;
    }
    items.retain(|item| !NONE.contains(&item.as_str()));
    Some(items)
}

/// The allergens of a product as a list with commas: as it was written, if it was written with commas. `None`
/// if it says nothing.
pub fn comma_separated(text: Option<&str>) -> Option<String> {
    let text = text?;
    let items = items(text);
    if items.is_empty() {
        return None;
    }
    let is_list = separated(text) == padded(text);
    Some(if is_list { text.to_owned() } else { listed(&items) })
}

/// Allergens in alphabetical order: "fish, milk".
pub fn listed(allergens: &BTreeSet<String>) -> String {
    allergens.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn items(text: &str) -> BTreeSet<String> {
    let list = separated(text);
    let items = list.split(',').map(str::trim).map(|item| without_lead(item).trim());
    items.filter(|item| !item.is_empty() && !NO_ITEMS.contains(item)).map(str::to_owned).collect()
}

/// The item without "and" and "contains" before it.
fn without_lead(item: &str) -> &str {
    let item = item.strip_prefix("and ").map_or(item, str::trim_start);
    item.strip_prefix("may contain ").or_else(|| item.strip_prefix("contains ")).unwrap_or(item)
}

/// The text in lower case with commas for all separators.
fn separated(text: &str) -> String {
    SEPARATORS.iter().fold(padded(text), |list, (written, becomes)| list.replace(written, becomes))
}

/// The text in lower case between blanks, so that its first and last words have one on either side.
fn padded(text: &str) -> String {
    format!(" {} ", text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn allergens_are_read_whatever_stands_between_them() {
        for text in [
            "fish, milk",
            "FISH; MILK",
            "fish and milk",
            "Fish AND Milk",
            "milk/fish",
            "fish & milk",
            "fish + milk",
            "fish | milk",
            "fish - milk",
            "fish\r\nmilk",
            "Fish,\u{a0}milk",
            "Contains: fish, milk.",
            "contains fish and milk",
            "Allergens: Milk, and fish",
            "FISH,AND MILK",
            "fish;and contains milk",
            " milk ,, fish,milk ",
        ] {
            assert_eq!(parse(Some(text)).map(|set| listed(&set)).as_deref(), Some("fish, milk"), "{text:?}");
        }
        assert_eq!(listed(&parse(Some("sea-bass")).unwrap()), "sea-bass");
        assert_eq!(listed(&parse(Some("candied fruit")).unwrap()), "candied fruit");
    }

    #[test]
    fn to_have_none_is_known_and_to_say_nothing_is_not() {
        for text in ["none", "NIL", "No allergens.", "Contains: none"] {
            assert_eq!(parse(Some(text)), Some(BTreeSet::new()), "{text:?}");
        }
        for text in
            [None, Some(""), Some("  "), Some(","), Some("TBC"), Some("n/a"), Some("-"), Some("fish, ?")]
        {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_list_with_commas_is_shown_as_it_was_written_and_any_other_is_made_one() {
        for (text, expect) in [
            (Some("Milk,fish"), Some("Milk,fish")),
            (Some("FISH; MILK"), Some("fish, milk")),
            (Some("milk and fish"), Some("fish, milk")),
            (Some("TBC"), Some("TBC")),
            (Some(" "), None),
            (None, None),
        ] {
            assert_eq!(comma_separated(text).as_deref(), expect, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn case_order_and_separators_tell_no_set_from_another(
            names in prop::collection::btree_set("[a-z]{4,8}", 1..5),
            separator in prop::sample::select(vec![", ", ";", " and ", "/", " & ", "+", "\n"]),
        ) {
            let names: BTreeSet<_> = names.into_iter().filter(|name| name != "none").collect();
            let text = names.iter().rev().map(|name| name.to_uppercase()).collect::<Vec<_>>().join(separator);
            prop_assert_eq!(parse(Some(&text)).unwrap_or_default(), names);
        }
    }
}
