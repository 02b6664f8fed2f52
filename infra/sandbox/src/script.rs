//! T-SQL scripts as `sqlcmd` reads them: lines that say `GO` end a batch, and `$(NAME)` is a variable. A
//! batch here is T-SQL's: the statements that are sent to the server together.

/// The batches of a script that are not empty.
pub fn batches(script: &str) -> Vec<String> {
    let mut batches = vec![String::new()];
    for line in script.lines() {
        if line.trim().eq_ignore_ascii_case("GO") {
            batches.push(String::new());
        } else if let Some(batch) = batches.last_mut() {
            batch.push_str(line);
            batch.push('\n');
        }
    }
    batches.retain(|batch| {
        batch.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
    });
    batches
}

/// A batch with the values of its variables. A value that looks like a variable is not replaced again.
pub fn with_variables(batch: &str, variables: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(batch.len());
    let mut rest = batch;
    while let Some((before, after)) = rest.split_once("$(") {
        text.push_str(before);
        let found = variables
            .iter()
            .find_map(|(name, value)| Some((*value, after.strip_prefix(name)?.strip_prefix(')')?)));
        if let Some((value, after)) = found {
            text.push_str(value);
            rest = after;
        } else {
            text.push_str("$(");
            rest = after;
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_says_go_ends_a_batch_and_a_word_that_says_go_does_not() {
        let script = "-- top\nSELECT 1;\nGO\n\n-- only a comment\ngo\nSELECT 'GO' AS x;\n  Go  \nSELECT 2;";
        assert_eq!(batches(script), ["-- top\nSELECT 1;\n", "SELECT 'GO' AS x;\n", "SELECT 2;\n"]);
    }

    #[test]
    fn variables_are_put_in_once() {
        let variables = [("A", "$(B)"), ("B", "b")];
        assert_eq!(with_variables("$(A) $(B) $(C) $(A", &variables), "$(B) b $(C) $(A");
        assert_eq!(with_variables("none", &variables), "none");
    }
}
