//! A generated section of a file: the lines between the marks `generated: <what>` and `end of generated`.
//! Both marks stand in comments of the file's language.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::place;

/// A file whose marked sections are replaced.
pub(super) struct Marked {
    path: &'static str,
    text: String,
}

impl Marked {
    pub(super) fn read(path: &'static str) -> Result<Self> {
        let text = fs::read_to_string(place::root().join(path));
        Ok(Self { path, text: text.with_context(|| format!("`{path}` cannot be read"))? })
    }

    /// Puts lines in the place of a section, indented as its mark is.
    pub(super) fn put(&mut self, what: &str, lines: impl IntoIterator<Item = String>) -> Result<()> {
        let begins = format!("generated: {what}");
        let is_begin = |line: &&str| {
            line.split_once(&begins).is_some_and(|(_, rest)| ["", " -->"].contains(&rest.trim_end()))
        };
        let mark = self.text.lines().find(is_begin);
        let mark = mark.with_context(|| {
            format!(
                "`{}` has no line `{begins}`: put it where this belongs, and `end of generated` below",
                self.path
            )
        })?;
        let indent = &mark[..mark.len() - mark.trim_start().len()];
        let (above, rest) = self.text.split_once(&format!("{mark}\n")).unwrap_or_default();
        let end = rest.lines().find(|line| line.contains("end of generated")).unwrap_or_default();
        ensure!(!end.is_empty(), "`{}`: what begins with `{begins}` has no `end of generated`", self.path);
        let (_, below) = rest.split_once(end).unwrap_or_default();
        let lines = lines.into_iter().fold(String::new(), |lines, line| lines + indent + &line + "\n");
        self.text = format!("{above}{mark}\n{lines}{end}{below}");
        Ok(())
    }

    pub(super) fn done(self) -> super::Generated {
        super::Generated { path: self.path, text: self.text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_between_the_marks_change() {
        let text =
            "a:\n  # generated: b\n  old\n  # end of generated\n  # generated: bc\n  # end of generated\nd\n";
        let mut marked = Marked { path: "x.yaml", text: text.to_owned() };
        marked.put("b", ["one".to_owned(), "two".to_owned()]).unwrap();
        let expected = text.replace("  old\n", "  one\n  two\n");
        assert_eq!(marked.text, expected);
        let missing = marked.put("c", []).unwrap_err().to_string();
        assert!(missing.starts_with("`x.yaml` has no line `generated: c`"), "{missing}");
    }
}
