//! Which production line an ERP text means: it may be a line's id or its name.

use std::collections::HashMap;

use domain::code::folded;
use polars::prelude::*;

use super::known;

/// The production lines by what the ERP calls them.
pub(super) struct Lines(HashMap<String, Line>);

#[derive(Clone)]
struct Line {
    id: String,
    name: String,
}

impl Lines {
    /// The lines of staging `prod_lines`. Where a text fits several lines, an id beats a name, then an active
    /// line beats one that is not active, then the first id counts.
    pub(super) fn of(lines: &DataFrame) -> PolarsResult<Self> {
        let first_counts =
            SortMultipleOptions::new().with_order_descending_multi([true, false]).with_nulls_last(true);
        let lines = lines.sort(["active", "line_id"], first_counts)?;
        let lines: Vec<_> = lines
            .column("line_id")?
            .str()?
            .iter()
            .zip(lines.column("line_name")?.str()?.iter())
            .filter_map(line)
            .collect();
        let by_id = lines.iter().map(|line| (folded(&line.id), line));
        let by_name = lines.iter().map(|line| (folded(&line.name), line));
        let mut by_text = HashMap::new();
        for (text, line) in by_id.chain(by_name) {
            by_text.entry(text).or_insert_with(|| line.clone());
        }
        Ok(Self(by_text))
    }

    /// The ids and the names of the lines that these texts mean. Where no line is known by a text, the text
    /// itself is both.
    pub(super) fn resolve_all<'a>(
        &'a self,
        texts: &'a StringChunked,
    ) -> (Vec<Option<&'a str>>, Vec<Option<&'a str>>) {
        texts.iter().map(|text| self.resolve(text)).unzip()
    }

    fn resolve<'a>(&'a self, text: Option<&'a str>) -> (Option<&'a str>, Option<&'a str>) {
        match known(text).map(|text| (text, self.0.get(&folded(text)))) {
            Some((_, Some(line))) => (Some(&line.id), Some(&line.name)),
            Some((text, None)) => (Some(text), Some(text)),
            None => (None, None),
        }
    }
}

/// A line without a name goes by its id.
fn line((id, name): (Option<&str>, Option<&str>)) -> Option<Line> {
    let id = known(id)?;
    Some(Line { id: id.to_owned(), name: known(name).unwrap_or(id).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::rows;
    use super::*;
    use crate::sources::PROD_LINES;

    fn meant(texts: &[Option<&str>]) -> Vec<String> {
        let lines = df![
            "line_id" => ["L9", "L1", "L2", "L3", "Line 2", "L4"],
            "line_name" => [Some("Line 1"), Some("Line 1"), Some("Line 2"), None, Some("Old two"), Some("Line 1")],
            "active" => [Some(true), Some(true), Some(true), Some(true), Some(false), Some(false)],
        ];
        let lines = Lines::of(&rows(&PROD_LINES, &lines.unwrap())).unwrap();
        let texts = StringChunked::from_iter_options("prod_line".into(), texts.iter().copied());
        let (ids, names) = lines.resolve_all(&texts);
        ids.iter()
            .zip(names)
            .map(|(id, name)| format!("{} {}", id.unwrap_or("-"), name.unwrap_or("-")))
            .collect()
    }

    #[test]
    fn a_line_is_known_by_its_id_and_by_its_name_in_any_case() {
        assert_eq!(meant(&[Some("L1"), Some(" l1 "), Some("LINE 1")]), ["L1 Line 1"; 3]);
        assert_eq!(meant(&[Some("l3")]), ["L3 L3"]);
    }

    #[test]
    fn what_prod_lines_does_not_know_stays_the_erps_own_text() {
        assert_eq!(meant(&[Some(" Line 77"), None, Some(" ")]), ["Line 77 Line 77", "- -", "- -"]);
    }

    #[test]
    fn an_id_beats_a_name_and_an_active_line_beats_an_old_one() {
        assert_eq!(
            meant(&[Some("line 2"), Some("line 1"), Some("L4")]),
            ["Line 2 Old two", "L1 Line 1", "L4 Line 1"]
        );
    }

    #[test]
    fn without_the_table_every_text_stays() {
        let lines = Lines::of(&rows(&PROD_LINES, &DataFrame::empty())).unwrap();
        assert_eq!(lines.resolve(Some("L1")), (Some("L1"), Some("L1")));
    }
}
