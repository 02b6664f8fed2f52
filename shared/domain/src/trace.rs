//! The lineage of batches: which batch was made of which, followed in both directions to any depth.
//!
//! This module knows batch codes only. The caller looks up what runs made of the batches.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// Batches and their parents. Records may be wrong, so cycles are allowed, and so are batches that are their
/// own parents.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    parents: HashMap<String, BTreeSet<String>>,
    children: HashMap<String, BTreeSet<String>>,
}

/// Batches by code, each with the length of the shortest way to it.
pub type Depths = BTreeMap<String, usize>;

impl Lineage {
    /// Notes that `child` was made of `parent`.
    pub fn add(&mut self, parent: &str, child: &str) {
        self.parents.entry(child.to_owned()).or_default().insert(parent.to_owned());
        self.children.entry(parent.to_owned()).or_default().insert(child.to_owned());
    }

    /// These batches and all that they were made of, at any depth. These batches keep the depths that they
    /// come with.
    pub fn before(&self, these: Depths) -> Depths {
        walk(&self.parents, these)
    }

    /// These batches and all that were made of them, at any depth. These batches keep the depths that they
    /// come with.
    pub fn after(&self, these: Depths) -> Depths {
        walk(&self.children, these)
    }
}

/// Follows the links breadth first, so that the first way to a batch is a shortest one. A queue instead of
/// recursion keeps the stack safe at any depth.
fn walk(next: &HashMap<String, BTreeSet<String>>, these: Depths) -> Depths {
    let mut by_depth: Vec<(usize, String)> =
        these.iter().map(|(code, depth)| (*depth, code.clone())).collect();
    by_depth.sort_unstable();
    let mut queue: VecDeque<(usize, String)> = by_depth.into();
    let mut depths = these;
    while let Some((depth, code)) = queue.pop_front() {
        for other in next.get(&code).into_iter().flatten() {
            if depths.get(other).is_none_or(|known| *known > depth + 1) {
                depths.insert(other.clone(), depth + 1);
                queue.push_back((depth + 1, other.clone()));
            }
        }
    }
    depths
}

/// The parents of a batch that was scanned back out of a run that took in `inputs`. The scan may name a
/// `parent`, and the batch in hand as `scanned`.
///
/// Where the scan names no `parent`, `scanned` is taken for it. If the run took that batch in, it is the only
/// parent. Otherwise the fish may come from any input. Then all inputs are parents, and so is the named
/// `parent`, whether anybody knows it or not.
pub fn parents_of_scan_back<'a>(
    parent: Option<&'a str>,
    scanned: Option<&'a str>,
    inputs: &BTreeSet<&'a str>,
) -> BTreeSet<&'a str> {
    if let Some(sure) = [parent, scanned].into_iter().flatten().next().filter(|code| inputs.contains(code)) {
        return BTreeSet::from([sure]);
    }
    inputs.iter().copied().chain(parent).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lineage(made: &[(&str, &str)]) -> Lineage {
        let mut lineage = Lineage::default();
        for (parent, child) in made {
            lineage.add(parent, child);
        }
        lineage
    }

    fn from(code: &str) -> Depths {
        Depths::from([(code.to_owned(), 0)])
    }

    fn shown(depths: &Depths) -> String {
        depths.iter().map(|(code, depth)| format!("{code}:{depth}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_batch_has_the_depth_of_the_shortest_way() {
        let diamond = lineage(&[("A", "B"), ("A", "C"), ("B", "D"), ("C", "D"), ("D", "E"), ("A", "E")]);
        assert_eq!(shown(&diamond.after(from("A"))), "A:0 B:1 C:1 D:2 E:1");
        assert_eq!(shown(&diamond.before(from("E"))), "A:1 B:2 C:2 D:1 E:0");
        assert_eq!(shown(&diamond.after(from("no such batch"))), "no such batch:0");
    }

    #[test]
    fn several_beginnings_keep_their_depths_unless_a_shorter_way_leads_to_one() {
        let chain = lineage(&[("A", "B"), ("B", "C"), ("C", "D")]);
        let these = Depths::from([("A".to_owned(), 0), ("C".to_owned(), 9)]);
        assert_eq!(shown(&chain.after(these)), "A:0 B:1 C:2 D:3");
    }

    #[test]
    fn circles_and_batches_that_are_their_own_parents_come_to_an_end() {
        let circle = lineage(&[("A", "B"), ("B", "C"), ("C", "A"), ("C", "C")]);
        assert_eq!(shown(&circle.after(from("A"))), "A:0 B:1 C:2");
        assert_eq!(shown(&circle.before(from("A"))), "A:0 B:2 C:1");
    }

    #[test]
    fn a_chain_of_ten_thousand_batches_is_followed_to_both_ends() {
        let mut chain = Lineage::default();
        for n in 0..10_000 {
            chain.add(&n.to_string(), &(n + 1).to_string());
        }
        assert_eq!(chain.after(from("0"))["10000"], 10_000);
        assert_eq!(chain.before(from("10000"))["0"], 10_000);
    }

    #[test]
    fn a_scan_back_comes_from_the_input_it_names_and_from_any_input_where_it_names_none() {
        let check = |parent, scanned, expect: &[&str]| {
            let inputs = BTreeSet::from(["B1", "B2"]);
            assert_eq!(
                parents_of_scan_back(parent, scanned, &inputs),
                expect.iter().copied().collect(),
                "{parent:?} {scanned:?}"
            );
        };
        check(Some("B1"), None, &["B1"]);
        check(Some("B1"), Some("B2"), &["B1"]);
        check(None, Some("B2"), &["B2"]);
        check(None, Some("N1"), &["B1", "B2"]);
        check(None, None, &["B1", "B2"]);
        check(Some("X"), Some("B2"), &["B1", "B2", "X"]);
        assert_eq!(parents_of_scan_back(Some("X"), None, &BTreeSet::new()), BTreeSet::from(["X"]));
    }

    proptest! {
        #[test]
        fn one_is_an_ancestor_of_another_just_where_that_is_its_descendant(made in prop::collection::vec((0..12_u8, 0..12_u8), 0..40)) {
            let mut lineage = Lineage::default();
            for (parent, child) in &made {
                lineage.add(&parent.to_string(), &child.to_string());
            }
            for one in 0..12_u8 {
                let after = lineage.after(from(&one.to_string()));
                for other in 0..12_u8 {
                    let before = lineage.before(from(&other.to_string()));
                    prop_assert_eq!(after.get(&other.to_string()), before.get(&one.to_string()), "{} {}", one, other);
                }
            }
        }
    }
}
