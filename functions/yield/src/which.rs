//! Which runs a question about yields covers: those of the last days or between two dates, of a line, a shift, a species.

use api::ParameterError;
use api::yields::YieldQuery;
use serve::window::Dates;
use serve::{State, same_text};

/// The days that were asked for; `None` where nothing was said.
pub(crate) fn dates(query: &YieldQuery, state: &State) -> Result<Option<Dates>, ParameterError> {
    let wrong = |name: &str, value: &dyn ToString, expected: &str| {
        Err(ParameterError { name: name.to_owned(), value: value.to_string(), expected: expected.to_owned() })
    };
    match (query.days, query.from, query.to) {
        (Some(days), None, None) => Ok(Some(state.last_days(days.0))),
        (Some(days), ..) => wrong("days", &days.0, "cannot be combined with from and to: leave one or the other out"),
        (None, Some(from), Some(to)) if from > to => wrong("from", &from, &format!("is after to, which is {to}")),
        (None, None, None) => Ok(None),
        (None, from, to) => Ok(Some(Dates { from, to })),
    }
}

/// Whether a run is of the line, which has an id and a name, the shift and the species that were asked for.
pub(crate) fn is_wanted(query: &YieldQuery, line: [Option<&str>; 2], shift: Option<&str>, species: Option<&str>) -> bool {
    let is = |known: Option<&str>, asked: &Option<String>| asked.as_ref().is_none_or(|asked| same_text(known, asked));
    line.into_iter().any(|known| is(known, &query.line)) && is(shift, &query.shift) && is(species, &query.species)
}
