//! Which days a question about yields covers: the last ones, or those between two dates.

use api::ParameterError;
use api::yields::YieldQuery;
use serve::State;
use serve::window::Dates;

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
