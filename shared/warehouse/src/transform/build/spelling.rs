//! How codes are written: as their master writes them, whatever spelling a row has.

use std::collections::HashMap;

use domain::code::folded;
use polars::prelude::*;

/// The written form of each code, by the folded code.
#[derive(Clone, Debug, Default)]
pub(super) struct Spelling(HashMap<String, String>);

impl Spelling {
    /// Learns the codes of these columns of a master. A code that is known already stays as it is. Of several
    /// spellings the first in the order of characters counts.
    pub(super) fn learn<'a>(&mut self, columns: impl IntoIterator<Item = &'a Column>) -> PolarsResult<()> {
        let mut learnt: HashMap<String, String> = HashMap::new();
        for column in columns {
            for code in column.str()?.iter().flatten().map(str::trim).filter(|code| !code.is_empty()) {
                let written = learnt.entry(folded(code)).or_insert_with(|| code.to_owned());
                if code < written.as_str() {
                    code.clone_into(written);
                }
            }
        }
        for (code, written) in learnt {
            self.0.entry(code).or_insert(written);
        }
        Ok(())
    }

    /// Writes the codes of a column as the masters do. A code that none of them has stays.
    pub(super) fn write(&self, rows: &mut DataFrame, column: &str) -> PolarsResult<()> {
        let codes = rows.column(column)?.str()?.clone();
        let mut known: HashMap<&str, &str> = HashMap::new();
        let mut written = |code| {
            *known.entry(code).or_insert_with(|| self.0.get(&folded(code)).map_or(code, String::as_str))
        };
        let written: StringChunked = codes.iter().map(|code| code.map(&mut written)).collect();
        rows.with_column(written.with_name(column.into()).into_column())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_the_first_master_writes_them() {
        let mut spelling = Spelling::default();
        let master = |codes: [Option<&str>; 3]| Column::new("code".into(), codes);
        spelling.learn([&master([Some("b100"), Some("B100"), None])]).unwrap();
        spelling.learn([&master([Some("b100"), Some("n1"), Some("")])]).unwrap();
        let mut rows = df!["code" => [Some(" b100"), Some("N1"), Some("x"), Some(""), None]].unwrap();
        spelling.write(&mut rows, "code").unwrap();
        let written: Vec<_> = rows.column("code").unwrap().str().unwrap().iter().collect();
        assert_eq!(written, [Some("B100"), Some("n1"), Some("x"), Some(""), None]);
    }
}
