//! Takes files and addresses out of an error. They help whoever operates the system, and are not for every
//! client. The keys of the lake say nothing of the system, and name what is damaged.

use std::sync::LazyLock;

use lake::ObjectKey;
use regex::{Captures, Regex};

/// A word with a slash or a backslash in it.
static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"[^\s`'"(]*[/\\][^\s`'")]*"#).ok());

/// The text with `…` in place of every file and address.
pub(crate) fn without_places(text: &str) -> String {
    // The expression compiles, or a test fails.
    let shown = |place: &Captures<'_>| {
        if ObjectKey::parse(&place[0]).is_some() { place[0].to_owned() } else { "…".to_owned() }
    };
    PLACE.as_ref().map_or_else(String::new, |place| place.replace_all(text, shown).into_owned())
}

#[cfg(test)]
mod tests {
    use super::without_places;

    #[test]
    fn files_objects_and_addresses_are_not_shown_and_the_rest_is() {
        let check = |text: &str, expect: &str| assert_eq!(without_places(text), expect);
        check(
            "the lake cannot be written: storage: put `factory=main/runs/1.json` failed: SlowDown",
            "the lake cannot be written: storage: put `…` failed: SlowDown",
        );
        check(
            "run_sheets: `raw/run_sheets/00000001.parquet` is missing",
            "run_sheets: `raw/run_sheets/00000001.parquet` is missing",
        );
        check("cannot open `/home/ann/data/erp.db`: no such file", "cannot open `…`: no such file");
        check(r"cannot open C:\erp\erp.db (os error 2)", "cannot open … (os error 2)");
        check("at \\\\server\\share or mssql://sa:secret@erp.example:1433/db, sorry", "at … or … sorry");
        check(
            "RunNumber: reading table `RunNumber` failed: Invalid object name 'RunNumber'.",
            "RunNumber: reading table `RunNumber` failed: Invalid object name 'RunNumber'.",
        );
    }
}
