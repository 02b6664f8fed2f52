//! One page of a list.
//!
//! A page begins after the key of the last row of the page before, not after a count of rows. So when rows
//! come or go between two pages, no other row appears twice or is left out.

use api::ParameterError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a list is sorted by, the smallest first. No two rows share a key. `Reverse` turns the order round.
pub trait Key: Ord + Clone + Serialize + DeserializeOwned {}

impl<K: Ord + Clone + Serialize + DeserializeOwned> Key for K {}

/// The rows of a page with their keys, and the key after which the next page begins: `None` at the end of the
/// list.
#[derive(Debug)]
pub(crate) struct Page<K, R> {
    pub(crate) keys: Vec<K>,
    pub(crate) rows: Vec<R>,
    pub(crate) last: Option<K>,
}

impl<K: Key, R> Page<K, R> {
    pub(crate) fn of(rows: Vec<(K, R)>, last: Option<K>) -> Self {
        let (keys, rows) = rows.into_iter().unzip();
        Self { keys, rows, last }
    }

    /// The value of `after` that asks for what follows the first `written` rows of this page.
    pub(crate) fn next(&self, written: usize) -> Option<String> {
        let is_cut = written < self.keys.len();
        let last = if is_cut { self.keys[..written].last() } else { self.last.as_ref() };
        last.and_then(next)
    }

    /// What to ask for where the first row alone is more than an answer can hold.
    pub(crate) fn beyond_the_first(&self) -> String {
        let after = self.keys.first().and_then(next).unwrap_or_default();
        format!("the first row alone is, so go on behind it with the parameter `after` as `{after}`")
    }
}

/// Takes the first `limit` rows after the key that `after` holds.
pub(crate) fn page<K: Key, R>(
    mut rows: Vec<(K, R)>,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<K, R>, ParameterError> {
    if let Some(last) = self::after::<K>(after)? {
        rows.retain(|(key, _)| *key > last);
    }
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more).map(|(key, _)| key.clone());
    Ok(Page::of(rows, last))
}

/// The key that `after` holds.
pub(crate) fn after<K: Key>(text: Option<&str>) -> Result<Option<K>, ParameterError> {
    text.map(|text| serde_json::from_str(text).map_err(|_| unreadable(text))).transpose()
}

/// The value of `after` that asks for the rows after this key.
pub(crate) fn next<K: Key>(key: &K) -> Option<String> {
    // A key is made of texts, numbers and dates: JSON can always hold it.
    serde_json::to_string(key).ok()
}

fn unreadable(text: &str) -> ParameterError {
    let expected =
        "is not where a page of this list ended: take it from the `Link` header of the page before"
            .to_owned();
    ParameterError { name: "after".to_owned(), value: text.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use proptest::prelude::*;

    use super::*;

    type K = (Reverse<Option<i8>>, Option<String>, i64);

    fn keyed(rows: &[(Option<i8>, Option<String>)]) -> Vec<(K, i64)> {
        let numbered = rows.iter().zip(0_i64..);
        numbered.map(|((date, line), id)| ((Reverse(*date), line.clone(), id), id)).collect()
    }

    /// Reads pages, of which so many rows fit into an answer.
    fn read_all(rows: &[(K, i64)], limit: usize, fitting: usize) -> Vec<i64> {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = page(rows.to_vec(), limit, after.as_deref()).unwrap();
            assert!(page.rows.len() <= limit);
            let written = page.rows.len().min(fitting);
            seen.extend(&page.rows[..written]);
            match page.next(written) {
                Some(next) => after = Some(next),
                None => return seen,
            }
        }
    }

    fn next_of(page: &Page<K, i64>) -> Option<String> {
        page.next(page.rows.len())
    }

    proptest! {
        #[test]
        fn pages_of_any_length_hold_every_row_once_in_order(
            rows in prop::collection::vec((prop::option::of(0..4_i8), prop::option::of("[ab\"é]{0,2}")), 0..40),
            limit in 1..12_usize,
            fitting in 1..12_usize,
        ) {
            let rows = keyed(&rows);
            let mut expect = rows.clone();
            expect.sort();
            prop_assert_eq!(read_all(&rows, limit, fitting), expect.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
        }

        #[test]
        fn rows_that_come_and_go_between_pages_move_no_other(
            rows in prop::collection::vec((prop::option::of(0..4_i8), prop::option::of("[ab]{0,2}")), 2..40),
            gone in any::<prop::sample::Index>(),
            limit in 1..6_usize,
        ) {
            let rows = keyed(&rows);
            let gone = gone.get(&rows).1;
            let first = page(rows.clone(), limit, None).unwrap();
            let mut later: Vec<_> = rows.iter().filter(|(_, id)| *id != gone).cloned().collect();
            later.push(((Reverse(Some(100)), None, -1), -1));
            let mut next = next_of(&first);
            let mut seen = first.rows;
            while let Some(after) = next {
                let page = page(later.clone(), limit, Some(&after)).unwrap();
                next = next_of(&page);
                seen.extend(page.rows);
            }
            seen.retain(|id| *id != gone);
            seen.sort_unstable();
            prop_assert_eq!(seen, rows.into_iter().map(|(_, id)| id).filter(|id| *id != gone).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_page_that_ends_with_the_list_has_no_next() {
        let rows = keyed(&[(Some(1), None), (Some(2), None)]);
        assert_eq!(next_of(&page(rows.clone(), 2, None).unwrap()), None);
        assert!(next_of(&page(rows, 1, None).unwrap()).is_some());
    }

    #[test]
    fn what_is_no_key_of_this_list_is_refused_by_name() {
        for text in ["", "x", "[]", "[1,2,3]", r#"["2026-11-23"]"#] {
            let error = page(keyed(&[(Some(1), None)]), 1, Some(text)).unwrap_err();
            assert_eq!((error.name.as_str(), error.value.as_str()), ("after", text));
        }
    }
}
